"""Connections of the served wire: made, broken, left alone, and what becomes of what was on them."""

import json

import pytest
from served import Client, Spoken

from sim.through.exchanged import Answer, Cut, Request

OPEN = "/v5/order/realtime?category=linear&symbol=BTCUSDT"


def bid(client: Client, name: str) -> bytes:
    usual = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.010"}
    return json.dumps(usual | {"price": client.price(-2000), "orderLinkId": name}).encode()


def knock(client: Client, seconds: float = 1) -> list[str]:
    said: list[str] = []
    client.venue.wire.connect(said.append)
    client.wait(seconds)
    return said


def test_a_process_begins_connected_and_connects_again_by_a_round_trip(contract):
    line = contract.venue.wire.lines["rest"]
    assert 1 == len(line.alive())
    first = line.alive()
    assert [""] == knock(contract, 0)
    line.reset()
    assert () == line.alive()
    assert [] == knock(contract, 0)
    assert [""] == knock(contract)
    assert 1 == len(line.alive())
    assert first != line.alive()


def test_a_barred_door_says_so(contract):
    line = contract.venue.wire.lines["rest"]
    line.barred["shut"] = None
    assert [""] == knock(contract), "who is connected stays so"
    line.reset()
    assert ["connection refused"] == knock(contract)
    (came,) = contract.signed("GET", OPEN)
    assert isinstance(came, Cut)


def test_a_reset_ends_what_is_under_way_and_nothing_of_it_arrives(contract):
    came = contract.signed("POST", "/v5/order/create", bid(contract, "a-1"))
    contract.venue.wire.lines["rest"].reset()
    contract.wait(2)
    assert [Cut("reset")] == came
    assert [] == list(contract.venue.venue.open_orders())


def test_a_reset_of_another_connection_touches_nobody(contract):
    came = contract.signed("GET", OPEN)
    contract.venue.wire.lines["rest"].reset(10_000)
    contract.wait(1)
    assert isinstance(came[0], Answer)


def test_a_request_that_is_given_up_is_carried_out_all_the_same(contract):
    stamp = str(contract.now_ms())
    body = bid(contract, "a-1")
    headers = {
        "X-BAPI-API-KEY": contract.key,
        "X-BAPI-TIMESTAMP": stamp,
        "X-BAPI-SIGN": contract.sign(f"{stamp}{contract.key}".encode() + body),
    }
    came: list[object] = []
    give_up = contract.venue.wire.http(Request("POST", "/v5/order/create", tuple(headers.items()), body), came.append)
    give_up()
    contract.wait(1)
    assert [] == came
    assert 1 == len(list(contract.venue.venue.open_orders()))


def test_who_waited_in_vain_needs_a_new_connection(contract):
    assert [""] == knock(contract, 0)
    give_up = contract.venue.wire.http(Request("GET", "/v5/market/time", (), b""), lambda _came: None)
    give_up()
    assert [] == knock(contract, 0), "nothing at all was heard since it left: that connection is dead"


def test_frames_of_a_stream_that_was_reset_are_heard_no_more(contract):
    stream = contract.stream("/v5/public/linear")
    stream.say({"op": "subscribe", "args": ["tickers.BTCUSDT"]})
    contract.venue.wire.lines["public"].reset()
    heard = len(stream.frames)
    contract.wait(2)
    assert (1006, heard) == (stream.ended, len(stream.frames))
    assert [] == stream.say({"op": "ping"})


def test_a_reset_before_the_welcome_is_no_connection(contract):
    stream = Spoken(contract, "/v5/private")
    contract.wait(0.05)
    contract.venue.wire.lines["private"].reset()
    contract.wait(1)
    assert "connection refused" == stream.opened


def test_a_client_that_leaves_before_the_welcome_leaves_nothing(contract):
    stream = Spoken(contract, "/v5/private")
    stream.speaker.close()
    contract.wait(1)
    assert (None, {}) == (stream.opened, contract.venue.wire.lines["private"].talks)


def test_a_stream_that_is_barred_is_refused(contract):
    contract.venue.wire.lines["public"].barred["shut"] = None
    assert "connection refused" == contract.stream("/v5/public/linear").opened
    assert "no such stream" == contract.stream("/v5/public/futures").opened


def test_what_a_trade_stream_sent_before_it_left_is_carried_out(contract):
    stream = contract.stream("/v5/trade")
    stream.sign_in()
    header = {"X-BAPI-TIMESTAMP": str(contract.now_ms())}
    frame = {"reqId": "r", "header": header, "op": "order.create", "args": [json.loads(bid(contract, "a-1"))]}
    stream.speaker.receive(json.dumps(frame))
    stream.speaker.close()
    contract.wait(1)
    assert 1 == len(list(contract.venue.venue.open_orders()))


@pytest.mark.parametrize("kind, name", [("packet_loss", "rest"), ("packet_loss", "trade")])
def test_packets_lost_too_often_break_the_connection_they_were_on(tmp_path, kind, name):
    fault = "{at_s: 4, for_s: 60, kind: packet_loss, links: [rest_up, rest_down], p_bad: 1.0, p_good: 0.0, loss: 1.0}"
    client = Client(tmp_path, faults=fault)
    stream = client.stream("/v5/trade")
    stream.sign_in()
    client.wait(4)
    if name == "trade":
        stream.say({"op": "ping"}, 60)
        assert 1006 == stream.ended
    else:
        came = client.signed("GET", OPEN)
        client.wait(60)
        assert isinstance(came[0], Cut)


def test_what_a_client_asks_as_it_starts_is_there(contract):
    starts = [
        "/v5/user/query-api",
        "/v5/account/info",
        "/v5/account/query-dcp-info",
        "/v5/account/collateral-info",
        "/v5/asset/coin/query-info?coin=BTC",
        "/v5/account/fee-rate?category=linear&symbol=BTCUSDT",
        "/v5/position/closed-pnl?category=linear",
    ]
    answers = {path: contract.get(path) for path in starts}
    assert [0] * len(starts) == [one["retCode"] for one in answers.values()]
    assert contract.key == answers[starts[0]]["result"]["apiKey"]
    assert ["BTC"] == [one["coin"] for one in answers[starts[4]]["result"]["rows"]]
    assert "-0.00025" == answers[starts[5]]["result"]["list"][0]["makerFeeRate"]
    assert 0 == contract.post("/v5/account/set-margin-mode", setMarginMode="REGULAR_MARGIN")["retCode"]
