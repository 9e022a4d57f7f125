"""Websockets behind the seam: why they end is said, and nobody else's frames grow us."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from loopback import Visit, serving
from websockets.asyncio.server import ServerConnection, serve

from adapters.sockets import dialler
from adapters.venue import Socket, SocketClosed

Handler = Callable[[ServerConnection], Awaitable[None]]


def with_server(handler: Handler, body: Callable[[Socket], Awaitable[Any]], **limits: Any) -> Any:
    async def main() -> Any:
        async with serve(handler, "127.0.0.1", 0, ping_interval=None, close_timeout=0.5) as server:
            socket = await dialler(**limits)(f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/v5/private")
            try:
                return await body(socket)
            finally:
                await socket.close()

    return asyncio.run(main())


async def echo(wire: ServerConnection) -> None:
    async for frame in wire:
        await wire.send(frame)


def closed_by(frame: Any = None, code: int = 1000) -> Handler:
    """Say something, perhaps, and close."""

    async def handler(wire: ServerConnection) -> None:
        if frame is not None:
            await wire.send(frame)
        await wire.close(code, "because")

    return handler


async def code_of(socket: Socket) -> int:
    try:
        while True:
            await socket.receive()
    except SocketClosed as closed:
        return closed.code


def test_text_goes_out_and_comes_back_in_order() -> None:
    async def body(socket: Socket) -> list[str]:
        for word in ("a", "ü", "{}"):
            await socket.send(word)
        return [await socket.receive() for _ in range(3)]

    assert ["a", "ü", "{}"] == with_server(echo, body)


@pytest.mark.parametrize("code", [1000, 1001, 1011, 4001])
def test_the_other_sides_reason_is_told(code: int) -> None:
    assert code == with_server(closed_by(code=code), code_of)


def test_a_frame_that_is_too_large_ends_the_connection() -> None:
    assert 1009 == with_server(closed_by("a" * 2000), code_of, frame_max=1000)


def test_a_binary_frame_ends_the_connection() -> None:
    assert 1003 == with_server(closed_by(b"\x00\x01"), code_of)


def test_a_frame_that_is_no_text_ends_the_connection() -> None:
    async def handler(wire: ServerConnection) -> None:
        await wire.send(b"\xff\xfe", text=True)
        await wire.wait_closed()

    assert 1007 == with_server(handler, code_of)


def test_a_connection_that_breaks_has_no_code() -> None:
    async def handler(wire: ServerConnection) -> None:
        wire.transport.abort()

    assert 1006 == with_server(handler, code_of)


def test_nothing_is_sent_on_a_closed_connection() -> None:
    async def body(socket: Socket) -> None:
        await code_of(socket)
        with pytest.raises(SocketClosed):
            await socket.send("too late")
        await socket.close()
        await socket.close()

    with_server(closed_by(), body)


def test_a_slow_reader_makes_the_other_side_wait() -> None:
    sent, stuck = [0], asyncio.Event()

    async def handler(wire: ServerConnection) -> None:
        try:
            while True:
                async with asyncio.timeout(0.3):
                    await wire.send("x" * 100_000)
                sent[0] += 1
        except TimeoutError:
            stuck.set()
        await wire.wait_closed()

    async def body(socket: Socket) -> None:
        await stuck.wait()
        assert sent[0] < 500  # what the kernel's buffers hold, and a few in the queue
        for _ in range(sent[0]):
            await socket.receive()

    with_server(handler, body, queue_max=4)


def test_nobody_there_is_an_error_of_the_network() -> None:
    async def refused() -> None:
        with pytest.raises(OSError):
            await dialler()("ws://127.0.0.1:1/v5/private")

    asyncio.run(refused())


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\nhtml",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n",
        b"garbage\r\n\r\n",
        b"",
    ],
)
def test_a_door_that_does_not_open_is_an_error_of_the_network(raw: bytes) -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(raw)

    async def main() -> None:
        async with serving(script) as server:
            with pytest.raises(OSError):
                await dialler()(server.url.replace("http:", "ws:"))

    asyncio.run(main())


def test_a_door_that_never_answers_is_given_up() -> None:
    async def script(visit: Visit) -> None:
        await visit.until_gone()

    async def main() -> None:
        async with serving(script) as server:
            with pytest.raises(TimeoutError):
                await dialler(dial_s_max=0.1)(server.url.replace("http:", "ws:"))

    asyncio.run(main())
