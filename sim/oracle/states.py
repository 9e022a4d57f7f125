"""S6: orders move only as the table says, seen from outside, from one belief to the next.

The table is the core's own; which of its words could have been heard in this step is not. It
follows from the event that was delivered and the commands that left: a create that timed out can
bring doubt, never an end, whatever the core would like to conclude.
"""

from collections.abc import Callable, Iterable
from typing import Final

from sim.oracle.evidence import Evidence
from sim.oracle.findings import Findings
from strategy import commands, events
from strategy.belief import Belief, OrderBelief
from strategy.order_states import TRANSITIONS, State, Word

_OVER: Final = (State.CLOSED, State.ABSENT)
_PLAIN: Final[dict[type, tuple[Word, ...]]] = {
    events.OrderAccepted: (Word.ACCEPTED,),
    events.OrderRejected: (Word.REJECTED,),
    events.OrderAmended: (Word.AMENDED,),
    events.AmendRefused: (Word.AMEND_REFUSED,),
    events.OrderCancelled: (Word.CANCELLED,),
    events.CancelRefused: (Word.CANCEL_REFUSED,),
}
_PARTLY: Final = (Word.PART_FILLED,)
_FULLY: Final = (Word.PART_FILLED, Word.FULLY_FILLED)

Words = dict[str, tuple[Word, ...]]
# Told the state before (empty: there was none), the order as it is, and the event of the step.
Moved = Callable[[str, OrderBelief, events.Event], None]


def _unseen(_before: str, _order: OrderBelief, _event: events.Event) -> None:
    """Look at no move."""


class StateWatch:
    """Remembers the last belief about every order, and compares the next with what could be heard."""

    def __init__(self, evidence: Evidence, findings: Findings, moved: Moved = _unseen) -> None:
        """Begin with no order. ``moved`` is told of every order that something was heard of or asked for."""
        self._told_of_moves = moved
        self._evidence = evidence
        self._findings = findings
        self._open: dict[str, OrderBelief] = {}
        self._closed: dict[str, OrderBelief] = {}
        self._latest: tuple[OrderBelief, ...] = ()

    def restarted(self) -> None:
        """Forget: a new process remembers what its journal says, and nothing binds it to the old one."""
        self._open.clear()
        self._closed.clear()
        self._latest = ()

    def stepped(
        self, now_ns: int, belief: Belief, event: events.Event, leaving: tuple[commands.Command, ...], proved: bool
    ) -> None:
        """Compare. ``proved``: the event was a read that proves an absence."""
        words = self._words(event, proved)
        asked = {client_id for one in leaving if (client_id := getattr(one, "client_id", ""))}
        is_sweep = any(isinstance(one, commands.CancelAll) for one in leaving)
        seen: dict[str, None] = {}
        for order in belief.orders:
            client_id = order.client_id
            seen[client_id] = None
            before = self._open.get(client_id) or self._closed.get(client_id)
            if before is not None and before.state != order.state and self._is_forgotten(before):
                # A late word may end once more what was over, and have it shown again; else it is a stranger's.
                is_ended_anew = order.state in _OVER and client_id in words
                before = before if is_ended_anew else None
            if before is None or (before.state == State.CLOSED and self._has_risen(now_ns, client_id)):
                self._appeared(now_ns, order, event, leaving)
            elif before.state != order.state or client_id in words or client_id in asked or is_sweep:
                self._moved(now_ns, before, order, words, leaving)
            elif before.filled_lots == order.filled_lots:
                continue
            if before is not None and order.filled_lots < before.filled_lots:
                detail = f"{client_id}: {before.filled_lots} lots filled became {order.filled_lots}"
                self._findings.breach(
                    "S6", now_ns, client_id, detail, "a filled size never shrinks", states=order.state
                )
            self._told_of_moves("" if before is None else before.state, order, event)
            self._keep(order)
        self._vanished(now_ns, seen)
        self._latest = belief.orders
        self._findings.checked("S6")

    def _has_risen(self, now_ns: int, client_id: str) -> bool:
        """Say whether the event of this very step shows an order open that was over: another life begins."""
        known = self._evidence.orders.get(client_id)
        return known is not None and known.risen_ns == now_ns

    def _is_forgotten(self, before: OrderBelief) -> bool:
        """Say whether an order was over and not remembered any more: a late word about it is a stranger's."""
        return before.state in _OVER and all(one.client_id != before.client_id for one in self._latest)

    def _keep(self, order: OrderBelief) -> None:
        if order.state in _OVER:
            self._open.pop(order.client_id, None)
            self._closed[order.client_id] = order
        else:
            self._open[order.client_id] = order
            self._closed.pop(order.client_id, None)

    def _appeared(
        self,
        now_ns: int,
        order: OrderBelief,
        event: events.Event,
        leaving: tuple[commands.Command, ...],
    ) -> None:
        is_created = any(isinstance(one, commands.CreateOrder) and one.client_id == order.client_id for one in leaving)
        if is_created:
            self._judge(now_ns, order, State.CREATING, self._sent({State.CREATING: None}, order.client_id, leaving))
        elif not _is_stranger(order.client_id, event):
            detail = f"{order.client_id} came from nowhere as {order.state}"
            seen = "no create left and no word named it"
            self._findings.breach("S6", now_ns, order.client_id, detail, seen, states=f"none/{order.state}")

    def _moved(
        self,
        now_ns: int,
        before: OrderBelief,
        order: OrderBelief,
        words: Words,
        leaving: tuple[commands.Command, ...],
    ) -> None:
        reached = _heard(State(before.state), words.get(order.client_id, ()))
        # Time passes in every step, and with it may come doubt: whoever doubts too much risks nothing.
        reached = reached | _next(reached, Word.SILENCE)
        reached = self._sent(reached, order.client_id, leaving)
        self._judge(now_ns, order, State(before.state), reached)

    def _judge(self, now_ns: int, order: OrderBelief, before: State, reached: dict[State, None]) -> None:
        if State(order.state) in reached:
            return
        detail = f"{order.client_id} went from {before} to {order.state}"
        could = ", ".join(reached) or "nothing: what left is impossible in that state"
        seen = f"what was heard and sent allows {could}"
        self._findings.breach("S6", now_ns, order.client_id, detail, seen, states=f"{before}/{order.state}")

    def _sent(
        self, states: dict[State, None], client_id: str, leaving: tuple[commands.Command, ...]
    ) -> dict[State, None]:
        """Follow the requests about an order that left in this step."""
        for command in leaving:
            match command:
                case commands.AmendOrder() if command.client_id == client_id:
                    states = _next(states, Word.SEND_AMEND)
                case commands.CancelOrder() if command.client_id == client_id:
                    states = _next(states, Word.SEND_CANCEL)
                case commands.CancelAll():
                    states = states | _next(states, Word.SEND_CANCEL)
                case _:
                    pass
        return states

    def _vanished(self, now_ns: int, seen: dict[str, None]) -> None:
        """An order that is not over is never forgotten."""
        for client_id in [client_id for client_id in self._open if client_id not in seen]:
            order = self._open.pop(client_id)
            detail = f"{client_id} was {order.state} and is not remembered any more"
            why = "only what is over may be forgotten"
            self._findings.breach("S6", now_ns, client_id, detail, why, states=f"{order.state}/none")

    def _words(self, event: events.Event, proved: bool) -> Words:
        """Give, by client id, the words that this event can be to that order."""
        if isinstance(event, events.OrderRejected) and event.code == events.DUPLICATE_ID:
            return {event.client_id: (Word.UNANSWERED, Word.ACCEPTED)}  # no verdict: the first copy is there
        plain = _PLAIN.get(type(event))
        if plain is not None:
            return {event.client_id: plain}  # type: ignore[union-attr]
        match event:
            case events.OrderFilled():
                return self._fills((event,))
            case events.FillsReport():
                return self._fills(event.fills)
            case events.OrderReport(status=events.MISSING):
                absent = (Word.ABSENT_FOR_NOW, Word.ABSENT_FOR_GOOD) if proved else (Word.ABSENT_FOR_NOW,)
                return {event.client_id: absent}
            case events.OrderReport(status=events.DONE):
                return {event.client_id: (Word.FOUND_DONE,)}
            case events.OrderReport():
                return {event.client_id: (Word.FOUND_OPEN, Word.FOUND_OPEN_EARLY)}
            case events.OpenOrdersReport():
                # As old as it is, it shows that they stood: what was thought to be absent is in question again.
                return dict.fromkeys(event.client_ids, (Word.FOUND_OPEN_EARLY,))
            case events.Unanswered():
                return {event.client_id: (Word.UNANSWERED,)}
            case events.NotSent():
                is_create = event.request == events.CREATE
                return {event.client_id: (Word.NOT_SENT if is_create else Word.CHANGE_NOT_SENT,)}
            case _:
                return {}

    def _fills(self, fills: Iterable[events.OrderFilled]) -> Words:
        """A fill is the last one of its order only where the evidence adds up to its whole size."""
        words: Words = {}
        for fill in fills:
            known = self._evidence.orders.get(fill.client_id)
            words[fill.client_id] = _FULLY if known is None or known.over else _PARTLY
        return words


def _is_stranger(client_id: str, event: events.Event) -> bool:
    """Say whether an event makes an order known that this process did not create."""
    match event:
        case events.OpenOrdersReport():
            return client_id in event.client_ids
        case events.OrderAccepted() | events.OrderRejected(code=events.DUPLICATE_ID):
            return client_id == event.client_id
        case events.Started():
            return True
        case _:
            return False


def _heard(state: State, words: tuple[Word, ...]) -> dict[State, None]:
    """Give every state that some of the words, heard any number of times, lead to."""
    reached: dict[State, None] = {state: None}
    while True:
        more = dict(reached)
        for word in words:
            more |= _next(more, word)
        if len(more) == len(reached):
            return reached
        reached = more


def _next(states: dict[State, None], word: Word) -> dict[State, None]:
    return {TRANSITIONS[state][word]: None for state in states if word in TRANSITIONS[state]}
