"""Requests under way: numbered, waited for, given up; what never left is said so.

A call carries one command or several of one kind. Every answer bears the number of its call. A call
without an answer in the driver's own patience ends as ``Unanswered`` for each of its commands; one
whose time has passed before it could leave never leaves, nor does one without a connection. Nothing
here queues, retries or drops.

When the connection is lost, every call on it ends without a verdict: what was on its way up is not
applied, what was on its way down not heard. It is given up, too, when a call's patience runs out and
nothing at all was heard since it left.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from sim.connection import Connection
from sim.host.host import Host
from sim.kernel import Kernel
from sim.venue.requests import request_of
from sim.wire import Link, Message, Stage
from strategy import commands, events
from strategy.units import NS_PER_S

_PATIENCE_NS: Final = 5 * NS_PER_S
NO_CONNECTION: Final = "no_connection"
RESET: Final = "reset"


class Call(msgspec.Struct, frozen=True, gc=False):
    """What a request carries on the wire: commands of one kind, and the time it is signed with."""

    commands: tuple[commands.Command, ...]
    signed_ns: int


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
    ) -> None:
        """``arrive`` is the venue's gateway; ``feed`` is where answers and failures go."""
        self._kernel = kernel
        self._host = host
        self._up = up
        self._arrive = arrive
        self._feed = feed
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

    def send(self, command: commands.Command) -> None:
        """Put one command on the wire, unless its time has passed."""
        now_ns = self._host.now_ns()
        send_by_ns = getattr(command, "send_by_ns", None)
        if send_by_ns is not None and now_ns > send_by_ns:
            self.refuse(command, "send_by passed")
            return
        call = Call((command,), self.signed_ns(now_ns))
        message = Message(
            request_of(command),
            getattr(command, "symbol", ""),
            getattr(command, "client_id", ""),
            call,
            self._numbers + 1,
        )
        if not self.connection.is_up or self.passes(Stage.QUEUED, message):
            self.refuse(command, NO_CONNECTION)
            return
        self.leaving(now_ns, command)
        self._numbers += 1
        self._waiting[self._numbers] = _Waiting(call, now_ns, self._kernel.now_ns)
        self._up.send(message, self._reach)
        self._kernel.at(self._kernel.now_ns + _PATIENCE_NS, self.fail, self._numbers, "timeout")
        self.passes(Stage.ON_THE_WIRE, message)

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
        """Say that a command certainly never left."""
        client_id, symbol = getattr(command, "client_id", ""), getattr(command, "symbol", "")
        never = events.NotSent(request_of(command), client_id, symbol, reason)
        self._kernel.at(self._kernel.now_ns, self._feed, never)

    def answered(self, message: Message) -> None:
        """Take the answer to a call; one that comes after our patience is still a word."""
        if message.number < max(self._first, self._cut):
            return  # its connection is gone, perhaps with the process that asked
        self.connection.heard_ns = self._kernel.now_ns
        waiting = self._waiting.pop(message.number, None)
        header = message.header
        if header is not None:
            resets_ns = self._host.now_ns() + header.resets_after_ns
            self._feed(events.BudgetSeen(header.bucket, header.remaining, resets_ns))
        for answer in message.body:
            if isinstance(answer, events.Unanswered):
                self._feed(replace(answer, sent_ns=waiting.sent_ns if waiting is not None else 0))
            else:
                self._feed(answer)

    def fail(self, number: int, code: str) -> None:
        """End a call without a verdict: no answer in time, a connection reset."""
        waiting = self._waiting.pop(number, None)
        if waiting is None:
            return
        is_dead = self.connection.is_up and self.connection.heard_ns < waiting.left_ns
        for command in waiting.call.commands:
            client_id, symbol = getattr(command, "client_id", ""), getattr(command, "symbol", "")
            self._feed(events.Unanswered(request_of(command), client_id, symbol, code, waiting.sent_ns))
        if is_dead:
            self.connection.break_off(RESET)

    def _lost(self, why: str) -> None:
        """End every call on the connection that is gone."""
        self._cut = self._numbers + 1
        for number in tuple(self._waiting):
            self.fail(number, why)

    def forget(self) -> None:
        """Wait for nothing any more: the process is gone, and with it its connections."""
        self._waiting.clear()
        self._first = self._numbers + 1

    def under_way(self) -> dict[int, Stage]:
        """Give the calls without an answer by number, oldest first, and how far each has come."""
        return {number: waiting.stage for number, waiting in self._waiting.items()}


def _nobody(_now_ns: int, _command: Any) -> None:
    """Note nothing."""
