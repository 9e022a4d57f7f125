"""Streams of the served venue: what a listener is told, what it may ask for, and how a stream ends."""

import pytest
from served import BOOK, Client, rebuilt


def frame(client: Client, op: str, req_id: str = "r1", **fields):
    usual = {"category": "linear", "symbol": "BTCUSDT"}
    return {"reqId": req_id, "header": {"X-BAPI-TIMESTAMP": str(client.now_ms())}, "op": op, "args": [usual | fields]}


def test_a_book_topic_is_a_snapshot_and_deltas_without_a_gap(contract):
    stream = contract.public(BOOK)
    contract.wait(5)
    first, *rest = stream.of(BOOK)
    counters = [message["data"]["u"] for message in rest]
    assert "snapshot" == first["type"]
    assert {"delta"} == {message["type"] for message in rest}
    assert list(range(first["data"]["u"] + 1, first["data"]["u"] + 1 + len(rest))) == counters


def test_a_rebuilt_book_is_the_snapshot_that_a_later_listener_gets(contract):
    first = contract.public(BOOK)
    contract.wait(5)
    second = contract.public(BOOK)
    snapshot = second.of(BOOK)[0]
    until = [message for message in first.of(BOOK) if message["data"]["u"] <= snapshot["data"]["u"]]
    bids, asks = rebuilt(until)
    assert (bids, asks) == rebuilt([snapshot])
    assert max(bids) < min(asks)


def test_contracts_send_a_snapshot_before_they_answer(contract):
    stream = contract.public(BOOK)
    assert [BOOK, "subscribe"] == [message.get("topic") or message["op"] for message in stream.frames[:2]]


def test_best_prices_are_told_whole_and_repeated_with_the_same_counter(contract):
    stream = contract.public("orderbook.1.BTCUSDT")
    contract.venue.venue.freeze(is_frozen=True)
    contract.wait(60)  # nobody quotes any more, and those who did have gone
    heard = len(stream.frames)
    contract.wait(6.5)
    still = stream.frames[heard:]
    assert {"snapshot"} == {message["type"] for message in stream.of("orderbook.1.BTCUSDT")}
    assert len(still) >= 2
    assert still[-1]["data"]["u"] == still[-2]["data"]["u"]


def test_a_second_listener_joins_the_same_count(contract):
    first = contract.public(BOOK)
    contract.wait(1)
    second = contract.public(BOOK)
    contract.wait(1)
    ours = {message["data"]["u"]: message["data"] for message in first.of(BOOK)}
    assert all(ours[message["data"]["u"]] == message["data"] for message in second.of(BOOK)[1:])
    counters = [message["data"]["u"] for message in first.of(BOOK)]
    assert list(range(counters[0], counters[-1] + 1)) == counters


def test_an_unknown_topic_is_refused(contract):
    stream = contract.stream("/v5/public/linear")
    (answer,) = stream.say({"op": "subscribe", "args": ["orderbook.7.BTCUSDT"], "req_id": "q"})
    assert (False, "q") == (answer["success"], answer["req_id"])
    assert "handler not found" in answer["ret_msg"]


def test_nothing_is_told_before_signing_in(contract):
    stream = contract.stream("/v5/private")
    (answer,) = stream.say({"op": "subscribe", "args": ["order"]})
    assert answer["success"] is False
    contract.create()
    assert [] == stream.of("order")


@pytest.mark.parametrize("path", ["/v5/private", "/v5/trade"])
def test_a_wrong_signature_does_not_sign_in(contract, path):
    stream = contract.stream(path)
    (answer,) = stream.say({"op": "auth", "args": [contract.key, str(contract.now_ms() + 5000), "00"]})
    assert answer.get("success") is False or answer.get("retCode") == 10004


def test_each_stream_has_a_pong_of_its_own(contract):
    pongs = [contract.stream(path).say({"op": "ping"})[0] for path in ("/v5/public/linear", "/v5/private", "/v5/trade")]
    assert ("pong", "ping") == (pongs[0]["ret_msg"], pongs[0]["op"])
    assert ["pong", "pong"] == [one["op"] for one in pongs[1:]]
    assert pongs[1]["args"]
    assert pongs[2]["data"]


def test_the_trade_stream_answers_under_the_requests_own_id(contract):
    stream = contract.trading()
    (answer,) = stream.say(
        frame(
            contract,
            "order.create",
            side="Buy",
            orderType="Limit",
            qty="0.010",
            price=contract.price(-2000),
            orderLinkId="w-1",
        )
    )
    assert ("r1", 0, "order.create", "w-1") == (
        answer["reqId"],
        answer["retCode"],
        answer["op"],
        answer["data"]["orderLinkId"],
    )
    (gone,) = stream.say(frame(contract, "order.cancel", "r2", orderLinkId="w-2"))
    assert ("r2", 110001) == (gone["reqId"], gone["retCode"])
    (again,) = stream.say(frame(contract, "order.cancel", "r2", orderLinkId="w-1"))
    assert 20006 == again["retCode"]


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", '{"op": 7}', '{"op":"subscribe","args":5}', "[" * 100_000, "x" * 300_000]
)
@pytest.mark.parametrize("path", ["/v5/public/linear", "/v5/private", "/v5/trade"])
def test_a_strange_frame_is_answered_and_harms_nobody(contract, path, text):
    stream = contract.stream(path)
    assert stream.say(text)
    assert stream.say({"op": "ping"})
    assert stream.ended is None


def test_disconnection_protection_cancels_when_every_armed_stream_is_gone(contract):
    contract.post("/v5/order/disconnected-cancel-all", product="DERIVATIVES", timeWindow=5)
    stream = contract.stream("/v5/private")
    stream.sign_in()
    stream.say({"op": "subscribe", "args": ["dcp.future"]})
    contract.create(orderLinkId="d-1")
    contract.wait(10)
    assert 1 == len(list(contract.venue.venue.open_orders()))
    stream.speaker.close()
    contract.wait(4)
    assert 1 == len(list(contract.venue.venue.open_orders()))
    contract.wait(3)
    assert [] == list(contract.venue.venue.open_orders())
    assert 10001 == contract.post("/v5/order/disconnected-cancel-all", product="X", timeWindow=5)["retCode"]
    (row,) = contract.get("/v5/account/query-dcp-info")["result"]["dcpInfos"]
    assert ("DERIVATIVES", "5") == (row["product"], row["timeWindow"])


def test_an_idle_private_stream_is_closed(contract):
    idle = contract.stream("/v5/private?max_active_time=30s")
    usual = contract.stream("/v5/private?max_active_time=tomorrow")
    contract.wait(40)
    assert (1006, None) == (idle.ended, usual.ended)


def test_the_trade_stream_refuses_what_is_no_request(contract):
    stream = contract.stream("/v5/trade")
    body = {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "a"}
    header = {"X-BAPI-TIMESTAMP": contract.now_ms()}
    (early,) = stream.say({"op": "order.cancel", "header": header, "args": [body]})
    assert early["retCode"] != 0
    stream.sign_in()
    assert 20001 == stream.sign_in()[0]["retCode"]
    frames = [
        ({"op": "order.cancel", "args": [body]}, 10001),
        ({"op": "order.cancel", "header": header, "args": []}, 10001),
        ({"op": "order.cancel", "header": {"x-bapi-timestamp": "now"}, "args": [body]}, 10001),
        ({"op": "order.cancel", "header": header, "args": [{"category": "x"}]}, 10001),
        ({"op": "order.cancel", "header": {"X-BAPI-TIMESTAMP": contract.now_ms() - 60_000}, "args": [body]}, 10002),
        ({"op": "order.everything"}, 10404),
    ]
    assert [code for _, code in frames] == [stream.say(frame)[0]["retCode"] for frame, _ in frames]


def test_topics_are_left_again(contract):
    stream = contract.stream("/v5/public/linear")
    stream.say({"op": "subscribe", "args": ["publicTrade.BTCUSDT"]})
    (again,) = [one for one in stream.say({"op": "subscribe", "args": ["publicTrade.BTCUSDT"]}) if "op" in one]
    assert "already subscribed" in again["ret_msg"]
    stream.say({"op": "unsubscribe", "args": ["publicTrade.BTCUSDT"]})
    contract.wait(1)
    heard = len(stream.frames)
    contract.wait(5)
    assert heard == len(stream.frames)


def test_spot_answers_a_subscription_first_and_takes_ten_at_a_time(pair):
    stream = pair.stream("/v5/public/spot")
    told = stream.say({"op": "subscribe", "args": ["orderbook.50.BTCUSDT", "tickers.BTCUSDT"]})
    assert ("subscribe", "orderbook.50.BTCUSDT") == (told[0]["op"], told[1]["topic"])
    assert "req_id" not in told[0]
    assert list(told[1])[:3] == ["topic", "ts", "type"]
    many = [f"kline.{count}.BTCUSDT" for count in range(11)]
    answers = [one for one in stream.say({"op": "subscribe", "args": many}) if "op" in one]
    assert "args size >10" == answers[0]["ret_msg"]


def test_private_topics_of_one_category_and_of_all_do_not_mix(contract):
    stream = contract.stream("/v5/private")
    stream.sign_in()
    (mixed,) = stream.say({"op": "subscribe", "args": ["order", "execution.linear"]})
    (strange,) = stream.say({"op": "subscribe", "args": ["everything"]})
    (op,) = stream.say({"op": "dance"})
    assert [False, False, False] == [one["success"] for one in (mixed, strange, op)]
    stream.say({"op": "subscribe", "args": ["order"]})
    stream.say({"op": "unsubscribe", "args": ["order"]})
    contract.create()
    assert [] == stream.of("order")
