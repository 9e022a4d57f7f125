"""Requests to the served venue that are refused, and settings of the account that change what is."""

import pytest
from served import Client


def test_leverage_that_is_so_already_is_said_to_be(contract):
    fields = {"category": "linear", "symbol": "BTCUSDT"}
    same = contract.post("/v5/position/set-leverage", **fields, buyLeverage="10", sellLeverage="10")
    other = contract.post("/v5/position/set-leverage", **fields, buyLeverage="20", sellLeverage="20")
    assert [110043, 0] == [same["retCode"], other["retCode"]]
    (row,) = contract.get("/v5/position/list?category=linear&symbol=BTCUSDT")["result"]["list"]
    assert "20" == row["leverage"]
    assert 110013 == contract.post("/v5/position/set-leverage", **fields, buyLeverage="500")["retCode"]
    assert 10001 == contract.post("/v5/position/set-leverage", **fields, buyLeverage="-1")["retCode"]


def test_one_way_is_the_only_mode(contract):
    asked = [
        contract.post("/v5/position/switch-mode", category="linear", symbol="BTCUSDT", mode=mode) for mode in (0, 3)
    ]
    assert [110025, 110029] == [one["retCode"] for one in asked]


@pytest.mark.parametrize("moves", [True, False])
def test_a_price_outside_the_band_is_moved_or_refused_as_the_account_is_set(tmp_path, moves):
    client = Client(tmp_path, market="venue.band_pct: 1")
    client.post("/v5/account/set-limit-px-action", category="linear", modifyEnable=moves)
    assert moves is not client.get("/v5/account/user-setting-config")["result"]["lpaPerp"]
    answer = client.create(timeInForce="IOC", price="70000", qty="0.001", orderLinkId="b-1")
    assert (0 if moves else 110003) == answer["retCode"]
    rows = client.get("/v5/order/history?category=linear&orderLinkId=b-1")["result"]["list"]
    assert [] == rows or float(rows[0]["price"]) < 61_000


@pytest.mark.parametrize(
    "fields, code",
    [
        ({"side": "Up"}, 10001),
        ({"orderType": "Stop"}, 10001),
        ({"timeInForce": "Later"}, 10001),
        ({"positionIdx": 1}, 10001),
        ({"orderLinkId": "x" * 37}, 10001),
        ({"orderLinkId": "a b"}, 10001),
        ({"qty": "0"}, 10001),
        ({"qty": "1e9"}, 10001),
        ({"qty": "0.0001"}, 10001),
        ({"qty": True}, 10001),
        ({"qty": "1000.000"}, 10001),
        ({"price": "0.10"}, 10001),
        ({"qty": "0.001", "price": "100"}, 110094),
        ({"symbol": "NOPE"}, 10029),
        ({"category": "inverse"}, 10001),
        ({"reduceOnly": True}, 110017),
    ],
)
def test_what_is_wrong_with_a_contract_order_has_its_number(contract, fields, code):
    assert code == contract.create(**fields)["retCode"]
    assert [] == list(contract.venue.venue.open_orders())


@pytest.mark.parametrize(
    "fields, code",
    [
        ({"price": "50000.01"}, 170134),
        ({"qty": "1000.000"}, 170124),
        ({"qty": "0.001", "price": "100"}, 170140),
        ({"symbol": "NOPE"}, 170121),
    ],
)
def test_what_is_wrong_with_a_spot_order_has_its_number(pair, fields, code):
    assert code == pair.create(category="spot", **fields)["retCode"]


@pytest.mark.parametrize(
    "path, fields",
    [
        ("create-batch", {"request": []}),
        ("create-batch", {"request": [{}] * 21}),
        ("cancel-batch", {"request": "all"}),
        ("amend", {"symbol": "BTCUSDT", "orderLinkId": "a"}),
        ("cancel", {"symbol": "BTCUSDT"}),
        ("cancel-all", {}),
    ],
)
def test_a_request_without_its_parts_is_a_parameter_error(contract, path, fields):
    assert 10001 == contract.post(f"/v5/order/{path}", category="linear", **fields)["retCode"]


def test_items_that_are_none_have_their_place_in_a_batch(contract):
    answer = contract.post("/v5/order/cancel-batch", category="linear", request=[7, {"symbol": "BTCUSDT"}, None])
    assert [10001, 10001, 10001] == [one["code"] for one in answer["retExtInfo"]["list"]]


@pytest.mark.parametrize("fields", [{"orderId": "1"}, {"orderLinkId": "~1"}, {"orderLinkId": "?"}, {"orderId": [1]}])
def test_an_order_without_a_name_is_found_by_its_own_id_alone(contract, fields):
    made = contract.create()["result"]
    usual = {"category": "linear", "symbol": "BTCUSDT"}
    assert 110001 == contract.post("/v5/order/cancel", **usual, **fields)["retCode"]
    assert 0 == contract.post("/v5/order/cancel", **usual, orderId=made["orderId"])["retCode"]


def test_five_hundred_orders_are_the_most(tmp_path):
    client = Client(tmp_path, market="rates.orders_per_s: 1000, rates.burst: 1000")
    price = client.price(-3000)
    client.venue.venue.freeze(is_frozen=True)
    for count in range(25):
        items = [
            {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.001", "price": price}
            for _ in range(20)
        ]
        client.post("/v5/order/create-batch", category="linear", request=items)
        assert 20 * (count + 1) == len(list(client.venue.venue.open_orders()))
    assert 110020 == client.create()["retCode"]
