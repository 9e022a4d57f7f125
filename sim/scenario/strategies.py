"""Who trades in a scenario: the strategy that is judged, and the controls that it is measured against."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, WithJsonSchema

from sim.scenario.gates import NO_DROP, MetricName
from sim.scenario.metrics import METRICS
from strategy.file_model import Complaint, Name, Written, complain, relation

NO_VALUE: Final = "SQ-C010"


def _one_value(value: Any) -> Any:
    if value is None or isinstance(value, dict | list):
        raise complain(NO_VALUE, "should be one value: a number, a text or true or false")
    return value


Value = Annotated[Any, AfterValidator(_one_value), WithJsonSchema({"type": ["boolean", "number", "string"]})]
Overrides = Annotated[dict[str, Value], Field(default_factory=dict)]


class Strategy(Written):
    """Which config trades, and what this scenario changes in it."""

    config: Annotated[str, Field(min_length=1)]
    """Path of a strategy config, relative to this file's folder."""
    overrides: Overrides
    """Values of the config to change, by dotted key such as `spread.base_bps`."""


class Control(Strategy):
    """Another strategy in the same worlds, seed by seed: what the judged one is measured against."""

    name: Name
    """What gates and results call it."""


class Viability(Written):
    """What has to come of trading here, or nobody should: judged of the strategy and of every control."""

    metric: MetricName
    """The figure that decides, such as `net_usdt_per_h`: one that is better when higher."""
    least: float = 0.0
    """What it has to be more than, in the metric's unit."""

    @relation("metric")
    def _more_is_better(self) -> Iterator[Complaint]:
        if METRICS[self.metric].better != "higher":
            words = f"{self.metric} is not better when higher: it does not say whether anything pays"
            yield Complaint(NO_DROP, ("metric",), words)
