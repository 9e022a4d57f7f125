"""A world small enough for a unit test: the shipped profile and config, a few seconds, any faults."""

from pathlib import Path
from typing import Any

from sim.plan import expand
from sim.scenario.load import Ready, load_scenarios
from sim.world import World
from strategy.core import Core

_TEXT = """\
schema_version: 1
name: small
description: A few seconds of the ordinary market.
run: {{duration_s: {seconds}, warmup_s: 0, seeds: 1, start_utc: "2026-01-05T13:30:00Z"{calm}}}
market: {{profile: {profile}, symbols: {symbols}, overrides: {{{market}}}}}
strategy: {{config: {config}, overrides: {{{overrides}}}}}
faults: [{faults}]
gates: [{{metric: fills, min: 0}}]
"""
CONFIG = Path(__file__).resolve().parent.parent / "scenarios" / "configs" / "default.yaml"


def small_scenario(
    folder: Path,
    seconds: float = 20,
    *,
    symbols: str = "[BTCUSDT]",
    faults: str = "",
    overrides: str = "",
    market: str = "",
    calm_s: float | None = None,
    profile: str = "synthetic",
) -> Ready:
    """Write and load a scenario; ``faults`` and ``overrides`` are YAML in flow style."""
    calm = "" if calm_s is None else f", calm: {{after_s: {calm_s}, mode: all_heal}}"
    if faults and calm_s is None:
        calm = f", calm: {{after_s: {seconds * 0.75}, mode: all_heal}}"
    path = folder / "small.yaml"
    path.write_text(
        _TEXT.format(
            seconds=seconds,
            symbols=symbols,
            config=CONFIG,
            overrides=overrides,
            faults=faults,
            calm=calm,
            market=market,
            profile=profile,
        )
    )
    (ready,) = load_scenarios([path])
    return ready


def small_world(folder: Path, seconds: float = 20, *, seed: int = 1, factory: Any = Core, **kinds: Any) -> World:
    """Build a world of a small scenario."""
    scenario = small_scenario(folder, seconds, **kinds)
    return World(scenario, expand(scenario, seed), factory)
