"""How long quotes of ours stood that should not have: by the price that the sniper knows, or blind."""

import pytest
from small_world import small_world

from sim.measures import is_stale
from sim.runs.metrics import metrics_of
from strategy.units import BUY, SELL


@pytest.mark.parametrize(
    ("quotes", "fair", "expected"),
    [
        ({BUY: [99], SELL: [101]}, 100.0, False),
        ({BUY: [101]}, 100.0, True),
        ({BUY: [100]}, 99.1, False),
        ({SELL: [99]}, 100.0, True),
        ({SELL: [99, 102]}, 99.5, False),
        ({BUY: [], SELL: []}, 50.0, False),
        ({BUY: [101]}, None, False),
    ],
)
def test_a_quote_better_than_the_fair_price_by_a_tick_is_stale(quotes, fair, expected):
    assert expected is is_stale(quotes, fair, is_blind=False)


def test_whoever_is_blind_has_no_fresh_quote():
    assert is_stale({BUY: [1], SELL: []}, None, is_blind=True)
    assert not is_stale({BUY: [], SELL: []}, 100.0, is_blind=True)


def stale_s(world):
    world.run()
    return metrics_of(world)["stale_quote_s"]["value"]


def test_quotes_that_nobody_can_pull_are_stale_for_as_long(tmp_path):
    """Neither market data nor requests come through; what stands, stands."""
    cut = "{id: cut, at_s: 4, for_s: 8, kind: partition, links: [public, rest_up]}"
    assert stale_s(small_world(tmp_path, 14, faults=cut, calm_s=13)) > 2
    assert stale_s(small_world(tmp_path, 14)) < 1
