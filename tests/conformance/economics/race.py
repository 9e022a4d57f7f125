"""A maker's race against the sniper: what it earns by how often it withdraws in time."""

import math
from collections.abc import Iterator

from conformance.economics.table import Row

from sim.dice import Dice
from sim.market.jumps import JumpMarket, Jumps
from sim.venue.orders import VenueOrder
from strategy.edge import EdgeLedger, Traded
from strategy.instrument import MAKER, make_instrument
from strategy.units import BUY, CASH_PER_QUOTE, NS_PER_S, SELL

_RACE = "6 race"
_TICKS = 100
_HALF_TICKS, _JUMP_TICKS = 25, 100
_NOISE, _LEAPS = 4.0, 1.0
_REACTION_NS = 1_000_000
_UNIT = make_instrument(
    symbol="RACE", kind="linear", tick="0.01", lot="1", size_min="1", size_max="1000", notional_min="0",
    maker_fee_bps="0", taker_fee_bps="0",
)  # fmt: skip


class Racer:
    """Quotes one lot each side of the value; after a jump it withdraws, in time with a given chance.

    Every fill is closed at the value, which earns nothing: what is left is what the quotes earned.
    """

    def __init__(self, wins: float, seed: int) -> None:
        jumps = Jumps(_NOISE, _LEAPS, _JUMP_TICKS, _REACTION_NS)
        self.wins, self.dice = wins, Dice(seed)
        self.market = JumpMarket("RACE", jumps, 1_000_000, self.dice, self.traded, self.jumped)
        self.ledger = EdgeLedger(_UNIT)
        self.quoted_ticks = self.market.value_ticks
        self.ledger.on_mid(0, 2 * self.quoted_ticks)
        self.count = self.jumps = 0
        self.withdraws_ns: int | None = None

    def traded(self, market, matches, side, mid2_ticks, now_ns):
        """Take our fill into the accounts, and close it at the value."""
        for maker, price, lots in matches:
            self.ledger.on_fill(Traded(now_ns, maker.side, price, lots, MAKER, 0, mid2_ticks))
            value = market.value_ticks
            self.ledger.on_mid(now_ns, 2 * value)
            self.ledger.on_fill(Traded(now_ns, -maker.side, value, lots, MAKER, 0, 2 * value))

    def jumped(self, now_ns: int) -> None:
        """Hear of the jump; withdrawing takes less than the sniper's time, or more."""
        in_time = self.dice.unit("wins", self.jumps) < self.wins
        self.jumps += 1
        self.withdraws_ns = now_ns + (_REACTION_NS // 2 if in_time else 2 * _REACTION_NS)

    def quote(self, now_ns: int) -> None:
        """Stand around the value with a lot on each side."""
        market = self.market
        for resting in list(market.ours.values()):
            market.leave(resting.owner)
        self.quoted_ticks = market.value_ticks
        self.ledger.on_mid(now_ns, 2 * self.quoted_ticks)
        for side in (BUY, SELL):
            self.count += 1
            ticks, name = self.quoted_ticks - side * _HALF_TICKS, f"s-{self.count}"
            order = VenueOrder(self.count, name, "RACE", "", side, ticks, 1, post_only=True, reduce_only=False)
            market.enter(order, 1, now_ns)

    def play(self, until_s: int) -> float:
        """Give what was earned a second."""
        until_ns, market, now_ns = until_s * NS_PER_S, self.market, 0
        self.quote(0)
        while now_ns < until_ns:
            alarm_ns = self.withdraws_ns or until_ns
            now_ns = market.advance(alarm_ns)
            if self.withdraws_ns is None:
                self.quote(now_ns)
            elif now_ns == self.withdraws_ns:
                self.withdraws_ns = None
                self.quote(now_ns)
        return self.ledger.figures(until_ns).pnl_cash / CASH_PER_QUOTE / until_s


def rows(quick: bool) -> Iterator[Row]:
    """Give what a maker earns who never, half the time and mostly wins."""
    until_s = 1_500 if quick else 10_000
    for wins, expected in ((0.0, 0.25), (0.5, 0.625), (0.75, 0.8125)):
        variance = _NOISE * 0.25**2 + (1.0 - wins) * _LEAPS * 0.75**2
        measured = Racer(wins, 31).play(until_s)
        yield Row(_RACE, f"earned a second, races won {wins:g}", expected, measured, 4 * math.sqrt(variance / until_s))
