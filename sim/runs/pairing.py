"""Two runs of one world, seed by seed: what changed, and how sure that is.

Seeds are paired, so that what the market did to both falls out of the difference.
"""

import statistics
from collections.abc import Mapping
from typing import Final

import msgspec

from sim.runs.job import Stats
from sim.runs.resampling import interval_of_mean
from sim.scenario.metrics import METRICS

# All of n seeds are worse by luck alone once in 2**n runs; from six on that is rarer than an end of the interval.
PAIRS_MIN: Final = 6

BETTER: Final = "better"
WORSE: Final = "worse"
CHANGED: Final = "changed"
UNCERTAIN: Final = "not shown"
EQUAL: Final = "equal"
TOO_FEW: Final = "too few seeds"

SeedFigures = Mapping[int, Mapping[str, Stats]]


class Effect(msgspec.Struct, frozen=True):
    """How one figure changed, in its own unit: means over the paired seeds, and their mean difference."""

    metric: str
    stat: str
    before: float
    after: float
    change: float
    interval: tuple[float, float] | None
    seeds: tuple[int, ...]

    @property
    def verdict(self) -> str:
        """Say in a word what is shown: only an interval that leaves out zero shows anything."""
        if self.interval == (0.0, 0.0):
            return EQUAL
        if len(self.seeds) < PAIRS_MIN or self.interval is None:
            return TOO_FEW
        low, high = self.interval
        if low <= 0 <= high:
            return UNCERTAIN
        better = METRICS[self.metric].better
        if better == "neither":
            return CHANGED
        return BETTER if (low > 0) == (better == "higher") else WORSE


def effect_of(scenario: str, metric: str, stat: str, before: SeedFigures, after: SeedFigures) -> Effect | None:
    """Pair one figure by seed; None where no seed has it in both runs."""
    seeds = tuple(seed for seed in sorted(before) if seed in after and _has(before[seed], metric, stat, after[seed]))
    if not seeds:
        return None
    old = [before[seed][metric][stat] for seed in seeds]
    new = [after[seed][metric][stat] for seed in seeds]
    changes = [one - other for one, other in zip(new, old, strict=True)]
    return Effect(
        metric=metric,
        stat=stat,
        before=statistics.fmean(old),
        after=statistics.fmean(new),
        change=statistics.fmean(changes),
        interval=interval_of_mean(f"{scenario}/{metric}/{stat}/change", changes),
        seeds=seeds,
    )


def _has(one: Mapping[str, Stats], metric: str, stat: str, other: Mapping[str, Stats]) -> bool:
    return stat in one.get(metric, {}) and stat in other.get(metric, {})
