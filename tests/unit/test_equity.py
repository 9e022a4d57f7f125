"""How deep the PnL fell on its way: over all symbols, and never within one instant."""

import pytest
from small_world import small_world

from sim.runs.equity import drawdown_cash
from sim.runs.metrics import metrics_of


@pytest.mark.parametrize(
    ("path", "deepest"),
    [
        ([], 0),
        ([(1, 5), (2, 9)], 0),
        ([(1, -4)], 4),
        ([(1, 10), (2, 3), (3, 8), (4, 2), (5, 30), (6, 25)], 8),
        ([(1, 10), (2, 3), (3, 12), (4, 1)], 11),
        ([(1, 10), (2, -100), (2, 7), (3, 9)], 3),
    ],
)
def test_a_fall_is_counted_from_the_highest_before_it(path, deepest):
    assert deepest == drawdown_cash({"A": path})


def test_what_one_symbol_gains_another_may_lose():
    rises, falls = [(1, 10), (3, 20), (5, 30)], [(1, -10), (3, -20), (5, -35)]
    assert 35 == drawdown_cash({"B": falls})
    assert 5 == drawdown_cash({"A": rises, "B": falls})
    assert 5 == drawdown_cash({"Z": rises, "B": falls})


def test_a_run_says_it_and_its_end_is_no_deeper_than_its_deepest(tmp_path):
    world = small_world(tmp_path, 60)
    world.run()
    figures = metrics_of(world)
    assert figures["fills"]["value"] > 0
    deepest = figures["drawdown_usdt"]["value"]
    assert deepest > 0
    assert figures["pnl_usdt"]["value"] >= -deepest - 1e-9
