"""The figures of a market: by hand on small ones, as published on recorded ones."""

import itertools
import math
from pathlib import Path

import pytest
from small_world import small_world

from sim.market.figures import Print, Quote, figures_of, played_market, recorded_market
from sim.market.flow_model import Flow
from sim.market.tape.load import load
from strategy.units import BUY, NS_PER_MS, NS_PER_S, SELL


def quotes_at(*mids: int, every_ns: int = NS_PER_S, spread: int = 2) -> list[Quote]:
    return [Quote(k * every_ns, mid - spread // 2, 10, mid + spread // 2, 30) for k, mid in enumerate(mids)]


def bought(at_ns: int, price_ticks: int = 1001, size_lots: int = 1) -> Print:
    return Print(at_ns, BUY, price_ticks, size_lots)


def sold(at_ns: int, price_ticks: int = 999, size_lots: int = 1) -> Print:
    return Print(at_ns, SELL, price_ticks, size_lots)


TWO = [bought(0), sold(NS_PER_S)]


def test_time_counts_and_not_the_number_of_quotes() -> None:
    quotes = [Quote(0, 999, 10, 1000, 30), Quote(3 * NS_PER_S, 998, 1, 1001, 1), Quote(4 * NS_PER_S, 0, 0, 1, 1)]
    found = figures_of(quotes, TWO)
    assert (found.span_s, found.share_at_one_tick) == (4.0, 0.75)
    assert found.touch_lots == (3 * 20 + 1 * 1) / 4


def test_returns_are_of_the_mid_on_a_grid_of_one_second() -> None:
    found = figures_of(quotes_at(1000, 1001, 1001, 1000), TWO)
    assert found.rms_1s_bps == pytest.approx(1e4 * math.log(1.001) * math.sqrt(2 / 3))
    assert found.rms_10s_bps == 0.0


def test_trades_of_one_side_in_one_millisecond_are_one_cluster() -> None:
    trades = [bought(0), bought(999_999, size_lots=4), sold(999_999), sold(NS_PER_MS), bought(2 * NS_PER_S)]
    found = figures_of(quotes_at(1000, 1000, 1000), trades)
    assert (found.clusters_per_s, found.cluster_lots) == (2.0, 2.0)


@pytest.mark.parametrize(
    ("later_mid", "trade", "kept_ticks"),
    [(1004, bought(0), -3), (1000, bought(0), 1), (996, sold(0), -3), (1004, sold(0), 5)],
)
def test_makers_keep_the_price_against_the_mid_a_second_later(later_mid: int, trade: Print, kept_ticks: int) -> None:
    # The second trade is too late to have a second after it.
    found = figures_of(quotes_at(1000, later_mid, later_mid), [trade, bought(2 * NS_PER_S)])
    assert found.realised_bps == pytest.approx(1e4 * kept_ticks / trade.price_ticks)


def test_what_makers_keep_is_weighted_by_volume() -> None:
    found = figures_of(quotes_at(1000, 1000, 1000), [bought(0, 1010, 3), sold(0, 1010, 1), bought(2 * NS_PER_S)])
    assert found.realised_bps == pytest.approx(1e4 * (30 - 10) / (1010 * 4))


def test_signs_that_alternate_are_anticorrelated_and_runs_are_persistent() -> None:
    quotes = quotes_at(*[1000] * 61)
    alternating = [(bought, sold)[k % 2](k * NS_PER_S) for k in range(60)]
    runs = [(bought, sold)[k // 30](k * NS_PER_S) for k in range(60)]
    assert figures_of(quotes, alternating).sign_acf_1 == pytest.approx(-59 / 60)
    assert figures_of(quotes, runs).sign_acf_5 == pytest.approx((55 - 2 * 5) / 60)


def test_regular_arrivals_have_no_variance_and_bursts_have_much() -> None:
    quotes = quotes_at(*[1000] * 41)
    regular = [bought(k * NS_PER_S) for k in range(40)]
    burst = [bought(k * NS_PER_MS) for k in range(40)]
    assert figures_of(quotes, regular).fano_10s == 0.0
    assert figures_of(quotes, burst).fano_10s == pytest.approx(40.0)


def test_too_little_is_not_measured() -> None:
    with pytest.raises(ValueError, match="1 quotes and 2 clusters"):
        figures_of(quotes_at(1000), TWO)
    with pytest.raises(ValueError, match="2 quotes and 1 clusters"):
        figures_of(quotes_at(1000, 1000), TWO[:1])


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    found = small_world(tmp_path_factory.mktemp("figures")).scenario.profile.symbols["BTCUSDT"].flow
    assert found is not None
    return found


def test_a_played_market_is_seen_whole_and_the_same_every_time(flow: Flow) -> None:
    quotes, trades = played_market("BTCUSDT", flow, 120_000, 7, 60)
    assert (quotes, trades) == played_market("BTCUSDT", flow, 120_000, 7, 60)
    assert trades != played_market("BTCUSDT", flow, 120_000, 8, 60)[1]
    assert all(before.at_ns <= after.at_ns for before, after in itertools.pairwise(quotes))
    assert all(quote.bid_ticks < quote.ask_ticks and quote.bid_lots and quote.ask_lots for quote in quotes)


def test_arrivals_without_memory_fail_clustering_and_persistence(flow: Flow) -> None:
    # The negative control: a market of Poisson arrivals must not pass for a recorded one.
    found = figures_of(*played_market("BTCUSDT", flow, 120_000, 7, 600))
    assert found.fano_10s < 12 / 1.5
    assert abs(found.sign_acf_1) < 0.21 / 1.5


@pytest.mark.parametrize(
    ("folder", "published"),
    [
        (
            "binance_usdm_btcusdt_20230404-05",
            {"clusters_per_s": 7.7, "share_at_one_tick": 0.999, "rms_1s_bps": 0.37, "rms_10s_bps": 1.2}
            | {"sign_acf_1": 0.21, "sign_acf_5": 0.12, "sign_acf_20": 0.03, "fano_10s": 12, "touch_lots": 5950},
        ),
        (
            "binance_usdm_btcusdt_20240718-19",
            {"clusters_per_s": 7.6, "share_at_one_tick": 0.998, "rms_1s_bps": 0.48, "rms_10s_bps": 2.1}
            | {"sign_acf_1": 0.25, "sign_acf_5": 0.14, "sign_acf_20": 0.10, "fano_10s": 40, "touch_lots": 14100},
        ),
    ],
)
def test_recorded_windows_have_their_published_figures(
    recorded_data: str, folder: str, published: dict[str, float]
) -> None:
    found = figures_of(*recorded_market(load(Path(recorded_data) / folder)))
    assert {name: getattr(found, name) for name in published} == pytest.approx(published, rel=0.06)
    # Published with a standard error of 0.05 to 0.08.
    assert found.realised_bps == pytest.approx(-0.27, abs=0.05)
