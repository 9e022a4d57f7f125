"""A short stormy run in a run folder, and the ways to look into it."""

import json
from pathlib import Path
from typing import Any

import click.testing
from small_world import small_scenario

from sim.cli import sim

FAULTS = (
    "{id: late, at_s: 3, for_s: 2, kind: latency_spike, links: [rest_down], extra_p50_ms: 80, extra_p99_ms: 400},"
    "{id: lost, at_s: 4, for_s: 4, kind: ack_lost, prob: 0.5},"
    "{id: gone, at_s: 9, kind: crash, restart_after_s: 0.5}"
)
NAME = "small"
SECONDS = 16


def said(*words: object) -> click.testing.Result:
    """Speak to ``sim``; nothing it raises is swallowed."""
    return click.testing.CliRunner().invoke(sim, [*map(str, words)], catch_exceptions=False)


def keep_run(folder: Path, *flags: str, seconds: float = SECONDS, faults: str = FAULTS, **kinds: Any) -> Path:
    """Run a small scenario and give its run folder; the scenario's own files are gone afterwards."""
    scenarios = folder / "scenarios"
    scenarios.mkdir()
    small_scenario(scenarios, seconds, faults=faults, **kinds)
    done = said("run", scenarios / "small.yaml", "-w", 1, "--out", folder / "kept", *flags)
    assert done.exit_code in (0, 1, 4), done.output
    (scenarios / "small.yaml").unlink()
    scenarios.rmdir()
    return folder / "kept"


def shown(*words: object, code: int = 0) -> dict[str, Any]:
    """Have a seed shown as JSON."""
    done = said("replay", *words, "--format", "json")
    assert code == done.exit_code, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def refused(*words: Any) -> tuple[int, str]:
    """Give the exit code and the last word of a replay that is refused."""
    done = said("replay", *words)
    return done.exit_code, done.stderr.splitlines()[-1]
