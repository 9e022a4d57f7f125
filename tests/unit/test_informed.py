"""Takers of whom some know: rounds are drawn by number, and what is quoted decides only what is paid."""

import pytest

from sim.dice import Dice
from sim.market.informed import InformedMarket, Knowledge
from sim.venue.orders import VenueOrder
from strategy.units import BUY, NS_PER_S, SELL


def played(informed, quotes, rounds=400, seed=3):
    trades, values = [], []
    market = InformedMarket(
        "X",
        Knowledge(0.5, informed, 900, 1100, 2.0),
        Dice(seed),
        lambda _market, matches, side, mid2, now_ns: trades.append((now_ns, side, mid2, matches[0][1])),
        lambda value, now_ns: values.append((now_ns, value)),
    )
    for side, price in quotes.items():
        order = VenueOrder(1, f"s-{side}", "X", "", side, price, 10_000, post_only=True, reduce_only=False)
        market.enter(order, 10_000, 0)
    for _ in range(rounds):
        market.do_next(market.next_ns)
    return trades, values


def test_who_knows_buys_what_is_worth_more_and_is_told_with_what_all_believed():
    trades, values = played(1.0, {BUY: 990, SELL: 1010})
    assert [(at, BUY, 2000, 1010) if value == 1100 else (at, SELL, 2000, 990) for at, value in values] == trades
    assert {900, 1100} == {value for _, value in values}


def test_who_tosses_a_coin_is_right_half_the_time():
    trades, values = played(0.0, {BUY: 990, SELL: 1010}, rounds=2000)
    right = sum((side == BUY) == (value == 1100) for (_, side, _, _), (_, value) in zip(trades, values, strict=True))
    assert pytest.approx(1000, abs=90) == right


def test_rounds_are_the_same_whatever_is_quoted_and_a_missing_side_is_a_missed_trade():
    both, values = played(0.5, {BUY: 990, SELL: 1010})
    bids, same = played(0.5, {BUY: 950})
    assert values == same
    assert [(at, side) for at, side, *_ in both if side == SELL] == [(at, side) for at, side, *_ in bids]


def test_the_loop_stops_at_our_fill():
    market = InformedMarket("X", Knowledge(0.5, 0.5, 900, 1100, 2.0), Dice(3), lambda *_: None, lambda *_: None)
    market.advance(10 * NS_PER_S)
    assert not market.touched
    for side, price in ((BUY, 990), (SELL, 1010)):
        market.enter(VenueOrder(1, f"s-{side}", "X", "", side, price, 5, post_only=True, reduce_only=False), 5, 0)
    assert market.advance(100 * NS_PER_S) < 100 * NS_PER_S
    assert market.touched
