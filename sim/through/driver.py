"""The bot whose processes an arm makes: each on an asyncio loop of its own, on the host's time.

What the simulated driver does for its core, the arm's own driver does here; this stands between it
and the world. It gives each process its seat, records each step as it is made, charges what a step costs,
and lets a process be killed, run out of memory, or die in the middle of a create.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from sim.bot import AnyCore, Bot
from sim.host.host import Host
from sim.kernel import Kernel
from sim.through.exchanged import Wire
from sim.through.journal import DiskJournal
from sim.through.loop import VirtualLoop
from sim.through.network import Network, Stream, StreamClosed
from sim.through.seat import Access, Arm, Life, Seat
from sim.trace import Trace
from strategy import commands, events
from strategy.batching import Group
from strategy.knobs import Knobs
from strategy.units import NS_PER_MS

# A process whose core raised lives on until the sweep that it sends has left.
_LAST_WORDS_NS: Final = 0


class ThroughDriver(Bot):
    """One bot on its host, driven by an arm."""

    def __init__(
        self,
        kernel: Kernel,
        host: Host,
        trace: Trace,
        arm: Arm,
        wire: Wire,
        access: Access,
        knobs: Knobs,
        told: Callable[[events.Event], events.Event] | None = None,
    ) -> None:
        """``wire`` is the venue as a network shows it; ``told`` gives an event as those who look on know it."""
        super().__init__()
        self.kernel, self.host, self.trace = kernel, host, trace
        self._arm, self._wire, self._access = arm, wire, access
        self._knobs = knobs
        self.told = told or _as_it_is
        self.leaving: Callable[[int, commands.Command], None] = _nobody
        self.over: Callable[[Group, int, int], None] = _nobody
        self.loop: VirtualLoop
        self.network: Network
        self._life: Life | None = None
        host.waiting = lambda: 0 if self._life is None else self._life.waiting()

    def start(self, core: AnyCore) -> None:
        """Begin a process with this core."""
        self.core = core
        self.boots += 1
        self.is_alive = True
        self._life = None
        self.loop = VirtualLoop(self.kernel, self.host.mono, lambda: self.host.free_ns)
        self.network = Network(self.loop, self._wire)

    def begin(self, session: str) -> None:
        """Have the arm make the process's life."""
        self.loop.enter(self._begin, session)

    def _begin(self, session: str) -> None:
        self._life = self._arm(self._seat(session))
        self._life.begin()

    def die(self) -> None:
        """End the process as it stands: its connections break, as those of a dead process do."""
        self.is_alive = False
        self._life = None
        self.loop.kill()
        self.network.cut()
        self.ended()

    def feed(self, event: events.Event) -> None:
        """Have an event taken in; a stop is the driver's own affair before it is the core's."""
        life = self._life
        if self.is_alive and life is not None:
            if isinstance(event, events.Stopping):
                self.loop.enter(life.stop)
            else:
                self.loop.enter(life.feed, event)

    def cancel_all(self) -> None:
        """Take every order of ours off the book without asking the core."""
        if self._life is not None:
            self.loop.enter(self._life.cancel_all)

    def under_way(self) -> int:
        """Count the requests without an outcome."""
        return 0 if self._life is None else self._life.under_way()

    def arrived(self) -> None:
        """Note when what is being taken in came."""
        if self._life is not None:
            self.arrived_ns = self._life.arrived_ns()

    def check(self) -> None:
        """Raise what has gone wrong in the process and nobody has seen."""
        if self.is_alive:
            self.loop.check()

    def let_go(self) -> None:
        """Leave the process as it stands: its run is over."""
        if self.boots:
            self.loop.kill()

    def is_of(self, boot: int) -> bool:
        """Say whether a process is the one that lives."""
        return self.is_alive and boot == self.boots

    # One process

    def _seat(self, session: str) -> Seat:
        one = _OneProcess(self)
        waits: Any = getattr(self.core, "waits_for_journal", _always)
        return Seat(
            core=one,
            session=session,
            dispatch=self._knobs.dispatch,
            window_ms=self._knobs.orders.window_ns // NS_PER_MS,
            symbols=tuple(one.instrument.symbol for one in self._knobs.symbols),
            units=tuple(one.instrument for one in self._knobs.symbols),
            clock=self.host,
            at_work_ns=self.host.at_work_ns,
            journal=DiskJournal(self.host.disk, waits, self.loop.enter, self._later, one.cut),
            access=self._access,
            transport=self.network.transport(),
            dial=self._dial,
            stream_closed=StreamClosed,
            watchers=(one,),
            leaving=one.leaving,
            over=one.over,
            told=one.told,
            ended=one.ended,
        )

    def _later(self, function: Callable[..., object], *args: Any) -> None:
        self.kernel.at(self.kernel.now_ns, function, *args)

    async def _dial(self, url: str) -> Stream:
        parts = urlsplit(url)
        return await self.network.dial(f"{parts.path}?{parts.query}" if parts.query else parts.path)


class _OneProcess:
    """The core as one process has it, and the ear of those who look on; both end with the process."""

    def __init__(self, bot: ThroughDriver) -> None:
        self._bot, self._boot, self._core = bot, bot.boots, bot.core

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)

    def _lives(self) -> bool:
        return self._bot.is_of(self._boot)

    # As a core

    @property
    def wake_at_ns(self) -> int | None:
        return self._core.wake_at_ns if self._lives() else None

    def step(self, now_ns: int, event: events.Event) -> tuple[commands.Command, ...]:
        bot = self._bot
        if not self._lives() or self._is_killed():
            return ()
        try:
            leaving = bot.take_step(self._core, now_ns, event)
            bot.trip(event)
        except MemoryError:
            # What the step had come to is worth nothing: neither its commands nor the core's state.
            bot.trace.record("out of memory", now_ns, event)
            raise
        bot.steps += 1
        bot.trace.record("step", now_ns, (event, leaving))
        if bot.host.service_ns:
            # What a step asks for leaves when it is over: computing time is charged.
            bot.host.stand_still(bot.host.at_work_ns() + bot.host.service_ns)
        return leaving

    def _is_killed(self) -> bool:
        heap = self._bot.host.heap
        if heap.is_spent():
            heap.kill()
            return True
        return False

    # As one who looks on

    def delivered(self, now_ns: int, event: events.Event) -> None:
        if self._lives():
            self._bot.arrived()
            if isinstance(event, events.Started):
                self._bot.begun()
            seen = self._bot.told(event)
            for watcher in self._bot.watchers:
                watcher.delivered(now_ns, seen)

    def sent(self, now_ns: int, command: commands.Command) -> None:
        if self._lives():
            for watcher in self._bot.watchers:
                watcher.sent(now_ns, command)

    def stepped(self, now_ns: int, leaving: tuple[commands.Command, ...], event: events.Event) -> None:
        if self._lives() and not self._is_killed():
            seen = self._bot.told(event)
            for watcher in self._bot.watchers:
                watcher.stepped(now_ns, leaving, seen)

    def leaving(self, now_ns: int, command: commands.Command) -> None:
        if self._lives():
            self._bot.leaving(now_ns, command)

    def over(self, one: Group, sent_ns: int, now_ns: int) -> None:
        if self._lives():
            self._bot.over(one, sent_ns, now_ns)

    def told(self, _now_ns: int, alert: commands.Alert) -> None:
        self._bot.alerts.append(alert)

    # Its end

    def cut(self, point: str, written: Sequence[commands.Command]) -> bool:
        """Ask whether the process ends at this point of a create; say whether it lives."""
        for command in written:
            for cut in self._bot.cuts:
                cut(point, command)
        return self._lives()

    def ended(self, failure: BaseException | None) -> None:
        """Hear that the process is done, or that its core raised: out of memory, or over a bug of ours."""
        kernel = self._bot.kernel
        if isinstance(failure, MemoryError):
            kernel.at(kernel.now_ns + _LAST_WORDS_NS, self._ran_out)
        elif failure is not None:
            kernel.at(kernel.now_ns, _raise, failure)

    def _ran_out(self) -> None:
        if self._lives():
            self._bot.ran_out()


def _raise(failure: BaseException) -> None:
    raise failure


def _as_it_is(event: events.Event) -> events.Event:
    return event


def _always(_command: commands.Command) -> bool:
    """Say that a create or an amend leaves once the journal holds it."""
    return True


def _nobody(*_nothing: Any) -> None:
    """Note nothing."""
