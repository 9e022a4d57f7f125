"""The branching drawing of a Hawkes process: what it refuses, and whose luck moves when."""

import pytest

from sim.dice import Dice
from sim.market.hawkes import Explosive, Hawkes

TWO = [[0.1, 0.6], [0.6, 0.1]]


def drawn(source, count):
    return [source.pop() for _ in range(count)]


@pytest.mark.parametrize(
    "children", [[[1.0]], [[0.5, 0.5], [0.5, 0.5]], [[0.2, 2.0], [0.5, 0.2]], [[0.5, 0.0], [0.0, 1.2]]]
)
def test_a_process_that_would_never_calm_down_is_refused(children):
    with pytest.raises(Explosive):
        Hawkes(Dice(1), "x", [0.1] * len(children), children, 1.0)


@pytest.mark.parametrize(
    "base, children", [([0.1], [[0.1, 0.1]]), ([0.1, 0.1], [[0.1, 0.1]]), ([0.1], [[-0.1]]), ([-1.0], [[0.1]])]
)
def test_what_is_no_matrix_of_means_is_refused(base, children):
    with pytest.raises(ValueError):
        Hawkes(Dice(1), "x", base, children, 1.0)


def test_the_mean_rate_is_known_beforehand():
    assert pytest.approx((1 / 3, 1 / 3)) == Hawkes(Dice(1), "x", [0.1, 0.1], TWO, 1.6).mean_per_s
    assert pytest.approx((2.0, 1.0)) == Hawkes(Dice(1), "x", [1.5, 0.5], [[0.0, 0.5], [0.25, 0.0]], 1.6).mean_per_s


def test_instants_never_go_back_and_the_same_seed_gives_the_same():
    first, again = (drawn(Hawkes(Dice(5), "x", [0.1, 0.1], TWO, 1.6), 500) for _ in range(2))
    assert first == again == sorted(first, key=lambda event: event[0])
    assert {0, 1} == {kind for _, kind, _ in first}
    assert first != drawn(Hawkes(Dice(6), "x", [0.1, 0.1], TWO, 1.6), 500)


def test_immigrants_of_one_kind_are_the_same_without_the_other():
    """Where kind 1 has no influence on kind 0, taking it away moves nothing of kind 0."""
    both = Hawkes(Dice(5), "x", [0.5, 0.5], [[0.4, 0.0], [0.3, 0.2]], 1.6)
    alone = Hawkes(Dice(5), "x", [0.5, 0.0], [[0.4, 0.0], [0.0, 0.0]], 1.6)
    kind_0 = [event for event in drawn(both, 500) if event[1] == 0]
    assert len(kind_0) > 100
    assert kind_0 == drawn(alone, len(kind_0))
