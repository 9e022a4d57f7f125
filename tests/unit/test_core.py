"""The core from outside: events in, commands out, and what it does with silence, gaps and people."""

import pytest
from seat import MS, START, Seat, quoting

from strategy import commands, events
from strategy.errors import OurMistake
from strategy.order import through_ns
from strategy.units import BUY, NS_PER_S, SELL


def test_it_asks_before_it_quotes(knobs):
    seat = Seat(knobs)
    leaving = seat.hear(events.Started("s", START))
    assert ["CancelAll", "QueryFills", "SampleClock", "QueryMargin"] == seat.kinds(leaving)
    seat.hear(events.StreamUp(events.PRIVATE))
    seat.hear(events.StreamUp(events.PUBLIC))
    assert () == seat.book(), "the open orders are not read yet"
    assert "open_orders_unread" == seat.core.last_context("BTCUSDT").blocked
    seat.shown_none_open()
    seat.book(after_ms=100)
    assert "fills_unread" == seat.core.last_context("BTCUSDT").blocked


def test_a_read_from_before_a_stray_create_could_have_arrived_proves_no_clean_start(knobs):
    seat = Seat(knobs)
    seat.hear(events.Started("s", START))
    seat.hear(events.OpenOrdersReport("BTCUSDT", START, (), seat.now), 100)
    seat.hear(events.FillsReport("BTCUSDT", START, (), seat.now))
    seat.hear(events.StreamUp(events.PRIVATE))
    seat.hear(events.StreamUp(events.PUBLIC))
    assert () == seat.book()
    assert "open_orders_unread" == seat.core.last_context("BTCUSDT").blocked


def test_it_quotes_both_sides_once_it_knows_enough(seat):
    bid, ask = seat.book()
    assert (BUY, SELL, True, True) == (bid.side, ask.side, bid.post_only, ask.post_only)
    assert bid.price_ticks < 120_000 < ask.price_ticks
    assert (bid.cycle_id, "s-1", "s-2") == (ask.cycle_id, bid.client_id, ask.client_id)
    belief = seat.core.belief()
    assert (["CREATING", "CREATING"], 0) == ([order.state for order in belief.orders], belief.doubts)
    assert bid.size_lots == belief.symbols[0].worst_lots


def test_an_uncertain_clock_keeps_it_from_quoting(knobs):
    seat = Seat(knobs)
    for event in (events.Started("s", START), events.StreamUp(events.PRIVATE), events.StreamUp(events.PUBLIC)):
        seat.hear(event)
    seat.hear(events.FillsReport("BTCUSDT", seat.now, (), seat.now))
    seat.shown_none_open()
    assert () == seat.book()
    assert "clock_uncertainty" in [reason.code for reason in seat.core.last_context("BTCUSDT").verdict.reasons]


def test_a_gap_pulls_the_quotes_at_once_and_asks_for_a_book(seat):
    quoting(seat)
    leaving = seat.hear(
        events.BookDelta("BTCUSDT", seat.seq["BTCUSDT"] + 5, seat.seq["BTCUSDT"] + 6, (), (), seat.now), 10
    )
    assert sorted(seat.kinds(leaving)) == ["CancelOrder", "CancelOrder", "RequestBook"]
    (request,) = [one for one in leaving if isinstance(one, commands.RequestBook)]
    seq = seat.seq["BTCUSDT"] + 6
    answer = events.BookSnapshot("BTCUSDT", seq, ((119_990, 500),), ((120_010, 500),), seat.now, request.asked_ns)
    seat.hear(answer, 20)
    assert seat.core.belief().symbols[0].book_ok


def test_a_book_older_than_the_gap_is_asked_for_again(seat):
    quoting(seat)
    leaving = seat.hear(events.BookDelta("BTCUSDT", 90, 91, (), (), seat.now), 10)
    (request,) = [one for one in leaving if isinstance(one, commands.RequestBook)]
    old = events.BookSnapshot("BTCUSDT", 80, ((119_990, 5),), ((120_010, 5),), seat.now, request.asked_ns)
    assert "RequestBook" in seat.kinds(seat.hear(old, 20))


def test_a_feed_that_falls_silent_is_noticed_by_the_alarm_alone(seat):
    quoting(seat)
    silent_ns, pulled = seat.now, []
    for _ in range(50):
        if seat.core.wake_at_ns is None or seat.now > silent_ns + 4 * NS_PER_S:
            break
        seat.now = seat.core.wake_at_ns
        pulled += [type(one).__name__ for one in seat.hear(events.Woke())]
        if "CancelOrder" in pulled:
            break
    assert "CancelOrder" in pulled
    assert seat.now - silent_ns < 2.6 * NS_PER_S


def test_what_is_made_of_a_book_that_is_soon_too_old_must_leave_before_it_is(seat):
    """A step may take long; the driver keeps what has not left by then."""
    bid, _ = quoting(seat)
    told_ns, knobs = seat.now, seat.core._knobs
    too_old_ns = told_ns + knobs.feed.age_ns_max
    leaving = seat.hear(events.OrderCancelled(bid.client_id, 0, "by_venue", seat.now), 2400)
    assert ["AmendOrder", "CreateOrder"] == sorted(seat.kinds(leaving))
    assert [too_old_ns, too_old_ns] == [one.send_by_ns for one in leaving]
    for order in seat.core._state.orders.live.values():
        assert order.through_ns == through_ns(too_old_ns, knobs.orders)
    fresh = events.BookHeartbeat("BTCUSDT", seat.seq["BTCUSDT"], seat.now)
    seat.settle([*leaving, *seat.hear(fresh, 10)])
    leaving = seat.hear(events.OrderCancelled(leaving[0].client_id, 0, "by_venue", seat.now), 10)
    assert [seat.now + knobs.orders.send_within_ns] == [one.send_by_ns for one in leaving]


@pytest.mark.parametrize(
    "event",
    [
        events.StreamDown(events.PRIVATE),
        events.StreamDown(events.PUBLIC),
        events.OperatorSaid("halt"),
        events.RegimeChanged("BTCUSDT", "cancel_only", 0),
    ],
)
def test_a_fact_that_forbids_quoting_cancels_everything_at_once(seat, event):
    quoting(seat)
    assert ["CancelOrder", "CancelOrder"] == seat.kinds(seat.hear(event, 10))


def test_all_that_one_step_has_ended_is_shown_and_of_the_rest_the_latest(seat):
    """A list of fills ended twenty orders at once, and the oldest of them seemed to be forgotten while in doubt."""
    names = tuple(f"o-{number}" for number in range(20))
    seat.hear(events.OpenOrdersReport("BTCUSDT", seat.now, names, seat.now))
    fills = [events.OrderFilled(one, "BTCUSDT", BUY, one, 120_000, 1, 1, "maker", 0, seat.now) for one in names]
    for name in names:
        seat.hear(events.OrderReport(name, seat.now, events.OPEN, 120_000, 1, 0, seat.now, BUY), 1)
    seat.hear(events.FillsReport("BTCUSDT", seat.now, tuple(fills), seat.now), 1)
    assert names == tuple(one.client_id for one in seat.core.belief().orders)
    seat.beat()
    assert names[-8:] == tuple(one.client_id for one in seat.core.belief().orders)


def test_what_an_amend_is_refused_for_puts_off_no_first_cancel(seat):
    """The pause between two cancels that are refused was counted from whatever was sent last (a swarm's seed 50007)."""
    quoting(seat)
    (amend,) = seat.book(119_984, 120_004, after_ms=100)
    cancels = seat.hear(events.AmendRefused(amend.client_id, "unknown_symbol", seat.now), 10)
    assert amend.client_id in [one.client_id for one in cancels if isinstance(one, commands.CancelOrder)]
    again = seat.hear(events.CancelRefused(amend.client_id, "unknown_symbol", seat.now), 600)
    assert "CancelOrder" not in seat.kinds(again)


def test_after_a_halt_a_person_can_resume(seat):
    bid, ask = quoting(seat)
    seat.hear(events.OperatorSaid("halt"), 10)
    for order in (bid, ask):
        seat.hear(events.OrderCancelled(order.client_id, 0, "by_client", seat.now), 10)
    assert () == seat.beat()
    assert ["CreateOrder", "CreateOrder"] == seat.kinds(seat.hear(events.OperatorSaid("resume"), 10))


def test_silence_after_a_create_becomes_a_question_and_its_side_waits(seat):
    bid, ask = seat.book()
    seat.accept(ask, 60)
    asked = []
    for _ in range(20):
        asked += [one for one in seat.beat(50) if isinstance(one, commands.QueryOrder)]
    assert [bid.client_id] == [one.client_id for one in asked][:1]
    assert 1 == seat.core.belief().doubts
    creates = [one for one in seat.log if isinstance(one, commands.CreateOrder) and one.side == BUY]
    assert [bid] == creates


def test_a_fill_is_booked_once_with_its_fee(seat):
    bid, _ = quoting(seat)
    fill = events.OrderFilled(
        bid.client_id, "BTCUSDT", BUY, "f1", bid.price_ticks, bid.size_lots, bid.size_lots, "maker", 7, seat.now
    )
    leaving = seat.hear(fill, 20)
    seat.hear(fill, 1)
    belief = seat.core.belief().symbols[0]
    unit = seat.core._knobs.symbols[0].instrument.cash_per_ticklot
    assert (bid.size_lots, 7 - bid.price_ticks * bid.size_lots * unit) == (belief.position_lots, belief.cash)
    assert "CreateOrder" in seat.kinds(leaving), "the side that filled is quoted again in the same step"


def test_funding_is_income_or_cost_once(seat):
    seat.book()
    for _ in range(2):
        seat.hear(events.FundingPaid("BTCUSDT", "x", -11, 0))
    assert -11 == seat.core.belief().symbols[0].cash


def test_the_venues_word_on_the_budget_holds_creates_back_until_tokens_are_there(seat):
    seat.hear(events.BudgetSeen("orders", 0, 0))
    assert () == seat.book()
    assert seat.core.refusals["RATE_BUDGET"] > 0
    sent = []
    for _ in range(30):
        sent += seat.beat(50)
    assert ["CreateOrder", "CreateOrder"] == [
        type(one).__name__ for one in sent if isinstance(one, commands.CreateOrder)
    ]


def test_a_step_that_raises_sends_nothing_and_poisons_the_core(seat):
    quoting(seat)
    with pytest.raises(KeyError):
        seat.hear(events.BookHeartbeat("NOSUCH", 1, 0))
    with pytest.raises(OurMistake, match="poisoned"):
        seat.beat()


def test_time_never_goes_back(seat):
    with pytest.raises(OurMistake, match="time went back"):
        seat.core.step(seat.now - 1, events.Woke())


def test_a_latched_loss_stays_until_a_person_clears_it(knobs):
    from msgspec.structs import replace

    seat = Seat(replace(knobs, account=replace(knobs.account, loss_budget_cash=1000, drawdown_budget_cash=1000)))
    seat.boot()
    bid, _ = quoting(seat)
    filled = events.OrderFilled(bid.client_id, "BTCUSDT", BUY, "f", bid.price_ticks, 5, 5, "maker", -(10**15), seat.now)
    seat.hear(filled, 20)
    seat.beat()
    assert "latched" == seat.core.last_context("BTCUSDT").verdict.action
    assert seat.core.belief().halted
    seat.hear(events.OperatorSaid("clear_latch"))
    assert "latched" == seat.core.last_context("BTCUSDT").verdict.action, "the budget is still spent"


def test_a_cleared_latch_stays_cleared_on_a_day_with_its_budget_whole(knobs):
    from msgspec.structs import replace

    seat = Seat(replace(knobs, account=replace(knobs.account, loss_budget_cash=1000, drawdown_budget_cash=1000)))
    seat.boot()
    bid, _ = quoting(seat)
    filled = events.OrderFilled(bid.client_id, "BTCUSDT", BUY, "f", bid.price_ticks, 5, 5, "maker", -(10**15), seat.now)
    seat.hear(filled, 20)
    assert "latched" == seat.core.last_context("BTCUSDT").verdict.action
    seat.now += 24 * 3600 * 1000 * MS
    seat.beat()
    seat.hear(events.OperatorSaid("clear_latch"))
    seat.beat()
    assert "latched" != seat.core.last_context("BTCUSDT").verdict.action


def test_the_venues_time_is_signed_by_its_lower_bound(seat):
    assert seat.now - 10 * MS <= seat.core.venue_now_ns(seat.now) <= seat.now + 5 * MS


def test_an_event_that_is_about_nothing_only_lets_time_pass(seat):
    quoting(seat)
    assert () == seat.hear(events.CancelAllAnswered("", 0), 1)


def test_an_unwind_takes_reduce_only_when_inventory_stays_heavy(knobs):
    """Above the HARD mark for ``unwind_after``: an immediate-or-cancel order towards flat, never beyond."""
    seat = Seat(knobs)
    seat.boot()
    quoting(seat)
    limit = knobs.symbols[0].position_lots_max
    heavy = events.OrderFilled("", "BTCUSDT", BUY, "foreign", 120_000, limit, limit, "maker", 0, seat.now)
    seat.settle(seat.hear(heavy, 10))
    takes = []
    while not takes and seat.now - START < 30 * NS_PER_S:
        seat.settle(seat.beat(50))
        takes = [one for one in seat.log if isinstance(one, commands.CreateOrder) and one.taking]
    (take,) = takes
    assert (SELL, True, False) == (take.side, take.reduce_only, take.post_only)
    assert take.size_lots <= limit
    assert seat.now - START > knobs.placement.unwind_after_ns


def test_flatten_takes_the_position_to_zero_and_quotes_no_more(seat):
    bid, _ = quoting(seat)
    seat.hear(
        events.OrderFilled(
            bid.client_id, "BTCUSDT", BUY, "f", bid.price_ticks, bid.size_lots, bid.size_lots, "maker", 0, seat.now
        ),
        10,
    )
    seat.hear(events.OperatorSaid("flatten"), 10)
    for order in list(seat.core.belief().orders):
        if order.state == "CANCELLING":
            seat.hear(events.OrderCancelled(order.client_id, 0, "by_client", seat.now), 5)
    for _ in range(10):
        seat.beat()
    takes = [one for one in seat.log if isinstance(one, commands.CreateOrder) and one.taking]
    assert [(SELL, bid.size_lots)] == [(one.side, one.size_lots) for one in takes][:1]


def test_the_fills_of_a_symbol_that_the_venue_does_not_know_any_more_are_read_now_and_then(seat):
    seat.boot()
    refused = events.Unanswered(events.QUERY, "", "BTCUSDT", "unknown_symbol")

    def reads(after_ms) -> int:
        said = (*seat.hear(refused, after_ms), *seat.hear(events.Woke(), 100))
        asked = [one for one in said if isinstance(one, commands.QueryFills)]
        for one in asked:
            seat.hear(events.FillsReport("BTCUSDT", one.asked_ns, (), seat.now))
        return len(asked)

    assert [1, 0, 0, 1] == [reads(after_ms) for after_ms in (15_000, 1_000, 8_000, 8_000)]


def test_of_a_symbol_that_the_venue_does_not_know_it_is_asked_ever_more_seldom(seat):
    for create in quoting(seat):
        seat.hear(events.Unanswered(events.AMEND, create.client_id, "BTCUSDT", "timeout"), 5)
    seat.hear(events.OperatorSaid("flatten"), 10)

    def unknown(one) -> events.Event | None:
        """Give the answer to whatever is about the symbol; other questions are answered as ever."""
        match one:
            case commands.CancelOrder():
                return events.CancelRefused(one.client_id, "unknown_symbol", seat.now)
            case commands.CancelAll():
                return events.Unanswered(events.CANCEL_ALL, "", "BTCUSDT", "unknown_symbol")
            case commands.QueryOrder() | commands.QueryOpenOrders() | commands.QueryFills() | commands.RequestBook():
                client_id = getattr(one, "client_id", "")
                return events.Unanswered(events.QUERY, client_id, "BTCUSDT", "unknown_symbol")
            case _:
                return None

    def busy(seconds) -> int:
        count, told = 0, []
        for _ in range(seconds * 10):
            leaving = (*seat.hear(events.Woke(), 90), *(more for one in told for more in seat.hear(one, 1)))
            told = [said for one in leaving if (said := unknown(one)) is not None]
            count += sum(isinstance(one, (commands.QueryOrder, commands.CancelOrder)) for one in leaving)
            seat.settle(one for one in leaving if unknown(one) is None)
        return count

    busy(60)
    assert busy(60) <= 8  # two orders, each four times a minute


def test_a_venue_that_answers_nothing_is_probed_and_hardly_asked(seat):
    for create in quoting(seat):
        seat.hear(events.Unanswered(events.AMEND, create.client_id, "BTCUSDT", "timeout"), 5)

    def asked(seconds) -> list[str]:
        return [name for _ in range(seconds * 10) for name in seat.kinds(seat.hear(events.Woke(), 100))]

    asked(60)
    away = asked(60)
    assert away.count("SampleClock") >= 14  # somebody there again would be found out within four seconds
    assert away.count("QueryOrder") <= 8, "two orders, every sixteen seconds"
    seat.hear(events.ClockSampled(seat.now - 1, seat.now), 1)
    assert asked(1).count("QueryOrder") == 2
