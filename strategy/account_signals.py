"""What we believe of the account: how fast the venue answers, how often it refuses, what today cost.

Windows are bounded in count as well as in time: past its bound a window forgets its oldest entry
early, which only makes it more recent.
"""

import math
from bisect import bisect_left, insort
from typing import Final

import msgspec

from strategy.knobs import AccountKnobs, SignalKnobs
from strategy.units import NS_PER_DAY, PCT

ENTRIES_MAX: Final = 512
_QUANTILE: Final = 0.95
# A share of fewer answers than this counts as a share of this many: one refusal is not 100 %.
_ANSWERS_MIN: Final = 10


class RoundTrips(msgspec.Struct):
    """Round trips of the last while, in ms, kept by time and by size."""

    window_ns: int
    entries: list[tuple[int, float]] = []
    ordered: list[float] = []

    def add(self, now_ns: int, round_trip_ms: float) -> None:
        """Take in one round trip."""
        self._forget(now_ns, ENTRIES_MAX - 1)
        self.entries.append((now_ns, round_trip_ms))
        insort(self.ordered, round_trip_ms)

    def p95_ms(self, now_ns: int) -> float:
        """Give the smallest round trip that 95 % do not exceed, 0 when there is none in the window."""
        self._forget(now_ns, ENTRIES_MAX)
        if not self.ordered:
            return 0.0
        return self.ordered[math.ceil(_QUANTILE * len(self.ordered)) - 1]

    def shed(self, now_ns: int) -> None:
        """Forget the older half."""
        self._forget(now_ns, len(self.entries) // 2)

    def _forget(self, now_ns: int, keep_max: int) -> None:
        entries = self.entries
        while entries and (entries[0][0] <= now_ns - self.window_ns or len(entries) > keep_max):
            del self.ordered[bisect_left(self.ordered, entries.pop(0)[1])]


class Answers(msgspec.Struct):
    """Answers to orders of the last while, and how many of them were rejections."""

    window_ns: int
    entries: list[tuple[int, bool]] = []
    rejected: int = 0

    def add(self, now_ns: int, is_rejected: bool) -> None:
        """Take in one answer."""
        self._forget(now_ns, ENTRIES_MAX - 1)
        self.entries.append((now_ns, is_rejected))
        self.rejected += is_rejected

    def rejected_pct(self, now_ns: int) -> float:
        """Give the share of rejections in %; few answers count as a few more that were fine."""
        self._forget(now_ns, ENTRIES_MAX)
        return PCT * self.rejected / max(len(self.entries), _ANSWERS_MIN)

    def shed(self, now_ns: int) -> None:
        """Forget the older half."""
        self._forget(now_ns, len(self.entries) // 2)

    def _forget(self, now_ns: int, keep_max: int) -> None:
        entries = self.entries
        while entries and (entries[0][0] <= now_ns - self.window_ns or len(entries) > keep_max):
            self.rejected -= entries.pop(0)[1]


class Takes(msgspec.Struct):
    """When we took of late; the count stops at the bound, far above any threshold."""

    window_ns: int
    at_ns: list[int] = []

    def add(self, now_ns: int) -> None:
        """Take in one taker fill."""
        self._forget(now_ns, ENTRIES_MAX - 1)
        self.at_ns.append(now_ns)

    def count(self, now_ns: int) -> int:
        """Count the taker fills of the window."""
        self._forget(now_ns, ENTRIES_MAX)
        return len(self.at_ns)

    def _forget(self, now_ns: int, keep_max: int) -> None:
        while self.at_ns and (self.at_ns[0] <= now_ns - self.window_ns or len(self.at_ns) > keep_max):
            del self.at_ns[0]


class Day(msgspec.Struct):
    """PnL of the UTC day against its budgets. Kept over a restart, which does not renew them."""

    loss_budget_cash: int
    drawdown_budget_cash: int
    number: int = -1  # days since the epoch; -1 before the first word
    start_cash: int = 0
    peak_cash: int = 0
    last_cash: int = 0

    def update(self, now_ns: int, pnl_cash: int) -> None:
        """Take in the account's PnL at liquidation value, since ever."""
        number = now_ns // NS_PER_DAY
        if number > self.number:
            # What moved over midnight counts to the new day: it begins where the old one was last seen.
            self.start_cash = self.peak_cash = pnl_cash if self.number < 0 else self.last_cash
            self.number = number
        self.last_cash = pnl_cash
        self.peak_cash = max(self.peak_cash, pnl_cash)

    def loss_pct(self) -> float:
        """Give today's loss in % of its budget, 0 for a gain."""
        return _spent_pct(self.start_cash - self.last_cash, self.loss_budget_cash)

    def drawdown_pct(self) -> float:
        """Give the fall from today's peak in % of its budget."""
        return _spent_pct(self.peak_cash - self.last_cash, self.drawdown_budget_cash)


def _spent_pct(lost_cash: int, budget_cash: int) -> float:
    if lost_cash <= 0:
        return 0.0
    return PCT * lost_cash / budget_cash if budget_cash > 0 else math.inf


class AccountSignals(msgspec.Struct):
    """All estimators of the account."""

    round_trips: RoundTrips
    answers: Answers
    takes: Takes
    day: Day

    def round_trip(self, now_ns: int, round_trip_ms: float) -> None:
        """Take in the round trip of one order request."""
        self.round_trips.add(now_ns, round_trip_ms)

    def order_answered(self, now_ns: int, is_rejected: bool) -> None:
        """Take in the venue's verdict on one order request."""
        self.answers.add(now_ns, is_rejected)

    def take(self, now_ns: int) -> None:
        """Take in one taker fill."""
        self.takes.add(now_ns)

    def equity(self, now_ns: int, pnl_cash: int) -> None:
        """Take in the account's PnL: realised, unrealised at liquidation value, fees and funding."""
        self.day.update(now_ns, pnl_cash)

    def round_trip_ms(self, now_ns: int) -> float:
        """Give the p95 of the order round trip in ms."""
        return self.round_trips.p95_ms(now_ns)

    def rejects_pct(self, now_ns: int) -> float:
        """Give the share of rejected order requests in %."""
        return self.answers.rejected_pct(now_ns)

    def takes_count(self, now_ns: int) -> int:
        """Count the taker fills of the window."""
        return self.takes.count(now_ns)

    def loss_pct(self) -> float:
        """Give today's loss in % of its budget."""
        return self.day.loss_pct()

    def drawdown_pct(self) -> float:
        """Give the fall from today's peak in % of its budget."""
        return self.day.drawdown_pct()


def make_account_signals(signals: SignalKnobs, account: AccountKnobs) -> AccountSignals:
    """Start with empty windows and an unspent day."""
    return AccountSignals(
        round_trips=RoundTrips(signals.round_trip_window_ns),
        answers=Answers(signals.rejects_window_ns),
        takes=Takes(signals.takes_window_ns),
        day=Day(account.loss_budget_cash, account.drawdown_budget_cash),
    )
