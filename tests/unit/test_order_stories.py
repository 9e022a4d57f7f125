"""Stories of orders: commands in, words back, and what is believed of them."""

import msgspec
import pytest
from ledger import KNOBS, MS, THROUGH_MS, working

from strategy import commands, events
from strategy.errors import OurMistake
from strategy.order import Order, through_ns
from strategy.order_fills import forget_fill_ids
from strategy.order_states import State
from strategy.orders import Orders
from strategy.units import BUY, SELL


def test_an_order_is_created_acknowledged_and_measured(book):
    client_id = book.create()
    assert ("s-1", State.CREATING, [10, 0]) == (client_id, book.state(client_id), book.worst())
    book.now = 66
    absorbed = book.accept(client_id)
    assert (66 * MS, False, State.WORKING) == (absorbed.round_trip_ns, absorbed.is_rejected, book.state(client_id))
    assert book.accept(client_id).round_trip_ns is None, "the second copy closes nothing"
    assert client_id == book.orders.holder("X", "bid0").client_id


def test_a_rejection_ends_it_and_frees_its_slot(book):
    client_id = book.create()
    absorbed = book.hear(events.OrderRejected(client_id, "would_cross", 0))
    assert (True, State.CLOSED, [0, 0], None) == (
        absorbed.is_rejected, book.state(client_id), book.worst(), book.orders.holder("X", "bid0"),
    )  # fmt: skip
    assert "s-2" == book.create()


def test_a_slot_holds_one_order_and_ids_need_a_session(book):
    book.create()
    with pytest.raises(OurMistake, match="already holds"):
        book.create()
    with pytest.raises(OurMistake, match="no order before"):
        Orders().create(0, Order("", "X", "bid0", BUY, 1, 1), KNOBS, 0)


def test_a_fill_may_outrun_its_acknowledgement(book):
    client_id = book.create()
    assert 1 == len(book.fill(client_id, 4, 4).fills)
    assert (State.WORKING, [6, 0]) == (book.state(client_id), book.worst())
    book.accept(client_id)
    assert (State.WORKING, 4) == (book.state(client_id), book.orders.find(client_id).filled_lots)


def test_a_fill_seen_twice_is_one_fill(book):
    client_id = working(book)
    assert [1, 0] == [len(book.fill(client_id, 4, 4).fills) for _ in range(2)]
    report = events.FillsReport("X", 1, (events.OrderFilled(client_id, "X", BUY, "f1", 100, 4, 4, "maker", 1, 0),), 0)
    assert () == book.hear(report).fills
    assert (4, [6, 0]) == (book.orders.find(client_id).filled_lots, book.worst())


def test_fills_out_of_order_close_it_and_what_is_owed_still_counts(book):
    client_id = working(book)
    book.fill(client_id, 6, 10, "f2")
    assert (State.CLOSED, [4, 0], True) == (book.state(client_id), book.worst(), client_id in book.orders.owing)
    book.fill(client_id, 4, 4, "f1")
    assert ([0, 0], {}) == (book.worst(), book.orders.owing)


def test_a_cancelled_order_that_carries_fills_has_them_read(book):
    client_id = working(book)
    book.cancel(client_id)
    book.hear(events.OrderCancelled(client_id, 3, "by_client", 0))
    assert (State.CLOSED, [3, 0]) == (book.state(client_id), book.worst())
    (query,) = [one for one in book.at(501) if isinstance(one, commands.QueryFills)]
    fill = events.OrderFilled(client_id, "X", BUY, "f9", 100, 3, 3, "maker", 1, 0)
    assert (fill,) == book.hear(events.FillsReport("X", query.asked_ns, (fill,), 0)).fills
    assert ([0, 0], {}) == (book.worst(), book.orders.fills_due)


def test_a_fill_after_the_cancel_is_booked_all_the_same(book):
    client_id = working(book)
    book.cancel(client_id)
    book.hear(events.OrderCancelled(client_id, 0, "by_client", 0))
    assert 1 == len(book.fill(client_id, 2, 2).fills)
    assert State.CLOSED is book.state(client_id)


def test_an_amend_without_an_answer_counts_the_worse_of_both(book):
    client_id = working(book)
    book.amend(client_id, 103, 14)
    order = book.orders.find(client_id)
    assert (State.AMENDING, [14, 0], 103) == (order.state, book.worst(), order.reach_ticks)
    book.at(600)
    assert (State.IN_DOUBT, [14, 0]) == (order.state, book.worst())
    book.report(client_id, events.OPEN, 600, 100, 10)
    assert (State.IN_DOUBT, [14, 0]) == (order.state, book.worst()), "the amend may still be on its way"
    book.now = 1000
    book.report(client_id, events.OPEN, 1000, 103, 14)
    assert (State.WORKING, 103, [14, 0]) == (order.state, order.price_ticks, book.worst()), "it has arrived"


def test_an_amend_that_never_arrived_is_known_once_it_had_to_be_through(book):
    client_id = working(book)
    book.amend(client_id, 98, 4)
    book.at(600)
    book.report(client_id, events.OPEN, THROUGH_MS + 1, 100, 10)
    order = book.orders.find(client_id)
    assert (State.WORKING, 100, [10, 0]) == (order.state, order.price_ticks, book.worst())


def test_an_echo_of_an_earlier_amend_does_not_answer_the_later_one(book):
    client_id = working(book)
    book.amend(client_id, 99, 10)
    amended = events.OrderAmended(client_id, 99, 10, 5 * MS)
    book.hear(amended)
    book.amend(client_id, 98, 12)
    assert book.hear(amended).round_trip_ns is None
    assert (State.AMENDING, [12, 0]) == (book.state(client_id), book.worst())
    book.hear(events.OrderAmended(client_id, 98, 12, 9 * MS))
    assert (State.WORKING, 98) == (book.state(client_id), book.orders.find(client_id).price_ticks)
    book.hear(amended)
    assert 98 == book.orders.find(client_id).price_ticks, "an older word moves nothing back"


def test_an_order_moved_elsewhere_is_new_at_its_place_and_one_kept_is_not(book):
    client_id = working(book)
    book.now = 50
    book.amend(client_id, 100, 10)
    book.hear(events.OrderAmended(client_id, 100, 10, 50 * MS))
    assert 0 == book.orders.find(client_id).placed_ns
    book.amend(client_id, 99, 10)
    book.hear(events.OrderAmended(client_id, 99, 10, 60 * MS))
    assert 50 * MS == book.orders.find(client_id).placed_ns


def test_a_refused_amend_leaves_it_as_it_was_and_is_looked_into(book):
    client_id = working(book)
    book.amend(client_id, 99, 12)
    absorbed = book.hear(events.AmendRefused(client_id, "would_cross", 0))
    assert (State.WORKING, [10, 0], True) == (book.state(client_id), book.worst(), absorbed.is_rejected)
    assert [commands.QueryOrder(client_id, "X", 0)] == book.at(0)


def test_a_fill_of_an_order_long_forgotten_is_not_counted_again(book):
    client_id = working(book)
    book.fill(client_id, 10, 10)
    for _ in range(8):
        book.hear(events.OrderRejected(book.create(), "x", 0))
    working(book)
    book.at(200_000)
    assert book.orders.find(client_id) is None
    assert () == book.fill(client_id, 10, 10).fills
    assert 0 == book.orders.foreign_fills


def test_fill_ids_are_bounded(book):
    client_id = working(book, lots=10_000)
    for number in range(5000):
        book.now += 1
        book.fill(client_id, 1, number + 1, f"f{number}")
    assert (4096, 5000) == (len(book.orders.fill_ids), book.orders.find(client_id).filled_lots)


def test_a_fill_whose_id_was_forgotten_is_not_counted_again_by_a_read_that_reaches_back(book):
    client_id = working(book, lots=10)
    book.now += 1
    book.fill(client_id, 1, 1, "f1")
    book.now += 1
    book.fill(client_id, 1, 2, "f2")
    forget_fill_ids(book.orders, 1)
    again = events.OrderFilled(client_id, "X", BUY, "f1", 100, 1, 1, "maker", 1, (book.now - 1) * MS)
    assert () == book.hear(again).fills
    assert 2 == book.orders.find(client_id).filled_lots


def test_what_was_concluded_absent_and_ends_by_a_word_is_the_latest_to_end(book):
    first, second = book.create(), book.create(slot="ask0", side=SELL)
    for client_id in (first, second):
        book.now = THROUGH_MS + 1
        book.bury(client_id, book.now)
        book.orders.forget(book.orders.find(client_id))
    book.hear(events.OrderRejected(first, "timestamp", 1))
    assert [second, first] == [*book.orders.ended]


def test_ended_orders_are_bounded_but_not_while_fills_are_owed(book):
    owing = book.create()
    book.hear(events.OrderCancelled(owing, 5, "x", 0))
    for _ in range(20):
        book.hear(events.OrderRejected(book.create(), "x", 0))
    working(book)
    book.at(200_000)
    assert book.orders.find(owing) is not None
    assert len(book.orders.ended) <= 6


def test_amending_what_is_not_working_is_our_mistake(book):
    client_id = book.create()
    with pytest.raises(OurMistake, match="never ours to do"):
        book.amend(client_id, 99, 10)


def test_a_cancel_may_follow_a_create_at_once_and_a_rejection_then_ends_it(book):
    client_id = book.create()
    book.cancel(client_id)
    assert State.CANCELLING is book.state(client_id)
    book.hear(events.OrderRejected(client_id, "would_cross", 0))
    assert State.CLOSED is book.state(client_id)


def test_the_ledger_is_written_down_and_read_back_to_the_same(book):
    client_id = working(book)
    book.amend(client_id, 99, 14)
    book.fill(client_id, 4, 4)
    book.create(slot="ask0", side=SELL)
    book.orders.cancel_all(0, "", ("X",), KNOBS)
    again = msgspec.json.decode(msgspec.json.encode(book.orders), type=Orders)
    assert book.orders == again


def test_a_request_is_through_after_its_window_and_the_slower_of_margin_and_read_lag():
    assert 7 + 1000 * MS + 3000 * MS == through_ns(7, KNOBS)
    slow = msgspec.structs.replace(KNOBS, margin_ns=9000 * MS)
    assert 7 + 1000 * MS + 9000 * MS == through_ns(7, slow)


def test_a_duplicate_id_is_no_rejection_the_first_copy_got_there(book):
    """Taken for a rejection, it frees the slot of an order that lives."""
    client_id = working(book)
    book.hear(events.OrderRejected(client_id, events.DUPLICATE_ID, 0))
    assert (State.WORKING, [10, 0]) == (book.state(client_id), book.worst())
    assert [commands.QueryOrder(client_id, "X", 0)] == book.at(0)
    unheard = book.create(slot="bid1")
    book.hear(events.OrderRejected(unheard, events.DUPLICATE_ID, 0))
    assert State.IN_DOUBT is book.state(unheard)
    book.cancel(client_id)
    book.hear(events.OrderRejected(client_id, events.DUPLICATE_ID, 0))
    assert State.CANCELLING is book.state(client_id)


@pytest.mark.parametrize(
    ("name", "stamp_ms", "is_adopted"), [("s-1", 1, False), ("s-1", 199_000, True), ("t-1", 1, True)]
)
def test_an_acceptance_minutes_late_of_an_order_of_ours_makes_no_stranger_of_it(book, name, stamp_ms, is_adopted):
    """Its order was over and forgotten: it counted as one that may trade, twenty of them past the limit."""
    client_id = working(book)
    book.fill(client_id, 10, 10)
    book.orders.ahead_ns = 0
    book.at(200_000)
    book.orders.forget_ended(0)
    book.hear(events.OrderAccepted(name, "v", 100, 10, stamp_ms * MS, BUY))
    assert is_adopted == (book.orders.find(name) is not None)


@pytest.mark.parametrize(("asked_ms", "is_adopted"), [(1, False), (190_000, True)])
def test_a_list_of_open_orders_minutes_late_makes_no_strangers_of_what_is_forgotten(book, asked_ms, is_adopted):
    book.now = 200_000
    book.hear(events.OpenOrdersReport("X", asked_ms * MS, ("s-1",), 0))
    assert is_adopted == (book.orders.find("s-1") is not None)
