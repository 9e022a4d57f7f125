"""Families of samples in Prometheus' form, made from plain numbers as a scrape asks for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import CollectorRegistry

from strategy.breakdown import BUCKETS_MS, Histogram
from strategy.units import NS_PER_MS

PREFIX: Final = "stormquote_"

Rows = Iterable[tuple[tuple[str, ...], float]]

_ENDS: Final = (*(f"{end:g}" for end in BUCKETS_MS), "+Inf")


def rows(values: Mapping[Any, float]) -> Rows:
    """Give one row for each entry; its key is the label, or a tuple of them."""
    for key, value in values.items():
        yield (key if isinstance(key, tuple) else (key,)), float(value)


def gauge(name: str, words: str, labels: Sequence[str], samples: Rows) -> Metric:
    """Make a family of what goes up and down."""
    family = GaugeMetricFamily(PREFIX + name, words, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family


def counter(name: str, words: str, labels: Sequence[str], samples: Rows) -> Metric:
    """Make a family of what only grows, and begins at zero with the process."""
    family = CounterMetricFamily(PREFIX + name, words, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family


def level(name: str, words: str, value: float | None) -> Metric:
    """Make a gauge without labels; None leaves it without a sample."""
    return gauge(name, words, (), () if value is None else (((), float(value)),))


def count(name: str, words: str, value: float) -> Metric:
    """Make a counter without labels."""
    return counter(name, words, (), (((), float(value)),))


def histogram(name: str, words: str, label: str, histograms: Mapping[str, Histogram]) -> Metric:
    """Make a family of spans in ms, ``name`` given in full; by one label, or by none if that is empty."""
    family = HistogramMetricFamily(name, words, labels=(label,) if label else ())
    for value, one in histograms.items():
        held = list(zip(_ENDS, accumulate(one.counts), strict=True))
        family.add_metric((value,) if label else (), buckets=held, sum_value=one.sum_ns / NS_PER_MS)
    return family


def process_families() -> Iterator[Metric]:
    """Make what the operating system knows of this process: memory, processor time, when it began."""
    yield from ProcessCollector(registry=CollectorRegistry()).collect()
