"""What happens to any message of a link: lost end to end, late, twice, out of turn."""

import math
from abc import ABC, abstractmethod
from typing import Final

from sim.connection import HELLO, WELCOME
from sim.dice import Dice, exponential_ns, lognormal_ns, normal
from sim.faults.installing import Install, as_rule
from sim.plan import PlannedFault
from sim.wire import LOST, Fate, Message
from strategy.units import NS_PER_MS

_P99: Final = 2.3263478740408408  # the standard normal's 99th percentile


class _OnLinks(ABC):
    """A fault on named links; its draws are keyed by link and by the message's count there."""

    def __init__(self, fault: PlannedFault, dice: Dice) -> None:
        self._fault = fault
        self._dice = dice
        self._links = tuple(fault.params["links"])
        self._counts: dict[str, int] = {}

    def fate(self, link: str, message: Message, now_ns: int) -> Fate | None:
        """Say what becomes of a message while the fault lasts."""
        fault = self._fault
        if link not in self._links or not fault.start_ns <= now_ns < fault.end_ns:
            return None
        if not self._hits(message):
            return None
        count = self._counts[link] = self._counts.get(link, 0) + 1
        return self._effect(link, count)

    def _hits(self, message: Message) -> bool:
        return True

    @abstractmethod
    def _effect(self, link: str, count: int) -> Fate | None: ...


class MessageLoss(_OnLinks):
    """Messages vanish with a probability; no retransmission brings them back."""

    def _hits(self, message: Message) -> bool:
        kinds = self._fault.params["messages"]
        return not kinds or message.kind in kinds

    def _effect(self, link: str, count: int) -> Fate | None:
        lost = self._dice.unit("fault", self._fault.id, link, count) < self._fault.params["prob"]
        return LOST if lost else None


class LatencySpike(_OnLinks):
    """Messages are late by a lognormal time whose median and 99th percentile are given."""

    def _effect(self, link: str, count: int) -> Fate | None:
        p50_ms, p99_ms = self._fault.params["extra_p50_ms"], self._fault.params["extra_p99_ms"]
        sigma = math.log(p99_ms / p50_ms) / _P99
        drawn = normal(*self._dice.pair("fault", self._fault.id, link, count))
        return Fate(extra_ns=int(p50_ms * NS_PER_MS * math.exp(sigma * drawn)))


class Latency(_OnLinks):
    """Messages are late by a base and a tail; a few are in a slow mode."""

    def _effect(self, link: str, count: int) -> Fate | None:
        params, key = self._fault.params, ("fault", self._fault.id, link, count)
        extra_ns = round(params["base_ms"] * NS_PER_MS) + self._tail_ns(*self._dice.pair(*key))
        if self._dice.unit(*key, "slow") < params["slow_share"]:
            extra_ns += round(params["slow_ms"] * NS_PER_MS)
        return Fate(extra_ns=extra_ns)

    def _tail_ns(self, first: int, second: int) -> int:
        tail_ns = round(self._fault.params["tail_ms"] * NS_PER_MS)
        if self._fault.params["tail"] == "exponential":
            return exponential_ns(first, tail_ns)
        return lognormal_ns(first, second, tail_ns, self._fault.params["sigma"])


class Reorder(_OnLinks):
    """Messages are late, each by its own share of a window: those of a pool of connections overtake."""

    def _effect(self, link: str, count: int) -> Fate | None:
        share = self._dice.unit("fault", self._fault.id, link, count)
        return Fate(extra_ns=int(share * self._fault.params["window_ms"] * NS_PER_MS))


class Duplicate(_OnLinks):
    """Messages arrive a second time."""

    def _effect(self, link: str, count: int) -> Fate | None:
        is_doubled = self._dice.unit("fault", self._fault.id, link, count) < self._fault.params["prob"]
        return Fate(again_ns=round(self._fault.params["after_ms"] * NS_PER_MS)) if is_doubled else None


class CorruptPayload(_OnLinks):
    """Messages arrive spoilt: the wire's bytes are; where there are none, what cannot be read never came."""

    def _hits(self, message: Message) -> bool:
        return message.kind not in (HELLO, WELCOME)

    def _effect(self, link: str, count: int) -> Fate | None:
        params = self._fault.params
        is_hit = self._dice.unit("fault", self._fault.id, link, count) < params["prob"]
        how = f"{params['how']}{params['status']}" if params["how"] == "html" else params["how"]
        return Fate(spoilt=how) if is_hit else None


INSTALL: Final[dict[str, Install]] = {
    "corrupt_payload": as_rule(CorruptPayload),
    "message_loss": as_rule(MessageLoss),
    "latency": as_rule(Latency),
    "latency_spike": as_rule(LatencySpike),
    "reorder": as_rule(Reorder),
    "duplicate": as_rule(Duplicate),
}
