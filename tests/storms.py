"""A shipped storm, played for one seed to its end."""

from pathlib import Path
from typing import Any

from sim.plan import expand
from sim.scenario.load import load_scenarios
from sim.world import World
from strategy.core import Core

SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios"


def storm(name: str, seed: int, factory: Any = Core) -> tuple[World, str]:
    """Give the world as it ended, and its digest; nothing may raise."""
    (scenario,) = load_scenarios([SCENARIOS / f"{name}.yaml"])
    world = World(scenario, expand(scenario, seed), factory)
    outcome = world.run()
    assert "" == outcome.error
    return world, outcome.digest


def assert_nothing_broken_and_calm_reached(name: str, seeds: range) -> None:
    """Hold every seed to its promises: none broken, and those of the calm came true."""
    for seed in seeds:
        world, _ = storm(name, seed)
        assert [] == world.oracle.breaches, f"seed {seed}"
        assert None not in world.oracle.recoveries_ns.values(), f"seed {seed}"
