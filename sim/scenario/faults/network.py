"""What happens to messages on links, and to connections."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Strict

from sim.scenario.faults.base import Lasting, Links, MessageKind
from strategy.file_model import CONTRADICTION, AboveZero, Complaint, Share, relation


class MessageLoss(Lasting):
    """Messages vanish end to end, which no retransmission repairs."""

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


MODELS: Final = (MessageLoss, LatencySpike)
EXAMPLES: Final = {
    "message_loss": "{at_s: 60, for_s: 30, kind: message_loss, links: [private], prob: 0.3, messages: [order_filled]}",
    "latency_spike": "{at_s: 60, for_s: 60, kind: latency_spike, links: [rest_up, rest_down], "
    "extra_p50_ms: 80, extra_p99_ms: 900}",
}
