"""One journal, one process: a lock that the system lets go of when the process is gone, however it went."""

import contextlib
import fcntl
import os
from pathlib import Path

from strategy.errors import StormquoteError


class JournalInUse(StormquoteError):
    """Another process holds the lock."""

    code = "SQ-O011"


class JournalLock:
    """Held from ``take`` until ``leave`` or the end of the process."""

    def __init__(self, journal: Path) -> None:
        """The lock is a file beside the journal; it stays there, and its being there means nothing."""
        self.path = journal.with_name(journal.name + ".lock")
        self._fd = -1

    def take(self) -> None:
        """Take the lock; raises ``JournalInUse`` where somebody has it, ``OSError`` where there can be none."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(fd, 32, 0).decode(errors="replace").strip()
            os.close(fd)
            raise JournalInUse(f"{self.path} is held by process {holder or 'unknown'}") from None
        os.ftruncate(fd, 0)
        os.pwrite(fd, str(os.getpid()).encode(), 0)
        self._fd = fd

    def leave(self) -> None:
        """Let go of it."""
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = -1
