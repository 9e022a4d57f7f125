"""What is believed of the account as a whole, one estimator at a time."""

import math

from quoting import KNOBS, NOW_NS

from strategy.account_signals import Answers, Day, RoundTrips, Takes, make_account_signals
from strategy.units import CASH_PER_QUOTE, NS_PER_DAY, NS_PER_S


def test_the_p95_is_the_smallest_that_95_percent_do_not_exceed() -> None:
    trips = RoundTrips(10 * NS_PER_S)
    assert trips.p95_ms(NOW_NS) == 0.0
    for number in range(100, 0, -1):
        trips.add(NOW_NS, float(number))
    assert trips.p95_ms(NOW_NS) == 95.0
    trips.add(NOW_NS, 1000.0)
    assert trips.p95_ms(NOW_NS) == 96.0


def test_round_trips_leave_with_their_window() -> None:
    trips = RoundTrips(10 * NS_PER_S)
    trips.add(NOW_NS, 900.0)
    trips.add(NOW_NS + NS_PER_S, 100.0)
    assert trips.p95_ms(NOW_NS + 10 * NS_PER_S - 1) == 900.0
    assert trips.p95_ms(NOW_NS + 10 * NS_PER_S) == 100.0
    assert (trips.entries, trips.ordered) == ([(NOW_NS + NS_PER_S, 100.0)], [100.0])


def test_round_trips_are_bounded() -> None:
    trips = RoundTrips(10 * NS_PER_S)
    for number in range(600):
        trips.add(NOW_NS, float(number))
    assert len(trips.entries) == len(trips.ordered) == 512
    assert trips.ordered[0] == 88.0


def test_few_answers_count_as_ten() -> None:
    answers = Answers(30 * NS_PER_S)
    assert answers.rejected_pct(NOW_NS) == 0.0
    answers.add(NOW_NS, True)
    assert answers.rejected_pct(NOW_NS) == 10.0
    for _ in range(19):
        answers.add(NOW_NS + 1, False)
    assert answers.rejected_pct(NOW_NS + 1) == 5.0
    assert answers.rejected_pct(NOW_NS + 30 * NS_PER_S) == 0.0
    assert len(answers.entries) == 19


def test_answers_are_bounded() -> None:
    answers = Answers(30 * NS_PER_S)
    for number in range(600):
        answers.add(NOW_NS, number < 100)
    assert (len(answers.entries), answers.rejected) == (512, 12)


def test_takes_are_counted_over_their_window_and_bounded() -> None:
    takes = Takes(900 * NS_PER_S)
    takes.add(NOW_NS)
    takes.add(NOW_NS + 1)
    assert takes.count(NOW_NS + 900 * NS_PER_S - 1) == 2
    assert takes.count(NOW_NS + 900 * NS_PER_S) == 1
    for _ in range(600):
        takes.add(NOW_NS + 2)
    assert takes.count(NOW_NS + 2) == 512


def test_loss_and_drawdown_are_shares_of_the_days_budgets() -> None:
    day = Day(loss_budget_cash=200, drawdown_budget_cash=100)
    day.update(NOW_NS, 1000)
    assert (day.loss_pct(), day.drawdown_pct()) == (0.0, 0.0)
    day.update(NOW_NS + 1, 1040)
    assert (day.loss_pct(), day.drawdown_pct()) == (0.0, 0.0)
    day.update(NOW_NS + 2, 990)
    assert (day.loss_pct(), day.drawdown_pct()) == (5.0, 50.0)
    day.update(NOW_NS + 3, 1000)
    assert (day.loss_pct(), day.drawdown_pct()) == (0.0, 40.0)


def test_a_new_utc_day_begins_where_the_old_one_was_last_seen() -> None:
    day = Day(loss_budget_cash=200, drawdown_budget_cash=100)
    midnight_ns = (NOW_NS // NS_PER_DAY + 1) * NS_PER_DAY
    day.update(midnight_ns - 2, 1000)
    day.update(midnight_ns - 1, 900)
    assert day.loss_pct() == 50.0
    day.update(midnight_ns, 880)
    assert (day.start_cash, day.loss_pct(), day.drawdown_pct()) == (900, 10.0, 20.0)


def test_without_a_budget_any_loss_is_beyond_it() -> None:
    day = Day(loss_budget_cash=0, drawdown_budget_cash=0)
    day.update(NOW_NS, 0)
    assert day.loss_pct() == 0.0
    day.update(NOW_NS, -1)
    assert (day.loss_pct(), day.drawdown_pct()) == (math.inf, math.inf)


def test_the_account_passes_everything_on() -> None:
    account = make_account_signals(KNOBS.signals, KNOBS.account)
    account.round_trip(NOW_NS, 70.0)
    account.order_answered(NOW_NS, True)
    account.take(NOW_NS)
    account.equity(NOW_NS, 0)
    account.equity(NOW_NS, -25 * CASH_PER_QUOTE)
    assert account.round_trip_ms(NOW_NS) == 70.0
    assert account.round_trip_ms(NOW_NS + KNOBS.signals.round_trip_window_ns) == 0.0
    assert account.rejects_pct(NOW_NS) == 10.0
    assert account.rejects_pct(NOW_NS + KNOBS.signals.rejects_window_ns) == 0.0
    assert account.takes_count(NOW_NS) == 1
    assert account.takes_count(NOW_NS + KNOBS.signals.takes_window_ns) == 0
    assert (account.loss_pct(), account.drawdown_pct()) == (25.0, 50.0)
