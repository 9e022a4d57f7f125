"""Two small markets on the venue's wire, and its answers in the form in which they come."""

import json
from typing import Any

from adapters.bybit.answers import Reply
from adapters.bybit.market import Market, make_market
from strategy.commands import AmendOrder, CancelOrder, CreateOrder
from strategy.instrument import LINEAR, SPOT, Instrument, make_instrument
from strategy.units import BUY

NOW_NS = 1_700_000_000_000_000_000
VENUE_MS = 1_700_000_000_500
VENUE_NS = VENUE_MS * 1_000_000


def instrument(symbol: str, tick: str, lot: str, kind: str = LINEAR) -> Instrument:
    """Give an instrument of a grid; its limits and fees do not matter here."""
    return make_instrument(
        symbol=symbol,
        kind=kind,
        tick=tick,
        lot=lot,
        size_min=lot,
        size_max=lot,
        notional_min="0",
        maker_fee_bps="2",
        taker_fee_bps="5.5",
    )


def market_of(grids: dict[str, tuple[str, str]], kind: str = LINEAR, book_depth: int = 50) -> Market:
    """Give a market of these symbols, each with its tick and its lot."""
    return make_market(kind, [instrument(name, *grid, kind) for name, grid in grids.items()], book_depth=book_depth)


PERPS = market_of({"BTCUSDT": ("0.1", "0.001"), "ETHUSDT": ("0.01", "0.01")})
PAIRS = market_of({"BTCUSDT": ("0.1", "0.000001"), "ETHUSDT": ("0.01", "0.00001")}, SPOT)


def create(client_id: str = "s-1", **changes: Any) -> CreateOrder:
    """Ask for a post-only bid of 10 lots at 650,000 ticks."""
    asked: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "slot": "bid0",
        "side": BUY,
        "price_ticks": 650_000,
        "size_lots": 10,
        "post_only": True,
        "reduce_only": False,
        "taking": False,
        "send_by_ns": 0,
        "cycle_id": 0,
    }
    return CreateOrder(client_id=client_id, **(asked | changes))


def amend(client_id: str = "s-1", price_ticks: int = 650_001, size_lots: int = 20) -> AmendOrder:
    """Ask for another price and size."""
    return AmendOrder(client_id, "BTCUSDT", price_ticks, size_lots, 0, 0)


def cancel(client_id: str = "s-1") -> CancelOrder:
    """Ask for the end of an order."""
    return CancelOrder(client_id, "BTCUSDT", 0)


def envelope(result: Any, code: int = 0, ext: Any = None) -> dict[str, Any]:
    """Give the envelope of a REST answer."""
    return {"retCode": code, "retMsg": "OK", "result": result, "retExtInfo": ext or {}, "time": VENUE_MS}


def reply(result: Any, code: int = 0, ext: Any = None, **headers: str) -> Reply:
    """Give a REST answer as it comes; header names have dashes for underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(envelope(result, code, ext)).encode()
    return Reply(200, "application/json; charset=utf-8", named, body)


def frame(**fields: Any) -> str:
    """Give a frame of a stream as it comes."""
    return json.dumps(fields, separators=(",", ":"))


def order_row(**changes: Any) -> dict[str, Any]:
    """Give a row of the order topic: ``s-1`` as ``create`` asks for it, open and untouched."""
    row: dict[str, Any] = {
        "category": "linear",
        "symbol": "BTCUSDT",
        "orderId": "v-1",
        "orderLinkId": "s-1",
        "side": "Buy",
        "orderStatus": "New",
        "price": "65000.00",
        "qty": "0.010",
        "cumExecQty": "0",
        "cancelType": "",
        "rejectReason": "EC_NoError",
        "createdTime": str(VENUE_MS),
        "updatedTime": str(VENUE_MS),
    }
    return row | changes


def execution_row(**changes: Any) -> dict[str, Any]:
    """Give a row of the execution topic: 4 of the 10 lots of ``s-1``, made."""
    row: dict[str, Any] = {
        "category": "linear",
        "symbol": "BTCUSDT",
        "execId": "e-1",
        "orderId": "v-1",
        "orderLinkId": "s-1",
        "side": "Buy",
        "execType": "Trade",
        "execPrice": "65000.00",
        "execQty": "0.004",
        "execFee": "0.052",
        "feeRate": "0.0002",
        "feeCurrency": "USDT",
        "isMaker": True,
        "orderQty": "0.010",
        "leavesQty": "0.006",
        "execTime": str(VENUE_MS),
    }
    return row | changes
