"""What we know of the venue's clock, from questions with answers.

A sample brackets the venue's time at the moment its answer arrived: at least ``venue_ns`` (the
way back takes time), at most ``venue_ns`` plus the whole round trip plus the resolution. Requests
are signed with the *lower* bound: a stamp a second ahead fails whatever the window is, one a
little behind does not.
"""

from typing import Final

import msgspec

from strategy.events import ClockSampled
from strategy.units import NS_PER_MS, PPM

# The wire tells milliseconds, so the truth may be up to one later.
_RESOLUTION_NS: Final = NS_PER_MS
# Two quartz clocks drift apart by no more than this; NTP keeps them far closer.
_DRIFT_PPM: Final = 200


class VenueClock(msgspec.Struct):
    """Bounds of (venue time - our time) in ns, as they were at ``sampled_ns`` of our clock."""

    sampled_ns: int = 0
    low_ns: int = 0
    high_ns: int = 0
    samples: int = 0
    steps: int = 0

    def absorb(self, now_ns: int, event: ClockSampled) -> None:
        """Narrow the bounds by a sample; one that contradicts them (a step) replaces them."""
        low = event.venue_ns - now_ns
        high = event.venue_ns + _RESOLUTION_NS - event.asked_ns
        if high < low:  # an answer from before its question: a broken sample
            return
        if self.samples:
            drift = self._drift_ns(now_ns)
            old_low, old_high = self.low_ns - drift, self.high_ns + drift
            if low <= old_high and old_low <= high:
                low, high = max(low, old_low), min(high, old_high)
            else:
                self.steps += 1
        self.sampled_ns, self.low_ns, self.high_ns = now_ns, low, high
        self.samples += 1

    def venue_ns(self, now_ns: int) -> int:
        """Give the latest instant the venue's clock has certainly reached; ours before any sample."""
        if not self.samples:
            return now_ns
        return now_ns + self.low_ns - self._drift_ns(now_ns)

    def uncertainty_ms(self, now_ns: int) -> float:
        """Give half the width of the bounds in ms, drift since the sample included; inf before one."""
        if not self.samples:
            return float("inf")
        return ((self.high_ns - self.low_ns) / 2 + self._drift_ns(now_ns)) / NS_PER_MS

    def _drift_ns(self, now_ns: int) -> int:
        return (now_ns - self.sampled_ns) * _DRIFT_PPM // PPM
