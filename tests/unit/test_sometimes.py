"""Rare states: each is noted where it happens, and not where it does not."""

import pytest
from small_world import small_world

from sim.oracle.evidence import Evidence
from sim.oracle.feed import Feed
from sim.oracle.sightings import Sightings
from sim.oracle.sometimes import POINTS, REGIMES, Sometimes, regime_states
from sim.venue.regimes import REGIMES as VENUE_REGIMES
from strategy import commands, events
from strategy.belief import Belief, OrderBelief
from strategy.instrument import make_instrument
from strategy.units import BUY, NS_PER_S

BTC = make_instrument(
    symbol="BTC", kind="linear", tick="0.5", lot="0.001", size_min="0.001", size_max="100", notional_min="5",
    maker_fee_bps="-2.5", taker_fee_bps="7.5",
)  # fmt: skip


class Watch:
    """One order `a` that was created, with everything a run would tell of it."""

    def __init__(self, regime="open") -> None:
        self.sometimes, self.regime = Sometimes(), regime
        self.evidence, self.feeds = Evidence((BTC,), 0, 0), {"BTC": Feed(1 << 62)}
        self.sightings = Sightings(self.sometimes, self.evidence, self.feeds, lambda _: self.regime, NS_PER_S)
        self.give(0, commands.CreateOrder("a", "BTC", "bid", BUY, 100, 10, True, False, False, 50, 1))

    def give(self, now_ns, command) -> None:
        self.sightings.sent(now_ns, command)
        match command:
            case commands.CreateOrder():
                self.evidence.created(now_ns, command)
            case commands.CancelOrder():
                self.evidence.cancelled(now_ns, command.client_id)

    def hear(self, now_ns, event) -> None:
        self.sightings.hearing(now_ns, event)
        self.evidence.order_word(now_ns, event)

    def order(self, state, before="", event=None) -> None:
        order = OrderBelief("a", "BTC", "bid", BUY, state, 100, 10, 0)
        self.sightings.moved(before, order, event or events.Woke())

    @property
    def reached(self):
        return sorted(self.sometimes.counts)


def accepted():
    return events.OrderAccepted("a", "v", 100, 10, 5)


def fill(fill_id="f", total=2, client_id="a"):
    return events.OrderFilled(client_id, "BTC", BUY, fill_id, 100, 2, total, "maker", 0, 6)


def cancel():
    return commands.CancelOrder("a", "BTC", 1)


def belief(doubts):
    return Belief((), (), doubts, False)


def working() -> Watch:
    watch = Watch()
    watch.hear(1, accepted())
    return watch


def cancelled() -> Watch:
    watch = working()
    watch.give(2, cancel())
    return watch


def test_an_ordinary_life_reaches_nothing():
    watch = working()
    watch.hear(2, fill())
    watch.give(3, cancel())
    watch.hear(4, events.OrderCancelled("a", 2, "by_client", 7))
    watch.order("CANCELLING", "WORKING")
    watch.order("CLOSED", "CANCELLING")
    watch.hear(5, events.OpenOrdersReport("BTC", 4, (), 7))
    watch.sightings.stepped(belief(0))
    watch.sightings.calm(belief(0), is_heavy=False)
    watch.sightings.died()
    assert [] == watch.reached


def test_a_fill_after_a_cancel_was_acknowledged():
    for word in (events.OrderCancelled("a", 0, "by_client", 7), events.CancelTaken("a", 7)):
        watch = cancelled()
        watch.hear(3, word)
        watch.hear(4, fill())
        assert ["cancel_acked_but_filled"] == watch.reached


def test_a_cancelled_order_that_carries_fills_nobody_had_told():
    watch = cancelled()
    watch.hear(3, events.OrderCancelled("a", 2, "by_client", 7))
    assert ["cancel_acked_but_filled"] == watch.reached


def test_a_fill_read_after_a_cancel_was_acknowledged():
    watch = cancelled()
    watch.hear(3, events.OrderCancelled("a", 0, "by_client", 7))
    watch.hear(4, events.FillsReport("BTC", 3, (fill(),), 8))
    assert ["cancel_acked_but_filled"] == watch.reached
    watch.hear(5, events.FillsReport("BTC", 4, (fill(),), 9))
    assert {"cancel_acked_but_filled": 1} == watch.sometimes.counts, "a read repeats all it knows"


def test_a_fill_before_its_order_is_acknowledged():
    watch = Watch()
    watch.hear(1, fill())
    assert ["fill_before_ack"] == watch.reached


def test_a_fill_told_twice():
    watch = working()
    watch.hear(2, fill())
    watch.hear(3, fill())
    assert ["duplicate_fill"] == watch.reached


def report(status, asked_ns=3):
    return events.OrderReport("a", asked_ns, status, 100, 10, 0, 9)


def test_a_lost_answer_that_is_found_and_one_that_is_not():
    watch = Watch()
    watch.order("WORKING", "IN_DOUBT", report(events.OPEN))
    assert ["ack_lost_and_found"] == watch.reached
    watch = Watch()
    watch.order("ABSENT", "IN_DOUBT", report(events.MISSING))
    assert ["timed_out_and_absent"] == watch.reached
    watch = Watch()
    watch.order("WORKING", "IN_DOUBT", accepted())
    watch.order("WORKING", "CREATING", report(events.OPEN))
    assert [] == watch.reached


def snapshot(seq):
    return events.BookSnapshot("BTC", seq, ((100, 1),), ((101, 1),), 1, 1)


def delta(prev, seq):
    return events.BookDelta("BTC", prev, seq, (), (), 1)


def test_a_gap_that_is_closed():
    watch = Watch()
    for now_ns, word in enumerate((snapshot(1), delta(1, 2), delta(3, 4))):
        watch.sightings.taking(now_ns, word)
    assert [] == watch.reached
    watch.sightings.taking(9, snapshot(5))
    assert ["gap_resynced"] == watch.reached


def test_a_snapshot_older_than_what_was_kept_for_it():
    watch = Watch()
    watch.sightings.taking(1, delta(8, 9))
    watch.sightings.taking(2, snapshot(7))
    assert ["snapshot_older_than_buffer"] == watch.reached


def regime(name):
    return events.RegimeChanged("BTC", name, 5)


def test_a_cancel_only_window_over_a_position():
    watch = working()
    watch.hear(2, regime("cancel_only"))
    watch.hear(3, regime("open"))
    assert [] == watch.reached, "there was no position"
    watch.hear(4, fill())
    watch.hear(5, regime("cancel_only"))
    assert [] == watch.reached, "it is not over"
    watch.hear(6, regime("open"))
    assert ["cancel_only_with_inventory"] == watch.reached


def test_a_post_only_order_that_would_cross_soon_after_a_restart():
    watch = Watch()
    watch.hear(1, events.OrderRejected("a", events.WOULD_CROSS, 5))
    assert [] == watch.reached, "no restart"
    watch.sightings.restarted(2)
    watch.hear(3, events.OrderRejected("b", events.WOULD_CROSS, 5))
    watch.hear(20 * NS_PER_S, events.OrderRejected("c", events.WOULD_CROSS, 5))
    assert {"post_only_refused_after_restart": 1} == watch.sometimes.counts


@pytest.mark.parametrize(
    "event, name",
    [
        (events.Unanswered("cancel", "a", "BTC", "rate_limit", 1), "rate_limited_while_cancelling"),
        (events.Unanswered("cancel_all", "", "BTC", "rate_limit", 1), "rate_limited_while_cancelling"),
        (events.Unanswered("create", "a", "BTC", "rate_limit", 1), None),
        (events.Unanswered("create", "a", "BTC", "banned", 1), "ban_in_force"),
        (events.BudgetSeen("account", 0, 99), "ban_in_force"),
        (events.BudgetSeen("orders", 0, 99), None),
        (events.OrderRejected("a", "timestamp", 5), "timestamp_refused"),
        (events.CancelRefused("a", "timestamp", 5), "timestamp_refused"),
        (events.Unanswered("query", "a", "BTC", "timestamp", 1), "timestamp_refused"),
    ],
)
def test_words_that_are_rare_states_by_themselves(event, name):
    watch = working()
    watch.hear(2, event)
    assert ([name] if name else []) == watch.reached


def test_a_quote_is_pulled_because_its_book_is_stale_or_broken():
    watch = working()
    watch.sightings.taking(1, snapshot(1))
    watch.give(2, cancel())
    assert [] == watch.reached, "the book was fresh"
    watch = working()
    watch.sightings.taking(1, snapshot(1))
    watch.give(2 * NS_PER_S, cancel())
    assert ["stale_feed_pull"] == watch.reached
    watch = working()
    for now_ns, word in enumerate((snapshot(1), delta(3, 4))):
        watch.sightings.taking(now_ns + 1, word)
    watch.give(4, cancel())
    watch.give(5, cancel())
    assert {"stale_feed_pull": 1} == watch.sometimes.counts, "tried again is not pulled again"


def test_what_traded_in_part_is_amended():
    watch = working()
    amend = commands.AmendOrder("a", "BTC", 101, 10, 50, 1)
    watch.give(2, amend)
    assert [] == watch.reached
    watch.hear(3, fill())
    watch.give(4, amend)
    assert ["partial_fill_then_amend"] == watch.reached


def test_an_order_nobody_knew_or_everybody_had_buried():
    watch = working()
    watch.hear(2, events.OpenOrdersReport("BTC", 1, ("a",), 7))
    assert [] == watch.reached
    watch.hear(3, events.OpenOrdersReport("BTC", 2, ("stranger",), 7))
    assert ["orphan_found"] == watch.reached
    watch = Watch()
    watch.hear(60, report(events.MISSING, asked_ns=55))
    assert "absent" == watch.evidence.orders["a"].over
    watch.hear(70, report(events.OPEN, asked_ns=65))
    assert ["orphan_found"] == watch.reached


def test_a_process_that_ends_and_a_calm_that_begins_with_an_order_in_doubt():
    watch = working()
    watch.sightings.stepped(belief(1))
    watch.sightings.died()
    watch.sightings.died()
    assert {"kill_with_unknown_orders": 1} == watch.sometimes.counts
    watch = working()
    watch.sightings.calm(belief(1), is_heavy=False)
    watch.sightings.calm(belief(1), is_heavy=False)
    assert {"liveness_entered_with_doubt": 1} == watch.sometimes.counts
    watch = working()
    watch.sightings.calm(belief(0), is_heavy=False)
    watch.sightings.calm(belief(1), is_heavy=False)
    assert [] == watch.reached, "the doubt came in the calm"


def test_inventory_that_goes_below_its_mark_in_the_calm():
    watch = working()
    for is_heavy in (False, True, True):
        watch.sightings.calm(belief(0), is_heavy=is_heavy)
    assert [] == watch.reached
    watch.sightings.calm(belief(0), is_heavy=False)
    watch.sightings.calm(belief(0), is_heavy=False)
    assert {"inventory_shed": 1} == watch.sometimes.counts


def test_every_state_an_order_is_seen_in_counts_for_the_regime_of_that_moment():
    watch = Watch("halted")
    watch.order("CREATING")
    watch.order("WORKING", "CREATING")
    watch.regime = "down"
    watch.order("IN_DOUBT", "WORKING")
    assert ["down x IN_DOUBT", "down x WORKING", "halted x CREATING", "halted x WORKING"] == sorted(
        watch.sometimes.regime_states
    )
    assert set(watch.sometimes.regime_states) <= set(regime_states())
    assert {*VENUE_REGIMES, "down"} == set(REGIMES)


WORLDS = {
    "crash_between_journal_and_send": "{at_s: 3, kind: crash, between: journal_and_send, restart_after_s: 1}",
    "crash_between_send_and_ack": "{at_s: 3, kind: crash, between: send_and_ack, restart_after_s: 1}",
    "hard_heap_mark": "{at_s: 3, for_s: 3, kind: heap_budget, soft_kib: 2, hard_kib: 4}",
    "clock_stepped_back_with_timers": "{at_s: 3, kind: clock_step, clock: bot_wall, by_ms: -500}",
    "queue_shed": "{at_s: 5, for_s: 3, kind: heap_budget, soft_kib: 8, hard_kib: 10000}",
}


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_with_such_a_fault_reaches_it_and_one_without_does_not(tmp_path, name):
    world = small_world(tmp_path, seconds=8, faults=WORLDS[name], calm_s=7)
    assert "" == world.run().error
    assert world.oracle.sometimes.counts.get(name, 0) >= 1


def test_a_world_without_faults_reaches_none_of_them(tmp_path):
    world = small_world(tmp_path, seconds=8)
    assert "" == world.run().error
    assert not world.oracle.sometimes.counts.keys() & WORLDS.keys()
    assert world.oracle.sometimes.regime_states["open x WORKING"] > 0


@pytest.mark.parametrize("name", ["venue_wall", "forward"])
def test_another_clock_or_a_step_forward_is_no_step_back(tmp_path, name):
    fault = "clock: venue_wall, by_ms: -500" if name == "venue_wall" else "clock: bot_wall, by_ms: 500"
    world = small_world(tmp_path, seconds=5, faults=f"{{at_s: 3, kind: clock_step, {fault}}}", calm_s=4)
    world.run()
    assert "clock_stepped_back_with_timers" not in world.oracle.sometimes.counts


def test_a_name_that_is_no_point_is_our_mistake():
    with pytest.raises(AssertionError):
        Sometimes().note("once_upon_a_time")


def test_every_point_says_what_has_happened():
    assert all(point.meaning.endswith(".") for point in POINTS.values())
