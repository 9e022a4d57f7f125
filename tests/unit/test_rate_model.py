"""Published markets in a profile: read, refused when contradictory, and traded on by the whole bot."""

import pytest
from small_world import small_scenario

from sim.market.rate_model import ContStoikovTalreja, QueueReactive, SantaFe
from sim.market.rates import RateMarket
from sim.plan import expand
from sim.scenario.profiles import Profile, profile_folder
from sim.world import World
from strategy.core import Core
from strategy.documents import read

COMMON = {"price": "12000.0", "order_lots": 20, "source": "synthetic"}
MARKETS = {
    "cont_stoikov_talreja": ContStoikovTalreja(
        model="cont_stoikov_talreja", arrive_per_s=[1.85, 1.51, 1.09], cancel_per_s=[0.71, 0.81, 0.68], take_per_s=0.94, **COMMON
    ),
    "santa_fe": SantaFe(
        model="santa_fe", arrive_per_s=0.5, cancel_per_s=0.2, take_per_s=0.8, depth_ticks=20, **COMMON
    ),
    "queue_reactive": QueueReactive(
        model="queue_reactive", arrive_per_s=[[2.0, 1.5, 1.0], [1.0]], cancel_per_s=[[0.0, 0.2, 0.6], [0.0, 0.3]],
        take_per_s=[0.0, 0.5, 1.0], **COMMON,
    ),
}  # fmt: skip
TEXT = """
    rates:
      model: santa_fe
      price: "12000.0"
      order_lots: 20
      arrive_per_s: 0.5
      cancel_per_s: 0.2
      take_per_s: 0.8
      depth_ticks: 20
      source: synthetic
"""


def world_of(folder, rates, seed=1, seconds=60):
    ready = small_scenario(folder, seconds)
    symbol = ready.profile.symbols["BTCUSDT"].model_copy(update={"flow": None, "rates": rates})
    profile = ready.profile.model_copy(update={"symbols": {"BTCUSDT": symbol}})
    ready = ready.model_copy(update={"profile": profile})
    return World(ready, expand(ready, seed), Core)


@pytest.mark.parametrize("model", MARKETS)
def test_the_bot_trades_on_a_published_market_and_a_seed_repeats_it(tmp_path, model):
    digests = []
    for seed in (1, 1, 2):
        world = world_of(tmp_path, MARKETS[model], seed)
        assert isinstance(world.markets[0], RateMarket)
        outcome = world.run()
        assert "" == outcome.error
        assert 0 == world.venue.zero_sum_cash()
        assert world.venue.fills
        digests.append(outcome.digest)
    assert digests[0] == digests[1] != digests[2]


def test_a_wilder_market_takes_more(tmp_path):
    taken = []
    for factor in (1.0, 3.0):
        market = world_of(tmp_path, MARKETS["santa_fe"]).markets[0]
        market.factor = factor
        trades = []
        market._on_trade = lambda *trade, heard=trades: heard.append(trade)
        market.advance(120 * 10**9)
        taken.append(len(trades))
    assert 2 * taken[0] < taken[1] < 4 * taken[0]


def test_a_symbol_has_flow_or_rates_and_not_both():
    text = (profile_folder() / "synthetic.yaml").read_text(encoding="utf-8")
    head, _, rest = text.partition("    flow:\n")
    both = head.rstrip() + TEXT + "    flow:\n" + rest
    problems = read(both, Profile, "p.yaml").problems
    assert ["a symbol has flow or rates, not both"] == [each.message.rpartition(": ")[2] for each in problems]
