"""One ``sim calibrate``: search on training seeds, judge once on seeds the search never saw, propose.

The held-out seeds are run for two configs only, the one that is there and the best of the training. Had
they chosen between more, they would be training seeds too.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from sim.runs.engine import Crew, Gathered
from sim.runs.job import Job, SeedResult, Stats
from sim.runs.pairing import BETTER, UNCERTAIN, Effect, effect_of
from sim.scenario.load import Ready
from sim.scenario.study import Study
from sim.search.asked import Asked, Step, worlds_at
from sim.search.bench import Bench
from sim.search.ledger import Ledger
from sim.search.points import Point
from sim.search.proposal import proposed_text
from sim.search.scoring import Score, Trial, best_of, score_of, worth
from strategy.errors import OperatorError

LEDGER: Final = "results.ndjson"
EVIDENCE: Final = "evidence.json"
PROPOSED: Final = "proposed.yaml"

NOT_SHOWN: Final = "not shown"
NOTHING_FEASIBLE: Final = "nothing feasible"
PROPOSAL: Final = "proposed"

# Worse than any limit that is merely missed.
_REFUSED: Final = 1000.0

Say = Callable[[str], None]
Metrics = tuple[dict[str, Stats], ...]


class Unfinished(Exception):
    """Some runs have no usable result; what was gathered says why."""

    def __init__(self, gathered: Gathered) -> None:
        super().__init__(gathered.why)
        self.gathered = gathered


class Found(msgspec.Struct, frozen=True):
    """What a search came to. ``effect`` is of the held-out runs, ``held`` what the best is worth there.

    ``figures`` are those of the held-out runs, before and after. ``steps`` are those of a walk forward.
    """

    before: Score
    trials: tuple[Trial, ...]
    best: Trial | None
    effect: Effect | None
    held: Score | None
    verdict: str
    figures: tuple[Metrics, Metrics] = ((), ())
    steps: tuple["Found", ...] = ()


class Calibration:
    """One step of a study being carried out on a bench. Raises ``Unfinished`` when runs are lost or interrupted."""

    def __init__(self, asked: Asked, step: Step, bench: Bench, data_dir: str, say: Say) -> None:
        """Take what is asked; ``say`` is told one line for each batch."""
        self._asked = asked
        self._step = step
        self._bench = bench
        self._data_dir = data_dir
        self._say = say

    def find(self) -> Found:
        """Search, then judge."""
        study = self._asked.study
        (runs,) = self._runs([worlds_at(self._step.train, ())], self._asked.train_seeds)
        before = self._score(runs)
        trials = self._search()
        best = best_of(trials, study.objective)
        if best is None:
            return Found(before, tuple(trials), None, None, None, NOTHING_FEASIBLE)
        judged = [worlds_at(self._step.judged, point) for point in ((), best.settings)]
        old, new = self._runs(judged, self._asked.holdout_seeds)
        held, figures = self._score(new), (_metrics(old), _metrics(new))
        effect = _effect(study, *figures)
        return Found(before, tuple(trials), best, effect, held, _verdict(study, effect, [held]), figures)

    def _search(self) -> list[Trial]:
        from sim.search.sampler import Sampler  # optuna is an extra

        study = self._asked.study
        sampler = Sampler(study.search, study.parameters)
        trials: list[Trial] = []
        while len(trials) < study.search.trials:
            points = sampler.ask(study.search.trials - len(trials))
            scores = self._tried(points)
            trials += [
                Trial(len(trials) + number, point, score)
                for number, (point, score) in enumerate(zip(points, scores, strict=True))
            ]
            sampler.tell([(worth(score, study.objective), score.violation) for score in scores])
            self._say(self._progress(trials))
        return trials

    def _tried(self, points: Sequence[Point]) -> list[Score]:
        """Score a batch in training; weights that no config may have together are worth nothing."""
        refused: dict[int, Score] = {}
        worlds = []
        for number, point in enumerate(points):
            try:
                worlds.append(worlds_at(self._step.train, point))
            except OperatorError as wrong:
                refused[number] = Score(None, _REFUSED, (wrong.problems[0].message,))
        runs = iter(self._runs(worlds, self._asked.train_seeds))
        return [refused.get(number) or self._score(next(runs)) for number in range(len(points))]

    def _progress(self, trials: Sequence[Trial]) -> str:
        objective = self._asked.study.objective
        best = best_of(trials, objective)
        so_far = f"best {objective.metric} {best.score.mean:.4g}, trial {best.number}" if best else "none feasible yet"
        return f"trial {len(trials)} of {self._asked.study.search.trials}: {so_far}"

    def _runs(self, worlds: Sequence[Sequence[Ready]], seeds: Sequence[int]) -> list[list[list[SeedResult]]]:
        """Give the results by point, scenario and seed."""
        jobs = [Job(world, seed, data_dir=self._data_dir) for many in worlds for world in many for seed in seeds]
        gathered = self._bench.run(jobs)
        results = [gathered.results[place] for place in sorted(gathered.results)]
        if len(results) < len(jobs) or any(one.skipped or one.refused for one in results):
            raise Unfinished(gathered)
        groups = [results[start : start + len(seeds)] for start in range(0, len(results), len(seeds))]
        ahead = iter(groups)
        return [[next(ahead) for _ in many] for many in worlds]

    def _score(self, runs: Sequence[Sequence[SeedResult]]) -> Score:
        return score_of(runs, self._asked.study.objective, self._asked.study.constraints)


def _metrics(runs: Sequence[Sequence[SeedResult]]) -> Metrics:
    """Give the figures of runs, one scenario's seeds after another's."""
    return tuple(run.metrics for results in runs for run in results)


def _effect(study: Study, before: Metrics, after: Metrics) -> Effect | None:
    """Compare the same runs under two configs."""
    objective = study.objective
    return effect_of(study.name, objective.metric, objective.stat, dict(enumerate(before)), dict(enumerate(after)))


def _verdict(study: Study, effect: Effect | None, held: Sequence[Score | None]) -> str:
    is_shown = effect is not None and effect.verdict == BETTER and abs(effect.change) >= study.gain_min
    holds = all(score is not None and score.is_feasible for score in held)
    return PROPOSAL if is_shown and holds else NOT_SHOWN


def joined(study: Study, steps: Sequence[Found]) -> Found:
    """Judge a walk forward: what every search found, on what came after it. The last best is proposed."""
    last = steps[-1]
    if len(steps) == 1:
        return last
    if any(step.best is None for step in steps):
        return Found(last.before, last.trials, None, None, None, NOTHING_FEASIBLE, steps=tuple(steps))
    before, after = (tuple(one for step in steps for one in step.figures[side]) for side in (0, 1))
    effect, held = _effect(study, before, after), [step.held for step in steps]
    broken = next((score for score in held if score is not None and not score.is_feasible), last.held)
    verdict = _verdict(study, effect, held)
    return Found(last.before, last.trials, last.best, effect, broken, verdict, (before, after), tuple(steps))


def carry_out(asked: Asked, crew: Crew, out: Path, data_dir: str, say: Say) -> Found:
    """Carry out a study and write its evidence, and the proposed config where one was shown to be better."""
    with Ledger(out / LEDGER) as ledger:
        bench = Bench(crew, ledger)
        found = joined(asked.study, [Calibration(asked, step, bench, data_dir, say).find() for step in asked.steps])
    (out / EVIDENCE).write_text(json.dumps(evidence_of(asked, found), indent=1) + "\n", encoding="utf-8")
    (out / PROPOSED).unlink(missing_ok=True)
    if found.verdict == PROPOSAL and found.best is not None:
        text = proposed_text(asked.config.read_text(encoding="utf-8"), found.best.settings, _head(asked, found))
        (out / PROPOSED).write_text(text, encoding="utf-8")
    return found


def evidence_of(asked: Asked, found: Found) -> dict[str, Any]:
    """Give all that a proposal rests on: a function of the study and the program."""
    plain = {"schema_version": 1, "study": asked.study.dumped(), **_plain(found)}
    return plain | ({"steps": [_plain(step) for step in found.steps]} if found.steps else {})


def _plain(found: Found) -> dict[str, Any]:
    effect = found.effect
    return {
        "verdict": found.verdict,
        "training": {"before": msgspec.to_builtins(found.before), "trials": msgspec.to_builtins(found.trials)},
        "best": msgspec.to_builtins(found.best),
        "holdout": None
        if effect is None
        else {
            "change": effect.change,
            "interval": effect.interval,
            "before": effect.before,
            "after": effect.after,
            "runs": len(effect.seeds),
            "verdict": effect.verdict,
            "broken": [] if found.held is None else list(found.held.broken),
        },
    }


def in_words(asked: Asked, found: Found) -> str:
    """Say in one line what the held-out seeds showed."""
    if found.effect is None or found.best is None:
        return "no point held every constraint in training: nothing is proposed"
    effect, study = found.effect, asked.study
    ends = "no interval" if effect.interval is None else f"95% {effect.interval[0]:+.4g} .. {effect.interval[1]:+.4g}"
    words = f"{effect.metric} {effect.before:.4g} to {effect.after:.4g} on {len(effect.seeds)} held-out runs: "
    words += f"{effect.change:+.4g} ({ends})"
    if found.verdict == PROPOSAL:
        return words
    if found.held is not None and found.held.broken:
        return f"{words}; not proposed: {found.held.broken[0]}"
    if effect.verdict == BETTER:
        return f"{words}; not proposed: less than {study.gain_min:g}"
    why = "zero is within the interval" if effect.verdict == UNCERTAIN else effect.verdict
    return f"{words}; not proposed: {why}"


def _head(asked: Asked, found: Found) -> list[str]:
    return [
        f"Proposed by the calibration {asked.study.name}, over {len(found.trials)} trials.",
        f"{in_words(asked, found)}.",
        f"The evidence is in {EVIDENCE}, beside this file.",
    ]
