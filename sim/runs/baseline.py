"""Baselines: the figures of an earlier run, kept beside the scenario and committed with it.

One file a scenario, ``baselines/<name>.json`` in the scenario's own folder, a line per seed so that a
change of it can be read. ``--baseline`` takes a commit that holds them, a folder of them, or a run.
"""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from sim.runs.pairing import PAIRS_MIN
from sim.runs.recorded import SCHEMA_VERSION, NoBaseline, NotComparable, Recorded, read_run, recorded_in, world_of
from sim.runs.selection import One, Selected
from sim.runs.summary import ScenarioSummary

_FOLDER: Final = "baselines"
_GIT_PATIENCE_S: Final = 5


class Baseline(msgspec.Struct, frozen=True):
    """What to judge against, by scenario; ``given`` is how it was asked for, ``label`` what it turned out to be."""

    given: str
    label: str
    scenarios: dict[str, Recorded]


def find_baseline(
    given: str, selected: Sequence[One], until_s: float | None
) -> tuple[Baseline | None, list[NotComparable]]:
    """Find what ``--baseline`` names, a path or a commit; say of every scenario why it cannot be judged by it.

    Only a scenario with a gate on a drop must have a baseline; any other that has none, or one of another
    world, is judged as ever.
    """
    try:
        found = _at_path(Path(given), selected) if Path(given).exists() else _at_commit(given, selected)
    except NotComparable as problem:
        return None, [problem]
    problems, fitting = [], {}
    for one in selected:
        misfit = _misfit(one, found, until_s)
        if misfit is None:
            fitting[one.scenario.name] = found.scenarios[one.scenario.name]
        elif any(gate.vs_baseline_max_drop is not None for gate in one.scenario.gates):
            problems.append(misfit)
    return Baseline(found.given, found.label, fitting), problems


def further_seeds(
    selected: Selected, summaries: Sequence[ScenarioSummary], baseline: Baseline | None, times: int
) -> dict[str, tuple[int, ...]]:
    """Give the seeds that every scenario with a drop is run with besides, up to ``times`` as many in all.

    They are the baseline's next ones; none are left where it was not saved with more than were run.
    """
    fell = dict.fromkeys(summary.name for summary in summaries if summary.fell)
    found = {}
    for one in selected.scenarios:
        if baseline is not None and one.scenario.name in fell:
            left = sorted(baseline.scenarios[one.scenario.name].whole.keys() - set(one.seeds))
            found[one.scenario.name] = tuple(left[: (times - 1) * len(one.seeds)])
    return found


def _misfit(one: One, found: Baseline, until_s: float | None) -> NotComparable | None:
    """Say why a scenario's baseline is none for this run; None where it is."""
    name = one.scenario.name
    recorded = found.scenarios.get(name)
    if recorded is None:
        return NoBaseline(f"{name}: {found.label} has no baseline of it")
    if recorded.world != world_of(one.scenario, until_s):
        return NotComparable(f"{name}: market, faults or length are not those of {found.label}")
    shared = sum(seed in recorded.whole for seed in one.seeds)
    if shared < PAIRS_MIN:
        return NotComparable(f"{name}: {shared} seeds in common with {found.label}, {PAIRS_MIN} are needed")
    return None


def _at_path(path: Path, selected: Sequence[One]) -> Baseline:
    if not path.is_dir() or (path / "summary.json").exists():
        return Baseline(str(path), path.as_posix(), read_run(path))
    scenarios: dict[str, Recorded] = {}
    for one in selected:
        file = path / f"{one.scenario.name}.json"
        if file.exists():
            scenarios |= read_run(file)
    return Baseline(str(path), path.as_posix(), scenarios)


def _at_commit(given: str, selected: Sequence[One]) -> Baseline:
    scenarios: dict[str, Recorded] = {}
    commit = ""
    for one in selected:
        folder = Path(one.source).parent
        commit = _git(folder, "rev-parse", "--verify", "--quiet", "--short", f"{given}^{{commit}}").decode().strip()
        if not commit or given.startswith("-"):
            raise NoBaseline(f"{given!r} is neither a file, nor a folder, nor a commit")
        content = _git(folder, "show", f"{commit}:./{_FOLDER}/{one.scenario.name}.json")
        if content:
            scenarios |= recorded_in(content, f"{_FOLDER}/{one.scenario.name}.json of {given}")
    return Baseline(given, given if given.startswith(commit) else f"{given}@{commit}", scenarios)


def _git(folder: Path, *words: str) -> bytes:
    """Ask git about the folder; empty where it does not know, or is not there."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, timeout=_GIT_PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return b"" if done.returncode else done.stdout


def baseline_file(source: str, name: str) -> Path:
    """Say where the baseline of a scenario belongs: beside the file it came from."""
    return Path(source).parent / _FOLDER / f"{name}.json"


def save_baseline(summary: ScenarioSummary) -> str:
    """Write a scenario's baseline beside it, if every seed ran to its end; say what was done."""
    broken = any(one.broken for one in summary.invariants.values())
    if not summary.results or summary.raised or summary.refused or summary.missing or broken:
        return f"{summary.name}: no baseline saved, not every seed ran to its end with all promises kept"
    path = baseline_file(summary.source, summary.name)
    seeds = ",\n".join(
        "   " + json.dumps({"seed": one.seed, "metrics": one.metrics}, sort_keys=True) for one in summary.results
    )
    name, world = json.dumps(summary.name), json.dumps(summary.world)
    head = f'{{"schema_version": {SCHEMA_VERSION}, "scenarios": [\n {{"name": {name}, "world": {world}, "seeds": [\n'
    path.write_text(f"{head}{seeds}\n ]}}\n]}}\n", encoding="utf-8")
    return f"{summary.name}: baseline of {len(summary.results)} seeds saved to {path.as_posix()}"
