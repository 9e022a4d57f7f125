"""A shipped storm, played to its end: as a world, or as a run with its verdict."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sim.plan import expand
from sim.runs.job import Job
from sim.runs.seed import run_seed
from sim.runs.summary import ScenarioSummary, summarise
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


def played(
    path: Path, seeds: Iterable[int], core: str = "", data_dir: str = "", until_s: float | None = None
) -> ScenarioSummary:
    """Give what a run of some seeds comes to, gates judged."""
    (ready,) = load_scenarios([path])
    results = [run_seed(Job(ready, seed, core=core, data_dir=data_dir, until_s=until_s)) for seed in seeds]
    return summarise(ready, path.name, results, ())


def assert_nothing_broken_and_calm_reached(name: str, seeds: range) -> None:
    """Hold every seed to its promises: none broken, and those of the calm came true."""
    for seed in seeds:
        world, _ = storm(name, seed)
        assert [] == world.oracle.breaches, f"seed {seed}"
        assert None not in world.oracle.recoveries_ns.values(), f"seed {seed}"
