"""Connections of the served wire: made, broken, left alone, and what becomes of what was on them."""

import json

import pytest
from served import Client, Spoken

from sim.through.exchanged import Answer, Cut, Request

OPEN = "/v5/order/realtime?category=linear&symbol=BTCUSDT"


@pytest.fixture
def client(tmp_path) -> Client:
    return Client(tmp_path)


def bid(client: Client, name: str) -> bytes:
    usual = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.010"}
    return json.dumps(usual | {"price": client.price(-2000), "orderLinkId": name}).encode()


def knock(client: Client, seconds: float = 1) -> list[str]:
    said: list[str] = []
    client.venue.wire.connect(said.append)
    client.wait(seconds)
    return said


def test_a_process_begins_connected_and_connects_again_by_a_round_trip(client):
    line = client.venue.wire.lines["rest"]
    assert 1 == len(line.alive())
    first = line.alive()
    assert [""] == knock(client, 0)
    line.reset()
    assert () == line.alive()
    assert [] == knock(client, 0)
    assert [""] == knock(client)
    assert 1 == len(line.alive())
    assert first != line.alive()


def test_a_barred_door_says_so(client):
    line = client.venue.wire.lines["rest"]
    line.barred["shut"] = None
    assert [""] == knock(client), "who is connected stays so"
    line.reset()
    assert ["connection refused"] == knock(client)
    (came,) = client.signed("GET", OPEN)
    assert isinstance(came, Cut)


def test_a_reset_ends_what_is_under_way_and_nothing_of_it_arrives(client):
    came = client.signed("POST", "/v5/order/create", bid(client, "a-1"))
    client.venue.wire.lines["rest"].reset()
    client.wait(2)
    assert [Cut("reset")] == came
    assert [] == list(client.venue.venue.open_orders())


def test_a_reset_of_another_connection_touches_nobody(client):
    came = client.signed("GET", OPEN)
    client.venue.wire.lines["rest"].reset(10_000)
    client.wait(1)
    assert isinstance(came[0], Answer)


def test_a_request_that_is_given_up_is_carried_out_all_the_same(client):
    stamp = str(client.now_ms())
    body = bid(client, "a-1")
    headers = {
        "X-BAPI-API-KEY": client.key,
        "X-BAPI-TIMESTAMP": stamp,
        "X-BAPI-SIGN": client.sign(f"{stamp}{client.key}".encode() + body),
    }
    came: list[object] = []
    give_up = client.venue.wire.http(Request("POST", "/v5/order/create", tuple(headers.items()), body), came.append)
    give_up()
    client.wait(1)
    assert [] == came
    assert 1 == len(list(client.venue.venue.open_orders()))


def test_who_waited_in_vain_needs_a_new_connection(client):
    assert [""] == knock(client, 0)
    give_up = client.venue.wire.http(Request("GET", "/v5/market/time", (), b""), lambda _came: None)
    give_up()
    assert [] == knock(client, 0), "nothing at all was heard since it left: that connection is dead"


def test_frames_of_a_stream_that_was_reset_are_heard_no_more(client):
    stream = client.stream("/v5/public/linear")
    stream.say({"op": "subscribe", "args": ["tickers.BTCUSDT"]})
    client.venue.wire.lines["public"].reset()
    heard = len(stream.frames)
    client.wait(2)
    assert (1006, heard) == (stream.ended, len(stream.frames))
    assert [] == stream.say({"op": "ping"})


def test_a_reset_before_the_welcome_is_no_connection(client):
    stream = Spoken(client, "/v5/private")
    client.wait(0.05)
    client.venue.wire.lines["private"].reset()
    client.wait(1)
    assert "connection refused" == stream.opened


def test_a_client_that_leaves_before_the_welcome_leaves_nothing(client):
    stream = Spoken(client, "/v5/private")
    stream.speaker.close()
    client.wait(1)
    assert (None, {}) == (stream.opened, client.venue.wire.lines["private"].talks)


def test_a_stream_that_is_barred_is_refused(client):
    client.venue.wire.lines["public"].barred["shut"] = None
    assert "connection refused" == client.stream("/v5/public/linear").opened
    assert "no such stream" == client.stream("/v5/public/futures").opened


def test_what_a_trade_stream_sent_before_it_left_is_carried_out(client):
    stream = client.stream("/v5/trade")
    stream.sign_in()
    header = {"X-BAPI-TIMESTAMP": str(client.now_ms())}
    frame = {"reqId": "r", "header": header, "op": "order.create", "args": [json.loads(bid(client, "a-1"))]}
    stream.speaker.receive(json.dumps(frame))
    stream.speaker.close()
    client.wait(1)
    assert 1 == len(list(client.venue.venue.open_orders()))


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


def test_what_a_client_asks_as_it_starts_is_there(client):
    starts = [
        "/v5/user/query-api",
        "/v5/account/info",
        "/v5/account/query-dcp-info",
        "/v5/account/collateral-info",
        "/v5/asset/coin/query-info?coin=BTC",
        "/v5/account/fee-rate?category=linear&symbol=BTCUSDT",
        "/v5/position/closed-pnl?category=linear",
    ]
    answers = {path: client.get(path) for path in starts}
    assert [0] * len(starts) == [one["retCode"] for one in answers.values()]
    assert client.key == answers[starts[0]]["result"]["apiKey"]
    assert ["BTC"] == [one["coin"] for one in answers[starts[4]]["result"]["rows"]]
    assert "-0.00025" == answers[starts[5]]["result"]["list"][0]["makerFeeRate"]
    assert 0 == client.post("/v5/account/set-margin-mode", setMarginMode="REGULAR_MARGIN")["retCode"]
