"""Acknowledgements that never come, or late: twins that look the same to the client.

``ack_lost``: the venue did what was asked, and both words about it, the answer and the private
stream's, are lost. ``ack_lost_not_applied``: the request itself is lost on its way. No policy can
tell them apart by waiting; only a question can. A request that carries a batch is lost, or its
answer is, with everything in it.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from sim.dice import Dice
from sim.faults.installing import Install, as_rule, during, is_on, ns_of, rule
from sim.plan import PlannedFault
from sim.venue.conditions import REJECT
from sim.wire import LOST, PRIVATE, REST_DOWN, REST_UP, Fate, Message, kind_of
from strategy import events
from strategy.units import NS_PER_S

if TYPE_CHECKING:
    from sim.exchange import Exchange

# Which word on the private stream answers which request.
_WORD_OF: Final = {"create": "order_accepted", "amend": "order_amended", "cancel": "order_cancelled"}


class LostAcks:
    """Chooses requests as they leave, by their count since the fault began or by a keyed draw."""

    def __init__(self, fault: PlannedFault, dice: Dice, *, is_applied: bool) -> None:
        """Take a planned fault; ``is_applied`` says which twin it is."""
        self._fault = fault
        self._dice = dice
        self._is_applied = is_applied
        self._requests = tuple(fault.params["requests"])
        self._symbols = tuple(fault.params["symbols"])
        self._nth = fault.params["nth"]
        self._prob = fault.params["prob"]
        self._count = 0
        # What is still to be lost: requests by number, private words by (kind, client id).
        self._answers: dict[int, None] = {}
        self._words: dict[tuple[str, str], None] = {}

    def fate(self, link: str, message: Message, now_ns: int) -> Fate | None:
        """Lose what was chosen; choose among requests that leave while the fault lasts."""
        if link == REST_UP:
            return self._choose(message, now_ns)
        if link == REST_DOWN and message.number in self._answers:
            del self._answers[message.number]
            return LOST
        if link == PRIVATE and (message.kind, message.client_id) in self._words:
            del self._words[message.kind, message.client_id]
            return LOST
        return None

    def _choose(self, message: Message, now_ns: int) -> Fate | None:
        fault = self._fault
        if not fault.start_ns <= now_ns < fault.end_ns or message.kind not in self._requests:
            return None
        concerned = message.body.commands
        if self._symbols and all(command.symbol not in self._symbols for command in concerned):
            return None
        self._count += 1
        if not self._is_chosen():
            return None
        if not self._is_applied:
            return LOST
        self._answers[message.number] = None
        for command in concerned:
            self._words[_WORD_OF[message.kind], command.client_id] = None
        return None

    def _is_chosen(self) -> bool:
        if self._nth is not None:
            return bool(self._count in self._nth)
        return bool(self._dice.unit("fault", self._fault.id, self._count) < self._prob)


class LateAcks:
    """Chooses requests as they leave, has creates sent a second time, and holds back what is said of the first."""

    def __init__(self, fault: PlannedFault, world: "Exchange") -> None:
        """Take a planned fault."""
        self._fault, self._world = fault, world
        self._requests = tuple(fault.params["requests"])
        self._late_ns = ns_of(fault.params["late_s"])
        retried_s = fault.params["retried_after_s"]
        self._again_ns = None if retried_s is None else ns_of(retried_s)
        self._count = 0
        self._answers: dict[int, None] = {}
        self._words: dict[tuple[str, str], None] = {}

    def fate(self, link: str, message: Message, now_ns: int) -> Fate | None:
        """Choose a request; hold its first answer back."""
        if link == REST_UP and message.kind in self._requests and is_on(self._fault, now_ns):
            self._count += 1
            if self._world.dice.unit("fault", self._fault.id, self._count) >= self._fault.params["prob"]:
                return None
            self._answers[message.number] = None
            for command in message.body.commands:
                self._words[_WORD_OF[message.kind], getattr(command, "client_id", "")] = None
            return Fate(again_ns=self._again_ns if message.kind == events.CREATE else None)
        if link == REST_DOWN and message.number in self._answers:
            del self._answers[message.number]
            return Fate(extra_ns=self._late_ns)
        return None

    def say(self, say: Callable[[events.Event], None], event: events.Event) -> None:
        """Say something on the private stream; what is held back, later."""
        word = (kind_of(event), getattr(event, "client_id", ""))
        if word in self._words:
            del self._words[word]
            self._world.kernel.at(self._world.kernel.now_ns + self._late_ns, say, event)
        else:
            say(event)


def _ack_late(fault: PlannedFault, world: "Exchange") -> None:
    late = LateAcks(fault, world)
    rule(fault, world, late)
    world.venue.private = partial(late.say, world.venue.private)


class Again:
    """Watches the door, and has some requests of creates come a second time, stamped anew."""

    def __init__(self, fault: PlannedFault, world: "Exchange") -> None:
        """Take a planned fault."""
        self._fault, self._world = fault, world
        self._seen: dict[int, None] = {}

    def at_the_door(self, message: Message, now_ns: int) -> None:
        """Choose a request by its number; it is let in whatever becomes of its copy."""
        if message.kind != events.CREATE or not is_on(self._fault, now_ns) or message.number in self._seen:
            return
        self._seen[message.number] = None
        if self._world.dice.unit("fault", self._fault.id, message.number) < self._fault.params["prob"]:
            self._world.bit(self._fault)
            self._world.kernel.at(now_ns + ns_of(self._fault.params["again_s"]), self._come_again, message)

    def _come_again(self, message: Message) -> None:
        signed_ns = self._world.venue.clock.read(self._world.kernel.now_ns)
        self._world.gateway.arrive(replace(message, body=replace(message.body, signed_ns=signed_ns)))


def _duplicate_id(fault: PlannedFault, world: "Exchange") -> None:
    """Send creates twice, and have the venue treat ids it knows in its way until the last copy has come."""
    world.gateway.doormen.insert(0, Again(fault, world))
    venue = world.venue

    def begin() -> None:
        venue.known_ids = fault.params["answer"]

    def end() -> None:
        # The last copies are still to come.
        world.kernel.at(fault.end_ns + ns_of(fault.params["again_s"]) + NS_PER_S, usual)

    def usual() -> None:
        venue.known_ids = REJECT

    during(fault, world, begin, end, bites=False)


INSTALL: Final[dict[str, Install]] = {
    "ack_lost": as_rule(lambda fault, dice: LostAcks(fault, dice, is_applied=True)),
    "ack_late": _ack_late,
    "duplicate_id": _duplicate_id,
    "ack_lost_not_applied": as_rule(lambda fault, dice: LostAcks(fault, dice, is_applied=False)),
}
