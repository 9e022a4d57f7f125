"""Stage 3, alone: how far, in which direction, and how it is rounded."""

import pytest
from quoting import KNOBS, MID_TICKS, book_at, calm, knobs_with

from strategy.context import QuoteContext, Share
from strategy.knobs import SkewKnobs
from strategy.stages.inventory_skew import lean, skew_bps

SKEW = SkewKnobs(slope_bps_per_pct=0.1, dead_band_pct=5.0, skew_bps_max=0.6)


def leaned(position_lots: int, half_ticks: float = 1.2, **changes: object) -> QuoteContext:
    fields = {
        "position_lots": position_lots,
        "bid_fair_ticks": MID_TICKS - half_ticks,
        "ask_fair_ticks": MID_TICKS + half_ticks,
    }
    return lean(calm(**{**fields, **changes}), KNOBS)


@pytest.mark.parametrize(
    ("position", "skew"),
    [(0, 0.0), (50, 0.0), (60, -0.1), (100, -0.5), (110, -0.6), (1000, -0.6), (-50, 0.0), (-60, 0.1), (-1000, 0.6)],
)
def test_skew_is_linear_beyond_the_dead_band_and_bounded(position: int, skew: float) -> None:
    assert skew_bps(position, 1000, SKEW) == pytest.approx(skew)


def test_flat_rounds_outward() -> None:
    context = leaned(0)
    assert (context.bid_ticks, context.ask_ticks) == (MID_TICKS - 2, MID_TICKS + 2)
    assert context.shares[0] == Share("inventory_skew", 0.0, 0.0)
    assert context.shares[1].stage == "rounding"
    assert (context.shares[1].bid_ticks, context.shares[1].ask_ticks) == pytest.approx((-0.8, 0.8))


def test_long_moves_both_quotes_down() -> None:
    context = leaned(8)  # 3 % beyond the band: 0.3 bps, 0.3 ticks
    assert (context.bid_fair_ticks, context.ask_fair_ticks) == pytest.approx((MID_TICKS - 1.5, MID_TICKS + 0.9))
    assert (context.bid_ticks, context.ask_ticks) == (MID_TICKS - 2, MID_TICKS + 1)
    assert (context.shares[0].bid_ticks, context.shares[0].ask_ticks) == pytest.approx((-0.3, -0.3))


def test_short_moves_both_quotes_up() -> None:
    context = leaned(-8)
    assert (context.bid_ticks, context.ask_ticks) == (MID_TICKS - 1, MID_TICKS + 2)
    assert (context.shares[0].bid_ticks, context.shares[0].ask_ticks) == pytest.approx((0.3, 0.3))


def test_whole_prices_stay_where_they_are() -> None:
    context = leaned(0, half_ticks=2.0)
    assert (context.bid_ticks, context.ask_ticks) == (MID_TICKS - 2, MID_TICKS + 2)


@pytest.mark.parametrize(("position", "bid", "ask"), [(100, -1, 1), (-100, 0, 2)])
def test_a_skew_stops_at_the_other_side_of_a_one_tick_market(position: int, bid: int, ask: int) -> None:
    # Best bid at the mid's tick, best ask one above; believed prices at the touch, skewed by 0.6 ticks.
    market = book_at(MID_TICKS, MID_TICKS + 1)
    context = leaned(position, bid_fair_ticks=float(MID_TICKS), ask_fair_ticks=MID_TICKS + 1.0, **market)
    assert (context.bid_ticks, context.ask_ticks) == (MID_TICKS + bid, MID_TICKS + ask)


@pytest.mark.parametrize(("position", "bid", "ask"), [(100, -3, 1), (-100, 0, 4)])
def test_a_quote_leaned_across_the_market_is_held_one_tick_off_it(position: int, bid: int, ask: int) -> None:
    market = book_at(MID_TICKS, MID_TICKS + 1)
    knobs = knobs_with(skew={"skew_bps_max": 2.0})
    context = calm(position_lots=position, bid_fair_ticks=float(MID_TICKS), ask_fair_ticks=MID_TICKS + 1.0, **market)
    assert (lean(context, knobs).bid_ticks, lean(context, knobs).ask_ticks) == (MID_TICKS + bid, MID_TICKS + ask)


def test_shares_and_prices_add_up() -> None:
    context = leaned(-20)
    assert MID_TICKS - 1.2 + sum(share.bid_ticks for share in context.shares) == pytest.approx(context.bid_ticks)
    assert MID_TICKS + 1.2 + sum(share.ask_ticks for share in context.shares) == pytest.approx(context.ask_ticks)


def test_earlier_shares_are_kept() -> None:
    before = Share("adaptive_spread", -1.2, 1.2)
    assert leaned(0, shares=(before,)).shares[0] == before


def test_without_a_mid_nothing_is_leaned() -> None:
    context = calm(mid2_ticks=0)
    assert lean(context, KNOBS) is context
