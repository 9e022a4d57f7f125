"""Another tick or lot while the bot runs: asked for after a refusal, taken over in place, told, and kept."""

import pytest
from msgspec.structs import replace
from seat import START, Seat, quoting
from small_world import small_scenario

from strategy import commands, events
from strategy.config_knobs import knobs as make_knobs
from strategy.core import Core
from strategy.journal import EventRecord
from strategy.units import NS_PER_S, SELL


@pytest.fixture(scope="module")
def knobs(tmp_path_factory):
    ready = small_scenario(tmp_path_factory.mktemp("terms"))
    return make_knobs(ready.config, ready.instruments)


@pytest.fixture
def seat(knobs) -> Seat:
    seat = Seat(knobs)
    seat.boot()
    return seat


def told(seat, asked_ns=0, ticks=1, lots=1):
    one = seat.core._knobs.symbols[0].instrument
    least = one.lots_min + -one.lots_min % lots if lots else 0
    return events.TermsSeen("BTCUSDT", asked_ns, ticks, lots, least, one.lots_max, one.notional_min_cash, seat.now)


def refused(seat, order, code="off_grid"):
    return seat.hear(events.OrderRejected(order.client_id, code, seat.now), 1)


def blocked(seat) -> str:
    return seat.core.last_context("BTCUSDT").blocked


def asked(leaving) -> list[commands.QueryTerms]:
    return [one for one in leaving if isinstance(one, commands.QueryTerms)]


def added(leaving) -> list:
    return [one for one in leaving if isinstance(one, commands.CreateOrder | commands.AmendOrder)]


def waited(seat, seconds: float) -> list[commands.Command]:
    """Let the time pass, a live feed included; nothing that is asked is answered."""
    leaving, until_ns = [], seat.now + int(seconds * NS_PER_S)
    while seat.now < until_ns:
        leaving += seat.beat()
        if seat.core.wake_at_ns is not None and seat.core.wake_at_ns <= seat.now + 50_000_000:
            seat.now = seat.core.wake_at_ns
            leaving += seat.hear(events.Woke())
        for one in leaving:
            if isinstance(one, commands.SampleClock) and one.asked_ns > seat.now - NS_PER_S:
                seat.hear(events.ClockSampled(one.asked_ns, seat.now))
    return leaving


@pytest.mark.parametrize("code", ["off_grid", "bad_size", "bad_request"])
def test_a_refusal_that_may_be_for_the_grid_asks_for_it_and_nothing_is_added_meanwhile(seat, code):
    bid, ask = seat.book()
    seat.accept(ask)
    leaving = refused(seat, bid, code)
    assert ["BTCUSDT"] == [one.symbol for one in asked(leaving)]
    assert [ask.client_id] == [one.client_id for one in leaving if isinstance(one, commands.CancelOrder)]
    assert "grid_unsure" == blocked(seat)
    assert [] == added(waited(seat, 1.5))


def test_a_cancel_by_the_venue_for_the_grid_asks_as_well(seat):
    bid, _ = quoting(seat)
    assert asked(seat.hear(events.OrderCancelled(bid.client_id, 0, "off_grid", seat.now), 1))


@pytest.mark.parametrize("code", ["price_band", "margin", "would_cross"])
def test_another_refusal_asks_for_no_grid(seat, code):
    bid, ask = seat.book()
    seat.accept(ask)
    assert [] == asked(refused(seat, bid, code))
    assert "" == blocked(seat)


def test_another_grid_is_taken_over_without_a_new_process(seat):
    bid, ask = seat.book()
    seat.accept(ask)
    leaving = refused(seat, bid)
    (question,) = asked(leaving)
    seat.settle([one for one in leaving if isinstance(one, commands.CancelOrder)])
    leaving = seat.hear(told(seat, question.asked_ns, ticks=100, lots=3), 5)
    assert ["SQ-V008"] == [one.code for one in leaving if isinstance(one, commands.Alert)]
    made = [one for one in leaving if isinstance(one, commands.CreateOrder)]
    assert [1, -1] == sorted([one.side for one in made], reverse=True)
    assert [] == [one for one in made if one.price_ticks % 100 or one.size_lots % 3]
    assert all(one.side * (120_000 - one.price_ticks) >= 0 for one in made), "rounded outward"
    assert "" == blocked(seat)


def test_of_what_stands_only_what_is_off_the_grid_goes(seat):
    bid, ask = quoting(seat)
    times = next(one for one in range(2, 1000) if not bid.price_ticks % one and ask.price_ticks % one)
    leaving = seat.hear(told(seat, ticks=times), 1)
    assert [ask.client_id] == [one.client_id for one in leaving if isinstance(one, commands.CancelOrder)]
    assert all(one.price_ticks % times == 0 for one in added(leaving))


def test_what_is_held_is_not_touched_and_an_odd_rest_of_it_stays(seat):
    bid, _ = quoting(seat)
    fill = events.OrderFilled(bid.client_id, "BTCUSDT", bid.side, "f", bid.price_ticks, 5, 5, "maker", 0, seat.now)
    seat.hear(fill, 1)
    before = seat.core.belief().symbols[0]
    leaving = seat.hear(told(seat, lots=3), 1)
    now = seat.core.belief().symbols[0]
    assert (5, before.cash) == (now.position_lots, now.cash)
    seat.settle(leaving)
    seat.settle(seat.hear(events.OperatorSaid("flatten"), 1))
    for _ in range(10):
        seat.beat()
    takes = [one for one in seat.log if isinstance(one, commands.CreateOrder) and one.taking]
    assert [(SELL, 3)] == [(one.side, one.size_lots) for one in takes]


def test_an_amend_of_what_has_filled_in_part_keeps_its_whole_size_on_the_grid(seat):
    bid, _ = quoting(seat)
    lots = next(one for one in range(2, 60) if not bid.size_lots % one)
    fill = events.OrderFilled(bid.client_id, "BTCUSDT", 1, "f", bid.price_ticks, 1, 1, "maker", 0, seat.now)
    seat.hear(fill, 1)
    seat.hear(told(seat, lots=lots), 1)
    seat.log.clear()
    for step in range(1, 9):
        seat.settle(seat.book(119_990 - 12 * step, 120_010 - 12 * step, after_ms=700))
    amends = [one for one in seat.log if isinstance(one, commands.AmendOrder)]
    assert [one for one in amends if one.client_id == bid.client_id]
    assert [] == [one for one in amends if one.size_lots % lots]


def test_a_refusal_that_lies_costs_one_question_and_the_next_one_waits(seat):
    def tried(pause_s: float) -> tuple[int, int]:
        """Have every create refused for a while, each question answered that nothing is new; count both."""
        questions = creates = 0
        until_ns = seat.now + pause_s * NS_PER_S
        leaving = list(seat.book())
        while seat.now < until_ns:
            leaving += [*seat.beat(), *seat.hear(events.Woke())]
            for one in leaving:
                creates += isinstance(one, commands.CreateOrder)
                questions += isinstance(one, commands.QueryTerms)
                if isinstance(one, commands.CreateOrder):
                    leaving += refused(seat, one)
                elif isinstance(one, commands.QueryTerms):
                    leaving += seat.hear(told(seat, one.asked_ns), 5)
                else:
                    leaving += seat.answer(one)
            leaving.clear()
        return questions, creates

    questions, creates = tried(60)
    assert 2 <= questions <= 5
    assert 3 <= creates <= 40, "it goes on trying, ever more seldom"
    assert tried(120)[0] <= 3


def test_while_no_answer_comes_it_is_asked_again_and_again_and_never_in_a_storm(seat):
    bid, _ = seat.book()
    leaving = [*refused(seat, bid), *waited(seat, 60)]
    assert [] == added(leaving)
    assert 5 <= len(asked(leaving)) <= 40
    assert "grid_unsure" == blocked(seat)
    seat.settle([one for one in leaving if isinstance(one, commands.CancelOrder)])
    leaving = seat.hear(told(seat, asked(leaving)[-1].asked_ns, ticks=10), 1)
    assert [one for one in leaving if isinstance(one, commands.CreateOrder)]


def test_of_a_symbol_that_is_not_listed_the_rules_are_asked_for_seldom(seat):
    bid, _ = seat.book()
    leaving = list(refused(seat, bid))
    for _ in range(40):
        for _ in asked(leaving):
            seat.hear(events.Unanswered(events.QUERY, "", "BTCUSDT", "unknown_symbol"), 1)
        leaving = waited(seat, 1)
    assert len(asked(seat.log)) <= 4


def test_an_answer_to_an_older_question_ends_no_doubt(seat):
    bid, _ = seat.book()
    leaving = [*refused(seat, bid), *waited(seat, 5)]
    seat.hear(told(seat, asked(leaving)[0].asked_ns), 1)
    assert "grid_unsure" == blocked(seat)


def test_a_grid_that_becomes_finer_again_is_noticed_though_nothing_is_refused(seat):
    quoting(seat)
    seat.settle(seat.hear(told(seat, ticks=100), 1))
    questions = asked(waited(seat, 61))
    assert 1 == len(questions)
    seat.hear(told(seat, questions[0].asked_ns), 1)
    assert seat.core._state.desks[0].rules is None
    assert [] == asked(waited(seat, 70)), "what it began with needs no asking"


def test_a_grid_that_our_units_cannot_write_is_not_quoted_by(seat):
    quoting(seat)
    unwritable = replace(told(seat), tick_times=0, lot_times=0, lots_min=0, lots_max=0, notional_min_cash=0)
    leaving = seat.hear(unwritable, 1)
    assert 2 == len([one for one in leaving if isinstance(one, commands.CancelOrder)])
    assert "grid_not_in_our_units" == blocked(seat)
    seat.settle(leaving)
    assert [one for one in seat.hear(told(seat, ticks=10), 1) if isinstance(one, commands.CreateOrder)]


@pytest.mark.parametrize("is_kept_by", ["snapshot", "record"])
def test_a_process_that_dies_hands_the_grid_on_and_the_next_one_reads_it_anew(seat, knobs, is_kept_by):
    quoting(seat)
    snapshot, news = seat.core.snapshot(), told(seat, ticks=100)
    seat.hear(news, 1)
    core = Core(knobs)
    if is_kept_by == "snapshot":
        core.resume(seat.core.snapshot(), [])
    else:
        core.resume(snapshot, [EventRecord(seat.now, news)])
    assert 100 == core._state.desks[0].rules.tick_times
    now_ns = START + 60 * NS_PER_S
    assert asked(core.step(now_ns, events.Started("t", now_ns)))
    assert 0 == core._state.desks[0].grid_ns


def test_a_process_that_dies_in_the_doubt_leaves_no_doubt_behind_but_a_refusal_raises_it_again(seat, knobs):
    bid, _ = seat.book()
    refused(seat, bid)
    core = Core(knobs)
    core.resume(seat.core.snapshot(), [])
    assert (0, None) == (core._state.desks[0].grid_ns, core._state.desks[0].rules)
