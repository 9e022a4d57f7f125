"""Fills that name no order: counted at once, given to their order when somebody says whose they are."""

from itertools import pairwise

import pytest
from ledger import MS, Ledger, working
from small_world import small_world

from strategy import commands, events
from strategy.order_fills import FILL_IDS_MAX, forget_fill_ids
from strategy.order_states import State
from strategy.units import BUY


@pytest.fixture
def book() -> Ledger:
    return Ledger()


def nameless(book: Ledger, lots: int, fill_id: str = "f1"):
    return book.hear(events.OrderFilled("", "X", BUY, fill_id, 100, lots, lots, "maker", 1, book.now * MS))


def test_a_fill_without_a_name_counts_at_once_and_its_fills_are_read(book):
    working(book)
    book.now = 10
    assert [4] == [fill.size_lots for fill in nameless(book, 4).fills]
    assert (1, [10, 0]) == (book.orders.foreign_fills, book.worst())
    assert [commands.QueryFills] == [type(one) for one in book.at(10)]


def test_the_copy_that_names_the_order_gives_it_its_lots_and_counts_no_second_time(book):
    client_id = working(book)
    nameless(book, 4)
    assert () == book.fill(client_id, 4, 4).fills
    assert (4, [6, 0]) == (book.orders.find(client_id).filled_lots, book.worst())
    book.fill(client_id, 4, 4)
    assert 4 == book.orders.find(client_id).filled_lots, "a third copy says nothing new"


def test_the_list_of_fills_names_it_as_well_and_ends_an_order_that_has_traded(book):
    client_id = working(book)
    nameless(book, 10)
    told = events.OrderFilled(client_id, "X", BUY, "f1", 100, 10, 10, "maker", 1, 0)
    (asked,) = [one for one in book.at(1) if isinstance(one, commands.QueryFills)]
    assert () == book.hear(events.FillsReport("X", asked.asked_ns, (told,), MS)).fills
    assert (State.CLOSED, [0, 0]) == (book.state(client_id), book.worst())
    assert {} == book.orders.owing


def test_a_second_copy_without_a_name_is_none_at_all(book):
    client_id = working(book)
    book.fill(client_id, 4, 4)
    assert () == nameless(book, 4).fills
    assert (0, {}) == (book.orders.foreign_fills, book.orders.unclaimed)


def test_a_copy_that_comes_forty_minutes_later_finds_no_order_and_counts_no_second_time(book):
    client_id = working(book)
    book.fill(client_id, 10, 10)
    book.at(40 * 60_000)
    book.orders.forget_ended(0)
    assert book.orders.find(client_id) is None
    book.now = 40 * 60_000
    late = events.OrderFilled(client_id, "X", BUY, "f1", 100, 10, 10, "maker", 1, 0)
    assert () == book.hear(late).fills
    assert 0 == book.orders.foreign_fills


def test_what_nobody_claims_is_forgotten_with_its_id(book):
    nameless(book, 4)
    forget_fill_ids(book.orders, 0)
    assert {} == book.orders.unclaimed
    assert FILL_IDS_MAX > 0


def test_fills_are_read_from_where_the_last_answer_knew_all_of_them(book):
    book.now = 200_000
    working(book)
    book.fill("s-1", 1, 1)
    assert 0 == book.orders.fills_whole_ns("X"), "told is not all there is"
    book.orders.read_fills(book.now * MS, "X", 0)
    (asked,) = [one for one in book.at(book.now) if isinstance(one, commands.QueryFills)]
    book.hear(events.FillsReport("X", asked.asked_ns, (), 150_000 * MS))
    assert 150_000 * MS == book.orders.fills_whole_ns("X"), "a replica that lags knew them up to then"


def read_fills(book: Ledger, *fills: events.OrderFilled) -> list[int]:
    """Answer the reads of a minute with the same list each; give when they were asked."""
    asked = []
    for at_ms in range(book.now, book.now + 60_000, 100):
        for one in book.at(at_ms):
            if isinstance(one, commands.QueryFills):
                asked.append(at_ms)
                book.hear(events.FillsReport("X", one.asked_ns, fills, at_ms * MS))
    return asked


def test_fills_that_the_list_never_shows_are_asked_for_ever_more_seldom_and_stay_owed(book):
    client_id = working(book)
    book.hear(events.OrderCancelled(client_id, 4, "by_client", 5 * MS))
    asked = read_fills(book)
    pauses = [later - sooner for sooner, later in pairwise(asked)]
    assert [1000, 2000, 4000, 4000] == pauses[:4]
    assert ({client_id: None}, [4, 0]) == (book.orders.owing, book.worst())


def test_what_is_told_of_another_order_meanwhile_is_read_at_once(book):
    first, second = working(book), working(book, slot="ask0")
    book.hear(events.OrderCancelled(first, 4, "by_client", 5 * MS))
    read_fills(book)
    book.hear(events.OrderCancelled(second, 3, "by_client", 5 * MS))
    assert book.now + 500 == read_fills(book)[0]
    assert book.fill(first, 4, 4).fills, "what is shown at last counts"


def test_a_stranger_whose_fills_the_list_has_under_another_name_owes_none(book):
    """An order of ours lost its name: the fill counted as ours, then its end is told as somebody else's."""
    client_id = working(book)
    book.fill(client_id, 4, 4)
    book.orders.adopt(book.now * MS, "~1", "X")
    book.cancel("~1")
    book.hear(events.OrderCancelled("~1", 4, "by_client", 5 * MS))
    ours = events.OrderFilled(client_id, "X", BUY, "f1", 100, 4, 4, "maker", 1, 0)
    assert 3000 < read_fills(book, ours)[-1] <= 8000, "the list may lag behind its end"
    assert ({}, 0) == (book.orders.owing, book.orders.find("~1").worst_lots)


def test_an_order_of_ours_that_another_has_the_place_of_goes_on_owing_its_fills(book):
    client_id = working(book)
    order = book.orders.find(client_id)
    book.hear(events.OrderCancelled(client_id, 0, "by_client", 5 * MS))
    book.now = 4000
    book.orders.rise(book.now * MS, order)
    book.cancel(client_id)
    book.hear(events.OrderCancelled(client_id, 4, "by_client", 5 * MS))
    read_fills(book)
    assert (True, {client_id: None}) == (order.is_orphan, book.orders.owing)


def test_open_orders_and_fills_are_compared_now_and_then_on_a_stream_that_never_broke(tmp_path):
    world = small_world(tmp_path, seconds=50)
    asked: dict[type, list[int]] = {commands.QueryOpenOrders: [], commands.QueryFills: []}

    class Looker:
        def delivered(self, *_):
            pass

        def sent(self, now_ns, command):
            asked.get(type(command), []).append((now_ns - world.start_wall_ns) // 10**9)

        def stepped(self, *_):
            pass

    world.driver.watchers = (*world.driver.watchers, Looker())
    assert "" == world.run().error
    assert [16, 31, 46] == asked[commands.QueryOpenOrders][1:]
    assert {16, 31, 46} <= dict.fromkeys(asked[commands.QueryFills]).keys()
