"""The served venue's wire in memory: what a client that knows nothing of ours sees of it."""

import json

import pytest
from served import Client

from sim.through.exchanged import Answer, Cut

BOOK = "orderbook.50.BTCUSDT"


@pytest.fixture
def client(tmp_path) -> Client:
    return Client(tmp_path)


def subscribed(client: Client, *topics: str):
    stream = client.stream("/v5/public/linear")
    stream.say({"op": "subscribe", "args": list(topics)})
    return stream


def private(client: Client, *topics: str):
    stream = client.stream("/v5/private")
    stream.sign_in()
    stream.say({"op": "subscribe", "args": list(topics or ("order", "execution", "position", "wallet"))})
    return stream


def trading(client: Client):
    stream = client.stream("/v5/trade")
    stream.sign_in()
    return stream


def frame(client: Client, op: str, req_id: str = "r1", **fields):
    usual = {"category": "linear", "symbol": "BTCUSDT"}
    return {"reqId": req_id, "header": {"X-BAPI-TIMESTAMP": str(client.now_ms())}, "op": op, "args": [usual | fields]}


# Orders


def test_a_create_is_acknowledged_and_told_on_the_private_stream(client):
    stream = private(client)
    answer = client.create(orderLinkId="a-1")
    assert (0, "a-1") == (answer["retCode"], answer["result"]["orderLinkId"])
    (row,) = stream.of("order")[0]["data"]
    assert (answer["result"]["orderId"], "New", "0.010") == (row["orderId"], row["orderStatus"], row["qty"])
    assert stream.of("position"), "a position is pushed on every create"


def test_a_client_id_is_taken_once(client):
    client.create(orderLinkId="a-1")
    assert 110072 == client.create(orderLinkId="a-1")["retCode"]


def test_a_post_only_order_that_would_take_is_acknowledged_and_then_cancelled(client):
    stream = private(client)
    assert 0 == client.create(orderLinkId="a-1", price=client.price(100))["retCode"]
    (row,) = stream.of("order")[-1]["data"]
    assert ("Cancelled", "EC_PostOnlyWillTakeLiquidity") == (row["orderStatus"], row["rejectReason"])


def test_an_amend_changes_only_what_it_names(client):
    client.create(orderLinkId="a-1")
    client.post("/v5/order/amend", category="linear", symbol="BTCUSDT", orderLinkId="a-1", qty="0.020")
    (row,) = client.get("/v5/order/realtime?category=linear&symbol=BTCUSDT")["result"]["list"]
    assert "0.020" == row["qty"]
    price = row["price"]
    client.post("/v5/order/amend", category="linear", symbol="BTCUSDT", orderLinkId="a-1", price=client.price(-3000))
    (row,) = client.get("/v5/order/realtime?category=linear&symbol=BTCUSDT")["result"]["list"]
    assert row["qty"] == "0.020"
    assert row["price"] != price


def test_a_cancelled_order_leaves_the_open_ones_and_stays_in_the_history(client):
    order_id = client.create()["result"]["orderId"]
    assert 0 == client.post("/v5/order/cancel", category="linear", symbol="BTCUSDT", orderId=order_id)["retCode"]
    assert [] == client.get("/v5/order/realtime?category=linear&symbol=BTCUSDT")["result"]["list"]
    (row,) = client.get(f"/v5/order/history?category=linear&orderId={order_id}")["result"]["list"]
    assert ("Cancelled", "CancelByUser") == (row["orderStatus"], row["cancelType"])


def test_a_cancel_of_what_is_gone_is_refused(client):
    cancel = client.post("/v5/order/cancel", category="linear", symbol="BTCUSDT", orderLinkId="nobody")
    assert 110001 == cancel["retCode"]


def test_a_batch_has_an_outcome_for_each_item(client):
    items = [
        {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": qty, "price": price, "orderLinkId": name}
        for name, qty, price in (
            ("b-1", "0.010", client.price(-2000)),
            ("b-1", "0.010", client.price(-2000)),
            ("b-2", "0.0101", client.price(-2000)),
            ("b-3", "0.010", client.price(-2001)),
        )
    ]
    answer = client.post("/v5/order/create-batch", category="linear", request=items)
    assert [0, 110072, 10001, 0] == [one["code"] for one in answer["retExtInfo"]["list"]]
    assert [True, False, False, True] == [bool(one["orderId"]) for one in answer["result"]["list"]]
    assert (0, 4) == (answer["retCode"], len(answer["result"]["list"]))


def test_a_batch_above_the_budget_succeeds_in_its_first_part(client):
    def batch(name: str) -> list[int]:
        items = [
            {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.010", "price": client.price(-2000 - i)}
            for i in range(20)
        ]
        return client.signed(
            "POST", "/v5/order/create-batch", json.dumps({"category": "linear", "request": items}).encode()
        )

    first, second = batch("a"), batch("b")
    client.wait(1)
    codes = [[one["code"] for one in json.loads(came[0].body)["retExtInfo"]["list"]] for came in (first, second)]
    assert [0] * 20 == min(codes)
    assert sorted(max(codes)) == max(codes)
    assert 10006 in max(codes)


def test_cancel_all_empties_a_symbol_and_names_what_went(client):
    for name in ("a-1", "a-2"):
        client.create(orderLinkId=name)
    answer = client.post("/v5/order/cancel-all", category="linear", settleCoin="USDT")
    assert {"a-1", "a-2"} == {one["orderLinkId"] for one in answer["result"]["list"]}
    assert [] == list(client.venue.venue.open_orders())


# Fills


def test_a_fill_is_one_row_on_stream_and_read(client):
    stream = private(client)
    client.create(side="Buy", timeInForce="IOC", price=client.price(400), qty="0.001", orderLinkId="t-1")
    told = [row for message in stream.of("execution") for row in message["data"]]
    read = client.get("/v5/execution/list?category=linear&symbol=BTCUSDT")["result"]["list"]
    assert told[::-1] == read
    assert told
    assert ("t-1", False, "0.001") == (told[0]["orderLinkId"], told[0]["isMaker"], told[0]["execQty"])


def test_fills_are_read_page_by_page_with_a_cursor_that_is_encoded(client):
    client.create(side="Buy", timeInForce="IOC", price=client.price(400), qty="0.500")
    rows, cursor, pages = [], "", 0
    while True:
        more = f"&cursor={cursor}" if cursor else ""
        page = client.get(f"/v5/execution/list?category=linear&symbol=BTCUSDT&limit=2{more}")["result"]
        rows, cursor, pages = rows + page["list"], page["nextPageCursor"], pages + 1
        if not cursor:
            break
    assert pages > 1
    assert len(rows) == len(client.venue.venue.fills)
    assert len({row["execId"] for row in rows}) == len(rows)


def test_position_and_wallet_are_the_venues_own(client):
    client.create(side="Buy", timeInForce="IOC", price=client.price(400), qty="0.500")
    (row,) = client.get("/v5/position/list?category=linear&symbol=BTCUSDT")["result"]["list"]
    assert ("Buy", "0.500") == (row["side"], row["size"])
    (wallet,) = client.get("/v5/account/wallet-balance?accountType=UNIFIED")["result"]["list"]
    assert float(wallet["totalEquity"]) == pytest.approx(50_000, abs=100)
    assert wallet["coin"][0]["coin"] == "USDT"


# Who may ask


def test_a_signature_covers_the_exact_bytes(client):
    stamp, body = str(client.now_ms()), b'{"category":"linear","symbol":"BTCUSDT"}'
    sign = client.sign(f"{stamp}{client.key}5000".encode() + body)
    headers = {"x-bapi-api-key": client.key, "x-bapi-timestamp": stamp, "X-Bapi-Recv-Window": "5000"}
    came = client.request("POST", "/v5/order/cancel-all", body, **headers, **{"x-bapi-sign": sign})
    assert 0 == client.one(came)["retCode"]
    spaced = client.request("POST", "/v5/order/cancel-all", body + b" ", **headers, **{"x-bapi-sign": sign})
    assert 10004 == client.one(spaced)["retCode"]


@pytest.mark.parametrize("late_ms, code", [(4000, 0), (5500, 10002), (-500, 0), (-1500, 10002)])
def test_a_request_is_taken_within_its_time_window(client, late_ms, code):
    came = client.signed("GET", "/v5/order/realtime?category=linear&symbol=BTCUSDT", late_ms=late_ms)
    answer = client.one(came)
    assert code == answer["retCode"]
    assert not code or f"server_timestamp[{answer['time']}]" in answer["retMsg"]


def test_too_many_visits_are_refused_with_a_header_that_says_when_to_come_back(client):
    came = [client.signed("GET", "/v5/order/realtime?category=linear&symbol=BTCUSDT") for _ in range(80)]
    client.wait(1)
    codes = [json.loads(one[0].body)["retCode"] for one in came]
    assert {0, 10006} == set(codes)
    headers = dict(came[codes.index(10006)][0].headers)
    assert headers["X-Bapi-Limit-Status"] == "0"
    assert int(headers["X-Bapi-Limit-Reset-Timestamp"]) > int(headers["Timenow"])


def test_an_unknown_path_and_a_broken_body_are_answered(client):
    assert 10017 == client.get("/v5/nothing", signed=False)["retCode"]
    assert 10001 == client.one(client.signed("POST", "/v5/order/create", b"{"))["retCode"]


# Streams


def test_a_book_topic_is_a_snapshot_and_deltas_without_a_gap(client):
    stream = subscribed(client, BOOK)
    client.wait(5)
    first, *rest = stream.of(BOOK)
    counters = [message["data"]["u"] for message in rest]
    assert "snapshot" == first["type"]
    assert {"delta"} == {message["type"] for message in rest}
    assert list(range(first["data"]["u"] + 1, first["data"]["u"] + 1 + len(rest))) == counters


def test_a_rebuilt_book_is_the_snapshot_that_a_later_listener_gets(client):
    first = subscribed(client, BOOK)
    client.wait(5)
    second = subscribed(client, BOOK)
    snapshot = second.of(BOOK)[0]
    until = [message for message in first.of(BOOK) if message["data"]["u"] <= snapshot["data"]["u"]]
    bids, asks = rebuilt(until)
    assert (bids, asks) == rebuilt([snapshot])
    assert max(bids) < min(asks)


def rebuilt(messages):
    sides: tuple[dict[float, str], dict[float, str]] = ({}, {})
    for message in messages:
        for side, levels in zip(sides, (message["data"]["b"], message["data"]["a"]), strict=True):
            for price, size in levels:
                if float(size):
                    side[float(price)] = size
                else:
                    del side[float(price)]
    return sides


def test_contracts_send_a_snapshot_before_they_answer(client):
    stream = subscribed(client, BOOK)
    assert [BOOK, "subscribe"] == [message.get("topic") or message["op"] for message in stream.frames[:2]]


def test_best_prices_are_told_whole_and_repeated_with_the_same_counter(client):
    stream = subscribed(client, "orderbook.1.BTCUSDT")
    client.venue.venue.freeze(is_frozen=True)
    client.wait(60)  # nobody quotes any more, and those who did have gone
    heard = len(stream.frames)
    client.wait(6.5)
    still = stream.frames[heard:]
    assert {"snapshot"} == {message["type"] for message in stream.of("orderbook.1.BTCUSDT")}
    assert len(still) >= 2
    assert still[-1]["data"]["u"] == still[-2]["data"]["u"]


def test_a_second_listener_joins_the_same_count(client):
    first = subscribed(client, BOOK)
    client.wait(1)
    second = subscribed(client, BOOK)
    client.wait(1)
    ours = {message["data"]["u"]: message["data"] for message in first.of(BOOK)}
    assert all(ours[message["data"]["u"]] == message["data"] for message in second.of(BOOK)[1:])
    counters = [message["data"]["u"] for message in first.of(BOOK)]
    assert list(range(counters[0], counters[-1] + 1)) == counters


def test_an_unknown_topic_is_refused(client):
    stream = client.stream("/v5/public/linear")
    (answer,) = stream.say({"op": "subscribe", "args": ["orderbook.7.BTCUSDT"], "req_id": "q"})
    assert (False, "q") == (answer["success"], answer["req_id"])
    assert "handler not found" in answer["ret_msg"]


def test_nothing_is_told_before_signing_in(client):
    stream = client.stream("/v5/private")
    (answer,) = stream.say({"op": "subscribe", "args": ["order"]})
    assert answer["success"] is False
    client.create()
    assert [] == stream.of("order")


@pytest.mark.parametrize("path", ["/v5/private", "/v5/trade"])
def test_a_wrong_signature_does_not_sign_in(client, path):
    stream = client.stream(path)
    (answer,) = stream.say({"op": "auth", "args": [client.key, str(client.now_ms() + 5000), "00"]})
    assert answer.get("success") is False or answer.get("retCode") == 10004


def test_each_stream_has_a_pong_of_its_own(client):
    pongs = [client.stream(path).say({"op": "ping"})[0] for path in ("/v5/public/linear", "/v5/private", "/v5/trade")]
    assert ("pong", "ping") == (pongs[0]["ret_msg"], pongs[0]["op"])
    assert ["pong", "pong"] == [one["op"] for one in pongs[1:]]
    assert pongs[1]["args"]
    assert pongs[2]["data"]


def test_the_trade_stream_answers_under_the_requests_own_id(client):
    stream = trading(client)
    (answer,) = stream.say(
        frame(
            client,
            "order.create",
            side="Buy",
            orderType="Limit",
            qty="0.010",
            price=client.price(-2000),
            orderLinkId="w-1",
        )
    )
    assert ("r1", 0, "order.create", "w-1") == (
        answer["reqId"],
        answer["retCode"],
        answer["op"],
        answer["data"]["orderLinkId"],
    )
    (gone,) = stream.say(frame(client, "order.cancel", "r2", orderLinkId="w-2"))
    assert ("r2", 110001) == (gone["reqId"], gone["retCode"])
    (again,) = stream.say(frame(client, "order.cancel", "r2", orderLinkId="w-1"))
    assert 20006 == again["retCode"]


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", '{"op": 7}', '{"op":"subscribe","args":5}', "[" * 100_000, "x" * 300_000]
)
@pytest.mark.parametrize("path", ["/v5/public/linear", "/v5/private", "/v5/trade"])
def test_a_strange_frame_is_answered_and_harms_nobody(client, path, text):
    stream = client.stream(path)
    assert stream.say(text)
    assert stream.say({"op": "ping"})
    assert stream.ended is None


# Faults


def test_an_answer_that_is_lost_leaves_an_order_that_lives(tmp_path):
    client = Client(tmp_path, faults="{at_s: 2, for_s: 60, kind: ack_lost, prob: 1.0}")
    client.wait(2)
    came = client.signed("POST", "/v5/order/create", json.dumps(_bid(client)).encode())
    client.wait(5)
    assert [] == came
    assert 1 == len(list(client.venue.venue.open_orders()))


def test_a_request_that_is_lost_leaves_nothing(tmp_path):
    client = Client(tmp_path, faults="{at_s: 2, for_s: 60, kind: ack_lost_not_applied, prob: 1.0}")
    client.wait(2)
    came = client.signed("POST", "/v5/order/create", json.dumps(_bid(client)).encode())
    client.wait(5)
    assert ([], []) == (came, list(client.venue.venue.open_orders()))


def test_a_connection_cut_once_applied_ends_broken_with_the_order_alive(tmp_path):
    client = Client(
        tmp_path, faults="{at_s: 2, for_s: 60, kind: reset, cut: applied, requests: [create], connections: [rest]}"
    )
    client.wait(2)
    came = client.signed("POST", "/v5/order/create", json.dumps(_bid(client)).encode())
    client.wait(1)
    assert isinstance(came[0], Cut)
    assert 1 == len(list(client.venue.venue.open_orders()))


def test_a_venue_that_is_busy_answers_with_a_page_that_is_no_json(tmp_path):
    client = Client(tmp_path, faults="{at_s: 2, for_s: 10, kind: downtime, answers: busy, streams: reset}")
    stream = client.stream("/v5/public/linear")
    client.wait(2)
    assert 1006 == stream.ended
    (answer,) = _after(client, client.signed("GET", "/v5/order/realtime?category=linear&symbol=BTCUSDT"))
    assert (503, "text/html") == (answer.status, dict(answer.headers)["Content-Type"])


def test_a_ban_is_a_403_page(tmp_path):
    client = Client(
        tmp_path,
        faults="{at_s: 2, for_s: 60, kind: rate_limit, orders_per_s: 5, burst: 5, reads_per_s: 5, ban_after: 3, ban_s: 30, ban_s_max: 60, banned: true}",
    )
    client.wait(3)
    (answer,) = _after(client, client.signed("GET", "/v5/order/realtime?category=linear&symbol=BTCUSDT"))
    assert 403 == answer.status


def test_the_book_starts_at_one_after_the_service_was_restarted(tmp_path):
    client = Client(tmp_path, faults="{at_s: 5, for_s: 5, kind: downtime, streams: silent}")
    stream = subscribed(client, BOOK)
    client.wait(15)
    restarted = [message for message in stream.of(BOOK) if message["data"]["u"] == 1]
    assert ["snapshot"] == [message["type"] for message in restarted]
    messages = stream.of(BOOK)
    counters = [message["data"]["u"] for message in messages]
    place = counters.index(1)
    assert list(range(1, len(counters) - place + 1)) == counters[place:]
    later = subscribed(client, BOOK).of(BOOK)[0]
    since = [message for message in stream.of(BOOK)[place:] if message["data"]["u"] <= later["data"]["u"]]
    assert rebuilt([later]) == rebuilt(since)


def test_a_partition_leaves_a_new_connection_unanswered(tmp_path):
    client = Client(tmp_path, faults="{at_s: 3, for_s: 20, kind: partition, links: [public, rest_up], mode: stop}")
    client.wait(3)
    stream = client.stream("/v5/public/linear")
    connected: list[str] = []
    client.venue.wire.lines["rest"].reset()
    client.venue.wire.connect(connected.append)
    client.wait(2)
    assert (None, []) == (stream.opened, connected)


def _bid(client: Client) -> dict[str, str]:
    usual = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.010"}
    return usual | {"price": client.price(-2000), "timeInForce": "PostOnly", "orderLinkId": "f-1"}


def _after(client: Client, came: list[Answer | Cut]) -> list[Answer]:
    client.wait(1)
    return [one for one in came if isinstance(one, Answer)]
