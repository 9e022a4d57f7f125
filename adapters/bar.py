"""The bar: a file whose presence forbids creates and amends, whoever put it there and however.

A file, because it must work when the process that it stops does not: a kill, a guard or a person
with ``touch`` can put it down, and it is still down after a restart. It is looked at before every
create and amend (two microseconds), so a process that was stopped for an hour and continues sends
none: its first look is after its sleep. What it had already signed is too old for the venue.
"""

import errno
import os
from pathlib import Path
from typing import Final

import msgspec

NAME: Final = "BARRED"


class Reason(msgspec.Struct, frozen=True):
    """Who put the bar down, when, and why."""

    who: str
    wall_ns: int
    words: str


class Bar:
    """The bar of one state folder."""

    def __init__(self, folder: Path) -> None:
        """``folder`` need not exist yet."""
        self._folder = folder
        self._path = os.fspath(folder / NAME)

    def is_barred(self) -> bool:
        """Say whether creates and amends are forbidden; what cannot be looked at forbids them too."""
        try:
            os.stat(self._path)
        except FileNotFoundError:
            # Without its folder there is no bar to find: somebody took the state away.
            return not os.path.isdir(self._folder)
        except OSError:
            return True
        return True

    def put_down(self, reason: Reason) -> None:
        """Forbid them, durably; the first reason stays. Raises ``OSError`` where it could not be done."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            return
        try:
            os.write(descriptor, msgspec.json.encode(reason) + b"\n")
            os.fsync(descriptor)
        except OSError as error:
            # A full disk has room for an empty file: the bar is down, and only its reason is lost.
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
                raise
        finally:
            os.close(descriptor)
        _sync_folder(self._folder)

    def reason(self) -> Reason | None:
        """Read why; ``None`` where there is no bar."""
        try:
            with open(self._path, "rb") as file:
                data = file.read(65536)
        except FileNotFoundError:
            return None
        except OSError as error:
            return Reason("unknown", 0, f"the bar cannot be read: {error.strerror}")
        try:
            return msgspec.json.decode(data, type=Reason)
        except msgspec.MsgspecError:
            return Reason("a person", 0, data.decode("utf-8", "replace").strip() or "no reason given")

    def lift(self) -> None:
        """Allow them again; without a bar nothing happens."""
        try:
            os.unlink(self._path)
        except FileNotFoundError:
            return
        _sync_folder(self._folder)


def _sync_folder(folder: Path) -> None:
    """Make what a folder lists survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError:
        # Some file systems cannot; the entry is there for every living process all the same.
        pass
    finally:
        os.close(descriptor)
