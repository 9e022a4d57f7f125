"""All orders of the account: what was asked, what was answered, what is still owed to us.

Every word goes through the table in ``order_states``; here live only the guards that choose the
word (is this absence final? is this read late enough?) and what a word does besides moving the
state. Silence becomes questions in ``chase``. Nothing here guesses: an order leaves doubt by the
venue's word, or by an absence asked after everything in flight had to be through.
"""

from typing import Final

import msgspec

from strategy import commands
from strategy.errors import OurMistake
from strategy.knobs import OrderKnobs
from strategy.losing import Losing
from strategy.order import Order, Sweep, through_ns
from strategy.order_states import TRANSITIONS, State, Word
from strategy.units import BUY, SELL

_WAITING: Final = frozenset({State.CREATING, State.AMENDING, State.CANCELLING})
_DOUBTED: Final = frozenset({State.IN_DOUBT, State.CANCELLING})
_ORPHAN_SLOT: Final = "orphan"
# Fills are read from a little before the first that may be missing: clocks and pages overlap.
_FILLS_OVERLAP_NS: Final = 60_000_000_000
# How much more slowly an order concluded absent is asked about than one in doubt.
ABSENT_SLOWER: Final = 10
# What a price is made of holds for ever, as far as nobody says otherwise.
NEVER_NS: Final = 1 << 62


class Orders(msgspec.Struct):
    """The ledger. ``live`` is bounded by slots and orphans, ``ended`` by count and age.

    ``owing``: ended orders whose fills we do not all hold. ``sweeps``: symbols under cancel-all.
    ``fills_due``: symbols whose fills must be read, and when; ``fills_since_ns``: from where on, fixed
    when the need arose, since fills that come later say nothing of those that are missing.
    ``fills_read_ns``: when the last read of fills that was answered had been asked; ``fills_seen_ns``: as of
    which instant of the venue's clock that answer was.
    ``fills_vain``: how many whole reads of a symbol's fills have brought nothing of what is owed.
    ``unclaimed``: fills counted that named no order we know; a later copy may say whose they are.
    ``fill_ids``: fills counted, and the venue's instant of each; a fill not newer than
    ``fills_forgotten_ns`` was counted under an id that is forgotten by now.
    ``heard_venue_ns``: the latest instant of the venue's clock that a word about orders carried; ``ahead_ns``: how far
    that clock is ahead of ours at most. ``losing``: what became of orders that nobody ever answered.
    ``due_ns``: the chase has nothing to do before this instant. ``groups``: client ids by symbol, of
    ``live`` and ``owing``; emptied whenever those change, and made again when asked for.
    """

    session: str = ""
    number: int = 0
    live: dict[str, Order] = {}
    ended: dict[str, Order] = {}
    owing: dict[str, None] = {}
    groups: dict[str, list[str]] = {}
    slots: dict[str, str] = {}
    fill_ids: dict[str, int] = {}
    fills_forgotten_ns: int = -1
    foreign_fills: int = 0
    orphans: int = 0
    sweeps: dict[str, Sweep] = {}
    fills_due: dict[str, int] = {}
    fills_asked_ns: dict[str, int] = {}
    fills_tries: dict[str, int] = {}
    fills_since_ns: dict[str, int] = {}
    fills_read_ns: dict[str, int] = {}
    fills_seen_ns: dict[str, int] = {}
    fills_vain: dict[str, int] = {}
    unclaimed: dict[str, None] = {}
    last_fill_venue_ns: dict[str, int] = {}
    heard_venue_ns: int = 0
    ahead_ns: int | None = None
    losing: Losing = msgspec.field(default_factory=Losing)
    due_ns: int | None = None

    # What we ask

    def create(
        self, now_ns: int, order: Order, knobs: OrderKnobs, cycle_id: int, stale_ns: int = NEVER_NS
    ) -> commands.CreateOrder:
        """Open an order under a new id; its slot must be free. Past ``stale_ns`` its price has no ground."""
        if not self.session:
            raise OurMistake("no order before the session has a name")
        key = slot_key(order.symbol, order.slot)
        if key in self.slots:
            raise OurMistake(f"slot {key} already holds {self.slots[key]}")
        self.losing.tries(now_ns, order.symbol)
        self.number += 1
        order.client_id = f"{self.session}-{self.number}"
        order.created_ns = order.placed_ns = now_ns
        order.since_venue_ns = self.heard_venue_ns
        self.live[order.client_id] = order
        self.groups.clear()
        self.slots[key] = order.client_id
        send_by_ns = min(now_ns + knobs.send_within_ns, stale_ns)
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
        self,
        now_ns: int,
        client_id: str,
        price_ticks: int,
        size_lots: int,
        knobs: OrderKnobs,
        cycle_id: int,
        stale_ns: int = NEVER_NS,
    ) -> commands.AmendOrder:
        """Ask for another price and total size of a working order; past ``stale_ns`` the price has no ground."""
        order = self.live[client_id]
        self.move(order, Word.SEND_AMEND, now_ns)
        order.amend_price_ticks, order.amend_size_lots = price_ticks, size_lots
        send_by_ns = min(now_ns + knobs.send_within_ns, stale_ns)
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
        # One in doubt that is cancelled again has had its questions: the pauses go on growing.
        asks = order.asks if order.state is State.IN_DOUBT else 0
        order.cancels += order.state is State.IN_DOUBT
        self.move(order, Word.SEND_CANCEL, now_ns)
        self._wait(now_ns, order, knobs)
        order.asks, order.cancel_ns = asks, now_ns
        return commands.CancelOrder(client_id=client_id, symbol=order.symbol, cycle_id=cycle_id)

    def cancel_all(self, now_ns: int, symbol: str, symbols: tuple[str, ...], knobs: OrderKnobs) -> commands.CancelAll:
        """Ask for the end of every open order in scope (an empty ``symbol``: of all ``symbols``).

        The sweep goes on, ask and read in turn, until a read shows no order of ours.
        """
        for order in self.live.values():
            if order.is_open and symbol in ("", order.symbol):
                self.move(order, Word.SEND_CANCEL, now_ns)
                self._wait(now_ns, order, knobs)
                order.cancel_ns = now_ns
        for swept in symbols if not symbol else (symbol,):
            through_ns = self.sweeps[swept].through_ns if swept in self.sweeps else 0
            self.sweeps[swept] = Sweep(due_ns=now_ns + knobs.ack_wait_ns_max, through_ns=through_ns)
        self.due_by(now_ns + knobs.ack_wait_ns_max)
        return commands.CancelAll(symbol=symbol)

    # What we believe

    def holder(self, symbol: str, slot: str) -> Order | None:
        """Give the order that may be alive in a slot."""
        client_id = self.slots.get(slot_key(symbol, slot))
        return None if client_id is None else self.live[client_id]

    def find(self, client_id: str) -> Order | None:
        """Give an order by id, as long as it is remembered."""
        return self.live.get(client_id) or self.ended.get(client_id)

    def of(self, symbol: str) -> list[Order]:
        """List a symbol's orders that may still move its position: alive, absent, or owing fills."""
        if not self.groups:
            for order in self.live.values():
                self.groups.setdefault(order.symbol, []).append(order.client_id)
            for client_id in self.owing:
                self.groups.setdefault(self.ended[client_id].symbol, []).append(client_id)
        return [self.live.get(client_id) or self.ended[client_id] for client_id in self.groups.get(symbol, ())]

    def worst_of(self, symbol: str) -> tuple[int, int]:
        """Give the most lots that a symbol's buys and sells may still add to its booked position."""
        buys = sells = 0
        for order in self.of(symbol):
            lots = order.worst_lots
            # An orphan whose side is not known yet may be either.
            if order.side != SELL:
                buys += lots
            if order.side != BUY:
                sells += lots
        return buys, sells

    def doubts(self) -> int:
        """Count the orders whose outcome is unknown."""
        return sum(order.state is State.IN_DOUBT for order in self.live.values())

    def is_waiting(self) -> bool:
        """Say whether a request is under way whose outcome is neither known nor in question."""
        return any(order.state in _WAITING for order in self.live.values())

    def is_side_in_doubt(self, symbol: str, side: int) -> bool:
        """Say whether an order of that side (or an unknown one) is in doubt: a cancel under way ends none."""
        doubted = (one for one in self.of(symbol) if one.doubt_ns and one.state in _DOUBTED)
        return any(one.side in (side, 0) for one in doubted)

    # What happens to them: the words themselves are in ``order_words``

    def private_restored(self, now_ns: int, symbols: tuple[str, ...]) -> None:
        """Ask after everything the private stream may have told while it was away."""
        for order in self.live.values():
            order.due_ns = now_ns
        for symbol in symbols:
            self.read_fills(now_ns, symbol, self.fills_whole_ns(symbol))
        self.due_by(now_ns)

    def read_fills(self, now_ns: int, symbol: str, since_venue_ns: int) -> None:
        """Have a symbol's fills read at once; a read asked before now does not settle it."""
        self.fills_asked_ns.pop(symbol, None)
        self.want_fills(symbol, now_ns, since_venue_ns)

    def fills_whole_ns(self, symbol: str) -> int:
        """Give the instant of the venue's clock up to which no fill of a symbol is missing, of no order either."""
        return min(self.last_fill_venue_ns.get(symbol, 0), self.fills_seen_ns.get(symbol, 0))

    def want_fills(self, symbol: str, at_ns: int, since_venue_ns: int) -> None:
        """Have a symbol's fills since then read, at the latest at ``at_ns``."""
        since_ns = max(0, since_venue_ns - _FILLS_OVERLAP_NS)
        self.fills_since_ns[symbol] = min(since_ns, self.fills_since_ns.get(symbol, since_ns))
        self.fills_due[symbol] = min(at_ns, self.fills_due.get(symbol, at_ns))
        self.due_by(at_ns)

    def fell_silent(self, now_ns: int, order: Order) -> None:
        """Note that nobody answered in time."""
        self.move(order, Word.SILENCE, now_ns)

    def forget(self, order: Order) -> None:
        """Stop asking about an order concluded absent; a late word is still absorbed for a while."""
        self.live.pop(order.client_id)
        self.groups.clear()
        self.ended[order.client_id] = order

    def adopt(self, now_ns: int, client_id: str, symbol: str) -> Order:
        """Take on an order that the venue says is alive and we do not know, and give it: it gets cancelled, unasked.

        Where nobody has told its symbol (empty) it is asked about first: without one nothing can be cancelled.
        """
        order = Order(client_id, symbol, f"{_ORPHAN_SLOT}:{client_id}", 0, 0, 0, state=State.IN_DOUBT)
        order.is_orphan = True
        order.created_ns = order.placed_ns = order.doubt_ns = now_ns
        order.since_venue_ns = self.heard_venue_ns
        self.orphans += 1
        self.live[client_id] = order
        self.groups.clear()
        order.must_cancel = bool(symbol)
        self.ask_at(order, now_ns)
        return order

    def rise(self, now_ns: int, order: Order) -> None:
        """Take back an order that was over and is shown on the book again, as after a venue's restart.

        Whatever it was for, its place may be another's by now: it gets cancelled, unasked.
        """
        self.ended.pop(order.client_id)
        self.owing.pop(order.client_id, None)
        order.slot = f"{_ORPHAN_SLOT}:{order.client_id}"
        order.state, order.is_orphan = State.IN_DOUBT, True
        order.doubt_ns = now_ns
        order.ended_ns = order.missing_ns = order.asks = 0
        self.orphans += 1
        self.live[order.client_id] = order
        self.groups.clear()
        self.take_off(now_ns, order)

    def take_off(self, now_ns: int, order: Order) -> None:
        """Have an order that stands and has no place cancelled; questions come after, and hold nothing up."""
        order.must_cancel = True
        self.ask_at(order, now_ns)

    def confirm(self, order: Order, side: int, price_ticks: int, size_lots: int) -> None:
        """Believe the venue about where an order stands."""
        order.price_ticks, order.size_lots = price_ticks, size_lots
        if not order.side:
            order.side = side

    def hasten(self, now_ns: int) -> None:
        """Ask now about what nobody has answered: somebody answers again."""
        for order in self.live.values():
            if order.asks > 1 and order.state is not State.ABSENT:
                order.asks = 0
                self.ask_at(order, now_ns)
        for sweep in self.sweeps.values():
            sweep.due_ns = now_ns
            self.due_by(now_ns)
        for symbol in self.fills_tries:
            if symbol in self.fills_due:
                self.fills_tries[symbol] = 0
                self.want_fills(symbol, now_ns, self.fills_since_ns[symbol] + _FILLS_OVERLAP_NS)

    # Deadlines

    def _wait(self, now_ns: int, order: Order, knobs: OrderKnobs) -> None:
        order.sent_ns = now_ns
        order.asks = 0
        self.ask_at(order, now_ns + knobs.ack_wait_ns_max)

    def audit(self, now_ns: int, order: Order, knobs: OrderKnobs) -> None:
        """Have a healthy order looked at again in a while."""
        order.due_ns = now_ns + knobs.audit_every_ns
        self.due_by(order.due_ns)

    def ask_at(self, order: Order, at_ns: int) -> None:
        """Have an order asked about at ``at_ns``."""
        order.due_ns = at_ns
        self.due_by(at_ns)

    def ask_again(self, now_ns: int, order: Order, knobs: OrderKnobs) -> None:
        """Have an order asked about once more after the usual pause; one concluded absent after a long one."""
        pauses = ABSENT_SLOWER if order.state is State.ABSENT else 1
        self.ask_at(order, now_ns + knobs.query_every_ns * pauses)

    def forget_ended(self, keep: int) -> None:
        """Forget ended orders, oldest first, down to the latest few and those that still owe us fills."""
        for client_id in [*self.ended][: max(0, len(self.ended) - keep)]:
            if client_id not in self.owing:
                del self.ended[client_id]

    def due_by(self, at_ns: int) -> None:
        """Have the chase run at ``at_ns`` at the latest."""
        if self.due_ns is None or at_ns < self.due_ns:
            self.due_ns = at_ns

    # States

    def move(self, order: Order, word: Word, now_ns: int) -> None:
        """Move an order by a word, as the table says, and keep the indexes true."""
        after = TRANSITIONS[order.state].get(word)
        if after is None:
            raise OurMistake(f"{order.client_id}: {word} in {order.state} is never ours to do")
        before, order.state = order.state, after
        if before is after:
            return
        self.groups.clear()
        if after is State.WORKING or word is Word.FULLY_FILLED:
            self.losing.works()
        if after is State.IN_DOUBT:
            order.doubt_ns = order.doubt_ns or now_ns
        elif after is not State.CANCELLING:
            order.doubt_ns = order.cancels = 0
        if order.is_open:
            self.live[order.client_id] = order
            order.missing_ns = 0 if order.state is State.WORKING or before is State.ABSENT else order.missing_ns
            self.ended.pop(order.client_id, None)
            self.owing.pop(order.client_id, None)
            self._reopen(now_ns, order)
        elif before not in (State.CLOSED, State.ABSENT):
            order.ended_ns = now_ns
            self._free(order)
        if after is State.CLOSED:
            order.ended_ns = now_ns  # concluded absent before, perhaps: a read may lag behind this word of its end
            self.live.pop(order.client_id, None)
            self.ended.pop(order.client_id, None)  # the latest to end come last
            self.ended[order.client_id] = order

    def _free(self, order: Order) -> None:
        key = slot_key(order.symbol, order.slot)
        if self.slots.get(key) == order.client_id:
            del self.slots[key]

    def _reopen(self, now_ns: int, order: Order) -> None:
        """Put an order that turned up after all back; its slot may have a new holder by now."""
        if order.is_orphan or order.client_id in self.slots.values():
            return  # it has had its place, or its cancel, already
        key = slot_key(order.symbol, order.slot)
        if order.ended_ns and self.slots.setdefault(key, order.client_id) != order.client_id:
            order.is_orphan = True
            self.orphans += 1
            self.take_off(now_ns, order)


def is_ours(orders: Orders, client_id: str) -> bool:
    """Say whether this very process has sent an order of that name, remembered or not."""
    session, _, number = client_id.rpartition("-")
    return session == orders.session and number.isdecimal() and int(number) <= orders.number


def slot_key(symbol: str, slot: str) -> str:
    """Name a slot of a symbol."""
    return f"{symbol}/{slot}"
