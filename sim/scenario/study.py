"""The study file: which weights to search, on which seeds, and on which others to judge what was found."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from sim.scenario.gates import IMPOSSIBLE, Gate, MetricName
from sim.scenario.metrics import METRICS, Stat
from strategy.file_model import (
    CONTRADICTION,
    Complaint,
    CountAboveZero,
    CountFromZero,
    Document,
    FromZero,
    Name,
    Written,
    complain,
    ordered,
    relation,
)

MISSING: Final = "SQ-C010"
NO_SUCH_STAT: Final = "SQ-G003"
_SEEDS: Final = r"^\d+(-\d+)?(,\d+(-\d+)?)*$"


def _seeds(text: str) -> str:
    import click

    from sim.runs.selection import seeds_of

    try:
        seeds_of(text)
    except click.BadParameter:
        raise complain(MISSING, f"should be seeds such as '1-32' or '1,3,7-9' (got {text!r})") from None
    return text


Seeds = Annotated[str, AfterValidator(_seeds), WithJsonSchema({"type": "string", "pattern": _SEEDS})]


class Range(Written):
    """Where one weight is looked for."""

    low: float
    """The least that is tried."""
    high: float
    """The most that is tried."""
    scale: Literal["linear", "log"] = "linear"
    """`log` where a factor matters and not a difference; needs `low` above zero."""
    whole: bool = False
    """Whether only whole numbers are tried."""

    @relation("low", "high")
    def _rises(self) -> Iterator[Complaint]:
        yield from ordered("low", {"low": self.low, "high": self.high})

    @relation("low", "scale")
    def _has_a_logarithm(self) -> Iterator[Complaint]:
        if self.scale == "log" and self.low <= 0:
            yield Complaint(CONTRADICTION, ("low",), f"low ({self.low:g}) must be above zero on a log scale")

    @relation("low", "high", "whole")
    def _ends_are_whole(self) -> Iterator[Complaint]:
        for name, value in (("low", self.low), ("high", self.high)):
            if self.whole and not value.is_integer():
                yield Complaint(CONTRADICTION, (name,), f"{name} ({value:g}) must be whole, as `whole` says")


class Objective(Written):
    """What is to become better: one figure, averaged over scenarios and seeds."""

    metric: MetricName
    """The figure; `sim explain METRIC` says what it means and which side of it is good."""
    stat: Stat = "value"
    """Which statistic of it, within one seed."""

    @relation("metric", "stat")
    def _can_be_better(self) -> Iterator[Complaint]:
        metric = METRICS[self.metric]
        if metric.better == "neither":
            yield Complaint(CONTRADICTION, ("metric",), f"neither more nor less of {self.metric} is better")
        if self.stat not in metric.stats:
            words = f"{self.metric} has no {self.stat!r}, only {', '.join(metric.stats)}"
            yield Complaint(NO_SUCH_STAT, ("stat",), words)


class Search(Written):
    """How the weights are searched. The same search gives the same trials with any number of workers."""

    sampler: Literal["tpe", "cmaes", "random"] = "tpe"
    """The method: tree-structured Parzen estimators, CMA-ES, or chance (the control)."""
    trials: CountAboveZero = 64
    """How many points are tried in all."""
    batch: CountAboveZero = 8
    """How many points are asked for before the first of them is answered."""
    seed: CountFromZero = 1
    """Names the sampler's dice."""


class Fold(Written):
    """One step of a walk forward: searched on the past, judged on what came after."""

    train: Annotated[list[str], Field(min_length=1)]
    """The scenarios to train on, as paths from this file."""
    holdout: Annotated[list[str], Field(min_length=1)]
    """The scenarios to judge on: windows after those of the training."""


class Study(Document):
    """One calibration: searched on `train`, judged once on `holdout`."""

    SCHEMA_VERSION: ClassVar[int] = 1

    schema_version: Literal[1]
    """The version of this file's format."""
    name: Name
    """Names the folder of results and the dice of the interval."""
    description: str = ""
    """One sentence for whoever reads it."""
    scenarios: list[str] = Field(default_factory=list)
    """The scenarios to train on, as paths from this file. All use one strategy config."""
    holdout_scenarios: list[str] = Field(default_factory=list)
    """The scenarios to judge on, such as later windows of a tape; empty: those of the training."""
    walk_forward: list[Fold] = Field(default_factory=list)
    """Several trainings, each judged on what came after it, in the place of `scenarios`; the last is proposed."""
    train: Seeds
    """The seeds that are searched on, such as '1-32'."""
    holdout: Seeds
    """The seeds that are judged on; the search never sees them."""
    objective: Objective
    """What is to become better."""
    constraints: list[Gate] = Field(default_factory=list)
    """What must hold in every scenario, in training and on the held-out seeds."""
    parameters: Annotated[dict[str, Range], Field(min_length=1)]
    """The weights to search, by their dotted keys in the config."""
    search: Search = Search()
    """How they are searched."""
    gain_min: FromZero = 0.0
    """The least mean gain on the held-out seeds that is worth a proposal, in the objective's unit."""

    @property
    def folds(self) -> list[Fold]:
        """Give what is searched on and what is judged on, one step after another."""
        judged_on = self.holdout_scenarios or self.scenarios
        return self.walk_forward or [Fold(train=self.scenarios, holdout=judged_on)]

    @relation("scenarios", "holdout_scenarios", "walk_forward")
    def _says_once_where(self) -> Iterator[Complaint]:
        if not self.scenarios and not self.walk_forward:
            yield Complaint(MISSING, (), "a study needs 'scenarios' or 'walk_forward'")
        elif self.walk_forward and (self.scenarios or self.holdout_scenarios):
            words = "the steps name their own scenarios: leave out 'scenarios' and 'holdout_scenarios'"
            yield Complaint(CONTRADICTION, ("walk_forward",), words)

    @relation("constraints")
    def _constraints_need_nothing_else(self) -> Iterator[Complaint]:
        for number, gate in enumerate(self.constraints):
            for key in ("of", "over", "vs_baseline_max_drop"):
                if getattr(gate, key) is not None:
                    words = f"{key!r} has no meaning in a study: it plays no control and knows no baseline"
                    yield Complaint(IMPOSSIBLE, ("constraints", number, key), words)

    @relation("train", "holdout", "scenarios", "holdout_scenarios", "walk_forward")
    def _holdout_is_unseen(self) -> Iterator[Complaint]:
        from sim.runs.selection import seeds_of

        seen = set(seeds_of(self.train)) & set(seeds_of(self.holdout))
        folds = self.folds if self.scenarios or self.walk_forward else []
        if seen and any(set(fold.train) & set(fold.holdout) for fold in folds):
            words = f"seed {min(seen)} is trained on and judged on: what was searched there is not held out"
            yield Complaint(CONTRADICTION, ("holdout",), words)

    def dumped(self) -> dict[str, Any]:
        """Give the study as plain data, for the evidence."""
        return self.model_dump(mode="json")
