"""Published markets in a profile: read, refused when contradictory, and traded on by the whole bot."""

import pytest
from small_world import small_scenario

from sim.market.rate_model import ContStoikovTalreja, QueueReactive, SantaFe
from sim.market.rates import RateMarket
from sim.plan import expand
from sim.scenario.load import load_scenarios
from sim.scenario.profiles import Profile, profile_folder
from sim.world import World
from strategy.core import Core
from strategy.documents import read
from strategy.errors import OperatorError

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


def profile_with(folder, market):
    """Write a profile of one symbol whose market is the text given."""
    head, _, rest = (profile_folder() / "synthetic.yaml").read_text(encoding="utf-8").partition("    flow:\n")
    (folder / "mine.yaml").write_text(
        head.rstrip() + market + "links:\n" + rest.partition("\nlinks:\n")[2], encoding="utf-8"
    )
    scenario = folder / "s.yaml"
    small_scenario(folder)
    text = (folder / "small.yaml").read_text(encoding="utf-8")
    scenario.write_text(text.replace("profile: synthetic", "profile: mine"), encoding="utf-8")
    return scenario


def test_a_profile_of_rates_is_read_from_its_file(tmp_path):
    (ready,) = load_scenarios([profile_with(tmp_path, TEXT)], profiles=tmp_path)
    assert MARKETS["santa_fe"] == ready.profile.symbols["BTCUSDT"].rates


@pytest.mark.parametrize(
    "market, words",
    [
        ("\n", "does not say who trades BTCUSDT: it has neither flow nor rates"),
        (TEXT.replace("12000.0", "12000.05"), "symbols.BTCUSDT.rates.price: 12000.05 is not a multiple of 0.50"),
    ],
)
def test_a_market_that_cannot_begin_is_told_before_it_does(tmp_path, market, words):
    with pytest.raises(OperatorError, match=words):
        load_scenarios([profile_with(tmp_path, market)], profiles=tmp_path)
