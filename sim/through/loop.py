"""An asyncio loop that lives in a simulated world: its time is the kernel's, its timers are the kernel's events.

No selector, no thread, no waiting. What becomes ready is run at the instant it became ready, in the
order it did, until nothing is ready any more; then the kernel goes on. So a program of tasks,
timeouts and futures is a pure function of what the world does to it, in any process.

One loop is one process of the bot: it reads the host's monotonic clock, does nothing while the
host's processor is busy, and ``kill`` ends it as it stands. Whatever would reach outside the world
(threads, sockets, subprocesses, signals) is refused by name. What a task raises and nobody awaits
is an error of the run.
"""

import asyncio
import contextvars
import sys
import weakref
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final, NoReturn, TypeVarTuple

from sim.clocks import Clock
from sim.kernel import Kernel
from strategy.errors import OurMistake
from strategy.units import NS_PER_S

# Between two instants a process does hundreds of things, not this many: it turns in a circle.
_TURNS_MAX: Final = 100_000

_Ts = TypeVarTuple("_Ts")


class OutOfThisWorld(RuntimeError):
    """The program asked for something that a simulated world does not have."""


def _refuse(name: str) -> NoReturn:
    raise OutOfThisWorld(f"loop.{name}: a simulated world has no threads, sockets or signals; the kernel runs it")


def _refusing(name: str) -> Any:
    # Refused as it is called, also where asyncio's own is a coroutine function.
    def refuse(_loop: object, *_args: Any, **_more: Any) -> NoReturn:
        _refuse(name)

    return refuse


class VirtualLoop(asyncio.AbstractEventLoop):
    """One process's loop. Times of ``call_at`` and ``time`` are seconds of the host's clock since it began."""

    def __init__(self, kernel: Kernel, clock: Clock | None = None, free_ns: Callable[[], int] = int) -> None:
        """``clock`` is the host's monotonic one; ``free_ns`` says when, in true time, its processor is free."""
        self._kernel = kernel
        self._clock = Clock() if clock is None else clock
        self._base_ns = self._clock.read(kernel.now_ns)
        self._free_ns = free_ns
        self._ready: deque[asyncio.Handle] = deque()
        self._tasks: weakref.WeakValueDictionary[int, asyncio.Task[Any]] = weakref.WeakValueDictionary()
        self._generators: list[weakref.ref[AsyncGenerator[Any, Any]]] = []
        self._numbers = 0
        self._is_pumping = self._is_rung = self._is_dead = False
        self._handler: Callable[[asyncio.AbstractEventLoop, dict[str, Any]], object] | None = None
        self._failure: BaseException | None = None

    # Time

    def time(self) -> float:
        """Give the host's clock, in seconds since this process began."""
        return (self._clock.read(self._kernel.now_ns) - self._base_ns) / NS_PER_S

    def call_soon(
        self, callback: Callable[[*_Ts], object], *args: *_Ts, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        """Have something called at this instant, after what is ready already."""
        handle = asyncio.Handle(callback, args, self, context)
        self._make_ready(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[[*_Ts], object], *args: *_Ts, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """Have something called so many seconds from now."""
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*_Ts], object], *args: *_Ts, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """Have something called when the loop's clock shows ``when``, to the nanosecond; now if that is past."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        local_ns = self._base_ns + round(when * NS_PER_S)
        self._kernel.at(max(self._clock.true_of(local_ns), self._kernel.now_ns), self._ring, handle)
        return handle

    def enter(self, function: Callable[..., object], *args: Any) -> None:
        """Come in from the world: have something called, and all that follows from it, before the world goes on."""
        self._ready.append(asyncio.Handle(function, args, self, None))
        self._pump()

    def leave(self, function: Callable[..., object], *args: Any) -> None:
        """Go out into the world: now, or when the processor is done with what it is doing."""
        free_ns = self._free_ns()
        if free_ns > self._kernel.now_ns:
            self._kernel.at(free_ns, function, *args)
        else:
            function(*args)

    def _ring(self, handle: asyncio.Handle) -> None:
        if not handle.cancelled() and not self._is_dead:
            self._ready.append(handle)
            self._pump()

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Leave a cancelled timer where it is: the kernel takes none back, and it will see that it is cancelled."""

    # Running

    def _make_ready(self, handle: asyncio.Handle) -> None:
        if self._is_dead:
            return
        self._ready.append(handle)
        if not self._is_pumping:
            self._ring_at(self._kernel.now_ns)

    def _ring_at(self, at_ns: int) -> None:
        if not self._is_rung:
            self._is_rung = True
            self._kernel.at(at_ns, self._again)

    def _again(self) -> None:
        self._is_rung = False
        self._pump()

    def _pump(self) -> None:
        """Run what is ready until nothing is, or the processor is busy; raise what nobody awaited."""
        if self._is_pumping or self._is_dead:
            return
        before = asyncio._get_running_loop()
        hooks = sys.get_asyncgen_hooks()
        self._is_pumping = True
        asyncio._set_running_loop(self)
        sys.set_asyncgen_hooks(firstiter=self._generator_begins, finalizer=self._generator_dropped)
        try:
            self._run_ready()
        finally:
            sys.set_asyncgen_hooks(*hooks)
            asyncio._set_running_loop(before)
            self._is_pumping = False
        if self._is_dead:
            self._bury()

    def _run_ready(self) -> None:
        turns = 0
        while self._ready and not self._is_dead:
            free_ns = self._free_ns()
            if free_ns > self._kernel.now_ns:
                self._ring_at(free_ns)
                return
            handle = self._ready.popleft()
            if not handle.cancelled():
                handle._run()
            turns += 1
            if turns > _TURNS_MAX:
                raise OurMistake(f"{turns} turns of the loop at one instant: {handle!r} never lets time pass")
            self._raise_failure()

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    # Tasks

    def create_future(self) -> asyncio.Future[Any]:
        """Make a future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Any = None, **more: Any) -> asyncio.Task[Any]:
        """Begin a task; it first runs when its turn comes."""
        # A number, not asyncio's own count: names must not tell how many tasks other worlds had.
        self._numbers += 1
        named = f"task-{self._numbers}" if name is None else name
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, name=named, context=context, **more)
        self._tasks[self._numbers] = task
        return task

    def set_task_factory(self, factory: Any) -> None:
        """Take only the usual tasks."""
        if factory is not None:
            _refuse("set_task_factory")

    def get_task_factory(self) -> None:
        """Have none."""
        return

    # Errors

    def set_exception_handler(self, handler: Any) -> None:
        """Tell somebody else of what nobody awaited; None: it ends the run."""
        self._handler = handler

    def get_exception_handler(self) -> Any:
        """Give who is told."""
        return self._handler

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep the first failure: the pump raises it, where the world can see it."""
        if self._failure is None:
            self._failure = context.get("exception") or OurMistake(str(context.get("message", context)))

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Take note of something that nobody will catch; a dead process has nobody to tell."""
        if self._is_dead:
            return
        if self._handler is None:
            self.default_exception_handler(context)
        else:
            self._handler(self, context)

    def get_debug(self) -> bool:
        """Have no debug mode: it times callbacks with a real clock."""
        return False

    def set_debug(self, enabled: bool) -> None:
        """Have none."""

    def check(self) -> None:
        """Raise what has gone wrong and nobody has awaited so far; for whoever ends a run.

        What somebody is to be called for is still awaited: with a processor that is busy, his turn may not have come.
        """
        self._raise_failure()
        awaited = [arg for handle in self._ready for arg in handle._args or ()]
        for _, task in sorted(self._tasks.items()):
            if task.done() and task._log_traceback and not any(one is task for one in awaited):
                task.result()

    # Async generators

    def _generator_begins(self, generator: AsyncGenerator[Any, Any]) -> None:
        self._generators = [one for one in self._generators if one() is not None]
        self._generators.append(weakref.ref(generator))

    def _generator_dropped(self, generator: AsyncGenerator[Any, Any]) -> None:
        if not self._is_dead:
            self.create_task(_close(generator))

    async def shutdown_asyncgens(self) -> None:
        """Close the generators that were begun and are still there, oldest first."""
        begun, self._generators = self._generators, []
        for one in begun:
            generator = one()
            if generator is not None:
                await generator.aclose()

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Have none to shut down."""

    # The end

    def is_running(self) -> bool:
        """Say whether something of this loop runs at this very moment."""
        return self._is_pumping

    def is_closed(self) -> bool:
        """Say whether the process is over."""
        return self._is_dead

    def close(self) -> None:
        """End it: the same as ``kill`` where no task is left."""
        self.kill()

    def kill(self) -> None:
        """End the process as it stands: no task is cancelled, nothing more is run, nobody is told."""
        self._is_dead = True
        self._ready.clear()
        if not self._is_pumping:
            self._bury()

    def pending(self) -> list[str]:
        """Name the tasks that are not done, oldest first."""
        return [task.get_name() for _, task in sorted(self._tasks.items()) if not task.done()]

    def _bury(self) -> None:
        """Unwind what the tasks held now, not whenever memory is collected: at one place in every run."""
        self._ready.clear()
        for _, task in sorted(self._tasks.items()):
            coro = task.get_coro()
            if not task.done() and coro is not None:
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                _unwind(coro)
        self._tasks.clear()

    # What would leave the world

    call_soon_threadsafe = _refusing("call_soon_threadsafe")
    run_in_executor = _refusing("run_in_executor")
    set_default_executor = _refusing("set_default_executor")
    getaddrinfo = _refusing("getaddrinfo")
    getnameinfo = _refusing("getnameinfo")
    create_connection = _refusing("create_connection")
    create_server = _refusing("create_server")
    sendfile = _refusing("sendfile")
    start_tls = _refusing("start_tls")
    create_unix_connection = _refusing("create_unix_connection")
    create_unix_server = _refusing("create_unix_server")
    connect_accepted_socket = _refusing("connect_accepted_socket")
    create_datagram_endpoint = _refusing("create_datagram_endpoint")
    connect_read_pipe = _refusing("connect_read_pipe")
    connect_write_pipe = _refusing("connect_write_pipe")
    subprocess_shell = _refusing("subprocess_shell")
    subprocess_exec = _refusing("subprocess_exec")
    add_reader = _refusing("add_reader")
    remove_reader = _refusing("remove_reader")
    add_writer = _refusing("add_writer")
    remove_writer = _refusing("remove_writer")
    sock_recv = _refusing("sock_recv")
    sock_recv_into = _refusing("sock_recv_into")
    sock_recvfrom = _refusing("sock_recvfrom")
    sock_recvfrom_into = _refusing("sock_recvfrom_into")
    sock_sendall = _refusing("sock_sendall")
    sock_sendto = _refusing("sock_sendto")
    sock_connect = _refusing("sock_connect")
    sock_accept = _refusing("sock_accept")
    sock_sendfile = _refusing("sock_sendfile")
    add_signal_handler = _refusing("add_signal_handler")
    remove_signal_handler = _refusing("remove_signal_handler")
    run_forever = _refusing("run_forever")
    run_until_complete = _refusing("run_until_complete")
    stop = _refusing("stop")


async def _close(generator: AsyncGenerator[Any, Any]) -> None:
    await generator.aclose()


def _unwind(coro: Any) -> None:
    try:
        coro.close()
    except BaseException:  # noqa: BLE001 - whatever a dead process still says, nobody hears
        return
