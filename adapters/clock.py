"""Our clock: monotonic, with the wall clock folded in once. It shows wall time and never steps.

Whoever drives on another clock (a simulated host's, say) brings an object with the same one method.
"""

import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """What the core is told the time by."""

    def now_ns(self) -> int:
        """Give the time in nanoseconds since 1970; never less than before."""


class HostClock:
    """This machine's monotonic clock, anchored at its wall clock as the process begins."""

    def __init__(
        self, mono_ns: Callable[[], int] = time.monotonic_ns, wall_ns: Callable[[], int] = time.time_ns
    ) -> None:
        """Take the anchor now. What the wall clock does afterwards (NTP, a person) moves nothing here."""
        self._mono_ns = mono_ns
        self._ahead_ns = wall_ns() - mono_ns()

    def now_ns(self) -> int:
        """Give the time in nanoseconds since 1970."""
        return self._mono_ns() + self._ahead_ns
