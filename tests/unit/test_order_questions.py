"""Silence is a question: what is asked about an order, when, and what an answer says of which request."""

from types import SimpleNamespace

import pytest
from ledger import KNOBS, MS, THROUGH_MS, working

from strategy import commands, events
from strategy.deciding import view_of
from strategy.order_chase import chase
from strategy.order_states import State
from strategy.units import BUY, SELL


@pytest.mark.parametrize("kind", [events.NotSent, events.Unanswered])
def test_a_question_without_an_answer_changes_nothing_and_is_asked_again(book, kind):
    client_id = book.create()
    book.at(600)
    book.hear(kind(events.QUERY, client_id, "X", "timeout"))
    assert (State.IN_DOUBT, 0) == (book.state(client_id), book.orders.find(client_id).asked_ns)
    assert 1 == len(book.at(1100))


def test_after_the_private_stream_was_away_everything_is_asked_about(book):
    first, second = working(book), working(book, slot="ask0", side=SELL)
    book.orders.private_restored(0, ("X",))
    kinds = [type(one).__name__ for one in book.at(0)]
    assert ["QueryOrder", "QueryOrder", "QueryFills"] == kinds
    assert {State.WORKING} == {book.state(first), book.state(second)}, "an audit is no doubt"


def test_a_healthy_order_is_audited_now_and_then_without_doubt(book):
    client_id = working(book)
    assert [] == book.at(14_999)
    assert 1 == len(book.at(15_000))
    assert State.WORKING is book.state(client_id)
    book.report(client_id, events.MISSING, 15_000)
    assert State.IN_DOUBT is book.state(client_id)


def test_questions_beyond_the_budget_are_put_off_not_dropped(book):
    ids = [book.create(slot=f"s{number}") for number in range(4)]
    book.now = 600
    asked = chase(book.orders, 600 * MS, KNOBS, 2)
    assert 2 == len(asked)
    assert 2 == len(book.at(650))
    assert [State.IN_DOUBT] * 4 == [book.state(client_id) for client_id in ids]
    book.orders.want_fills("X", 700 * MS, 0)
    assert [] == [one for one in chase(book.orders, 700 * MS, KNOBS, 0) if isinstance(one, commands.QueryFills)]
    assert any(isinstance(one, commands.QueryFills) for one in book.at(760))


def test_a_scarce_budget_of_questions_is_shared_in_turns(book):
    """One question a second, two orders in doubt and fills to be read: each has its turn."""
    for side in ("bid0", "ask0"):
        book.create(slot=side, side=BUY if side == "bid0" else -BUY)
    orders, asked = book.orders, []
    orders.want_fills("X", 0, 0)
    for at_ms in range(1000, 13_000, 1000):
        for one in chase(orders, at_ms * MS, KNOBS, 1):
            asked.append(getattr(one, "client_id", "fills"))
    assert {"s-1", "s-2", "fills"} == set(asked)
    assert min(asked.count(name) for name in set(asked)) >= 3


def test_an_amend_refused_because_the_order_is_otherwise_is_not_tried_again_before_a_read(book):
    """The fill that makes it so may be told late or never; trying again and again is refused as often."""
    client_id = working(book)
    book.now = 100
    book.amend(client_id, 100, 5)
    book.hear(events.AmendRefused(client_id, "below_filled", 0))
    assert book.orders.find(client_id).must_read
    book.report(client_id, events.OPEN, 50, 100, 10, 0)  # asked before
    assert book.orders.find(client_id).must_read
    book.at(100)
    book.report(client_id, events.OPEN, 100, 100, 10, 8)
    assert (False, State.WORKING) == (book.orders.find(client_id).must_read, book.state(client_id))
    book.amend(client_id, 101, 10)
    book.hear(events.AmendRefused(client_id, events.WOULD_CROSS, 0))
    assert not book.orders.find(client_id).must_read


def test_what_an_amend_was_refused_for_is_cancelled_once_and_then_as_seldom_as_any_other(book):
    client_id = working(book)
    book.now = 100
    book.amend(client_id, 100, 5)
    book.hear(events.AmendRefused(client_id, "gone", 0))
    desk = SimpleNamespace(places={})

    def may_be_cancelled(at_ms: int) -> bool:
        return view_of(book.orders.find(client_id), desk, at_ms * MS, SimpleNamespace(orders=KNOBS)).is_cancellable

    assert may_be_cancelled(100)
    book.cancel(client_id)
    assert not may_be_cancelled(150), "one is under way"
    book.hear(events.CancelRefused(client_id, "gone", 0))
    assert [False, True] == [may_be_cancelled(150), may_be_cancelled(600)]


def test_a_doubts_first_cancel_does_not_wait_for_the_rest_of_an_amend(book):
    client_id = book.create()
    book.accept(client_id)
    book.now = 2000
    book.amend(client_id, 99, 10)
    book.hear(events.Unanswered(events.AMEND, client_id, "X", "reset", 2000 * MS))
    assert (State.IN_DOUBT, 0) == (book.state(client_id), book.orders.find(client_id).cancel_ns)
    book.cancel(client_id)
    assert 2000 * MS == book.orders.find(client_id).cancel_ns


def test_the_end_of_what_a_read_has_shown_to_stand_is_asked_for_as_the_first_time(book):
    """Each cancel in vain has the next wait longer, since it may not be there; of an amend in doubt it is."""
    client_id = working(book)
    order = book.orders.find(client_id)
    book.now = 10
    book.amend(client_id, 99, 10)
    book.hear(events.Unanswered(events.AMEND, client_id, "X", "down", 10 * MS))
    for at_ms in (600, 1100):
        book.now = at_ms
        book.cancel(client_id)
        book.hear(events.Unanswered(events.CANCEL, client_id, "X", "down", at_ms * MS))
    for asked_ms, filled, cancels in ((1000, 0, 2), (1200, 0, 0)):
        book.now = 1300
        book.report(client_id, events.OPEN, asked_ms, 100, 10, filled)
        assert (State.IN_DOUBT, cancels) == (book.state(client_id), order.cancels)


def test_a_verdict_on_an_older_request_says_nothing_of_a_newer_one(book):
    client_id = working(book)
    book.now = 10
    book.amend(client_id, 99, 10)
    book.hear(events.OrderAmended(client_id, 99, 10, 11 * MS))
    book.now = 20
    book.amend(client_id, 98, 10)
    book.hear(events.Unanswered(events.AMEND, client_id, "X", "timeout", 10 * MS))
    assert State.AMENDING is book.state(client_id)
    book.hear(events.Unanswered(events.AMEND, client_id, "X", "timeout", 20 * MS))
    assert State.IN_DOUBT is book.state(client_id)


@pytest.mark.parametrize(
    ("request_", "before", "after"),
    [
        (events.CREATE, State.CREATING, State.CLOSED),
        (events.AMEND, State.AMENDING, State.WORKING),
        (events.CANCEL, State.CANCELLING, State.IN_DOUBT),
    ],
)
def test_what_certainly_never_left_is_known(book, request_, before, after):
    client_id = book.create() if request_ == events.CREATE else working(book)
    if request_ == events.AMEND:
        book.amend(client_id, 99, 14)
    elif request_ == events.CANCEL:
        book.cancel(client_id)
    assert before is book.state(client_id)
    book.hear(events.NotSent(request_, client_id, "X", "send_by passed"))
    assert (after, [0 if after is State.CLOSED else 10, 0]) == (book.state(client_id), book.worst())


def test_an_amend_that_never_left_says_nothing_of_the_cancel_that_overtook_it(book):
    client_id = working(book)
    book.amend(client_id, 99, 14)
    book.cancel(client_id)
    book.hear(events.NotSent(events.AMEND, client_id, "X", "cancelled in line"))
    assert (State.CANCELLING, [10, 0]) == (book.state(client_id), book.worst())
    book.hear(events.OrderCancelled(client_id, 0, "by_client", 0))
    assert State.CLOSED is book.state(client_id)


def test_a_refused_cancel_is_a_question_asked_at_once(book):
    client_id = working(book)
    book.cancel(client_id)
    book.hear(events.CancelRefused(client_id, "gone", 0))
    assert State.IN_DOUBT is book.state(client_id)
    assert [commands.QueryOrder(client_id, "X", 0)] == book.at(0)
    book.report(client_id, events.DONE, 0, 100, 10, 10)
    assert (State.CLOSED, [10, 0]) == (book.state(client_id), book.worst())
    assert any(isinstance(one, commands.QueryFills) for one in book.at(600))


def test_a_read_asked_before_a_cancel_left_does_not_settle_the_cancel(book):
    client_id = working(book)
    book.amend(client_id, 99, 10)
    book.at(600)
    book.now = 900
    book.cancel(client_id)
    book.at(1500)
    book.report(client_id, events.OPEN, 600, 99, 10)
    assert State.IN_DOUBT is book.state(client_id)
    book.report(client_id, events.OPEN, 1500, 99, 10)
    assert State.WORKING is book.state(client_id)


def test_a_lost_acknowledgement_is_asked_about_and_found(book):
    client_id = book.create()
    assert [] == book.at(599)
    (query,) = book.at(600)
    assert commands.QueryOrder(client_id, "X", 600 * MS) == query
    assert (State.IN_DOUBT, 1, True, False) == (
        book.state(client_id), book.orders.doubts(), book.orders.is_side_in_doubt("X", BUY), book.orders.is_side_in_doubt("X", SELL),
    )  # fmt: skip
    assert [10, 0] == book.worst()
    book.report(client_id, events.OPEN, 600, 100, 10)
    assert (State.WORKING, 0) == (book.state(client_id), book.orders.doubts())


def test_a_read_from_before_the_last_word_moves_no_price(book):
    client_id = working(book)
    book.now = 10
    book.amend(client_id, 103, 10)
    book.hear(events.OrderAmended(client_id, 103, 10, 30 * MS))
    book.now = 40
    book.hear(events.OrderReport(client_id, 40 * MS, events.OPEN, 100, 10, 0, 29 * MS))
    assert 103 == book.orders.find(client_id).reach_ticks, "a replica told where it stood before"
    book.hear(events.OrderReport(client_id, 40 * MS, events.OPEN, 102, 10, 0, 30 * MS))
    assert 102 == book.orders.find(client_id).reach_ticks


def amended_in_silence(book, price):
    """Have an order at 100 amended to a price, and nobody say a word of it."""
    client_id = working(book)
    book.now = 10
    book.amend(client_id, price, 10)
    book.at(700)
    assert State.IN_DOUBT is book.state(client_id)
    return client_id


def test_what_one_replica_showed_is_not_undone_by_an_older_one(book):
    client_id = amended_in_silence(book, 103)
    book.hear(events.OrderReport(client_id, 700 * MS, events.OPEN, 103, 10, 0, 600 * MS))
    assert (State.WORKING, 103) == (book.state(client_id), book.orders.find(client_id).price_ticks)
    book.hear(events.OrderReport(client_id, 800 * MS, events.OPEN, 100, 10, 0, 5 * MS))
    assert 103 == book.orders.find(client_id).price_ticks, "asked later, answered from before the amend"


def test_a_read_that_does_not_know_a_fill_we_hold_settles_nothing(book):
    client_id = amended_in_silence(book, 103)
    book.fill(client_id, 4, 4)
    book.hear(events.OrderReport(client_id, 750 * MS, events.OPEN, 100, 10, 0, 740 * MS))
    assert (State.IN_DOUBT, 103) == (book.state(client_id), book.orders.find(client_id).reach_ticks)
    book.hear(events.OrderReport(client_id, 800 * MS, events.OPEN, 103, 10, 4, 790 * MS))
    assert (State.WORKING, 103) == (book.state(client_id), book.orders.find(client_id).price_ticks)


def test_a_venue_that_went_back_in_time_is_believed_once_no_read_can_lag_so_far(book):
    client_id = working(book)
    book.fill(client_id, 4, 4)
    book.now = THROUGH_MS + 1
    book.orders.find(client_id).state = State.IN_DOUBT
    book.report(client_id, events.OPEN, THROUGH_MS + 1, 100, 10)
    assert State.WORKING is book.state(client_id)


def test_a_read_from_before_a_cancel_was_refused_ends_no_doubt(book):
    """Its cancel was refused as gone, the answer to an older question showed it open, and it was amended (130442)."""
    client_id = working(book)
    book.now = 10_000
    book.hear(events.CancelRefused(client_id, "gone", 0))
    assert State.IN_DOUBT is book.state(client_id)
    book.now = 10_100
    book.report(client_id, events.OPEN, 9_800, price=100, lots=10)
    assert State.IN_DOUBT is book.state(client_id)
    book.report(client_id, events.OPEN, 10_000, price=100, lots=10)
    assert State.WORKING is book.state(client_id)
