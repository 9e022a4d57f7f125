"""From the numbers of the seeds to a verdict per gate.

One number per seed, then over seeds. A gate without a sample in any seed FAILS: nothing measured
is not a pass. Intervals are bootstrapped over *seeds*, from a generator seeded by the hash of
scenario and gate, so that the verdict is reproducible.
"""

import math
import statistics
from collections.abc import Sequence
from typing import Final

import msgspec

from sim.runs.job import SeedResult
from sim.runs.resampling import interval_of_mean
from sim.scenario.gates import Gate

PASS: Final = "pass"
FAIL: Final = "FAIL"
WARN: Final = "warn"
NOT_JUDGED: Final = "not judged"

_INTERVAL_STATS: Final = ("ci_low", "ci_high")


class GateVerdict(msgspec.Struct, frozen=True):
    """One gate: its rule, its limit, what was measured and whether that will do."""

    gate: str
    limit: str
    got: float | None
    interval: tuple[float, float] | None
    worst: float | None
    worst_seed: int | None
    verdict: str
    why: str


def title_of(gate: Gate) -> str:
    """Name a gate as people read it: metric, statistic, how seeds are joined."""
    parts = [gate.metric]
    if gate.stat != "value":
        parts.append(gate.stat)
    if gate.across_seeds != "mean":
        parts.append({"ci_low": "low end", "ci_high": "high end"}.get(gate.across_seeds, gate.across_seeds))
    return ", ".join([" ".join(parts[:2]), *parts[2:]]) if gate.stat != "value" else ", ".join(parts)


def limit_of(gate: Gate) -> str:
    """Write a gate's limit."""
    limits = []
    if gate.min is not None:
        limits.append(f">= {gate.min:g}")
    if gate.max is not None:
        limits.append(f"<= {gate.max:g}")
    return " and ".join(limits)


def judge(scenario: str, gate: Gate, results: Sequence[SeedResult]) -> GateVerdict:
    """Judge one gate over the seeds of one scenario."""
    samples = [
        (result.metrics[gate.metric][gate.stat], result.seed)
        for result in results
        if gate.stat in result.metrics.get(gate.metric, {})
    ]
    failing = WARN if gate.severity == "warn" else FAIL
    if len(samples) < len(results) or not samples or any(math.isnan(value) for value, _ in samples):
        missing = len(results) - len(samples)
        why = f"no sample in {missing or 'some'} of {len(results)} seeds"
        return GateVerdict(title_of(gate), limit_of(gate), None, None, None, None, failing, why)
    values = [value for value, _ in samples]
    interval = _interval(scenario, gate, values)
    got = _across(gate, values, interval)
    worst, worst_seed = _worst(gate, samples)
    holds = (gate.min is None or got >= gate.min) and (gate.max is None or got <= gate.max)
    verdict = PASS if holds else failing
    return GateVerdict(title_of(gate), limit_of(gate), got, interval, worst, worst_seed, verdict, gate.why or "")


def not_judged(gate: Gate) -> GateVerdict:
    """Say that no run came to its end: what a part of one measured is no answer."""
    why = "a broken invariant cut every seed short"
    return GateVerdict(title_of(gate), limit_of(gate), None, None, None, None, NOT_JUDGED, why)


def _across(gate: Gate, values: list[float], interval: tuple[float, float] | None) -> float:
    match gate.across_seeds:
        case "median":
            return statistics.median(values)
        case "worst":
            return min(values) if gate.min is not None else max(values)
        case "ci_low" | "ci_high":
            # One seed has no spread; its own value is all that is known.
            if interval is None:
                return values[0]
            return interval[0] if gate.across_seeds == "ci_low" else interval[1]
        case _:
            return statistics.fmean(values)


def _worst(gate: Gate, samples: list[tuple[float, int]]) -> tuple[float, int]:
    return min(samples) if gate.min is not None else max(samples, key=lambda sample: (sample[0], -sample[1]))


def _interval(scenario: str, gate: Gate, values: list[float]) -> tuple[float, float] | None:
    """Bootstrap the interval of a gate that is judged by one; all others do without its price."""
    if gate.across_seeds not in _INTERVAL_STATS:
        return None
    return interval_of_mean(f"{scenario}/{gate.metric}/{gate.stat}", values)
