"""Asking optuna which weights to try next, in batches of one size.

A batch is asked for before any of it is answered, and answered in the order it was asked: who ran the
points, how many at once and which was done first leaves no trace. Nothing is stored here; a study that
goes on asks the same questions again and finds the answers in its ledger.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import optuna

from sim.scenario.study import Range, Search
from sim.search.points import Point, number_text

# Samplers only rank what they are told: below everything that is feasible is far enough.
_INFEASIBLE = -1e6


class Sampler:
    """One search. ``ask`` and ``tell`` take turns."""

    def __init__(self, search: Search, parameters: Mapping[str, Range]) -> None:
        """Take the method and the ranges, in the order of the file."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._batch = search.batch
        self._distributions = {key: _distribution(one) for key, one in parameters.items()}
        self._study = optuna.create_study(direction="maximize", sampler=_method(search))
        self._asked: list[optuna.Trial] = []

    def ask(self, many: int) -> list[Point]:
        """Give the next points, at most a batch of them."""
        self._asked = [self._study.ask(self._distributions) for _ in range(min(many, self._batch))]
        return [tuple(f"{key}={_text(value)}" for key, value in trial.params.items()) for trial in self._asked]

    def tell(self, scores: Sequence[tuple[float, float]]) -> None:
        """Answer the last batch: for each point how good it is, and by how much it breaks what must hold."""
        for trial, (value, violation) in zip(self._asked, scores, strict=True):
            self._study.tell(trial, _INFEASIBLE - violation if violation else value)


def _distribution(one: Range) -> Any:
    is_log = one.scale == "log"
    if one.whole:
        return optuna.distributions.IntDistribution(int(one.low), int(one.high), log=is_log)
    return optuna.distributions.FloatDistribution(one.low, one.high, log=is_log)


def _method(search: Search) -> Any:
    match search.sampler:
        case "tpe":
            return optuna.samplers.TPESampler(seed=search.seed, constant_liar=True, n_startup_trials=search.batch)
        case "cmaes":
            return optuna.samplers.CmaEsSampler(seed=search.seed, warn_independent_sampling=False)
        case _:
            return optuna.samplers.RandomSampler(seed=search.seed)


def _text(value: float) -> str:
    return str(value) if isinstance(value, int) else number_text(value)
