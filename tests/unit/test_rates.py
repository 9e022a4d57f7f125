"""Markets of rates: what is drawn when, who shares the queues, and what the book never does."""

import pytest

from sim.dice import Dice
from sim.market.rates import RateMarket, cont_stoikov_talreja, queue_reactive, santa_fe
from sim.venue.orders import VenueOrder
from strategy.units import BUY, NS_PER_S, SELL

RATES = santa_fe(0.5, 0.1, 1.0, 6)


def market_of(seed=1, rates=RATES, on_trade=lambda *_: None, symbol="X"):
    market = RateMarket(symbol, rates, 1000, 3, Dice(seed), on_trade)
    market.seed(BUY, 1000, 2)
    market.seed(SELL, 1001, 2)
    return market


def ours(side, price_ticks, lots=3):
    return VenueOrder(1, "s-1", "X", "bid0", side, price_ticks, lots, post_only=True, reduce_only=False)


def test_the_same_seed_makes_the_same_market_and_another_another():
    markets = [market_of(seed) for seed in (1, 1, 2)]
    for market in markets:
        market.advance(60 * NS_PER_S)
    first, again, other = (market.hash_so_far() for market in markets)
    assert first == again != other
    assert markets[0].events > 200


def test_cutting_the_loop_anywhere_changes_nothing():
    whole, cut = market_of(), market_of()
    whole.advance(30 * NS_PER_S)
    for at_ns in (1, 17, 12_345_678, 3 * NS_PER_S, 30 * NS_PER_S):
        cut.advance(at_ns)
    assert whole.hash_so_far() == cut.hash_so_far()


def test_the_book_never_crosses_also_when_a_side_was_empty():
    market, empty = market_of(rates=santa_fe(0.3, 0.3, 1.0, 4)), 0
    for _ in range(5000):
        market.do_next(market.next_ns)
        book = market.book
        empty += not (book.best_bid_ticks and book.best_ask_ticks)
        assert not book.best_bid_ticks or not book.best_ask_ticks or book.best_bid_ticks < book.best_ask_ticks
        assert all(lots % 3 == 0 and lots > 0 for side in book.lots for lots in side.values())
    assert empty > 50


def test_we_share_the_queue_and_the_loop_stops_at_our_fill():
    trades = []
    market = market_of(rates=cont_stoikov_talreja([0.0], [0.0], 2.0), on_trade=lambda *trade: trades.append(trade))
    order = ours(BUY, 1000)
    market.enter(order, 3, 0)
    at_ns = market.advance(1000 * NS_PER_S)
    assert market.touched
    assert 0 == market.ours["s-1"].lots
    # Two orders stood before us: ours is the third that sellers meet.
    sold = [trade for trade in trades if trade[2] == SELL]
    assert (3, at_ns) == (len(sold), sold[-1][-1])


def test_without_traders_nothing_trades_and_without_makers_nothing_arrives():
    trades = []
    market = market_of(on_trade=lambda *trade: trades.append(trade))
    market.trades = market.quotes = False
    market.advance(60 * NS_PER_S)
    assert [] == trades
    # What stood there may only have been cancelled.
    assert sum(market.book.lots[0].values()) <= 6
    assert sum(market.book.lots[1].values()) <= 6


def test_a_cancel_is_keyed_by_the_orders_birth():
    """Another taker rate moves no life: an order that is never taken dies at the same instant."""

    def deaths(symbol_rates):
        market, found = market_of(rates=symbol_rates), []
        while (now_ns := market.next_ns) < 200 * NS_PER_S:
            before = market.book.lots[0].get(1000, 0)
            market.do_next(now_ns)
            if market.book.lots[0].get(1000, 0) < before:
                found.append(now_ns)
        return found

    quiet = cont_stoikov_talreja([0.0], [0.05], 1e-9)
    assert 2 == len(deaths(quiet))
    assert deaths(quiet) == deaths(cont_stoikov_talreja([1e-9], [0.05], 2e-9))


def test_rates_of_a_whole_queue_are_shared_by_its_orders():
    rates = queue_reactive([(1.0, 0.5)], [(0.0, 2.0, 3.0, 3.0)], (0.1,))
    assert (((1.0, 0.5),), ((0.0, 2.0, 1.5, 1.0),), (0.1,)) == (rates.arrive, rates.cancel_each, rates.take)


@pytest.mark.parametrize("side, price", [(BUY, 1000), (SELL, 1001)])
def test_our_order_leaves_and_shrinks_like_any_other(side, price):
    market = market_of()
    order = ours(side, price, lots=5)
    market.enter(order, 5, 0)
    market.shrink(order, 2)
    index = 0 if side == BUY else 1
    assert 9 == market.book.lots[index][price]
    market.leave(order)
    assert 6 == market.book.lots[index][price]
    assert {} == market.ours
