"""Orders that are not where they should be: absent, risen, strangers; and what takes them all off."""

import pytest
from ledger import KNOBS, MS, THROUGH_MS, Ledger, working

from strategy import commands, events
from strategy.order import Order
from strategy.order_chase import chase
from strategy.order_states import State
from strategy.units import BUY, SELL


def test_an_absence_asked_too_early_proves_nothing(book):
    client_id = book.create()
    book.at(600)
    book.report(client_id, events.MISSING, 600)
    assert (State.IN_DOUBT, [10, 0]) == (book.state(client_id), book.worst())
    assert [] == book.at(1099)
    assert 1 == len(book.at(1100)), "it is asked again after a pause"
    book.report(client_id, events.MISSING, THROUGH_MS)
    assert State.IN_DOUBT is book.state(client_id), "at the very instant it may still arrive"


def test_an_absence_asked_after_everything_was_through_is_believed(book):
    client_id = book.create()
    book.at(600)
    book.now = THROUGH_MS + 100
    book.report(client_id, events.MISSING, THROUGH_MS + 1)
    assert State.IN_DOUBT is book.state(client_id), "a venue may forget what has traded: its fills are read first"
    book.bury(client_id, THROUGH_MS + 1)
    assert (State.ABSENT, [0, 0], None) == (book.state(client_id), book.worst(), book.orders.holder("X", "bid0"))


def test_an_absent_order_is_asked_about_a_few_times_more_and_then_forgotten(book):
    client_id = book.create()
    book.at(600)
    book.now = 5000
    book.bury(client_id, 4500)
    asked = []
    for now_ms in range(5000, 60_000, 500):
        asked += [now_ms] * len(book.at(now_ms))
    assert 3 == len(asked)
    assert client_id not in book.orders.live
    assert State.ABSENT is book.state(client_id), "a late word would still be understood"


def absent(book: Ledger) -> str:
    client_id = book.create()
    book.at(600)
    book.now = 5000
    book.bury(client_id, 4500)
    return client_id


def test_an_absent_order_is_asked_about_slowly_though_each_question_is_answered(book):
    client_id, asked = absent(book), []
    for now_ms in range(5000, 30_000, 500):
        for question in book.at(now_ms):
            asked.append(now_ms)
            book.hear(events.OrderReport(client_id, question.asked_ns, events.MISSING, 0, 0, 0, 0))
    assert [10_000, 15_000, 20_000] == asked
    assert client_id not in book.orders.live


def test_an_absent_order_that_turns_up_is_an_orphan_in_doubt_again(book):
    client_id = absent(book)
    book.accept(client_id)
    assert (State.IN_DOUBT, [10, 0]) == (book.state(client_id), book.worst())
    assert client_id == book.orders.holder("X", "bid0").client_id, "its slot was free, so it holds it again"


def test_an_orphan_whose_slot_was_taken_is_cancelled_at_once_unasked(book):
    client_id = absent(book)
    newer = book.create()
    book.accept(client_id)
    assert (newer, True, [20, 0]) == (
        book.orders.holder("X", "bid0").client_id, book.orders.find(client_id).is_orphan, book.worst(),
    )  # fmt: skip
    assert commands.CancelOrder(client_id, "X", 0) in book.at(5001)
    assert State.CANCELLING is book.state(client_id)
    book.report(client_id, events.OPEN, 5002, 100, 10)
    assert commands.CancelOrder(client_id, "X", 0) in book.at(5003), "and once more where a read still shows it"


def test_a_fill_on_an_absent_order_is_booked_and_reopens_it(book):
    client_id = absent(book)
    assert 1 == len(book.fill(client_id, 4, 4).fills)
    assert (State.IN_DOUBT, [6, 0]) == (book.state(client_id), book.worst())


def test_cancel_all_goes_on_until_a_read_asked_after_it_shows_none(book):
    first, second = working(book), book.create(slot="ask0", side=SELL)
    command = book.orders.cancel_all(0, "", ("X",), KNOBS)
    assert (commands.CancelAll(""), [State.CANCELLING] * 2) == (command, [book.state(first), book.state(second)])
    asked = book.at(600)
    assert commands.QueryOpenOrders("X", 600 * MS) in asked
    book.hear(events.OpenOrdersReport("X", 10 * MS, (), 0))
    assert "X" in book.orders.sweeps, "a read from before proves nothing"
    book.hear(events.OpenOrdersReport("X", 600 * MS, (first,), 0))
    assert commands.CancelAll("X") in book.at(700)
    book.hear(events.OpenOrdersReport("X", 650 * MS, (), 0))
    assert "X" in book.orders.sweeps, "nor does one from before it was asked for again"
    (read,) = [one for one in book.at(1200) if isinstance(one, commands.QueryOpenOrders)]
    book.hear(events.OpenOrdersReport("X", read.asked_ns, (), 0))
    assert {} == book.orders.sweeps


def test_cancel_all_of_one_symbol_leaves_the_others(book):
    mine = working(book)
    other = book.orders.create(0, Order("", "Y", "bid0", BUY, 5, 5), KNOBS, 0).client_id
    book.orders.cancel_all(0, "Y", ("X", "Y"), KNOBS)
    assert (State.WORKING, State.CANCELLING) == (book.state(mine), book.state(other))
    assert ["Y"] == list(book.orders.sweeps)


def test_a_stranger_found_open_is_adopted_cancelled_and_then_asked_about(book):
    book.hear(events.OpenOrdersReport("X", 1, ("old-7",), 0))
    stranger = book.orders.find("old-7")
    assert (State.IN_DOUBT, True, 1) == (stranger.state, stranger.is_orphan, book.orders.orphans)
    assert [commands.CancelOrder("old-7", "X", 0)] == book.at(0)
    assert commands.QueryOrder("old-7", "X", 601 * MS) in book.at(601), "nobody answered"
    book.hear(events.OrderReport("old-7", 601 * MS, events.OPEN, 95, 7, 2, 0, SELL))
    assert (SELL, [0, 7]) == (stranger.side, book.worst())
    assert commands.CancelOrder("old-7", "X", 0) in book.at(602)


def test_a_stranger_that_stands_is_cancelled_though_nothing_may_be_asked(book):
    book.hear(events.OpenOrdersReport("X", 1, ("old-7",), 0))
    assert [commands.CancelOrder("old-7", "X", 0)] == chase(book.orders, book.now, KNOBS, 0)


def test_a_stranger_of_no_symbol_is_asked_about_until_a_read_shows_where_it_stands(book):
    book.hear(events.OrderAccepted("old-8", "v", 95, 7, 0, BUY))
    assert [commands.QueryOrder("old-8", "", 0)] == book.at(0)
    assert [0, 0] == book.worst()
    book.hear(events.OpenOrdersReport("X", 1, ("old-8",), 0))
    assert ([7, 0], [commands.CancelOrder("old-8", "X", 0)]) == (book.worst(), book.at(1))


def test_a_stranger_accepted_on_the_stream_is_adopted_too(book):
    book.hear(events.OrderAccepted("old-8", "v", 95, 7, 0, BUY))
    assert (True, BUY, 7) == (
        book.orders.find("old-8").is_orphan,
        book.orders.find("old-8").side,
        book.orders.find("old-8").size_lots,
    )
    assert () == book.hear(events.OrderCancelled("old-9", 0, "x", 0)).fills


def test_a_foreign_fill_is_counted_once(book):
    assert [1, 0] == [len(book.fill("", 3, 3, "liq-1").fills) for _ in range(2)]
    assert 1 == book.orders.foreign_fills


def test_a_duplicate_id_of_an_order_thought_absent_opens_the_question_again(book):
    client_id = book.create()
    book.at(600)
    book.now = THROUGH_MS + 1
    book.bury(client_id, THROUGH_MS + 1)
    assert State.ABSENT is book.state(client_id)
    book.hear(events.OrderRejected(client_id, events.DUPLICATE_ID, 0))
    assert State.IN_DOUBT is book.state(client_id)


def assert_buried_no_sooner_than(book: Ledger, client_id: str, known_ms: int, *asked_ms: int) -> None:
    """An order is known to be there since then: no read is believed that may lag behind that, the next one is."""
    last_ms = known_ms + KNOBS.read_lag_ns_max // MS
    for at_ms in (*asked_ms, last_ms):
        book.now = at_ms
        book.bury(client_id, at_ms)
        assert State.IN_DOUBT is book.state(client_id)
    book.now = last_ms + 1
    book.bury(client_id, book.now)
    assert State.ABSENT is book.state(client_id)


@pytest.mark.parametrize(
    "word",
    [
        lambda book, client_id: book.accept(client_id),
        lambda book, client_id: book.hear(events.OrderAmended(client_id, 101, 10, book.now * MS)),
        lambda book, client_id: book.hear(events.OrderRejected(client_id, events.DUPLICATE_ID, 0)),
        lambda book, client_id: book.report(client_id, events.OPEN, book.now, 100, 10),
        lambda book, client_id: book.fill(client_id, 4, 4),
    ],
)
def test_a_read_may_lag_behind_the_word_that_an_absent_order_is_there(book, word):
    """Told to stand, an order was believed to be absent once more by a read as of before (a swarm's seed 120082)."""
    client_id = absent(book)
    book.now = 20_000
    word(book, client_id)
    assert State.IN_DOUBT is book.state(client_id)
    assert_buried_no_sooner_than(book, client_id, 20_000, 20_400)


def test_a_read_may_lag_behind_the_word_that_an_order_in_doubt_is_there(book):
    client_id = book.create()
    book.at(600)
    book.now = THROUGH_MS
    book.accept(client_id)
    assert_buried_no_sooner_than(book, client_id, THROUGH_MS, THROUGH_MS + 1)


def test_a_read_may_lag_behind_the_list_that_shows_a_strangers_order(book):
    book.now = 20_000
    book.hear(events.OpenOrdersReport("X", book.now * MS, ("old-7",), 0))
    assert_buried_no_sooner_than(book, "old-7", 20_000)


def test_what_turned_up_when_another_had_its_place_is_cancelled_once_and_then_asked_about(book):
    """Each cancel of it that was refused set the next one off, thirteen a second (a swarm's seed 120312)."""
    client_id = absent(book)
    other = working(book)
    book.now = 20_000
    book.hear(events.OrderRejected(client_id, events.DUPLICATE_ID, 0))
    kinds = []
    for now_ms in range(20_000, 20_400, 50):
        for command in book.at(now_ms):
            kinds += [type(command).__name__] if command.client_id == client_id else []
            if isinstance(command, commands.CancelOrder):
                book.hear(events.CancelRefused(client_id, "gone", 0))
    assert ["CancelOrder", "QueryOrder"] == kinds
    assert (1, other) == (book.orders.orphans, book.orders.holder("X", "bid0").client_id)


def _cancelled_at(book: Ledger, at_ms: int) -> str:
    client_id = book.create()
    book.accept(client_id)
    book.now = at_ms
    book.cancel(client_id)
    book.hear(events.OrderCancelled(client_id, 0, "by_client", at_ms * MS))
    assert State.CLOSED == book.state(client_id)
    return client_id


def test_an_order_that_a_venue_brought_back_from_the_dead_is_counted_and_cancelled_unasked(book):
    client_id = _cancelled_at(book, 1000)
    book.now = 9100
    book.hear(events.OpenOrdersReport("X", 9000 * MS, (client_id,), 9050 * MS))
    assert (State.IN_DOUBT, [10, 0]) == (book.state(client_id), book.worst())
    assert [commands.CancelOrder(client_id, "X", 0)] == book.at(9100)
    book.hear(events.OrderCancelled(client_id, 0, "by_client", 9200 * MS))
    assert (State.CLOSED, [0, 0]) == (book.state(client_id), book.worst())


def test_a_read_may_lag_behind_the_late_word_of_an_end(book):
    client_id = absent(book)
    book.now = 20_000
    book.hear(events.OrderCancelled(client_id, 0, "by_client", 1))
    asked_ns = 20_000 * MS + KNOBS.read_lag_ns_max
    book.hear(events.OpenOrdersReport("X", asked_ns, (client_id,), 2))
    assert State.CLOSED is book.state(client_id)
    book.hear(events.OpenOrdersReport("X", asked_ns + 1, (client_id,), 2))
    assert State.CLOSED is not book.state(client_id)


def test_a_cancel_under_way_ends_no_doubt(book):
    client_id, other = absent(book), book.create()
    book.accept(other)
    book.hear(events.OrderAccepted(client_id, "v", 100, 10, 1, BUY))
    book.at(5_001)
    assert State.CANCELLING is book.state(client_id)
    assert book.orders.is_side_in_doubt("X", BUY)
    book.hear(events.OrderCancelled(client_id, 0, "by_client", 1))
    assert not book.orders.is_side_in_doubt("X", BUY)


def test_a_read_that_may_lag_raises_nobody(book):
    client_id = _cancelled_at(book, 1000)
    book.now = 4000
    book.hear(events.OpenOrdersReport("X", 3900 * MS, (client_id,), 3950 * MS))
    assert State.CLOSED == book.state(client_id)


def test_what_rose_frees_no_slot_and_takes_none(book):
    client_id = _cancelled_at(book, 1000)
    other = book.create()
    book.accept(other)
    book.now = 9100
    book.hear(events.OpenOrdersReport("X", 9000 * MS, (client_id, other), 9050 * MS))
    assert other == book.orders.holder("X", "bid0").client_id
    assert State.WORKING == book.state(other)


def test_a_working_order_that_the_venues_list_does_not_show_is_asked_about_at_once(book):
    client_id = book.create()
    book.accept(client_id)
    book.now = 9100
    book.hear(events.OpenOrdersReport("X", 9000 * MS, (), 9050 * MS))
    assert [commands.QueryOrder(client_id, "X", 9100 * MS)] == book.at(9100)


def test_a_fill_of_a_stranger_whose_size_nobody_told_does_not_end_it(book):
    book.hear(events.OpenOrdersReport("X", 0, ("elsewhere-1",), 0))
    book.fill("elsewhere-1", 5, 5)
    assert State.IN_DOUBT is book.state("elsewhere-1"), "there may be more of it"
