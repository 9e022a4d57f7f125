"""The venue's clock is set back: what is stamped with an instant that it shows a second time is found all the same."""

import pytest
from ledger import KNOBS, MS, Ledger, working
from seat import START, Seat
from small_world import small_scenario

from strategy import commands, events
from strategy.config_knobs import knobs as make_knobs
from strategy.order_fills import forget_fill_ids
from strategy.order_restart import start
from strategy.order_states import State
from strategy.order_times import UNSEEN_STEP_NS, sampled
from strategy.units import BUY, NS_PER_S

LATE = 400_000  # ms, on our clock: the venue's shows the same until it is set back
BACK = 287_000
OVERLAP = 60_000


@pytest.fixture
def book() -> Ledger:
    book = Ledger()
    book.now = LATE
    book.orders.heard_venue_ns = LATE * MS
    book.orders.last_fill_venue_ns["X"] = book.orders.fills_seen_ns["X"] = LATE * MS
    return book


def sample(book: Ledger, behind_ms: int, every_ms: int = 10_000) -> None:
    """Have the venue's clock show so much less than ours, as a sample tells that comes ``every_ms``."""
    earliest_ms = book.now - behind_ms - every_ms
    sampled(book.orders, book.now * MS, earliest_ms * MS, -behind_ms * MS, ("X",))


def stamped(client_id: str, at_ms: int, lots: int = 10, total: int = 10, fill_id: str = "f9"):
    return events.OrderFilled(client_id, "X", BUY, fill_id, 100, lots, total, "maker", 1, at_ms * MS)


def fills_since(asked: list[commands.Command]) -> list[int]:
    return [one.since_venue_ns // MS for one in asked if isinstance(one, commands.QueryFills)]


def test_fills_that_are_owed_are_read_from_where_the_clock_was_set_back_to(book):
    client_id = working(book)
    sample(book, BACK)
    book.now += 1000
    book.report(client_id, events.DONE, book.now, filled=10)
    assert [LATE - BACK - 10_000 - OVERLAP] == fills_since(book.at(book.now + 500))


def test_an_order_of_afterwards_begins_where_the_clock_was_set_back_to(book):
    working(book)
    sample(book, BACK)
    client_id = book.create(slot="ask0")
    assert LATE - BACK - 10_000 == book.orders.find(client_id).since_venue_ns // MS


def test_all_fills_are_read_again_and_what_was_read_meanwhile_settles_nothing(book):
    working(book)
    book.orders.read_fills(LATE * MS, "X", LATE * MS)
    (asked,) = [one for one in book.at(LATE) if isinstance(one, commands.QueryFills)]
    sample(book, BACK)
    assert [LATE - BACK - 10_000 - OVERLAP] == fills_since(book.at(LATE))
    book.hear(events.FillsReport("X", asked.asked_ns - 1, (), (LATE - BACK) * MS))
    assert "X" in book.orders.fills_due
    assert {} == book.orders.fills_read_ns


def test_a_word_of_before_that_comes_late_moves_nothing_ahead(book):
    client_id = working(book)
    sample(book, BACK)
    book.now += 5
    book.hear(stamped(client_id, LATE, 4, 4))
    book.report(client_id, events.OPEN, book.now - 1, 100, 10, 4)
    orders = book.orders
    latest = book.now - BACK + 1000
    assert latest == orders.heard_venue_ns // MS
    assert latest == orders.last_fill_venue_ns["X"] // MS
    assert latest >= orders.find(client_id).since_venue_ns // MS
    book.hear(events.FillsReport("X", 1, (), LATE * MS))
    assert latest >= orders.fills_seen_ns.get("X", 0) // MS


def test_what_is_told_of_an_order_afterwards_is_the_later_word(book):
    client_id = working(book)
    book.amend(client_id, 101, 10)
    book.hear(events.OrderAmended(client_id, 101, 10, LATE * MS))
    sample(book, BACK)
    book.now += 100
    book.amend(client_id, 102, 10)
    book.hear(events.OrderAmended(client_id, 102, 10, (book.now - BACK) * MS))
    assert 102 == book.orders.find(client_id).price_ticks


def test_where_an_order_stands_that_was_told_of_before_is_asked_at_once(book):
    client_id = working(book)
    book.amend(client_id, 101, 10)
    book.hear(events.OrderAmended(client_id, 101, 10, LATE * MS))
    book.now += 1
    sample(book, BACK)
    assert [client_id] == [one.client_id for one in book.at(book.now) if isinstance(one, commands.QueryOrder)]


def test_nothing_is_read_anew_for_a_clock_that_stands_still_or_is_a_little_off(book):
    working(book)
    book.now += 30_000
    sample(book, 30_500)  # it has shown the same ever since
    sample(book, 30_999)
    assert {} == book.orders.fills_due
    sample(book, 31_001)
    assert ["X"] == [*book.orders.fills_due]


def test_an_order_of_ours_takes_what_it_is_owed_though_ids_of_later_fills_are_forgotten(book):
    first = working(book)
    book.fill(first, 10, 10)
    forget_fill_ids(book.orders, 0)
    assert LATE * MS == book.orders.fills_forgotten_ns
    client_id = working(book)
    early = stamped(client_id, LATE - BACK)
    assert [early] == [*book.hear(early).fills]
    assert (State.CLOSED, 10) == (book.state(client_id), book.orders.find(client_id).filled_lots)
    assert () == book.fill(first, 10, 10).fills, "an order that has traded takes no second copy"
    assert () == book.hear(stamped("", LATE - BACK, fill_id="f8")).fills, "nor does nobody"


def test_a_new_process_reads_its_fills_from_before_a_step_that_nobody_saw(book):
    sample(book, 0)
    start(book.orders, book.now * MS, "t", ("X",), KNOBS)
    assert [LATE - UNSEEN_STEP_NS // MS - OVERLAP] == fills_since(book.at(LATE))
    assert book.orders.ahead_ns is None


def test_the_core_takes_it_from_the_samples_of_the_clock(tmp_path):
    ready = small_scenario(tmp_path)
    seat = Seat(make_knobs(ready.config, ready.instruments))
    seat.boot()
    orders = seat.core._state.orders
    orders.heard_venue_ns = seat.now
    assert 0 < orders.ahead_ns < NS_PER_S
    seat.hear(events.ClockSampled(seat.now + 9_990 * MS, seat.now + 10_000 * MS - BACK * MS), 10_000)
    assert -BACK * MS <= orders.ahead_ns < -BACK * MS + NS_PER_S
    assert START - BACK * MS - NS_PER_S < orders.heard_venue_ns < START - BACK * MS + NS_PER_S
    assert (
        dict.fromkeys(one.symbol for one in ready.instruments).keys()
        == orders.fills_due.keys() | orders.fills_asked_ns.keys()
    )
