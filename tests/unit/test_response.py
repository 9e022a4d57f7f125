"""The measure of what the fair value's signals say: it finds a response that was put there, and none where none is."""

import random

import pytest
import response

from sim.market.figures import Print, Quote
from strategy.units import NS_PER_MS, NS_PER_S

MID = 200_000  # twice the mid; 20 of these are a bp


def market(follows: bool, seed: int = 1):
    """Takers toss a coin twice a second; where it ``follows``, the mid goes their way 300 ms later, by a bp."""
    dice, quotes, trades, mid = random.Random(seed), [], [], MID
    for number in range(1, 601):
        at_ns, side = number * NS_PER_S // 2, dice.choice((1, -1))
        lots = dice.choice((100, 300))
        trades.append(Print(at_ns, side, mid // 2, 1))
        quotes.append(Quote(at_ns, mid // 2 - 1, lots, mid // 2 + 1, 400 - lots))
        mid += 20 * (side if follows else dice.choice((1, -1)))
        quotes.append(Quote(at_ns + 300 * NS_PER_MS, mid // 2 - 1, lots, mid // 2 + 1, 400 - lots))
    return quotes, trades


def test_where_the_mid_follows_takers_they_are_told_apart_from_imbalance():
    takers, imbalance, takers_both, imbalance_both = response.slopes(*market(follows=True))
    assert takers.bps > 5 * takers.error_bps
    assert takers_both.bps == pytest.approx(takers.bps, rel=0.1)
    assert abs(imbalance.bps) < 4 * imbalance.error_bps
    assert abs(imbalance_both.bps) < 4 * imbalance_both.error_bps


def test_where_nothing_follows_nothing_is_found():
    for slope in response.slopes(*market(follows=False)):
        assert abs(slope.bps) < 4 * slope.error_bps


def test_a_window_that_is_not_there_is_skipped_by_name(tmp_path):
    first = next(response.markets(tmp_path))
    assert "skipped: no binance_usdm_btcusdt_20230404-05 in STORMQUOTE_DATA" == first
    assert "skipped" in str(next(response.markets(None)))
