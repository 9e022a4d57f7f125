"""``prob_power``: when a virtual order fills, and how it moves up its queue."""

from typing import get_args

import pytest

from sim.market.tape.book import TapeBook
from sim.market.tape.queue_model import (
    EXACT,
    MODELS,
    PROB_UNIFORM,
    RISK_AVERSE,
    QueuedOrder,
    ahead_share,
    floor_share,
    join,
    on_level_change,
    on_opposite,
    on_trade,
    share_trade,
)
from sim.market.tape.records import TapeSnapshot, TapeTrade
from sim.scenario.models import QueueModelName

BID, ASK = 1, -1
BUYS, SELLS = 1, -1


def _print(price_ticks: int, size_lots: int, side: int = SELLS) -> TapeTrade:
    return TapeTrade(0, 0, 0, 1, 1, price_ticks, size_lots, side)


def test_a_trade_at_our_price_eats_from_the_front() -> None:
    order = join(BID, 100, 5, level_lots=10)
    assert on_trade(order, _print(100, 4)) == 0
    assert order.ahead_lots == 6
    assert on_trade(order, _print(100, 8)) == 2
    assert (order.ahead_lots, order.left_lots) == (0, 3)
    assert on_trade(order, _print(100, 99)) == 3
    assert on_trade(order, _print(100, 99)) == 0


@pytest.mark.parametrize(("side", "through", "aggressor"), [(BID, 99, SELLS), (ASK, 101, BUYS)])
def test_a_print_through_our_price_fills_us_whatever_was_ahead(side: int, through: int, aggressor: int) -> None:
    order = join(side, 100, 5, level_lots=10)
    assert on_trade(order, _print(through, 3, aggressor)) == 3
    assert (order.ahead_lots, order.left_lots) == (0, 2)


@pytest.mark.parametrize(
    ("side", "price", "aggressor"),
    [
        (BID, 101, SELLS),  # sold to a better bid than ours
        (ASK, 99, BUYS),
        (BID, 100, BUYS),  # an aggressor of our own side
        (BID, 99, BUYS),
        (ASK, 100, SELLS),
        (ASK, 101, SELLS),
    ],
)
def test_a_print_that_never_came_to_us_changes_nothing(side: int, price: int, aggressor: int) -> None:
    order = join(side, 100, 5, level_lots=0)
    before = QueuedOrder(100, side, 5, 0)
    assert on_trade(order, _print(price, 50, aggressor)) == 0
    assert order == before


def test_a_touch_of_the_opposite_best_never_fills() -> None:
    book = TapeBook()
    book.fill(TapeSnapshot(0, 0, 0, 1, 1, ((99, 5),), ((100, 7), (101, 3))))
    order = join(BID, 100, 5, level_lots=0)
    assert on_opposite(order, book.lots_through(BID, 100)) == 0
    assert order.left_lots == 5


@pytest.mark.parametrize(
    ("side", "price", "through"),
    [(BID, 102, 10), (BID, 101, 7), (BID, 100, 0), (ASK, 98, 9), (ASK, 99, 5), (ASK, 99 + 1, 0)],
)
def test_only_what_rests_strictly_through_a_price_counts(side: int, price: int, through: int) -> None:
    book = TapeBook()
    book.fill(TapeSnapshot(0, 0, 0, 1, 1, ((100, 5), (99, 4)), ((100, 7), (101, 3))))
    assert book.lots_through(side, price) == through


def test_the_same_crossing_volume_is_met_once() -> None:
    order = join(BID, 100, 10, level_lots=4)
    assert on_opposite(order, 3) == 3
    assert order.ahead_lots == 0
    assert on_opposite(order, 3) == 0
    assert on_opposite(order, 5) == 2
    assert on_opposite(order, 0) == 0
    assert on_opposite(order, 2, taken_lots=1) == 1
    assert order.left_lots == 4


@pytest.mark.parametrize(
    ("cancelled", "front", "back", "exponent", "ahead"),
    [
        (6, 5, 5, 1, 3),
        (5, 5, 5, 1, 2),  # 2.5 rounds down: towards a later fill
        (9, 10, 20, 1, 3),
        (9, 10, 20, 3, 1),
        (9, 20, 10, 3, 8),
        (4, 0, 9, 3, 0),  # nobody ahead
        (4, 9, 0, 3, 4),  # nobody behind
        (4, 0, 0, 3, 0),
        (12, 10, 5, 3, 10),  # never more than there is ahead
        (9, 3, 7, 3, 2),  # seven fit behind, two must have been ahead
    ],
)
def test_cancels_are_shared_by_the_power_of_what_stands_on_either_side(
    cancelled: int, front: int, back: int, exponent: int, ahead: int
) -> None:
    assert floor_share(cancelled, front, back, exponent) == ahead


def test_a_decrease_by_cancels_moves_us_up_by_our_share() -> None:
    order = QueuedOrder(100, BID, 5, ahead_lots=10)
    on_level_change(order, 30, 21, PROB_UNIFORM)
    assert order.ahead_lots == 7


@pytest.mark.parametrize(
    ("cancelled", "front", "back", "ahead"), [(5, 10, 5, 0), (6, 10, 5, 1), (99, 10, 5, 10), (3, 0, 9, 0)]
)
def test_the_risk_averse_model_moves_us_up_only_by_what_cannot_have_stood_behind(
    cancelled: int, front: int, back: int, ahead: int
) -> None:
    assert ahead_share(RISK_AVERSE, cancelled, front, back) == ahead


def test_from_model_to_model_the_same_cancels_move_us_up_by_less() -> None:
    places = {}
    for name, model in MODELS.items():
        if model is EXACT:
            continue  # it needs no share
        order = QueuedOrder(100, BID, 5, ahead_lots=10)
        on_level_change(order, 30, 21, model)
        places[name] = order.ahead_lots
    assert places == {"prob_uniform": 7, "prob_power": 9, "risk_averse": 10}


def test_the_models_a_scenario_may_name_are_those_there_are() -> None:
    assert get_args(QueueModelName) == tuple(MODELS)


def test_lots_that_traded_are_not_counted_again_as_cancelled() -> None:
    order = join(BID, 100, 5, level_lots=10)
    on_trade(order, _print(100, 4))
    on_level_change(order, 10, 6)
    assert order.ahead_lots == 6


def test_a_decrease_beyond_what_traded_is_shared() -> None:
    order = QueuedOrder(100, BID, 5, ahead_lots=10)
    on_trade(order, _print(100, 4))
    on_level_change(order, 18, 8, PROB_UNIFORM)  # 14 left after the trade, 6 ahead and 8 behind; 6 cancelled
    assert order.ahead_lots == 4


def test_a_level_that_grows_grows_behind_us() -> None:
    order = join(BID, 100, 5, level_lots=10)
    on_level_change(order, 10, 50)
    assert order.ahead_lots == 10


def test_a_refill_behind_a_trade_does_not_hide_later_cancels() -> None:
    order = QueuedOrder(100, BID, 5, ahead_lots=10)
    on_trade(order, _print(100, 4))
    on_level_change(order, 10, 10)  # unchanged: four traded, four joined
    assert (order.ahead_lots, order.traded_lots) == (6, 0)
    on_level_change(order, 10, 4, PROB_UNIFORM)
    assert order.ahead_lots == 3


def test_an_emptied_level_leaves_us_alone_but_unfilled() -> None:
    order = join(BID, 100, 5, level_lots=10)
    on_level_change(order, 10, 0)
    assert (order.ahead_lots, order.filled_lots) == (0, 0)


def test_trades_before_we_joined_move_us_up_completely() -> None:
    order = join(BID, 100, 5, level_lots=10)  # the book does not show a trade of four yet
    on_level_change(order, 10, 6)
    assert order.ahead_lots == 6


def test_more_traded_than_was_shown_leaves_nobody_ahead() -> None:
    order = join(BID, 100, 5, level_lots=3)
    assert on_trade(order, _print(100, 7)) == 4
    on_level_change(order, 3, 2)
    assert order.ahead_lots == 0


def test_two_orders_at_one_price_share_one_print() -> None:
    first, second = QueuedOrder(100, BID, 3, ahead_lots=4), QueuedOrder(100, BID, 5, ahead_lots=6)
    assert share_trade([first, second], _print(100, 10)) == [(first, 3), (second, 1)]


def test_the_better_price_is_met_first() -> None:
    low, high = QueuedOrder(99, BID, 5, 0), QueuedOrder(100, BID, 5, 0)
    assert share_trade([low, high], _print(99, 7)) == [(high, 5), (low, 2)]
    cheap, dear = QueuedOrder(100, ASK, 5, 0), QueuedOrder(101, ASK, 5, 0)
    assert share_trade([dear, cheap], _print(101, 4, BUYS)) == [(cheap, 4)]
