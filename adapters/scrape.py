"""The door for Prometheus: ``GET /metrics`` on loopback, served by the loop the bot runs on.

No thread: the core is only ever read between two steps. A scrape is rendered family by family, and the
loop may do something else in between, so that no quote waits for a whole page. Nobody but loopback is
meant to come, but whoever comes can neither hold a connection nor make it grow.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final

from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

PORT: Final = 9464
LOOPBACK: Final = "127.0.0.1"

_CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_HEAD_MAX: Final = 8192
_PATIENCE_S: Final = 5.0
_GUESTS_MAX: Final = 8

Collect = Callable[[], Iterator[Metric]]


class _Family(Collector):
    """One family, as a collector: what is rendered between two turns of the loop."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def collect(self) -> Iterator[Metric]:
        yield self._metric


class Scrapes:
    """Answers scrapes until it is closed; ``port`` is where."""

    def __init__(self, collect: Collect, patience_s: float = _PATIENCE_S) -> None:
        """``collect`` gives the families as of now; a guest may stay for ``patience_s``, in seconds."""
        self._collect, self._patience_s = collect, patience_s
        self._server: asyncio.Server | None = None
        self._guests: dict[int, asyncio.StreamWriter] = {}
        self._visits = 0
        self.port = 0
        self.scrapes = 0

    async def open(self, host: str = LOOPBACK, port: int = PORT) -> None:
        """Listen; port 0 takes any that is free. Raises ``OSError`` where the port is taken."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=_HEAD_MAX)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Listen no more, and send away who is still there."""
        if self._server is not None:
            self._server.close()
            for writer in self._guests.values():
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._guests) >= _GUESTS_MAX:
            writer.transport.abort()
            return
        self._visits = number = self._visits + 1
        self._guests[number] = writer
        try:
            async with asyncio.timeout(self._patience_s):
                await self._answer(reader, writer)
                writer.close()
                await writer.wait_closed()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # who asks badly, slowly or not at all, or does not take the answer, gets none
        finally:
            del self._guests[number]
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, *_ = (*head.split(b"\r\n", 1)[0].split(b" "), b"", b"")
        if target.split(b"?", 1)[0] != b"/metrics":
            writer.write(_answer("404 Not Found", b"metrics are at /metrics\n"))
        elif method != b"GET":
            writer.write(_answer("405 Method Not Allowed", b"only GET\n"))
        else:
            parts = [part async for part in self._rendered()]
            writer.write(_answer("200 OK", b"".join(parts)))
            self.scrapes += 1
        await writer.drain()

    async def _rendered(self) -> AsyncIterator[bytes]:
        for family in self._collect():
            yield generate_latest(_Family(family))
            await asyncio.sleep(0)


def render(families: Iterator[Metric]) -> bytes:
    """Render a whole page at once, for those who have time."""
    return b"".join(generate_latest(_Family(family)) for family in families)


def _answer(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {_CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\nConnection: close"
    return head.encode() + b"\r\n\r\n" + body
