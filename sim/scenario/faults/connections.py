"""What happens to connections: requests and their answers share one, each stream has one of its own."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal, get_args

from pydantic import Field, Strict

from sim.scenario.faults.base import CONNECTIONS, Connections, EveryS, Fault, Lasting, unheeded
from sim.scenario.faults.ranges import Choice, Draw, LogUniform, Maybe, Subset, Uniform, Where
from strategy.file_model import AboveZero, Complaint, Share, relation

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
    every_s: EveryS | None = None
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


class TlsFailure(Lasting):
    """Attempts to connect fail in the handshake: a certificate ran out, a proxy that cannot be spoken to.

    What is connected stays so, unless it is reset. Each attempt fails by a draw of its own, so that with
    a probability below 1 some get through.
    """

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 90),
        "connections": Subset(CONNECTIONS),
        "prob": Uniform(0.2, 1),
        "resets": Choice((True, False)),
    }

    kind: Literal["tls_failure"]
    """`tls_failure`: connecting fails in the handshake."""
    connections: Connections
    """Which connections are hit."""
    prob: Share = 1
    """How likely each attempt fails, from 0 to 1."""
    resets: bool = True
    """Whether what is connected is reset as it begins."""


class AuthExpiry(Lasting):
    """The venue takes our key no longer: what has to be signed is refused, and nobody can sign in.

    The private stream ends as it begins, and comes back once the key is good again. What needs no key
    (the public stream, books, the venue's time) works all the while.
    """

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 90),
        "requests": Choice((True, False)),
    }

    kind: Literal["auth_expiry"]
    """`auth_expiry`: the key is not good for a while."""
    requests: bool = True
    """Whether signed requests are refused as well; without it only signing in to the private stream fails."""


MODELS: Final = (Reset, HalfOpen, SlowClose, DnsOutage, TlsFailure, AuthExpiry)
EXAMPLES: Final = {
    "reset": "{at_s: 10, for_s: 20, kind: reset, connections: [rest], cut: applied, requests: [create], every_s: 5}",
    "half_open": "{at_s: 10, kind: half_open, connections: [private]}",
    "slow_close": "{at_s: 10, kind: slow_close, connections: [public, private], close_s: 4}",
    "dns_outage": "{at_s: 10, for_s: 20, kind: dns_outage, connections: [rest, public, private]}",
    "tls_failure": "{at_s: 10, for_s: 20, kind: tls_failure, connections: [rest, private], prob: 0.8}",
    "auth_expiry": "{at_s: 10, for_s: 20, kind: auth_expiry}",
}
