"""What we know of the venue's clock, from questions with answers.

A sample brackets the venue's time at the moment its answer arrived: at least ``venue_ns`` (the
way back takes time), at most ``venue_ns`` plus the whole round trip plus the resolution. Requests
are signed with the *lower* bound: a stamp a second ahead fails whatever the window is, one a
little behind does not.

A sample that contradicts the bounds replaces them: the clock was set, or it stood still. Which of
the two only the next sample can tell, so until one agrees the contradiction counts as uncertainty.
A clock that stands still contradicts every sample, and is never trusted.
"""

from typing import Final

import msgspec

from strategy.backoff import pause_ns
from strategy.events import ClockSampled
from strategy.units import NS_PER_MS, NS_PER_S, PPM

# The wire tells milliseconds, so the truth may be up to one later.
_RESOLUTION_NS: Final = NS_PER_MS
# Two quartz clocks drift apart by no more than this; NTP keeps them far closer.
_DRIFT_PPM: Final = 200
# A sample that contradicted is checked by another after this.
RESAMPLE_NS: Final = 500 * NS_PER_MS
# Without a sample for so long after a refused stamp, we know nothing of the clock.
_UNKNOWN_AFTER_NS: Final = NS_PER_S
# Stamps refused again and again, samples or not: the pause before placing grows.
_REFUSED_PAUSE_NS: Final = 250 * NS_PER_MS
_REFUSED_PAUSE_NS_MAX: Final = 30 * NS_PER_S


class VenueClock(msgspec.Struct):
    """Bounds of (venue time - our time) in ns, as they were at ``sampled_ns`` of our clock.

    ``gap_ns``: by how much samples have contradicted the bounds since the last that agreed.
    ``doubted_ns``: when a stamp was refused and no sample asked after it is in (0: none).
    ``refusals`` counts them since a request was last taken; nothing is placed before ``held_ns``.
    """

    sampled_ns: int = 0
    low_ns: int = 0
    high_ns: int = 0
    samples: int = 0
    steps: int = 0
    gap_ns: int = 0
    doubted_ns: int = 0
    refusals: int = 0
    held_ns: int = 0

    def absorb(self, now_ns: int, event: ClockSampled) -> None:
        """Narrow the bounds by a sample; one that contradicts them (a step) replaces them."""
        low = event.venue_ns - now_ns
        high = event.venue_ns + _RESOLUTION_NS - event.asked_ns
        if high < low:  # an answer from before its question: a broken sample
            return
        if event.asked_ns < self.doubted_ns:  # from before the stamp was refused: of the old clock, perhaps
            return
        self.doubted_ns = 0
        if self.samples:
            drift = self._drift_ns(now_ns)
            old_low, old_high = self.low_ns - drift, self.high_ns + drift
            gap = max(low - old_high, old_low - high)
            if gap <= 0:
                low, high = max(low, old_low), min(high, old_high)
                self.gap_ns = 0
            else:
                self.steps += 1
                self.gap_ns += gap
        self.sampled_ns, self.low_ns, self.high_ns = now_ns, low, high
        self.samples += 1

    def refused(self, now_ns: int, sent_ns: int) -> bool:
        """Doubt the bounds because a stamp made from them was refused; False when it is from older ones.

        ``sent_ns`` is when the refused request left (0: not known).
        """
        if self.doubted_ns or 0 < sent_ns < self.sampled_ns:
            return False
        self.doubted_ns = now_ns
        if self.refusals:
            self.held_ns = now_ns + pause_ns(_REFUSED_PAUSE_NS, self.refusals - 1, _REFUSED_PAUSE_NS_MAX)
        self.refusals += 1
        return True

    def taken(self) -> None:
        """Note that a request of ours was taken: its stamp was good."""
        self.refusals = 0

    def is_doubted(self, now_ns: int) -> bool:
        """Say whether a stamp made now may well be refused."""
        return self.doubted_ns > 0 or now_ns < self.held_ns

    def venue_ns(self, now_ns: int) -> int:
        """Give the latest instant the venue's clock has certainly reached; ours before any sample."""
        if not self.samples:
            return now_ns
        return now_ns + self.low_ns - self._drift_ns(now_ns)

    def late_ns(self, now_ns: int, stamp_ns: int) -> int:
        """Give how late a word that the venue stamped so certainly is; 0 without a stamp, or without a sure clock."""
        if not stamp_ns or not self.samples or self.gap_ns or self.is_doubted(now_ns):
            return 0
        return max(0, self.venue_ns(now_ns) - stamp_ns)

    def ahead_ns(self, now_ns: int) -> int:
        """Give the most that the venue's clock can be ahead of ours; 0 before any sample."""
        return self.high_ns + self._drift_ns(now_ns) if self.samples else 0

    def uncertainty_ms(self, now_ns: int) -> float:
        """Give half the width of the bounds in ms, drift and contradictions included; inf before a sample."""
        if not self.samples or (self.doubted_ns and now_ns - self.doubted_ns > _UNKNOWN_AFTER_NS):
            return float("inf")
        return ((self.high_ns - self.low_ns) / 2 + self._drift_ns(now_ns) + self.gap_ns) / NS_PER_MS

    def _drift_ns(self, now_ns: int) -> int:
        return (now_ns - self.sampled_ns) * _DRIFT_PPM // PPM
