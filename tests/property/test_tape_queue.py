"""What no sequence of prints and depth messages can make the queue model do."""

from hypothesis import given
from hypothesis import strategies as st

from sim.market.tape.exact_queue import Arrivals
from sim.market.tape.queue_model import (
    MODELS,
    QueuedOrder,
    QueueModel,
    ahead_share,
    floor_share,
    join,
    on_level_change,
    on_opposite,
    on_trade,
    share_trade,
)
from sim.market.tape.records import TapeOrder, TapeTrade

LOTS = st.integers(0, 10**7)
SIDES = st.sampled_from((1, -1))
EXPONENTS = st.integers(1, 5)
PRICE = 1000


def _print(offset_ticks: int, size_lots: int, side: int) -> TapeTrade:
    return TapeTrade(0, 0, 0, 1, 1, PRICE + offset_ticks, size_lots, side)


ORDERS = st.builds(
    QueuedOrder,
    price_ticks=st.just(PRICE),
    side=SIDES,
    size_lots=st.integers(1, 1000),
    ahead_lots=st.integers(0, 1000),
)
PRINTS = st.builds(_print, st.integers(-2, 2), st.integers(1, 500), SIDES)
CHANGES = st.tuples(st.integers(0, 1000), st.integers(0, 1000))
HAPPENINGS = st.lists(st.one_of(PRINTS, CHANGES, st.integers(0, 100)), max_size=40)


def _happen(order: QueuedOrder, happening: TapeTrade | tuple[int, int] | int) -> int:
    if isinstance(happening, TapeTrade):
        return on_trade(order, happening)
    if isinstance(happening, tuple):
        on_level_change(order, *happening)
        return 0
    return on_opposite(order, happening)


@given(ORDERS, HAPPENINGS)
def test_the_place_is_never_negative_and_never_gets_worse(
    order: QueuedOrder, happenings: list[TapeTrade | tuple[int, int] | int]
) -> None:
    for happening in happenings:
        before = order.ahead_lots
        _happen(order, happening)
        assert 0 <= order.ahead_lots <= before


@given(ORDERS, HAPPENINGS)
def test_fills_are_counted_and_never_exceed_the_size(
    order: QueuedOrder, happenings: list[TapeTrade | tuple[int, int] | int]
) -> None:
    filled = [_happen(order, happening) for happening in happenings]
    assert all(lots >= 0 for lots in filled)
    assert sum(filled) == order.filled_lots <= order.size_lots


@given(ORDERS, PRINTS)
def test_a_print_fills_no_more_than_it_brought_beyond_what_was_ahead(order: QueuedOrder, trade: TapeTrade) -> None:
    ahead = order.ahead_lots
    filled = on_trade(order, trade)
    at_our_price = trade.price_ticks == PRICE
    assert filled <= max(0, trade.size_lots - (ahead if at_our_price else 0))


@given(ORDERS, st.integers(1, 2), st.integers(1, 10**6))
def test_a_print_at_a_price_better_than_ours_never_fills(order: QueuedOrder, better: int, size: int) -> None:
    assert on_trade(order, _print(better * order.side, size, -order.side)) == 0


@given(ORDERS, st.integers(-2, 2), st.integers(1, 10**6))
def test_an_aggressor_of_our_own_side_never_fills(order: QueuedOrder, offset: int, size: int) -> None:
    assert on_trade(order, _print(offset, size, order.side)) == 0


@given(ORDERS, st.lists(CHANGES, max_size=20))
def test_the_book_alone_never_fills(order: QueuedOrder, changes: list[tuple[int, int]]) -> None:
    for old, new in changes:
        on_level_change(order, old, new)
        assert on_opposite(order, 0) == 0
    assert order.filled_lots == 0


@given(LOTS, LOTS, LOTS, EXPONENTS)
def test_a_share_fits_on_its_side_and_the_rest_fits_on_the_other(front: int, back: int, wish: int, n: int) -> None:
    cancelled = wish % (front + back + 1)
    ahead = floor_share(cancelled, front, back, n)
    assert 0 <= ahead <= min(front, cancelled)
    assert cancelled - ahead <= back


@given(LOTS, LOTS, LOTS, st.sampled_from(tuple(MODELS.values())))
def test_whatever_the_model_a_share_is_possible(front: int, back: int, wish: int, model: QueueModel) -> None:
    cancelled = min(wish, front + back)
    ahead = ahead_share(model, cancelled, front, back)
    assert 0 <= ahead <= front
    assert 0 <= cancelled - ahead <= back


@given(LOTS, LOTS, st.integers(0, 10**6), EXPONENTS)
def test_the_mirrored_share_makes_the_whole_but_for_one_rounded_lot(front: int, back: int, wish: int, n: int) -> None:
    cancelled = wish % (min(front, back) + 1)
    both = floor_share(cancelled, front, back, n) + floor_share(cancelled, back, front, n)
    assert cancelled - 1 <= both <= cancelled


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(1, 1000))
def test_a_decrease_explained_by_the_trade_moves_us_by_the_trade_alone(level: int, behind: int, size: int) -> None:
    order = join(1, PRICE, 10**6, level)
    shown = level + behind
    traded = min(size, shown)
    if traded:
        on_trade(order, _print(0, traded, -1))
    on_level_change(order, shown, shown - traded)
    assert order.ahead_lots == max(0, level - traded)


@given(st.lists(ORDERS, max_size=5), PRINTS)
def test_orders_of_ours_together_take_no_more_than_the_print(orders: list[QueuedOrder], trade: TapeTrade) -> None:
    fills = share_trade(orders, trade)
    assert sum(lots for _, lots in fills) <= trade.size_lots
    assert all(lots > 0 and order.side != trade.side for order, lots in fills)


@given(ORDERS, st.lists(st.integers(0, 50), max_size=30))
def test_crossing_volume_fills_at_most_by_what_arrived(order: QueuedOrder, volumes: list[int]) -> None:
    arrived = sum(max(0, now - before) for before, now in zip([0, *volumes], volumes, strict=False))
    assert sum(on_opposite(order, volume) for volume in volumes) <= arrived


@given(
    st.lists(st.tuples(st.sampled_from("asgdm"), st.integers(0, 7), st.integers(1, 50)), max_size=40),
    st.integers(0, 40),
)
def test_the_exact_place_is_what_stands_before_us_in_a_queue_that_is_written_out(
    happenings: list[tuple[str, int, int]], joins_at: int
) -> None:
    """a: arrives, s: shrinks, g: grows, d: goes, m: moves away and back. Ours is order 99."""
    queue: dict[int, int] = {}
    arrivals, ours = Arrivals(), join(1, PRICE, 5, 0)
    for number, (what, order, lots) in enumerate([*happenings, ("d", 100, 1)]):
        if number == joins_at:
            ours.ahead_lots = sum(queue.values())
            arrivals.joins(ours)
            queue[99] = 5
        own = [ours] if 99 in queue else []
        if (what == "a") == (order in queue) or (what == "s" and queue.get(order, 0) <= 1):
            continue
        if order not in queue:
            queue[order] = lots
        elif what == "s":
            queue[order] -= 1
        elif what == "g":
            queue[order] = queue.pop(order) + lots
        elif what == "d":
            del queue[order]
        else:
            arrivals.change([TapeOrder(order, 1, PRICE + 1, queue[order])], own)
            queue[order] = queue.pop(order)
        arrivals.change([TapeOrder(order, 1, PRICE, queue.get(order, 0))], own)
    if 99 in queue:
        before = list(queue)[: list(queue).index(99)]
        assert sum(queue[order] for order in before) == ours.ahead_lots
