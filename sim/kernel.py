"""The world's clock: SimPy's event queue in whole nanoseconds, with bare callbacks.

There are no generator processes here: a process per message costs more than twice a callback,
and ``get | timeout`` leaves the ``get`` behind to swallow the next message. Control events
(messages, timers, faults) go through the queue; the background market does not. Before a control
event at t is taken, the market advances to t in a loop of its own. Right after something that put
a control event into the queue (a fill of ours, say) it returns early, and the kernel looks again.

Inside that loop SimPy's own clock is stale, so time is asked of ``now_ns`` and everything is put
at an absolute instant by ``at``.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

import simpy


class Market(Protocol):
    """What moves between control events."""

    def advance(self, until_ns: int) -> int:
        """Process everything up to and including ``until_ns``; give the instant reached.

        An earlier instant means: something was put into the queue, look again.
        """


# Ahead of every control event, with room for the turns of many markets.
_FIRST: Final = -(2**16)


class _Call:
    """A queue entry: what SimPy needs of an event, and a function with its arguments."""

    __slots__ = ("_args", "_function", "_ok", "callbacks", "defused")

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._function = function
        self._args = args
        self._ok = True
        self.callbacks = (self._fire,)

    def _fire(self, _event: object) -> None:
        self._function(*self._args)


class Kernel:
    """Runs control events in order of time; at one instant in the order they were put there.

    ``tie`` may give what arrives from elsewhere another turn in its instant: by lane (a link, say) and
    instant a whole number, smaller first, where everything else has 0. A lane keeps its own order.
    """

    def __init__(self, market: Market | None = None, tie: Callable[[str, int], int] | None = None) -> None:
        """Start at 0."""
        self._env = simpy.Environment()
        self._tie = tie
        self._reached_ns = 0
        self.market = market
        self.events = 0

    @property
    def now_ns(self) -> int:
        """True time, the market's loop included."""
        return max(int(self._env.now), self._reached_ns)

    @property
    def next_ns(self) -> float:
        """The instant of the next control event; infinite where there is none."""
        return float(self._env.peek())

    def at(self, time_ns: int, function: Callable[..., Any], *args: Any) -> None:
        """Have ``function(*args)`` called at an absolute instant, which is not in the past."""
        self._in_time(time_ns)
        self._put(time_ns, 0, function, args)

    def at_on(self, lane: str, time_ns: int, function: Callable[..., Any], *args: Any) -> None:
        """Like ``at``, for what comes by a lane: ties are broken between lanes, never within one."""
        self._in_time(time_ns)
        self._put(time_ns, self._tie(lane, time_ns) if self._tie is not None else 0, function, args)

    def at_first(self, time_ns: int, turn: int, function: Callable[..., Any], *args: Any) -> None:
        """Like ``at``, and before everything else of that instant: where the market's loop would be.

        ``turn`` orders the markets of one instant, as they go in that loop.
        """
        self._put(time_ns, _FIRST + turn, function, args)

    def _in_time(self, time_ns: int) -> None:
        now_ns = self.now_ns
        if time_ns < now_ns:
            raise ValueError(f"cannot put an event at {time_ns}: it is {now_ns}")

    def _put(self, time_ns: int, priority: int, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        # SimPy adds the delay to its own clock, which may be stale; the sum is the instant meant. A _Call has what it
        # reads of an event, and is none for the type checker.
        self._env.schedule(_Call(function, args), priority, time_ns - self._env.now)  # type: ignore[arg-type]

    def reach(self, time_ns: int) -> None:
        """Note how far the market's loop has come, before it puts anything into the queue."""
        self._reached_ns = time_ns

    def run(self, until_ns: int) -> None:
        """Process everything up to and including ``until_ns``; cutting a run in two changes nothing."""
        env, market = self._env, self.market
        while True:
            next_ns = env.peek()
            limit_ns = int(next_ns) if next_ns <= until_ns else until_ns
            if market is not None and market.advance(limit_ns) < limit_ns:
                continue
            self._reached_ns = limit_ns
            if next_ns > until_ns:
                return
            self.events += 1
            env.step()
