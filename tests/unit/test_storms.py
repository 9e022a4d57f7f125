"""How the core behaves in a storm: bans, refused stamps, requests that never leave, no way to be healthy, a stop."""

from itertools import pairwise

import pytest
from msgspec.structs import replace
from seat import MS, START, Seat, quoting

from strategy import alarms, commands, events
from strategy.units import NS_PER_S

ADDING = (commands.CreateOrder, commands.AmendOrder)
CANCELS = (commands.CancelOrder, commands.CancelAll)


def pass_time(seat: Seat, for_s: float, *, beat: bool = True, answer=lambda command: None) -> list:
    """Let time pass in steps of 50 ms, or as the core asks; give what left, each with its instant."""
    end, said = seat.now + int(for_s * NS_PER_S), []
    waiting: list = []
    while seat.now < end:
        wake = seat.core.wake_at_ns
        at = min(seat.now + 50 * MS, end) if wake is None else min(max(wake, seat.now + 1), seat.now + 50 * MS, end)
        seat.now = at
        events_now = [events.BookHeartbeat("BTCUSDT", seat.seq["BTCUSDT"], at)] if beat else [events.Woke()]
        events_now += waiting
        waiting = []
        for event in events_now:
            for command in seat.hear(event):
                said.append((seat.now, command))
                word = answer(command)
                waiting += [] if word is None else [word]
    return said


def kinds(said, *types) -> list:
    return [(at, one) for at, one in said if isinstance(one, types)]


def alerts(said) -> list[str]:
    return [one.code for _, one in said if isinstance(one, commands.Alert)]


def reads_answered(seat: Seat, open_ids=()):
    """Answer every question honestly; orders are open while they are named in ``open_ids``."""

    def answer(command):
        match command:
            case commands.SampleClock():
                return events.ClockSampled(command.asked_ns, seat.now // MS * MS)
            case commands.QueryMargin():
                return events.MarginSeen(command.asked_ns, 10**15, 0, seat.now)
            case commands.QueryOpenOrders():
                return events.OpenOrdersReport(command.symbol, command.asked_ns, tuple(open_ids), seat.now)
            case commands.QueryFills():
                return events.FillsReport(command.symbol, command.asked_ns, (), seat.now)
            case commands.QueryOrder():
                if command.client_id in open_ids:
                    return events.OrderReport(command.client_id, command.asked_ns, "open", 119_990, 10, 0, seat.now, 1)
                return events.OrderReport(command.client_id, command.asked_ns, "done", 119_990, 10, 0, seat.now, 1)
        return None

    return answer


def test_in_a_ban_nothing_leaves_and_after_it_cancels_leave_first_then_questions_then_quotes(seat):
    quoting(seat)
    until = seat.now + 20 * NS_PER_S
    seat.hear(events.BudgetSeen("account", 0, until), 10)
    said = pass_time(seat, 30, answer=reads_answered(seat))
    assert [] == [one for at, one in said if at < until and not isinstance(one, commands.Alert)]
    first_cancel = min(at for at, _ in kinds(said, *CANCELS))
    first_question = min(at for at, _ in kinds(said, commands.QueryOrder, commands.SampleClock, commands.QueryMargin))
    first_quote = min(at for at, _ in kinds(said, *ADDING))
    assert until <= first_cancel < first_question < first_quote
    assert [alarms.BANNED] == alerts((0, one) for one in seat.log)


def test_a_request_refused_for_its_rate_is_not_sent_again_at_once(seat):
    quoting(seat)
    before = seat.core._state.pacing.orders.rate_per_s
    sent = seat.now
    (move, *_) = [one for one in seat.book(119_900, 119_920, after_ms=400) if isinstance(one, (*ADDING, *CANCELS))]
    kind = "cancel" if isinstance(move, commands.CancelOrder) else "amend"
    leaving = seat.hear(events.Unanswered(kind, move.client_id, "BTCUSDT", "rate_limit", sent + 400 * MS), 10)
    assert [] == [one for one in leaving if isinstance(one, (*ADDING, *CANCELS))]
    assert before // 2 == seat.core._state.pacing.orders.rate_per_s


def test_a_refused_stamp_has_the_clock_asked_at_once_and_nothing_placed_before_the_answer(seat):
    bid, ask = seat.book()
    leaving = seat.hear(events.OrderRejected(bid.client_id, "timestamp", seat.now), 10)
    (question,) = [one for one in leaving if isinstance(one, commands.SampleClock)]
    assert [] == kinds([(0, one) for one in leaving], *ADDING)
    seat.accept(ask)
    old = events.ClockSampled(question.asked_ns - 5 * MS, seat.now)
    assert [] == kinds([(0, one) for one in seat.hear(old, 5)], *ADDING), "asked before the refusal"
    assert [] == kinds(pass_time(seat, 0.3), *ADDING)
    leaving = seat.hear(events.ClockSampled(question.asked_ns, seat.now // MS * MS), 5)
    assert ["BTCUSDT"] == [one.symbol for one in leaving if isinstance(one, commands.CreateOrder)]


def test_a_cancel_refused_for_its_stamp_is_sent_again_after_the_sample(seat):
    bid, ask = quoting(seat)
    seat.hear(events.OperatorSaid("halt"), 10)
    for order in (bid, ask):
        seat.hear(events.CancelRefused(order.client_id, "timestamp", seat.now), 10)
    said = pass_time(seat, 2, answer=reads_answered(seat, (bid.client_id, ask.client_id)))
    assert {bid.client_id, ask.client_id} == {one.client_id for _, one in kinds(said, commands.CancelOrder)}


@pytest.mark.parametrize("reason", ["no_connection", "journal_refused"])
def test_what_never_leaves_is_not_tried_again_at_every_step_and_quoting_comes_back_by_itself(seat, reason):
    seat.book()

    def refuse(command):
        return events.NotSent("create", command.client_id, "BTCUSDT", reason) if isinstance(command, ADDING) else None

    for number in (1, 2):
        seat.hear(events.NotSent("create", f"s-{number}", "BTCUSDT", reason))
    said = pass_time(seat, 20, answer=lambda one: refuse(one) or reads_answered(seat)(one))
    tries = sorted({at for at, _ in kinds(said, *ADDING)})
    assert 5 <= len(tries) <= 12
    assert max(b - a for a, b in pairwise(tries)) <= 5.2 * NS_PER_S
    assert [alarms.NOT_LEAVING] == alerts(said)

    def accept(command):
        if isinstance(command, commands.CreateOrder):
            return events.OrderAccepted(command.client_id, "v", command.price_ticks, command.size_lots, seat.now)
        return reads_answered(seat)(command)

    pass_time(seat, 10, answer=accept)
    assert ["WORKING", "WORKING"] == [one.state for one in seat.core.belief().orders if one.state == "WORKING"]
    assert 0 == seat.core._state.desks[0].unsent


def test_without_the_private_stream_cancel_all_goes_on_until_a_read_shows_none_and_one_alert_is_raised(seat):
    quoting(seat)
    seat.hear(events.StreamDown("private"), 10)
    down_ns = seat.now
    said = pass_time(seat, 60)  # nobody answers anything
    sweeps = [at for at, _ in kinds(said, commands.CancelAll)]
    assert 5 <= len(sweeps) <= 20, "again and again, with growing pauses"
    assert sweeps[0] <= down_ns + 6 * NS_PER_S
    assert [alarms.NO_WAY] == [code for code in alerts(said) if code == alarms.NO_WAY]
    assert [] == kinds(said, *ADDING)
    later = pass_time(seat, 20, answer=reads_answered(seat))
    last = max(at for at, _ in kinds(later, commands.QueryOpenOrders))
    assert [] == [at for at, _ in kinds(later, commands.CancelAll) if at > last]
    leaving = list(seat.hear(events.StreamUp("private"), 10))
    leaving += [one for _, one in pass_time(seat, 4, answer=reads_answered(seat))]
    assert 2 <= len([one for one in leaving if isinstance(one, commands.CreateOrder)])


def test_while_the_private_stream_is_down_fills_and_orders_are_read(seat):
    quoting(seat)
    seat.hear(events.StreamDown("private"), 10)
    said = pass_time(seat, 21, answer=reads_answered(seat))
    polls = kinds(said, commands.QueryFills)
    assert 8 <= len(polls) <= 14


def test_a_venue_that_answers_nothing_has_everything_taken_off(seat):
    quoting(seat)
    said = pass_time(seat, 40)
    assert [] != kinds(said, commands.CancelAll)
    assert "venue_unreachable" == seat.core.last_context("BTCUSDT").blocked
    assert alarms.NO_WAY in alerts(said)
    said = pass_time(seat, 20, answer=reads_answered(seat))
    assert [] != kinds(said, commands.CreateOrder)


def test_the_stamp_of_an_order_that_is_over_and_forgotten_says_nothing_of_the_clock(seat):
    """An engine minutes behind refused them one by one, and nothing was placed any more (a swarm's seed 130348)."""
    bid, _ = quoting(seat)
    for number in range(5):
        assert [] == seat.kinds(seat.hear(events.OrderRejected(f"s-{900 + number}", "timestamp", seat.now), 10))
    assert not seat.core._state.clock.is_doubted(seat.now)
    assert ["SampleClock"] == [
        one
        for one in seat.kinds(seat.hear(events.OrderRejected(bid.client_id, "timestamp", seat.now), 10))
        if one == "SampleClock"
    ]


def test_that_the_private_stream_is_down_as_well_is_news_to_who_was_told_that_the_venue_is_silent(seat):
    """Nobody was told of it: the account was out of health before, and still (a swarm's seed 130223)."""
    quoting(seat)
    said = pass_time(seat, 40)
    said += [(seat.now, one) for one in seat.hear(events.StreamDown("private"), 10)]
    said += pass_time(seat, 40)
    told = [one.detail for _, one in said if isinstance(one, commands.Alert) and one.code == alarms.NO_WAY]
    assert ["venue_unreachable", "private_down"] == [detail.split(",")[0].split(": ")[1] for detail in told]


def test_questions_that_nobody_answers_die_down_and_come_back_at_once_with_the_first_answer(seat):
    quoting(seat)
    seat.hear(events.StreamDown("private"), 10)
    said = pass_time(seat, 60)
    questions = [at for at, one in said if not isinstance(one, (*CANCELS, commands.Alert))]
    late = [at for at in questions if at > START + 40 * NS_PER_S]
    assert len(late) <= 20 * 3, "at most three a second"
    heard = seat.hear(events.MarginSeen(seat.core._state.reads.asked_ns["margin"], 10**15, 0, seat.now), 10)
    assert any(isinstance(one, commands.QueryOrder) for one in heard)


def test_a_book_that_never_comes_and_a_stream_without_a_word_raise_one_alert_each(knobs):
    seat = Seat(knobs)
    seat.boot()
    said = pass_time(seat, 30, beat=False, answer=reads_answered(seat))
    assert [alarms.NO_WAY, alarms.FROZEN] == alerts(said)


def test_a_stop_takes_everything_off_and_is_done_when_a_read_has_shown_it(seat):
    quoting(seat)
    leaving = seat.hear(events.Stopping(), 10)
    assert [commands.CancelAll("")] == [one for one in leaving if isinstance(one, CANCELS)]
    assert not seat.core.is_done
    said = pass_time(seat, 5)
    assert not seat.core.is_done, "nobody has answered"
    said += pass_time(seat, 10, answer=reads_answered(seat))
    assert seat.core.is_done
    assert [] == kinds(said, *ADDING)
    assert alarms.STOPPED in alerts(said)


def test_a_stop_ends_with_an_order_in_doubt_and_both_streams_down(seat):
    bid, _ = seat.book()
    seat.hear(events.Unanswered("create", bid.client_id, "BTCUSDT", "timeout"), 10)
    for stream in ("private", "public"):
        seat.hear(events.StreamDown(stream), 10)
    seat.hear(events.Stopping(), 10)
    said = pass_time(seat, 20, beat=False, answer=reads_answered(seat, (bid.client_id,)))
    assert not seat.core.is_done, "it is still open"
    assert bid.client_id in [one.client_id for _, one in kinds(said, commands.CancelOrder)] or [] != kinds(
        said, commands.CancelAll
    )
    pass_time(seat, 20, beat=False, answer=reads_answered(seat))
    assert seat.core.is_done


def test_an_old_doubt_raises_an_alert_and_stays_counted(seat):
    bid, ask = seat.book()
    seat.accept(ask)
    seat.hear(events.Unanswered("create", bid.client_id, "BTCUSDT", "timeout"), 10)
    said = pass_time(
        seat, 90, answer=lambda one: None if isinstance(one, commands.QueryOrder) else reads_answered(seat)(one)
    )
    assert [alarms.DOUBT_OLD] == [code for code in alerts(said) if code == alarms.DOUBT_OLD]
    assert bid.size_lots <= seat.core.belief().symbols[0].worst_lots


def test_strangers_and_their_fills_are_told_of(seat):
    quoting(seat)
    seat.hear(events.OrderFilled("x-1", "BTCUSDT", 1, "f-x", 120_000, 1, 1, "maker", 0, seat.now), 10)
    seat.hear(events.OpenOrdersReport("BTCUSDT", seat.now, ("x-9",), seat.now), 10)
    said = pass_time(seat, 1)
    assert {alarms.SURPRISE, alarms.STRANGER} <= set(alerts(said))


def test_a_market_that_is_announced_to_be_closed_raises_no_alert_for_its_missing_book(seat):
    quoting(seat)
    seat.hear(events.RegimeChanged("BTCUSDT", "halted", seat.now), 10)
    said = pass_time(seat, 30, beat=False, answer=reads_answered(seat))
    assert [] == alerts(said)


def test_a_latched_budget_a_refused_stamp_and_a_limit_that_says_no_for_a_minute_are_told_of(seat):
    bid, _ = quoting(seat)
    state = seat.core._state
    state.desks[0].memory = replace(state.desks[0].memory, latched=True)
    seat.hear(events.AmendRefused(bid.client_id, "timestamp", seat.now), 10)
    for _ in range(70):
        state.refusals["POSITION_LIMIT"] = state.refusals.get("POSITION_LIMIT", 0) + 1
        pass_time(seat, 1, answer=reads_answered(seat))
    told = alerts((0, one) for one in seat.log)
    assert {alarms.LATCHED, alarms.CLOCK_REFUSED, alarms.LIMIT_REFUSED} == set(told)
    assert 3 == len(told)


def test_a_limit_that_says_no_now_and_then_is_not_told_of(seat):
    quoting(seat)
    for _ in range(5):
        seat.core._state.refusals["GROSS_LIMIT"] = seat.core._state.refusals.get("GROSS_LIMIT", 0) + 1
        pass_time(seat, 20, answer=reads_answered(seat))
    assert [] == alerts((0, one) for one in seat.log)
