"""The shapes of the venue's messages: only the fields that are needed, everything else is let pass.

Numbers that the venue writes as text stay text here; ``market`` reads them. A row is decoded by
itself, so that a bad one does not take its neighbours with it.
"""

from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta, Raw

from adapters.bybit.market import MS_MAX, WORD_MAX, Unreadable

# Counters and instants of the venue: whole, not negative, and never longer than a machine word.
Count = Annotated[int, Meta(ge=0, le=WORD_MAX)]
Millis = Annotated[int, Meta(ge=0, le=MS_MAX)]
Code = Annotated[int, Meta(ge=-WORD_MAX, le=WORD_MAX)]
# The venue's ids have at most 36 characters, some older ones 45. They are kept: longer ones must not be.
Name = Annotated[str, Meta(max_length=64)]

RowT = TypeVar("RowT")


class _Row(msgspec.Struct, frozen=True):
    """Common configuration only: no behaviour and no fields."""


class Answer(_Row, frozen=True, rename={"ret_code": "retCode", "ret_msg": "retMsg", "ext": "retExtInfo"}):
    """The envelope of every REST answer; ``time`` is the venue's clock in ms."""

    ret_code: Code
    ret_msg: str = ""
    result: Raw = Raw(b"{}")
    ext: Raw = Raw(b"{}")
    time: Millis = 0


class TradeAnswer(
    _Row, frozen=True, rename={"ret_code": "retCode", "ret_msg": "retMsg", "req_id": "reqId", "ext": "retExtInfo"}
):
    """An answer of the trade stream; ``header`` carries what REST has in its headers."""

    op: str
    ret_code: Code
    ret_msg: str = ""
    req_id: str = ""
    data: Raw = Raw(b"{}")
    ext: Raw = Raw(b"{}")
    header: dict[str, Any] = {}


class OrderIds(_Row, frozen=True, rename="camel"):
    """What an order request is acknowledged with."""

    order_id: Name = ""
    order_link_id: Name = ""


class Page(_Row, frozen=True, rename={"cursor": "nextPageCursor", "items": "list"}):
    """A page of rows and where it goes on; spot lists have no cursor."""

    items: list[Raw] = []
    cursor: str | None = ""


class Codes(_Row, frozen=True, rename={"items": "list"}):
    """What became of each item of a batch, in the order of the request."""

    items: list[Raw] = []


class ItemCode(_Row, frozen=True):
    """One item's outcome within a batch."""

    code: Code
    msg: str = ""


class Swept(_Row, frozen=True):
    """The answer to a cancel-all; its list is no evidence."""

    success: str = "1"


class OrderRow(_Row, frozen=True, rename="camel"):
    """An order, as the stream pushes it and as reads show it. Times are ms as text."""

    symbol: str
    order_id: Name
    side: str
    order_status: str
    price: str
    qty: str
    cum_exec_qty: str = "0"
    order_link_id: Name = ""
    cancel_type: str = ""
    reject_reason: str = ""
    created_time: str = "0"
    updated_time: str = "0"
    category: str = ""


class ExecutionRow(_Row, frozen=True, rename="camel"):
    """One execution. ``exec_fee`` above zero is a cost; for ``Funding`` too."""

    symbol: str
    exec_id: Name
    exec_price: str
    exec_qty: str
    exec_time: str
    side: str = ""
    order_id: Name = ""
    order_link_id: Name = ""
    exec_type: str = "Trade"
    exec_fee: str = ""
    fee_rate: str = ""
    fee_currency: str = ""
    is_maker: bool = False
    order_qty: str = ""
    leaves_qty: str = ""
    category: str = ""


class PositionRow(_Row, frozen=True, rename="camel"):
    """A position: ``size`` is never negative, ``side`` is empty when flat."""

    symbol: str
    side: str
    size: str
    position_idx: int = 0
    leverage: str = ""
    trade_mode: int = 0
    seq: Code = 0
    category: str = ""


class CoinRow(_Row, frozen=True, rename={"maintenance": "totalPositionMM", "balance": "walletBalance"}):
    """One coin of the wallet; ``balance`` includes what resting spot orders hold, and is negative when borrowed."""

    coin: str
    equity: str = ""
    maintenance: str = ""
    balance: str = ""


class WalletRow(_Row, frozen=True, rename={"equity": "totalEquity", "maintenance": "totalMaintenanceMargin"}):
    """The account's totals in USD; empty where the margin mode has no totals."""

    equity: str = ""
    maintenance: str = ""
    coin: list[CoinRow] = []


class VenueTime(_Row, frozen=True, rename={"nano": "timeNano"}):
    """The venue's time in ns, as text."""

    nano: str = ""


class BookData(_Row, frozen=True, rename={"symbol": "s", "bids": "b", "asks": "a"}):
    """Levels as (price, size); in a delta a size of 0 removes.

    ``u`` counts the updates of one depth, ``seq`` only grows and is comparable between depths. A book
    that was read has its two instants in here as well.
    """

    symbol: str
    u: Count
    bids: list[tuple[float, float]] = []
    asks: list[tuple[float, float]] = []
    seq: Count = 0
    cts: Millis = 0
    ts: Millis = 0


class TradeRow(_Row, frozen=True, rename={"at_ms": "T", "symbol": "s", "side": "S", "size": "v", "price": "p"}):
    """One public trade; ``side`` is the taker's."""

    at_ms: Millis
    symbol: str
    side: str
    size: str
    price: str


class BandRow(_Row, frozen=True, rename={"buy_max": "buyLmt", "sell_min": "sellLmt"}):
    """The price band: no buy above the one, no sell below the other."""

    buy_max: str
    sell_min: str
    symbol: str = ""


class Frame(_Row, frozen=True, rename={"ret_code": "retCode", "ret_text": "retMsg", "trade_id": "reqId"}):
    """A frame of any stream: data has a topic, small talk has an op.

    The streams name the same things differently, so that both names of each are here.
    """

    topic: str = ""
    type: str = ""
    ts: Millis = 0
    cts: Millis = 0
    data: Raw = Raw(b"null")
    op: str = ""
    success: bool | None = None
    ret_msg: str = ""
    req_id: Any = ""
    ret_code: Code | None = None
    ret_text: str = ""
    trade_id: Any = ""


_DECODERS: Final[dict[Any, msgspec.json.Decoder[Any]]] = {}


def _decoder(shape: type[RowT]) -> msgspec.json.Decoder[RowT]:
    if shape not in _DECODERS:
        # Only books are lax: their levels are numbers written as text, too many to be read one by one.
        _DECODERS[shape] = msgspec.json.Decoder(shape, strict=shape is not BookData)
    return _DECODERS[shape]


def read(raw: bytes | str | Raw, shape: type[RowT]) -> RowT:
    """Decode one value; raises ``Unreadable`` for whatever is not of that shape."""
    try:
        return _decoder(shape).decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as problem:
        raise Unreadable(f"not a {shape.__name__}: {problem}"[:200]) from None
