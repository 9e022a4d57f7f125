"""What was delivered of the venue's clock: between which bounds it goes, and how late a word of it is for sure.

A sample bounds the venue's time less ours; those that agree narrow it together. How wide the bounds are says how well
the clock is known, which is for the guard to judge. A lower bound is certain all the same, and so is it
that a word stamped long before it is late. Only a sample at odds with those before it, or a refused stamp,
leaves one unsure, until another agrees.
"""

from typing import Final

import msgspec

from strategy import events
from strategy.units import NS_PER_MS

# Two clocks part by one in so many at most.
DRIFT: Final = 5_000


class VenueTime(msgspec.Struct):
    """Bounds as they were at ``sampled_ns``, of the bot's clock; ``is_sure`` says that nothing contradicts them.

    ``refused_ns`` is when a stamp was refused and no sample asked after it is in (0: none).
    """

    low_ns: int = 0
    high_ns: int = 0
    sampled_ns: int = 0
    is_sure: bool = False
    refused_ns: int = 0

    def sampled(self, now_ns: int, event: events.ClockSampled) -> None:
        """Take in a sample."""
        low, high = event.venue_ns - now_ns, event.venue_ns + NS_PER_MS - event.asked_ns
        if high < low or event.asked_ns < self.refused_ns:
            return  # asked after its answer; or of a clock that was refused since
        self.refused_ns, was_known = 0, self.sampled_ns > 0
        drift_ns = self._drift_ns(now_ns)
        old_low, old_high = self.low_ns - drift_ns, self.high_ns + drift_ns
        self.is_sure = not was_known or (low <= old_high and high >= old_low)
        if was_known and self.is_sure:
            low, high = max(low, old_low), min(high, old_high)
        self.low_ns, self.high_ns, self.sampled_ns = low, high, now_ns

    def refused(self, now_ns: int) -> None:
        """Note that the venue refused a stamp: what is known of its clock may be wrong."""
        self.is_sure, self.refused_ns = False, now_ns

    def late_ns(self, now_ns: int, stamp_ns: int) -> int:
        """Give how late a word that the venue stamped so is for sure; 0 without a stamp, or without a sure clock."""
        if not stamp_ns or not self.is_sure:
            return 0
        return max(0, now_ns + self.low_ns - self._drift_ns(now_ns) - stamp_ns)

    def _drift_ns(self, now_ns: int) -> int:
        return (now_ns - self.sampled_ns) // DRIFT
