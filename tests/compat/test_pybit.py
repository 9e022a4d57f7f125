"""The venue's own Python client, unmodified, against the served venue: only its addresses are others."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from compat.strangers import CATEGORIES, SYMBOL, open_venue, until
from serving import Serving

pytest.importorskip("pybit", reason="the extra 'compat' is not installed")
from pybit import _websocket_trading, exceptions, unified_trading


@pytest.fixture(scope="module", params=CATEGORIES)
def venue(request, tmp_path_factory) -> Iterator[Any]:
    with open_venue(tmp_path_factory.mktemp(request.param), request.param) as running:
        yield SimpleNamespace(category=request.param, at=running, gone=170213 if request.param == "spot" else 110001)


@pytest.fixture
def http(venue) -> Iterator[Any]:
    session = client_of(venue.at, venue.at.secret)
    yield session
    session.client.close()


@pytest.fixture
def streams(venue, monkeypatch) -> Iterator[list[Any]]:
    """Have streams go to the served venue; those that are opened are closed at the end."""
    monkeypatch.setattr(unified_trading, "PRIVATE_WSS", f"{venue.at.ws}/v5/private")
    monkeypatch.setattr(unified_trading, "PUBLIC_WSS", f"{venue.at.ws}/v5/public/{{CHANNEL_TYPE}}")
    monkeypatch.setattr(_websocket_trading, "TRADE_WSS", f"{venue.at.ws}/v5/trade")
    opened: list[Any] = []
    yield opened
    for stream in opened:
        stream.exit()


def client_of(venue: Serving, secret: str) -> Any:
    session = unified_trading.HTTP(api_key=venue.key, api_secret=secret)
    session.endpoint = venue.http
    return session


def a_bid(venue, http, **more: Any) -> dict[str, Any]:
    """Describe a bid that rests, far from the market."""
    ticker = http.get_tickers(category=venue.category, symbol=SYMBOL)["result"]["list"][0]
    price = f"{float(ticker['bid1Price']) * 0.9:.0f}"
    usual = {"category": venue.category, "symbol": SYMBOL, "side": "Buy", "orderType": "Limit", "qty": "0.010"}
    return usual | {"price": price, "timeInForce": "PostOnly"} | more


def code_of(ask, **fields: Any) -> int:
    with pytest.raises(exceptions.InvalidRequestError) as refused:
        ask(**fields)
    return refused.value.status_code


def test_time_instruments_and_book(venue, http):
    assert abs(int(http.get_server_time()["result"]["timeNano"]) / 1e9 - http.get_server_time()["time"] / 1e3) < 5
    (row,) = http.get_instruments_info(category=venue.category)["result"]["list"]
    assert (SYMBOL, "BTC", "USDT", "Trading") == (row["symbol"], row["baseCoin"], row["quoteCoin"], row["status"])
    book = http.get_orderbook(category=venue.category, symbol=SYMBOL, limit=5)["result"]
    assert float(book["b"][0][0]) < float(book["a"][0][0])


def test_create_amend_cancel(venue, http):
    made = http.place_order(**a_bid(venue, http, orderLinkId="py-1"))["result"]
    http.amend_order(category=venue.category, symbol=SYMBOL, orderId=made["orderId"], qty="0.020")
    (row,) = http.get_open_orders(category=venue.category, symbol=SYMBOL, orderLinkId="py-1")["result"]["list"]
    assert ("0.020", "New") == (row["qty"], row["orderStatus"])
    http.cancel_order(category=venue.category, symbol=SYMBOL, orderLinkId="py-1")
    (row,) = http.get_order_history(category=venue.category, orderId=made["orderId"])["result"]["list"]
    assert "Cancelled" == row["orderStatus"]


def test_a_batch_with_a_doubled_id(venue, http):
    items = [
        {name: value for name, value in a_bid(venue, http, orderLinkId=link_id).items() if name != "category"}
        for link_id in ("py-b1", "py-b1", "py-b2")
    ]
    answer = http.place_batch_order(category=venue.category, request=items)
    duplicate = 170141 if venue.category == "spot" else 110072
    assert [0, duplicate, 0] == [one["code"] for one in answer["retExtInfo"]["list"]]
    gone = [{"symbol": SYMBOL, "orderLinkId": name} for name in ("py-b1", "py-b2", "py-none")]
    answer = http.cancel_batch_order(category=venue.category, request=gone)
    assert [0, 0, venue.gone] == [one["code"] for one in answer["retExtInfo"]["list"]]


def test_a_client_id_that_was_used_and_an_order_that_is_gone(venue, http):
    bid = a_bid(venue, http, orderLinkId="py-2")
    http.place_order(**bid)
    assert (170141 if venue.category == "spot" else 110072) == code_of(http.place_order, **bid)
    http.cancel_all_orders(category=venue.category, symbol=SYMBOL)
    assert [] == http.get_open_orders(category=venue.category, symbol=SYMBOL)["result"]["list"]
    assert venue.gone == code_of(http.cancel_order, category=venue.category, symbol=SYMBOL, orderLinkId="py-2")


def test_a_bad_signature(venue):
    stranger = client_of(venue.at, "wrong")
    assert 10004 == code_of(stranger.get_open_orders, category=venue.category, symbol=SYMBOL)
    stranger.client.close()


def test_what_a_client_asks_as_it_starts(venue, http):
    assert "UNIFIED" == http.get_wallet_balance(accountType="UNIFIED")["result"]["list"][0]["accountType"]
    assert 1 == http.get_api_key_information()["result"]["uta"]
    assert "REGULAR_MARGIN" == http.get_account_info()["result"]["marginMode"]
    (fees,) = http.get_fee_rates(category=venue.category, symbol=SYMBOL)["result"]["list"]
    assert ("-0.00025", "0.00075") == (fees["makerFeeRate"], fees["takerFeeRate"])
    assert http.get_coin_info(coin="BTC")["result"]["rows"]


def test_the_private_stream_tells_of_orders_and_fills(venue, http, streams):
    stream = unified_trading.WebSocket("private", testnet=False, api_key=venue.at.key, api_secret=venue.at.secret)
    streams.append(stream)
    orders: list[Any] = []
    fills: list[Any] = []
    stream.order_stream(callback=lambda message: orders.extend(message["data"]))
    stream.execution_stream(callback=lambda message: fills.extend(message["data"]))
    until(lambda: len(stream.subscriptions) == 2 and stream.auth)
    http.place_order(**a_bid(venue, http, orderLinkId="py-3"))
    until(lambda: [row for row in orders if row["orderLinkId"] == "py-3"])
    taken = {"orderType": "Market", "timeInForce": "IOC", "qty": "0.001", "marketUnit": "baseCoin"}
    http.place_order(**a_bid(venue, http, orderLinkId="py-4", **taken))
    fill = until(lambda: [row for row in fills if row["orderLinkId"] == "py-4"])[0]
    assert (SYMBOL, "0.001", False) == (fill["symbol"], fill["execQty"], fill["isMaker"])
    assert [fill["execId"]] == [
        row["execId"] for row in http.get_executions(category=venue.category, orderLinkId="py-4")["result"]["list"]
    ]
    http.cancel_all_orders(category=venue.category, symbol=SYMBOL)


def test_the_public_stream_keeps_a_book(venue, streams):
    stream = unified_trading.WebSocket(venue.category, testnet=False)
    streams.append(stream)
    books: list[Any] = []
    stream.orderbook_stream(50, SYMBOL, callback=books.append)
    until(lambda: len(books) > 5)
    best = books[-1]["data"]
    assert max(float(price) for price, _ in best["b"]) < min(float(price) for price, _ in best["a"])


def test_the_trade_stream_takes_orders(venue, http, streams):
    stream = unified_trading.WebSocketTrading(testnet=False, api_key=venue.at.key, api_secret=venue.at.secret)
    streams.append(stream)
    until(lambda: stream.auth)
    said: list[Any] = []
    stream.place_order(said.append, **a_bid(venue, http, orderLinkId="py-5"))
    until(lambda: said)
    assert ("py-5", 0) == (said[0]["data"]["orderLinkId"], said[0]["retCode"])
    stream.cancel_order(said.append, category=venue.category, symbol=SYMBOL, orderLinkId="py-5")
    until(lambda: len(said) == 2)
    assert [] == http.get_open_orders(category=venue.category, symbol=SYMBOL)["result"]["list"]
