"""Each bug of an adapter is seen: by the oracle, or by whoever holds its words against the venue's books."""

import pytest
from honest import Honest
from planted import wires
from small_world import small_scenario

from sim.plan import expand
from strategy.core import Core

LATER = "{at_s: 5, for_s: 30, kind: applied_later, prob: 0.5, later_s: 1, requests: [create]}"
CUT = "{at_s: 5, for_s: 30, kind: reset, connections: [rest], cut: applied, every_s: 2}"


def played(tmp_path, bug, fault, seconds=60):
    scenario = small_scenario(tmp_path, seconds, faults=fault, calm_s=40)
    world = wires.world_of(bug)(scenario, expand(scenario, 1), Core)
    honest = Honest(world)
    assert "" == world.run().error
    return [one.code for one in world.oracle.breaches], honest.finish()


def test_an_adapter_without_a_bug_passes(tmp_path):
    assert ([], []) == played(tmp_path, wires.Between, f"{LATER}, {CUT}")


@pytest.mark.parametrize(
    "bug, fault, words",
    [(wires.TakesSilenceForRefusal, LATER, "was refused"), (wires.SaysNothingLeft, CUT, "never left")],
)
def test_a_verdict_that_nobody_gave_is_seen(tmp_path, bug, fault, words):
    _, lies = played(tmp_path, bug, fault)
    assert lies
    assert all(lie.endswith(words) for lie in lies)


def test_fills_that_are_kept_from_the_core_are_seen(tmp_path):
    codes, _ = played(tmp_path, wires.DropsFills, "", 80)
    assert codes
