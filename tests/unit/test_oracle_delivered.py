"""S5: what the core counts is exactly what was delivered to it, and in the end that is all there was."""

import pytest
from watching import NAME, SELL, Scene, cancelled, cash_of, filled

from strategy import commands, events
from strategy.units import NS_PER_S


def holding(*fills: events.OrderFilled) -> Scene:
    """A scene in which fills were delivered and the core booked them."""
    scene = Scene(believes=True, off=("S6",))
    scene.placed("a-1", size_lots=50)
    for fill in fills:
        scene.lots += fill.side * fill.size_lots
        scene.cash += cash_of(fill)
        scene.step(fill)
    return scene


def test_s5_belief_is_exactly_what_was_delivered():
    assert [] == holding(filled("a-1", "f1"), filled("a-1", "f2", 5, 15, SELL)).codes


def test_s5_a_fill_counted_twice_shows_at_once():
    assert ["S5"] == holding(filled("a-1", "f1"), filled("a-1", "f1")).codes


def test_s5_one_unit_of_cash_is_enough():
    scene = holding(filled("a-1", "f1"))
    scene.cash += 1
    scene.step(cancelled("a-1"))
    assert ["S5"] == scene.codes


def test_s5_a_fill_that_nobody_told_is_not_the_cores_fault_yet():
    scene = holding()
    scene.venue.lots = 10
    scene.step(cancelled("a-1"))
    assert [] == scene.codes


def reborn(*fills: events.OrderFilled) -> Scene:
    """A process that forgot all that the one before it was told."""
    scene = holding(*fills)
    scene.oracle.process_died(scene.now_ns)
    scene.oracle.process_started(scene.now_ns, {})
    scene.lots = scene.cash = 0
    return scene


def test_s5_a_new_process_is_judged_once_it_was_told_what_the_old_one_was():
    fill = filled("a-1", "f1")
    scene = reborn(fill)
    scene.step(events.FillsReport(NAME, scene.now_ns, (), fill.venue_ns))
    scene.step(events.CancelAllAnswered(NAME, 0))
    assert [] == scene.codes, "a replica that lags does not know of it either"
    scene.step(events.FillsReport(NAME, scene.now_ns, (fill,), fill.venue_ns + 1))
    assert ["S5"] == scene.codes


def test_s5_a_new_process_does_not_know_what_is_listed_late():
    first, second = filled("a-1", "f1"), filled("a-1", "f2", 5, 15)
    scene = reborn(first, second)
    scene.lots, scene.cash = first.size_lots, cash_of(first)
    scene.step(events.FillsReport(NAME, scene.now_ns, (first,), second.venue_ns + 1))
    assert [] == scene.codes, "the old one was told of both, this one of the first"
    scene.step(second)
    assert ["S5"] == scene.codes


def test_s5_a_new_process_that_asks_for_too_few_fills_says_that_it_knows_the_others():
    fill = filled("a-1", "f1")
    scene = reborn(fill)
    scene.send(commands.QueryFills(NAME, fill.venue_ns + 1, scene.now_ns))
    scene.step(events.FillsReport(NAME, scene.now_ns, (), fill.venue_ns + 2))
    assert ["S5"] == scene.codes


def test_s5_a_new_process_that_has_found_out_is_judged_though_a_fill_is_listed_late():
    fill = filled("a-1", "f1")
    scene = holding(fill)
    scene.oracle.process_died(scene.now_ns)
    scene.oracle.process_started(scene.now_ns, {})
    scene.step(events.FillsReport(NAME, scene.now_ns, (), fill.venue_ns + 1))
    assert [] == scene.codes, "its journal had kept it"
    scene.lots = 0
    scene.step(cancelled("a-1"))
    assert ["S5"] == scene.codes


def truth_with(fill: events.OrderFilled, *, believes: bool = True) -> Scene:
    from watching import TrueFill

    scene = Scene(believes=believes, off=("S6", "L1", "L3"), converge_s=5)
    scene.placed("a-1", size_lots=50)
    scene.venue.fills.append(TrueFill(fill))
    scene.oracle.truth_changed(scene.now_ns)
    return scene


def test_s5_at_rest_every_fill_was_delivered():
    fill = filled("a-1", "f1")
    scene = truth_with(fill)
    scene.pass_s(6)
    scene.end()
    assert ["S5"] == scene.codes
    assert "the first is f1" in scene.oracle.breaches[0].detail


@pytest.mark.parametrize(
    ("bucket", "for_s", "codes"), [("account", 9, []), ("shut_out", 9, []), ("account", 1, ["S5"])]
)
def test_s5_who_may_ask_nothing_cannot_find_a_fill(bucket, for_s, codes):
    scene = truth_with(filled("a-1", "f1"))
    scene.step(events.BudgetSeen(bucket, 0, scene.now_ns + for_s * NS_PER_S))
    scene.pass_s(8)
    scene.end()
    assert codes == scene.codes


def test_s5_an_old_fill_that_was_delivered_is_not_missing():
    fill = filled("a-1", "f1")
    scene = truth_with(fill)
    scene.lots, scene.cash = 10, cash_of(fill)
    scene.step(fill)
    scene.pass_s(6)
    scene.end()
    assert [] == scene.codes


def test_s5_a_fill_of_just_now_may_be_under_way():
    scene = truth_with(filled("a-1", "f1"))
    scene.pass_s(4)
    scene.end()
    assert [] == scene.codes


def test_s5_a_process_that_has_just_begun_is_not_to_know_what_traded_while_none_lived():
    scene = truth_with(filled("a-1", "f1"))
    scene.oracle.process_died(scene.now_ns)
    scene.wait(60_000, alive=False)
    scene.oracle.process_started(scene.now_ns, {})
    scene.end()
    assert [] == scene.codes
    scene.pass_s(6)
    scene.end()
    assert ["S5"] == scene.codes


def test_s5_nothing_comes_from_nothing():
    scene = truth_with(filled("a-1", "f1"))
    scene.venue.from_nothing = 1
    scene.venue.fills *= 2
    scene.oracle.truth_changed(scene.now_ns)
    assert ["S5"] == scene.codes


def test_a_run_that_a_breach_cut_short_is_not_judged_at_its_end():
    scene = truth_with(filled("a-1", "f1"))
    scene.send(scene.create("a b"))
    scene.pass_s(20)
    scene.end()
    assert ["S7"] == scene.codes
