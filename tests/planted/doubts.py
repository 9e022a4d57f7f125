"""S2, S3, S6, L2: silence taken for an answer, or answers not taken at all."""

from msgspec.structs import replace

from strategy import commands, events
from strategy.order_states import State

from .wrapped import Commands, Wrapped


class SilenceIsRejection(Wrapped):
    """A create that is not answered in time counts as refused: the slot is free, quote again."""

    def __init__(self, knobs) -> None:
        super().__init__(knobs)
        self.unheard: dict[str, None] = {}

    def hear(self, now_ns, event):
        if not isinstance(event, events.Unanswered | events.NotSent):
            self.unheard.pop(getattr(event, "client_id", ""), None)
        return event

    def say(self, now_ns, leaving: Commands) -> Commands:
        said: Commands = ()
        for command in leaving:
            if isinstance(command, commands.CreateOrder):
                self.unheard[command.client_id] = None
            if isinstance(command, commands.QueryOrder) and command.client_id in self.unheard:
                del self.unheard[command.client_id]
                refused = events.OrderRejected(command.client_id, "timeout", 0)
                said += self.say(now_ns, self.core.step(now_ns, refused))
            else:
                said += (command,)
        return said


class FirstAbsentBelieved(Wrapped):
    """The first read that does not find an order buries it, however soon it was asked."""

    def hear(self, now_ns, event):
        if isinstance(event, events.OrderReport) and event.status == events.MISSING:
            return replace(event, asked_ns=2**62)
        return event


class CancelSentIsCancelled(Wrapped):
    """A cancel counts as done when it is sent; the slot takes the next order at once."""

    def say(self, now_ns, leaving: Commands) -> Commands:
        said: Commands = ()
        for command in leaving:
            said += (command,)
            if isinstance(command, commands.CancelOrder):
                gone = events.OrderCancelled(command.client_id, 0, "", 0)
                said += self.say(now_ns, self.core.step(now_ns, gone))
        return said


class DropsUnanswered(Wrapped):
    """An order whose request got no verdict is marked failed and forgotten."""

    def step(self, now_ns, event):
        leaving = super().step(now_ns, event)
        orders = self.core._state.orders
        for command in leaving:
            order = orders.live.get(getattr(command, "client_id", ""))
            if isinstance(command, commands.QueryOrder) and order is not None and order.state is State.IN_DOUBT:
                del orders.live[order.client_id]
                orders.slots = {key: holder for key, holder in orders.slots.items() if holder != order.client_id}
                orders.groups.clear()
        return leaving


class LateWordReopens(Wrapped):
    """A late word about an order that is over brings it back to life."""

    def step(self, now_ns, event):
        orders = self.core._state.orders
        order = orders.ended.get(getattr(event, "client_id", ""))
        leaving = super().step(now_ns, event)
        if order is not None and isinstance(event, events.OrderCancelled):
            orders.ended.pop(order.client_id, None)
            orders.live[order.client_id] = order
            order.state = State.IN_DOUBT
            orders.due_by(now_ns + 1)
        return leaving


class DuplicateIsFailure(Wrapped):
    """A create that is refused because its id exists counts as refused: the first copy stands and is not known."""

    def hear(self, now_ns, event):
        if isinstance(event, events.OrderRejected) and event.code == events.DUPLICATE_ID:
            return replace(event, code="refused")
        return event


class DeafToReads(Wrapped):
    """Asks, and does not listen to what a read of an order says."""

    def hear(self, now_ns, event):
        return None if isinstance(event, events.OrderReport) else event


silence_is_rejection = SilenceIsRejection
first_absent_believed = FirstAbsentBelieved
cancel_sent_is_cancelled = CancelSentIsCancelled
drops_unanswered = DropsUnanswered
late_word_reopens = LateWordReopens
deaf_to_reads = DeafToReads
duplicate_is_failure = DuplicateIsFailure
