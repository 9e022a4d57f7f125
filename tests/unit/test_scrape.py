"""The door for Prometheus on a real socket: a page for who asks, and nothing that a guest can hold or grow."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapters.families import gauge
from adapters.scrape import Scrapes, render

GET = b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n"


def small():
    yield gauge("answer", "The answer.", ("to",), [(("everything",), 42.0), (("nothing",), float("nan"))])
    yield gauge("void", "Nothing.", (), [])


def huge():
    yield gauge("many", "Many.", ("n",), [((f"{number:0100}",), 1.0) for number in range(60_000)])


def served(
    body: Callable[[Scrapes], Awaitable[object]], collect=small, patience_s: float = 5.0, close: bool = True
) -> object:
    """Open the door, let a test knock, close it."""

    async def main() -> object:
        door = Scrapes(collect, patience_s)
        await door.open(port=0)
        try:
            return await body(door)
        finally:
            if close:
                await door.close()

    return asyncio.run(main())


async def said_to(door: Scrapes, words: bytes, half: int | None = None) -> bytes:
    """Say something, all of it or the first half only; give everything that is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(words[:half])
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def status(answer: bytes) -> bytes:
    return answer.split(b"\r\n", 1)[0]


def test_a_scrape_gets_the_whole_page_in_prometheus_own_form():
    async def body(door):
        answer = await said_to(door, GET)
        assert 1 == door.scrapes
        return answer

    head, _, page = served(body).partition(b"\r\n\r\n")
    assert b"HTTP/1.1 200 OK" == status(head)
    assert b"Content-Type: text/plain; version=0.0.4; charset=utf-8" in head
    assert b"Content-Length: %d" % len(page) in head
    assert page == render(small())
    first, second = text_string_to_metric_families(page.decode())
    assert ("stormquote_answer", 42.0) == (first.name, first.samples[0].value)
    assert ("stormquote_void", []) == (second.name, second.samples)


def test_the_door_is_on_loopback_alone():
    async def body(door):
        return door._server.sockets[0].getsockname()[0]

    assert "127.0.0.1" == served(body)


def test_a_port_that_is_taken_is_told():
    async def body(door):
        with pytest.raises(OSError):
            await Scrapes(small).open(port=door.port)

    served(body)


@pytest.mark.parametrize(
    "words, code",
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /metrics/../etc/passwd HTTP/1.1\r\n\r\n", b"404"),
        (b"\r\n\r\n", b"404"),
        (b"GET\r\n\r\n", b"404"),
        (b"\x00\xff\x16\x03\x01 garbage\r\n\r\n", b"404"),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"405"),
        (b"GET /metrics?name[]=up HTTP/1.0\r\n\r\n", b"200"),
    ],
)
def test_other_questions_are_answered_too(words, code):
    answer = served(lambda door: said_to(door, words))
    assert code == status(answer).split(b" ")[1]
    assert b"Connection: close" in answer


@pytest.mark.parametrize("words", [b"GET /metrics HTTP/1.1\r\n" + b"a: b\r\n" * 4000, b"x" * 100_000])
def test_a_head_without_end_gets_no_answer(words):
    async def body(door):
        answer = await said_to(door, words)
        return answer, await said_to(door, GET)

    none, page = served(body)
    assert (b"", b"HTTP/1.1 200 OK") == (none, status(page))


def test_who_never_finishes_asking_is_sent_away():
    async def body(door):
        none = await said_to(door, GET, half=10)
        return none, await said_to(door, GET)

    none, page = served(body, patience_s=0.1)
    assert (b"", b"HTTP/1.1 200 OK") == (none, status(page))


def test_who_leaves_before_the_answer_disturbs_nobody():
    async def body(door):
        for _ in range(20):
            _, writer = await asyncio.open_connection("127.0.0.1", door.port)
            writer.write(GET[:5])
            writer.transport.abort()
        while door._guests:
            await asyncio.sleep(0)
        return await said_to(door, GET)

    assert b"HTTP/1.1 200 OK" == status(served(body))


def slow_reader(port: int) -> socket.socket:
    """Ask for a page, and take none of it."""
    guest = socket.socket()
    guest.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    guest.connect(("127.0.0.1", port))
    guest.sendall(GET)
    return guest


def test_who_does_not_take_the_page_is_sent_away_and_the_page_forgotten():
    async def body(door):
        guests = [slow_reader(door.port) for _ in range(4)]
        while len(door._guests) < len(guests):
            await asyncio.sleep(0)
        held = list(door._guests.values())
        while door._guests:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0)
        assert [0] * len(guests) == [writer.transport.get_write_buffer_size() for writer in held]
        assert all(writer.transport.is_closing() for writer in held)
        answer = await said_to(door, b"GET / HTTP/1.1\r\n\r\n")
        for guest in guests:
            guest.close()
        return answer

    assert b"HTTP/1.1 404 Not Found" == status(served(body, huge, patience_s=1.0))


def test_of_a_crowd_the_last_are_sent_away_at_once():
    async def body(door):
        silent = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(8)]
        while len(door._guests) < len(silent):
            await asyncio.sleep(0)
        refused = await said_to(door, GET)
        for _, writer in silent:
            writer.close()
        while door._guests:
            await asyncio.sleep(0)
        return refused, await said_to(door, GET)

    refused, page = served(body)
    assert (b"", b"HTTP/1.1 200 OK") == (refused, status(page))


def test_closing_waits_for_no_guest():
    async def body(door):
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        while not door._guests:
            await asyncio.sleep(0)
        async with asyncio.timeout(1.0):
            await door.close()
            await door.close()
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", door.port)
        try:
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()

    assert b"" == served(body, close=False)


def test_the_loop_goes_on_between_two_families():
    """A page of many families does not hold up a quote for longer than one of them takes."""
    turns = []

    def many():
        for number in range(50):
            turns.append("family")
            yield gauge(f"family_{number}", "One.", (), [((), 1.0)])

    async def body(door):
        asking = asyncio.ensure_future(said_to(door, GET))
        while not asking.done():
            turns.append("loop")
            await asyncio.sleep(0)
        return await asking

    served(body, many)
    first, last = turns.index("family"), len(turns) - turns[::-1].index("family")
    between = turns[first:last]
    assert 50 == between.count("family")
    assert all(pair != ("family", "family") for pair in pairwise(between))
