"""Requests under way: grouped, numbered, waited for, given up; what never left is said so.

A call carries one command or several of one kind, as ``batching`` groups them. Every answer bears the
number of its call. A call without an answer in the driver's own patience ends as ``Unanswered`` for
each of its commands; one whose time has passed before it could leave never leaves, nor does one
without a connection. Nothing here retries or drops.

Where requests go one at a time, the next waits in line until the outcome of the one before is known,
and no longer than its own ``send_by``. Only creates and amends ever wait: what takes risk away, and
what asks, leaves at once.

When the connection is lost, every call on it ends without a verdict: what was on its way up is not
applied, what was on its way down not heard. It is given up, too, when a call's patience runs out and
nothing at all was heard since it left.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from sim.connection import Connection
from sim.host.host import Host
from sim.kernel import Kernel
from sim.wire import Link, Message, Stage
from strategy import commands, events
from strategy.batching import Capability, Group
from strategy.line import LATE, Line, on_time
from strategy.requests import not_sent, request_of, unanswered
from strategy.units import NS_PER_S

_PATIENCE_NS: Final = 5 * NS_PER_S
RESET: Final = "reset"
TIMEOUT: Final = "timeout"


class Call(msgspec.Struct, frozen=True, gc=False):
    """What a request carries on the wire: commands of one kind, and the time it is signed with.

    ``window_ns`` is how old it may be on arrival, where it says so itself; else the venue's own rule holds.
    """

    commands: tuple[commands.Command, ...]
    signed_ns: int
    window_ns: int | None = None


class _Waiting(msgspec.Struct, gc=False):
    """A call under way; ``left_ns`` is true time, ``sent_ns`` the host's clock."""

    call: Call
    sent_ns: int
    left_ns: int
    stage: Stage = Stage.QUEUED


class Calls:
    """The driver's side of the wire. Instants are the host's clock."""

    def __init__(
        self,
        kernel: Kernel,
        host: Host,
        up: Link,
        arrive: Callable[[Message], None],
        feed: Callable[[events.Event], None],
        connection: Connection,
        capability: Capability,
        dispatch: str,
    ) -> None:
        """``arrive`` is the venue's gateway; ``feed`` is where answers and failures go."""
        self._kernel = kernel
        self._host = host
        self._up = up
        self._arrive = arrive
        self._feed = feed
        self._line = Line(capability, dispatch, self._leave, self.refuse, self._look_again)
        self._numbers = 0
        self._first = 0
        self._waiting: dict[int, _Waiting] = {}
        # Calls numbered below went with a connection that is gone.
        self._cut = 0
        # Asked as a request reaches a stage: True loses the connection there.
        self.cutters: list[Callable[[Stage, Message], bool]] = []
        self.connection = connection
        connection.reach = self._up.send
        connection.opened = lambda: None
        connection.lost = self._lost
        self.signed_ns: Callable[[int], int] = int
        self.leaving: Callable[[int, commands.Command], None] = _nobody
        # Told of every call that is over: what it carried, when it left, when that was known.
        self.over: Callable[[Group, int, int], None] = _nobody_either

    def send(self, leaving: Sequence[commands.Command]) -> None:
        """Put commands on the wire, those that may share a request in one; what may wait waits in line."""
        self._host.do_first(self._line.send, leaving)

    def _look_again(self, send_by_ns: int) -> None:
        late_ns = max(self._host.mono.true_of(send_by_ns + 1), self._kernel.now_ns)
        self._kernel.at(late_ns, self._give_up_late)

    def _give_up_late(self) -> None:
        self._host.do_first(self._line.give_up_late, self._host.now_ns())

    def _leave(self, one: Group) -> int:
        """Put one call on the wire and give its number, also where it finds none; 0 where its time has passed."""
        now_ns = self._host.now_ns()
        one, late = on_time(now_ns, one)
        for command in late:
            self.refuse(command, LATE)
        if not one:
            return 0
        self._numbers = number = self._numbers + 1
        call = Call(one, self.signed_ns(now_ns))
        message = Message(request_of(one[0]), _shared(one, "symbol"), _shared(one, "client_id"), call, number)
        if not self.connection.is_up or self.passes(Stage.QUEUED, message):
            self.turn_away(number, one)
            return number
        for command in one:
            self.leaving(now_ns, command)
        self._waiting[number] = _Waiting(call, now_ns, self._kernel.now_ns)
        self._up.send(message, self._reach)
        self._kernel.at(self._kernel.now_ns + _PATIENCE_NS, self.fail, number, TIMEOUT)
        self.passes(Stage.ON_THE_WIRE, message)
        return number

    def passes(self, stage: Stage, message: Message) -> bool:
        """Note that a request has come to a stage; True if the connection is lost right there."""
        waiting = self._waiting.get(message.number)
        if waiting is not None:
            waiting.stage = stage
        # Every cutter is asked: one that counts requests counts them all.
        is_cut = [cutter(stage, message) for cutter in self.cutters]
        if any(is_cut):
            self.connection.break_off(RESET)
        return any(is_cut)

    def _reach(self, message: Message) -> None:
        """Arrive at the venue, unless the connection was lost on the way."""
        if message.number >= self._cut:
            self._arrive(message)

    def refuse(self, command: commands.Command, reason: str) -> None:
        """Say that a command certainly never left: known at once, so before an alarm that this instant still brings."""
        self._feed(not_sent(command, reason))

    def turn_away(self, number: int, one: Group) -> None:
        """Say that a call found no connection: an answer like others, that comes once what is being done is over."""
        self._kernel.at(self._kernel.now_ns, self._host.do_first, self._turned_away, number, one)

    def _turned_away(self, number: int, one: Group) -> None:
        if number >= self._first:
            for command in one:
                self._feed(not_sent(command, events.NO_CONNECTION))
            self._host.arrive(self._next_in_line, number)

    def answered(self, message: Message) -> None:
        """Take the answer to a call; one that comes after our patience is still a word."""
        self._host.do_first(self._answered, message)

    def _answered(self, message: Message) -> None:
        if message.number < max(self._first, self._cut):
            return  # its connection is gone, perhaps with the process that asked
        self.connection.heard_ns = self._kernel.now_ns
        waiting = self._waiting.pop(message.number, None)
        header = message.header
        if header is not None:
            resets_ns = self._host.now_ns() + header.resets_after_ns
            self._feed(events.BudgetSeen(header.bucket, header.remaining, resets_ns))
        for aside in message.asides:
            self._feed(aside)
        for answer in message.body:
            if isinstance(answer, events.Unanswered):
                self._feed(replace(answer, sent_ns=waiting.sent_ns if waiting is not None else 0))
            else:
                self._feed(answer)
        self._ended(message.number, waiting)

    def fail(self, number: int, code: str) -> None:
        """End a call without a verdict: no answer in time, a connection reset."""
        self._host.do_first(self._fail, number, code)

    def _fail(self, number: int, code: str) -> None:
        waiting = self._waiting.pop(number, None)
        if waiting is None:
            return
        is_dead = code == TIMEOUT and self.connection.is_up and self.connection.heard_ns < waiting.left_ns
        for command in waiting.call.commands:
            self._feed(replace(unanswered(command, code), sent_ns=waiting.sent_ns))
        if is_dead:
            self.connection.break_off(RESET)
        self._ended(number, waiting)

    def _ended(self, number: int, waiting: _Waiting | None) -> None:
        """Note that a call has its outcome, whatever it is: it is somebody else's turn."""
        if waiting is not None:
            self.over(waiting.call.commands, waiting.sent_ns, self._host.now_ns())
        self._host.arrive(self._next_in_line, number)

    def _next_in_line(self, number: int) -> int:
        """Let the next go once the words about the one before have been taken in; no time passes."""
        self._line.ended(number)
        return 0

    def _lost(self, why: str) -> None:
        """End every call on the connection that is gone."""
        self._cut = self._numbers + 1
        for number in tuple(self._waiting):
            self.fail(number, why)

    def forget(self) -> None:
        """Wait for nothing any more: the process is gone, and with it its connections."""
        self._waiting.clear()
        self._line.forget()
        self._first = self._numbers + 1

    def under_way(self) -> dict[int, Stage]:
        """Give the calls without an answer by number, oldest first, and how far each has come."""
        return {number: waiting.stage for number, waiting in self._waiting.items()}


def _shared(one: Group, name: str) -> str:
    """Give what all commands of a call have in common; empty where they differ."""
    first = str(getattr(one[0], name, ""))
    return first if all(getattr(other, name, "") == first for other in one) else ""


def _nobody(_now_ns: int, _command: Any) -> None:
    """Note nothing."""


def _nobody_either(_carried: Group, _sent_ns: int, _now_ns: int) -> None:
    """Note nothing."""
