"""Price-time priority, whole lots, and who may not meet whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.venue.matching import LimitBook, Resting
from strategy.units import BUY, SELL


def book_of(*orders: tuple[int, int, int]) -> tuple[LimitBook, list[Resting]]:
    book, rested = LimitBook(), []
    for side, price, lots in orders:
        rested.append(Resting(side, price, lots))
        book.rest(rested[-1])
    return book, rested


def test_the_best_price_goes_first_then_the_oldest():
    book, (a, b, c) = book_of((SELL, 101, 5), (SELL, 100, 3), (SELL, 100, 4))
    matches, left = book.take(BUY, 8, 101)
    assert [(b, 100, 3), (c, 100, 4), (a, 101, 1)] == matches
    assert (0, 101, 4) == (left, book.best_ask_ticks, book.lots[1][101])


def test_a_limit_stops_the_aggressor_and_leaves_the_rest():
    book, _ = book_of((SELL, 100, 3), (SELL, 102, 3))
    matches, left = book.take(BUY, 10, 101)
    assert ([(100, 3)], 7) == ([(price, lots) for _, price, lots in matches], left)


def test_taking_everything_leaves_an_empty_side_and_the_last_mid():
    book, _ = book_of((BUY, 99, 1), (SELL, 101, 2))
    assert 200 == book.mid2_ticks
    book.take(BUY, 5, 200)
    assert (0, 99, 200) == (book.best_ask_ticks, book.best_bid_ticks, book.mid2_ticks)


def test_cancelling_in_the_middle_of_a_queue_keeps_the_others_places():
    book, (a, b, c) = book_of((BUY, 99, 1), (BUY, 99, 2), (BUY, 99, 3))
    book.shrink(b, 2)
    assert (4, 1) == (book.lots[0][99], book.ahead_lots(c))
    assert [(a, 99, 1), (c, 99, 3)] == book.take(SELL, 9, 90)[0]


def test_shrinking_keeps_the_place():
    book, (a, b) = book_of((BUY, 99, 5), (BUY, 99, 5))
    book.shrink(a, 4)
    assert [(a, 99, 1), (b, 99, 5)] == book.take(SELL, 9, 90)[0]


def test_an_emptied_best_level_gives_way_to_the_next():
    book, (a, _, c) = book_of((BUY, 99, 5), (BUY, 97, 5), (SELL, 101, 1))
    book.shrink(a, 5)
    book.shrink(c, 1)
    assert (97, 0) == (book.best_bid_ticks, book.best_ask_ticks)


def test_an_aggressor_of_ours_stops_before_an_order_of_ours():
    book, _ = book_of((SELL, 100, 3))
    book.rest(Resting(SELL, 100, 5, owner="us"))
    book.rest(Resting(SELL, 101, 5))
    matches, left = book.take(BUY, 10, 101, spare=True)
    assert ([3], 7, 5) == ([lots for *_, lots in matches], left, book.lots[1][100])


def test_background_leaves_a_level_and_ours_stays():
    book, _ = book_of((BUY, 99, 3), (BUY, 99, 4))
    book.rest(Resting(BUY, 99, 5, owner="us"))
    assert (7, 5, 0) == (book.drop_background(BUY, 99), book.lots[0][99], book.drop_background(BUY, 99))
    assert 0 == book.drop_background(BUY, 50)


@pytest.mark.parametrize(
    ("side", "price", "crosses"), [(BUY, 101, True), (BUY, 100, False), (SELL, 99, True), (SELL, 100, False)]
)
def test_crossing_means_meeting_the_other_side(side, price, crosses):
    book, _ = book_of((BUY, 99, 1), (SELL, 101, 1))
    assert crosses is book.crosses(side, price)
    assert not LimitBook().crosses(side, price)


def test_asking_for_the_place_of_an_order_that_is_not_there_is_a_mistake():
    book, _ = book_of((BUY, 99, 1))
    with pytest.raises(KeyError):
        book.ahead_lots(Resting(BUY, 99, 1))


STEPS = st.lists(
    st.tuples(
        st.sampled_from("qtcs"),
        st.sampled_from((BUY, SELL)),
        st.integers(95, 105),
        st.integers(1, 6),
        st.integers(0, 30),
    ),
    max_size=80,
)


@given(STEPS)
def test_lots_are_conserved_and_the_book_is_never_crossed(steps):
    book, resting = LimitBook(), []
    entered = gone = 0
    for what, side, price, lots, pick in steps:
        live = [order for order in resting if order.lots]
        if what == "q" and not book.crosses(side, price):
            resting.append(Resting(side, price, lots))
            book.rest(resting[-1])
            entered += lots
        elif what == "t":
            matches, left = book.take(side, lots, price)
            traded = sum(size for *_, size in matches)
            assert traded + left == lots
            assert all(side * (price - at) >= 0 for _, at, _ in matches)
            gone += traded
        elif what == "c" and live:
            order = live[pick % len(live)]
            gone += order.lots
            book.shrink(order, order.lots)
        elif what == "s" and live:
            order = live[pick % len(live)]
            by = min(lots, order.lots)
            gone += by
            book.shrink(order, by)
        shown = sum(sum(side_lots.values()) for side_lots in book.lots)
        assert entered - gone == shown == sum(order.lots for order in resting)
        assert not (book.best_bid_ticks and book.best_ask_ticks) or book.best_bid_ticks < book.best_ask_ticks


@given(STEPS)
def test_first_come_first_served_at_every_price(steps):
    """Of two orders at one price the earlier never has lots left when the later one has traded."""
    book, resting, traded = LimitBook(), [], {}
    for what, side, price, lots, _ in steps:
        if what == "q" and not book.crosses(side, price):
            order = Resting(side, price, lots)
            resting.append(order)
            book.rest(order)
        elif what == "t":
            for maker, _, size in book.take(side, lots, price)[0]:
                traded[id(maker)] = traded.get(id(maker), 0) + size
    for place, early in enumerate(resting):
        for late in resting[place + 1 :]:
            if (early.side, early.price_ticks) == (late.side, late.price_ticks) and id(late) in traded:
                assert early.lots == 0
