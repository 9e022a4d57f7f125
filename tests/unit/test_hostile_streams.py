"""A server that means harm can neither crash us, nor hold us, nor make us grow: streams."""

import asyncio
import gc
import os
import tracemalloc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from grown import MB, grown
from hypothesis import given
from hypothesis import strategies as st
from loopback import Script, Visit, serving
from raw_websocket import CLOSE, PING, TEXT, frame, upgraded

from adapters.sockets import dialler
from adapters.venue import Socket, SocketClosed


def dialled(script: Script, body: Callable[[Socket], Awaitable[Any]]) -> Any:
    """Take the handshake, follow a script, and have a body listen."""

    async def upgrading(visit: Visit) -> None:
        await upgraded(visit)
        await script(visit)

    async def main() -> Any:
        async with serving(upgrading) as server:
            socket = await dialler()(server.url.replace("http:", "ws:"))
            try:
                async with asyncio.timeout(20):
                    return await body(socket)
            finally:
                await socket.close()

    return asyncio.run(main())


async def ending(socket: Socket) -> tuple[int, int]:
    """Listen to the end; give how many frames came, and the code."""
    count = 0
    try:
        while True:
            await socket.receive()
            count += 1
    except SocketClosed as closed:
        return count, closed.code


def saying(*raws: bytes) -> Script:
    """Say something, hear what is said to that, and leave."""

    async def script(visit: Visit) -> None:
        for raw in raws:
            await visit.say(raw)
        await visit.reader.read(1)

    return script


@pytest.mark.parametrize(
    "raw, code",
    [
        (b"\x81\x7f\x7f" + b"\xff" * 7, 1009),  # says that it will be 2**63 bytes long
        (b"\x81\x7f\xff" + b"\xff" * 7, 1009),
        (b"\xf1\x00", 1002),  # bits that nobody agreed on
        (b"\x83\x00", 1002),  # a kind of frame that there is not
        (b"\x81\x81\x00\x00\x00\x00a", 1002),  # masked
        (b"\x80\x00", 1002),  # goes on with what never began
        (b"\x01\x01a" + frame(TEXT, b"b"), 1002),  # begins within what has not ended
        (b"\x09\x00", 1002),  # a ping in pieces
        (b"\x89\x7e\x00\x80" + b"a" * 128, 1002),  # a ping that is too long
        (b"\x88\x01a", 1002),  # a good-bye cut short
        (frame(CLOSE, b"\x00\x01"), 1002),  # one for a reason that there is not
        (frame(TEXT, b"\xff\xfe"), 1007),
        (b"GET / HTTP/1.1\r\n\r\n", 1002),
    ],
)
def test_a_frame_against_the_rules_ends_the_connection(raw: bytes, code: int) -> None:
    assert (1, code) == dialled(saying(frame(TEXT, b"well"), raw), ending)


@pytest.mark.parametrize("raw, code", [(b"\xf1\x00", 1002), (frame(CLOSE, b"\x03\xe9"), 1001)])
def test_who_does_not_hang_up_after_the_end_is_hung_up_on(raw: bytes, code: int) -> None:
    """It would be a stream that is deaf and looks alive."""
    held = asyncio.Event()

    async def script(visit: Visit) -> None:
        visit.writer.transport.pause_reading()
        await visit.say(raw)
        await held.wait()

    async def body(socket: Socket) -> tuple[tuple[int, int], float]:
        began_s = asyncio.get_running_loop().time()
        ended = await ending(socket)
        held.set()
        return ended, asyncio.get_running_loop().time() - began_s

    ended, took_s = dialled(script, body)
    assert (0, code) == ended
    assert took_s < 5.0


def test_pieces_without_end_end_the_connection() -> None:
    flood = [b"\x01\x00", *[b"\x00\x00" * 1000] * 40]
    assert (0, 1009) == dialled(saying(*flood), ending)


def test_who_asks_for_pongs_and_takes_none_is_left() -> None:
    sent = [0]

    async def script(visit: Visit) -> None:
        visit.writer.transport.pause_reading()
        while True:
            await visit.say(frame(PING, b"x" * 125) * 1000)
            sent[0] += 1000

    (count, code), peak = grown(lambda: dialled(script, ending))
    assert (0, 1006) == (count, code)
    assert peak < 5 * MB


def test_a_flood_of_frames_waits_at_the_door() -> None:
    """Large frames that are read slowly: the other side waits, and a few are held."""
    sent = [0]

    async def script(visit: Visit) -> None:
        try:
            async with asyncio.timeout(0.5):
                while True:
                    await visit.say(b"\x81\x7f" + (500_000).to_bytes(8) + b"x" * 500_000)
                    sent[0] += 1
        except TimeoutError:
            pass
        await visit.say(frame(CLOSE, b"\x03\xe8"))

    async def body(socket: Socket) -> tuple[int, int]:
        await asyncio.sleep(0.7)
        return await ending(socket)

    (count, code), peak = grown(lambda: dialled(script, body))
    assert 5 < sent[0] <= count <= sent[0] + 1
    assert 1000 == code
    assert peak < 30 * MB


def test_ended_streams_by_the_hundred_leave_nothing_behind() -> None:
    ends = (
        b"\xf1\x00",
        frame(CLOSE, b"\x03\xe8"),
        b"\x81\x7f" + b"\x7f" * 8,
        frame(TEXT, b"\xff"),
        b"\x01\x05abc",
        b"",
    )

    async def script(visit: Visit) -> None:
        await upgraded(visit)
        await visit.say(ends[visit.number % len(ends)])
        if visit.number % 2:
            visit.reset()

    async def main() -> list[tuple[int, int]]:
        kept = []
        async with serving(script) as server:
            for _ in range(3):
                for _ in range(60):
                    socket = await dialler()(server.url.replace("http:", "ws:"))
                    await ending(socket)
                    await socket.close()
                await asyncio.sleep(0.05)
                gc.collect()
                kept.append((tracemalloc.get_traced_memory()[0], len(os.listdir("/proc/self/fd"))))
        return kept

    kept, _ = grown(lambda: asyncio.run(main()))
    assert kept[2][0] - kept[1][0] < 100_000
    assert kept[2][1] - kept[1][1] <= 2


def refused(*raws: bytes, forever: bool = False) -> int:
    """Dial a door that says something else than the handshake; give how much memory that took."""

    async def script(visit: Visit) -> None:
        await visit.reader.readuntil(b"\r\n\r\n")
        for raw in raws:
            await visit.say(raw)
        while forever:
            await visit.say(raws[-1])

    async def main() -> None:
        async with serving(script) as server:
            with pytest.raises(OSError):
                await dialler(dial_s_max=2.0)(server.url.replace("http:", "ws:"))

    return grown(lambda: asyncio.run(main()))[1]


@pytest.mark.parametrize(
    "first, drop",
    [
        (b"", b"x" * 60_000),
        (b"HTTP/1.1 101 Switching Protocols\r\n", b"X: y\r\n" * 10_000),
        (b"HTTP/1.1 101 Switching Protocols\r\nX: ", b"y" * 60_000),
        (b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n", b"ea60\r\n" + b"x" * 60_000 + b"\r\n"),
        (b"HTTP/1.1 500 No\r\n\r\n", b"x" * 60_000),
    ],
)
def test_a_door_that_talks_without_end_is_left(first: bytes, drop: bytes) -> None:
    assert refused(first, drop, forever=True) < 8 * MB


@given(
    st.one_of(
        st.binary(max_size=200), st.binary(max_size=100).map(lambda raw: b"HTTP/1.1 101 S\r\n" + raw + b"\r\n\r\n")
    )
)
def test_whatever_a_door_says_is_an_error_of_the_network(raw: bytes) -> None:
    refused(raw)
