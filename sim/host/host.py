"""The bot's machine: two clocks, one processor that does one thing at a time, one disk.

The *monotonic* clock only drifts; with the wall anchor folded in (as ``Started`` tells it) it is
what the core is told. The *wall* clock may be wrong and step; only a starting process reads it.

What arrives waits in the inbox until the processor is free. By default a step costs nothing, so
everything is taken in at the instant it arrives; a slow or stolen processor makes input pile up
and timers fire late, all at once.

The inbox is bounded as the live driver's is: from half of its bound on words about the market are let
go of, and only those. The numbers of the next ones show the hole, and the core asks for a book. A word
about an order is never let go of.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from sim.clocks import Clock
from sim.host.disk import Disk
from sim.host.heap import Heap
from sim.kernel import Kernel

# What may wait in all. Half of it is for the market: a minute of four symbols' feeds, and then some.
INBOX_MAX: Final = 20_000
MARKET_MAX: Final = INBOX_MAX // 2

# Takes one thing in, and says how long the processor was busy with it, in true nanoseconds.
Work = Callable[[Any], int]


class Host:
    """One machine. Instants of the processor are true time."""

    def __init__(self, kernel: Kernel, start_wall_ns: int) -> None:
        """Start with right clocks, a free processor and an empty disk."""
        self.kernel = kernel
        self.mono = Clock(start_wall_ns)
        self.wall = Clock(start_wall_ns)
        self.disk = Disk(kernel)
        # Counts what waits to be taken in.
        self.waiting: Callable[[], int] = lambda: len(self.inbox)
        self.heap = Heap(lambda: self.waiting())
        # How long the processor needs for a step, true time: nothing, unless a fault says so.
        self.service_ns = 0
        self.inbox: deque[tuple[Work, Any]] = deque()
        self.let_go = 0  # words about the market for which there was no room, in all
        self.free_ns = 0
        self.asleep_ns = 0  # until when it does nothing for nobody's work
        self.moved_ns = 0  # by how much starting processes have moved the monotonic clock so far
        self._is_working = False
        self._is_busy = False
        self._lives = 0
        self._is_rung = False

    def now_ns(self) -> int:
        """Read the clock that the core is told."""
        return self.mono.read(self.kernel.now_ns)

    def steady_ns(self) -> int:
        """Read that clock as if no restart had moved it: for those who look on."""
        return self.now_ns() - self.moved_ns

    def awake_ns(self) -> int:
        """Read that clock as it will be when the host wakes up; as it is, where nothing makes it sleep."""
        return self.mono.read(max(self.asleep_ns, self.kernel.now_ns)) - self.moved_ns

    def at_work_ns(self) -> int:
        """Say until when the processor is at work on what it has taken in, in true time; now where it is free."""
        return max(self.free_ns, self.kernel.now_ns)

    def begin(self) -> None:
        """Anchor the monotonic clock at the wall clock, as a starting process does."""
        true_ns = self.kernel.now_ns
        moved_ns = self.wall.read(true_ns) - self.mono.read(true_ns)
        if moved_ns:
            self.mono.step(true_ns, moved_ns)
            self.moved_ns += moved_ns
        self.free_ns = self.asleep_ns = true_ns
        self._is_busy = False
        self._lives += 1

    def arrive(self, work: Work, what: Any, *, is_market: bool = False) -> None:
        """Have something taken in: now if the processor is free, else in turn; the market's while there is room."""
        if is_market and len(self.inbox) >= MARKET_MAX:
            self.let_go += 1
            return
        self.inbox.append((work, what))
        self._drain()

    def do_first(self, work: Callable[..., object], *args: Any) -> None:
        """Do a piece of work whole, and only then take in what it gave cause to hear: at this instant, in its place."""
        was_working, self._is_working = self._is_working, True
        try:
            work(*args)
        finally:
            self._is_working = was_working
        self._drain()

    def sleep(self, until_ns: int) -> None:
        """Do nothing until then: a pause of the process, a processor given to somebody else."""
        self.asleep_ns = max(self.asleep_ns, until_ns)
        self.stand_still(until_ns)

    def stand_still(self, until_ns: int) -> None:
        """Take nothing in until then: asleep, or at work on what it has taken in."""
        self.free_ns = max(self.free_ns, until_ns)

    def forget_input(self) -> None:
        """Lose what waits: the process that would have taken it is gone."""
        self.inbox.clear()

    def _drain(self) -> None:
        """Take in what waits, one at a time. What a step itself causes waits for that step to end."""
        if self._is_working:
            return
        self._is_working = True
        try:
            while self.inbox and not self._is_busy and self.kernel.now_ns >= self.free_ns:
                work, what = self.inbox.popleft()
                busy_ns = work(what)
                if busy_ns:
                    # Free only after what the work itself has put at its end, whatever else comes then.
                    self._is_busy = True
                    self.kernel.at(self.kernel.now_ns + busy_ns, self._freed, self._lives)
        finally:
            self._is_working = False
        if self.inbox and not self._is_busy and not self._is_rung:
            self._is_rung = True
            self.kernel.at(max(self.free_ns, self.kernel.now_ns), self._ring)

    def _freed(self, life: int) -> None:
        if life == self._lives:
            self._is_busy = False
            self._drain()

    def _ring(self) -> None:
        self._is_rung = False
        self._drain()
