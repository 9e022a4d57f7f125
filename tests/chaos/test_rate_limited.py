"""The venue allows less than it says: refusals, bans that double, and cancels in the same bucket."""

from pathlib import Path

from planted.bans import AsksOn

from sim.plan import expand
from sim.runs.job import Job
from sim.runs.judge import FAIL
from sim.runs.seed import run_seed
from sim.runs.summary import summarise
from sim.scenario.load import load_scenarios
from sim.world import World
from strategy.core import Core

SCENARIO = Path(__file__).resolve().parents[2] / "scenarios" / "rate_limited.yaml"
QUICK = range(11, 14)
DEEP = range(101, 201)


def played(seed: int, factory=Core) -> tuple[World, str]:
    (scenario,) = load_scenarios([SCENARIO])
    world = World(scenario, expand(scenario, seed), factory)
    outcome = world.run()
    assert "" == outcome.error
    return world, outcome.digest


def test_nothing_is_broken_and_the_calm_is_reached(is_deep):
    for seed in DEEP if is_deep else QUICK:
        world, _ = played(seed)
        assert [] == world.oracle.breaches, f"seed {seed}"
        assert None not in world.oracle.recoveries_ns.values(), f"seed {seed}"


def test_the_limits_bite():
    for seed in QUICK:
        world, _ = played(seed)
        assert world.venue.limits.refusals >= 3, f"seed {seed}"
        assert world.venue.limits.bans_in_all <= 3, f"seed {seed}"


def test_who_asks_again_at_once_collects_bans_and_fails():
    world, _ = played(QUICK[0], AsksOn)
    assert world.venue.limits.bans_in_all > 10
    (scenario,) = load_scenarios([SCENARIO])
    seeds = [run_seed(Job(scenario, QUICK[0], core="planted.bans:asks_on"))]
    failed = [str(gate.gate) for gate in summarise(scenario, SCENARIO.name, seeds, ()).gates if gate.verdict == FAIL]
    assert any("bans" in gate for gate in failed)


def test_the_same_seed_is_the_same_world():
    assert played(QUICK[0])[1] == played(QUICK[0])[1] != played(QUICK[1])[1]
