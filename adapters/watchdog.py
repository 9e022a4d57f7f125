"""When a guard must step in: a bot that traded for real and says nothing any more.

Nothing happens before a bot has started: a heartbeat that was old when the guard began belongs to a
process that is gone, unless that very process still holds the lock. A bot that stopped by itself has seen
its orders off; one that quotes on paper has none.
"""

import contextlib
from pathlib import Path
from typing import Final

from adapters.heartbeat import BARRED, HALTED, QUOTING, STARTING, STOPPED, STOPPING, Beat, boot_id
from adapters.terms import REAL

_QUOTED: Final = (QUOTING, HALTED, BARRED, STOPPING)


class Watchdog:
    """Judges one look after the other. ``is_armed``: a bot lives, or was heard and has not stopped since."""

    def __init__(self, silence_s: float, *, is_armed: bool = False) -> None:
        """``silence_s``: a heartbeat older than this is silence. ``is_armed``: a guard before this one was."""
        self._silence_s = silence_s
        self.is_armed = is_armed
        self._over: Beat | None = None

    def step_in(self, beat: Beat) -> None:
        """Note that what had to be done about this silence is done: it is over with the next beat."""
        self.is_armed = False
        self._over = beat

    def is_silent(self, beat: Beat | None, age_s: float, holder: int | None) -> bool:
        """Say whether the bot must be taken for dead.

        ``beat`` is the latest that could be read, ``age_s`` its age now, ``holder`` the living process that
        holds the lock, None where there is none.
        """
        if beat is None or beat == self._over:
            return False
        if beat.mode != REAL:
            return False
        if beat.state == STOPPED:
            self.is_armed = False
            return False
        if age_s < self._silence_s:
            # A bot that starts has sent nothing yet; what was there before it is why we stay armed.
            self.is_armed |= beat.state != STARTING
            return False
        # Another process than the one that was last heard is one that starts: it sees to what was left.
        is_alive = holder == beat.pid and age_s < float("inf")
        return self.is_armed or (is_alive and _may_have_orders(beat))


def _may_have_orders(beat: Beat) -> bool:
    return beat.state in _QUOTED or any(one.open_orders for one in beat.symbols)


class Marker:
    """Remembers, over a restart of the guard and within one boot of the host, that somebody is to be watched.

    What ends a bot may end its guard as well: a guard that comes back must know whom it was there for.
    """

    def __init__(self, folder: Path) -> None:
        """The folder is the guard's own."""
        self._path = folder / "watching"

    def is_set(self) -> bool:
        """Say whether a guard before this one watched, and neither saw an end nor made one."""
        try:
            return self._path.read_text(encoding="utf-8") == boot_id()
        except (OSError, UnicodeDecodeError):
            return False

    def set(self) -> None:
        """Remember; on a disk that is full nothing is remembered, and the guard goes on."""
        with contextlib.suppress(OSError):
            self._path.write_text(boot_id(), encoding="utf-8")

    def clear(self) -> None:
        """Forget."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
