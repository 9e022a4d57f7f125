"""Stories of orders: commands in, words back, and what is believed of them."""

import msgspec
import pytest

from strategy import commands, events
from strategy.errors import OurMistake
from strategy.knobs import OrderKnobs
from strategy.order import Order
from strategy.order_chase import chase
from strategy.order_states import State
from strategy.order_words import absorb
from strategy.orders import Orders, through_ns
from strategy.units import BUY, NS_PER_MS, SELL

MS = NS_PER_MS
KNOBS = OrderKnobs(
    ack_wait_ns_max=600 * MS, query_every_ns=500 * MS, send_within_ns=150 * MS, window_ns=1000 * MS,
    read_lag_ns_max=3000 * MS, margin_ns=2000 * MS, audit_every_ns=15_000 * MS, forget_after_ns=120_000 * MS, closed_kept_max=5,
)  # fmt: skip
THROUGH_MS = 150 + 1000 + 3000


class Ledger:
    """Orders with a clock and short words."""

    def __init__(self) -> None:
        self.orders, self.now = Orders(session="s"), 0

    def create(self, side=BUY, price=100, lots=10, slot="bid0", **kinds) -> str:
        order = Order("", "X", slot, side, price, lots, **kinds)
        return self.orders.create(self.now * MS, order, KNOBS, 1).client_id

    def amend(self, client_id, price, lots):
        return self.orders.amend(self.now * MS, client_id, price, lots, KNOBS, 1)

    def cancel(self, client_id):
        return self.orders.cancel(self.now * MS, client_id, KNOBS, 1)

    def hear(self, event):
        return absorb(self.orders, self.now * MS, event, KNOBS)

    def at(self, now_ms: int) -> list[commands.Command]:
        """Let time pass and give what is asked then."""
        self.now = now_ms
        return chase(self.orders, now_ms * MS, KNOBS, 100)

    def accept(self, client_id, price=100, lots=10, side=BUY):
        return self.hear(events.OrderAccepted(client_id, "v", price, lots, self.now * MS, side))

    def fill(self, client_id, lots, total, fill_id="f1", side=BUY):
        return self.hear(events.OrderFilled(client_id, "X", side, fill_id, 100, lots, total, "maker", 1, self.now * MS))

    def report(self, client_id, status, asked_ms, price=0, lots=0, filled=0):
        return self.hear(events.OrderReport(client_id, asked_ms * MS, status, price, lots, filled, self.now * MS))

    def bury(self, client_id, asked_ms):
        """Let a late read not find the order, its fills be read and hold none, and a second look find nothing."""
        self.report(client_id, events.MISSING, asked_ms)
        since = [one for one in self.at(self.now) if isinstance(one, commands.QueryFills)]
        for one in since:
            self.hear(events.FillsReport("X", one.asked_ns, (), self.now * MS))
        self.report(client_id, events.MISSING, self.now)

    def state(self, client_id) -> State:
        return self.orders.find(client_id).state

    def worst(self) -> list[int]:
        return list(self.orders.worst_of("X"))


@pytest.fixture
def book() -> Ledger:
    return Ledger()


def working(book: Ledger, **kinds) -> str:
    client_id = book.create(**kinds)
    book.accept(client_id, kinds.get("price", 100), kinds.get("lots", 10))
    assert State.WORKING is book.state(client_id)
    return client_id


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


def test_an_absent_order_that_turns_up_is_an_orphan_in_doubt_again(book):
    client_id = absent(book)
    book.accept(client_id)
    assert (State.IN_DOUBT, [10, 0]) == (book.state(client_id), book.worst())
    assert client_id == book.orders.holder("X", "bid0").client_id, "its slot was free, so it holds it again"


def test_an_orphan_whose_slot_was_taken_is_cancelled_once_found(book):
    client_id = absent(book)
    newer = book.create()
    book.accept(client_id)
    assert (newer, True, [20, 0]) == (
        book.orders.holder("X", "bid0").client_id, book.orders.find(client_id).is_orphan, book.worst(),
    )  # fmt: skip
    book.report(client_id, events.OPEN, 5000, 100, 10)
    asked = book.at(5001)
    assert commands.CancelOrder(client_id, "X", 0) in asked
    assert State.CANCELLING is book.state(client_id)


def test_a_fill_on_an_absent_order_is_booked_and_reopens_it(book):
    client_id = absent(book)
    assert 1 == len(book.fill(client_id, 4, 4).fills)
    assert (State.IN_DOUBT, [6, 0]) == (book.state(client_id), book.worst())


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


def test_a_refused_cancel_is_a_question_asked_at_once(book):
    client_id = working(book)
    book.cancel(client_id)
    book.hear(events.CancelRefused(client_id, "gone", 0))
    assert State.IN_DOUBT is book.state(client_id)
    assert [commands.QueryOrder(client_id, "X", 0)] == book.at(0)
    book.report(client_id, events.DONE, 0, 100, 10, 10)
    assert (State.CLOSED, [10, 0]) == (book.state(client_id), book.worst())
    assert any(isinstance(one, commands.QueryFills) for one in book.at(600))


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


@pytest.mark.parametrize("kind", [events.NotSent, events.Unanswered])
def test_a_question_without_an_answer_changes_nothing_and_is_asked_again(book, kind):
    client_id = book.create()
    book.at(600)
    book.hear(kind(events.QUERY, client_id, "X", "timeout"))
    assert (State.IN_DOUBT, 0) == (book.state(client_id), book.orders.find(client_id).asked_ns)
    assert 1 == len(book.at(1100))


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


def test_a_stranger_found_open_is_adopted_asked_about_and_cancelled(book):
    book.hear(events.OpenOrdersReport("X", 1, ("old-7",), 0))
    stranger = book.orders.find("old-7")
    assert (State.IN_DOUBT, True, 1) == (stranger.state, stranger.is_orphan, book.orders.orphans)
    assert [commands.QueryOrder("old-7", "X", 0)] == book.at(0)
    book.hear(events.OrderReport("old-7", 0, events.OPEN, 95, 7, 2, 0, SELL))
    assert (SELL, [0, 7]) == (stranger.side, book.worst())
    assert commands.CancelOrder("old-7", "X", 0) in book.at(1)


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
    book.orders.forget_fill_ids(1)
    again = events.OrderFilled(client_id, "X", BUY, "f1", 100, 1, 1, "maker", 1, (book.now - 1) * MS)
    assert () == book.hear(again).fills
    assert 2 == book.orders.find(client_id).filled_lots


def test_ended_orders_are_bounded_but_not_while_fills_are_owed(book):
    owing = book.create()
    book.hear(events.OrderCancelled(owing, 5, "x", 0))
    for _ in range(20):
        book.hear(events.OrderRejected(book.create(), "x", 0))
    working(book)
    book.at(200_000)
    assert book.orders.find(owing) is not None
    assert len(book.orders.ended) <= 6


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


def test_a_duplicate_id_of_an_order_thought_absent_opens_the_question_again(book):
    client_id = book.create()
    book.at(600)
    book.now = THROUGH_MS + 1
    book.bury(client_id, THROUGH_MS + 1)
    assert State.ABSENT is book.state(client_id)
    book.hear(events.OrderRejected(client_id, events.DUPLICATE_ID, 0))
    assert State.IN_DOUBT is book.state(client_id)


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


def test_a_doubts_first_cancel_does_not_wait_for_the_rest_of_an_amend(book):
    client_id = book.create()
    book.accept(client_id)
    book.now = 2000
    book.amend(client_id, 99, 10)
    book.hear(events.Unanswered(events.AMEND, client_id, "X", "reset", 2000 * MS))
    assert (State.IN_DOUBT, 0) == (book.state(client_id), book.orders.find(client_id).cancel_ns)
    book.cancel(client_id)
    assert 2000 * MS == book.orders.find(client_id).cancel_ns
