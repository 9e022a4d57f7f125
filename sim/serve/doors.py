"""One TCP connection of a served venue: requests and answers, or a stream once it is upgraded.

What a client sends is bounded: heads, bodies, frames, and how long a head may take. A client that does
not read what it asked for is cut off when too much is waiting for it.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol

from websockets.frames import Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.server import ServerProtocol

from sim.serve.pump import Pump
from sim.through.exchanged import Answer, Answered, Cut, Request, Speaker

HEAD_MAX: Final = 32_768
BODY_MAX: Final = 1_000_000
FRAME_MAX: Final = 256_000
_WAITING_MAX: Final = 2_000_000
_HEAD_S: Final = 20.0
_END: Final = b"\r\n\r\n"
_WORDS: Final = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 413: "Content Too Large"}
_WORDS_MORE: Final = {431: "Request Header Fields Too Large", 501: "Not Implemented", 503: "Service Unavailable"}
_ABNORMAL: Final = 1006
_NOT_TEXT: Final = 1003


class House(Protocol):
    """What stands behind a door."""

    def http(self, request: Request, answered: Answered) -> Callable[[], None]:
        """Carry a request."""

    def open(
        self, path: str, opened: Callable[[str], None], heard: Callable[[str], None], closed: Callable[[int, str], None]
    ) -> Speaker:
        """Open a stream."""


class Malformed(Exception):
    """A head that is none; ``status`` says how it is answered."""

    def __init__(self, status: int) -> None:
        """Answer it so."""
        super().__init__(str(status))
        self.status = status


class Head:
    """The head of one request."""

    def __init__(self, raw: bytes) -> None:
        """Read it; raises ``Malformed``."""
        try:
            first, *lines = raw.decode("latin-1").split("\r\n")
            self.method, self.target, version = first.split(" ")
            pairs = [line.split(":", 1) for line in lines if line]
            self.headers = tuple((name.strip(), value.strip()) for name, value in pairs)
        except ValueError:
            raise Malformed(400) from None
        if version not in ("HTTP/1.1", "HTTP/1.0") or not self.target.startswith("/"):
            raise Malformed(400)
        self.named = {name.lower(): value for name, value in self.headers}
        self.is_upgrade = self.named.get("upgrade", "").lower() == "websocket"
        wish = self.named.get("connection", "").lower()
        self.is_kept = wish != "close" if version == "HTTP/1.1" else wish == "keep-alive"
        self.length = self._length()

    def _length(self) -> int:
        if "transfer-encoding" in self.named:
            raise Malformed(501)
        length = self.named.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise Malformed(400)
        if len(length) > len(str(BODY_MAX)) or int(length) > BODY_MAX:
            raise Malformed(413)
        return int(length)


class Door(asyncio.Protocol):
    """One connection; ``left`` is told when it is gone."""

    def __init__(self, house: House, pump: Pump, left: Callable[["Door"], None]) -> None:
        """Wait for a client."""
        self._house = house
        self._pump = pump
        self._left = left
        self._transport: asyncio.Transport
        self._raw = bytearray()
        self._head: Head | None = None
        self._give_up: Callable[[], None] | None = None
        self._is_busy = False
        self._stream: _Stream | None = None
        self._alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Have a client; it has to say what it wants."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """See it go, with whatever it still wanted."""
        self._calm()
        if self._stream is not None:
            self._stream.leave()
        give_up, self._give_up = self._give_up, None
        if self._is_busy and give_up is not None:
            self._pump.enter(give_up)
        self._left(self)

    def cut(self) -> None:
        """Break it off."""
        if not self._transport.is_closing():
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take bytes."""
        if self._stream is not None:
            self._stream.receive(data)
            return
        self._raw += data
        if len(self._raw) > HEAD_MAX + BODY_MAX:
            self.cut()
        elif not self._is_busy:
            self._read()

    # Requests

    def _wait_for_head(self) -> None:
        self._calm()
        self._alarm = asyncio.get_running_loop().call_later(_HEAD_S if self._raw else 10 * _HEAD_S, self.cut)

    def _calm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _read(self) -> None:
        try:
            self._read_one()
        except Malformed as wrong:
            self._say(Answer(wrong.status, (), b""), is_kept=False)

    def _read_one(self) -> None:
        if self._head is None:
            place = self._raw.find(_END)
            if place > HEAD_MAX or (place < 0 and len(self._raw) > HEAD_MAX):
                raise Malformed(431)
            if place < 0:
                self._wait_for_head()
                return
            self._head = Head(bytes(self._raw[:place]))
            if self._head.is_upgrade:
                self._upgrade(self._head.target)
                return
            del self._raw[: place + len(_END)]
        head = self._head
        if len(self._raw) < head.length:
            return
        body = bytes(self._raw[: head.length])
        del self._raw[: head.length]
        self._head, self._is_busy = None, True
        self._calm()
        request = Request(head.method, head.target, head.headers, body)
        self._give_up = self._pump.enter(self._house.http, request, lambda came: self._answered(came, head.is_kept))

    def _answered(self, came: Answer | Cut, is_kept: bool) -> None:
        if isinstance(came, Cut):
            self._is_busy = False
            self.cut()
        elif not self._transport.is_closing():
            self._say(came, is_kept=is_kept)

    def _say(self, answer: Answer, *, is_kept: bool) -> None:
        words = _WORDS.get(answer.status) or _WORDS_MORE.get(answer.status, "")
        lines = [f"HTTP/1.1 {answer.status} {words}", *(f"{name}: {value}" for name, value in answer.headers)]
        lines += [f"Content-Length: {len(answer.body)}", f"Connection: {'keep-alive' if is_kept else 'close'}"]
        self._transport.write("\r\n".join(lines).encode() + _END + answer.body)
        self._is_busy, self._give_up = False, None
        if not is_kept:
            self._transport.close()
        elif self._transport.get_write_buffer_size() > _WAITING_MAX:
            self.cut()
        else:
            self._wait_for_head()
            if self._raw:
                asyncio.get_running_loop().call_soon(self._read_next)

    def _read_next(self) -> None:
        if not self._is_busy and not self._transport.is_closing():
            self._read()

    # Streams

    def _upgrade(self, target: str) -> None:
        self._calm()
        raw, self._raw = bytes(self._raw), bytearray()
        self._stream = _Stream(self._house, self._pump, self._transport, target)
        self._stream.receive(raw)


class _Stream:
    """The websocket on a connection."""

    def __init__(self, house: House, pump: Pump, transport: asyncio.Transport, target: str) -> None:
        self._house = house
        self._pump = pump
        self._transport = transport
        self._target = target
        self._protocol = ServerProtocol(max_size=FRAME_MAX)
        self._speaker: Speaker | None = None
        self._handshake: Handshake | None = None
        self._parts: list[bytes] = []
        self._is_over = False

    def receive(self, data: bytes) -> None:
        """Take bytes."""
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Handshake):
                self._knock(event)
            elif isinstance(event, Frame):
                self._take(event)
        self._flush()

    def leave(self) -> None:
        """See the client go."""
        if not self._is_over:
            self._is_over = True
            if self._speaker is not None:
                self._pump.enter(self._speaker.close)

    def _knock(self, handshake: Handshake) -> None:
        self._handshake = handshake
        self._speaker = self._pump.enter(self._house.open, self._target, self._opened, self._heard, self._closed)

    def _take(self, frame: Frame) -> None:
        if frame.opcode is Opcode.BINARY:
            self._protocol.fail(_NOT_TEXT, "text only")
        elif frame.opcode in (Opcode.TEXT, Opcode.CONT):
            self._parts.append(bytes(frame.data))
            if sum(map(len, self._parts)) > FRAME_MAX:
                self._transport.abort()
            elif frame.fin:
                text, self._parts = b"".join(self._parts).decode(errors="replace"), []
                if self._speaker is not None and not self._is_over:
                    self._pump.enter(self._speaker.receive, text)

    def _opened(self, why: str) -> None:
        if self._is_over or self._handshake is None:
            return
        if why:
            self._transport.abort()
            return
        response: Any = self._protocol.accept(self._handshake)
        self._protocol.send_response(response)
        self._flush()

    def _heard(self, text: str) -> None:
        if self._is_over or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > _WAITING_MAX:
            self._transport.abort()
            return
        self._protocol.send_text(text.encode())
        self._flush()

    def _closed(self, code: int, reason: str) -> None:
        if self._is_over:
            return
        self._is_over = True
        if code == _ABNORMAL:
            self._transport.abort()
        else:
            self._protocol.send_close(code, reason)
            self._flush()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if self._transport.is_closing():
                return
            if data:
                self._transport.write(data)
            else:
                self._transport.close()
