"""The client that trades on a hundred venues, unmodified, against the served venue: requests, then its streams."""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from compat.strangers import CATEGORIES, open_venue

pytest.importorskip("ccxt", reason="the extra 'compat' is not installed")
import ccxt
import ccxt.pro

_PATIENCE_S = 15.0


@pytest.fixture(scope="module", params=CATEGORIES)
def venue(request, tmp_path_factory) -> Iterator[Any]:
    symbol = "BTC/USDT" if request.param == "spot" else "BTC/USDT:USDT"
    with open_venue(tmp_path_factory.mktemp(request.param), request.param) as running:
        yield SimpleNamespace(category=request.param, at=running, symbol=symbol)


@pytest.fixture
def client(venue) -> Iterator[Any]:
    made = client_of(venue, ccxt.bybit)
    yield made
    made.close()


def client_of(venue, kind: Any, secret: str = "") -> Any:
    """Make a client whose addresses are the served venue's."""
    made = kind({"apiKey": venue.at.key, "secret": secret or venue.at.secret, "enableRateLimit": False})
    made.options["fetchMarkets"] = {"types": [venue.category]}
    made.options["defaultType"] = "spot" if venue.category == "spot" else "swap"
    made.has["fetchCurrencies"] = False
    streams = made.urls["api"].get("ws")
    made.urls["api"] = dict.fromkeys((name for name in made.urls["api"] if name != "ws"), venue.at.http)
    if streams is not None:
        made.urls["api"]["ws"] = addressed(streams, venue.at.ws)
    return made


def addressed(urls: Any, ws: str) -> Any:
    """Give the same paths at another address."""
    if isinstance(urls, dict):
        return {name: addressed(url, ws) for name, url in urls.items()}
    return ws + "/" + urls.split("/", 3)[3]


def a_bid(client, venue) -> tuple[Any, ...]:
    """Describe a bid that rests, far from the market."""
    price = float(f"{client.fetch_ticker(venue.symbol)['bid'] * 0.9:.0f}")
    return venue.symbol, "limit", "buy", 0.01, price


def test_time_markets_and_book(client, venue):
    assert abs(client.fetch_time() / 1e3 - client.milliseconds() / 1e3) < 5
    market = client.load_markets()[venue.symbol]
    assert (0.5, 0.001) == (market["precision"]["price"], market["precision"]["amount"])
    book = client.fetch_order_book(venue.symbol, 5)
    assert book["bids"][0][0] < book["asks"][0][0]


def test_create_edit_cancel(client, venue):
    made = client.create_order(*a_bid(client, venue), {"postOnly": True, "clientOrderId": "cx-1"})
    client.edit_order(made["id"], venue.symbol, "limit", "buy", 0.02, None)
    (order,) = client.fetch_open_orders(venue.symbol)
    assert (0.02, "open", "cx-1") == (order["amount"], order["status"], order["clientOrderId"])
    client.cancel_order(made["id"], venue.symbol)
    assert [] == client.fetch_open_orders(venue.symbol)
    (order,) = [one for one in client.fetch_canceled_orders(venue.symbol) if one["id"] == made["id"]]
    assert "canceled" == order["status"]


def test_a_batch_with_a_doubled_id(client, venue):
    symbol, kind, side, amount, price = a_bid(client, venue)
    asked = [
        {
            "symbol": symbol,
            "type": kind,
            "side": side,
            "amount": amount,
            "price": price,
            "params": {"clientOrderId": name},
        }
        for name in ("cx-b1", "cx-b1", "cx-b2")
    ]
    made = client.create_orders(asked)
    assert [True, False, True] == [bool(order["id"]) for order in made]
    client.cancel_orders([made[0]["id"], made[2]["id"]], symbol)
    assert [] == client.fetch_open_orders(symbol)


def test_a_client_id_that_was_used_and_an_order_that_is_gone(client, venue):
    bid = a_bid(client, venue)
    client.create_order(*bid, {"clientOrderId": "cx-2"})
    with pytest.raises(ccxt.BaseError, match=r"170141|110072"):
        client.create_order(*bid, {"clientOrderId": "cx-2"})
    client.cancel_all_orders(venue.symbol)
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_order("nobody", venue.symbol)


def test_a_bad_signature(venue):
    stranger = client_of(venue, ccxt.bybit, "wrong")
    with pytest.raises(ccxt.AuthenticationError):
        stranger.fetch_balance()
    stranger.close()


def test_balance_trades_and_fees(client, venue):
    assert 50_000 == pytest.approx(client.fetch_balance()["USDT"]["total"], abs=500)
    client.create_order(venue.symbol, "market", "buy", 0.001, 70_000)
    trade = client.fetch_my_trades(venue.symbol)[-1]
    assert (0.001, "taker") == (trade["amount"], trade["takerOrMaker"])
    fees = client.fetch_trading_fee(venue.symbol)
    assert (-0.00025, 0.00075) == (fees["maker"], fees["taker"])
    if venue.category == "linear":
        (position,) = client.fetch_positions([venue.symbol])
        assert ("long", 0.001) == (position["side"], position["contracts"])


# Streams


def test_streams_tell_of_the_book_of_orders_and_of_trades(venue):
    asyncio.run(asyncio.wait_for(streamed(venue), 4 * _PATIENCE_S))


async def streamed(venue) -> None:
    client = client_of(venue, ccxt.pro.bybit)
    try:
        await client.load_markets()
        book = await client.watch_order_book(venue.symbol, 50)
        assert book["bids"][0][0] < book["asks"][0][0]
        price = float(f"{book['bids'][0][0] * 0.9:.0f}")
        orders = asyncio.create_task(client.watch_orders(venue.symbol))
        await asyncio.sleep(1)  # until its subscription is there: it does not say
        await client.create_order_ws(venue.symbol, "limit", "buy", 0.01, price, {"clientOrderId": "cx-w1"})
        (order,) = await orders
        assert ("cx-w1", "open") == (order["clientOrderId"], order["status"])
        await client.cancel_order_ws(order["id"], venue.symbol)
        trades = asyncio.create_task(client.watch_my_trades(venue.symbol))
        await asyncio.sleep(1)
        await client.create_order(venue.symbol, "market", "buy", 0.001, 70_000)
        (trade, *_) = await trades
        assert 0.001 == trade["amount"]
    finally:
        await client.close()
