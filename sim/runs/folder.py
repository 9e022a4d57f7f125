"""The files of a run. Everything but the manifest's ``host`` part is a function of the inputs."""

import json
import math
import platform
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from sim.runs import recipe, summary_file
from sim.runs.job import SeedResult
from sim.runs.judge import FAIL, NOT_COMPARED, NOT_JUDGED
from sim.runs.summary import ScenarioSummary
from sim.runs.viability import VIABLE

_GIT_PATIENCE_S: Final = 5
_MS_PER_S: Final = 1000
FAILURE: Final = "failure"
# What JUnit calls a gate that did not pass.
_KINDS: Final = {FAIL: FAILURE, NOT_JUDGED: "skipped", NOT_COMPARED: "skipped"}


def write_run(
    out: Path, summaries: Sequence[ScenarioSummary], manifest: dict[str, Any], recipes: Mapping[str, bytes]
) -> None:
    """Write a run folder: summary, manifest, JUnit, and a folder per scenario and seed.

    ``recipes`` say by scenario what its seeds were made of (``sim.runs.recipe``).
    """
    out.mkdir(parents=True, exist_ok=True)
    _write_json(out / "summary.json", summary_file.written(summaries))
    _write_json(out / "manifest.json", manifest)
    (out / "junit.xml").write_bytes(junit_of(summaries, out))
    for summary in summaries:
        for result in summary.all_results:
            write_seed(out / result.name / str(result.seed), result)
        for name in dict.fromkeys(result.name for result in summary.all_results):
            (out / name / recipe.FILE).write_bytes(recipes[name])


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def write_seed(folder: Path, result: SeedResult) -> None:
    """Write what proves a seed, and the plan that makes it again."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "digest.txt").write_text(f"{result.digest}\n", encoding="utf-8")
    (folder / "checkpoints.txt").write_text("".join(f"{one}\n" for one in result.checkpoints), encoding="utf-8")
    if result.plan:
        (folder / "plan.json").write_bytes(result.plan)
    if result.fills:
        (folder / "fills.ndjson").write_bytes(result.fills)
    if result.last_events:
        text = "".join(f"{line}\n" for line in result.last_events)
        (folder / "last_events.ndjson").write_text(text, encoding="utf-8")
    if result.error:
        (folder / "error.txt").write_text(result.error + "\n", encoding="utf-8")


def manifest_of(
    command: Sequence[str], hashes: dict[str, str], seeds: dict[str, list[int]], program: recipe.Program
) -> dict[str, Any]:
    """Say what ran: versions, commit, command line, hashes of the files, seeds."""
    return {
        "schema_version": 1,
        "stormquote": program.stormquote,
        "code": program.code,
        "python": program.python,
        "libraries": program.libraries,
        "commit": commit_here(),
        "command": list(command),
        "files": hashes,
        "seeds": seeds,
    }


def checkpoints_of(summaries: Sequence[ScenarioSummary]) -> dict[str, dict[str, int]]:
    """Count the checkpoints of every seed, by scenario: a file that was cut at the end of a line looks whole."""
    counts: dict[str, dict[str, int]] = {}
    for result in (one for summary in summaries for one in summary.all_results):
        counts.setdefault(result.name, {})[str(result.seed)] = len(result.checkpoints)
    return counts


def host_part(wall_s: float, started_utc: str, workers: int) -> dict[str, Any]:
    """Say where and how fast it ran: the part of a manifest that is not for comparing."""
    return {
        "started_utc": started_utc,
        "wall_s": round(wall_s, 3),
        "workers": workers,
        "machine": platform.machine(),
        "system": platform.system(),
    }


def commit_here() -> str | None:
    """Name the commit of the working directory, when there is one."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, timeout=_GIT_PATIENCE_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def look_of(summary: ScenarioSummary, out: Path) -> str:
    """Write the command that shows the worst case of a scenario that failed; empty where there is none to show."""
    case = summary.worst_case if summary.failed else None
    if case is None or not any(result.plan for result in summary.results if result.seed == case[0]):
        return ""
    seed, at_s = case
    # Up to the next millisecond: what broke has broken by then.
    at = f"{math.ceil(at_s * _MS_PER_S) / _MS_PER_S:.3f}".rstrip("0").rstrip(".")
    return f"sim replay {shlex.quote((out / summary.name / str(seed)).as_posix())} --at {at}"


def junit_of(summaries: Sequence[ScenarioSummary], out: Path) -> bytes:
    """Write one test case per scenario and gate or invariant; a failure ends with its command."""
    root = ElementTree.Element("testsuites", name="stormquote")
    for summary in summaries:
        cases, look = cases_of(summary), look_of(summary, out)
        failed = sum(1 for _, message, kind in cases if kind == FAILURE)
        suite = ElementTree.SubElement(
            root, "testsuite", name=summary.name, tests=str(len(cases)), failures=str(failed), errors="0"
        )
        for name, message, kind in cases:
            case = ElementTree.SubElement(suite, "testcase", classname=summary.name, name=name)
            if kind:
                told = message if kind == "skipped" else "\n".join(filter(None, (message, summary.repeat, look)))
                ElementTree.SubElement(case, kind, message=message).text = told
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def cases_of(summary: ScenarioSummary) -> list[tuple[str, str, str]]:
    """List (name, message, kind), kind being empty, ``failure`` or ``skipped``."""
    if summary.skipped or summary.is_unrun:
        return [("run", summary.skipped or "not run", "skipped")]
    cases = []
    for gate in summary.gates:
        got = gate.why if gate.got is None else f"got {gate.got:g}" + (f": {gate.why}" if gate.why else "")
        cases.append((f"gate {gate.gate}", f"{gate.limit}: {got}", _KINDS.get(gate.verdict, "")))
    for code, one in summary.invariants.items():
        broken = f"broken in {one.broken} of {len(summary.results)} seeds: {one.first}"
        cases.append((f"invariant {code}", broken if one.broken else "", FAILURE if one.broken else ""))
    for name, control in summary.controls.items():
        for code, one in control.invariants.items():
            if one.broken:
                told = f"broken in {one.broken} of {len(control.results)} seeds: {one.first}"
                cases.append((f"control {name}, invariant {code}", told, FAILURE))
    for result in summary.all_results:
        if result.error:
            who = f"seed {result.seed}" if result.name == summary.name else f"{result.name} seed {result.seed}"
            cases.append((who, result.error.splitlines()[-1], FAILURE))
    if summary.viability is not None:
        # No runner of tests may count it as passed; and nothing failed.
        viable = summary.viability
        kind = "" if viable.verdict == VIABLE else "skipped"
        cases.append((f"viability {viable.metric}", f"{viable.verdict}: {viable.why}" if viable.why else "", kind))
    return cases
