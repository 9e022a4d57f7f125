"""The histogram behind ``latency_breakdown_ms``: explicit buckets, exact sums, all components from the start."""

from strategy.breakdown import BUCKETS_MS, COMPONENT_OF, COMPONENTS, Breakdown, Histogram
from strategy.pipeline import MODELS
from strategy.units import NS_PER_MS


def test_buckets_rise_and_each_span_is_in_the_first_that_holds_it():
    assert list(BUCKETS_MS) == sorted(set(BUCKETS_MS))
    histogram = Histogram()
    for ms in (0.0, 1.0, 1.0001, 66.0, 9_999.0):
        histogram.add(int(ms * NS_PER_MS))
    held = [(BUCKETS_MS[place] if place < len(BUCKETS_MS) else "more") for place, n in enumerate(histogram.counts) if n]
    assert [0.001, 1.0, 2.0, 75.0, "more"] == held
    assert (5, sum(histogram.counts)) == (histogram.count, 5)


def test_histograms_do_not_share_their_counts():
    first, second = Histogram(), Histogram()
    first.add(1)
    assert (1, 0) == (sum(first.counts), sum(second.counts))


def test_a_component_that_took_nothing_is_counted_with_nothing():
    breakdown = Breakdown()
    breakdown.add({"rest": 66 * NS_PER_MS, "place": 2 * NS_PER_MS})
    breakdown.add({"rest": 34 * NS_PER_MS})
    means = {name: one.mean_ms for name, one in breakdown.histograms.items() if one.sum_ns}
    assert ({"rest": 50.0, "place": 1.0}, 51.0) == (means, breakdown.sum_ms())
    assert {2} == {one.count for one in breakdown.histograms.values()}


def test_every_stage_of_every_model_has_a_component():
    names = [name for model in MODELS.values() for name, _ in model]
    assert all(COMPONENT_OF[name] in COMPONENTS for name in names)
    assert 8 == len(COMPONENTS)
