"""The market of takers with reach: gathered rates, quotes that may move at any instant."""

import math

import pytest

from sim.dice import Dice
from sim.market.reach import Reach, ReachMarket
from sim.venue.orders import VenueOrder
from strategy.units import BUY, NS_PER_S, SELL

STILL = Reach(0.0, NS_PER_S, 2.0, 0.5)


def market_of(reach=STILL, seed=1, trades=None):
    heard = trades if trades is not None else []
    return ReachMarket("X", reach, 1000, Dice(seed), lambda *trade: heard.append(trade))


def quote(market, side, price_ticks, now_ns=0, lots=10_000, number=1):
    order = VenueOrder(number, f"s-{number}", "X", "", side, price_ticks, lots, post_only=True, reduce_only=False)
    market.enter(order, lots, now_ns)
    return order


def taken(market, until_s):
    count = 0
    while market.advance(until_s * NS_PER_S) < until_s * NS_PER_S:
        count += 1
    return count


@pytest.mark.parametrize("distance", [-1, 0, 2])
@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_quote_is_taken_as_often_as_its_distance_says_also_beyond_the_mid(side, distance):
    market = market_of()
    quote(market, side, 1000 - side * distance)
    expected = 2.0 * math.exp(-0.5 * distance) * 500
    assert pytest.approx(expected, abs=4 * math.sqrt(expected)) == taken(market, 500)


def test_an_empty_book_is_never_taken_from_and_only_the_mid_moves():
    market = market_of(Reach(3.0, NS_PER_S, 2.0, 0.5))
    assert 0 == taken(market, 100)
    assert 100 == market.events
    assert market.mid != 1000


def test_a_quote_that_is_moved_to_where_it_was_changes_nothing():
    """The rate is gathered: taking a quote away and back draws nothing anew."""
    still, moved = market_of(), market_of()
    for market in (still, moved):
        order = quote(market, BUY, 998)
    first_ns = still.next_ns
    for part in range(1, 10):
        at_ns = first_ns * part // 10
        moved.advance(at_ns)
        moved.leave(order)
        order = quote(moved, BUY, 998, at_ns)
    # A step of the mid may come first; rounding up to whole nanoseconds is all that differs.
    assert abs(first_ns - moved.next_ns) <= 10


def test_trades_are_told_with_the_mid_that_the_book_does_not_know():
    trades = []
    market = market_of(trades=trades)
    quote(market, SELL, 1001)
    taken(market, 5)
    assert trades
    assert {(BUY, 2000)} == {(side, mid2) for _, _, side, mid2, _ in trades}


def test_the_other_sides_takers_are_the_same_without_us():
    both, one = market_of(), market_of()
    quote(both, BUY, 999, number=1)
    quote(both, SELL, 1001, number=2)
    quote(one, SELL, 1001, number=2)
    bought = []
    for market in (both, one):
        instants = []
        market._on_trade = lambda _m, _x, side, _mid, now_ns, found=instants: (
            found.append(now_ns) if side == BUY else None
        )
        taken(market, 50)
        bought.append(instants)
    assert len(bought[0]) > 20
    assert all(abs(a - b) <= 100 for a, b in zip(*bought, strict=True))
