"""The small talk of a connection: subscriptions, pings, signing in, and how each stream answers them.

The streams answer in three shapes: ``success`` with ``ret_msg`` (public, private), a bare ``pong``
(private), ``retCode`` with ``retMsg`` (trade). A subscription's answer says nothing about when data
starts: contracts send the first snapshot before it, spot after it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from adapters.bybit.market import Market
from adapters.bybit.rows import Frame

PONG: Final = "pong"
AUTH: Final = "auth"
SUBSCRIBE: Final = "subscribe"
OTHER: Final = "other"

PRIVATE_TOPICS: Final = ("order", "execution", "position", "wallet")

# Spot takes so many topics in one request; more than this in one line helps nobody elsewhere either.
_TOPICS_MAX: Final = 10
_WORDS_MAX: Final = 200
# Signing in twice on the trade stream: it is signed in.
_AUTH_AGAIN: Final = 20001
_KINDS: Final = {"auth": AUTH, "subscribe": SUBSCRIBE, "ping": PONG, "pong": PONG}


class Control(msgspec.Struct, frozen=True):
    """A frame that is no data. ``words`` is what the venue said with it; ``code`` 0 where it gave none."""

    kind: str
    ok: bool
    words: str = ""
    req_id: str = ""
    code: int = 0


def control_of(frame: Frame) -> Control:
    """Read a frame without a topic; one that is unknown is ``OTHER`` and not ok."""
    words = (frame.ret_msg or frame.ret_text)[:_WORDS_MAX]
    code = frame.ret_code or 0
    kind = PONG if frame.ret_msg == PONG else _KINDS.get(frame.op, OTHER)
    is_said = frame.success is not None or frame.ret_code is not None or frame.op == PONG
    ok = is_said and frame.success is not False and code in (0, _AUTH_AGAIN)
    req_id = str(frame.req_id or frame.trade_id)[:_WORDS_MAX]
    return Control(kind, ok and kind != OTHER, words, req_id, code)


def ping_frame(req_id: str = "") -> str:
    """Ask a stream whether it is there; to be sent every 20 seconds."""
    return _frame("ping", None, req_id)


def subscribe_frames(topics: Sequence[str], req_id: str = "") -> Iterator[str]:
    """Ask for topics, as many frames as it takes; each has the id with its own number."""
    return _in_parts("subscribe", topics, req_id)


def unsubscribe_frames(topics: Sequence[str], req_id: str = "") -> Iterator[str]:
    """Ask for topics no more."""
    return _in_parts("unsubscribe", topics, req_id)


def book_topic(market: Market, symbol: str) -> str:
    """Name the topic of a symbol's book: what is left and asked for again after a gap."""
    return f"orderbook.{market.book_depth}.{symbol}"


def public_topics(market: Market) -> tuple[str, ...]:
    """Name the public topics of all symbols: book, best prices (they prove life every 3 s), trades, band."""
    names = ("orderbook.1", "publicTrade", "priceLimit")
    return tuple(
        topic
        for symbol in market.grids
        for topic in (book_topic(market, symbol), *(f"{name}.{symbol}" for name in names))
    )


def _in_parts(op: str, topics: Sequence[str], req_id: str) -> Iterator[str]:
    for number, start in enumerate(range(0, len(topics), _TOPICS_MAX)):
        yield _frame(op, topics[start : start + _TOPICS_MAX], f"{req_id}{number}" if req_id else "")


def _frame(op: str, args: Sequence[str] | None, req_id: str) -> str:
    frame: dict[str, Any] = {"op": op}
    if req_id:
        frame["req_id"] = req_id
    if args is not None:
        frame["args"] = list(args)
    return msgspec.json.encode(frame).decode()
