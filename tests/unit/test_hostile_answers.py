"""A server that means harm can neither crash us, nor hold us, nor make us grow: answers to requests."""

import asyncio
import gc
import gzip
import os
import tracemalloc

import pytest
from grown import MB, grown
from loopback import Server, Visit, ok
from requesting import against, get

from adapters.http1 import HEAD_MAX
from adapters.transport import Http, NeverLeft, NoAnswer, Patience

QUICK = Patience(read_s=0.3)


def test_nothing_that_is_packed_is_unpacked() -> None:
    """We ask for answers as they are; 50 MB of zeros are 50 kB when packed."""
    packed = gzip.compress(bytes(50 * MB))

    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(ok(packed, "403 Forbidden", b"Content-Encoding: gzip\r\n"))
        await visit.until_gone()

    reply, peak = grown(lambda: against(script, get))
    assert (403, packed) == (reply.status, reply.body)
    assert peak < 3 * MB


def test_no_cookie_is_kept_and_none_is_sent() -> None:
    heard: list[bytes] = []

    async def script(visit: Visit) -> None:
        for number in range(3):
            heard.append(await visit.request())
            await visit.say(ok(more=b"Set-Cookie: name-%d=value; Path=/\r\n" % number))

    async def body(http: Http, _server: Server) -> int:
        for _ in range(3):
            await get(http)
        return len(http._client.cookies)

    assert 0 == against(script, body)
    assert 3 == len(heard)
    assert not any(b"cookie" in request.lower() for request in heard)


@pytest.mark.parametrize(
    "target", ["/a\nb", "/a\x00", "/a" * 40_000, "/ü", "//elsewhere/a", "http://elsewhere/a", "a b"]
)
def test_what_cannot_leave_as_it_is_never_leaves(target: str) -> None:
    async def script(visit: Visit) -> None:
        raise AssertionError("somebody came")

    async def body(http: Http, _server: Server) -> None:
        with pytest.raises(NeverLeft):
            await http.call("GET", target, {})
        with pytest.raises(NeverLeft):
            await http.call("GET", "/a", {"X-WORDS": "ü"})

    against(script, body)


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

    async def body(http: Http, _server: Server) -> None:
        await get(http)
        await asyncio.sleep(0.6)
        assert 200 == (await get(http)).status

    _, peak = grown(lambda: against(script, body))
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

    async def body(http: Http, _server: Server) -> list[tuple[int, int]]:
        kept = []
        for _ in range(3):
            for _ in range(3 * len(LIES)):
                with pytest.raises(NoAnswer):
                    await get(http)
            await asyncio.sleep(0.05)
            gc.collect()
            kept.append((tracemalloc.get_traced_memory()[0], len(os.listdir("/proc/self/fd"))))
        return kept

    kept, _ = grown(lambda: against(script, body))
    assert kept[2][0] - kept[1][0] < 100_000
    assert kept[2][1] - kept[1][1] <= 2


def test_an_answer_that_trickles_is_given_up_between_two_drops() -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        for drop in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + bytes(1000):
            await visit.say(bytes((drop,)))
            await asyncio.sleep(0.02)

    async def body(http: Http, _server: Server) -> str:
        with pytest.raises(NoAnswer) as told:
            await get(http)
        return told.value.code

    assert "timeout" == against(script, body, QUICK)


@pytest.mark.parametrize("size, half", [(10, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234"), (64 * MB, b"")])
def test_a_connection_that_is_torn_leaves_the_outcome_open(size: int, half: bytes) -> None:
    """While it answers, and while it still takes the request."""

    async def script(visit: Visit) -> None:
        await visit.reader.readuntil(b"\r\n\r\n")
        await visit.say(half)
        await asyncio.sleep(0.05)
        visit.tear()

    async def body(http: Http, _server: Server) -> str:
        with pytest.raises(NoAnswer) as told:
            await http.call("POST", "/v5/order/create", {}, bytes(size))
        return told.value.code

    assert "reset" == against(script, body)
