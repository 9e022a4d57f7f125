"""The clocks of a host: a wall clock that may be wrong and step, a monotonic one that only drifts.

All integers: ``local(t) = anchor_local + (t - anchor_true) * (10**9 + drift_ppb) // 10**9``.
"""

from typing import Final

_BILLION: Final = 10**9


class Clock:
    """One clock of one host, read at an instant of true time. A step moves it; a drift bends it."""

    def __init__(self, local_ns: int = 0, drift_ppb: int = 0) -> None:
        """Show ``local_ns`` at true time 0."""
        self._anchor_true_ns = 0
        self._anchor_local_ns = local_ns
        self._drift_ppb = drift_ppb

    def read(self, true_ns: int) -> int:
        """Give what the clock shows."""
        elapsed_ns = (true_ns - self._anchor_true_ns) * (_BILLION + self._drift_ppb) // _BILLION
        return self._anchor_local_ns + elapsed_ns

    def true_of(self, local_ns: int) -> int:
        """Give the first instant of true time at which the clock shows ``local_ns`` or later."""
        elapsed_ns = -(-(local_ns - self._anchor_local_ns) * _BILLION // (_BILLION + self._drift_ppb))
        return self._anchor_true_ns + elapsed_ns

    def step(self, true_ns: int, by_ns: int) -> None:
        """Set the clock forward or back, as from now."""
        self._anchor_local_ns, self._anchor_true_ns = self.read(true_ns) + by_ns, true_ns

    def drift(self, true_ns: int, drift_ppb: int) -> None:
        """Let the clock run fast or slow, as from now."""
        self._anchor_local_ns, self._anchor_true_ns = self.read(true_ns), true_ns
        self._drift_ppb = drift_ppb

    def bend(self, true_ns: int, by_ppb: int) -> None:
        """Let the clock run faster or slower than it does, as from now: several causes add up."""
        self.drift(true_ns, self._drift_ppb + by_ppb)
