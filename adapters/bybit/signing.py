"""Signatures over the exact bytes that leave: nothing is sorted, re-spaced or encoded a second time.

What is signed is ``stamp + key + window + payload``: the payload is the query string as it stands in
the URL, or the body byte for byte. Stamps and windows are milliseconds of the venue's clock. The
venue takes a stamp from one window ago up to, not including, one second ahead.
"""

import hmac
from typing import Any, Final

import msgspec

WINDOW_MS: Final = 5000


class Signer:
    """A key and its secret. It shows neither: not in ``repr``, not in a traceback that prints values."""

    __slots__ = ("_key", "_secret")

    def __init__(self, key: str, secret: str) -> None:
        """Keep both for as long as the program runs."""
        self._key = key
        self._secret = secret.encode()

    def __repr__(self) -> str:
        return "Signer(...)"

    def sign(self, message: bytes) -> str:
        """Give the HMAC-SHA256 of a message as lower-case hex."""
        return hmac.digest(self._secret, message, "sha256").hex()

    def headers(self, payload: bytes, stamp_ms: int, window_ms: int = WINDOW_MS) -> dict[str, str]:
        """Give the headers that sign one REST call with this payload."""
        stamp, window = str(stamp_ms), str(window_ms)
        return {
            "X-BAPI-API-KEY": self._key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-RECV-WINDOW": window,
            "X-BAPI-SIGN": self.sign(f"{stamp}{self._key}{window}".encode() + payload),
        }

    def auth_frame(self, expires_ms: int, req_id: str = "") -> str:
        """Sign in to a private or a trade stream; the frame is good until ``expires_ms`` of the venue's clock."""
        frame: dict[str, Any] = {
            "op": "auth",
            "args": [self._key, expires_ms, self.sign(f"GET/realtime{expires_ms}".encode())],
        }
        if req_id:
            frame["req_id"] = req_id
        return msgspec.json.encode(frame).decode()


def stream_header(stamp_ms: int, window_ms: int = WINDOW_MS) -> dict[str, str]:
    """Give the header of a request over the trade stream: the connection is signed in, the request only timed."""
    return {"X-BAPI-TIMESTAMP": str(stamp_ms), "X-BAPI-RECV-WINDOW": str(window_ms)}
