"""L9: inventory above its soft mark shrinks in the calm; and a clock that cannot run out has judged nothing."""

from pathlib import Path

import pytest
from quoting import KNOBS
from watching import ACCOUNT, NAME, PRICE, SELL, Scene, filled, quoting

from sim.oracle.outside import Outside
from sim.scenario.invariants import INVARIANTS
from sim.scenario.load import load_scenarios
from sim.swarm.worlds import BASE
from strategy import events
from strategy.units import NS_PER_S

SCOREBOARD = Path(__file__).resolve().parent.parent / "planted" / "swarm.yaml"


def heavy(**fields) -> Scene:
    """Give a scene with quotes, in which more is held than the soft mark."""
    scene = quoting(**fields)
    scene.venue.lots = scene.lots = int(scene.oracle._live._soft_lots[NAME]) + 1
    return scene


def judged(scene: Scene, code: str = "L9") -> tuple[int, float]:
    """Give how often a promise was looked at, and the longest it could be asked for, in seconds."""
    return scene.oracle.checks[code], scene.oracle.findings.asked_ns[code] / NS_PER_S


def test_inventory_that_stays_above_its_mark_breaks_its_promise():
    scene = heavy(unwind_s=20)
    scene.pass_s(20)
    assert ([], 0) == (scene.codes, scene.oracle.checks["L9"])
    scene.pass_s(2)
    assert ["L9"] == scene.codes


def test_inventory_that_shrinks_now_and_then_keeps_it():
    scene = heavy(unwind_s=20)
    lots = scene.lots
    for held in (lots, lots - 1, lots, lots - 1):
        scene.venue.lots = scene.lots = held
        scene.pass_s(15)
    assert [] == scene.codes
    assert scene.oracle.checks["L9"] == 31


@pytest.mark.parametrize("make", [quoting, heavy])
def test_a_bound_that_the_calm_is_too_short_for_judges_nothing(make):
    scene = make(unwind_s=600)
    scene.pass_s(210)
    scene.end()
    assert "L9" not in scene.codes
    assert (0, 210) == judged(scene)
    assert "L9" in scene.oracle.unchecked


def test_what_was_looked_at_before_the_bound_could_run_out_counts_once_it_has():
    scene = quoting(unwind_s=20)
    scene.pass_s(20)
    assert (0, 20) == judged(scene)
    scene.pass_s(5)
    assert (26, 25) == judged(scene)


def test_a_process_that_begins_late_in_the_calm_has_no_more_than_its_own_time():
    scene = quoting(unwind_s=20)
    scene.pass_s(15)
    scene.oracle.process_died(scene.now_ns)
    scene.oracle.process_started(scene.now_ns, {})
    scene.pass_s(15)
    assert (0, 15) == judged(scene)


def test_time_in_which_quotes_were_barred_is_none_in_which_it_could_be_asked_for():
    scene = heavy(unwind_s=20)
    scene.step(events.OperatorSaid("halt"))
    scene.pass_s(60)
    scene.step(events.OperatorSaid("resume"))
    scene.pass_s(15)
    assert ([], 0) == (scene.codes, scene.oracle.checks["L9"])


def test_a_moment_in_which_quotes_were_barred_gives_nobody_all_of_the_time_anew():
    scene = heavy(unwind_s=20)
    scene.pass_s(15)
    scene.step(events.OperatorSaid("halt"))
    scene.pass_s(1)
    scene.step(events.OperatorSaid("resume"))
    scene.pass_s(7)
    assert ["L9"] == scene.codes


@pytest.mark.parametrize(("is_spent", "codes"), [(True, []), (False, ["L9"])])
def test_nobody_unwinds_while_a_budget_is_spent_that_only_the_operator_clears(is_spent, codes):
    scene = heavy(unwind_s=20)
    scene.action = "latched"
    if is_spent:
        scene.step(filled("b", "f1", scene.lots, scene.lots))
        ticks = ACCOUNT.loss_budget_cash // (scene.lots * KNOBS.symbols[0].instrument.cash_per_ticklot)
        scene.step(events.PublicTrade(NAME, PRICE - ticks - 1, 1, SELL, 0))
    scene.pass_s(22)
    assert codes == [code for code in scene.codes if code == "L9"], "its word alone excuses nothing"


def test_what_another_instance_holds_back_from_nobody_is_no_excuse():
    scene = heavy(unwind_s=20, outside=Outside())
    scene.venue.rest("c", slot="ask0", side=SELL)
    scene.pass_s(22)
    assert "L9" in scene.codes


@pytest.mark.parametrize(("path", "but"), [(BASE, ()), (SCOREBOARD, ("L6", "L7", "L8"))])
def test_every_bound_can_run_out_in_the_calm_of_the_swarms(path, but):
    """A bound that is longer than the calm would make "all promises held" say nothing of its promise."""
    (base,) = load_scenarios([path])
    assert base.run.calm is not None
    calm_s = base.run.duration_s - base.run.calm.after_s
    for code, invariant in INVARIANTS.items():
        for bound in invariant.bounds:
            if bound.endswith("_s") and code not in but:
                assert getattr(base.invariants.bounds, bound) < calm_s, code
