"""The simulated driver: feeds the core, carries out what comes back, rings when asked.

One screen, on purpose: its live twin does the same with bytes. Every request that leaves has a
number, and its answer bears it. A request that gets no answer in the driver's own patience ends
as ``Unanswered``; one whose time has passed before it could leave never leaves, and is said so.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

from msgspec.structs import replace

from sim.clocks import Clock
from sim.kernel import Kernel
from sim.trace import Trace
from sim.venue.requests import request_of
from sim.wire import Link, Message
from strategy import commands, events
from strategy.errors import OurMistake
from strategy.units import NS_PER_S

_PATIENCE_NS: Final = 5 * NS_PER_S


class AnyCore(Protocol):
    """What a driver needs of a core: ours, a rival's or a user's own."""

    @property
    def wake_at_ns(self) -> int | None:
        """When to say ``Woke``."""

    def step(self, now_ns: int, event: events.Event) -> tuple[commands.Command, ...]:
        """Take in an event; give what to do."""


class Watcher(Protocol):
    """Somebody who looks on: the oracle, the measures."""

    def delivered(self, now_ns: int, event: events.Event) -> None:
        """See an event just before the core does."""

    def sent(self, now_ns: int, command: commands.Command) -> None:
        """See a command that leaves."""

    def stepped(self, now_ns: int, leaving: tuple[commands.Command, ...], event: events.Event) -> None:
        """See that the step is over."""


class SimDriver:
    """One bot on its host. ``clock`` is the host's monotonic clock with the wall anchor folded in."""

    def __init__(
        self,
        kernel: Kernel,
        core: AnyCore,
        clock: Clock,
        up: Link,
        arrive: Callable[[Message], None],
        trace: Trace,
        watchers: tuple[Watcher, ...],
    ) -> None:
        """``arrive`` is the venue's gateway, where requests end up."""
        self._kernel = kernel
        self._core = core
        self._clock = clock
        self._up = up
        self._arrive = arrive
        self._trace = trace
        self._watchers = watchers
        self._numbers = 0
        self._waiting: dict[int, tuple[commands.Command, int]] = {}
        self._alarm_ns: int | None = None
        self.is_alive = True
        self.alerts: list[commands.Alert] = []
        self.steps = 0

    def feed(self, event: events.Event) -> None:
        """Give the core one event and carry out its commands, in order."""
        if not self.is_alive:
            return
        now_ns = self._clock.read(self._kernel.now_ns)
        for watcher in self._watchers:
            watcher.delivered(now_ns, event)
        leaving = self._core.step(now_ns, event)
        self.steps += 1
        self._trace.record("step", now_ns, (event, leaving))
        for command in leaving:
            self._carry_out(now_ns, command)
        for watcher in self._watchers:
            watcher.stepped(now_ns, leaving, event)
        self._set_alarm(now_ns)

    def hear(self, message: Message) -> None:
        """Take a message from a stream."""
        self.feed(message.body)

    def answered(self, message: Message) -> None:
        """Take the answer to a request; one that comes after our patience is still a word."""
        _, sent_ns = self._waiting.pop(message.number, (None, 0))
        answer = message.body
        if isinstance(answer, events.Unanswered):
            answer = replace(answer, sent_ns=sent_ns)
        self.feed(answer)

    def _carry_out(self, now_ns: int, command: commands.Command) -> None:
        if isinstance(command, commands.Alert):
            self.alerts.append(command)
            return
        send_by_ns = getattr(command, "send_by_ns", None)
        request, client_id = request_of(command), getattr(command, "client_id", "")
        symbol = getattr(command, "symbol", "")
        if send_by_ns is not None and now_ns > send_by_ns:
            late = events.NotSent(request, client_id, symbol, "send_by passed")
            self._kernel.at(self._kernel.now_ns, self.feed, late)
            return
        for watcher in self._watchers:
            watcher.sent(now_ns, command)
        self._numbers += 1
        self._waiting[self._numbers] = (command, now_ns)
        signed_ns = self._signed_ns(now_ns)
        message = Message(request, symbol, client_id, (command, signed_ns), self._numbers)
        self._up.send(message, self._arrive)
        self._kernel.at(self._kernel.now_ns + _PATIENCE_NS, self._give_up, self._numbers)

    def _signed_ns(self, now_ns: int) -> int:
        estimate: Any = getattr(self._core, "venue_now_ns", None)
        return now_ns if estimate is None else int(estimate(now_ns))

    def _give_up(self, number: int) -> None:
        waiting = self._waiting.pop(number, None)
        if waiting is None:
            return
        command, sent_ns = waiting
        client_id, symbol = getattr(command, "client_id", ""), getattr(command, "symbol", "")
        self.feed(events.Unanswered(request_of(command), client_id, symbol, "timeout", sent_ns))

    def _set_alarm(self, now_ns: int) -> None:
        """SimPy cannot take a timer back: a stale one sees that it is not the one that is wanted."""
        wake_at_ns = self._core.wake_at_ns
        if wake_at_ns is not None and wake_at_ns <= now_ns:
            # Rung at once and for ever, it would stop the world's clock.
            raise OurMistake(f"the core asked at {now_ns} to be woken at {wake_at_ns}, which is not in the future")
        if wake_at_ns is None or wake_at_ns == self._alarm_ns:
            return
        self._alarm_ns = wake_at_ns
        self._kernel.at(max(self._clock.true_of(wake_at_ns), self._kernel.now_ns), self._ring, wake_at_ns)

    def _ring(self, wake_at_ns: int) -> None:
        if self._core.wake_at_ns == wake_at_ns and self._alarm_ns == wake_at_ns:
            self._alarm_ns = None
            self.feed(events.Woke())
