"""What we believe of one symbol: its volatility, its liquidity, what our fills cost us afterwards.

Every estimator is weighted by *time*, never by how many updates came: a burst of messages is not
more market than the same minute told in one. A weighted mean here is a pair of decayed sums,
``value`` over ``mass``; both halve in one half-life, and before the first observation there is
no mass and hence no opinion. Nothing reads a clock: the time is told, and 0 is before all times.
"""

import math
from typing import Final

import msgspec

from strategy.knobs import SignalKnobs
from strategy.units import BPS, NS_PER_MS, NS_PER_S, SELL

# A return is measured over at least this long, so that a mid bouncing inside the spread is not variance.
_SAMPLE_NS: Final = 100 * NS_PER_MS
# A rate is spread over at least this long: two updates a millisecond apart prove nothing.
_KNOWN_S_MIN: Final = 1.0
# Markouts count as if so many fills without any had come before: one fill is no opinion.
_PRIOR_FILLS: Final = 10.0
# Fills whose markout is not due yet; past it the oldest is let go unmeasured.
PENDING_MAX: Final = 256

# PnL is looked at in this many slices of its window; the last few are judged against the others.
SLICES: Final = 60
_RECENT_SLICES: Final = 6
# Slices in which PnL did not move say nothing of how much it usually moves; so many must have moved.
_MOVED_SLICES_MIN: Final = 12


def decay(elapsed_ns: int, half_life_ns: int) -> float:
    """Give the factor by which a weight has shrunk: 1 at once, a half after one half-life."""
    return math.exp2(-elapsed_ns / half_life_ns)


def mass_s(half_life_ns: int, factor: float) -> float:
    """Give the seconds of decayed weight that accrue while weights shrink by ``factor``."""
    return (1.0 - factor) * half_life_ns / NS_PER_S / math.log(2.0)


class Volatility(msgspec.Struct):
    """Time-weighted EWMA of squared returns, in bps per square root of a second."""

    half_life_ns: int
    at_ns: int = 0
    mid2_ticks: int = 0
    squares: float = 0.0  # decayed sum of squared returns, bps^2
    mass: float = 0.0  # decayed seconds

    def update(self, now_ns: int, mid2_ticks: int) -> None:
        """Take in a mid; moves within one sampling interval add up to one return."""
        if not self.mid2_ticks:
            self.at_ns, self.mid2_ticks = now_ns, mid2_ticks
            return
        if now_ns - self.at_ns < _SAMPLE_NS:
            return
        self.squares, self.mass = self._with(now_ns, mid2_ticks)
        self.at_ns, self.mid2_ticks = now_ns, mid2_ticks

    def value(self, now_ns: int, mid2_ticks: int) -> float:
        """Give the volatility as of now, the return not yet sampled included: a jump shows at once."""
        if not self.mid2_ticks:
            return 0.0
        squares, mass = self._with(now_ns, mid2_ticks)
        return math.sqrt(squares / max(mass, _KNOWN_S_MIN))

    def _with(self, now_ns: int, mid2_ticks: int) -> tuple[float, float]:
        factor = decay(now_ns - self.at_ns, self.half_life_ns)
        moved_bps = BPS * (mid2_ticks - self.mid2_ticks) / self.mid2_ticks
        return self.squares * factor + moved_bps * moved_bps, self.mass * factor + mass_s(self.half_life_ns, factor)


class Norm(msgspec.Struct):
    """Time-weighted mean of a level that holds until it is told otherwise."""

    half_life_ns: int
    at_ns: int = 0
    level: float = 0.0
    value: float = 0.0  # decayed level-seconds
    mass: float = 0.0  # decayed seconds

    def update(self, now_ns: int, level: float) -> None:
        """Count the level so far for the time it held, and take in the next."""
        if self.at_ns:
            factor = decay(now_ns - self.at_ns, self.half_life_ns)
            gained = mass_s(self.half_life_ns, factor)
            self.value = self.value * factor + self.level * gained
            self.mass = self.mass * factor + gained
        self.at_ns, self.level = now_ns, level

    def mean(self) -> float:
        """Give the mean up to the last update, 0 before there is one."""
        return self.value / self.mass if self.mass else 0.0


class Drain(msgspec.Struct):
    """How fast takers eat one side's queue, in lots per second."""

    half_life_ns: int
    at_ns: int = 0
    lots: float = 0.0
    mass: float = 0.0

    def update(self, now_ns: int, size_lots: int) -> None:
        """Take in a trade against this side."""
        lots, self.mass = self._at(now_ns)
        self.lots, self.at_ns = lots + size_lots, now_ns

    def value(self, now_ns: int) -> float:
        """Give the rate as of now: silence lowers it. 0 in the first second, when nothing is known."""
        lots, mass = self._at(now_ns)
        return lots / mass if mass >= _KNOWN_S_MIN else 0.0

    def _at(self, now_ns: int) -> tuple[float, float]:
        if not self.at_ns:
            return 0.0, 0.0
        factor = decay(now_ns - self.at_ns, self.half_life_ns)
        return self.lots * factor, self.mass * factor + mass_s(self.half_life_ns, factor)


class TakerFlow(msgspec.Struct):
    """Which way takers lean just now: takers who bought less takers who sold, each forgotten by halves.

    One taker is a run of trades of one side in one millisecond, of whatever size: sizes say less of what
    follows than how many came. Takers are followed by more of their side (Lillo, Mike and Farmer, "Theory
    for long memory in supply and demand", Physical Review E 71, 2005), and the mid goes on their way for
    a while (Bouchaud, Gefen, Potters and Wyart, "Fluctuations and response in financial markets",
    Quantitative Finance 4, 2004).
    """

    half_life_ns: int
    at_ns: int = 0
    takers: float = 0.0
    last_side: int = 0
    last_venue_ms: int = 0

    def update(self, now_ns: int, side: int, venue_ns: int) -> None:
        """Take in a public trade; ``side`` is the aggressor's."""
        venue_ms = venue_ns // NS_PER_MS
        if side == self.last_side and venue_ms == self.last_venue_ms:
            return
        self.takers, self.at_ns = self.value(now_ns) + side, now_ns
        self.last_side, self.last_venue_ms = side, venue_ms

    def value(self, now_ns: int) -> float:
        """Give the count as of now, above 0 where buyers lead."""
        return self.takers * decay(now_ns - self.at_ns, self.half_life_ns)


def imbalance(bid_lots: int, ask_lots: int) -> float:
    """Give (bid - ask) / (bid + ask) of the sizes at the touch, from -1 to 1; 0 where nothing is.

    Gould and Bonart, "Queue imbalance as a one-tick-ahead price predictor in a limit order book",
    Market Microstructure and Liquidity 2 (2016).
    """
    total = bid_lots + ask_lots
    return (bid_lots - ask_lots) / total if total else 0.0


class PendingFill(msgspec.Struct, frozen=True, gc=False):
    """A fill of ours whose markout is due later."""

    due_ns: int
    side: int
    mid2_ticks: int


class Markouts(msgspec.Struct):
    """What the mid does against us after our fills, in bps: a decayed mean, drawn towards none."""

    half_life_ns: int
    horizon_ns: int
    pending: list[PendingFill] = []
    at_ns: int = 0
    lost_bps: float = 0.0
    fills: float = 0.0

    def fill(self, now_ns: int, side: int, mid2_ticks: int) -> None:
        """Note a fill, to be measured one horizon from now."""
        if len(self.pending) >= PENDING_MAX:
            del self.pending[0]
        self.pending.append(PendingFill(now_ns + self.horizon_ns, side, mid2_ticks))

    def settle(self, now_ns: int, mid2_ticks: int) -> None:
        """Measure every fill whose horizon has come against the mid that held until now."""
        while self.pending and self.pending[0].due_ns <= now_ns:
            fill = self.pending.pop(0)
            factor = decay(max(0, fill.due_ns - self.at_ns), self.half_life_ns)
            lost_bps = fill.side * (fill.mid2_ticks - mid2_ticks) * BPS / fill.mid2_ticks
            self.lost_bps = self.lost_bps * factor + lost_bps
            self.fills = self.fills * factor + 1.0
            self.at_ns = max(self.at_ns, fill.due_ns)

    def adverse_bps(self, now_ns: int) -> float:
        """Give the expected move against us after a fill; never below 0, since luck is no edge."""
        factor = decay(max(0, now_ns - self.at_ns), self.half_life_ns)
        return max(0.0, self.lost_bps * factor / (self.fills * factor + _PRIOR_FILLS))


class LossWindow(msgspec.Struct):
    """PnL of late against its own window: how many sigma the last slices lost.

    One-sided: a gain is 0. ``cash`` figures are floats here because they are only compared.
    """

    slice_ns: int
    at_ns: int = 0
    start_cash: float = 0.0  # PnL when the running slice began
    last_cash: float = 0.0
    slices: list[float] = []
    recent_cash: float = 0.0  # sum of the closed recent slices
    mean_cash: float = 0.0  # of the older slices, per slice
    sigma_cash: float = 0.0  # of the older slices, 0 while too few moved

    def update(self, now_ns: int, pnl_cash: int) -> None:
        """Take in the PnL so far; close the slices that ended."""
        if not self.at_ns:
            self.at_ns, self.start_cash = now_ns, float(pnl_cash)
        elapsed = (now_ns - self.at_ns) // self.slice_ns
        if elapsed > 0:
            # What moved since the last word belongs to the slice that was running then.
            ended = [self.last_cash - self.start_cash] + [0.0] * min(elapsed - 1, SLICES)
            self.slices = (self.slices + ended)[-SLICES:]
            self.at_ns += elapsed * self.slice_ns
            self.start_cash = self.last_cash
            self._measure()
        self.last_cash = float(pnl_cash)

    def sigmas(self) -> float:
        """Give by how many sigma the recent slices, the running one included, fell short."""
        lost_cash = -(self.recent_cash + self.last_cash - self.start_cash)
        if lost_cash <= 0.0 or not self.sigma_cash:
            return 0.0
        short_cash = lost_cash + self.mean_cash * _RECENT_SLICES
        return max(0.0, short_cash / (self.sigma_cash * math.sqrt(_RECENT_SLICES)))

    def _measure(self) -> None:
        closed = _RECENT_SLICES - 1  # the running slice is the last of the recent ones
        older, recent = self.slices[:-closed], self.slices[-closed:]
        self.recent_cash = sum(recent)
        moved = [cash for cash in older if cash]
        if len(moved) < _MOVED_SLICES_MIN:
            self.mean_cash = self.sigma_cash = 0.0
            return
        self.mean_cash = sum(moved) / len(moved)
        self.sigma_cash = math.sqrt(sum((cash - self.mean_cash) ** 2 for cash in moved) / (len(moved) - 1))


class Signals(msgspec.Struct):
    """All estimators of one symbol. The last mid is kept, because a jump must show at once."""

    volatility_state: Volatility
    liquidity: Norm
    markouts: Markouts
    losses: LossWindow
    bid_drain: Drain
    ask_drain: Drain
    takers: TakerFlow
    mid2_ticks: int = 0

    def on_mid(self, now_ns: int, mid2_ticks: int, near_ticklots: float | None = None) -> None:
        """Take in a two-sided book: twice its mid and, where it was summed, what rests near the mid."""
        if self.mid2_ticks:
            # What came due before this update is measured by the mid that held until it.
            self.markouts.settle(now_ns, self.mid2_ticks)
        self.volatility_state.update(now_ns, mid2_ticks)
        self.mid2_ticks = mid2_ticks
        if near_ticklots is not None:
            self.liquidity.update(now_ns, near_ticklots)

    def on_trade(self, now_ns: int, side: int, size_lots: int, venue_ns: int) -> None:
        """Take in a public trade; ``side`` is the aggressor's, who eats the other side's queue."""
        (self.bid_drain if side == SELL else self.ask_drain).update(now_ns, size_lots)
        self.takers.update(now_ns, side, venue_ns)

    def on_fill(self, now_ns: int, side: int, mid2_ticks: int) -> None:
        """Take in a fill of ours, and twice the mid as it was then."""
        self.markouts.fill(now_ns, side, mid2_ticks)

    def on_pnl(self, now_ns: int, pnl_cash: int) -> None:
        """Take in the symbol's PnL so far."""
        self.losses.update(now_ns, pnl_cash)

    def volatility(self, now_ns: int) -> float:
        """Give the volatility in bps per square root of a second."""
        return self.volatility_state.value(now_ns, self.mid2_ticks)

    def thinness(self) -> float:
        """Give 1 - liquidity near the mid / its norm: 0 is the norm, 1 is empty, negative is plenty."""
        norm = self.liquidity.mean()
        return 1.0 - self.liquidity.level / norm if norm > 0.0 else 0.0

    def adverse_bps(self, now_ns: int) -> float:
        """Give the expected move against us after a fill, in bps."""
        if self.mid2_ticks:
            self.markouts.settle(now_ns, self.mid2_ticks)
        return self.markouts.adverse_bps(now_ns)

    def pnl_deviation(self) -> float:
        """Give by how many sigma PnL has fallen short of late; gains are 0."""
        return self.losses.sigmas()


def make_signals(knobs: SignalKnobs) -> Signals:
    """Start without any opinion."""
    half_life_ns = knobs.liquidity_half_life_ns
    return Signals(
        volatility_state=Volatility(knobs.volatility_half_life_ns),
        liquidity=Norm(half_life_ns),
        markouts=Markouts(knobs.markout_half_life_ns, knobs.markout_ns),
        losses=LossWindow(max(1, knobs.pnl_window_ns // SLICES)),
        bid_drain=Drain(half_life_ns),
        ask_drain=Drain(half_life_ns),
        takers=TakerFlow(knobs.takers_half_life_ns),
    )
