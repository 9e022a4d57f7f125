"""What a process of the bot sees of the network, in memory: an HTTP transport for httpx, and stream sockets.

Behind it stands a *wire*: the simulated venue's own, which knows links, weather and faults. Here it
is only translated how things end. A request with no connection raises what httpx raises where nobody
answers the door, one that is cut on its way what httpx raises for a broken connection; every timeout
that httpx was given is kept, on the loop's clock. Nothing is sent again, and nothing is bounded that
the real network would not bound.

What is put on the network leaves when the processor is done with what it is doing: a step that costs
time sends at its end.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import httpx

from sim.through.exchanged import Answer as Answer
from sim.through.exchanged import Cut as Cut
from sim.through.exchanged import Request as Request
from sim.through.exchanged import Speaker, Wire
from sim.through.loop import VirtualLoop

_CONNECTIONS_MAX: Final = 32
_LEAVING: Final = "leaving"
_ABNORMAL: Final = 1006
_NORMAL: Final = 1000
# What a stream may have waiting for a reader that is slow: past that the other side would wait.
_FRAMES_MAX: Final = 100_000


class StreamClosed(Exception):
    """A stream is over; ``code`` is the websocket's, 1006 where nobody said good-bye."""

    def __init__(self, code: int, reason: str = "") -> None:
        """Say why."""
        super().__init__(f"closed {code} {reason}".rstrip())
        self.code = code
        self.reason = reason


class Network:
    """All connections of one process. Once it is cut, nothing more leaves and nothing more is heard."""

    def __init__(self, loop: VirtualLoop, wire: Wire, connections_max: int = _CONNECTIONS_MAX) -> None:
        """``connections_max`` requests may be under way at a time."""
        self.loop = loop
        self.wire = wire
        self.is_cut = False
        self.free = asyncio.Semaphore(connections_max)
        self._streams: dict[int, Stream] = {}
        self._numbers = 0

    def transport(self) -> "MemoryTransport":
        """Give a transport for httpx."""
        return MemoryTransport(self)

    async def dial(self, path: str, wait_s: float | None = None) -> "Stream":
        """Open a stream; raises ``ConnectionError`` where nobody answers, ``TimeoutError`` after ``wait_s``."""
        if self.is_cut:
            raise ConnectionError("the network is cut")
        self._numbers += 1
        stream = Stream(self, self._numbers)
        self._streams[self._numbers] = stream
        try:
            async with asyncio.timeout(wait_s):
                await stream.open(path)
        except BaseException:
            stream.leave()
            raise
        return stream

    def forget(self, number: int) -> None:
        """Hold a stream no longer."""
        self._streams.pop(number, None)

    def come_in(self, function: Callable[..., object], *args: Any) -> None:
        """Have the process hear something that arrived, unless it is gone."""
        if not self.is_cut:
            self.loop.enter(function, *args)

    def go_out(self, function: Callable[..., object], *args: Any) -> None:
        """Have something leave once the processor is done, unless the process is gone by then."""
        self.loop.leave(self._out, function, args)

    def _out(self, function: Callable[..., object], args: tuple[Any, ...]) -> None:
        if not self.is_cut:
            function(*args)

    def cut(self) -> None:
        """Be gone, as the connections of a process that died are: the other side sees the streams end."""
        self.is_cut = True
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            stream.hang_up()


class MemoryTransport(httpx.AsyncBaseTransport):
    """Carries the requests of an httpx client to the wire. No bytes are buffered: writing never waits."""

    def __init__(self, network: Network) -> None:
        """Send over this network."""
        self._network = network

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and wait for its answer; raises httpx's own errors."""
        limits: dict[str, float | None] = request.extensions.get("timeout", {})
        sent = _as_sent(request, await request.aread())
        try:
            async with asyncio.timeout(limits.get("pool")):
                await self._network.free.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("every connection is in use", request=request) from None
        try:
            await self._connect(request, limits.get("connect"))
            leaving = request.extensions.get(_LEAVING)
            if leaving is not None:
                leaving()  # raises where the sender does not want it to leave any more
            answer = await self._exchange(request, sent, limits.get("read"))
        finally:
            self._network.free.release()
        if isinstance(answer, Cut):
            raise httpx.ReadError(f"the connection broke: {answer.why}", request=request)
        return httpx.Response(answer.status, headers=list(answer.headers), content=answer.body, request=request)

    async def _connect(self, request: httpx.Request, wait_s: float | None) -> None:
        """Have a connection, or say why there is none: then the request certainly never left."""
        network = self._network
        if network.is_cut:
            raise httpx.ConnectError("the network is cut", request=request)
        heard: asyncio.Future[str] = network.loop.create_future()
        network.wire.connect(lambda why: network.come_in(_resolve, heard, why))
        try:
            async with asyncio.timeout(wait_s):
                why = await heard
        except TimeoutError:
            raise httpx.ConnectTimeout("no connection in time", request=request) from None
        if why:
            raise httpx.ConnectError(f"no connection: {why}", request=request)

    async def _exchange(self, request: httpx.Request, sent: Request, wait_s: float | None) -> Answer | Cut:
        network = self._network
        heard: asyncio.Future[Answer | Cut] = network.loop.create_future()
        give_up: list[Callable[[], None]] = []

        def put_on_the_wire() -> None:
            given_up = network.wire.http(sent, lambda answer: network.come_in(_resolve, heard, answer))
            if not heard.cancelled():
                give_up.append(given_up)

        network.go_out(put_on_the_wire)
        try:
            async with asyncio.timeout(wait_s):
                return await heard
        except TimeoutError:
            raise httpx.ReadTimeout("no answer in time", request=request) from None
        finally:
            if not heard.done() or heard.cancelled():
                for one in give_up:
                    network.go_out(one)


class Stream:
    """One stream connection: text frames in order."""

    def __init__(self, network: Network, number: int) -> None:
        """Belong to a network; nothing is open yet."""
        self._network = network
        self._number = number
        self._frames: deque[str] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._end: StreamClosed | None = None
        self._speaker: Speaker | None = None

    async def open(self, path: str) -> None:
        """Have the other side take the connection; raises ``ConnectionError`` where it does not."""
        network = self._network
        opened: asyncio.Future[str] = network.loop.create_future()

        def knock() -> None:
            if self._end is not None:
                return  # given up before it left
            self._speaker = network.wire.open(
                path,
                lambda why: network.come_in(_resolve, opened, why),
                lambda text: network.come_in(self._heard, text),
                lambda code, reason: network.come_in(self._closed, code, reason),
            )

        network.go_out(knock)
        why = await opened
        if why:
            raise ConnectionError(f"no stream at {path}: {why}")

    async def send(self, text: str) -> None:
        """Send one frame; raises ``StreamClosed``."""
        if self._end is not None:
            raise self._end
        assert self._speaker is not None, "a stream is sent on once it is open"
        self._network.go_out(self._speaker.receive, text)

    async def receive(self) -> str:
        """Wait for the next frame; what came before the end is still given, then ``StreamClosed`` raised."""
        while not self._frames:
            if self._end is not None:
                raise self._end
            self._waiter = self._network.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._frames.popleft()

    async def close(self) -> None:
        """Say good-bye; never raises."""
        self.leave()

    def leave(self) -> None:
        """Be closed by this side."""
        if self._end is None:
            self._end = StreamClosed(_NORMAL, "we left")
            self._wake()
            self._network.forget(self._number)
            if self._speaker is not None:
                self._network.go_out(self._speaker.close)

    def hang_up(self) -> None:
        """Have the other side see the connection end, with nobody left on this one."""
        if self._end is None and self._speaker is not None:
            self._end = StreamClosed(_ABNORMAL)
            self._speaker.close()

    def _heard(self, text: str) -> None:
        if self._end is None:
            self._frames.append(text)
            assert len(self._frames) <= _FRAMES_MAX, "a stream that nobody reads"
            self._wake()

    def _closed(self, code: int, reason: str) -> None:
        if self._end is None:
            self._end = StreamClosed(code, reason)
            self._network.forget(self._number)
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _as_sent(request: httpx.Request, body: bytes) -> Request:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
    return Request(request.method, request.url.raw_path.decode("ascii"), headers, body)


def _resolve(future: "asyncio.Future[Any]", value: object) -> None:
    if not future.done():
        future.set_result(value)
