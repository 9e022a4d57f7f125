"""The birth–death book of Cont, Stoikov and Talreja (2010), through the product's matching.

The mid's direction, the chance to earn the spread, the next change of a queue, the time to be
executed, and the law of a queue whose rates depend on its size. Rates are a minute in the paper
and a second here: only the unit of time differs.
"""

import math
from collections.abc import Iterator
from typing import Any

from conformance.economics.table import Row

from sim.dice import Dice
from sim.market.rates import RateMarket, Rates, cont_stoikov_talreja, queue_reactive, santa_fe
from sim.venue.orders import VenueOrder
from strategy.units import BUY, NS_PER_S, SELL

_CST = "2 CST"
_ARRIVE = (1.85, 1.51, 1.09, 0.88, 0.77)
_CANCEL = (0.71, 0.81, 0.68, 0.56, 0.47)
_TAKE = 0.94
PAPER = cont_stoikov_talreja(_ARRIVE, _CANCEL, _TAKE)
_BID, _ASK = 100, 101
_FAR_FROM_ZERO = 100_000  # where a price that walks for hours stays clear of it
_LONG_NS = 10_000 * NS_PER_S
# Rows b, columns a, for a >= b: the rest is their mirror image.
_RISES = {
    (1, 1): 0.5000, (1, 2): 0.3352, (1, 3): 0.2590, (1, 4): 0.2158, (1, 5): 0.1878,
    (2, 1): 0.6648, (2, 2): 0.5000, (2, 3): 0.4069, (2, 4): 0.3479, (2, 5): 0.3072,
    (3, 1): 0.7410, (3, 2): 0.5931, (3, 3): 0.5000, (3, 4): 0.4366, (3, 5): 0.3906,
    (4, 1): 0.7842, (4, 2): 0.6521, (4, 3): 0.5634, (4, 4): 0.5000, (4, 5): 0.4523,
    (5, 1): 0.8122, (5, 2): 0.6928, (5, 3): 0.6094, (5, 4): 0.5477, (5, 5): 0.5000,
}  # fmt: skip
_EARNS = {
    (1, 1): 0.2658, (1, 2): 0.3080, (1, 3): 0.3089, (1, 4): 0.2996, (1, 5): 0.2880,
    (2, 2): 0.3856, (2, 3): 0.4056, (2, 4): 0.4063, (2, 5): 0.3997, (3, 3): 0.4407,
    (3, 4): 0.4518, (3, 5): 0.4524, (4, 4): 0.4715, (4, 5): 0.4785, (5, 5): 0.4909,
}  # fmt: skip
_QUICK_CELLS = ((1, 1), (1, 3), (2, 5), (5, 5))
_NEXT_UP = (0.5286, 0.4394, 0.3759, 0.3285, 0.2917)
_MINUTES = (1.0638, 1.6699, 2.0936, 2.4194, 2.6839)


def started(rates: Rates, bids: int, asks: int, seed: int, bid_ticks: int = _BID) -> RateMarket:
    """Give a market with so many orders on each side of a spread of one tick."""
    market = RateMarket("BOOK", rates, bid_ticks, 1, Dice(seed), lambda *_: None)
    market.seed(BUY, bid_ticks, bids)
    market.seed(SELL, bid_ticks + 1, asks)
    return market


def ours(market: RateMarket, side: int) -> Any:
    """Put an order of ours last in the queue of its side."""
    order = VenueOrder(
        1, f"s-{side}", "BOOK", "", side, _BID if side == BUY else _ASK, 1, post_only=True, reduce_only=False
    )
    market.enter(order, 1, 0)
    return market.ours[order.client_id]


def mid_rises(bids: int, asks: int, seed: int) -> bool:
    """Play until a best queue is empty; say whether that was the ask's."""
    market = started(PAPER, bids, asks, seed)
    while True:
        market.do_next(market.next_ns)
        if not market.book.lots[1].get(_ASK):
            return True
        if not market.book.lots[0].get(_BID):
            return False


def earns_spread(bids: int, asks: int, seed: int) -> bool:
    """Play until both our orders have traded, or the mid has moved before."""
    market = started(PAPER, bids - 1, asks - 1, seed)
    bid, ask = ours(market, BUY), ours(market, SELL)
    while True:
        market.do_next(market.next_ns)
        if not bid.lots and not ask.lots:
            return True
        if not market.book.lots[1].get(_ASK) or not market.book.lots[0].get(_BID):
            return False


def grows_next(orders: int, seed: int) -> bool:
    """Play until a best bid queue of so many changes; say whether it grew."""
    market = started(PAPER, orders, 50, seed)
    while (lots := market.book.lots[0].get(_BID, 0)) == orders:
        market.do_next(market.next_ns)
    return lots > orders


def executed_after(place: int, seed: int) -> float:
    """Give when an order at this place trades, with so many arrivals that the price cannot move."""
    rates = Rates(((60.0,) * 20 + (0.0,),), PAPER.cancel_each, PAPER.take)
    market = started(rates, place - 1, 20, seed)
    bid = ours(market, BUY)
    while bid.lots:
        at_ns = market.next_ns
        market.do_next(at_ns)
    return at_ns / NS_PER_S


def time_at_size(rates: Rates, distance: int, until_s: float, seed: int, sizes: int) -> list[float]:
    """Give the share of time the bid queue at a distance from the ask spends at each size 0, 1, …"""
    market, spent, last_ns = started(rates, 1, 1, seed, _FAR_FROM_ZERO), [0] * sizes, 0
    while last_ns < until_s * NS_PER_S:
        lots = market.book.lots[0].get(market.book.best_ask_ticks - distance, 0)
        now_ns = market.next_ns
        market.do_next(now_ns)
        spent[min(lots, sizes - 1)] += now_ns - last_ns
        last_ns = now_ns
    return [one / last_ns for one in spent]


def birth_death_law(up: list[float], down: list[float]) -> list[float]:
    """Give pi(n) = pi(0) · product of up(j-1) / down(j); ``down[0]`` is that of size 1."""
    weights = [1.0]
    for rise, fall in zip(up, down, strict=True):
        weights.append(weights[-1] * rise / fall)
    return [one / sum(weights) for one in weights]


def _share(play: Any, starts: int, *cell: int) -> float:
    return sum(play(*cell, seed) for seed in range(starts)) / starts


def rows(quick: bool) -> Iterator[Row]:
    """Give every cell of both tables, or four of each."""
    starts = 600 if quick else 40_000
    tolerance = 0.010 * math.sqrt(40_000 / starts)
    for name, play, table in (("mid rises first", mid_rises, _RISES), ("both execute", earns_spread, _EARNS)):
        for cell in _QUICK_CELLS if quick else table:
            what = f"P({name}), {cell[0]} at the bid, {cell[1]} at the ask"
            yield Row(_CST, what, table[cell], _share(play, starts, *cell), tolerance)
    for orders, expected in enumerate(_NEXT_UP, 1):
        yield Row(
            _CST, f"P(next change is up), queue of {orders}", expected, _share(grows_next, starts, orders), tolerance
        )
    for place, expected in enumerate(_MINUTES, 1):
        measured = _share(executed_after, starts // 2, place)
        # Waiting times in a row of exponentials: their variances add up.
        spread = math.sqrt(sum((_TAKE + j * _CANCEL[0]) ** -2 for j in range(place)))
        yield Row(
            _CST, f"mean wait for execution, place {place}", expected, measured, 4 * spread / math.sqrt(starts // 2)
        )
    yield from _laws(quick)


def _laws(quick: bool) -> Iterator[Row]:
    until_s = 2_000 if quick else 100_000
    up, down = [3.0, 1.0, 2.0, 0.5, 0.5], [1.0, 2.5, 1.0, 2.0, 3.0]
    frozen = ((60.0,) * 20 + (0.0,), (*up, 0.0))
    rates = queue_reactive(frozen, ((0.0, 0.5), (0.0, *down)), (0.0,))
    measured = time_at_size(rates, 2, until_s, 5, len(up) + 1)
    for size, expected in enumerate(birth_death_law(up, down)):
        tolerance = 0.02 * math.sqrt(10_000 / until_s)
        yield Row("2 queue law", f"queue-reactive: share of time at size {size}", expected, measured[size], tolerance)
    # Far from the touch nothing trades: a queue of the Santa Fe book is Poisson with mean arrive / cancel.
    until_s *= 0.4
    shares = time_at_size(santa_fe(0.5, 0.25, 0.25, 12), 8, until_s, 6, 12)
    mean = sum(size * share for size, share in enumerate(shares))
    # Variance 2, and correlated over the mean life of 4 s.
    yield Row("2 queue law", "Santa Fe: mean queue far from the touch", 2.0, mean, 4 * math.sqrt(2 * 8 / until_s))
