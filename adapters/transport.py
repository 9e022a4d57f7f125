"""Requests over HTTP: the one module that knows httpx.

``StreamTransport`` is a transport of our own for httpx, over asyncio's streams: keep-alive, TLS, a
bounded pool, bounded answers, every timeout that httpx names. ``Http`` is what the rest of the house
sees: bytes go out, a ``Reply`` comes back, or it is said what is known of a request without one.
``NeverLeft``: not a byte of it left our host. ``NoAnswer``: it may have left, and may be carried out.

An idle connection that the other side has closed is not used. One that is closed while the request is
on it leaves the outcome open, even where no byte of an answer came: nobody sends it again here.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpx
import msgspec

from adapters.http1 import HEAD_MAX, Answer, Broken, read_answer, request_bytes

Transport = httpx.AsyncBaseTransport

RESET: Final = "reset"
TIMEOUT: Final = "timeout"
GARBAGE: Final = "garbage"

BODY_MAX: Final = 8 * 1024 * 1024
_CONNECTIONS_MAX: Final = 32
# Venues and their balancers close idle connections after a minute or more; we are never the second.
_IDLE_S_MAX: Final = 25.0
_LEAVING: Final = "leaving"
_CODING: Final = b"content-encoding"

Leaving = Callable[[], None]


class NeverLeft(Exception):
    """A request certainly never left: nobody to connect to, no free connection, or the sender thought again."""


class NoAnswer(Exception):
    """A request may have left, and nobody said what became of it; ``code`` is short, for counters."""

    def __init__(self, code: str, words: str) -> None:
        """``words`` say how it ended."""
        super().__init__(words)
        self.code = code


class Reply(msgspec.Struct, frozen=True, gc=False):
    """An answer: its status, its headers by lower-case name, its body whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Patience(msgspec.Struct, frozen=True):
    """How long each part of a request may take, in seconds; ``pool`` is the wait for a free connection."""

    connect_s: float = 3.0
    read_s: float = 5.0
    write_s: float = 5.0
    pool_s: float = 0.25


class _Reader(asyncio.StreamReader):
    """A reader that knows what is left in it: whatever an answer leaves behind, or nobody asked for.

    It would be taken for the beginning of the answer to the next request.
    """

    left = 0

    def feed_data(self, data: Any) -> None:
        """Take in bytes as they come."""
        self.left += len(data)
        super().feed_data(data)

    async def readuntil(self, separator: Any = b"\n") -> bytes:
        """Read up to the separator."""
        return self._taken(await super().readuntil(separator))

    async def readexactly(self, n: int) -> bytes:
        """Read so many bytes."""
        return self._taken(await super().readexactly(n))

    async def read(self, n: int = -1) -> bytes:
        """Read what there is."""
        return self._taken(await super().read(n))

    def _taken(self, data: bytes) -> bytes:
        self.left -= len(data)
        return data


class _Line:
    """One connection to an origin (scheme, host, port), and when it was last used on the loop's clock."""

    def __init__(self, origin: tuple[str, str, int], reader: _Reader, writer: asyncio.StreamWriter):
        """Take over a connection that is open."""
        self.origin = origin
        self.reader, self.writer = reader, writer
        self.idle_since_s = asyncio.get_running_loop().time()

    def is_usable(self) -> bool:
        """Say whether a request may be put on it: nothing came unasked, no end was seen, it is not old."""
        is_silent = not self.reader.left and not self.reader.at_eof() and not self.writer.is_closing()
        return is_silent and asyncio.get_running_loop().time() - self.idle_since_s < _IDLE_S_MAX

    def drop(self) -> None:
        """Close it at once, and forget what was not yet sent."""
        self.writer.transport.abort()


class StreamTransport(httpx.AsyncBaseTransport):
    """HTTP/1.1 over asyncio's streams; at most ``connections_max`` of them at a time."""

    def __init__(
        self,
        *,
        connections_max: int = _CONNECTIONS_MAX,
        body_max: int = BODY_MAX,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """``trust`` decides which servers are believed; by default those that certifi's authorities vouch for."""
        self._free = asyncio.Semaphore(connections_max)
        self._body_max = body_max
        self._trust = trust
        self._idle: list[_Line] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read its answer; raises httpx's own errors."""
        limits: dict[str, float | None] = request.extensions.get("timeout", {})
        body = await request.aread()
        try:
            sent = request_bytes(request.method.encode(), request.url.raw_path, request.headers.raw, body)
        except ValueError as error:
            raise httpx.LocalProtocolError(str(error), request=request) from None
        await self._wait_for_room(request, limits.get("pool"))
        try:
            line = await self._line(request, limits.get("connect"))
            answer = await self._exchange(line, request, sent, limits)
        finally:
            self._free.release()
        # It was asked to come as it is. Nothing is unpacked: a few bytes could become more than memory holds.
        headers = [header for header in answer.headers if header[0] != _CODING]
        return httpx.Response(answer.status, headers=headers, stream=httpx.ByteStream(answer.body), request=request)

    async def aclose(self) -> None:
        """Drop every idle connection."""
        while self._idle:
            self._idle.pop().drop()
        await asyncio.sleep(0)  # let the loop close them

    async def _wait_for_room(self, request: httpx.Request, wait_s: float | None) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        try:
            async with asyncio.timeout(wait_s):
                await self._free.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("every connection is in use", request=request) from None

    async def _line(self, request: httpx.Request, wait_s: float | None) -> _Line:
        """Take the connection that was used last, or open one."""
        url = request.url
        origin = url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)
        for line in [line for line in reversed(self._idle) if line.origin == origin]:
            self._idle.remove(line)
            if line.is_usable():
                return line
            line.drop()
        trust = self._trusted() if url.scheme == "https" else None
        try:
            async with asyncio.timeout(wait_s):
                return await _opened(origin, trust)
        except TimeoutError:
            raise httpx.ConnectTimeout("no connection in time", request=request) from None
        except OSError as error:
            raise httpx.ConnectError(f"no connection: {error}", request=request) from None

    def _trusted(self) -> ssl.SSLContext:
        if self._trust is None:
            self._trust = httpx.create_ssl_context(trust_env=False)
        return self._trust

    async def _exchange(
        self, line: _Line, request: httpx.Request, sent: bytes, limits: Mapping[str, float | None]
    ) -> Answer:
        leaving: Leaving | None = request.extensions.get(_LEAVING)
        is_done = False
        try:
            if leaving is not None:
                leaving()  # raises where the sender does not want it to leave any more
            await _write(line, request, sent, limits.get("write"))
            answer = await self._read(line, request, limits.get("read"))
            is_done = answer.is_reusable
            return answer
        finally:
            if is_done:
                line.idle_since_s = asyncio.get_running_loop().time()
                self._idle.append(line)
            else:
                line.drop()

    async def _read(self, line: _Line, request: httpx.Request, wait_s: float | None) -> Answer:
        try:
            return await read_answer(line.reader, request.method.encode(), self._body_max, wait_s)
        except TimeoutError:
            raise httpx.ReadTimeout("no answer in time", request=request) from None
        except OSError as error:
            raise httpx.ReadError(f"the connection broke: {error}", request=request) from None
        except Broken as error:
            if error.is_empty:
                raise httpx.ReadError("closed without an answer", request=request) from None
            raise httpx.RemoteProtocolError(str(error), request=request) from None


async def _opened(origin: tuple[str, str, int], trust: ssl.SSLContext | None) -> _Line:
    loop = asyncio.get_running_loop()
    reader = _Reader(HEAD_MAX, loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport, _ = await loop.create_connection(lambda: protocol, origin[1], origin[2], ssl=trust)
    return _Line(origin, reader, asyncio.StreamWriter(transport, protocol, reader, loop))


async def _write(line: _Line, request: httpx.Request, sent: bytes, wait_s: float | None) -> None:
    try:
        line.writer.write(sent)
        async with asyncio.timeout(wait_s):
            await line.writer.drain()
    except TimeoutError:
        raise httpx.WriteTimeout("the request was not taken in time", request=request) from None
    except OSError as error:
        raise httpx.WriteError(f"the connection broke: {error}", request=request) from None


class Http:
    """Requests to one venue. The bytes that are given are the bytes that leave."""

    def __init__(self, base_url: str, transport: Transport | None = None, patience: Patience | None = None) -> None:
        """``base_url`` has no path; ``transport`` is ours unless another is given."""
        waits = patience or Patience()
        self._client = httpx.AsyncClient(
            base_url=base_url,
            transport=transport or StreamTransport(),
            timeout=httpx.Timeout(connect=waits.connect_s, read=waits.read_s, write=waits.write_s, pool=waits.pool_s),
            headers={"accept-encoding": "identity"},
            # A cookie would leave with every later request, and nobody signed it.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            follow_redirects=False,
            trust_env=False,
        )
        self._client.headers.pop("user-agent", None)

    async def call(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        leaving: Leaving | None = None,
    ) -> Reply:
        """Ask once; raises ``NeverLeft`` or ``NoAnswer``.

        ``target`` is path and query, sent as they stand. ``leaving`` is called just before the first
        byte leaves; what it raises keeps the request here.
        """
        extensions: dict[str, Any] = {} if leaving is None else {_LEAVING: leaving}
        request = self._request(method, target, headers, body, extensions)
        try:
            response = await self._client.send(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.LocalProtocolError) as error:
            raise NeverLeft(str(error)) from None
        except httpx.TimeoutException as error:
            raise NoAnswer(TIMEOUT, str(error)) from None
        except httpx.RemoteProtocolError as error:
            raise NoAnswer(GARBAGE, str(error)) from None
        except httpx.HTTPError as error:
            raise NoAnswer(RESET, str(error)) from None
        return Reply(response.status_code, response.headers, response.content)

    def _request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, extensions: dict[str, Any]
    ) -> httpx.Request:
        try:
            request = self._client.build_request(
                method, target, headers=headers, content=body or None, extensions=extensions
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise NeverLeft(f"cannot be sent: {error}") from None
        if request.url.raw_path != target.encode():
            raise NeverLeft(f"{target[:100]!r} would leave otherwise, which is not what was signed")
        return request

    async def close(self) -> None:
        """Leave every connection."""
        await self._client.aclose()
