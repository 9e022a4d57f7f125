"""Takers who bring takers: as many as were asked for, in clusters, of both sides, nobody else's luck moved."""

import pytest
from pydantic import ValidationError
from small_world import small_world

from sim.dice import Dice
from sim.market.crowd import Crowd, chosen
from sim.market.figures import Figures, figures_of, played_market
from sim.market.flow import FlowMarket
from sim.market.flow_model import Excitement, Flow, Takers
from sim.market.shared import NEVER
from sim.venue.matching import Match
from strategy.units import BUY, NS_PER_S, SELL

SAME = Excitement(same_side=0.7, other_side=0.0, decay_per_s=2.0)
OTHER = Excitement(same_side=0.0, other_side=0.7, decay_per_s=2.0)


@pytest.fixture(scope="module")
def even(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    found = small_world(tmp_path_factory.mktemp("crowd")).scenario.profile.symbols["BTCUSDT"].flow
    assert found is not None
    return found


def excited(flow: Flow, excitement: Excitement | None) -> Flow:
    takers = flow.takers.model_copy(update={"excitement": excitement})
    nobody_knows = flow.informed.model_copy(update={"looks_per_s": 0})
    return flow.model_copy(update={"takers": takers, "informed": nobody_knows})


def measured(flow: Flow) -> Figures:
    return figures_of(*played_market("BTCUSDT", flow, 120_000, 5, 1200))


def crowd(excitement: Excitement | None = SAME, seed: int = 1) -> Crowd:
    takers = Takers(orders_per_s=2, size_lots=3, sweep_share=0, sweep_factor=1, excitement=excitement)
    return Crowd(Dice(seed), "BTCUSDT", takers)


def test_without_excitement_nobody_ever_comes() -> None:
    assert crowd(None).next_ns == NEVER


def test_takers_who_bring_each_other_come_in_clusters_and_no_more_often(even: Flow) -> None:
    alone, together = measured(excited(even, None)), measured(excited(even, SAME))
    assert alone.fano_10s < 2 < 4 < together.fano_10s
    assert together.clusters_per_s == pytest.approx(alone.clusters_per_s, rel=0.2)


def test_whom_they_bring_decides_whether_sides_persist(even: Flow) -> None:
    assert measured(excited(even, SAME)).sign_acf_1 > 0.3
    assert abs(measured(excited(even, None)).sign_acf_1) < 0.06
    assert measured(excited(even, OTHER)).sign_acf_1 < -0.1


def test_a_busier_hour_brings_more_at_the_same_instants() -> None:
    calm, busy, quiet = crowd(), crowd(), crowd()
    brought = {"calm": 0, "busy": 0, "quiet": 0}
    for _ in range(2000):
        assert calm.next_ns == busy.next_ns == quiet.next_ns
        (name, ones), (same_name, more), (_, fewer) = calm.come(1.0), busy.come(2.5), quiet.come(0.25)
        assert name == same_name
        assert len(ones) == 1
        assert more[:1] == ones
        assert fewer in ((), ones)
        for key, comers in (("calm", ones), ("busy", more), ("quiet", fewer)):
            brought[key] += len(comers)
    assert brought["busy"] == pytest.approx(5000, rel=0.05)
    assert brought["quiet"] == pytest.approx(500, rel=0.2)


def test_buyers_and_sellers_are_as_many_and_their_words_are_their_own() -> None:
    source = crowd(Excitement(same_side=0.2, other_side=0.2, decay_per_s=2.0))
    comers = [comer for _ in range(4000) for comer in source.come(1.0)[1]]
    assert {comer.side for comer in comers} == {BUY, SELL}
    assert sum(comer.side == BUY for comer in comers) == pytest.approx(2000, rel=0.1)
    assert len({(one.kind_word, one.place_word, one.size_word) for one in comers}) == 4000
    assert sum(chosen(one, 0.25) for one in comers) == pytest.approx(1000, rel=0.15)


def test_what_is_toxic_is_a_share_of_them_and_moves_no_instant(even: Flow) -> None:
    def sides_of(toxic: float) -> tuple[list[int], tuple[int, int]]:
        instants: list[int] = []

        def traded(_: FlowMarket, _matches: list[Match], _side: int, _mid2: int, now_ns: int) -> None:
            instants.append(now_ns)

        market = FlowMarket("BTCUSDT", excited(even, SAME), 120_000, Dice(3), traded)
        market.fill_book()
        market.toxic = toxic
        market.advance(120 * NS_PER_S)
        return instants, market.proposals_so_far()

    plain, proposed = sides_of(0.0)
    poisoned, proposed_too = sides_of(1.0)
    assert proposed == proposed_too
    assert len(plain) > 50
    # Who knows the price takes only what is better than it, and nothing is where makers keep behind it.
    assert len(poisoned) < len(plain) / 2


@pytest.mark.parametrize(("same", "other"), [(0.5, 0.5), (1.0, 0.0), (0.7, 0.4)])
def test_what_would_never_calm_down_is_refused(same: float, other: float) -> None:
    with pytest.raises(ValidationError, match="below 1"):
        Excitement(same_side=same, other_side=other, decay_per_s=1.0)
