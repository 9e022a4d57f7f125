"""One bot per state folder, and a way to signal it that cannot hit anybody else.

The lock is the kernel's, not the file's content: it ends with the process, however that ends, and
the kernel names the process that holds it. A process id that was written down proves nothing, for
ids are used again. A signal goes through a descriptor of the process, opened before the kernel is
asked a second time whether that process still holds the lock.

The kernel drops a record lock when the process closes *any* descriptor of the file. So the process
that holds the lock never asks about it by ``holder``.
"""

import fcntl
import os
import signal
import struct
from pathlib import Path
from typing import Final

NAME: Final = "lock"
UNSEEN: Final = 0

# struct flock on Linux: type, whence, start, length, process id.
_FLOCK: Final = "hhqqi"


class Taken(Exception):
    """Another process holds the lock; ``pid`` is its id, 0 where it cannot be seen from here."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"process {pid} holds the lock" if pid else "a process not visible from here holds the lock")
        self.pid = pid


class Lock:
    """The lock of one state folder, held until ``release`` or the end of the process."""

    def __init__(self, folder: Path) -> None:
        """Take it, or raise ``Taken``; ``OSError`` where the file cannot be made."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            pid = _holder_of(self._descriptor)
            os.close(self._descriptor)
            raise Taken(pid or UNSEEN) from None
        except OSError:
            os.close(self._descriptor)
            raise

    def release(self) -> None:
        """Let another have it."""
        os.close(self._descriptor)


def holder(folder: Path) -> int | None:
    """Name the process that holds the lock: ``None`` for nobody, 0 for one that cannot be seen from here."""
    try:
        # To ask needs no more than to read: a disk that has turned read-only hides nobody.
        descriptor = os.open(folder / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        return _holder_of(descriptor)
    finally:
        os.close(descriptor)


def signal_holder(folder: Path, number: signal.Signals) -> bool:
    """Send a signal to the process that holds the lock; ``False`` where there is none that can be signalled."""
    pid = holder(folder)
    if not pid or pid < 0:
        return False
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        # From here on the descriptor means one process for ever: if it holds the lock, it is the one.
        if holder(folder) != pid:
            return False
        signal.pidfd_send_signal(process, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(process)
    return True


def _holder_of(descriptor: int) -> int | None:
    question = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    kind, _, _, _, pid = struct.unpack(_FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, question))
    return None if kind == fcntl.F_UNLCK else max(pid, UNSEEN)
