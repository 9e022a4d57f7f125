"""What happens to messages on links."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal, get_args

from pydantic import Field, Strict

from sim.scenario.faults.base import LINKS, Lasting, Links, MessageKind, unheeded
from sim.scenario.faults.ranges import Choice, Draw, LogUniform, Maybe, Subset, TimesField, Uniform, Where
from strategy.file_model import CONTRADICTION, AboveZero, Complaint, CountAboveZero, FromZero, Share, relation

_RestLinks = Annotated[tuple[Literal["rest_up", "rest_down"], ...], Strict(False), Field(min_length=1)]


class MessageLoss(Lasting):
    """Messages vanish end to end, which no retransmission repairs."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "links": Subset(LINKS),
        "prob": LogUniform(0.005, 1),
        "messages": Maybe(0.5, Subset(get_args(MessageKind))),
    }

    kind: Literal["message_loss"]
    """`message_loss`: messages vanish on links."""
    links: Links
    """Which directed links lose messages."""
    prob: Share
    """How likely each message is lost, from 0 to 1."""
    messages: Annotated[tuple[MessageKind, ...], Strict(False)] = ()
    """Which kinds of message are hit; none named means all."""


class LatencySpike(Lasting):
    """Links become slower, with a long tail."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "links": Subset(LINKS),
        "extra_p50_ms": LogUniform(2, 500),
        "extra_p99_ms": TimesField("extra_p50_ms", LogUniform(1, 20)),
    }

    kind: Literal["latency_spike"]
    """`latency_spike`: links become slower."""
    links: Links
    """Which directed links are hit."""
    extra_p50_ms: AboveZero
    """Delay added to half of the messages at least, in milliseconds."""
    extra_p99_ms: AboveZero
    """Delay added to one message in a hundred at least, in milliseconds."""

    @relation("extra_p50_ms", "extra_p99_ms")
    def _tail_is_longer(self) -> Iterator[Complaint]:
        if self.extra_p50_ms > self.extra_p99_ms:
            words = f"extra_p50_ms ({self.extra_p50_ms:g}) must be at most extra_p99_ms ({self.extra_p99_ms:g})"
            yield Complaint(CONTRADICTION, ("extra_p50_ms",), words)


class Latency(Lasting):
    """Links have another weather: a base, a tail, and now and then a very slow message."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 240),
        "links": Subset(LINKS),
        "base_ms": Uniform(0, 30),
        "tail": Choice(("lognormal", "exponential")),
        "tail_ms": Uniform(5, 150),
        "sigma": Where(("tail",), Uniform(0.1, 1.5), among=("lognormal",)),
        "slow_share": LogUniform(0.0001, 0.01),
        "slow_ms": LogUniform(100, 5000),
    }

    kind: Literal["latency"]
    """`latency`: every message is late, some are very late."""
    links: Links
    """Which directed links are hit."""
    base_ms: FromZero = 0
    """Delay added to every message, in milliseconds."""
    tail: Literal["lognormal", "exponential"] = "lognormal"
    """Shape of what is added on top: around a median, or with a mean."""
    tail_ms: AboveZero
    """Median of a lognormal tail, mean of an exponential one, in milliseconds."""
    sigma: Annotated[float, Field(ge=0, le=3)] = 0.5
    """Spread of a lognormal tail's logarithm; an exponential one has none."""
    slow_share: Share = 0.001
    """How likely a message is in the slow mode, from 0 to 1."""
    slow_ms: AboveZero = 1000
    """Delay added in the slow mode, in milliseconds."""

    @relation("tail", "sigma", "slow_share")
    def _nothing_is_unheeded(self) -> Iterator[Complaint]:
        if self.tail == "exponential":
            yield from unheeded(self, "'tail: lognormal'", "sigma")
        if not self.slow_share:
            yield from unheeded(self, "a 'slow_share' above 0", "slow_ms")


class PacketLoss(Lasting):
    """Packets are lost, and TCP sends them again: messages are late, those behind them wait, some connections break.

    Each link is good or bad, by steps of 50 ms (Gilbert and Elliott); with `p_bad` 1 and `p_good` 0
    it is bad throughout: plain loss. What is lost is sent again after the timeout, then after twice
    that, and so on. On a stream what follows waits for it. Requests travel on connections of their
    own and wait for none. After `reset_after` losses in a row the connection is given up.
    """

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "links": Subset(LINKS),
        "loss": Uniform(0.01, 0.6),
        "p_bad": Maybe(0.7, LogUniform(0.005, 0.5)),
        "p_good": Where(("p_bad",), Uniform(0.02, 0.5)),
        "rto_ms": LogUniform(100, 1000),
        "reset_after": Uniform(3, 8, whole=True),
    }

    kind: Literal["packet_loss"]
    """`packet_loss`: what lost packets do to TCP."""
    links: Links
    """Which directed links lose packets."""
    loss: Share
    """How likely a packet is lost while the link is bad, from 0 to 1."""
    p_bad: Share = 1
    """How likely a good link goes bad, per 50 ms, from 0 to 1."""
    p_good: Share = 0
    """How likely a bad link gets good again, per 50 ms, from 0 to 1."""
    rto_ms: AboveZero = 200
    """How long TCP waits before it sends again the first time, in milliseconds; it doubles."""
    reset_after: CountAboveZero = 6
    """After how many losses of one message in a row its connection is reset, a count."""


class Reorder(Lasting):
    """Messages overtake each other, where the transport allows: a stream keeps its order, requests do not."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "links": Subset(("rest_up", "rest_down")),
        "window_ms": Uniform(1, 50),
    }

    kind: Literal["reorder"]
    """`reorder`: requests or answers overtake each other."""
    links: _RestLinks
    """Which directed links are hit: those of requests and answers."""
    window_ms: AboveZero
    """Each message is late by up to this, all delays equally likely, in milliseconds."""


class Duplicate(Lasting):
    """Messages arrive twice: a proxy tried again, a publisher started anew."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "links": Subset(LINKS),
        "prob": Uniform(0, 0.2),
        "after_ms": Maybe(0.6, LogUniform(1, 10_000)),
    }

    kind: Literal["duplicate"]
    """`duplicate`: messages arrive twice."""
    links: Links
    """Which directed links are hit."""
    prob: Share
    """How likely each message arrives twice, from 0 to 1."""
    after_ms: FromZero = 0
    """How long after the first the second copy arrives, in milliseconds."""


class CorruptPayload(Lasting):
    """Messages arrive spoilt: cut in the middle, with fields of the wrong type, or as somebody's page of HTML.

    Who reads no bytes (the simulated driver) never hears what cannot be read, and hears what only has a
    field more.
    """

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 60),
        "links": Subset(("rest_down", "public", "private", "trade_down")),
        "prob": LogUniform(0.005, 1),
        "how": Choice(("truncated", "unknown_field", "wrong_type", "html")),
        "status": Where(("how",), Choice((200, 403, 502, 503)), among=("html",)),
    }

    kind: Literal["corrupt_payload"]
    """`corrupt_payload`: answers or frames arrive spoilt."""
    links: Annotated[
        tuple[Literal["rest_down", "public", "private", "trade_down"], ...], Strict(False), Field(min_length=1)
    ]
    """Which directed links are hit: those that come down from the venue."""
    prob: Share
    """How likely each message is spoilt, from 0 to 1."""
    how: Literal["truncated", "unknown_field", "wrong_type", "html"] = "truncated"
    """What is wrong with it."""
    status: Literal[200, 403, 502, 503] = 200
    """The HTTP status of a page of `how: html`."""

    @relation("how", "status")
    def _nothing_is_unheeded(self) -> Iterator[Complaint]:
        if self.how != "html":
            yield from unheeded(self, "'how: html'", "status")


class Partition(Lasting):
    """Links are cut, slowed or jammed; both directions of a path named is symmetric, one is one-way.

    `stop`: nothing passes, and what was sent never arrives; a stream that lost something says
    nothing more, until it is given up and connected anew. `slow`: everything is late. `jam`:
    everything is held back and arrives in one burst when the partition heals, on the connections
    that are still the same.
    """

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(0.5, 90),
        "links": Subset(LINKS),
        "mode": Choice(("stop", "slow", "jam")),
        "slow_ms": Where(("mode",), LogUniform(100, 5000), among=("slow",)),
    }

    kind: Literal["partition"]
    """`partition`: links are cut, slowed or jammed."""
    links: Links
    """Which directed links are hit."""
    mode: Literal["stop", "slow", "jam"] = "stop"
    """What becomes of messages."""
    slow_ms: AboveZero = 1000
    """How late messages are in the mode `slow`, in milliseconds."""

    @relation("mode", "slow_ms")
    def _nothing_is_unheeded(self) -> Iterator[Complaint]:
        if self.mode != "slow":
            yield from unheeded(self, "'mode: slow'", "slow_ms")


class Clog(Lasting):
    """Some of the links are jammed, each for a stretch of its own: they are released in another order."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 60),
        "links": Subset(LINKS),
        "prob": Uniform(0.2, 0.9),
    }

    kind: Literal["clog"]
    """`clog`: a random subset of links is jammed."""
    links: Links
    """Which directed links may be hit; at least one is."""
    prob: Share = 0.5
    """How likely each of them is hit, from 0 to 1."""


MODELS: Final = (MessageLoss, Latency, LatencySpike, PacketLoss, Reorder, Duplicate, CorruptPayload, Partition, Clog)
EXAMPLES: Final = {
    "message_loss": "{at_s: 10, for_s: 20, kind: message_loss, links: [private], prob: 0.3, messages: [order_filled]}",
    "latency": "{at_s: 10, for_s: 20, kind: latency, links: [private], base_ms: 20, tail: exponential, tail_ms: 60}",
    "packet_loss": "{at_s: 10, for_s: 20, kind: packet_loss, links: [rest_up, rest_down, public], loss: 0.3}",
    "reorder": "{at_s: 10, for_s: 20, kind: reorder, links: [rest_up], window_ms: 50}",
    "duplicate": "{at_s: 10, for_s: 20, kind: duplicate, links: [private], prob: 0.1, after_ms: 2000}",
    "corrupt_payload": "{at_s: 10, for_s: 20, kind: corrupt_payload, links: [rest_down], prob: 0.2, how: truncated}",
    "partition": "{at_s: 10, for_s: 10, kind: partition, links: [rest_up, rest_down], mode: jam}",
    "clog": "{at_s: 10, for_s: 9, kind: clog, links: [rest_up, rest_down, public, private]}",
    "latency_spike": "{at_s: 10, for_s: 20, kind: latency_spike, links: [rest_up, rest_down], "
    "extra_p50_ms: 80, extra_p99_ms: 900}",
}
