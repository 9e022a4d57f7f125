"""What the market does: a trend goes its way for as long as it lasts, and moves nobody's luck."""

import pytest
from small_world import small_world

from sim.dice import Dice
from sim.market.latent import STEP_NS, LatentPrice
from strategy.units import BPS, NS_PER_S

START = 1_000_000


def walked(steps: int, *drifts: tuple[int, float]) -> list[int]:
    """Give the price of each step; ``drifts`` are (step, bps a second more from then on)."""
    latent = LatentPrice(Dice(1), "X", START, 0.4, 0.0, 0.0)
    prices = []
    for step in range(steps):
        for at, bps_per_s in drifts:
            if at == step:
                latent.drift(bps_per_s)
        latent.step(1.0)
        prices.append(latent.micro)
    return prices


@pytest.mark.parametrize("bps_per_s", [2.0, -2.0])
def test_a_drift_adds_its_way_to_the_same_walk_and_ends(bps_per_s):
    second = NS_PER_S // STEP_NS
    plain, drifting = walked(12 * second), walked(12 * second, (0, bps_per_s), (10 * second, -bps_per_s))
    gone_bps = [BPS * (one / other - 1) for one, other in zip(drifting, plain, strict=True)]
    assert gone_bps[10 * second - 1] == pytest.approx(10 * bps_per_s, rel=0.01)
    assert gone_bps[-1] == pytest.approx(gone_bps[10 * second - 1], rel=1e-3)


def test_only_the_market_that_is_named_goes_its_way(tmp_path):
    where = {}
    for name, faults in (
        ("calm", ""),
        ("trend", "{at_s: 3, for_s: 10, kind: trend, bps_per_s: 5, symbols: [ETHUSDT]}"),
    ):
        world = small_world(tmp_path, 20, symbols="[BTCUSDT, ETHUSDT]", faults=faults, calm_s=15)
        world.run()
        where[name] = {market.symbol: market.latent.micro for market in world.markets}
    assert where["calm"]["BTCUSDT"] == where["trend"]["BTCUSDT"]
    assert BPS * (where["trend"]["ETHUSDT"] / where["calm"]["ETHUSDT"] - 1) == pytest.approx(50, rel=0.02)


def test_in_a_trend_what_is_stuck_is_unwound_by_taking(tmp_path):
    kinds = {"profile": "btc_rebate", "calm_s": 90, "overrides": "placement.unwind_after_s: 5"}
    world = small_world(tmp_path, 95, faults="{at_s: 20, for_s: 70, kind: trend, bps_per_s: 2}", **kinds)
    world.run()
    assert [] == world.oracle.breaches
    taken = [fill.event for fill in world.venue.fills if fill.event.liquidity == "taker"]
    assert taken
    assert {1} == {fill.side for fill in taken}, "sold into the rise, and bought back"
