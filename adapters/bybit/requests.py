"""Commands as calls of the venue: the exact bytes over REST, or the same as a frame of the trade stream.

Every order says what it must not do. Quotes carry ``smpType`` ``CancelTaker``: should a newer one meet
an older one of ours, the newer goes and the older keeps its place, as on the simulated venue. Orders
that take (unwinding, flattening) carry ``CancelMaker``: what takes risk away must not be stopped by a
quote of ours that stands in its way. Linear orders name the one-way position, ``positionIdx`` 0.

``RequestBook`` over REST is for when the public stream is down: the counter of that book is the
1000-level stream's and joins no other. With the stream up, subscribe its topic again instead.
"""

from typing import Any, Final
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from adapters.bybit.market import Market, handle_of
from adapters.bybit.signing import WINDOW_MS, stream_header
from strategy import commands
from strategy.batching import Capability, Group
from strategy.errors import OurMistake
from strategy.instrument import LINEAR
from strategy.units import BUY, NS_PER_DAY, NS_PER_MS

GET: Final = "GET"
POST: Final = "POST"
CANCEL_ALL: Final = "/v5/order/cancel-all"

_BATCH_MAX: Final = {LINEAR: 20}
_BATCH_MAX_SPOT: Final = 10
_ORDERS_PAGE: Final = 50
_FILLS_PAGE: Final = 100
_BOOK_LEVELS: Final = 200
# With a start and no end the venue shows seven days from the start on; the latest seven are asked by no start.
_FILLS_REACH_NS: Final = 7 * NS_PER_DAY - 600_000 * NS_PER_MS

_VERBS: Final[dict[type, str]] = {
    commands.CreateOrder: "create",
    commands.AmendOrder: "amend",
    commands.CancelOrder: "cancel",
}


class Call(msgspec.Struct, frozen=True, gc=False):
    """One REST call. ``query`` is as it stands in the URL, ``body`` as it leaves: both are what is signed."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    is_signed: bool = True

    @property
    def target(self) -> str:
        """Give path and query as one."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def payload(self) -> bytes:
        """Give the bytes that the signature covers."""
        return self.body if self.method == POST else self.query.encode()


def capability_of(market: Market) -> Capability:
    """Say what one request may carry: batches count once per order, and may mix symbols."""
    size = _BATCH_MAX.get(market.category, _BATCH_MAX_SPOT)
    return Capability(creates_max=size, amends_max=size, cancels_max=size, per_item=True, mixes_symbols=True)


def call_of(market: Market, one: Group, venue_ns: int) -> Call:
    """Turn a request into its first call; ``venue_ns`` is the venue's time as estimated.

    Raises ``OurMistake`` for a group that no request can carry.
    """
    first = one[0]
    if type(first) in _VERBS:
        path = f"/v5/order/{_VERBS[type(first)]}" + ("-batch" if len(one) > 1 else "")
        return Call(POST, path, body=msgspec.json.encode(order_args(market, one)))
    match first:
        case commands.CancelAll():
            return Call(POST, CANCEL_ALL, body=msgspec.json.encode(_cancel_all(market, first.symbol)))
        case commands.QueryOrder():
            return order_call(market, first, "realtime")
        case commands.QueryOpenOrders():
            return _get("/v5/order/realtime", category=market.category, symbol=first.symbol, limit=_ORDERS_PAGE)
        case commands.QueryFills():
            return _get("/v5/execution/list", **_fills(market, first, venue_ns))
        case commands.RequestBook():
            return _unsigned("/v5/market/orderbook", category=market.category, symbol=first.symbol, limit=_BOOK_LEVELS)
        case commands.QueryTerms():
            return _unsigned("/v5/market/instruments-info", category=market.category, symbol=first.symbol)
        case commands.SampleClock():
            return _unsigned("/v5/market/time")
        case commands.QueryMargin():
            return _get("/v5/account/wallet-balance", accountType="UNIFIED")
        case _:
            raise OurMistake(f"{type(first).__name__} is no request to a venue")


def order_call(market: Market, command: commands.QueryOrder, where: str) -> Call:
    """Ask for one order, among those ``realtime`` still knows or in the ``history``."""
    return _get(f"/v5/order/{where}", category=market.category, symbol=command.symbol, **handle_of(command.client_id))


def next_page(call: Call, cursor: str) -> Call:
    """Ask for what follows a page. The venue's cursor is encoded already and goes back as it came."""
    parts = [part for part in call.query.split("&") if not part.startswith("cursor=")]
    return replace(call, query="&".join([*parts, f"cursor={quote(cursor, safe='%')}"]))


def can_stream(one: Group) -> bool:
    """Say whether the trade stream takes a request: creates, amends and cancels, and nothing else."""
    return type(one[0]) in _VERBS


def frame_of(market: Market, one: Group, req_id: str, stamp_ms: int, window_ms: int = WINDOW_MS) -> str:
    """Turn a request into a frame of the trade stream; raises ``OurMistake`` where ``can_stream`` says no."""
    if not can_stream(one):
        raise OurMistake(f"{type(one[0]).__name__} does not go over the trade stream")
    op = f"order.{_VERBS[type(one[0])]}" + ("-batch" if len(one) > 1 else "")
    frame = {
        "reqId": req_id,
        "header": stream_header(stamp_ms, window_ms),
        "op": op,
        "args": [order_args(market, one)],
    }
    return msgspec.json.encode(frame).decode()


def order_args(market: Market, one: Group) -> dict[str, Any]:
    """Give the argument of an order request: one order's fields, or a batch of them."""
    kind = type(one[0])
    if any(type(command) is not kind for command in one):
        raise OurMistake("a batch carries commands of one kind")
    items = [_item(market, command) for command in one]
    if len(items) == 1:
        return {"category": market.category, **items[0]}
    return {"category": market.category, "request": items}


def _item(market: Market, command: commands.Command) -> dict[str, Any]:
    match command:
        case commands.CreateOrder():
            return _create(market, command)
        case commands.AmendOrder():
            grid = market.grids[command.symbol]
            return {
                "symbol": command.symbol,
                **handle_of(command.client_id),
                "qty": grid.size_text(command.size_lots),
                "price": grid.price_text(command.price_ticks),
            }
        case commands.CancelOrder():
            return {"symbol": command.symbol, **handle_of(command.client_id)}
        case _:
            raise OurMistake(f"{type(command).__name__} is no order request")


def _create(market: Market, command: commands.CreateOrder) -> dict[str, Any]:
    grid = market.grids[command.symbol]
    item: dict[str, Any] = {
        "symbol": command.symbol,
        "side": "Buy" if command.side == BUY else "Sell",
        "orderType": "Limit",
        "qty": grid.size_text(command.size_lots),
        "price": grid.price_text(command.price_ticks),
        "timeInForce": _time_in_force(command),
        "orderLinkId": command.client_id,
        "smpType": "CancelMaker" if command.taking or command.fill_or_kill else "CancelTaker",
    }
    if market.is_linear:
        item |= {"positionIdx": 0, "reduceOnly": command.reduce_only}
    else:
        item |= {"isLeverage": 0, "orderFilter": "Order"}
    return item


def _time_in_force(command: commands.CreateOrder) -> str:
    if command.fill_or_kill:
        return "FOK"
    if command.taking:
        return "IOC"
    return "PostOnly" if command.post_only else "GTC"


def _cancel_all(market: Market, symbol: str) -> dict[str, str]:
    if symbol:
        return {"category": market.category, "symbol": symbol}
    # Contracts need a scope; spot has none to give.
    scope = {"settleCoin": market.settle_coin} if market.is_linear else {}
    return {"category": market.category, **scope}


def _fills(market: Market, command: commands.QueryFills, venue_ns: int) -> dict[str, str | int]:
    asked: dict[str, str | int] = {"category": market.category, "symbol": command.symbol, "limit": _FILLS_PAGE}
    if command.since_venue_ns > venue_ns - _FILLS_REACH_NS:
        asked["startTime"] = command.since_venue_ns // NS_PER_MS
    return asked


def _get(path: str, **asked: str | int) -> Call:
    return Call(GET, path, _query(asked))


def _unsigned(path: str, **asked: str | int) -> Call:
    return Call(GET, path, _query(asked), is_signed=False)


def _query(asked: dict[str, str | int]) -> str:
    return "&".join(f"{name}={quote(str(value), safe='')}" for name, value in asked.items())
