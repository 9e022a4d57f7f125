"""Stream sockets in memory that do what a test tells them, on a loop whose time is the kernel's."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from adapters.venue import SocketClosed
from sim.kernel import Kernel
from sim.through.loop import VirtualLoop

S = 10**9


def played(main: Callable[[], Coroutine[Any, Any, Any]], until_s: float = 3600.0) -> Any:
    """Run a program to its end in virtual time; give its result. No task may be left."""
    kernel = Kernel()
    loop = VirtualLoop(kernel)
    task = loop.create_task(main())
    kernel.run(int(until_s * S))
    assert task.done(), "the program did not end"
    result = task.result()
    loop.check()
    assert [] == loop.pending()
    loop.close()
    return result


class FarEnd:
    """One connection as the venue has it: what it was sent, and what it says."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sent: list[str] = []
        self.is_stuck = False  # takes no more frames
        self.is_left = False
        self._said: asyncio.Queue[str | SocketClosed] = asyncio.Queue()
        self._closed: SocketClosed | None = None
        self._more = asyncio.Event()

    def say(self, text: str) -> None:
        self._said.put_nowait(text)

    def hang_up(self, code: int = 1006) -> None:
        self._closed = SocketClosed(code)
        self._said.put_nowait(self._closed)

    async def heard(self, count: int) -> list[str]:
        """Wait until it was sent so many frames."""
        while len(self.sent) < count:
            self._more.clear()
            await self._more.wait()
        return self.sent

    # The near end

    async def send(self, text: str) -> None:
        if self._closed is not None:
            raise self._closed
        if self.is_stuck:
            await asyncio.Event().wait()
        self.sent.append(text)
        self._more.set()

    async def receive(self) -> str:
        said = await self._said.get()
        if isinstance(said, SocketClosed):
            raise said
        return said

    async def close(self) -> None:
        self.is_left = True


class Switchboard:
    """A ``Dial``: every call is a new far end, or an error from ``troubles`` first."""

    def __init__(self, *troubles: OSError | None) -> None:
        self.troubles = list(troubles)
        self.ends: list[FarEnd] = []
        self.dialled_s: list[float] = []
        self._more = asyncio.Event()

    async def __call__(self, url: str) -> FarEnd:
        self.dialled_s.append(asyncio.get_running_loop().time())
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble
        end = FarEnd(url)
        self.ends.append(end)
        self._more.set()
        return end

    async def end(self, number: int = 1) -> FarEnd:
        """Wait for the nth connection."""
        while len(self.ends) < number:
            self._more.clear()
            await self._more.wait()
        return self.ends[number - 1]
