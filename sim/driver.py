"""The simulated driver: feeds the core, writes down what must not be forgotten, rings when asked.

One screen, on purpose: its live twin does the same with bytes. What arrives goes through the
host's inbox; what a step asks for leaves in order, creates and amends only once the journal holds
them, cancels and questions at once.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sim.bot import JOURNAL_AND_SEND, SEND_AND_ACK, AnyCore, Bot, check_said
from sim.calls import Calls
from sim.host.host import Host
from sim.kernel import Kernel
from sim.trace import Trace
from strategy import commands, events
from strategy.errors import OurMistake
from strategy.journal import EventRecord, IntentRecord
from strategy.journal_table import MARKET, kind_of
from strategy.units import NS_PER_S

SNAPSHOT_EVERY_NS: Final = 10 * NS_PER_S
JOURNAL_REFUSED: Final = "journal_refused"


class SimDriver(Bot):
    """One bot on its host: a process that lives from ``start`` to ``die``."""

    def __init__(self, kernel: Kernel, host: Host, trace: Trace) -> None:
        """``calls`` and ``watchers`` are set once the world has them."""
        super().__init__()
        self._kernel = kernel
        self._host = host
        self._trace = trace
        self.calls: Calls
        self._alarm_ns: int | None = None
        self._snapshot_ns = 0

    def start(self, core: AnyCore) -> None:
        """Begin a process with this core."""
        self.core = core
        self.boots += 1
        self.is_alive = True
        self._alarm_ns = None
        self._waits: Callable[[commands.Command], bool] = getattr(core, "waits_for_journal", _always)
        estimate: Any = getattr(core, "venue_now_ns", None)
        self.calls.signed_ns = int if estimate is None else estimate

    def begin(self, session: str) -> None:
        """Say the first word."""
        self.begun()
        self.feed(events.Started(session, self._host.now_ns()))

    def die(self) -> None:
        """End the process as it stands: nothing more is taken in, nothing waited for."""
        self.is_alive = False
        self._host.forget_input()
        self.calls.forget()
        self.ended()

    def feed(self, event: events.Event) -> None:
        """Have an event taken in, in its turn; a dead process hears nothing."""
        if self.is_alive:
            self._host.arrive(self._take, (self._host.now_ns(), event), is_market=kind_of(event) == MARKET)

    def _take(self, came: tuple[int, events.Event]) -> int:
        """Give the core one event and carry out its commands; say how long the processor was busy."""
        if not self.is_alive or self._is_killed():
            return 0
        now_ns = self._host.now_ns()
        self.arrived_ns, event = came
        for watcher in self.watchers:
            watcher.delivered(now_ns, event)
        # Written before it is taken in: a step that dies over it must not take the word with it.
        self._host.disk.append(EventRecord(now_ns, event))
        try:
            leaving = self.take_step(self.core, now_ns, event)
            check_said(leaving)
            self.trip(event)
        except MemoryError:
            # What the step had come to is worth nothing: neither its commands nor the core's state.
            self._trace.record("out of memory", now_ns, event)
            self.ran_out()
            return 0
        self.steps += 1
        self._trace.record("step", now_ns, (event, leaving))
        busy_ns = self._host.service_ns
        if busy_ns:
            # What a step asks for leaves when it is over: computing time is charged.
            self._kernel.at(self._kernel.now_ns + busy_ns, self._finish, self.boots, now_ns, event, leaving)
        else:
            self._finish(self.boots, now_ns, event, leaving)
        return busy_ns

    def _finish(self, boot: int, step_ns: int, event: events.Event, leaving: tuple[commands.Command, ...]) -> None:
        """Carry out what a step gave, and see to alarm and journal; the process may die in between."""
        if self.is_alive and boot == self.boots:
            self._carry_out(self._host.now_ns(), leaving)
        if self.is_alive and boot == self.boots and not self._is_killed():
            for watcher in self.watchers:
                watcher.stepped(step_ns, leaving, event)
            self._set_alarm(step_ns)
            self._keep_journal_short()

    def _is_killed(self) -> bool:
        """Have a process that takes too much memory killed, and say so."""
        heap = self._host.heap
        if heap.is_spent():
            heap.kill()
            return True
        return False

    def cancel_all(self) -> None:
        """Take every order of ours off the book without asking the core."""
        sweep = commands.CancelAll("")
        for watcher in self.watchers:
            watcher.sent(self._host.now_ns(), sweep)
        self.calls.send([sweep])

    def under_way(self) -> int:
        """Count the requests without an outcome."""
        return len(self.calls.under_way())

    def _carry_out(self, now_ns: int, leaving: Sequence[commands.Command]) -> None:
        disk = self._host.disk
        waiting: list[commands.Command] = []
        at_once: list[commands.Command] = []
        for command in leaving:
            if isinstance(command, commands.Alert):
                self.alerts.append(command)
                continue
            for watcher in self.watchers:
                watcher.sent(now_ns, command)
            if isinstance(command, commands.CreateOrder | commands.AmendOrder):
                disk.append(IntentRecord(now_ns, command))
                (waiting if self._waits(command) else at_once).append(command)
            else:
                at_once.append(command)
        # Cancels and questions never share a request with what waits for the journal.
        self.calls.send(at_once)
        if waiting and not disk.commit(self._leave, self.boots, waiting):
            for command in waiting:
                self.calls.refuse(command, JOURNAL_REFUSED)

    def _leave(self, boot: int, written: Sequence[commands.Command]) -> None:
        """Send what the journal holds now, as long as the process that wanted it lives."""
        self._cut(JOURNAL_AND_SEND, written)
        if self.is_alive and boot == self.boots:
            self.calls.send(written)
            self._cut(SEND_AND_ACK, written)

    def _cut(self, point: str, written: Sequence[commands.Command]) -> None:
        for command in written:
            for cut in self.cuts:
                cut(point, command)

    def _keep_journal_short(self) -> None:
        """Begin the journal anew with a snapshot every few seconds, and after records were lost."""
        snapshot: Any = getattr(self.core, "snapshot", None)
        true_ns = self._kernel.now_ns
        is_due = self._host.disk.has_hole or true_ns - self._snapshot_ns >= SNAPSHOT_EVERY_NS
        if snapshot is not None and is_due:
            self._snapshot_ns = true_ns
            self._host.disk.rotate(snapshot())

    def _set_alarm(self, now_ns: int) -> None:
        """SimPy cannot take a timer back: a stale one sees that it is not the one that is wanted."""
        wake_at_ns = self.core.wake_at_ns
        if wake_at_ns is not None and wake_at_ns <= now_ns:
            # Rung at once and for ever, it would stop the world's clock.
            raise OurMistake(f"the core asked at {now_ns} to be woken at {wake_at_ns}, which is not in the future")
        if wake_at_ns is None or wake_at_ns == self._alarm_ns:
            return
        self._alarm_ns = wake_at_ns
        self._kernel.at(max(self._host.mono.true_of(wake_at_ns), self._kernel.now_ns), self._ring, wake_at_ns)

    def _ring(self, wake_at_ns: int) -> None:
        if self.is_alive and self.core.wake_at_ns == wake_at_ns and self._alarm_ns == wake_at_ns:
            self._alarm_ns = None
            self.feed(events.Woke())


def _always(_command: commands.Command) -> bool:
    """Say that a create or an amend leaves once the journal holds it."""
    return True
