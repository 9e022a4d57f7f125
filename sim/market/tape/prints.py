"""Trades held against the tickers of their moment: what cannot have been traded there, and in sizes of another unit.

A trade and the ticker it belongs to race each other on two streams, and where the venue stamps no ticker
the clocks differ as well; so a print is held against all tickers of a second before and after it. In the
recorded windows of ours, no print is further than a thousandth outside of those, a large sweep through
a thin book apart, and no more than one in fifty is ten times larger than all that was best then.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

from sim.market.tape.records import Tape, TapeBbo, TapeTrade
from strategy.units import NS_PER_S

_APART_NS: Final = NS_PER_S
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

    def at_ns(record: TapeBbo | TapeTrade) -> int:
        return record.venue_ns if is_stamped and record.venue_ns else record.local_ns

    bbos.sort(key=at_ns)
    times = [at_ns(bbo) for bbo in bbos]
    for trade in tape.trades():
        first = max(bisect_right(times, at_ns(trade) - _APART_NS) - 1, 0)
        around = bbos[first : bisect_right(times, at_ns(trade) + _APART_NS)]
        if around:
            yield Held(
                trade,
                min(bbo.bid_ticks for bbo in around),
                max(bbo.ask_ticks for bbo in around),
                max(chain.from_iterable((bbo.bid_lots, bbo.ask_lots) for bbo in around)),
            )


def of_another_unit(tape: Tape) -> tuple[Held, int, int] | None:
    """Say whether most trades are too large for the market: the first of them, how many, and of how many."""
    everything = list(held(tape))
    large = [one for one in everything if one.is_large]
    if len(everything) < _FEW or 2 * len(large) <= len(everything):
        return None
    return large[0], len(large), len(everything)
