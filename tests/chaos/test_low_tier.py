"""The cancels' own share of the budget: where it is spent on quotes, a quote outstays its book."""

from pathlib import Path

import pytest
from planted.pace import spends_reserve

from sim.plan import expand
from sim.scenario.invariants import INVARIANTS
from sim.scenario.load import load_scenarios
from sim.world import World
from strategy.core import Core

ROOT = Path(__file__).resolve().parents[2]
LOW_TIER = ROOT / "scenarios" / "low_tier.yaml"


def codes_broken(seed: int, factory, only: str = "") -> list[str]:
    (scenario,) = load_scenarios([LOW_TIER])
    if only:
        off = tuple(code for code in INVARIANTS if code != only)
        scenario = scenario.model_copy(update={"invariants": scenario.invariants.model_copy(update={"off": off})})
    world = World(scenario, expand(scenario, seed), factory)
    assert "" == world.run().error
    return [breach.code for breach in world.oracle.breaches]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_core_that_spends_the_cancels_share_leaves_a_quote_on_a_stale_book(seed):
    assert "S4" in codes_broken(seed, spends_reserve, "S4")
    assert "S10" in codes_broken(seed, spends_reserve, "S10")
    assert [] == codes_broken(seed, Core)


def test_an_honest_core_keeps_the_promise_over_many_seeds(is_deep):
    for seed in range(11, 61 if is_deep else 13):
        assert [] == codes_broken(seed, Core), f"seed {seed}"


def test_the_table_of_protections_names_it():
    table = (ROOT / "docs" / "invariants.md").read_text()
    assert "`pace:spends_reserve` | `low_tier`" in table
