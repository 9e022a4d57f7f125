"""Requests under way to the venue, over REST or the trade stream, and the connections they are on.

A request is put on ``rest_up`` and its answer comes back on ``rest_down``, whatever carries it: the
faults of those links see commands and numbers, as they do with the simulated driver. What is cut ends
as a broken connection; the request may be carried out all the same.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol

import msgspec

from sim.calls import Call
from sim.connection import HELLO, WELCOME, Bar, why_barred
from sim.serve.asked import Plan
from sim.serve.site import Site
from sim.serve.spoiling import how_spoilt, unspoilt
from sim.through.exchanged import Cut
from sim.wire import REST_DOWN, REST_UP, Header, Link, Message, Stage
from strategy import commands
from strategy.requests import request_of
from strategy.units import NS_PER_MS

_DOOR: Final = "query"
# Requests whose answers were lost, and whose client never says that it has left: the oldest is forgotten.
_PENDING_MAX: Final = 10_000
RESET: Final = "reset"


class Budget(msgspec.Struct, frozen=True, gc=False):
    """What an answer tells of a rate limit: so many a second, so many left, and in ms when one more may go."""

    limit: int
    left: int
    resets_ms: int


class Told(msgspec.Struct, frozen=True, gc=False):
    """What came of a request: the answers to its commands, and what the venue's clock and budget were then.

    ``spoilt`` says how its bytes are spoilt on the way.
    """

    plan: Plan
    answers: tuple[Any, ...]
    at_ms: int
    budget: Budget | None
    number: int
    spoilt: str = ""


Finish = Callable[[Told | Cut], None]


class Carrier(Protocol):
    """A connection with requests on it."""

    number: int
    is_lost: bool
    down: Link

    def break_off(self) -> None:
        """Lose it, with all that is on it."""


class _Pending(msgspec.Struct, gc=False):
    plan: Plan
    carrier: Carrier
    finish: Finish
    left_ns: int
    at_ms: int = 0
    budget: Budget | None = None


class Roads:
    """Everything that asks. A fault sees it as the exchange's ``rest``."""

    def __init__(self, site: Site) -> None:
        """Have nothing under way."""
        self._site = site
        self._numbers = 0
        self._pending: dict[int, _Pending] = {}
        self.cutters: list[Callable[[Stage, Message], bool]] = []
        self.heard_ns = 0  # when an answer last came to its client

    def send(self, plan: Plan, carrier: Carrier, up: Link, finish: Finish) -> int:
        """Put a request on its way; ``finish`` is called once, with what came of it."""
        self._numbers = number = self._numbers + 1
        asked = plan.commands
        call = Call(asked, plan.signed_ns, plan.window_ns)
        kind = request_of(asked[0]) if asked else _DOOR
        message = Message(kind, _shared(asked, "symbol"), _shared(asked, "client_id"), call, number)
        self._pending[number] = _Pending(plan, carrier, finish, self._site.now_ns())
        if len(self._pending) > _PENDING_MAX:
            del self._pending[next(iter(self._pending))]
        if not self.passes(Stage.QUEUED, message):
            up.send(message, partial(self._reach, carrier))
            self.passes(Stage.ON_THE_WIRE, message)
        return number

    def passes(self, stage: Stage, message: Message) -> bool:
        """Note how far a request has come; True if its connection is lost right there."""
        pending = self._pending.get(message.number)
        if stage is Stage.APPLIED and pending is not None:
            self._note(pending, message)
        is_cut = [cutter(stage, message) for cutter in self.cutters]
        if any(is_cut) and pending is not None:
            pending.carrier.break_off()
        return any(is_cut)

    def _note(self, pending: _Pending, message: Message) -> None:
        """Take down the venue's clock and the budget as they are when a request is carried out."""
        site, asked = self._site, message.body.commands
        site.slips.catch_up()
        pending.at_ms = site.now_ms()
        if asked and pending.plan.is_signed:
            limit, left, wait_ns = site.venue.limits.standing(asked[-1], site.now_ns())
            pending.budget = Budget(limit, left, pending.at_ms + -(-wait_ns // NS_PER_MS))

    def _reach(self, carrier: Carrier, message: Message) -> None:
        """Arrive at the venue, unless the connection was lost on the way."""
        if carrier.is_lost:
            return
        pending = self._pending.get(message.number)
        if pending is not None:
            self._note(pending, message)
        if message.body.commands:
            self._site.exchange.gateway.arrive(message)
        else:
            self._site.exchange.gateway.down.send(msgspec.structs.replace(message, body=()), self.answered)

    def down_of(self, number: int) -> Link:
        """Give the link that an answer goes down: its connection's own."""
        pending = self._pending.get(number)
        return self._site.exchange.links[REST_DOWN] if pending is None else pending.carrier.down

    def answered(self, message: Message) -> None:
        """Take an answer off the wire: at most one counts, and only on the connection that asked."""
        pending = self._pending.pop(message.number, None)
        if pending is None:
            return
        self.heard_ns = self._site.now_ns()
        header: Header | None = message.header
        if header is not None and pending.budget is not None and not header.remaining:
            resets_ms = pending.at_ms + -(-header.resets_after_ns // NS_PER_MS)
            pending.budget = Budget(pending.budget.limit, 0, resets_ms)
        how, answers = how_spoilt(message), unspoilt(message).body
        pending.finish(Told(pending.plan, answers, pending.at_ms, pending.budget, message.number, how))

    def fail(self, number: int, code: str) -> None:
        """End a request without a verdict: its connection broke. Words of a connection count below 0."""
        pending = self._pending.get(number)
        if pending is not None:
            self._pending.pop(number)
            pending.finish(Cut(code))
        elif number < 0:
            self._site.exchange.lines["rest"].reset(-number)

    def lose(self, carrier: Carrier, why: str) -> None:
        """End every request on a connection that is gone."""
        for number in [number for number, one in self._pending.items() if one.carrier is carrier]:
            self.fail(number, why)

    def give_up(self, number: int) -> int | None:
        """Have a client wait no more for an answer; give when the request had left, if it was under way."""
        pending = self._pending.pop(number, None)
        return None if pending is None else pending.left_ns

    def carrier_of(self, number: int) -> int | None:
        """Give the number of the connection that a request is on."""
        pending = self._pending.get(number)
        return None if pending is None else pending.carrier.number


class Down:
    """The way down from the gateway: each answer on the connection that asked."""

    def __init__(self, roads: Roads) -> None:
        """Ask the roads which that is."""
        self._roads = roads

    def send(self, message: Message, deliver: Callable[[Message], Any]) -> None:
        """Put an answer on the wire."""
        self._roads.down_of(message.number).send(message, deliver)


class _Http:
    """The connection of REST requests there is: a pool of them counts as one."""

    def __init__(self, number: int, down: Link, roads: Roads) -> None:
        self.number = number
        self.down = down
        self.is_lost = False
        self.heard_ns = 0
        self._roads = roads

    def break_off(self) -> None:
        """Lose it, with all that is on it."""
        self.is_lost = True
        self._roads.lose(self, RESET)


class RestLine:
    """The connections that requests are on, as a fault sees them: that of REST, and trade streams."""

    def __init__(self, site: Site, roads: Roads) -> None:
        """Be connected without a word: a process connects before it calls itself started."""
        self._site = site
        self._roads = roads
        self.barred: dict[str, Bar] = {}
        self.keyless: dict[str, Bar] = {}
        self.talks: dict[int, Carrier] = {}
        self._http = self._connection(site.next_connection())

    def _connection(self, number: int) -> _Http:
        return _Http(number, self._site.exchange.links[REST_DOWN], self._roads)

    def alive(self) -> tuple[int, ...]:
        """Give the numbers of the connections that are up."""
        return (*(() if self._http.is_lost else (self._http.number,)), *self.talks)

    def carrier(self, message: Message) -> int:
        """Give the number of the connection that a message is on."""
        if message.number < 0:
            return -message.number
        found = self._roads.carrier_of(message.number)
        return self._http.number if found is None else found

    def reset(self, epoch: int | None = None) -> None:
        """Break one connection, or all of them."""
        for number, carrier in ((self._http.number, self._http), *tuple(self.talks.items())):
            if epoch in (None, number):
                carrier.break_off()

    # REST

    def connect(self, connected: Callable[[str], None]) -> None:
        """Want a connection for requests; what nobody answers is for the client's own patience."""
        kernel, up = self._site.kernel, self._site.exchange.links[REST_UP]
        if not self._http.is_lost:
            connected("")
        elif why := why_barred(self.barred):
            kernel.at(kernel.now_ns + 2 * up.median_ns, connected, why)
        else:
            number = self._site.next_connection()
            up.send(Message(HELLO, "", "", None, -number), partial(self._at_venue, connected))

    def _at_venue(self, connected: Callable[[str], None], hello: Message) -> None:
        welcome = Message(WELCOME, "", "", None, hello.number)
        self._site.exchange.links[REST_DOWN].send(welcome, partial(self._welcomed, connected))

    def _welcomed(self, connected: Callable[[str], None], welcome: Message) -> None:
        if self._http.is_lost:
            self._http = self._connection(-welcome.number)
        connected("")

    def http(self, plan: Plan, finish: Finish) -> Callable[[], None]:
        """Carry a request on the connection there is; a client that never asked for one has one."""
        if self._http.is_lost:
            if why := why_barred(self.barred):
                finish(Cut(why))
                return _nothing
            self._http = self._connection(self._site.next_connection())
        line = self._http

        def heard(told: Told | Cut) -> None:
            line.heard_ns = self._site.now_ns()
            finish(told)

        number = self._roads.send(plan, line, self._site.exchange.links[REST_UP], heard)
        return lambda: self._given_up(line, number)

    def _given_up(self, line: _Http, number: int) -> None:
        """See a client leave a request: where nothing at all came since it left, the connection is dead."""
        left_ns = self._roads.give_up(number)
        if left_ns is not None and line.heard_ns <= left_ns and line is self._http:
            self._http = self._connection(self._site.next_connection())
            self._http.is_lost = True


def _shared(asked: tuple[commands.Command, ...], name: str) -> str:
    """Give what all commands of a request have in common; empty where they differ."""
    first = str(getattr(asked[0], name, "")) if asked else ""
    return first if all(getattr(other, name, "") == first for other in asked) else ""


def _nothing() -> None:
    """Have nothing to give up."""
