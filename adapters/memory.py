"""How much memory the process takes, and when that is told to the core."""

import os
from collections.abc import Callable
from typing import Final

from strategy.events import MemoryPressure

_MB: Final = 1_000_000
# It is over only well below the mark, or it would be told of again and again.
_RELIEF: Final = 0.9


def resident_mb() -> float:
    """Give the resident size of this process in megabytes; 0 where the host does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / _MB
    except OSError:
        return 0.0


class Pressure:
    """Whether memory is short, as it was last told."""

    def __init__(self, soft_mb: float, used_mb: Callable[[], float] = resident_mb) -> None:
        """``soft_mb`` is the mark above which the bot sheds what it can do without."""
        self._soft_mb = soft_mb
        self._used_mb = used_mb
        self._level = 0

    def look(self) -> MemoryPressure | None:
        """Look again; give a word where it changed."""
        used_mb = self._used_mb()
        level = int(used_mb > self._soft_mb * (_RELIEF if self._level else 1.0))
        if level == self._level:
            return None
        self._level = level
        return MemoryPressure(level)
