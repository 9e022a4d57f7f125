"""From the numbers of the seeds to a verdict per gate.

One number per seed, then over seeds. A gate without a sample in any seed FAILS: nothing measured
is not a pass. Intervals are bootstrapped over *seeds*, from a generator seeded by the hash of
scenario and gate, so that the verdict is reproducible.
"""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from sim.runs.job import SeedResult, Stats
from sim.runs.pairing import PAIRS_MIN, SeedFigures, effect_of
from sim.runs.recorded import Recorded
from sim.runs.resampling import interval_of_mean
from sim.scenario.gates import Gate
from sim.scenario.metrics import METRICS

PASS: Final = "pass"
FAIL: Final = "FAIL"
WARN: Final = "warn"
NOT_JUDGED: Final = "not judged"
NOT_COMPARED: Final = "not compared"

# The results of every control, by its name.
Controls = Mapping[str, Sequence[SeedResult]]
_NO_CONTROLS: Final[Controls] = {}

_INTERVAL_STATS: Final = ("ci_low", "ci_high")
_CUT: Final = "a broken invariant cut every seed short"
_NO_BASELINE: Final = "no --baseline was given"


class GateVerdict(msgspec.Struct, frozen=True):
    """One gate: its rule, its limit, what was measured and whether that will do.

    ``baseline`` is the same figure of the baseline, over the seeds judged here. ``is_drop``: what is
    judged is the distance from the baseline, not the figure itself.
    """

    gate: str
    limit: str
    got: float | None
    interval: tuple[float, float] | None
    worst: float | None
    worst_seed: int | None
    verdict: str
    why: str
    baseline: float | None = None
    is_drop: bool = False


def title_of(gate: Gate) -> str:
    """Name a gate as people read it: metric, statistic, how seeds are joined."""
    joined = {"mean": "", "ci_low": "low end", "ci_high": "high end"}.get(gate.across_seeds, gate.across_seeds)
    return ", ".join(filter(None, (_figure(gate), joined)))


def limit_of(gate: Gate) -> str:
    """Write a gate's limit."""
    limits = []
    if gate.min is not None:
        limits.append(f">= {gate.min:g}")
    if gate.max is not None:
        limits.append(f"<= {gate.max:g}")
    return " and ".join(limits)


def verdicts_of(
    scenario: str,
    gate: Gate,
    results: Sequence[SeedResult],
    baseline: Recorded | None = None,
    controls: Controls = _NO_CONTROLS,
) -> Iterator[GateVerdict]:
    """Judge one gate over the seeds that ran to their end: the figure itself, its drop, or both.

    Where none did, it is not judged: what a part of a run measured is no answer.
    """
    if gate.has_limit:
        title, limit = title_of(gate), limit_of(gate)
        is_judged = results and all(controls.get(name) for name in (gate.of, gate.over) if name)
        yield (
            judge(scenario, gate, results, baseline, controls)
            if is_judged
            else _without(title, limit, NOT_JUDGED, _CUT)
        )
    if gate.vs_baseline_max_drop is not None:
        yield _drop(scenario, gate, results, baseline, gate.vs_baseline_max_drop)


def judge(
    scenario: str,
    gate: Gate,
    results: Sequence[SeedResult],
    baseline: Recorded | None = None,
    controls: Controls = _NO_CONTROLS,
) -> GateVerdict:
    """Judge one figure over the seeds of one scenario: the strategy's, a control's, or what lies between them."""
    figures = _judged(gate, results, controls)
    absent = _absent(gate, figures)
    if absent:
        return _without(title_of(gate), limit_of(gate), _failing(gate), absent)
    samples = _samples(gate, figures)
    values = [value for value, _ in samples]
    interval = _interval(scenario, gate, values)
    got = _across(gate, values, interval)
    worst, worst_seed = _worst(gate, samples)
    holds = (gate.min is None or got >= gate.min) and (gate.max is None or got <= gate.max)
    verdict = PASS if holds else _failing(gate)
    before = _before(scenario, gate, [seed for _, seed in samples], baseline)
    return GateVerdict(
        title_of(gate), limit_of(gate), got, interval, worst, worst_seed, verdict, gate.why or "", before
    )


def _drop(
    scenario: str, gate: Gate, results: Sequence[SeedResult], baseline: Recorded | None, allowed: float
) -> GateVerdict:
    """Judge how much worse a figure is than the baseline's: it fails only for what is neither allowed nor luck."""
    title, limit = f"{_figure(gate)}, drop", f"<= {allowed:g}"
    if not results or baseline is None:
        return _without(title, limit, NOT_JUDGED, _NO_BASELINE if results else _CUT)
    after = _figures(results)
    absent = _absent(gate, after)
    if absent:
        return _without(title, limit, _failing(gate), absent)
    effect = effect_of(scenario, gate.metric, gate.stat, baseline.whole, after)
    if effect is None or len(effect.seeds) < PAIRS_MIN or effect.interval is None:
        return _without(title, limit, NOT_COMPARED, f"fewer than {PAIRS_MIN} seeds have it in both runs")
    # Plus zero: nothing fell by minus nothing.
    turn = -1 if METRICS[gate.metric].better == "higher" else 1
    low, high = sorted(turn * bound + 0.0 for bound in effect.interval)
    verdict, why = PASS, gate.why or ""
    if effect.is_beyond(allowed, turn):
        fell = "fell" if turn < 0 else "rose"
        told = (
            f"{gate.metric} {fell} from {effect.before:.3g} to {effect.after:.3g} over {len(effect.seeds)} seeds, "
            f"with 95 % certainty by {low:.3g} to {high:.3g}; {allowed:g} is allowed"
        )
        verdict, why = _failing(gate), f"{told} ({why})" if why else told
    got = turn * effect.change + 0.0
    return GateVerdict(title, limit, got, (low, high), None, None, verdict, why, effect.before, is_drop=True)


def _without(title: str, limit: str, verdict: str, why: str) -> GateVerdict:
    return GateVerdict(title, limit, None, None, None, None, verdict, why)


def _figure(gate: Gate) -> str:
    figure = gate.metric if gate.stat == "value" else f"{gate.metric} {gate.stat}"
    return figure + (f" of {gate.of}" if gate.of else f" over {gate.over}" if gate.over else "")


def _failing(gate: Gate) -> str:
    return WARN if gate.severity == "warn" else FAIL


def _samples(gate: Gate, figures: SeedFigures) -> list[tuple[float, int]]:
    return [
        (metrics[gate.metric][gate.stat], seed)
        for seed, metrics in figures.items()
        if gate.stat in metrics.get(gate.metric, {})
    ]


def _figures(results: Sequence[SeedResult]) -> SeedFigures:
    return {result.seed: result.metrics for result in results}


def _judged(gate: Gate, results: Sequence[SeedResult], controls: Controls) -> SeedFigures:
    """Give the figures a gate is about, by seed; the difference to a control is its own kind of figure."""
    if gate.of is not None:
        return _figures(controls[gate.of])
    figures = _figures(results)
    if gate.over is None:
        return figures
    lower = _figures(controls[gate.over])
    both = {seed: (metrics, lower[seed]) for seed, metrics in figures.items() if seed in lower}
    return {seed: _apart(gate, mine, theirs) for seed, (mine, theirs) in both.items()}


def _apart(gate: Gate, mine: Mapping[str, Stats], theirs: Mapping[str, Stats]) -> dict[str, Stats]:
    name, stat = gate.metric, gate.stat
    if stat not in mine.get(name, {}) or stat not in theirs.get(name, {}):
        return {}
    return {name: {stat: mine[name][stat] - theirs[name][stat]}}


def _absent(gate: Gate, figures: SeedFigures) -> str:
    """Say in how many seeds there is no sample; empty where each has one."""
    samples = _samples(gate, figures)
    if figures and len(samples) == len(figures) and not any(math.isnan(value) for value, _ in samples):
        return ""
    return f"no sample in {len(figures) - len(samples) or 'some'} of {len(figures)} seeds"


def _before(scenario: str, gate: Gate, seeds: Sequence[int], baseline: Recorded | None) -> float | None:
    """Give what the baseline has for a gate over the seeds judged; None where one of them has nothing."""
    if baseline is None or gate.of is not None or gate.over is not None:
        return None
    whole = baseline.whole
    values = [value for value, _ in _samples(gate, {seed: whole[seed] for seed in seeds if seed in whole})]
    return _across(gate, values, _interval(scenario, gate, values)) if len(values) == len(seeds) else None


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
    subject = "".join(f"/{word} {name}" for word, name in (("of", gate.of), ("over", gate.over)) if name)
    return interval_of_mean(f"{scenario}/{gate.metric}/{gate.stat}{subject}", values)
