"""The published formulas, against numbers computed elsewhere: formulas to 1e-5, linear systems to 1e-4."""

import math

import pytest

from strategy.closed_forms import (
    Crowd,
    Distances,
    avellaneda_stoikov,
    certain_half,
    glosten_milgrom,
    gueant_lehalle_tapia,
    gueant_lehalle_tapia_exact,
    inventory_weight,
    symmetric,
)

AS_2008 = Crowd(volatility=2.0, fill_rate=140.0, fill_decay=1.5, aversion=0.1)


@pytest.mark.parametrize("aversion, spread", [(0.1, 1.49), (0.01, 1.35), (1.0, 3.02)])
def test_the_average_spread_is_the_published_one(aversion, spread):
    crowd = Crowd(2.0, 140.0, 1.5, aversion)
    assert spread == pytest.approx(symmetric(crowd, 1.0).spread, abs=0.005)


def test_a_long_position_lowers_both_quotes_until_the_end_comes():
    early, late = avellaneda_stoikov(AS_2008, 3, 1.0), avellaneda_stoikov(AS_2008, 3, 0.0)
    # The reservation price is 3 * .1 * 4 below the mid, half the spread .2 and ln(1 + 1/15) / .1 around it.
    assert (pytest.approx(1.2), pytest.approx(1.690770, rel=1e-5)) == ((early.bid - early.ask) / 2, early.spread)
    assert Distances(certain_half(AS_2008), certain_half(AS_2008)) == late


@pytest.mark.parametrize(
    "crowd, half, weight, spread",
    [
        (Crowd(0.3, 0.9, 0.3, 0.01), 3.278982, 0.067866, 6.625830),
        (Crowd(0.4, 0.9, 0.3, 0.01), 3.278982, 0.090488, 6.648452),
        (Crowd(1.0, 0.2, 0.3, 0.01), 3.278982, 0.479884, 7.037848),
        (AS_2008, 0.645385, 0.051717, 1.342488),
    ],
)
def test_the_asymptotic_form(crowd, half, weight, spread):
    close = {"rel": 1e-5}
    assert (pytest.approx(half, **close), pytest.approx(weight, **close)) == (
        certain_half(crowd),
        inventory_weight(crowd),
    )
    assert pytest.approx(spread, **close) == gueant_lehalle_tapia(crowd, 0).spread
    assert pytest.approx(half + 1.5 * weight, **close) == gueant_lehalle_tapia(crowd, 1).bid
    assert pytest.approx(half - 0.5 * weight, **close) == gueant_lehalle_tapia(crowd, 1).ask


@pytest.mark.parametrize(
    "crowd, remaining, one, five",
    [
        (Crowd(0.3, 0.9, 0.3, 0.01), 600.0, (3.3812, 3.2449), (3.6535, 2.9725)),
        (Crowd(0.4, 0.9, 0.3, 0.01), 600.0, (3.4154, 3.2335), (3.7787, 2.8700)),
        (Crowd(1.0, 0.2, 0.3, 0.01), 600.0, (4.0175, 3.0323), (5.9185, 1.1002)),
        (AS_2008, 1.0, (0.7241, 0.6191), (0.9318, 0.4105)),
    ],
)
def test_the_exact_solution(crowd, remaining, one, five):
    quotes = gueant_lehalle_tapia_exact(crowd, 30, remaining)
    for position, expected in ((1, one), (5, five)):
        assert pytest.approx(expected, abs=1e-4) == (quotes[position].bid, quotes[position].ask)


def test_the_exact_solution_is_the_same_for_long_and_short_and_ends_at_its_limit():
    quotes = gueant_lehalle_tapia_exact(AS_2008, 4, 1.0)
    assert list(range(-4, 5)) == list(quotes)
    assert all(quotes[q].bid == pytest.approx(quotes[-q].ask) for q in range(-4, 5))
    assert (math.inf, math.inf) == (quotes[4].bid, quotes[-4].ask)


def test_at_the_end_of_trading_a_position_is_nothing_to_fear():
    quotes = gueant_lehalle_tapia_exact(AS_2008, 4, 0.0)
    assert Distances(certain_half(AS_2008), certain_half(AS_2008)) == quotes[2]


def test_quotes_that_break_even_stand_at_what_a_trade_of_their_side_says_of_the_value():
    bid, ask = glosten_milgrom(0.3, 0.4, 99.0, 101.0)
    # A buyer makes the two values equally likely; a seller leaves 9 chances of 58 to the high one.
    assert (pytest.approx(99 + 2 * 9 / 58), pytest.approx(100.0)) == (bid, ask)
    assert (99.0, 101.0) == glosten_milgrom(0.5, 1.0, 99.0, 101.0)
