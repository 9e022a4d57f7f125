"""What arrives at one instant by different links may come in a drawn order, the same one every time."""

from small_world import small_scenario

from sim.plan import expand
from sim.world import World
from strategy.core import Core

# The answer to a request and the private stream's word of it, sent together, take equally long.
LOCKSTEP = ", ".join(
    f"links.{link}.{key}" for link in ("rest_up", "rest_down", "private") for key in ("median_ms: 30", "sigma: 0")
)


def digest(tmp_path, ties: str, seed: int = 1) -> str:
    scenario = small_scenario(tmp_path, 6, market=LOCKSTEP)
    scenario = scenario.model_copy(update={"run": scenario.run.model_copy(update={"ties": ties})})
    world = World(scenario, expand(scenario, seed), Core)
    outcome = world.run()
    assert "" == outcome.error
    assert [] == world.oracle.breaches
    return outcome.digest


def test_ties_are_broken_otherwise_and_always_alike(tmp_path):
    ordered, keyed = digest(tmp_path, "in_order"), digest(tmp_path, "keyed")
    assert ordered != keyed
    assert keyed == digest(tmp_path, "keyed")
    assert ordered == digest(tmp_path, "in_order")
