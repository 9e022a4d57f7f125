"""Whoever is at the other end of a wire can neither crash us, nor hold us, nor make us grow."""

import asyncio
import gc
import gzip
import os
import tracemalloc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import Script, Visit, ok, serving
from raw_websocket import CLOSE, PING, TEXT, frame, upgraded

from adapters.http1 import HEAD_MAX
from adapters.sockets import dialler
from adapters.transport import Http, NeverLeft, NoAnswer, Patience
from adapters.venue import Socket, SocketClosed

QUICK = Patience(read_s=0.3)
MB = 1_000_000


def grown(body: Callable[[], Any]) -> tuple[Any, int]:
    """Run something; give what came of it and the most memory it took meanwhile, in bytes."""
    tracemalloc.start()
    try:
        return body(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def http_against(script: Script, body: Callable[[Http], Awaitable[Any]], patience: Patience | None = None) -> Any:
    async def main() -> Any:
        async with serving(script) as server:
            http = Http(server.url, patience=patience)
            try:
                return await body(http)
            finally:
                await http.close()

    return asyncio.run(main())


async def get(http: Http) -> Any:
    return await http.call("GET", "/v5/market/time", {})


# Requests


def test_nothing_that_is_packed_is_unpacked() -> None:
    """We ask for answers as they are; 50 MB of zeros are 50 kB when packed."""
    packed = gzip.compress(bytes(50 * MB))

    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(ok(packed, "403 Forbidden", b"Content-Encoding: gzip\r\n"))
        await visit.until_gone()

    reply, peak = grown(lambda: http_against(script, get))
    assert (403, packed) == (reply.status, reply.body)
    assert peak < 3 * MB


def test_no_cookie_is_kept_and_none_is_sent() -> None:
    heard: list[bytes] = []

    async def script(visit: Visit) -> None:
        for number in range(3):
            heard.append(await visit.request())
            await visit.say(ok(more=b"Set-Cookie: name-%d=value; Path=/\r\n" % number))

    async def body(http: Http) -> int:
        for _ in range(3):
            await get(http)
        return len(http._client.cookies)

    assert 0 == http_against(script, body)
    assert 3 == len(heard)
    assert not any(b"cookie" in request.lower() for request in heard)


@pytest.mark.parametrize(
    "target", ["/a\nb", "/a\x00", "/a" * 40_000, "/ü", "//elsewhere/a", "http://elsewhere/a", "a b"]
)
def test_what_cannot_leave_as_it_is_never_leaves(target: str) -> None:
    async def script(visit: Visit) -> None:
        raise AssertionError("somebody came")

    async def body(http: Http) -> None:
        with pytest.raises(NeverLeft):
            await http.call("GET", target, {})
        with pytest.raises(NeverLeft):
            await http.call("GET", "/a", {"X-WORDS": "ü"})

    http_against(script, body)


def test_an_idle_connection_takes_no_flood() -> None:
    """What nobody asked for is not read: the other side waits, and the connection is not used again."""
    sent = [0]

    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(ok())
        try:
            async with asyncio.timeout(0.5):
                while True:
                    await visit.say(b"x" * 100_000)
                    sent[0] += 100_000
        except TimeoutError:
            await visit.until_gone()

    async def body(http: Http) -> None:
        await get(http)
        await asyncio.sleep(0.6)
        assert 200 == (await get(http)).status

    _, peak = grown(lambda: http_against(script, body))
    assert sent[0] < 20 * MB
    assert peak < 3 * MB


LIES = [
    b"",
    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
    b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabcde\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcdefgh\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"5;" + b"x" * 2 * HEAD_MAX,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 1000,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"T: 1\r\n" * 100,
    b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
    b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 12_000,
    b"HTTP/2 200\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00",
    b"\x00" * 100_000,
]


def test_lies_by_the_hundred_leave_nothing_behind() -> None:
    """Every kind of broken answer, again and again: no connection, no memory, no task is kept."""

    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(LIES[visit.number % len(LIES)])
        if visit.number % 2:
            visit.reset()

    async def body(http: Http) -> list[tuple[int, int]]:
        kept = []
        for _ in range(3):
            for _ in range(3 * len(LIES)):
                with pytest.raises(NoAnswer):
                    await get(http)
            await asyncio.sleep(0.05)
            gc.collect()
            kept.append((tracemalloc.get_traced_memory()[0], len(os.listdir("/proc/self/fd"))))
        return kept

    kept, _ = grown(lambda: http_against(script, body))
    assert kept[2][0] - kept[1][0] < 100_000
    assert kept[2][1] - kept[1][1] <= 2


def test_an_answer_that_trickles_is_given_up_between_two_drops() -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        for drop in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + bytes(1000):
            await visit.say(bytes((drop,)))
            await asyncio.sleep(0.02)

    async def body(http: Http) -> str:
        with pytest.raises(NoAnswer) as told:
            await get(http)
        return told.value.code

    assert "timeout" == http_against(script, body, QUICK)


@pytest.mark.parametrize("size, half", [(10, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234"), (64 * MB, b"")])
def test_a_connection_that_is_torn_leaves_the_outcome_open(size: int, half: bytes) -> None:
    """While it answers, and while it still takes the request."""

    async def script(visit: Visit) -> None:
        await visit.reader.readuntil(b"\r\n\r\n")
        await visit.say(half)
        await asyncio.sleep(0.05)
        visit.tear()

    async def body(http: Http) -> str:
        with pytest.raises(NoAnswer) as told:
            await http.call("POST", "/v5/order/create", {}, bytes(size))
        return told.value.code

    assert "reset" == http_against(script, body)


# Streams


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
