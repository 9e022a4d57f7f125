"""After the storm: L2 no doubt, L3 both quotes (L1 has a file of its own); their clocks and excuses."""

import pytest
from msgspec.structs import replace
from watching import NAME, PRICE, Scene, accepted, quoting, without_a_bid

from sim.oracle.findings import Findings
from sim.oracle.outside import Outside
from strategy import commands, events
from strategy.units import NS_PER_S


def test_all_is_well_and_was_looked_at():
    scene = quoting()
    scene.pass_s(100)
    scene.end()
    assert [] == scene.codes
    assert {"L1", "L2", "L3"} == {code for code, at_ns in scene.oracle.recoveries_ns.items() if at_ns is not None}


def test_nothing_is_judged_before_the_calm():
    scene = Scene(believes=True, off=("S6",), calm_s=100.0, converge_s=1, doubt_s=1, requote_s=1)
    scene.venue.lots = 1
    scene.believe("x", "IN_DOUBT")
    scene.pass_s(99)
    assert ([], {}) == (scene.codes, scene.oracle.recoveries_ns)
    assert {"L1", "L2", "L3"} <= set(scene.oracle.unchecked)
    scene.pass_s(4)
    assert ["L1", "L2", "L3"] == scene.codes


def test_without_a_storm_the_calm_begins_at_once():
    scene = Scene(believes=True, calm_s=None, requote_s=5)
    scene.pass_s(7)
    assert ["L3"] == scene.codes


@pytest.mark.parametrize("dies_s", [5, 15])
def test_what_nobody_lived_to_learn_is_no_time_of_the_next_process(dies_s):
    bounds = {"converge_s": 10, "doubt_s": 10, "requote_s": 10}
    scene = Scene(believes=True, off=("S6",), calm_s=10.0, **bounds)
    scene.wait(1_000 * dies_s)
    scene.oracle.process_died(scene.now_ns)
    scene.wait(1_000 * (45 - dies_s), alive=False)
    scene.venue.lots = 1
    scene.believe("x", "IN_DOUBT")
    scene.oracle.process_started(scene.now_ns, {})
    scene.pass_s(9)
    assert [] == scene.codes
    scene.pass_s(3)  # a doubt counts from the first look that sees it
    assert ["L1", "L3", "L2"] == scene.codes


# L2


def test_l3_what_is_told_to_be_at_an_end_stops_the_clock_until_it_comes_back():
    scene = without_a_bid(10)
    scene.pass_s(8)
    scene.step(events.BudgetSeen("orders", 0, scene.now_ns + 40 * NS_PER_S))
    scene.pass_s(41)
    assert "L3" not in scene.codes
    scene.pass_s(3)
    assert "L3" in scene.codes, "stopped, not begun anew"


def test_l2_a_doubt_ends_within_the_bound():
    scene = quoting(doubt_s=10)
    scene.believe("b", "IN_DOUBT")
    scene.pass_s(12)
    assert ["L2"] == scene.codes
    assert "b in doubt" in scene.oracle.breaches[0].detail


def test_l2_a_doubt_that_ends_is_forgiven():
    scene = quoting(doubt_s=10)
    for _ in range(3):
        scene.believe("b", "IN_DOUBT")
        scene.pass_s(9)
        scene.believe("b", "WORKING")
        scene.pass_s(1)
    assert [] == scene.codes


def test_l2_of_a_symbol_that_the_venue_does_not_know_nobody_can_end_a_doubt():
    why = ["delisted"]
    scene = quoting(doubt_s=10, outside=Outside(why_mute=lambda symbol: why[0] if symbol == NAME else ""))
    scene.believe("b", "IN_DOUBT")
    scene.pass_s(30)
    assert [] == scene.codes
    assert 30 == round(scene.oracle.excused_ns["L2"] / NS_PER_S)
    why[0] = ""
    scene.pass_s(10)
    assert [] == scene.codes
    scene.pass_s(2)
    assert ["L2"] == scene.codes


@pytest.mark.parametrize(("code", "state"), [("L1", "CLOSED"), ("L2", "IN_DOUBT")])
def test_in_a_ban_that_was_told_nobody_can_ask_for_the_truth(code, state):
    scene = quoting(converge_s=10, doubt_s=10)
    scene.step(events.BudgetSeen("account", 0, scene.now_ns + 30 * NS_PER_S))
    scene.believe("b", state)
    scene.pass_s(39)
    assert [] == scene.codes
    scene.pass_s(3)
    assert [code] == scene.codes


def test_l2_one_doubt_after_the_other_is_no_long_one():
    scene = quoting(doubt_s=10)
    for number in range(6):
        scene.believe(f"x-{number}", "IN_DOUBT")
        scene.pass_s(5)
        scene.believe(f"x-{number + 1}", "IN_DOUBT")
        scene.pass_s(3)
        scene.believe(f"x-{number}", "CLOSED")
    assert [] == scene.codes
    scene.pass_s(11)
    assert ["L2"] == scene.codes


def test_l2_what_is_in_doubt_when_the_host_wakes_up_was_not_for_as_long_as_it_slept():
    scene = quoting(doubt_s=10)
    scene.pass_s(1)
    scene.believe("b", "IN_DOUBT")
    scene.wait(15_000)
    scene.pass_s(8)
    assert "L2" not in scene.codes


# L3


def test_l3_of_a_symbol_that_the_venue_does_not_know_no_quote_can_stand_though_nobody_was_told():
    why = ["delisted"]
    scene = quoting(requote_s=10, outside=Outside(why_mute=lambda symbol: why[0] if symbol == NAME else ""))
    scene.venue.open.clear()
    scene.pass_s(30)
    assert "L3" not in scene.codes
    assert 30 == round(scene.oracle.excused_ns["L3"] / NS_PER_S)
    why[0] = ""
    scene.pass_s(12)
    assert "L3" in scene.codes


def test_l3_both_quotes_are_back_within_the_bound():
    scene = without_a_bid()
    scene.pass_s(12)
    assert ["L3"] == scene.codes
    assert "one side only" in scene.oracle.breaches[0].detail


@pytest.mark.parametrize(("apart_ticks", "broken"), [(7, []), (8, ["L3"])])
def test_l3_quotes_wider_than_anyone_may_quote_are_no_quotes(apart_ticks, broken):
    """The ceiling is 8 bps; a tick is one, and a little more from the middle between the two."""
    scene = without_a_bid(converge_s=30)
    scene.venue.rest("b", price=PRICE - apart_ticks)
    scene.believe("b", "WORKING")
    scene.pass_s(12)
    assert broken == scene.codes


@pytest.mark.parametrize(("apart_ticks", "broken"), [(7 + 2 * 12, []), (8 + 2 * 12, ["L3"])])
def test_l3_what_a_coarser_tick_takes_quotes_apart_is_nobodys_width(apart_ticks, broken):
    """Rounded outward to 13 ticks, each side stands up to 12 further away than it was meant."""
    scene = without_a_bid(converge_s=30)
    scene.venue.instruments = {one: replace(had, tick_times=13) for one, had in scene.venue.instruments.items()}
    scene.venue.rest("b", price=PRICE - apart_ticks)
    scene.believe("b", "WORKING")
    scene.pass_s(12)
    assert broken == scene.codes


@pytest.mark.parametrize("action", ["halt", "latched", "reduce_only"])
def test_l3_the_bots_word_that_risk_says_no_excuses_nothing(action):
    scene = without_a_bid()
    scene.step(events.ClockSampled(scene.now_ns, scene.now_ns))
    scene.action = action
    scene.pass_s(30)
    assert ["L3"] == scene.codes


@pytest.mark.parametrize("bucket", ["account", "shut_out"])
def test_l3_a_ban_that_was_told_is_an_excuse_and_starts_the_clock_over(bucket):
    scene = without_a_bid()
    scene.pass_s(8)
    scene.step(events.BudgetSeen(bucket, 0, scene.now_ns + 20 * NS_PER_S))
    scene.pass_s(20)
    assert ([], 19) == (scene.codes, round(scene.oracle.excused_ns["L3"] / 1e9))
    scene.pass_s(9)
    assert [] == scene.codes
    scene.pass_s(3)
    assert ["L3"] == scene.codes


@pytest.mark.parametrize(("away_s", "codes"), [(2, ["L3"]), (7, [])])
def test_l3_a_private_stream_that_falls_for_a_moment_only_stops_the_clock(away_s, codes):
    """A bot that never quoted again was excused where its stream fell for half a second every twenty."""
    scene = without_a_bid()
    for _ in range(4):
        scene.pass_s(8)
        scene.step(events.StreamDown("private"))
        scene.pass_s(away_s)
        scene.step(events.StreamUp("private"))
    assert codes == scene.codes


def test_l3_a_bot_that_was_told_to_keep_out_is_excused():
    scene = without_a_bid()
    scene.step(events.OperatorSaid("halt"))
    scene.pass_s(30)
    assert [] == scene.codes


def test_l3_no_book_is_an_excuse_for_who_asks_for_one():
    scene = without_a_bid()
    scene.step(events.BookDelta(NAME, 8, 9, (), (), 0))
    for _ in range(30):
        scene.pass_s(1)
        scene.send(commands.RequestBook(NAME, scene.now_ns))
    assert [] == scene.codes


def test_l3_no_book_is_no_excuse_for_who_does_not():
    scene = without_a_bid()
    scene.step(events.BookDelta(NAME, 8, 9, (), (), 0))
    scene.pass_s(12)
    assert ["L3"] == scene.codes


def test_l3_a_whole_book_with_one_side_is_an_excuse_though_nobody_asks_for_another():
    scene = without_a_bid()
    scene.step(events.BookSnapshot(NAME, scene.seq, ((99, 5),), (), 0))
    scene.pass_s(30)
    assert [] == scene.codes


def test_l3_never_held_is_no_recovery():
    scene = without_a_bid()
    scene.pass_s(5)
    assert scene.oracle.recoveries_ns["L3"] is None


# Findings


def test_a_promise_is_broken_once_per_subject_and_never_without_end():
    findings = Findings()
    for k in range(200):
        findings.breach("S1", k, "x", "", "")
        findings.breach("S7", k, str(k), "", "")
    assert 64 == len(findings.breaches)


def test_costs_that_go_on_end_with_the_run():
    findings = Findings()
    findings.exposed("S1", 10, "x", 3, "over")
    findings.exposed("S1", 15, "y", 0, "fine")
    findings.finish(30)
    assert [(10, 3, 20)] == [(cost.now_ns, cost.lots, cost.lasted_ns) for cost in findings.costs]


def test_what_was_never_looked_at_is_named():
    findings = Findings(off=("S2",))
    findings.checked("S1")
    findings.checked("S2")
    assert "S1" not in findings.unchecked
    assert "S2" not in findings.unchecked
    assert "S3" in findings.unchecked


def test_belief_is_read_for_orders_and_now_and_then():
    scene = Scene(believes=True)
    reads = []
    scene.oracle._read_belief = lambda: reads.append(scene.now_ns)
    scene.step(accepted("x"))
    for _ in range(10):
        scene.now_ns += 10_000_000
        scene.step(events.PublicTrade(NAME, PRICE, 1, 1, 0))
    assert 2 == len(reads)
