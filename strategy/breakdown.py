"""Where a cycle's time goes: ``latency_breakdown_ms{component}``, the same figure in sim and live.

Eight components, which together are the cycle. ``decode``: from bytes to the inputs of a decision, the
event taken in and what is overdue asked. ``guards``, ``spread``, ``skew``, ``queue``: the stages of the
pipeline. ``place``: wishes to commands. ``journal``: until what leaves can be forgotten by no crash.
``rest``: the wait for the venue's answers.

Nothing here knows a clock. A driver that measures gives the core a stopwatch, which is told the name of
a lap as the lap ends, and turns names into components by ``COMPONENT_OF``.
"""

from bisect import bisect_left
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from strategy.pipeline import BEGUN, TAKEN_IN
from strategy.stages import adaptive_spread, closed_form, guard, inventory_skew, order_placement, queue_aware, symmetric
from strategy.units import NS_PER_MS

DECODE: Final = "decode"
JOURNAL: Final = "journal"
REST: Final = "rest"
COMPONENTS: Final = (DECODE, "guards", "spread", "skew", "queue", "place", JOURNAL, REST)

# What a lap of the core's belongs to; what ends with ``BEGUN`` was before the step and belongs to nobody.
COMPONENT_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        BEGUN: "",
        TAKEN_IN: DECODE,
        guard.NAME: "guards",
        adaptive_spread.NAME: "spread",
        symmetric.NAME: "spread",
        closed_form.NAME: "spread",
        inventory_skew.NAME: "skew",
        queue_aware.NAME: "queue",
        order_placement.NAME: "place",
    }
)

# Upper ends in ms: computing takes microseconds, journals milliseconds, venues tens and hundreds of them.
BUCKETS_MS: Final = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    *(1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 75.0, 100.0, 150.0, 200.0, 350.0, 500.0, 1000.0, 5000.0),
)


class Histogram(msgspec.Struct):
    """Counts by bucket, the last one for what is above all ends; and the exact sum."""

    counts: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BUCKETS_MS) + 1))
    sum_ns: int = 0
    count: int = 0

    def add(self, span_ns: int) -> None:
        """Count one span; one that ends a bucket is in it."""
        self.counts[bisect_left(BUCKETS_MS, span_ns / NS_PER_MS)] += 1
        self.sum_ns += span_ns
        self.count += 1

    @property
    def mean_ms(self) -> float:
        """Give the mean; 0 without a sample."""
        return self.sum_ns / self.count / NS_PER_MS if self.count else 0.0


class Breakdown:
    """One histogram per component, all there from the start, so that none is made while quoting."""

    def __init__(self) -> None:
        """Start without samples."""
        self.histograms: dict[str, Histogram] = {name: Histogram() for name in COMPONENTS}

    def add(self, spans_ns: Mapping[str, int]) -> None:
        """Take in one cycle: what each component took of it; one that is not named took nothing."""
        for name, histogram in self.histograms.items():
            histogram.add(spans_ns.get(name, 0))

    def sum_ms(self) -> float:
        """Give the mean of all components together: the mean cycle."""
        return sum(histogram.mean_ms for histogram in self.histograms.values())
