"""What may make a bot's own guard say no, by evidence: a verdict of risk is not taken on its word.

For each trigger of the guard there is a ground to be seen in what was delivered: an order in doubt, a
slow answer, a refusal, a clock that contradicts itself, a feed that is silent; a price that ran, a
loss, inventory, margin, memory; a budget that is spent. Where the core measures finely (a percentile, a
share, a deviation), evidence only asks whether there was anything of the kind, with half the threshold.
A ground lasts as long as a window may remember it and a halt may last.
"""

import statistics
from collections import deque
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import msgspec

from sim.oracle.evidence import Evidence
from sim.oracle.feed import Feed
from sim.oracle.reach import Reach
from sim.oracle.untaken import Untaken
from sim.oracle.venue_time import DRIFT, VenueTime
from strategy import events
from strategy.knobs import AccountKnobs, GuardKnobs, OrderKnobs, SignalKnobs, SymbolKnobs
from strategy.units import BPS, NS_PER_MS, NS_PER_S, PCT

RISK: Final = "risk says"
_ACCOUNT: Final = ""
_DOUBT, _SLOW, _REFUSED, _CLOCK, _SILENCE = "an order in doubt", "a slow answer", "a refusal", "the clock", "silence"
_RAN, _LOST, _HEAVY, _MARGIN, _MEMORY = "a price that ran", "a loss of late", "inventory", "margin", "memory"
_SPENT: Final = "a budget that is spent"
# Which grounds may stand behind which verdict.
_BEHIND: Final = {
    "halt": (_DOUBT, _SLOW, _REFUSED, _CLOCK, _SILENCE),
    "reduce_only": (_RAN, _LOST, _HEAVY, _MARGIN, _MEMORY),
    "latched": (_SPENT,),
}
_NEARLY: Final = 0.5
_NEARLY_SPENT: Final = 0.8
_SLACK_NS: Final = NS_PER_S
_FOR_EVER_NS: Final = 1 << 62
# A volatility halves in two half-lives, since those are of the squares it is the root of.
_SQUARES: Final = 2
_LN2: Final = 0.6931
_SLICES, _RECENT, _MOVED_MIN = 60, 6, 12
_STAMP: Final = "timestamp"
_REFUSALS: Final = (events.OrderRejected, events.AmendRefused, events.CancelRefused)
_ANSWERS: Final = (events.OrderAccepted, events.OrderAmended, events.OrderCancelled, events.CancelTaken, *_REFUSALS)


class _Money(msgspec.Struct):
    """One symbol's PnL at the last prices seen: as its slices ended, and what it was worth last."""

    at_ns: int = 0
    ends: list[float] = []
    last: float = 0.0
    # Of the moves before the last few: their mean and deviation, 0 while too few of them are known.
    mean: float = 0.0
    sigma: float = 0.0

    def update(self, now_ns: int, pnl: float, slice_ns: int) -> None:
        if not self.at_ns:
            self.at_ns, self.ends = now_ns, [pnl]
        while now_ns - self.at_ns >= slice_ns:
            self.at_ns += slice_ns
            self.ends = [*self.ends[-_SLICES:], self.last]
            self._measure()
        self.last = pnl

    def sigmas_lost(self) -> float:
        """Give by how many deviations of its older moves it fell in its last few slices."""
        if not self.sigma:
            return 0.0
        start = self.ends[-_RECENT] if len(self.ends) >= _RECENT else self.ends[0]
        return float((start - self.last + self.mean * _RECENT) / (self.sigma * _RECENT**0.5))

    def _measure(self) -> None:
        moves = [after - before for before, after in pairwise(self.ends)]
        older = [move for move in moves[: 1 - _RECENT] if move]
        is_known = len(older) >= _MOVED_MIN
        self.mean, self.sigma = (statistics.fmean(older), statistics.stdev(older)) if is_known else (0.0, 0.0)


class _Run(msgspec.Struct):
    """The farthest that a price went within one half-life of the volatility, as much of it as is remembered.

    A fixed window would forget a crash of some percent while any volatility of this half-life still shows it.
    """

    at_ns: int = 0
    left_bps: float = 0.0

    def update(self, now_ns: int, moved_bps: float, half_life_ns: int) -> float:
        """Take in how far it went of late, in bps; give the most of it that is left, now or of before."""
        halves = (now_ns - self.at_ns) / (_SQUARES * half_life_ns)
        self.at_ns, self.left_bps = now_ns, max(moved_bps, self.left_bps * 2.0**-halves)
        return self.left_bps


class PriceRange(msgspec.Struct):
    """The lowest and the highest of the prices seen since an instant; both are looked for anew only when one left."""

    marks: deque[tuple[int, int]] = msgspec.field(default_factory=deque)
    low: int = 0
    high: int = 0

    def see(self, now_ns: int, price: int, since_ns: int) -> None:
        """Take in the latest price; forget those that were no longer true at ``since_ns``."""
        marks = self.marks
        if price and (not marks or marks[-1][1] != price):
            self.low, self.high = (min(self.low, price), max(self.high, price)) if marks else (price, price)
            marks.append((now_ns, price))
        has_lost_one = False
        while len(marks) > 1 and marks[1][0] < since_ns:
            has_lost_one |= marks.popleft()[1] in (self.low, self.high)
        if has_lost_one:
            prices = [price for _, price in marks]
            self.low, self.high = min(prices), max(prices)


class Grounds:
    """Sees what arrives; looks around ten times a second."""

    def __init__(
        self,
        evidence: Evidence,
        feeds: Mapping[str, Feed],
        symbols: tuple[SymbolKnobs, ...],
        account: AccountKnobs,
        guard: GuardKnobs,
        signals: SignalKnobs,
        orders: OrderKnobs,
    ) -> None:
        """Thresholds and windows are those the bot was configured with."""
        self._evidence = evidence
        self._feeds = feeds
        self.untaken, self.reach = Untaken(evidence, feeds), Reach()
        self._symbols = symbols
        self._account = account
        self._guard = guard
        self._signals = signals
        self._ack_ns = orders.ack_wait_ns_max
        self._rest_ns = guard.halt_ns + guard.dwell_ns + _SLACK_NS
        # Until when a ground holds, by what it is and its symbol (none: the account's).
        self._until: dict[tuple[str, str], int] = {}
        self._money = {one.instrument.symbol: _Money() for one in symbols}
        self._ranges = {one.instrument.symbol: PriceRange() for one in symbols}
        self._runs = {one.instrument.symbol: _Run() for one in symbols}
        self._peak = 0.0
        self._is_unsure = True
        self._venue = VenueTime()
        self._sample: tuple[int, int] | None = None  # bounds of the venue's clock against ours, in ns
        self._sampled_ns = self._begun_ns = self._pressure = 0

    def why(self, now_ns: int, symbol: str, action: str) -> str:
        """Say which ground a verdict of the bot's guard has; empty where evidence shows none."""
        for name in _BEHIND.get(action, ()):
            if now_ns <= max(self._until.get((name, symbol), 0), self._until.get((name, _ACCOUNT), 0)):
                return f"{RISK} {action}: {name}"
        return ""

    def late_ns(self, now_ns: int, stamp_ns: int) -> int:
        """Give how late a word that the venue stamped so is for sure, by the samples of its clock; 0: not known."""
        return self._venue.late_ns(now_ns, stamp_ns)

    # What arrives

    def heard(self, now_ns: int, event: events.Event) -> None:
        """Note what may alarm a guard, orders aside."""
        self.reach.heard(now_ns, event)
        match event:
            case events.Started():
                self._begun_ns, self._is_unsure, self._sample, self._pressure = now_ns, True, None, 0
                self._venue = VenueTime()
                self._runs = {symbol: _Run() for symbol in self._runs}  # a new process remembers none
            case events.ClockSampled():
                self._sampled(now_ns, event)
            case events.MarginSeen():
                used = PCT * event.maintenance_cash / event.equity_cash if event.equity_cash > 0 else PCT
                if used >= self._guard.margin.hard_exit:
                    # It is read again only now and then.
                    self._until[_MARGIN, _ACCOUNT] = now_ns + _FOR_EVER_NS
                else:
                    self._end(now_ns, _MARGIN)
            case events.MemoryPressure():
                self._pressure = event.level
            case events.OperatorSaid(word="clear_latch"):
                self._until.pop((_SPENT, _ACCOUNT), None)
            case _:
                pass

    def answered(self, now_ns: int, event: events.Event) -> None:
        """Note an answer about an order, before the evidence does, that was slow, and one that was no."""
        if isinstance(event, (*_REFUSALS, events.Unanswered)) and event.code == _STAMP:
            self._is_unsure = True
            self._venue.refused(now_ns)
        self.untaken.answered(now_ns, event)
        self.reach.heard(now_ns, event)
        if not isinstance(event, _ANSWERS):
            return
        order = self._evidence.orders.get(event.client_id)
        slow_ns = _NEARLY * self._guard.round_trip.hard_exit * NS_PER_MS
        if order is not None and order.waiting and now_ns - min(order.waiting.values()) >= slow_ns:
            self._note(now_ns, _SLOW, window_ns=self._signals.round_trip_window_ns)
        if isinstance(event, _REFUSALS):
            self._note(now_ns, _REFUSED, window_ns=self._signals.rejects_window_ns)

    def _sampled(self, now_ns: int, event: events.ClockSampled) -> None:
        """Take a sample of the venue's clock: wide, or at odds with the one before it, it leaves one unsure."""
        self._venue.sampled(now_ns, event)
        low, high = event.venue_ns - now_ns, event.venue_ns + NS_PER_MS - event.asked_ns
        is_wide = (high - low) / 2 >= _NEARLY * self._guard.clock_uncertainty.hard_exit * NS_PER_MS
        if self._sample is not None:
            drift_ns = (now_ns - self._sampled_ns) // DRIFT
            is_wide = is_wide or low > self._sample[1] + drift_ns or high < self._sample[0] - drift_ns
        self._sample, self._sampled_ns, self._is_unsure = (low, high), now_ns, is_wide
        if is_wide:
            self._note(now_ns, _CLOCK)

    # Looking around

    def look(self, now_ns: int) -> None:
        """Note what lasts."""
        self.untaken.look()
        if self._is_unsure:
            self._note(now_ns, _CLOCK)
        if self._pressure > 1:
            self._note(now_ns, _MEMORY)
        pnl = 0.0
        for one in self._symbols:
            pnl += self._look_at(now_ns, one)
        self._peak = max(self._peak, pnl)
        budgets = ((-pnl, self._account.loss_budget_cash), (self._peak - pnl, self._account.drawdown_budget_cash))
        if any(lost >= _NEARLY_SPENT * budget for lost, budget in budgets):
            self._until[_SPENT, _ACCOUNT] = _FOR_EVER_NS

    def _look_at(self, now_ns: int, one: SymbolKnobs) -> float:
        """Note what lasts in one symbol; give its PnL."""
        symbol, guard = one.instrument.symbol, self._guard
        held, feed, money = self._evidence.money[symbol], self._feeds[symbol], self._money[symbol]
        if any(order.why_in_doubt(now_ns, self._ack_ns) for order in held.open.values()):
            self._note(now_ns, _DOUBT)
        if now_ns - feed.proof_ns >= guard.feed_silence.hard_exit * NS_PER_MS:
            self._note(now_ns, _SILENCE, symbol)
        if PCT * abs(held.position_lots) >= guard.inventory.hard_exit * one.position_lots_max:
            self._note(now_ns, _HEAVY, symbol)
        pnl = float(held.cash + held.position_lots * feed.mark_ticks * one.instrument.cash_per_ticklot)
        money.update(now_ns, pnl, self._signals.pnl_window_ns // _SLICES)
        if money.sigmas_lost() >= _NEARLY * guard.pnl_deviation.hard_exit:
            self._note(now_ns, _LOST, symbol)
        if self._has_run(now_ns, symbol, feed.mark_ticks):
            self._note(now_ns, _RAN, symbol)
        return pnl

    def _has_run(self, now_ns: int, symbol: str, mark_ticks: int) -> bool:
        """Say whether the price moved by what makes half of a HARD volatility, as much of it as is remembered."""
        half_life_ns, seen = self._signals.volatility_half_life_ns, self._ranges[symbol]
        seen.see(now_ns, mark_ticks, now_ns - half_life_ns)
        if not seen.marks:
            return False
        known_s = min(now_ns - self._begun_ns, half_life_ns / _LN2) / NS_PER_S
        run_bps = self._runs[symbol].update(now_ns, BPS * (seen.high - seen.low) / mark_ticks, half_life_ns)
        return bool(run_bps >= _NEARLY * self._guard.volatility.hard_exit * max(known_s, 1.0) ** 0.5)

    def _note(self, now_ns: int, name: str, symbol: str = _ACCOUNT, window_ns: int = 0) -> None:
        self._until[name, symbol] = max(self._until.get((name, symbol), 0), now_ns + window_ns + self._rest_ns)

    def _end(self, now_ns: int, name: str) -> None:
        """Have a ground that lasted until it was told otherwise last no longer than a halt may."""
        if (name, _ACCOUNT) in self._until:
            self._until[name, _ACCOUNT] = min(self._until[name, _ACCOUNT], now_ns + self._rest_ns)
