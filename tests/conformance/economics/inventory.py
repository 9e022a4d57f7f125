"""The table of Avellaneda and Stoikov (2008), played on the product's matching and accounting.

An engine of events must show continuous time; the published standard deviations are those of a
scheme that lets at most one trade a side happen in 5 ms, and are not what is right here.
"""

import math
from collections.abc import Iterator
from statistics import fmean, stdev

from conformance.economics.table import Row

from sim.dice import Dice
from sim.market.reach import Reach, ReachMarket
from sim.venue.orders import VenueOrder
from strategy.closed_forms import Crowd, Distances, avellaneda_stoikov, symmetric
from strategy.edge import EdgeLedger, Traded
from strategy.instrument import MAKER, make_instrument
from strategy.units import BUY, CASH_PER_QUOTE, NS_PER_S, SELL, ceil_to_ticks, floor_to_ticks

_AS = "3 A-S"
_TICKS = 10_000  # to one unit of price
_START_TICKS = 100 * _TICKS
_REACH = Reach(2.0 * _TICKS, 5_000_000, 140.0, 1.5 / _TICKS)
_RULES = {"size_min": "1", "size_max": "1000", "notional_min": "0", "maker_fee_bps": "0", "taker_fee_bps": "0"}
_UNIT = make_instrument(symbol="AS", kind="linear", tick="0.0001", lot="1", **_RULES)
# Aversion and strategy; mean and standard deviation of the gain, and of the last position.
_TABLE = (
    (0.1, "inventory", 63.99, 7.279, 3.426),
    (0.1, "symmetric", 68.228, 15.295, 9.567),
    (0.01, "inventory", 68.31, 10.34, 6.058),
    (0.01, "symmetric", 68.666, 15.809, 10.090),
    (1.0, "inventory", 30.62, 4.783, 2.017),
    (1.0, "symmetric", 43.869, 11.151, 5.389),
)
_FULL, _QUICK = 2_000, 60


class Session:
    """One second of quoting: both quotes follow the formula at every event."""

    def __init__(self, aversion: float, strategy: str, seed: int) -> None:
        self.crowd = Crowd(2.0, 140.0, 1.5, aversion)
        self.is_fixed = strategy == "symmetric"
        self.market = ReachMarket("AS", _REACH, _START_TICKS, Dice(seed), self.traded)
        self.ledger = EdgeLedger(_UNIT)
        self.ledger.on_mid(0, self.market.mid2_ticks)
        self.count = 0

    def traded(self, _market, matches, side, mid2_ticks, now_ns):
        """Take our fill into the accounts."""
        for maker, price_ticks, lots in matches:
            self.ledger.on_fill(Traded(now_ns, maker.side, price_ticks, lots, MAKER, 0, mid2_ticks))

    def distances(self, now_ns: int) -> Distances:
        """Give the formula's answer for what we hold now."""
        if self.is_fixed:
            return symmetric(self.crowd, 1.0)
        return avellaneda_stoikov(self.crowd, self.ledger.lots, 1.0 - now_ns / NS_PER_S)

    def quote(self, now_ns: int) -> None:
        """Replace both quotes."""
        market = self.market
        for resting in list(market.ours.values()):
            market.leave(resting.owner)
        wanted = self.distances(now_ns)
        for side, price in (
            (BUY, floor_to_ticks(market.mid - wanted.bid * _TICKS)),
            (SELL, ceil_to_ticks(market.mid + wanted.ask * _TICKS)),
        ):
            self.count += 1
            name = f"s-{self.count}"
            order = VenueOrder(self.count, name, "AS", "", side, price, 1, post_only=True, reduce_only=False)
            market.enter(order, 1, now_ns)

    def play(self) -> tuple[float, int]:
        """Give the gain at the last mid, and the last position."""
        self.quote(0)
        while (now_ns := self.market.next_ns) <= NS_PER_S:
            self.market.do_next(now_ns)
            self.quote(now_ns)
        self.ledger.on_mid(NS_PER_S, self.market.mid2_ticks)
        return self.ledger.figures(NS_PER_S).pnl_cash / CASH_PER_QUOTE, self.ledger.lots


def rows(quick: bool) -> Iterator[Row]:
    """Give mean and deviations of every strategy, or of the first two."""
    runs = _QUICK if quick else _FULL
    for aversion, strategy, mean, gain_sd, position_sd in _TABLE[:2] if quick else _TABLE:
        played = [Session(aversion, strategy, seed).play() for seed in range(runs)]
        gains, positions = [gain for gain, _ in played], [float(lots) for _, lots in played]
        name = f"aversion {aversion:g}, {strategy}: "
        for what, expected, measured, deviation in (
            ("mean gain", mean, fmean(gains), gain_sd / math.sqrt(runs)),
            ("sd of the gain", gain_sd, stdev(gains), gain_sd / math.sqrt(2 * runs)),
            ("sd of the position", position_sd, stdev(positions), position_sd / math.sqrt(2 * runs)),
        ):
            yield Row(_AS, name + what, expected, measured, 4 * deviation)
