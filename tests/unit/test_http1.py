"""Answers of HTTP as they are read from bytes: whatever comes is one, or is broken."""

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from loopback import ok

from adapters.http1 import HEAD_MAX, Broken, read_answer, request_bytes


async def answer_from(raw: bytes, method: bytes = b"GET", body_max: int = 4096) -> Any:
    reader = asyncio.StreamReader(HEAD_MAX)
    reader.feed_data(raw)
    reader.feed_eof()
    return await read_answer(reader, method, body_max, 1.0)


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(lambda tail: b"HTTP/1.1 200 OK\r\n" + tail)))
def test_whatever_comes_is_an_answer_or_broken(raw: bytes) -> None:
    try:
        answer = asyncio.run(answer_from(raw))
    except Broken:
        return
    assert 100 <= answer.status <= 999
    assert len(answer.body) <= len(raw)


@given(st.binary(max_size=200), st.lists(st.integers(1, 50), max_size=8))
def test_a_body_is_the_same_in_chunks_and_whole(body: bytes, cuts: list[int]) -> None:
    chunks, rest = [], body
    for cut in cuts:
        if rest:
            chunks.append(b"%x\r\n%b\r\n" % (len(rest[:cut]), rest[:cut]))
            rest = rest[cut:]
    chunks.append(b"%x\r\n%b\r\n" % (len(rest), rest) if rest else b"")
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(chunks) + b"0\r\n\r\n"
    assert body == asyncio.run(answer_from(raw)).body == asyncio.run(answer_from(ok(body))).body


def test_a_head_has_no_body() -> None:
    assert b"" == asyncio.run(answer_from(ok(b"12345"), b"HEAD")).body


def test_a_request_is_one_piece() -> None:
    assert b"GET / HTTP/1.1\r\na: b\r\n\r\nxyz" == request_bytes(b"GET", b"/", [(b"a", b"b")], b"xyz")
