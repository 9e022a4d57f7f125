"""What a new process takes over: from a snapshot, from the records after it, from neither."""

from decimal import Decimal

import pytest
from msgspec.structs import replace
from seat import START, Seat, quoting
from small_world import small_scenario

from strategy import alarms, commands, events
from strategy.config_knobs import knobs as make_knobs
from strategy.core import Core
from strategy.errors import OurMistake
from strategy.journal import EventRecord, IntentRecord
from strategy.order_states import State
from strategy.recovery import recover
from strategy.units import BUY, NS_PER_S


class Kept(Seat):
    """A seat whose every event and intent is written down."""

    def __init__(self, knobs) -> None:
        super().__init__(knobs)
        self.records = []

    def hear(self, event, after_ms: float = 0):
        leaving = super().hear(event, after_ms)
        self.records.append(EventRecord(self.now, event))
        adds = (commands.CreateOrder, commands.AmendOrder)
        self.records += [IntentRecord(self.now, one) for one in leaving if isinstance(one, adds)]
        return leaving


@pytest.fixture(scope="module")
def knobs(tmp_path_factory):
    ready = small_scenario(tmp_path_factory.mktemp("recovery"))
    return make_knobs(ready.config, ready.instruments)


@pytest.fixture
def kept(knobs) -> Kept:
    seat = Kept(knobs)
    seat.boot()
    return seat


def fill_of(order, fill_id="f1", lots=3):
    return events.OrderFilled(
        order.client_id, order.symbol, order.side, fill_id, order.price_ticks, lots, lots, "maker", 7, START
    )


def again(knobs, snapshot, records, now_ns=START + 60 * NS_PER_S):
    """Start a new process from what was kept; give its core and what leaves first."""
    core = Core(knobs)
    core.resume(snapshot, records)
    return core, core.step(now_ns, events.Started("t", now_ns))


def finer(knobs, tick_by: int, lot_by: int):
    """Give knobs of the same symbol, counted in finer units."""
    (one,) = knobs.symbols
    was = one.instrument
    text = {"tick": f"{Decimal(was.tick) / tick_by:f}", "lot": f"{Decimal(was.lot) / lot_by:f}"}
    now = replace(was, **text, cash_per_ticklot=was.cash_per_ticklot // (tick_by * lot_by), tick_times=1)
    return replace(knobs, symbols=(replace(one, instrument=now, quote_lots=one.quote_lots * lot_by),))


@pytest.mark.parametrize("is_kept_by", ["snapshot", "records"])
def test_what_was_counted_in_coarser_units_means_the_same_in_finer_ones(kept, knobs, is_kept_by):
    bid, ask = quoting(kept)
    kept.hear(fill_of(bid), 1)
    snapshot = kept.core.snapshot() if is_kept_by == "snapshot" else b""
    records = kept.records if is_kept_by == "records" else []
    before = recover(knobs, snapshot, records)
    now = recover(finer(knobs, 5, 2), snapshot, records, [one.instrument for one in knobs.symbols])
    (desk,), (was,) = now.desks, before.desks
    assert (6, was.position.cash) == (desk.position.lots, desk.position.cash)
    assert 5 * was.position.mid2_ticks == desk.position.mid2_ticks
    old, new = knobs.symbols[0].instrument, finer(knobs, 5, 2).symbols[0].instrument
    assert was.position.value_cash(old, 240_000) == desk.position.value_cash(new, 1_200_000)
    for one in (bid, ask):
        order = now.orders.live[one.client_id]
        assert (5 * one.price_ticks, 2 * one.size_lots) == (order.price_ticks, order.size_lots)
    assert (6, 6) == (now.orders.live[bid.client_id].filled_lots, now.orders.live[bid.client_id].told_lots)


def test_units_that_do_not_divide_what_was_counted_are_a_mistake_of_ours(kept, knobs):
    coarser = finer(knobs, 1, 1)
    with pytest.raises(OurMistake, match="cannot be counted"):
        recover(coarser, kept.core.snapshot(), [], [finer(knobs, 5, 1).symbols[0].instrument])


def test_rules_that_were_told_to_an_earlier_process_are_older_than_a_look_of_this_one(kept, knobs):
    one = knobs.symbols[0].instrument
    news = events.TermsSeen("BTCUSDT", 0, 10, 1, 1, one.lots_max, one.notional_min_cash, START)
    kept.hear(news, 1)
    assert 10 == recover(knobs, b"", kept.records).desks[0].rules.tick_times
    assert None is recover(knobs, b"", kept.records, [one]).desks[0].rules


@pytest.mark.parametrize("how", ["taken over", "found"])
def test_a_doubt_that_has_just_begun_is_told_to_nobody(kept, knobs, how):
    bid, _ = kept.book()
    core, leaving = again(knobs, b"", [IntentRecord(START, bid)] if how == "taken over" else [])
    now_ns = START + 61 * NS_PER_S
    if how != "taken over":
        leaving += core.step(now_ns, events.OpenOrdersReport(bid.symbol, now_ns - 1, (bid.client_id,), now_ns))
    leaving += core.step(now_ns + NS_PER_S, events.Woke())
    assert 1 == core.belief().doubts
    assert [] == [one for one in leaving if isinstance(one, commands.Alert) and one.code == alarms.DOUBT_OLD]


def test_an_intent_that_was_written_is_possibly_alive_though_its_step_was_not(kept, knobs):
    bid, ask = kept.book()
    core, leaving = again(knobs, b"", [IntentRecord(START, bid), IntentRecord(START, ask)])
    belief = core.belief()
    assert [(one.client_id, "IN_DOUBT") for one in (bid, ask)] == [(one.client_id, one.state) for one in belief.orders]
    assert bid.size_lots == belief.symbols[0].worst_lots
    assert commands.CancelAll("BTCUSDT") in leaving


@pytest.mark.parametrize("is_snapped", [True, False])
def test_a_fill_is_counted_once_whether_the_snapshot_the_journal_or_a_read_tells_it(kept, knobs, is_snapped):
    bid, _ = quoting(kept)
    fill = fill_of(bid)
    kept.hear(fill)
    snapshot, records = (kept.core.snapshot(), ()) if is_snapped else (b"", kept.records)
    before = kept.core.belief().symbols[0]
    core, _ = again(knobs, snapshot, records)
    core.step(START + 61 * NS_PER_S, events.FillsReport("BTCUSDT", START + 60 * NS_PER_S, (fill,), START))
    after = core.belief().symbols[0]
    assert (before.position_lots, before.cash) == (after.position_lots, after.cash)
    assert 3 == after.position_lots


def test_without_a_journal_everything_is_read_from_the_beginning(knobs):
    core, leaving = again(knobs, b"", ())
    (question,) = [one for one in leaving if isinstance(one, commands.QueryFills)]
    assert 0 == question.since_venue_ns
    assert alarms.JOURNAL_LOST in [one.code for one in leaving if isinstance(one, commands.Alert)], "a person is told"
    assert [] == list(core.belief().orders)


def test_a_snapshot_that_cannot_be_read_is_none(knobs):
    state = recover(knobs, b'{"half": ', ())
    assert (0, {}) == (state.desks[0].position.lots, state.orders.live)


def test_what_was_lost_today_and_what_a_person_said_outlive_the_process(kept, knobs):
    day = kept.core._state.signals.day
    kept.core._state.signals.day = replace(day, number=20_454, start_cash=100, peak_cash=150, last_cash=-50)
    kept.core._state.desks[0].memory = replace(kept.core._state.desks[0].memory, latched=True)
    snapshot = kept.core.snapshot()
    halted = [EventRecord(START, events.OperatorSaid("halt"))]
    state = recover(knobs, snapshot, halted)
    assert (100, 150) == (state.signals.day.start_cash, state.signals.day.peak_cash)
    assert (True, True) == (state.health.halted, state.desks[0].memory.latched)
    cleared = [*halted, EventRecord(START, events.OperatorSaid("clear_latch"))]
    assert not recover(knobs, snapshot, cleared).desks[0].memory.latched


def test_books_and_windows_start_anew(kept, knobs):
    quoting(kept)
    state = recover(knobs, kept.core.snapshot(), ())
    assert (False, "", []) == (state.desks[0].book.ok, state.health.session, state.signals.round_trips.entries)
    assert state.desks[0].decided_mid2 > 0, "until there is a book, a position is worth what it last was"


def test_a_clock_that_shows_less_than_the_old_one_delays_nothing(kept, knobs):
    quoting(kept)
    earlier_ns = START - 3600 * NS_PER_S
    core, leaving = again(knobs, kept.core.snapshot(), (), earlier_ns)
    assert commands.CancelAll("BTCUSDT") in leaving
    assert earlier_ns < core.wake_at_ns < earlier_ns + 2 * NS_PER_S
    for order in core._state.orders.live.values():
        instants = (order.created_ns, order.sent_ns, order.confirmed_ns, order.placed_ns, order.asked_ns)
        assert max(instants) <= earlier_ns
        assert earlier_ns < order.through_ns < earlier_ns + 10 * NS_PER_S


def test_an_amend_that_was_written_counts_with_its_larger_size(kept, knobs):
    bid, _ = quoting(kept)
    amend = commands.AmendOrder(bid.client_id, bid.symbol, bid.price_ticks - 1, bid.size_lots + 5, 0, 0)
    state = recover(knobs, b"", [*kept.records, IntentRecord(kept.now, amend)])
    assert (State.AMENDING, bid.size_lots + 5) == (
        state.orders.live[bid.client_id].state,
        state.orders.live[bid.client_id].size_worst_lots,
    )
    assert bid.size_lots + 5 == state.orders.worst_of("BTCUSDT")[0]


def test_two_intents_for_one_slot_are_both_counted(kept, knobs):
    bid, _ = kept.book()
    twin = replace(bid, client_id="s-9")
    state = recover(knobs, b"", [IntentRecord(START, bid), IntentRecord(START, twin)])
    assert (False, True) == (state.orders.live["s-1"].is_orphan, state.orders.live["s-9"].is_orphan)
    assert 2 * bid.size_lots == state.orders.worst_of("BTCUSDT")[0]
    assert BUY == bid.side


def test_a_ban_outlives_the_process_it_was_told_to(kept, knobs):
    quoting(kept)
    until = kept.now + 60 * NS_PER_S
    kept.hear(events.BudgetSeen("account", 0, until), 10)
    assert until == recover(knobs, b"", kept.records).pacing.banned_ns
    assert until == recover(knobs, kept.core.snapshot(), ()).pacing.banned_ns
    heir = Core(knobs)
    heir.resume(b"", kept.records)
    assert [] == [
        one for one in heir.step(kept.now + NS_PER_S, events.Started("h", START)) if not isinstance(one, commands.Alert)
    ]


def test_an_heir_that_knows_of_no_order_reads_its_fills_again_once_its_stream_is_up(knobs):
    """Seed 2018 of a swarm: a stranger's order traded between the first read and the stream."""
    core, _ = again(knobs, b"", ())
    now_ns = START + 60 * NS_PER_S
    core.step(now_ns + 1, events.FillsReport("BTCUSDT", now_ns, (), START))
    leaving = core.step(now_ns + NS_PER_S, events.StreamUp(events.PRIVATE))
    assert any(isinstance(one, commands.QueryFills) for one in leaving)
