"""Two runs of one world, seed by seed: what changed, and how sure that is.

Seeds are paired, so that what the market did to both falls out of the difference.
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from sim.runs.job import Stats
from sim.runs.resampling import LUCK_MAX, interval_of_mean, luck_of
from sim.scenario.metrics import METRICS

# All of n seeds are worse by luck alone once in 2**n runs; from six on that is rarer than LUCK_MAX.
PAIRS_MIN: Final = 6

BETTER: Final = "better"
WORSE: Final = "worse"
CHANGED: Final = "changed"
UNCERTAIN: Final = "not shown"
EQUAL: Final = "equal"
TOO_FEW: Final = "too few seeds"

SeedFigures = Mapping[int, Mapping[str, Stats]]


class Effect(msgspec.Struct, frozen=True):
    """How one figure changed, in its own unit: means over the paired seeds, and their mean difference.

    ``changes`` are the differences by seed. ``key`` names the dice.
    """

    key: str
    metric: str
    stat: str
    before: float
    after: float
    change: float
    interval: tuple[float, float] | None
    seeds: tuple[int, ...]
    changes: tuple[float, ...]

    def is_beyond(self, limit: float, turn: int) -> bool:
        """Say whether it changed by more than ``limit`` towards ``turn`` (1 up, -1 down), and not by luck."""
        return _is_beyond(self.key, self.changes, self.interval, limit, turn)

    @property
    def verdict(self) -> str:
        """Say in a word what is shown: only what leaves out zero, and is no luck, shows anything."""
        if self.interval == (0.0, 0.0):
            return EQUAL
        if len(self.seeds) < PAIRS_MIN or self.interval is None:
            return TOO_FEW
        turn = direction_of(self.key, self.changes, self.interval)
        if not turn:
            return UNCERTAIN
        better = METRICS[self.metric].better
        if better == "neither":
            return CHANGED
        return BETTER if (turn > 0) == (better == "higher") else WORSE


def direction_of(key: str, changes: Sequence[float], interval: tuple[float, float] | None) -> int:
    """Say which way changes by seed are shown to go: 1 up, -1 down, 0 where they show neither or are too few."""
    if len(changes) < PAIRS_MIN:
        return 0
    return next((turn for turn in (1, -1) if _is_beyond(key, changes, interval, 0.0, turn)), 0)


def _is_beyond(
    key: str, changes: Sequence[float], interval: tuple[float, float] | None, limit: float, turn: int
) -> bool:
    """Say whether the whole interval lies beyond a limit, and so few signs give as much that luck does not explain it.

    With few seeds, or a rare wild one, a bootstrapped interval alone is too sure of itself.
    """
    if interval is None or min(turn * bound for bound in interval) <= limit:
        return False
    return luck_of(key, [turn * change - limit for change in changes]) <= LUCK_MAX


def effect_of(scenario: str, metric: str, stat: str, before: SeedFigures, after: SeedFigures) -> Effect | None:
    """Pair one figure by seed; None where no seed has it in both runs."""
    seeds = tuple(seed for seed in sorted(before) if seed in after and _has(before[seed], metric, stat, after[seed]))
    if not seeds:
        return None
    old = [before[seed][metric][stat] for seed in seeds]
    new = [after[seed][metric][stat] for seed in seeds]
    changes = [one - other for one, other in zip(new, old, strict=True)]
    key = f"{scenario}/{metric}/{stat}/change"
    return Effect(
        key=key,
        metric=metric,
        stat=stat,
        before=statistics.fmean(old),
        after=statistics.fmean(new),
        change=statistics.fmean(changes),
        interval=interval_of_mean(key, changes),
        seeds=seeds,
        changes=tuple(changes),
    )


def _has(one: Mapping[str, Stats], metric: str, stat: str, other: Mapping[str, Stats]) -> bool:
    return stat in one.get(metric, {}) and stat in other.get(metric, {})
