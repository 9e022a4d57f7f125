"""Our exact place in a queue whose every order is known."""

import pytest
from unit.test_tape_market import Played

from sim.market.tape.exact_queue import Arrivals
from sim.market.tape.queue_model import EXACT, join
from sim.market.tape.records import TapeDelta, TapeOrder, TapeSnapshot, TapeTrade
from strategy.units import BUY, SELL

BOOK = TapeSnapshot(
    0, 0, 0, 1, 1, ((100, 50), (99, 70)), ((101, 40),),
    (TapeOrder(1, BUY, 100, 20), TapeOrder(2, BUY, 100, 30), TapeOrder(3, BUY, 99, 70), TapeOrder(4, SELL, 101, 40)),
)  # fmt: skip


def change(number: int, level: tuple[int, int], *orders: TapeOrder) -> TapeDelta:
    bids, asks = ((level,), ()) if orders[0].side == BUY else ((), (level,))
    return TapeDelta(0, 0, 0, number, number, number, number - 1, bids, asks, orders)


def trade(price: int, lots: int, maker: int, number: int = 1, side: int = SELL) -> TapeTrade:
    return TapeTrade(0, 0, 0, number, number, price, lots, side, maker)


def place(*records) -> int:
    """Join behind 1 and 2 at 100, play the records, and give what is ahead."""
    played = Played(*records, model=EXACT, start=BOOK)
    played.create(lots=10)
    assert [] == played.play()
    return played.market.ours["s-1"].queued.ahead_lots


def test_who_came_before_us_and_goes_moves_us_up_and_who_came_after_does_not():
    assert 50 == place()
    assert 20 == place(change(2, (100, 20), TapeOrder(2, BUY, 100, 0)))
    behind = change(2, (100, 65), TapeOrder(9, BUY, 100, 15))
    assert 50 == place(behind)
    assert 50 == place(behind, change(3, (100, 50), TapeOrder(9, BUY, 100, 0)))
    assert 45 == place(behind, change(3, (100, 60), TapeOrder(1, BUY, 100, 15)))
    assert 50 == place(change(2, (99, 0), TapeOrder(3, BUY, 99, 0)))


def test_an_order_that_grows_or_moves_goes_to_the_back():
    assert 30 == place(change(2, (100, 55), TapeOrder(1, BUY, 100, 25)))
    moved = TapeDelta(0, 0, 0, 2, 2, 2, 1, ((100, 30), (98, 20)), (), (TapeOrder(1, BUY, 98, 20),))
    assert 30 == place(moved)
    back = TapeDelta(0, 0, 0, 3, 3, 3, 2, ((98, 0), (100, 50)), (), (TapeOrder(1, BUY, 100, 20),))
    assert 30 == place(moved, back)


def test_a_trade_with_a_maker_before_us_moves_us_up_once_and_fills_nothing():
    assert 30 == place(trade(100, 20, maker=1), change(2, (100, 30), TapeOrder(1, BUY, 100, 0)))


@pytest.mark.parametrize(("lots", "filled"), [(4, 4), (15, 10)])
def test_a_trade_with_a_maker_behind_us_would_have_met_us_first(lots, filled):
    played = Played(
        change(2, (100, 80), TapeOrder(9, BUY, 100, 30)), trade(100, lots, maker=9), model=EXACT, start=BOOK
    )
    played.create(lots=10)
    assert [(filled, 100)] == played.play()


def test_a_maker_that_nobody_knew_fills_us_by_what_exceeds_all_that_is_ahead():
    played = Played(trade(100, 50, maker=77), trade(100, 53, maker=78, number=2), model=EXACT, start=BOOK)
    played.create(lots=10)
    assert [(3, 100)] == played.play()
    assert 50 == played.market.ours["s-1"].queued.ahead_lots, "what stands there the words will say"


def test_a_print_through_our_price_fills_and_one_short_of_it_or_of_our_own_side_does_not():
    for record, expected in ((trade(99, 6, maker=3), [(6, 100)]), (trade(101, 40, maker=4, side=BUY), [])):
        played = Played(record, model=EXACT, start=BOOK)
        played.create(lots=10)
        assert expected == played.play()


def test_what_rests_inside_the_spread_is_met_by_the_next_trade_at_a_worse_price():
    wide = TapeSnapshot(
        0, 0, 0, 1, 1, ((98, 20),), ((101, 40),), (TapeOrder(1, BUY, 98, 20), TapeOrder(4, SELL, 101, 40))
    )
    played = Played(trade(98, 20, maker=1), model=EXACT, start=wide)
    played.create(price=100, lots=10)
    assert [(10, 100)] == played.play()


def test_two_orders_of_ours_stand_in_the_order_in_which_they_came():
    arrivals = Arrivals()
    arrivals.change(BOOK.orders, ())
    first, second = join(BUY, 100, 5, 50), join(BUY, 100, 5, 50)
    arrivals.joins(first)
    arrivals.change([TapeOrder(9, BUY, 100, 7)], [first])
    arrivals.joins(second)
    second.ahead_lots = 57
    arrivals.change([TapeOrder(9, BUY, 100, 0)], [first, second])
    assert (50, 50) == (first.ahead_lots, second.ahead_lots)
    arrivals.change([TapeOrder(1, BUY, 100, 0), TapeOrder(2, BUY, 100, 0)], [first, second])
    assert (0, 0) == (first.ahead_lots, second.ahead_lots)
