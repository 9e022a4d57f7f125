"""The far end of a websocket written by hand, to the byte: what no library would send."""

import base64
import hashlib

from loopback import Visit

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

TEXT, BINARY, CLOSE, PING = 0x81, 0x82, 0x88, 0x89


def frame(kind: int, body: bytes = b"") -> bytes:
    """Write an honest frame, unmasked as a server's are."""
    if len(body) < 126:
        return bytes((kind, len(body))) + body
    return bytes((kind, 126)) + len(body).to_bytes(2) + body


async def upgraded(visit: Visit) -> None:
    """Take the handshake of a visitor who wants a websocket."""
    head = await visit.reader.readuntil(b"\r\n\r\n")
    (key,) = (
        line.split(b":", 1)[1].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")
    )
    accept = base64.b64encode(hashlib.sha1(key + _MAGIC).digest())
    await visit.say(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
    )
