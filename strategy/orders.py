"""All orders of the account: what was asked, what was answered, what is still owed to us.

Every word goes through the table in ``order_states``; here live only the guards that choose the
word (is this absence final? is this read late enough?) and what a word does besides moving the
state. Silence becomes questions in ``chase``. Nothing here guesses: an order leaves doubt by the
venue's word, or by an absence asked after everything in flight had to be through.
"""

from typing import Final

import msgspec

from strategy import commands, events
from strategy.errors import OurMistake
from strategy.knobs import OrderKnobs
from strategy.order import Order
from strategy.order_states import TRANSITIONS, State, Word
from strategy.units import BUY, SELL

_FOREIGN_FILLS_MAX: Final = 4096
_ORPHAN_SLOT: Final = "orphan"


class Absorbed(msgspec.Struct, frozen=True, gc=False):
    """What an event meant: fills counted for the first time, and the verdict on a request, if any."""

    fills: tuple[events.OrderFilled, ...] = ()
    order: Order | None = None
    round_trip_ns: int | None = None
    is_rejected: bool | None = None


_NOTHING: Final = Absorbed()


class Sweep(msgspec.Struct):
    """A cancel-all that goes on until a read shows none: the last read asked, the next step due."""

    due_ns: int
    asked_ns: int = 0
    must_cancel: bool = False


class Orders(msgspec.Struct):
    """The ledger. ``live`` is bounded by slots and orphans, ``ended`` by count and age.

    ``owing``: ended orders whose fills we do not all hold. ``sweeps``: symbols under cancel-all.
    ``fills_due``: symbols whose fills must be read, and when.
    ``due_ns``: the chase has nothing to do before this instant.
    """

    session: str = ""
    number: int = 0
    live: dict[str, Order] = {}
    ended: dict[str, Order] = {}
    owing: dict[str, None] = {}
    slots: dict[str, str] = {}
    foreign_fill_ids: dict[str, None] = {}
    foreign_fills: int = 0
    orphans: int = 0
    sweeps: dict[str, Sweep] = {}
    fills_due: dict[str, int] = {}
    fills_asked_ns: dict[str, int] = {}
    last_fill_venue_ns: dict[str, int] = {}
    due_ns: int | None = None

    # What we ask

    def create(self, now_ns: int, order: Order, knobs: OrderKnobs, cycle_id: int) -> commands.CreateOrder:
        """Open an order under a new id; its slot must be free."""
        if not self.session:
            raise OurMistake("no order before the session has a name")
        key = _slot_key(order.symbol, order.slot)
        if key in self.slots:
            raise OurMistake(f"slot {key} already holds {self.slots[key]}")
        self.number += 1
        order.client_id = f"{self.session}-{self.number}"
        order.created_ns = order.placed_ns = now_ns
        self.live[order.client_id] = order
        self.slots[key] = order.client_id
        send_by_ns = now_ns + knobs.send_within_ns
        order.through_ns = through_ns(send_by_ns, knobs)
        self._wait(now_ns, order, knobs)
        return commands.CreateOrder(
            client_id=order.client_id,
            symbol=order.symbol,
            slot=order.slot,
            side=order.side,
            price_ticks=order.price_ticks,
            size_lots=order.size_lots,
            post_only=order.post_only,
            reduce_only=order.reduce_only,
            taking=order.taking,
            send_by_ns=send_by_ns,
            cycle_id=cycle_id,
        )

    def amend(
        self, now_ns: int, client_id: str, price_ticks: int, size_lots: int, knobs: OrderKnobs, cycle_id: int
    ) -> commands.AmendOrder:
        """Ask for another price and total size of a working order."""
        order = self.live[client_id]
        self._move(order, Word.SEND_AMEND, now_ns)
        order.amend_price_ticks, order.amend_size_lots = price_ticks, size_lots
        send_by_ns = now_ns + knobs.send_within_ns
        order.through_ns = max(order.through_ns, through_ns(send_by_ns, knobs))
        self._wait(now_ns, order, knobs)
        return commands.AmendOrder(
            client_id=client_id,
            symbol=order.symbol,
            price_ticks=price_ticks,
            size_lots=size_lots,
            send_by_ns=send_by_ns,
            cycle_id=cycle_id,
        )

    def cancel(self, now_ns: int, client_id: str, knobs: OrderKnobs, cycle_id: int) -> commands.CancelOrder:
        """Ask for an order's end; allowed in every state in which it may be alive."""
        order = self.live[client_id]
        self._move(order, Word.SEND_CANCEL, now_ns)
        self._wait(now_ns, order, knobs)
        return commands.CancelOrder(client_id=client_id, symbol=order.symbol, cycle_id=cycle_id)

    def cancel_all(self, now_ns: int, symbol: str, symbols: tuple[str, ...], knobs: OrderKnobs) -> commands.CancelAll:
        """Ask for the end of every open order in scope (an empty ``symbol``: of all ``symbols``).

        The sweep goes on, ask and read in turn, until a read shows no order of ours.
        """
        for order in self.live.values():
            if order.is_open and symbol in ("", order.symbol):
                self._move(order, Word.SEND_CANCEL, now_ns)
                self._wait(now_ns, order, knobs)
        for swept in symbols if not symbol else (symbol,):
            self.sweeps[swept] = Sweep(due_ns=now_ns + knobs.ack_wait_ns_max)
        self.due_by(now_ns + knobs.ack_wait_ns_max)
        return commands.CancelAll(symbol=symbol)

    # What we believe

    def holder(self, symbol: str, slot: str) -> Order | None:
        """Give the order that may be alive in a slot."""
        client_id = self.slots.get(_slot_key(symbol, slot))
        return None if client_id is None else self.live[client_id]

    def find(self, client_id: str) -> Order | None:
        """Give an order by id, as long as it is remembered."""
        return self.live.get(client_id) or self.ended.get(client_id)

    def worst(self) -> dict[str, list[int]]:
        """Give by symbol the most lots our buys and our sells may still add to the booked position."""
        found: dict[str, list[int]] = {}
        for order in (*self.live.values(), *(self.ended[client_id] for client_id in self.owing)):
            lots = order.worst_lots
            if lots:
                pair = found.setdefault(order.symbol, [0, 0])
                # An orphan whose side is not known yet may be either.
                if order.side != SELL:
                    pair[0] += lots
                if order.side != BUY:
                    pair[1] += lots
        return found

    def doubts(self) -> int:
        """Count the orders whose outcome is unknown."""
        return sum(order.state is State.IN_DOUBT for order in self.live.values())

    def is_side_in_doubt(self, symbol: str, side: int) -> bool:
        """Say whether an order of that side (or of an unknown one) is in doubt."""
        return any(
            order.state is State.IN_DOUBT and order.symbol == symbol and order.side in (side, 0)
            for order in self.live.values()
        )

    # What happened

    def absorb(self, now_ns: int, event: events.Event, knobs: OrderKnobs) -> Absorbed:
        """Take in one event; events that concern no order mean nothing here."""
        match event:
            case events.OrderFilled():
                return self._filled(now_ns, event, knobs)
            case events.FillsReport():
                return self._fills_read(now_ns, event, knobs)
            case events.OpenOrdersReport():
                return self._open_read(now_ns, event, knobs)
            case events.Unanswered() | events.NotSent():
                return self._no_answer(now_ns, event, knobs)
            case _:
                client_id = getattr(event, "client_id", None)
                return _NOTHING if client_id is None else self._word(now_ns, client_id, event, knobs)

    def private_restored(self, now_ns: int, symbols: tuple[str, ...]) -> None:
        """Ask after everything the private stream may have told while it was away."""
        for order in self.live.values():
            order.due_ns = now_ns
        for symbol in symbols:
            self.fills_due[symbol] = now_ns
        self.due_by(now_ns)

    def want_fills(self, symbol: str, at_ns: int) -> None:
        """Have a symbol's fills read, at the latest at ``at_ns``."""
        self.fills_due[symbol] = min(at_ns, self.fills_due.get(symbol, at_ns))
        self.due_by(at_ns)

    def fell_silent(self, now_ns: int, order: Order) -> None:
        """Note that nobody answered in time."""
        self._move(order, Word.SILENCE, now_ns)

    def forget(self, order: Order) -> None:
        """Stop asking about an order concluded absent; a late word is still absorbed for a while."""
        self.live.pop(order.client_id)
        self.ended[order.client_id] = order

    def _word(self, now_ns: int, client_id: str, event: events.Event, knobs: OrderKnobs) -> Absorbed:
        order = self.find(client_id)
        if order is None:
            return self._unknown(now_ns, client_id, event, knobs)
        match event:
            case events.OrderAccepted():
                if order.state is State.CREATING:
                    self._confirm(order, event.side, event.price_ticks, event.size_lots)
                return self._answered(now_ns, order, Word.ACCEPTED, knobs, is_rejected=False)
            case events.OrderRejected():
                return self._answered(now_ns, order, Word.REJECTED, knobs, is_rejected=True)
            case events.OrderAmended():
                return self._amended(now_ns, order, event, knobs)
            case events.AmendRefused():
                # As it was, or gone: the question that follows at once will tell.
                absorbed = self._answered(now_ns, order, Word.AMEND_REFUSED, knobs, is_rejected=True)
                self._ask_at(order, now_ns)
                return absorbed
            case events.OrderCancelled():
                order.told_lots = max(order.told_lots, event.filled_lots_total)
                return self._answered(now_ns, order, Word.CANCELLED, knobs, is_rejected=False)
            case events.CancelRefused():
                self._move(order, Word.CANCEL_REFUSED, now_ns)
                self._ask_at(order, now_ns)
                return Absorbed(order=order)
            case events.OrderReport():
                return self._read(now_ns, order, event, knobs)
            case _:
                return _NOTHING

    def _amended(self, now_ns: int, order: Order, event: events.OrderAmended, knobs: OrderKnobs) -> Absorbed:
        """Take in where the venue moved an order; only the words of the amend in flight answer it."""
        told = (event.price_ticks, event.size_lots)
        if event.venue_ns >= order.word_venue_ns:
            if told != (order.price_ticks, order.size_lots):
                order.placed_ns = now_ns
            order.price_ticks, order.size_lots = told
            order.word_venue_ns = event.venue_ns
        is_echo = order.amend_size_lots > 0 and told != (order.amend_price_ticks, order.amend_size_lots)
        # The second copy of an earlier acknowledgement must not pass for the answer to a later amend.
        return self._answered(now_ns, order, Word.ACCEPTED if is_echo else Word.AMENDED, knobs, is_rejected=False)

    def _answered(self, now_ns: int, order: Order, word: Word, knobs: OrderKnobs, *, is_rejected: bool) -> Absorbed:
        """Move by a verdict on a request; the first verdict since it left closes its round trip."""
        was_waiting = order.state in (State.CREATING, State.AMENDING, State.CANCELLING)
        self._move(order, word, now_ns)
        is_answer = was_waiting and order.state in (State.WORKING, State.CLOSED)
        if is_answer:
            order.amend_price_ticks = order.amend_size_lots = 0
            order.confirmed_ns = now_ns
            order.asks = 0
            self._audit(now_ns, order, knobs)
        self._owe_fills(now_ns, order, knobs)
        round_trip_ns = now_ns - order.sent_ns if is_answer else None
        return Absorbed((), order, round_trip_ns, is_rejected if is_answer else None)

    def _filled(self, now_ns: int, fill: events.OrderFilled, knobs: OrderKnobs) -> Absorbed:
        """Count a fill once, whatever order it arrives in and whatever became of its order."""
        order = self.find(fill.client_id)
        if order is None:
            return self._foreign_fill(now_ns, fill, knobs)
        order.told_lots = max(order.told_lots, fill.filled_lots_total)
        if fill.fill_id in order.fill_ids:
            return Absorbed(order=order)
        order.fill_ids.append(fill.fill_id)
        order.filled_lots += fill.size_lots
        order.told_lots = max(order.told_lots, order.filled_lots)
        self._saw_fill(fill)
        is_all = order.told_lots >= order.size_worst_lots
        was_creating = order.state is State.CREATING
        self._move(order, Word.FULLY_FILLED if is_all else Word.PART_FILLED, now_ns)
        if was_creating and order.state is State.WORKING:
            self._audit(now_ns, order, knobs)
        self._owe_fills(now_ns, order, knobs)
        return Absorbed((fill,), order)

    def _foreign_fill(self, now_ns: int, fill: events.OrderFilled, knobs: OrderKnobs) -> Absorbed:
        """Count a fill of no order we remember: it moved our position all the same."""
        if fill.fill_id in self.foreign_fill_ids:
            return _NOTHING
        if len(self.foreign_fill_ids) >= _FOREIGN_FILLS_MAX:
            del self.foreign_fill_ids[next(iter(self.foreign_fill_ids))]
        self.foreign_fill_ids[fill.fill_id] = None
        self.foreign_fills += 1
        self._saw_fill(fill)
        return Absorbed((fill,))

    def _fills_read(self, now_ns: int, event: events.FillsReport, knobs: OrderKnobs) -> Absorbed:
        if event.asked_ns == self.fills_asked_ns.get(event.symbol):
            self.fills_due.pop(event.symbol, None)
            self.fills_asked_ns.pop(event.symbol)
        fills: list[events.OrderFilled] = []
        for fill in event.fills:
            fills += self._filled(now_ns, fill, knobs).fills
        for order in (*self.live.values(), *self.ended.values()):
            if order.symbol == event.symbol:
                self._owe_fills(now_ns, order, knobs)
        return Absorbed(tuple(fills))

    def _read(self, now_ns: int, order: Order, event: events.OrderReport, knobs: OrderKnobs) -> Absorbed:
        """Take the answer to a question about one order, as of the instant it was asked."""
        if event.asked_ns == order.asked_ns:
            order.asked_ns = 0
        order.told_lots = max(order.told_lots, event.filled_lots_total)
        if event.status == events.MISSING:
            is_final = event.asked_ns > order.through_ns and order.told_lots == order.filled_lots
            self._move(order, Word.ABSENT_FOR_GOOD if is_final else Word.ABSENT_FOR_NOW, now_ns)
            self._ask_again(now_ns, order, knobs)
            return Absorbed(order=order)
        if event.status == events.DONE:
            self._move(order, Word.FOUND_DONE, now_ns)
            self._owe_fills(now_ns, order, knobs)
            return Absorbed(order=order)
        self._found_open(now_ns, order, event, knobs)
        self._owe_fills(now_ns, order, knobs)
        return Absorbed(order=order)

    def _found_open(self, now_ns: int, order: Order, event: events.OrderReport, knobs: OrderKnobs) -> None:
        is_amend_out = order.amend_size_lots > 0 and event.asked_ns <= order.through_ns
        has_amend = order.amend_size_lots > 0 and (event.price_ticks, event.size_lots) == (
            order.amend_price_ticks,
            order.amend_size_lots,
        )
        is_settled = has_amend or not is_amend_out
        if event.asked_ns >= order.confirmed_ns:
            self._confirm(order, event.side, event.price_ticks, event.size_lots)
        self._move(order, Word.FOUND_OPEN if is_settled else Word.FOUND_OPEN_EARLY, now_ns)
        if order.state is State.WORKING:
            order.amend_price_ticks = order.amend_size_lots = 0
            order.asks = 0
            self._audit(now_ns, order, knobs)
        if order.state is State.CANCELLING or order.is_orphan:
            order.must_cancel = True
            self._ask_at(order, now_ns)

    def _open_read(self, now_ns: int, event: events.OpenOrdersReport, knobs: OrderKnobs) -> Absorbed:
        """Compare the venue's open orders with ours: strangers are adopted and cancelled."""
        for client_id in event.client_ids:
            order = self.find(client_id)
            if order is None:
                self._adopt(now_ns, client_id, event.symbol)
            elif not order.is_open:
                self._ask_at(order, now_ns)  # a read from before its end, or an orphan: ask by id
        sweep = self.sweeps.get(event.symbol)
        if sweep is not None and sweep.asked_ns and event.asked_ns >= sweep.asked_ns:
            if event.client_ids:
                sweep.must_cancel, sweep.due_ns = True, now_ns
                self.due_by(now_ns)
            else:
                del self.sweeps[event.symbol]
        return _NOTHING

    def _no_answer(self, now_ns: int, event: events.Unanswered | events.NotSent, knobs: OrderKnobs) -> Absorbed:
        order = self.find(event.client_id)
        if order is None:
            return _NOTHING
        if isinstance(event, events.NotSent):
            word = Word.NOT_SENT if event.request == events.CREATE else Word.CHANGE_NOT_SENT
            if event.request == events.QUERY:
                order.asked_ns = 0
                return _NOTHING
            if word is Word.CHANGE_NOT_SENT and event.request == events.AMEND:
                order.amend_price_ticks = order.amend_size_lots = 0
        elif event.request == events.QUERY:
            order.asked_ns = 0
            return _NOTHING
        elif 0 < event.sent_ns < order.sent_ns:
            return _NOTHING  # of a request before the one in flight
        else:
            word = Word.UNANSWERED
        self._move(order, word, now_ns)
        if order.state is State.WORKING:
            self._audit(now_ns, order, knobs)
        elif order.is_open:
            self._ask_at(order, now_ns)
        return Absorbed(order=order)

    def _unknown(self, now_ns: int, client_id: str, event: events.Event, knobs: OrderKnobs) -> Absorbed:
        """Adopt an order that the venue says is alive and that we do not know: it gets cancelled."""
        if isinstance(event, events.OrderAccepted):
            self._adopt(now_ns, client_id, "")
            order = self.live[client_id]
            self._confirm(order, event.side, event.price_ticks, event.size_lots)
        return _NOTHING

    def _adopt(self, now_ns: int, client_id: str, symbol: str) -> None:
        order = Order(client_id, symbol, f"{_ORPHAN_SLOT}:{client_id}", 0, 0, 0, state=State.IN_DOUBT)
        order.is_orphan = True
        order.created_ns = order.placed_ns = now_ns
        self.orphans += 1
        self.live[client_id] = order
        self._ask_at(order, now_ns)

    def _confirm(self, order: Order, side: int, price_ticks: int, size_lots: int) -> None:
        order.price_ticks, order.size_lots = price_ticks, size_lots
        if not order.side:
            order.side = side

    # Deadlines

    def _wait(self, now_ns: int, order: Order, knobs: OrderKnobs) -> None:
        order.sent_ns = now_ns
        order.asks = 0
        self._ask_at(order, now_ns + knobs.ack_wait_ns_max)

    def _audit(self, now_ns: int, order: Order, knobs: OrderKnobs) -> None:
        order.due_ns = now_ns + knobs.audit_every_ns
        self.due_by(order.due_ns)

    def _ask_at(self, order: Order, at_ns: int) -> None:
        order.due_ns = at_ns
        self.due_by(at_ns)

    def _ask_again(self, now_ns: int, order: Order, knobs: OrderKnobs) -> None:
        self._ask_at(order, now_ns + knobs.query_every_ns)

    def _owe_fills(self, now_ns: int, order: Order, knobs: OrderKnobs) -> None:
        """Keep track of fills the venue spoke of that we do not hold, and have them read."""
        if order.told_lots <= order.filled_lots:
            self.owing.pop(order.client_id, None)
            return
        if order.client_id in self.ended:
            self.owing[order.client_id] = None
        if order.symbol not in self.fills_due:
            self.want_fills(order.symbol, now_ns + knobs.query_every_ns)

    def _saw_fill(self, fill: events.OrderFilled) -> None:
        last = self.last_fill_venue_ns.get(fill.symbol, 0)
        self.last_fill_venue_ns[fill.symbol] = max(last, fill.venue_ns)

    def due_by(self, at_ns: int) -> None:
        """Have the chase run at ``at_ns`` at the latest."""
        if self.due_ns is None or at_ns < self.due_ns:
            self.due_ns = at_ns

    # States

    def _move(self, order: Order, word: Word, now_ns: int) -> None:
        """Look up the table; keep the indexes true."""
        after = TRANSITIONS[order.state].get(word)
        if after is None:
            raise OurMistake(f"{order.client_id}: {word} in {order.state} is never ours to do")
        before, order.state = order.state, after
        if before is after:
            return
        if order.is_open:
            self.live[order.client_id] = order
            self.ended.pop(order.client_id, None)
            self.owing.pop(order.client_id, None)
            self._reopen(order)
        elif before not in (State.CLOSED, State.ABSENT):
            order.ended_ns = now_ns
            self._free(order)
        if after is State.CLOSED:
            self.live.pop(order.client_id, None)
            self.ended[order.client_id] = order

    def _free(self, order: Order) -> None:
        key = _slot_key(order.symbol, order.slot)
        if self.slots.get(key) == order.client_id:
            del self.slots[key]

    def _reopen(self, order: Order) -> None:
        """Put an order that turned up after all back; its slot may have a new holder by now."""
        if order.client_id in self.slots.values():
            return
        key = _slot_key(order.symbol, order.slot)
        if order.ended_ns and key in self.slots:
            order.is_orphan = True
            self.orphans += 1
        elif order.ended_ns:
            self.slots[key] = order.client_id


def through_ns(send_by_ns: int, knobs: OrderKnobs) -> int:
    """Give the instant by which a request sent by ``send_by_ns`` is through or dead, reads included.

    The venue takes it no later than its receive window; a read may lag behind what was applied.
    """
    return send_by_ns + knobs.window_ns + max(knobs.margin_ns, knobs.read_lag_ns_max)


def _slot_key(symbol: str, slot: str) -> str:
    return f"{symbol}/{slot}"
