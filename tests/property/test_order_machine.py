"""The ledger of orders against a venue whose words are lost, late and doubled.

At every moment the ledger's worst case is at least what can truly still come of it. Once nothing
is lost any more and the questions are answered, the ledger holds what the venue holds.
"""

from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from model_venue import SYMBOL, ModelVenue

from strategy import commands, events
from strategy.knobs import OrderKnobs
from strategy.order import Order
from strategy.order_chase import chase
from strategy.order_states import State
from strategy.order_words import absorb
from strategy.orders import Orders
from strategy.units import BUY, NS_PER_MS, SELL

MS = NS_PER_MS
LAG_MS, WINDOW_MS = 300, 1000
KNOBS = OrderKnobs(
    ack_wait_ns_max=600 * MS, query_every_ns=500 * MS, send_within_ns=150 * MS, window_ns=WINDOW_MS * MS,
    read_lag_ns_max=LAG_MS * MS, margin_ns=LAG_MS * MS, audit_every_ns=15_000 * MS, forget_after_ns=120_000 * MS, closed_kept_max=5,
)  # fmt: skip
SIDES = {"bid0": BUY, "bid1": BUY, "ask0": SELL}
# What an unanswered request is called.
KINDS = {
    commands.CreateOrder: events.CREATE,
    commands.AmendOrder: events.AMEND,
    commands.CancelOrder: events.CANCEL,
    commands.CancelAll: events.CANCEL_ALL,
    commands.QueryOrder: events.QUERY,
    commands.QueryOpenOrders: events.QUERY,
    commands.QueryFills: events.QUERY,
}
PICK = st.integers(0, 40)
PRICE = st.integers(98, 102)
LOTS = st.integers(1, 12)
# Most waits are short; some are long enough for every deadline.
WAIT_MS = st.one_of(st.integers(0, 150), st.integers(200, 800), st.integers(1000, 20_000), st.just(90_000))


class OrderMachine(RuleBasedStateMachine):
    """Requests travel, words travel back, and any of them may be lost, doubled or late."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms = 1000
        self.orders = Orders(session="s")
        self.venue = ModelVenue(WINDOW_MS)
        self.position = 0
        self.coming: list[tuple[int, Any]] = []  # requests under way: when they left, what they are
        self.words: list[Any] = []

    # What we do

    def _send(self, *requests: commands.Command) -> None:
        self.coming += [(self.now_ms, request) for request in requests]

    def _hear(self, event: events.Event) -> None:
        absorbed = absorb(self.orders, self.now_ms * MS, event, KNOBS)
        self.position += sum(fill.side * fill.size_lots for fill in absorbed.fills)
        self._chase(100)

    def _chase(self, asks_max: int) -> None:
        self._send(*chase(self.orders, self.now_ms * MS, KNOBS, asks_max))

    @rule(slot=st.sampled_from(sorted(SIDES)), price=PRICE, lots=LOTS)
    def create(self, slot: str, price: int, lots: int) -> None:
        side = SIDES[slot]
        if self.orders.holder(SYMBOL, slot) is None and not self.orders.is_side_in_doubt(SYMBOL, side):
            order = Order("", SYMBOL, slot, side, price, lots)
            self._send(self.orders.create(self.now_ms * MS, order, KNOBS, 1))

    def _those(self, *states: State) -> list[str]:
        return [client_id for client_id, order in self.orders.live.items() if order.state in states]

    @precondition(lambda self: self._those(State.WORKING))
    @rule(pick=PICK, price=PRICE, lots=LOTS)
    def amend(self, pick: int, price: int, lots: int) -> None:
        working = self._those(State.WORKING)
        client_id = working[pick % len(working)]
        order = self.orders.live[client_id]
        if lots > order.filled_lots and not self.orders.is_side_in_doubt(SYMBOL, order.side):
            self._send(self.orders.amend(self.now_ms * MS, client_id, price, lots, KNOBS, 1))

    @precondition(lambda self: self._those(*State) != self._those(State.ABSENT))
    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        alive = [client_id for client_id, order in self.orders.live.items() if order.is_open]
        self._send(self.orders.cancel(self.now_ms * MS, alive[pick % len(alive)], KNOBS, 1))

    @rule()
    def cancel_all(self) -> None:
        self._send(self.orders.cancel_all(self.now_ms * MS, "", (SYMBOL,), KNOBS))

    @rule()
    def private_stream_is_back(self) -> None:
        self.orders.private_restored(self.now_ms * MS, (SYMBOL,))
        self._chase(100)

    @rule()
    def read_back_from_what_was_written_down(self) -> None:
        again = msgspec.json.decode(msgspec.json.encode(self.orders), type=Orders)
        assert self.orders == again
        self.orders = again

    @rule(wait_ms=WAIT_MS, asks_max=st.integers(0, 3))
    def wait(self, wait_ms: int, asks_max: int) -> None:
        self.now_ms += wait_ms
        self._chase(asks_max)

    # What becomes of what travels

    @precondition(lambda self: self.coming)
    @rule(pick=PICK, lag_ms=st.integers(0, LAG_MS), is_refused=st.booleans(), is_mute=st.booleans())
    def arrive(self, pick: int, lag_ms: int, is_refused: bool, is_mute: bool) -> None:
        _, request = self.coming.pop(pick % len(self.coming))
        # A read that lags and an answer that dawdles are the same to us: the read is done on arrival.
        words = self.venue.take(self.now_ms, request, lag_ms, is_refused)
        self.words += [] if is_mute else words

    @precondition(lambda self: self.coming)
    @rule(pick=PICK, is_said=st.booleans(), has_arrived=st.booleans())
    def end_without_a_verdict(self, pick: int, is_said: bool, has_arrived: bool) -> None:
        sent_ms, request = self.coming.pop(pick % len(self.coming))
        if has_arrived:
            self.venue.take(self.now_ms, request, 0, False)
        if is_said:
            client_id = getattr(request, "client_id", "")
            self.words.append(events.Unanswered(KINDS[type(request)], client_id, SYMBOL, "timeout", sent_ms * MS))

    @precondition(lambda self: any(sent_ms == self.now_ms for sent_ms, _ in self.coming))
    @rule()
    def never_leave(self) -> None:
        """Only the request just made can be told never to have left, at once."""
        _, request = self.coming.pop()
        client_id = getattr(request, "client_id", "")
        self._hear(events.NotSent(KINDS[type(request)], client_id, SYMBOL, "no connection"))

    @precondition(lambda self: self.words)
    @rule(pick=PICK, is_doubled=st.booleans())
    def hear(self, pick: int, is_doubled: bool) -> None:
        place = pick % len(self.words)
        self._hear(self.words[place] if is_doubled else self.words.pop(place))

    @precondition(lambda self: self.words)
    @rule(pick=PICK)
    def lose(self, pick: int) -> None:
        self.words.pop(pick % len(self.words))

    # What the venue does by itself

    def _open_ids(self) -> list[str]:
        return [client_id for client_id, order in self.venue.orders.items() if order.is_open]

    @precondition(lambda self: self._open_ids())
    @rule(pick=PICK, lots=LOTS, is_mute=st.booleans())
    def trade(self, pick: int, lots: int, is_mute: bool) -> None:
        ids = self._open_ids()
        fill = self.venue.trade(self.now_ms, ids[pick % len(ids)], lots)
        self.words += [] if is_mute else [fill]

    @precondition(lambda self: self._open_ids())
    @rule(pick=PICK, is_mute=st.booleans())
    def venue_cancels(self, pick: int, is_mute: bool) -> None:
        ids = self._open_ids()
        word = self.venue.end(self.now_ms, ids[pick % len(ids)])
        self.words += [] if is_mute else [word]

    @rule()
    def venue_forgets(self) -> None:
        self.venue.forget(self.now_ms, LAG_MS)

    # What must hold

    @invariant()
    def the_worst_case_is_never_less_than_what_can_come(self) -> None:
        buys, sells = self.orders.worst_of(SYMBOL)
        coming = [request for _, request in self.coming]
        assert self.position + buys >= self.venue.reach_lots(BUY, self.now_ms, coming)
        assert -self.position + sells >= self.venue.reach_lots(SELL, self.now_ms, coming)

    @invariant()
    def the_indexes_are_true(self) -> None:
        orders = self.orders
        assert not orders.live.keys() & orders.ended.keys()
        assert all(orders.live[client_id].is_open for client_id in orders.slots.values())
        assert set(orders.owing) <= set(orders.ended)
        counted = [one.client_id for one in orders.live.values() if one.symbol == SYMBOL]
        counted += [client_id for client_id in orders.owing if orders.ended[client_id].symbol == SYMBOL]
        assert counted == [one.client_id for one in orders.of(SYMBOL)], "an order that may still trade is not counted"
        dues = [*(one.due_ns for one in orders.live.values()), *orders.fills_due.values()]
        dues += [one.due_ns for one in orders.sweeps.values()]
        assert not dues or (orders.due_ns is not None and orders.due_ns <= min(dues)), "the chase would sleep through"

    def teardown(self) -> None:
        """From here on nothing is lost: what travels arrives, what is asked is answered."""
        while self.words:
            self._hear(self.words.pop(0))
        until_ms = self.now_ms + 120_000
        while self.now_ms < until_ms:
            self._settle()
            self.now_ms += 100
            self._chase(100)
        self._settle()
        assert self.venue.position == self.position
        assert 0 == self.orders.doubts()
        assert {} == self.orders.sweeps
        assert {} == self.orders.owing
        believed = {
            client_id: (one.price_ticks, one.size_lots, one.filled_lots)
            for client_id, one in self.orders.live.items()
            if one.is_open
        }
        held = {client_id: self.venue.orders[client_id] for client_id in self._open_ids()}
        assert {client_id: (one.price, one.size, one.filled) for client_id, one in held.items()} == believed

    def _settle(self) -> None:
        while self.coming:
            _, request = self.coming.pop(0)
            for word in self.venue.take(self.now_ms, request, 0, False):
                self._hear(word)


TestOrderMachine = OrderMachine.TestCase
TestOrderMachine.settings = settings(stateful_step_count=60)
