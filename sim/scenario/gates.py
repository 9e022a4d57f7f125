"""What a scenario promises: a metric, a limit, and how the seeds are joined to one number."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from sim.scenario.metrics import METRICS, Stat
from strategy.file_model import CONTRADICTION, Complaint, Name, Written, complain, relation
from strategy.hints import did_you_mean

UNKNOWN_METRIC: Final = "SQ-G001"
IMPOSSIBLE: Final = "SQ-G002"
NO_SUCH_STAT: Final = "SQ-G003"
BAD_LIMITS: Final = "SQ-G004"
NO_DROP: Final = "SQ-G005"
NO_SUCH_CONTROL: Final = "SQ-G006"


def _known_metric(name: str) -> str:
    if name not in METRICS:
        raise complain(UNKNOWN_METRIC, f"unknown metric {name!r}{did_you_mean(name, METRICS)}")
    return name


MetricName = Annotated[str, AfterValidator(_known_metric), WithJsonSchema({"type": "string", "enum": list(METRICS)})]


class Gate(Written):
    """One rule, judged once at the end of a run over all its seeds."""

    metric: MetricName
    """The figure to judge; `sim explain METRIC` says what it means."""
    stat: Stat = "value"
    """Which statistic of it, within one seed."""
    of: Name | None = None
    """Judge the figure of this control, and not the strategy's."""
    over: Name | None = None
    """Judge how far the figure lies above this control's, paired by seed."""
    across_seeds: Literal["mean", "median", "worst", "ci_low", "ci_high"] = "mean"
    """How the seeds are joined: `ci_low` is the low end of the 95 % interval of the mean."""
    min: float | None = None
    """The least that passes, in the metric's unit."""
    max: float | None = None
    """The most that passes, in the metric's unit."""
    vs_baseline_max_drop: Annotated[float, Field(ge=0)] | None = None
    """How much worse than the baseline it may be, in the metric's unit: the mean over seeds, paired."""
    severity: Literal["error", "warn"] = "error"
    """Whether a miss fails the run or only warns."""
    why: str | None = None
    """Why this limit is here, for whoever sees it fail."""

    @relation("metric", "stat")
    def _stat_exists(self) -> Iterator[Complaint]:
        stats = METRICS[self.metric].stats
        if self.stat not in stats:
            words = f"{self.metric} has no {self.stat!r}, only {', '.join(stats)}"
            yield Complaint(NO_SUCH_STAT, ("stat",), words)

    @property
    def has_limit(self) -> bool:
        """Say whether it limits the figure itself, and not only its drop."""
        return self.min is not None or self.max is not None

    @relation("metric", "across_seeds", "min", "max", "vs_baseline_max_drop")
    def _drop_makes_sense(self) -> Iterator[Complaint]:
        if self.vs_baseline_max_drop is None:
            return
        if METRICS[self.metric].better == "neither":
            words = f"{self.metric} is neither better when higher nor when lower: it has no drop"
            yield Complaint(NO_DROP, ("vs_baseline_max_drop",), words)
        if self.across_seeds != "mean" and not self.has_limit:
            words = "a drop is the mean over seeds; 'across_seeds' would change nothing"
            yield Complaint(NO_DROP, ("across_seeds",), words)

    @relation("of", "over", "vs_baseline_max_drop")
    def _one_subject(self) -> Iterator[Complaint]:
        if self.of is not None and self.over is not None:
            yield Complaint(CONTRADICTION, ("over",), "say either 'of' or 'over': a control is judged, or judged by")
        if self.vs_baseline_max_drop is not None and (self.of is not None or self.over is not None):
            words = "a baseline holds the strategy's figures, and no control's"
            yield Complaint(NO_DROP, ("vs_baseline_max_drop",), words)

    @relation("min", "max", "vs_baseline_max_drop")
    def _limits_make_sense(self) -> Iterator[Complaint]:
        if not self.has_limit and self.vs_baseline_max_drop is None:
            yield Complaint(BAD_LIMITS, (), "a gate needs 'min', 'max' or 'vs_baseline_max_drop'")
        elif self.min is not None and self.max is not None and self.min > self.max:
            words = f"min ({self.min:g}) is above max ({self.max:g}): nothing can pass"
            yield Complaint(BAD_LIMITS, ("min",), words)
