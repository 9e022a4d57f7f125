"""What a set of weights is worth: one figure over scenarios and seeds, and how far it breaks what must hold."""

import statistics
from collections.abc import Sequence

import msgspec

from sim.runs.job import SeedResult
from sim.runs.judge import FAIL, GateVerdict, judge
from sim.scenario.gates import Gate
from sim.scenario.metrics import METRICS
from sim.scenario.study import Objective
from sim.search.points import Point


class Score(msgspec.Struct, frozen=True):
    """``mean`` is in the figure's own unit; None where a seed has none. ``broken`` says what did not hold."""

    mean: float | None
    violation: float
    broken: tuple[str, ...] = ()

    @property
    def is_feasible(self) -> bool:
        """Say whether everything held and everything was measured."""
        return self.mean is not None and not self.violation


class Trial(msgspec.Struct, frozen=True):
    """One point of a search, numbered as it was asked for, and what it is worth in training."""

    number: int
    settings: Point
    score: Score


def score_of(runs: Sequence[Sequence[SeedResult]], objective: Objective, constraints: Sequence[Gate]) -> Score:
    """Judge one set of weights by its runs: one list of seeds for each scenario."""
    values: list[float] = []
    broken: list[str] = []
    violation = 0.0
    for results in runs:
        for result in results:
            stats = result.metrics.get(objective.metric, {})
            if result.breaches or result.error or result.was_cut or objective.stat not in stats:
                violation += 1.0
                broken.append(f"{result.name} seed {result.seed}: {_why(result, objective)}")
            else:
                values.append(stats[objective.stat])
        for gate in constraints:
            verdict = judge(results[0].name, gate, results)
            if verdict.verdict == FAIL:
                violation += _excess(gate, verdict)
                got = "no sample" if verdict.got is None else f"{verdict.got:g}"
                broken.append(f"{results[0].name}: {verdict.gate} {verdict.limit}, got {got}")
    is_whole = len(values) == sum(len(results) for results in runs)
    return Score(statistics.fmean(values) if is_whole else None, violation, tuple(broken))


def worth(score: Score, objective: Objective) -> float:
    """Give the figure so that more is better; nothing measured is worth nothing."""
    sign = 1.0 if METRICS[objective.metric].better == "higher" else -1.0
    return 0.0 if score.mean is None else sign * score.mean


def best_of(trials: Sequence[Trial], objective: Objective) -> Trial | None:
    """Find the best trial that breaks nothing, the first of equals."""
    feasible = [trial for trial in trials if trial.score.is_feasible]
    return max(feasible, key=lambda trial: (worth(trial.score, objective), -trial.number), default=None)


def _why(result: SeedResult, objective: Objective) -> str:
    if result.breaches:
        return result.breaches[0].code
    return "raised" if result.error else f"no {objective.metric}"


def _excess(gate: Gate, verdict: GateVerdict) -> float:
    """Say how far a limit is missed, in parts of itself; never nothing, or a miss would pass."""
    if verdict.got is None:
        return 1.0
    limit = gate.min if gate.min is not None and verdict.got < gate.min else gate.max
    assert limit is not None
    return max(abs(verdict.got - limit) / max(abs(limit), 1.0), 1e-9)
