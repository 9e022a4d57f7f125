"""What may have left: every way in which a request ends without an answer, its outcome open."""

import asyncio
from typing import Any

import pytest
from loopback import Script, Server, Visit, ok
from requesting import QUICK, against, answering, get

from adapters.http1 import HEAD_MAX
from adapters.transport import GARBAGE, RESET, TIMEOUT, Http, NoAnswer, Patience

LONG = Patience()


def code_of(script: Script, patience: Patience = QUICK, **transport: Any) -> str:
    async def body(http: Http, server: Server) -> str:
        with pytest.raises(NoAnswer) as failed:
            await http.call("POST", "/v5/order/create", {}, b"{}")
        assert 1 == server.visits  # and nobody tries again
        return failed.value.code

    return str(against(script, body, patience, **transport))


def test_a_reset_before_the_answer_leaves_the_outcome_open() -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        visit.reset()

    assert RESET == code_of(script)


def test_a_connection_that_is_closed_under_a_request_leaves_the_outcome_open() -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(ok())
        await visit.request()
        visit.writer.close()

    async def body(http: Http, server: Server) -> None:
        await get(http)
        with pytest.raises(NoAnswer) as failed:
            await http.call("POST", "/v5/order/create", {}, b"{}")
        assert (RESET, 1) == (failed.value.code, server.visits)

    against(script, body)


def test_silence_ends_in_time() -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.until_gone()

    assert TIMEOUT == code_of(script)


def test_a_request_that_nobody_takes_ends_in_time() -> None:
    async def script(visit: Visit) -> None:
        visit.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.Event().wait()

    async def body(http: Http, _server: Server) -> str:
        with pytest.raises(NoAnswer) as failed:
            await http.call("POST", "/", {}, bytes(64 * 1024 * 1024))
        return failed.value.code

    assert TIMEOUT == against(script, body, QUICK)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf of it",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc",
    ],
)
def test_half_an_answer_is_none(raw: bytes) -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(raw)
        visit.writer.close()

    assert GARBAGE == code_of(script)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01garbage\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 2xx OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"T: 1\r\n" * 20 + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20,
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * (HEAD_MAX + 10),
    ],
)
def test_garbage_is_no_answer(raw: bytes) -> None:
    assert GARBAGE == code_of(answering(raw), LONG)


@pytest.mark.parametrize(
    "head, body",
    [
        (b"Content-Length: 99999999999999999999999\r\n\r\n", b""),
        (b"Content-Length: 1001\r\n\r\n", b""),
        (b"\r\n", b"a" * 1001),
        (
            b"Transfer-Encoding: chunked\r\n\r\n",
            b"190\r\n" + b"a" * 0x190 + b"\r\n190\r\n" + b"a" * 0x190 + b"\r\n190\r\n",
        ),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"ffffffff\r\n"),
    ],
)
def test_an_answer_that_is_too_large_is_not_taken(head: bytes, body: bytes) -> None:
    assert GARBAGE == code_of(answering(b"HTTP/1.1 200 OK\r\n" + head + body), LONG, body_max=1000)


def test_a_request_that_was_given_up_leaves_no_answer_for_the_next() -> None:
    came = asyncio.Event()

    async def script(visit: Visit) -> None:
        await visit.request()
        if visit.number == 1:
            came.set()
            await visit.until_gone()
        await visit.say(ok(b"second"))
        await visit.until_gone()

    async def body(http: Http, server: Server) -> tuple[bytes, int]:
        first = asyncio.create_task(get(http))
        await came.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        return (await get(http)).body, server.visits

    assert (b"second", 2) == against(script, body)
