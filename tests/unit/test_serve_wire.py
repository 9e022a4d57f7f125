"""The served venue in memory, as a client that knows nothing of ours sees it: orders, fills, and who may ask."""

import json

import pytest

# Orders


def test_a_create_is_acknowledged_and_told_on_the_private_stream(contract):
    stream = contract.private()
    answer = contract.create(orderLinkId="a-1")
    assert (0, "a-1") == (answer["retCode"], answer["result"]["orderLinkId"])
    (row,) = stream.of("order")[0]["data"]
    assert (answer["result"]["orderId"], "New", "0.010") == (row["orderId"], row["orderStatus"], row["qty"])
    assert stream.of("position"), "a position is pushed on every create"


def test_a_client_id_is_taken_once(contract):
    contract.create(orderLinkId="a-1")
    assert 110072 == contract.create(orderLinkId="a-1")["retCode"]


def test_a_post_only_order_that_would_take_is_acknowledged_and_then_cancelled(contract):
    stream = contract.private()
    assert 0 == contract.create(orderLinkId="a-1", price=contract.price(100))["retCode"]
    (row,) = stream.of("order")[-1]["data"]
    assert ("Cancelled", "EC_PostOnlyWillTakeLiquidity") == (row["orderStatus"], row["rejectReason"])


def test_an_amend_changes_only_what_it_names(contract):
    contract.create(orderLinkId="a-1")
    contract.post("/v5/order/amend", category="linear", symbol="BTCUSDT", orderLinkId="a-1", qty="0.020")
    (row,) = contract.get("/v5/order/realtime?category=linear&symbol=BTCUSDT")["result"]["list"]
    assert "0.020" == row["qty"]
    price = row["price"]
    contract.post(
        "/v5/order/amend", category="linear", symbol="BTCUSDT", orderLinkId="a-1", price=contract.price(-3000)
    )
    (row,) = contract.get("/v5/order/realtime?category=linear&symbol=BTCUSDT")["result"]["list"]
    assert row["qty"] == "0.020"
    assert row["price"] != price


def test_a_cancelled_order_leaves_the_open_ones_and_stays_in_the_history(contract):
    order_id = contract.create()["result"]["orderId"]
    assert 0 == contract.post("/v5/order/cancel", category="linear", symbol="BTCUSDT", orderId=order_id)["retCode"]
    assert [] == contract.get("/v5/order/realtime?category=linear&symbol=BTCUSDT")["result"]["list"]
    (row,) = contract.get(f"/v5/order/history?category=linear&orderId={order_id}")["result"]["list"]
    assert ("Cancelled", "CancelByUser") == (row["orderStatus"], row["cancelType"])


def test_a_cancel_of_what_is_gone_is_refused(contract):
    cancel = contract.post("/v5/order/cancel", category="linear", symbol="BTCUSDT", orderLinkId="nobody")
    assert 110001 == cancel["retCode"]


def test_a_batch_has_an_outcome_for_each_item(contract):
    items = [
        {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": qty, "price": price, "orderLinkId": name}
        for name, qty, price in (
            ("b-1", "0.010", contract.price(-2000)),
            ("b-1", "0.010", contract.price(-2000)),
            ("b-2", "0.0101", contract.price(-2000)),
            ("b-3", "0.010", contract.price(-2001)),
        )
    ]
    answer = contract.post("/v5/order/create-batch", category="linear", request=items)
    assert [0, 110072, 10001, 0] == [one["code"] for one in answer["retExtInfo"]["list"]]
    assert [True, False, False, True] == [bool(one["orderId"]) for one in answer["result"]["list"]]
    assert (0, 4) == (answer["retCode"], len(answer["result"]["list"]))


def test_a_batch_above_the_budget_succeeds_in_its_first_part(contract):
    def batch(name: str) -> list[int]:
        items = [
            {
                "symbol": "BTCUSDT",
                "side": "Buy",
                "orderType": "Limit",
                "qty": "0.010",
                "price": contract.price(-2000 - i),
            }
            for i in range(20)
        ]
        return contract.signed(
            "POST", "/v5/order/create-batch", json.dumps({"category": "linear", "request": items}).encode()
        )

    first, second = batch("a"), batch("b")
    contract.wait(1)
    codes = [[one["code"] for one in json.loads(came[0].body)["retExtInfo"]["list"]] for came in (first, second)]
    assert [0] * 20 == min(codes)
    assert sorted(max(codes)) == max(codes)
    assert 10006 in max(codes)


def test_cancel_all_empties_a_symbol_and_names_what_went(contract):
    for name in ("a-1", "a-2"):
        contract.create(orderLinkId=name)
    answer = contract.post("/v5/order/cancel-all", category="linear", settleCoin="USDT")
    assert {"a-1", "a-2"} == {one["orderLinkId"] for one in answer["result"]["list"]}
    assert [] == list(contract.venue.venue.open_orders())


def test_a_market_order_is_immediate_at_a_protected_price(contract):
    answer = contract.create(orderType="Market", qty="0.001", price="", side="Sell")
    (row,) = contract.get(f"/v5/order/history?category=linear&orderId={answer['result']['orderId']}")["result"]["list"]
    assert ("Market", "IOC", "Filled", "Sell") == (
        row["orderType"],
        row["timeInForce"],
        row["orderStatus"],
        row["side"],
    )


def test_a_fill_or_kill_order_that_cannot_be_filled_is_killed(contract):
    answer = contract.create(timeInForce="FOK", qty="90.000", price=contract.price(2))
    (row,) = contract.get(f"/v5/order/history?category=linear&orderId={answer['result']['orderId']}")["result"]["list"]
    assert ("Cancelled", "EC_CancelForNoFullFill", "0.000") == (
        row["orderStatus"],
        row["rejectReason"],
        row["cumExecQty"],
    )


# Fills


def test_a_fill_is_one_row_on_stream_and_read(contract):
    stream = contract.private()
    contract.create(side="Buy", timeInForce="IOC", price=contract.price(400), qty="0.001", orderLinkId="t-1")
    told = [row for message in stream.of("execution") for row in message["data"]]
    read = contract.get("/v5/execution/list?category=linear&symbol=BTCUSDT")["result"]["list"]
    assert told[::-1] == read
    assert told
    assert ("t-1", False, "0.001") == (told[0]["orderLinkId"], told[0]["isMaker"], told[0]["execQty"])


def test_fills_are_read_page_by_page_with_a_cursor_that_is_encoded(contract):
    contract.create(side="Buy", timeInForce="IOC", price=contract.price(400), qty="0.500")
    rows, cursor, pages = [], "", 0
    while True:
        more = f"&cursor={cursor}" if cursor else ""
        page = contract.get(f"/v5/execution/list?category=linear&symbol=BTCUSDT&limit=2{more}")["result"]
        rows, cursor, pages = rows + page["list"], page["nextPageCursor"], pages + 1
        if not cursor:
            break
    assert pages > 1
    assert len(rows) == len(contract.venue.venue.fills)
    assert len({row["execId"] for row in rows}) == len(rows)


def test_position_and_wallet_are_the_venues_own(contract):
    contract.create(side="Buy", timeInForce="IOC", price=contract.price(400), qty="0.500")
    (row,) = contract.get("/v5/position/list?category=linear&symbol=BTCUSDT")["result"]["list"]
    assert ("Buy", "0.500") == (row["side"], row["size"])
    (wallet,) = contract.get("/v5/account/wallet-balance?accountType=UNIFIED")["result"]["list"]
    assert float(wallet["totalEquity"]) == pytest.approx(50_000, abs=100)
    assert wallet["coin"][0]["coin"] == "USDT"


# Who may ask


def test_a_signature_covers_the_exact_bytes(contract):
    stamp, body = str(contract.now_ms()), b'{"category":"linear","symbol":"BTCUSDT"}'
    sign = contract.sign(f"{stamp}{contract.key}5000".encode() + body)
    headers = {"x-bapi-api-key": contract.key, "x-bapi-timestamp": stamp, "X-Bapi-Recv-Window": "5000"}
    came = contract.request("POST", "/v5/order/cancel-all", body, **headers, **{"x-bapi-sign": sign})
    assert 0 == contract.one(came)["retCode"]
    spaced = contract.request("POST", "/v5/order/cancel-all", body + b" ", **headers, **{"x-bapi-sign": sign})
    assert 10004 == contract.one(spaced)["retCode"]


@pytest.mark.parametrize("late_ms, code", [(4000, 0), (5500, 10002), (-500, 0), (-1500, 10002)])
def test_a_request_is_taken_within_its_time_window(contract, late_ms, code):
    came = contract.signed("GET", "/v5/order/realtime?category=linear&symbol=BTCUSDT", late_ms=late_ms)
    answer = contract.one(came)
    assert code == answer["retCode"]
    assert not code or f"server_timestamp[{answer['time']}]" in answer["retMsg"]


def test_too_many_visits_are_refused_with_a_header_that_says_when_to_come_back(contract):
    came = [contract.signed("GET", "/v5/order/realtime?category=linear&symbol=BTCUSDT") for _ in range(80)]
    contract.wait(1)
    codes = [json.loads(one[0].body)["retCode"] for one in came]
    assert {0, 10006} == set(codes)
    headers = dict(came[codes.index(10006)][0].headers)
    assert headers["X-Bapi-Limit-Status"] == "0"
    assert int(headers["X-Bapi-Limit-Reset-Timestamp"]) > int(headers["Timenow"])


def test_an_unknown_path_and_a_broken_body_are_answered(contract):
    assert 10017 == contract.get("/v5/nothing", signed=False)["retCode"]
    assert 10001 == contract.one(contract.signed("POST", "/v5/order/create", b"{"))["retCode"]
