"""Questions to the served venue: what is traded, how things stand, and what an account has done."""

import json

import pytest
from served import SPOT, Client


@pytest.fixture(params=["linear", "spot"])
def client(request, tmp_path) -> Client:
    made = Client(tmp_path, market=SPOT if request.param == "spot" else "")
    made.category = request.param
    return made


# The market


def test_an_instrument_has_the_rules_of_its_kind(client):
    (row,) = client.market("instruments-info", category=client.category)["result"]["list"]
    sizes = row["lotSizeFilter"]
    assert ("0.50", "0.001") == (row["priceFilter"]["tickSize"], sizes["minOrderQty"])
    if client.category == "spot":
        assert ("0.001", "5") == (sizes["basePrecision"], sizes["minOrderAmt"])
        assert "qtyStep" not in sizes
    else:
        assert ("0.001", "5", "USDT") == (sizes["qtyStep"], sizes["minNotionalValue"], row["settleCoin"])


def test_contracts_are_listed_page_by_page(tmp_path):
    client = Client(tmp_path, symbols="[BTCUSDT, ETHUSDT]")
    first = client.market("instruments-info", category="linear", limit=1)["result"]
    cursor = first["nextPageCursor"]
    second = client.market("instruments-info", category="linear", limit=1, cursor=cursor)["result"]
    assert ["BTCUSDT", "ETHUSDT"] == [page["list"][0]["symbol"] for page in (first, second)]
    assert "" == second["nextPageCursor"]


def test_what_is_not_traded_here_is_listed_as_nothing(contract):
    for category in ("inverse", "option", "spot"):
        assert [] == contract.market("instruments-info", category=category)["result"]["list"]


def test_the_book_that_is_read_is_as_deep_as_asked(client):
    book = client.market("orderbook", category=client.category, symbol="BTCUSDT", limit=3)["result"]
    assert [3, 3] == [len(book["b"]), len(book["a"])]
    assert float(book["b"][0][0]) > float(book["b"][1][0])
    usual = client.market("orderbook", category=client.category, symbol="BTCUSDT")["result"]
    assert (1 if client.category == "spot" else 5) <= len(usual["b"]) <= (1 if client.category == "spot" else 25)


def test_a_book_that_is_read_joins_the_deepest_stream(contract):
    topic = "orderbook.1000.BTCUSDT"
    stream = contract.stream("/v5/public/linear")
    stream.say({"op": "subscribe", "args": [topic]})
    book = contract.market("orderbook", category="linear", symbol="BTCUSDT", limit=1000)["result"]
    told: dict[str, dict[str, str]] = {"b": {}, "a": {}}
    for message in stream.of(topic):
        if message["data"]["u"] <= book["u"]:
            for side, levels in told.items():
                levels.update(dict(message["data"][side]))
    shown = {side: {price: size for price, size in levels.items() if float(size)} for side, levels in told.items()}
    assert {side: dict(book[side]) for side in ("b", "a")} == shown


def test_a_ticker_is_the_best_prices_and_what_was_traded(client):
    client.wait(5)
    (row,) = client.market("tickers", category=client.category, symbol="BTCUSDT")["result"]["list"]
    rows = client.market("recent-trade", category=client.category, symbol="BTCUSDT")["result"]["list"]
    assert float(row["bid1Price"]) < float(row["ask1Price"])
    assert rows[0]["time"] >= rows[-1]["time"]
    assert ("fundingRate" in row) == (client.category == "linear")
    assert float(row["volume24h"]) > 0


def test_minutes_of_trading_are_kept(contract):
    contract.wait(150)
    rows = contract.market("kline", category="linear", symbol="BTCUSDT", interval=1)["result"]["list"]
    assert len(rows) >= 2
    start, opened, high, low, closed, volume, turnover = map(float, rows[1])
    assert low <= min(opened, closed)
    assert max(opened, closed) <= high
    assert volume > 0
    assert turnover > 0
    assert 60_000 == float(rows[0][0]) - start


def test_longer_spans_are_minutes_put_together(contract):
    contract.wait(400)
    contract.venue.venue.freeze(is_frozen=True)
    spans = {
        interval: contract.market("kline", category="linear", symbol="BTCUSDT", interval=interval)["result"]["list"]
        for interval in ("1", "5", "D")
    }
    minutes, fives, days = ([[float(part) for part in row] for row in rows] for rows in spans.values())
    assert 1 == len(days)
    assert sum(row[5] for row in minutes) == pytest.approx(days[0][5])
    (five,) = [row for row in fives if row[0] == 1767619800_000]  # 13:30 to 13:35
    inside = [row for row in minutes if five[0] <= row[0] < five[0] + 300_000]
    assert (inside[-1][1], inside[0][4]) == (five[1], five[4])
    assert max(row[2] for row in inside) == five[2]
    late = contract.market("kline", category="linear", symbol="BTCUSDT", interval=1, start=int(minutes[0][0]), limit=5)
    assert 1 == len(late["result"]["list"])
    assert 10001 == contract.market("kline", category="linear", symbol="BTCUSDT", interval=7)["retCode"]


def test_the_band_is_where_orders_end(tmp_path):
    client = Client(tmp_path, market="venue.band_pct: 1")
    row = client.market("price-limit", category="linear", symbol="BTCUSDT")["result"]
    assert float(row["buyLmt"]) == pytest.approx(60_000 * 1.01, rel=2e-3)
    assert float(row["sellLmt"]) == pytest.approx(60_000 * 0.99, rel=2e-3)


def test_tiers_and_lists_without_anything(contract):
    assert 1 == len(contract.market("risk-limit", category="linear", symbol="BTCUSDT")["result"]["list"])
    assert [] == contract.market("open-interest", category="linear", symbol="BTCUSDT")["result"]["list"]
    assert [] == contract.market("funding/history", category="linear", symbol="BTCUSDT")["result"]["list"]
    assert [] == contract.get("/v5/system/status", signed=False)["result"]["list"]


def test_announced_maintenance_is_on_the_status_page_and_its_topic(tmp_path):
    fault = "{at_s: 5, kind: maintenance, announced_s: 20, steps: [{regime: cancel_only, for_s: 10}]}"
    client = Client(tmp_path, faults=fault)
    stream = client.stream("/v5/public/misc/status")
    stream.say({"op": "subscribe", "args": ["system.status"]})
    client.wait(8)
    rows = client.get("/v5/system/status", signed=False)["result"]["list"]
    assert ["BTCUSDT: cancel_only", "BTCUSDT: open"] == [row["title"] for row in rows]
    assert rows == stream.of("system.status")[-1]["data"]
    client.wait(15)
    assert 110074 == client.create()["retCode"]


@pytest.mark.parametrize(
    "path",
    [
        "instruments-info?category=linear&limit=x",
        "orderbook?category=linear&symbol=BTCUSDT&limit=-1",
        "orderbook?category=linear",
        "tickers?category=nothing",
    ],
)
def test_strange_questions_are_parameter_errors(contract, path):
    assert 10001 == contract.get(f"/v5/market/{path}", signed=False)["retCode"]


def test_an_unknown_symbol_has_the_number_of_its_kind(client):
    answer = client.market("orderbook", category=client.category, symbol="NOPE")
    assert {"linear": 10029, "spot": 170121}[client.category] == answer["retCode"]


# The account


def test_a_contract_question_says_what_it_is_about(contract):
    for path in ("/v5/order/realtime", "/v5/position/list"):
        assert 10001 == contract.get(f"{path}?category=linear")["retCode"]
        assert 0 == contract.get(f"{path}?category=linear&settleCoin=USDT")["retCode"]
    assert 10001 == contract.get("/v5/order/realtime?category=inverse")["retCode"]
    assert 10001 == contract.get("/v5/position/list?category=spot&settleCoin=USDT")["retCode"]


def test_orders_are_listed_newest_first_and_page_by_page(contract):
    for count in range(3):
        contract.create(orderLinkId=f"p-{count}")
    first = contract.get("/v5/order/realtime?category=linear&symbol=BTCUSDT&limit=2")["result"]
    more = contract.get(f"/v5/order/realtime?category=linear&symbol=BTCUSDT&limit=2&cursor={first['nextPageCursor']}")
    pages = first["list"], more["result"]["list"]
    assert [["p-2", "p-1"], ["p-0"]] == [[row["orderLinkId"] for row in page] for page in pages]
    assert "" == more["result"]["nextPageCursor"]


def test_closed_orders_are_shown_where_they_are_asked_for(contract):
    contract.create(orderLinkId="c-1")
    contract.post("/v5/order/cancel", category="linear", symbol="BTCUSDT", orderLinkId="c-1")
    contract.create(orderLinkId="c-2")
    listed = contract.get("/v5/order/realtime?category=linear&symbol=BTCUSDT&openOnly=1")["result"]["list"]
    named = contract.get("/v5/order/realtime?category=linear&orderLinkId=c-1")["result"]["list"]
    over = contract.get("/v5/order/history?category=linear&orderStatus=Filled")["result"]["list"]
    assert ([["c-1"], ["c-1"]], []) == ([[row["orderLinkId"] for row in rows] for rows in (listed, named)], over)


def test_executions_are_of_a_time_and_of_an_order(contract):
    contract.create(orderLinkId="e-1", timeInForce="IOC", price=contract.price(400))
    later = contract.now_ms() + 1000
    assert [] == contract.get(f"/v5/execution/list?category=linear&startTime={later}")["result"]["list"]
    assert [] == contract.get("/v5/execution/list?category=linear&orderLinkId=nobody")["result"]["list"]
    assert [] == contract.get("/v5/execution/list?category=linear&execType=Funding")["result"]["list"]
    wide = "/v5/execution/list?category=linear&startTime=1&endTime=999999999999"
    assert 10001 == contract.get(wide)["retCode"]
    assert 10001 == contract.get("/v5/execution/list?category=linear&startTime=soon")["retCode"]


def test_funding_is_an_execution_and_moves_the_wallet(tmp_path):
    client = Client(tmp_path, market="venue.funding.every_s: 30")
    stream = client.stream("/v5/private")
    stream.sign_in()
    stream.say({"op": "subscribe", "args": ["execution.linear"]})
    stream.say({"op": "subscribe", "args": ["wallet"]})
    client.create(timeInForce="IOC", price=client.price(400), qty="0.100")
    client.wait(30)
    (row,) = client.get("/v5/execution/list?category=linear&execType=Funding")["result"]["list"]
    (told,) = [
        row for message in stream.of("execution.linear") for row in message["data"] if row["execType"] == "Funding"
    ]
    assert told == row
    assert stream.of("wallet")
    (settled,) = client.market("funding/history", category="linear", symbol="BTCUSDT")["result"]["list"]
    assert (row["execTime"], 1e-4) == (settled["fundingRateTimestamp"], float(settled["fundingRate"]))
    assert 0.6 == pytest.approx(float(row["execFee"]), rel=0.02)
    assert float(row["feeRate"]) == pytest.approx(1e-4, rel=1e-3)


def test_a_liquidation_is_an_execution_that_nobody_ordered(tmp_path):
    client = Client(tmp_path, market='venue.deposit_usdt: "250", venue.maintenance_pct: 50')
    stream = client.stream("/v5/private")
    stream.sign_in()
    stream.say({"op": "subscribe", "args": ["execution", "order"]})
    client.create(timeInForce="IOC", price=client.price(400), qty="0.010", orderLinkId="l-1")
    client.wait(2)
    (row,) = client.get("/v5/execution/list?category=linear&execType=BustTrade&limit=1")["result"]["list"]
    assert ("Sell", "", "CreateByLiq") == (row["side"], row["orderLinkId"], row["createType"])
    assert float(row["closedSize"]) > 0
    told = [one for message in stream.of("execution") for one in message["data"] if one["execType"] == "BustTrade"]
    assert row in told
    orders = client.get("/v5/order/history?category=linear&symbol=BTCUSDT&limit=50")["result"]["list"]
    assert row["orderId"] in [order["orderId"] for order in orders]
    (position,) = client.get("/v5/position/list?category=linear&symbol=BTCUSDT")["result"]["list"]
    assert ("", "0.000") == (position["side"], position["size"])


def test_orders_of_one_status_are_found_however_far_back_they_are(contract):
    contract.create(timeInForce="IOC", price=contract.price(400), qty="0.001", orderLinkId="f-1")
    for count in range(3):
        contract.create(orderLinkId=f"n-{count}")
    contract.post("/v5/order/cancel-all", category="linear", symbol="BTCUSDT")
    rows = contract.get("/v5/order/history?category=linear&orderStatus=Filled&limit=1")["result"]["list"]
    assert ["f-1"] == [row["orderLinkId"] for row in rows]


def test_fast_executions_name_no_client_id_for_makers(contract):
    stream = contract.stream("/v5/private")
    stream.sign_in()
    stream.say({"op": "subscribe", "args": ["execution.fast"]})
    contract.create(orderLinkId="m-1", price=contract.price(0), qty="0.001")
    contract.create(orderLinkId="t-1", price=contract.price(400), qty="0.001", timeInForce="IOC")
    contract.wait(60)
    rows = [row for message in stream.of("execution.fast") for row in message["data"]]
    assert {True: "", False: "t-1"} == {row["isMaker"]: row["orderLinkId"] for row in rows}


def test_spot_money_is_coins(pair):
    pair.create(category="spot", side="Buy", timeInForce="IOC", price=pair.price(400), qty="0.100")
    pair.create(category="spot", price=pair.price(-2000), qty="0.010")
    (wallet,) = pair.get("/v5/account/wallet-balance?accountType=UNIFIED")["result"]["list"]
    held = {coin["coin"]: coin for coin in wallet["coin"]}
    assert "0.1" == held["BTC"]["walletBalance"]
    assert 44_000 == pytest.approx(float(held["USDT"]["walletBalance"]), abs=20)
    assert 590 == pytest.approx(float(held["USDT"]["locked"]), abs=2)
    (one,) = pair.get("/v5/account/wallet-balance?accountType=UNIFIED&coin=BTC")["result"]["list"]
    assert ["BTC"] == [coin["coin"] for coin in one["coin"]]
    balances = pair.get("/v5/asset/transfer/query-account-coins-balance?accountType=UNIFIED&coin=BTC")["result"]
    assert [("BTC", "0.1")] == [(coin["coin"], coin["walletBalance"]) for coin in balances["balance"]]
    assert 10001 == pair.get("/v5/account/wallet-balance?accountType=SPOT")["retCode"]


def test_a_spot_order_cancelled_in_part_says_so(pair):
    answer = pair.create(category="spot", timeInForce="IOC", price=pair.price(400), qty="90.000")
    (row,) = pair.get(f"/v5/order/history?category=spot&orderId={answer['result']['orderId']}")["result"]["list"]
    assert ("PartiallyFilledCanceled", "EC_NoImmediateQtyToFill") == (row["orderStatus"], row["rejectReason"])
    assert float(row["cumExecQty"]) > 0


def test_everything_a_row_documents_is_there(contract):
    stream = contract.private()
    contract.create(timeInForce="IOC", price=contract.price(400), qty="0.001")
    rows = {topic: stream.of(topic)[-1]["data"][0] for topic in ("order", "execution", "position", "wallet")}
    assert all(isinstance(rows["order"][name], str) for name in ("feeCurrency", "closedPnl", "cumExecFee", "avgPrice"))
    assert {"execFee", "feeRate", "leavesQty", "closedSize", "seq"} <= set(rows["execution"])
    assert {"entryPrice", "positionIM", "seq", "liqPrice"} <= set(rows["position"])
    assert json.dumps(rows["wallet"])
    assert {"totalEquity", "totalMaintenanceMargin", "coin"} <= set(rows["wallet"])


def test_two_categories_live_side_by_side(tmp_path):
    client = Client(tmp_path, symbols="[BTCUSDT, ETHUSDT]", market="symbols.ETHUSDT.instrument.kind: spot")
    listed = {
        category: [row["symbol"] for row in client.market("instruments-info", category=category)["result"]["list"]]
        for category in ("linear", "spot")
    }
    assert {"linear": ["BTCUSDT"], "spot": ["ETHUSDT"]} == listed
    client.create(orderLinkId="c-1")
    client.create(
        category="spot", symbol="ETHUSDT", qty="0.10", price=client.price(-2000, "ETHUSDT"), orderLinkId="s-1"
    )
    gone = client.post("/v5/order/cancel-all", category="linear", settleCoin="USDT")["result"]["list"]
    assert ["c-1"] == [one["orderLinkId"] for one in gone]
    (left,) = client.get("/v5/order/realtime?category=spot")["result"]["list"]
    assert ("s-1", "spot") == (left["orderLinkId"], left["category"])
    stream = client.stream("/v5/public/spot")
    (refused,) = stream.say({"op": "subscribe", "args": ["orderbook.50.BTCUSDT"]})
    assert refused["success"] is False
    assert 170121 == client.create(category="spot", symbol="BTCUSDT")["retCode"]
