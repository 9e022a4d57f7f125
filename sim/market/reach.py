"""Takers who reach so far: the market of Avellaneda and Stoikov (2008).

The mid walks without drift and nobody makes it. The best quote of each side, at a distance d from
the mid, is taken at the rate A·exp(-k·d), one lot at a time, also where d is negative. Each side's
k-th taker comes when the rate, added up over time, has reached an exponential number keyed by k: so
quotes may move at any instant, and a taker does not depend on how often they did.
"""

import math
from typing import Final

import msgspec

from sim.dice import Dice, normal, unit
from sim.market.shared import NEVER, STEP, OnTrade, SharedPit
from strategy.units import BUY, NS_PER_S, SELL

_WORDS: Final = 2


class Reach(msgspec.Struct, frozen=True):
    """The numbers of that market; prices in ticks.

    ``volatility_ticks`` is the mid's standard deviation over one second, taken in steps of
    ``step_ns``; ``rate_per_s`` (A) and ``decay_per_tick`` (k) say how often a quote is taken.
    """

    volatility_ticks: float
    step_ns: int
    rate_per_s: float
    decay_per_tick: float


class ReachMarket(SharedPit):
    """A mid, and takers on both sides of it; the book holds nothing but what is entered."""

    def __init__(self, symbol: str, reach: Reach, start_ticks: int, dice: Dice, on_trade: OnTrade) -> None:
        """Start at a mid, with an empty book."""
        super().__init__(symbol, on_trade)
        self._reach = reach
        self._walk = dice.stream("reach mid", symbol)
        self._takers = {side: dice.stream("reach", symbol, side) for side in (BUY, SELL)}
        self._taken = {BUY: 0, SELL: 0}
        # What each side's next taker still waits for, in units of gathered rate.
        self._waits = {side: self._draw(side) for side in (BUY, SELL)}
        self._sigma = reach.volatility_ticks * math.sqrt(reach.step_ns / NS_PER_S)
        self._step = 0
        self._now_ns = 0
        self.mid = float(start_ticks)

    @property
    def mid2_ticks(self) -> int:
        """Twice the mid, to the nearest half tick."""
        return round(2 * self.mid)

    @property
    def next_ns(self) -> int:
        """The instant of the next event of any kind, if no quote moves before it."""
        return min(self._step_ns, self._taker_ns(BUY), self._taker_ns(SELL))

    def advance(self, until_ns: int) -> int:
        """Process events up to ``until_ns``; where nothing touched us, the time until then counts as well."""
        reached_ns = super().advance(until_ns)
        if not self.touched:
            self._gather(until_ns)
        return reached_ns

    def do_next(self, now_ns: int) -> None:
        """Process the one event that is next, which is at ``now_ns``: the mid moves before anybody takes."""
        comes = BUY if self._taker_ns(BUY) <= now_ns else SELL
        is_step = self._step_ns == now_ns
        self._gather(now_ns)
        if is_step:
            self.mid += self._sigma * normal(*self._walk.words(_WORDS * self._step, _WORDS))
            self._step += 1
            self._note(now_ns, STEP, self.mid2_ticks, 0)
            return
        self._taken[comes] += 1
        self._waits[comes] = self._draw(comes)
        self._trade(now_ns, comes, 1, NEVER if comes == BUY else 0)

    @property
    def _step_ns(self) -> int:
        return (self._step + 1) * self._reach.step_ns

    def _draw(self, side: int) -> float:
        return -math.log(1.0 - unit(self._takers[side].word(self._taken[side])))

    def _rate_per_s(self, side: int) -> float:
        """Give how often the best quote that takers of this side meet is taken."""
        best = self.book.best_ask_ticks if side == BUY else self.book.best_bid_ticks
        if not best:
            return 0.0
        return self._reach.rate_per_s * math.exp(-self._reach.decay_per_tick * side * (best - self.mid))

    def _taker_ns(self, side: int) -> int:
        rate = self._rate_per_s(side)
        if not rate:
            return NEVER
        return self._now_ns + math.ceil(max(0.0, self._waits[side]) / rate * NS_PER_S)

    def _gather(self, now_ns: int) -> None:
        """Let the time until now count for both sides' next takers."""
        passed_s = (now_ns - self._now_ns) / NS_PER_S
        for side in (BUY, SELL):
            self._waits[side] -= self._rate_per_s(side) * passed_s
        self._now_ns = now_ns
