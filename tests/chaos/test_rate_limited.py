"""The venue allows less than it says: refusals, bans that double, and cancels in the same bucket."""

from planted.bans import AsksOn
from storms import SCENARIOS, assert_nothing_broken_and_calm_reached, storm

from sim.runs.job import Job
from sim.runs.judge import FAIL
from sim.runs.seed import run_seed
from sim.runs.summary import summarise
from sim.scenario.invariants import INVARIANTS
from sim.scenario.load import load_scenarios

NAME = "rate_limited"
QUICK = range(11, 14)
DEEP = range(11, 36)  # a hundred others are played by test_scenarios


def test_nothing_is_broken_and_the_calm_is_reached(is_deep):
    assert_nothing_broken_and_calm_reached(NAME, DEEP if is_deep else QUICK)


def test_the_limits_bite():
    for seed in QUICK:
        world, _ = storm(NAME, seed)
        assert world.venue.limits.refusals >= 3, f"seed {seed}"
        assert world.venue.limits.bans_in_all <= 3, f"seed {seed}"


def test_who_asks_again_at_once_breaks_a_ban_that_was_told():
    world, _ = storm(NAME, QUICK[0], AsksOn)
    assert ["S10"] == [breach.code for breach in world.oracle.breaches]


def test_who_asks_again_at_once_collects_bans_and_fails_by_its_gates_alone():
    (scenario,) = load_scenarios([SCENARIOS / f"{NAME}.yaml"])
    off = scenario.invariants.model_copy(update={"off": tuple(INVARIANTS)})
    scenario = scenario.model_copy(update={"invariants": off})
    result = run_seed(Job(scenario, QUICK[0], core="planted.bans:asks_on"))
    assert result.metrics["bans"]["value"] > 10
    summary = summarise(scenario, f"{NAME}.yaml", [result], ())
    assert "bans, worst" in [gate.gate for gate in summary.gates if gate.verdict == FAIL]


def test_the_same_seed_is_the_same_world():
    assert storm(NAME, QUICK[0])[1] == storm(NAME, QUICK[0])[1] != storm(NAME, QUICK[1])[1]
