"""Trades held against the tickers of their moment: what cannot have been traded there, and in sizes of another unit.

A trade and the ticker it belongs to race each other on two streams, and where the venue stamps no ticker
the clocks differ as well; so a print is held against all tickers of its second and the two beside it. In the
recorded windows of ours, no print is further than a thousandth outside of those, a large sweep through
a thin book apart, and no more than one in fifty is ten times larger than all that was best then.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

from sim.market.tape.records import Tape, TapeBbo, TapeTrade
from strategy.units import NS_PER_S

# A tenth away from both best prices within a second is no sweep of a market that has a ticker.
_FAR: Final = 0.1
_LARGE: Final = 10
_FEW: Final = 20


class Held(NamedTuple):
    """A trade, the lowest best bid and the highest best ask around it, and the most lots at either."""

    trade: TapeTrade
    low_ticks: int
    high_ticks: int
    shown_lots: int

    @property
    def is_far(self) -> bool:
        """Whether nobody can have traded there."""
        return not (1 - _FAR) * self.low_ticks <= self.trade.price_ticks <= (1 + _FAR) * self.high_ticks

    @property
    def is_large(self) -> bool:
        """Whether it is many times larger than all that was best."""
        return self.trade.size_lots > _LARGE * self.shown_lots


def held(tape: Tape) -> Iterator[Held]:
    """Hold each trade against the tickers around it; trades that have none are left out."""
    bbos = tape.bbos()
    is_stamped = all(bbo.venue_ns for bbo in bbos)

    def second(record: TapeBbo | TapeTrade) -> int:
        return (record.venue_ns if is_stamped and record.venue_ns else record.local_ns) // NS_PER_S

    # Extremes by second: a busy one has hundreds of tickers, and as many trades that would ask for them.
    extremes: dict[int, tuple[int, int, int]] = {}
    for bbo in bbos:
        low, high, lots = extremes.get(second(bbo), (bbo.bid_ticks, bbo.ask_ticks, 0))
        most = max(lots, bbo.bid_lots, bbo.ask_lots)
        extremes[second(bbo)] = min(low, bbo.bid_ticks), max(high, bbo.ask_ticks), most
    seconds = sorted(extremes)
    for trade in tape.trades():
        first = max(bisect_left(seconds, second(trade) - 1) - 1, 0)  # the one before that was in force as they began
        around = [extremes[one] for one in seconds[first : bisect_right(seconds, second(trade) + 1)]]
        if around:
            lows, highs, most_lots = zip(*around, strict=True)
            yield Held(trade, min(lows), max(highs), max(most_lots))


def of_another_unit(tape: Tape) -> tuple[Held, int, int] | None:
    """Say whether most trades are too large for the market: the first of them, how many, and of how many."""
    everything = list(held(tape))
    large = [one for one in everything if one.is_large]
    if len(everything) < _FEW or 2 * len(large) <= len(everything):
        return None
    return large[0], len(large), len(everything)
