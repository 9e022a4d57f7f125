"""Belief against evidence and truth: S1, S2, S4 (late cancels), and what is only a cost; S5 has a file of its own."""

import pytest
from watching import BUY, NAME, PRICE, SELL, Scene, accepted, cancelled, read

from strategy import commands, events

# S1 by belief, and in truth


def test_s1_the_cores_own_worst_case_stays_within_its_limit():
    scene = Scene(believes=True)
    scene.worst = 101
    scene.step(accepted("a-1"))
    assert "S1" in scene.codes


def test_s1_a_worst_case_at_the_limit_is_within_it():
    scene = Scene(believes=True)
    scene.worst = 100
    scene.step(accepted("a-1"))
    assert "S1" not in scene.codes


@pytest.mark.parametrize(("side", "lots", "over"), [(BUY, 30, 2), (SELL, -30, 2), (BUY, -30, 0), (SELL, 30, 0)])
def test_s1_in_truth_position_and_what_is_left_of_orders_add_up_by_side(side, lots, over):
    scene = Scene()
    scene.venue.lots = lots
    scene.venue.rest("x", side=side, size_lots=80)
    scene.venue.open["x"].filled_lots = 8
    scene.oracle.truth_changed(scene.now_ns)
    scene.end()
    assert ([], [over] if over else []) == (scene.codes, [cost.lots for cost in scene.oracle.costs])


def test_s1_what_strangers_orders_did_is_a_cost():
    scene = Scene(believes=True)
    scene.step(events.OpenOrdersReport(NAME, 1, ("s",), 0))
    scene.step(read("s", 1, events.OPEN, price=PRICE, size=60))
    scene.worst = 130
    scene.step(read("s", 1, events.OPEN, price=PRICE, size=60))
    assert ([], ["S1"]) == (scene.codes, scene.costs)


def test_s1_truth_past_the_limit_with_evidence_inside_is_a_cost_with_a_length():
    scene = Scene()
    scene.send(scene.create("a-1", size_lots=60))
    scene.wait(2200)
    scene.step(read("a-1", scene.now_ns - 1, events.MISSING))  # the venue's read was wrong
    scene.send(scene.create("a-2", size_lots=60))
    scene.venue.rest("a-1", size_lots=60)
    scene.venue.rest("a-2", slot="bid1", size_lots=60)
    scene.oracle.truth_changed(scene.now_ns)
    scene.wait(1000)
    scene.venue.rest("a-2", slot="bid1", size_lots=65)
    scene.oracle.truth_changed(scene.now_ns)
    scene.venue.open.clear()
    scene.oracle.truth_changed(scene.now_ns)
    (cost,) = scene.oracle.costs
    assert ([], "S1", 25, 1_000_000_000) == (scene.codes, cost.code, cost.lots, cost.lasted_ns)


def test_s1_the_same_with_a_read_asked_too_soon_is_the_bots_fault():
    scene = Scene()
    scene.send(scene.create("a-1", size_lots=60))
    scene.wait(700)
    scene.step(read("a-1", scene.now_ns - 1, events.MISSING))
    scene.send(scene.create("a-2", size_lots=60))
    assert {"S1", "S3"} == set(scene.codes)


# S2


def two_in_a_slot(*, is_end_delivered: bool) -> Scene:
    scene = Scene()
    scene.placed("a-1")
    scene.send(scene.cancel("a-1"))
    if is_end_delivered:
        scene.step(cancelled("a-1"))
    scene.send(scene.create("a-2"))
    scene.venue.rest("a-1")
    scene.venue.rest("a-2")
    scene.oracle.truth_changed(scene.now_ns)
    scene.end()
    return scene


def test_s2_a_slot_is_free_when_an_end_was_delivered_and_not_when_a_cancel_was_sent():
    scene = two_in_a_slot(is_end_delivered=False)
    assert (["S2"], "no end of a-1 was delivered when a-2 left") == (scene.codes, scene.oracle.breaches[0].evidence)


def test_s2_two_live_orders_that_evidence_could_not_foresee_are_a_cost():
    scene = two_in_a_slot(is_end_delivered=True)
    assert ([], ["S2"]) == (scene.codes, scene.costs)


def test_s2_such_a_cost_ends_when_one_of_them_is_gone():
    scene = two_in_a_slot(is_end_delivered=True)
    scene.oracle.costs.clear()
    scene.oracle.truth_changed(scene.now_ns)
    scene.wait(1000)
    del scene.venue.open["a-1"]
    scene.oracle.truth_changed(scene.now_ns)
    assert [1_000_000_000] == [cost.lasted_ns for cost in scene.oracle.costs]


def test_s2_the_venues_own_order_has_no_slot():
    scene = Scene()
    scene.venue.rest("", slot="bid0")
    scene.venue.rest("a-1")
    scene.oracle.truth_changed(scene.now_ns)
    assert ([], 1) == (scene.codes, scene.oracle.checks["S2"])


# S4, cancels


def test_s4_quotes_known_live_are_cancelled_soon_after_staleness_shows():
    scene = Scene()
    scene.placed("a-1")
    scene.step(events.BookDelta(NAME, 5, 6, (), (), 0))
    scene.wait(499)
    scene.wait(1)
    assert [] == scene.codes
    scene.wait(1)
    assert ["S4"] == scene.codes
    assert "a-1 still stands" in scene.oracle.breaches[0].detail


def test_s4_silence_is_knowable_when_the_greatest_age_is_over():
    scene = Scene()
    scene.placed("a-1")
    scene.wait(2950, alive=False)
    scene.send()
    assert [] == scene.codes
    scene.wait(150, alive=False)
    scene.send()
    assert ["S4"] == scene.codes


@pytest.mark.parametrize(("regime", "codes"), [("halted", []), ("cancel_only", ["S4"])])
def test_s4_nobody_is_blamed_for_a_quote_that_the_venue_lets_nobody_cancel(regime, codes):
    scene = Scene()
    scene.placed("a-1")
    scene.step(events.RegimeChanged(NAME, regime, 0))
    scene.step(events.BookDelta(NAME, 5, 6, (), (), 0))
    scene.wait(3000)
    assert codes == scene.codes[:1]
    scene.step(events.RegimeChanged(NAME, "open", 0))
    scene.wait(400)
    assert codes == scene.codes[:1]
    scene.wait(200)
    assert ["S4"] == scene.codes[:1], "open again it has to go"


def test_s4_that_a_market_was_shut_excuses_no_process_after_the_one_that_was_told():
    scene = Scene()
    scene.placed("a-1")
    scene.step(events.RegimeChanged(NAME, "halted", 0))
    scene.step(events.BookDelta(NAME, 5, 6, (), (), 0))
    scene.wait(3000)
    scene.step(events.Started("s", 0))
    scene.wait(400)
    assert [] == scene.codes
    scene.wait(200)
    assert ["S4"] == scene.codes[:1]


@pytest.mark.parametrize(
    ("code", "standing", "in_time_ms"), [("rate_limit", 1, 1400), ("rate_limit", 2, 2400), ("timeout", 1, 400)]
)
def test_s4_a_cancel_refused_for_the_rate_is_tried_again_in_its_turn(code, standing, in_time_ms):
    scene = Scene(off=("S6",))
    for number in range(standing):
        scene.placed(f"a-{number}", slot=f"bid{number}")
    scene.step(events.BookDelta(NAME, 5, 6, (), (), 0), *(scene.cancel(f"a-{number}") for number in range(standing)))
    asked_ns = scene.now_ns
    for number in range(standing):
        scene.step(events.Unanswered("cancel", f"a-{number}", NAME, code, asked_ns))
        scene.step(read(f"a-{number}", scene.now_ns, events.OPEN, price=PRICE - 5, size=10))
    scene.wait(in_time_ms)
    assert [] == scene.codes
    scene.wait(200)
    assert ["S4"] == scene.codes[:1]


@pytest.mark.parametrize(("code", "codes"), [("halted", []), ("closed", []), ("too_early", ["S4"])])
def test_s4_a_cancel_refused_since_the_market_takes_none_tells_that_it_is_shut(code, codes):
    scene = Scene()
    scene.placed("a-1")
    scene.step(events.BookDelta(NAME, 5, 6, (), (), 0), scene.cancel("a-1"))
    scene.wait(400)
    scene.step(events.CancelRefused("a-1", code, 3))
    scene.step(read("a-1", scene.now_ns, events.OPEN, price=PRICE, size=10))
    scene.wait(4000)
    assert codes == scene.codes[:1]
    scene.wait(2500)
    assert ["S4"] == scene.codes[:1], "it is tried again in time"


def test_s4_an_attempt_is_enough_and_one_that_failed_is_not():
    scene = Scene()
    scene.placed("a-1")
    scene.step(events.BookDelta(NAME, 5, 6, (), (), 0), scene.cancel("a-1"))
    scene.wait(3000)
    assert [] == scene.codes
    scene.step(read("a-1", scene.now_ns - 1, events.OPEN, price=PRICE, size=10))
    scene.wait(400)
    assert [] == scene.codes
    scene.wait(101)
    assert ["S4"] == scene.codes


def test_s4_what_nobody_knows_to_be_there_need_not_be_cancelled():
    scene = Scene()
    scene.send(scene.create("a-1"))
    scene.step(events.BookDelta(NAME, 5, 6, (), (), 0))
    scene.wait(3000)
    assert [] == scene.codes


def test_s4_a_host_that_stood_still_could_attempt_nothing():
    scene = Scene()
    scene.placed("a-1")
    scene.now_ns += 9_000_000_000
    scene.oracle.slept(scene.now_ns)
    scene.send()
    scene.wait(499, alive=False)
    scene.send()
    assert [] == scene.codes
    scene.wait(2, alive=False)
    scene.send()
    assert ["S4"] == scene.codes


def test_s4_cancel_all_is_an_attempt():
    scene = Scene()
    scene.placed("a-1")
    scene.step(events.StreamDown(events.PUBLIC), commands.CancelAll(""))
    scene.wait(3000)
    assert [] == scene.codes


# All of them


def test_a_core_without_a_belief_is_judged_by_truth_and_evidence():
    scene = Scene()
    scene.send(scene.create("a-1", BUY))
    scene.end()
    assert {"S5", "S6", "L1", "L2", "L3"} <= set(scene.oracle.unchecked)
    assert {"S1", "S2", "S3", "S4", "S7", "S8"}.isdisjoint(scene.oracle.unchecked)
