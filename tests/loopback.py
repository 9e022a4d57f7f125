"""A server on loopback that does what a test tells it, to the byte: what no honest server would do."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Script = Callable[["Visit"], Awaitable[None]]


class Visit:
    """One connection as the server sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.reader, self.writer, self.number = reader, writer, number

    async def request(self) -> bytes:
        """Read one request, head and body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return head + await self.reader.readexactly(length)

    async def say(self, raw: bytes) -> None:
        self.writer.write(raw)
        await self.writer.drain()

    async def until_gone(self) -> bytes:
        """Wait until the client has left; give what it said meanwhile."""
        return await self.reader.read()

    def reset(self) -> None:
        self.writer.transport.abort()

    def tear(self) -> None:
        """Break the connection as a crashed host does: the client is told of a reset."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Server:
    """Where it listens, and the requests it has read."""

    def __init__(self) -> None:
        self.url = ""
        self.visits = 0


def ok(body: bytes = b"{}", status: str = "200 OK", more: bytes = b"") -> bytes:
    """Write an ordinary answer."""
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n%b\r\n%b" % (status.encode(), len(body), more, body)


@asynccontextmanager
async def serving(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Serve every connection by ``script``; what a script raises fails the test."""
    server = Server()
    tasks: list[asyncio.Task[None]] = []

    async def visited(visit: Visit) -> None:
        try:
            await script(visit)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left
        finally:
            visit.reset()

    def came(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.visits += 1
        tasks.append(asyncio.create_task(visited(Visit(reader, writer, server.visits))))

    listening = await asyncio.start_server(came, "127.0.0.1", 0, ssl=tls)
    scheme = "http" if tls is None else "https"
    server.url = f"{scheme}://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        await listening.wait_closed()
    for end in ends:
        if isinstance(end, Exception):
            raise end
