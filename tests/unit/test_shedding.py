"""What is let go of when memory runs short, what never is, and how it shows in what is sent."""

from seat import START, Seat, quoting
from small_world import small_world

from strategy import commands, events
from strategy.footprint import bounds_of
from strategy.shedding import ENDED_KEPT, FILL_IDS_KEPT


def crowded(seat: Seat):
    """Have a core keep more than it needs; give its bid."""
    bid, _ = quoting(seat)
    orders = seat.core._state.orders
    for number in range(300):
        orders.ended[f"old-{number}"] = orders.live[bid.client_id]
        orders.fill_ids[f"old-{number}"] = number
    for number in range(FILL_IDS_KEPT):
        orders.fill_ids[f"new-{number}"] = START + number
    return bid


def test_at_level_one_comfort_goes_and_quotes_are_half_their_size(seat):
    crowded(seat)
    before = seat.core.footprint()
    seat.hear(events.MemoryPressure(1), 200)
    after = seat.core.footprint()
    assert (before["ended_orders"] >= 300, ENDED_KEPT) == (True, after["ended_orders"])
    assert FILL_IDS_KEPT == after["fill_ids"]
    assert before["live_orders"] <= after["live_orders"]
    context = seat.core.last_context("BTCUSDT")
    assert ("SOFT", 0.5) == (context.verdict.level, context.size_factor)
    assert "memory" in [reason.code for reason in context.verdict.reasons]


def test_at_level_two_only_quotes_that_reduce_are_left(seat):
    quoting(seat)
    leaving = seat.hear(events.MemoryPressure(2), 200)
    assert ["CancelOrder", "CancelOrder"] == seat.kinds(leaving)
    assert "reduce_only" == seat.core.last_context("BTCUSDT").verdict.action


def test_a_book_asked_for_before_the_deltas_that_were_let_go_of_is_no_ground_to_quote_on(seat):
    quoting(seat)
    seq, asked_ns = seat.seq["BTCUSDT"], seat.now
    for ahead in (3, 6, 5):
        seat.settle(seat.hear(events.BookDelta("BTCUSDT", seq + ahead - 1, seq + ahead, (), (), seat.now)))
    seat.hear(events.MemoryPressure(2), 1)
    seat.hear(events.MemoryPressure(0), 200)

    def fetched(fetched_seq: int):
        levels = (((119_990, 500),), ((120_010, 500),))
        return seat.hear(events.BookSnapshot("BTCUSDT", fetched_seq, *levels, seat.now, asked_ns), 20)

    assert "CreateOrder" not in seat.kinds(fetched(seq + 4))
    assert ["CreateOrder", "CreateOrder"] == seat.kinds(fetched(seq + 5))


def test_when_it_is_over_quotes_are_back(seat):
    quoting(seat)
    seat.settle(seat.hear(events.MemoryPressure(2), 200))
    seat.settle(seat.hear(events.MemoryPressure(0), 200))
    assert any(isinstance(one, commands.CreateOrder) for one in seat.log[-4:])


def test_an_order_that_owes_fills_and_the_days_losses_are_never_let_go(seat):
    bid = crowded(seat)
    day = seat.core._state.signals.day
    seat.hear(events.OrderCancelled(bid.client_id, 2, "by_client", seat.now))
    assert bid.client_id in seat.core._state.orders.owing
    seat.core._state.orders.ended = {
        bid.client_id: seat.core._state.orders.ended.pop(bid.client_id),
        **seat.core._state.orders.ended,
    }
    seat.hear(events.MemoryPressure(2), 10)
    assert bid.client_id in seat.core._state.orders.ended
    assert day is seat.core._state.signals.day


def test_every_container_that_is_counted_has_a_bound_and_keeps_it(tmp_path):
    world = small_world(tmp_path, seconds=30)
    world.run()
    counted, bounds = world.core.footprint(), bounds_of(world.knobs)
    assert list(bounds) == list(counted)
    assert all(count <= bounds[name] for name, count in counted.items())
    assert counted["ended_orders"] > 0 < counted["fill_ids"]
