"""The faults a scenario can contain: one model per kind, told apart by ``kind``.

Every fault has an id that keeps its dice when others are removed; without one it is called by
its kind and its number in the list. Times are simulated seconds. A fault without ``for_s``
lasts until the calm.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field, Strict

from strategy.file_model import (
    CONTRADICTION,
    AboveZero,
    Complaint,
    CountAboveZero,
    FromZero,
    Share,
    Symbol,
    Written,
    relation,
)

Link = Literal["rest_up", "rest_down", "public", "private", "trade_up", "trade_down"]
Request = Literal["create", "amend", "cancel"]
MessageKind = Literal[
    "create",
    "amend",
    "cancel",
    "cancel_all",
    "query",
    "order_accepted",
    "order_rejected",
    "order_amended",
    "order_cancelled",
    "order_filled",
    "book_snapshot",
    "book_delta",
    "book_heartbeat",
    "public_trade",
]

Links = Annotated[tuple[Link, ...], Strict(False), Field(min_length=1)]
Symbols = Annotated[tuple[Symbol, ...], Strict(False)]


class Fault(Written):
    """What every fault has."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=48)] = ""
    """Its own short name, kept when the list is shrunk; default: the kind and its number in the list."""
    at_s: FromZero
    """Start, in simulated seconds from the beginning of the run."""


class _Lasting(Fault):
    for_s: AboveZero | None = None
    """How long it lasts, in simulated seconds; without it, until the calm."""


class _LostAck(_Lasting):
    prob: Share | None = None
    """How likely each answer is lost, from 0 to 1."""
    nth: Annotated[tuple[CountAboveZero, ...], Strict(False), Field(min_length=1)] | None = None
    """Which answers are lost, counted from 1 at the start of the fault."""
    requests: Annotated[tuple[Request, ...], Strict(False), Field(min_length=1)] = ("create", "amend", "cancel")
    """Which requests are hit."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""

    @relation("prob", "nth")
    def _one_way_to_choose(self) -> Iterator[Complaint]:
        if (self.prob is None) == (self.nth is None):
            yield Complaint(CONTRADICTION, (), "say either 'prob' or 'nth', which answers are lost")


class AckLost(_LostAck):
    """The venue does what was asked, and its answer never arrives."""

    kind: Literal["ack_lost"]
    """`ack_lost`: applied, the answer lost."""


class AckLostNotApplied(_LostAck):
    """The request is lost before the venue acts: to the client it looks the same as `ack_lost`."""

    kind: Literal["ack_lost_not_applied"]
    """`ack_lost_not_applied`: never applied, no answer."""


class MessageLoss(_Lasting):
    """Messages vanish end to end, which no retransmission repairs."""

    kind: Literal["message_loss"]
    """`message_loss`: messages vanish on links."""
    links: Links
    """Which directed links lose messages."""
    prob: Share
    """How likely each message is lost, from 0 to 1."""
    messages: Annotated[tuple[MessageKind, ...], Strict(False)] = ()
    """Which kinds of message are hit; none named means all."""


class FeedGap(Fault):
    """The book feed skips messages: the next one does not join what was seen last."""

    kind: Literal["feed_gap"]
    """`feed_gap`: book updates in a row are lost."""
    lost_messages: CountAboveZero
    """How many updates in a row are lost, a count per symbol."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""


class LatencySpike(_Lasting):
    """Links become slower, with a long tail."""

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


class Volatility(_Lasting):
    """The market becomes wilder or calmer: its own volatility and flow are multiplied."""

    kind: Literal["volatility"]
    """`volatility`: a market regime."""
    factor: Annotated[float, Field(gt=0, le=100)]
    """What volatility and flow are multiplied by; 1 changes nothing."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""


AnyFault = AckLost | AckLostNotApplied | MessageLoss | FeedGap | LatencySpike | Volatility
OneFault = Annotated[AnyFault, Field(discriminator="kind")]

EXAMPLES: Final[dict[str, str]] = {
    "ack_lost": "{at_s: 30, for_s: 20, kind: ack_lost, prob: 0.05, requests: [create]}",
    "ack_lost_not_applied": "{at_s: 30, kind: ack_lost_not_applied, nth: [1, 4]}",
    "message_loss": "{at_s: 60, for_s: 30, kind: message_loss, links: [private], prob: 0.3, messages: [order_filled]}",
    "feed_gap": "{at_s: 45, kind: feed_gap, lost_messages: 40, symbols: [BTCUSDT]}",
    "latency_spike": "{at_s: 60, for_s: 60, kind: latency_spike, links: [rest_up, rest_down], "
    "extra_p50_ms: 80, extra_p99_ms: 900}",
    "volatility": "{at_s: 120, for_s: 300, kind: volatility, factor: 3}",
}


def kind_of(model: type[Fault]) -> str:
    """Give the kind a fault model stands for."""
    annotation: Any = model.model_fields["kind"].annotation
    return str(get_args(annotation)[0])


KINDS: Final[dict[str, type[Fault]]] = {kind_of(model): model for model in get_args(AnyFault)}
