"""What happens to connections: requests and their answers share one, each stream has one of its own."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal, get_args

from pydantic import Field, Strict

from sim.scenario.faults.base import CONNECTIONS, Connections, Fault, Lasting, unheeded
from sim.scenario.faults.ranges import Choice, Draw, LogUniform, Maybe, Subset, Where
from strategy.file_model import AboveZero, Complaint, relation

_RequestKind = Literal["create", "amend", "cancel", "cancel_all", "query", "book"]
_Requests = Annotated[tuple[_RequestKind, ...], Strict(False), Field(min_length=1)]


class Reset(Lasting):
    """A connection is reset, which is known at once; of requests it matters how far they had come.

    The connection of requests breaks as the next of them reaches the stage `cut`. `queued`: it
    certainly never leaves. `on_the_wire`: it is never applied. `applied`: it is, and its answer is not
    sent. `response_on_the_wire`: its answer is lost. Every other request under way is lost where it is.
    """

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "connections": Subset(CONNECTIONS),
        "cut": Where(
            ("connections",), Choice(("queued", "on_the_wire", "applied", "response_on_the_wire")), among=("rest",)
        ),
        "requests": Where(("connections",), Maybe(0.5, Subset(get_args(_RequestKind))), among=("rest",)),
        "every_s": Maybe(0.7, LogUniform(0.5, 30)),
    }

    kind: Literal["reset"]
    """`reset`: connections break, at a stage of a request."""
    connections: Connections
    """Which connections are hit."""
    cut: Literal["queued", "on_the_wire", "applied", "response_on_the_wire"] = "on_the_wire"
    """How far the request has come that sees it; a stream is reset at `at_s`."""
    requests: _Requests = ("create", "amend", "cancel")
    """Which requests can see it."""
    every_s: AboveZero | None = None
    """How often it happens again while the fault lasts, in simulated seconds; without it, once."""

    @relation("connections", "cut", "requests")
    def _nothing_is_unheeded(self) -> Iterator[Complaint]:
        if "rest" not in self.connections:
            yield from unheeded(self, "the connection 'rest'", "cut", "requests")


class HalfOpen(Fault):
    """A connection looks up and nothing passes, without an error: until it is given up, it is dead."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "connections": Subset(CONNECTIONS),
    }

    kind: Literal["half_open"]
    """`half_open`: looks up, nothing passes."""
    connections: Connections
    """Which connections are hit; those that follow work."""


class SlowClose(Fault):
    """A connection takes seconds to close: what is sent meanwhile is lost without a word, then it is down."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "connections": Subset(CONNECTIONS),
        "close_s": LogUniform(0.2, 15),
    }

    kind: Literal["slow_close"]
    """`slow_close`: lost without a word, then down."""
    connections: Connections
    """Which connections are hit."""
    close_s: AboveZero = 3
    """How long closing takes, in simulated seconds."""


class DnsOutage(Lasting):
    """Nobody can connect: the name of the venue leads nowhere. What is connected stays so, unless it is reset."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 90),
        "connections": Subset(CONNECTIONS),
        "resets": Choice((True, False)),
    }

    kind: Literal["dns_outage"]
    """`dns_outage`: no new connections."""
    connections: Connections
    """Which connections are hit."""
    resets: bool = True
    """Whether what is connected is reset as it begins: an address that moved."""


MODELS: Final = (Reset, HalfOpen, SlowClose, DnsOutage)
EXAMPLES: Final = {
    "reset": "{at_s: 10, for_s: 20, kind: reset, connections: [rest], cut: applied, requests: [create], every_s: 5}",
    "half_open": "{at_s: 10, kind: half_open, connections: [private]}",
    "slow_close": "{at_s: 10, kind: slow_close, connections: [public, private], close_s: 4}",
    "dns_outage": "{at_s: 10, for_s: 20, kind: dns_outage, connections: [rest, public, private]}",
}
