"""HTTP/1.1 as far as one small client needs it: a request as bytes, an answer read within bounds.

Whatever comes is bounded: the head, the body, the number of interim answers. What breaks the rules
raises ``Broken``; a request whose answer is broken may have been carried out all the same.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

Headers = Sequence[tuple[bytes, bytes]]

# The longest head of an answer, and the longest line of a chunked body; a reader needs this limit.
HEAD_MAX: Final = 64 * 1024
_INTERIM_MAX: Final = 8
_CHUNKS_MAX: Final = 100_000
_SUCCESS: Final = 200
_SWITCHING: Final = 101
_NO_BODY: Final = frozenset({204, 304})
_HEX_DIGITS_MAX: Final = 8


class Broken(Exception):
    """What came is no answer that we accept; ``is_empty`` where not a single byte of one came."""

    def __init__(self, words: str, *, is_empty: bool = False) -> None:
        """``words`` say what was wrong with it."""
        super().__init__(words)
        self.is_empty = is_empty


class Answer(msgspec.Struct, frozen=True, gc=False):
    """One answer, whole; ``is_reusable`` where its connection may carry another request."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    is_reusable: bool


def request_bytes(method: bytes, target: bytes, headers: Headers, body: bytes) -> bytes:
    """Write a request, head and body in one piece; a line break inside a head raises ``ValueError``."""
    lines = [b"%b %b HTTP/1.1" % (method, target), *(b"%b: %b" % header for header in headers)]
    if any(b"\r" in line or b"\n" in line for line in lines):
        raise ValueError("a header of a request holds a line break")
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def read_answer(reader: asyncio.StreamReader, method: bytes, body_max: int, wait_s: float | None) -> Answer:
    """Read one answer; raises ``Broken``, ``OSError``, and ``TimeoutError`` where nothing came for ``wait_s``."""
    try:
        for _ in range(_INTERIM_MAX):
            async with asyncio.timeout(wait_s):
                head = await reader.readuntil(b"\r\n\r\n")
            status, headers, is_reusable = _parsed(head)
            if status >= _SUCCESS:
                break
            if status == _SWITCHING:
                raise Broken("the answer switches protocols")
        else:
            raise Broken("interim answers without end")
        length = _length_of(headers)
        if method == b"HEAD" or status in _NO_BODY:
            return Answer(status, headers, b"", is_reusable)
        if length is None:
            chunked = _is_chunked(headers)
            body = await (_chunks(reader, body_max, wait_s) if chunked else _to_the_end(reader, body_max, wait_s))
            return Answer(status, headers, body, is_reusable and chunked)
        if length > body_max:
            raise Broken(f"an answer of {length} bytes, at most {body_max} are taken")
        async with asyncio.timeout(wait_s):
            return Answer(status, headers, await reader.readexactly(length), is_reusable)
    except asyncio.IncompleteReadError as error:
        raise Broken("the connection ended within an answer", is_empty=not error.partial) from None
    except asyncio.LimitOverrunError:
        raise Broken(f"a head or a line above {HEAD_MAX} bytes") from None


def _parsed(head: bytes) -> tuple[int, list[tuple[bytes, bytes]], bool]:
    """Take a head apart: status, headers with their names in lower case, whether the connection stays."""
    first, *lines = head[:-4].split(b"\r\n")
    version, _, rest = first.partition(b" ")
    code = rest[:3]
    if version not in (b"HTTP/1.1", b"HTTP/1.0") or not code.isdigit() or rest[3:4] not in (b"", b" "):
        raise Broken(f"not an answer of HTTP/1.1: {first[:60]!r}")
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip():
            raise Broken(f"a malformed header: {line[:60]!r}")
        headers.append((name.lower(), value.strip()))
    said = [token.strip().lower() for name, value in headers if name == b"connection" for token in value.split(b",")]
    stays = b"close" not in said if version == b"HTTP/1.1" else b"keep-alive" in said
    return int(code), headers, stays


def _is_chunked(headers: Headers) -> bool:
    codings = [value.lower() for name, value in headers if name == b"transfer-encoding"]
    if codings and codings != [b"chunked"]:
        raise Broken(f"an answer coded as {codings[:3]}")
    return bool(codings)


def _length_of(headers: Headers) -> int | None:
    """Give the length that an answer states; None where it is chunked or runs to the end."""
    stated = [value for name, value in headers if name == b"content-length"]
    if not stated:
        return None
    if _is_chunked(headers) or len(dict.fromkeys(stated)) > 1 or not stated[0].isdigit():
        raise Broken(f"the length of an answer is unclear: {stated[:3]}")
    return int(stated[0][:20])


async def _chunks(reader: asyncio.StreamReader, body_max: int, wait_s: float | None) -> bytes:
    parts: list[bytes] = []
    total = 0
    for _ in range(_CHUNKS_MAX):
        async with asyncio.timeout(wait_s):
            line = await reader.readuntil(b"\r\n")
        size = _chunk_size(line)
        if not size:
            break
        total += size
        if total > body_max:
            raise Broken(f"an answer above {body_max} bytes")
        async with asyncio.timeout(wait_s):
            chunk = await reader.readexactly(size + 2)
        if chunk[-2:] != b"\r\n":
            raise Broken("a chunk that does not end where it says")
        parts.append(chunk[:-2])
    else:
        raise Broken("chunks without end")
    for _ in range(_INTERIM_MAX):  # trailers, that nobody needs
        async with asyncio.timeout(wait_s):
            if await reader.readuntil(b"\r\n") == b"\r\n":
                return b"".join(parts)
    raise Broken("trailers without end")


def _chunk_size(line: bytes) -> int:
    digits = line[:-2].partition(b";")[0].strip()
    if not 0 < len(digits) <= _HEX_DIGITS_MAX or digits.strip(b"0123456789abcdefABCDEF"):
        raise Broken(f"a malformed chunk: {line[:30]!r}")
    return int(digits, 16)


async def _to_the_end(reader: asyncio.StreamReader, body_max: int, wait_s: float | None) -> bytes:
    parts: list[bytes] = []
    total = 0
    while True:
        async with asyncio.timeout(wait_s):
            part = await reader.read(HEAD_MAX)
        if not part:
            return b"".join(parts)
        parts.append(part)
        total += len(part)
        if total > body_max:
            raise Broken(f"an answer above {body_max} bytes")
