"""Faults on the served wire: each kind is taken by it, and those with a face of their own show it."""

import json
import re
from collections import Counter
from itertools import pairwise

import pytest
from served import BOOK, Client, rebuilt

from sim.faults import host
from sim.scenario.faults import EXAMPLES
from sim.through.exchanged import Answer, Cut

SERVED = sorted(kind for kind in EXAMPLES if kind not in host.INSTALL and "bot_" not in EXAMPLES[kind])


def order(client: Client, name: str, *, is_taking: bool = False) -> dict[str, str]:
    price = client.price(400) if is_taking else client.price(-2000)
    usual = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.010"}
    return usual | {"price": price, "timeInForce": "IOC" if is_taking else "PostOnly", "orderLinkId": name}


def over_trade(client: Client, stream, fields, seconds: float = 0.5):
    frame = {"reqId": fields["orderLinkId"], "header": {"X-BAPI-TIMESTAMP": str(client.now_ms())}}
    return stream.say({**frame, "op": "order.create", "args": [fields]}, seconds)


def post(client: Client, fields) -> list[Answer | Cut]:
    return client.signed("POST", "/v5/order/create", json.dumps(fields).encode())


def after(client: Client, came: list[Answer | Cut]) -> list[Answer]:
    client.wait(1)
    return [one for one in came if isinstance(one, Answer)]


def executions(stream) -> list[str]:
    return [row["execId"] for message in stream.of("execution") for row in message["data"]]


@pytest.mark.parametrize("kind", SERVED)
def test_the_wire_takes_every_fault_of_venue_and_network_and_is_well_afterwards(tmp_path, kind):
    fault = re.sub(r"for_s: [\d.]+", "for_s: 6", re.sub(r"at_s: [\d.]+", "at_s: 4", EXAMPLES[kind]))
    client = Client(tmp_path, seconds=40, faults=fault, symbols="[BTCUSDT, ETHUSDT]")
    streams = [client.public(BOOK, "publicTrade.BTCUSDT"), client.private("order", "execution"), client.trading()]
    for count in range(12):
        post(client, order(client, f"h-{count}", is_taking=count % 3 == 0))
        over_trade(client, streams[2], order(client, f"t-{count}"))
        client.signed("GET", "/v5/order/realtime?category=linear&symbol=BTCUSDT")
    client.wait(40)
    assert 0 == client.get("/v5/order/realtime?category=linear&symbol=BTCUSDT")["retCode"]
    assert client.public(BOOK).of(BOOK)
    assert 0 == client.venue.venue.zero_sum_cash()


def test_a_fill_told_twice_has_one_id(tmp_path):
    client = Client(tmp_path, faults="{at_s: 1, for_s: 60, kind: fill_duplicate, prob: 1.0, after_s: 0.2}")
    stream = client.private("order", "execution")
    post(client, order(client, "a-1", is_taking=True))
    client.wait(2)
    assert {2} == set(Counter(executions(stream)).values())


def test_a_fill_that_is_dropped_is_found_by_a_read(tmp_path):
    client = Client(tmp_path, faults="{at_s: 1, for_s: 60, kind: fill_dropped, prob: 1.0}")
    stream = client.private("order", "execution")
    post(client, order(client, "a-1", is_taking=True))
    client.wait(2)
    assert [] == executions(stream)
    assert client.get("/v5/execution/list?category=linear&orderLinkId=a-1")["result"]["list"]


def test_a_gap_skips_counters_on_a_stream_that_lives(tmp_path):
    client = Client(tmp_path, faults="{at_s: 5, kind: feed_gap, lost_messages: 7}")
    stream = client.public(BOOK)
    client.wait(10)
    counters = [message["data"]["u"] for message in stream.of(BOOK)]
    steps = [after - before for before, after in pairwise(counters)]
    assert [8] == [step for step in steps if step != 1]


def test_a_frozen_feed_still_answers_pings(tmp_path):
    client = Client(tmp_path, faults="{at_s: 5, for_s: 60, kind: feed_frozen}")
    stream = client.public(BOOK)
    client.wait(5)
    heard = len(stream.frames)
    client.wait(5)
    assert heard == len(stream.frames)
    assert stream.say({"op": "ping"})


def test_a_half_open_connection_hears_nothing_and_does_not_end(tmp_path):
    client = Client(tmp_path, faults="{at_s: 5, kind: half_open, connections: [public]}")
    stream = client.public(BOOK)
    client.wait(5)
    assert [] == stream.say({"op": "ping"}, 5)
    assert stream.ended is None
    assert client.public(BOOK).of(BOOK), "a new connection is another"


def test_a_reset_of_requests_ends_the_trade_stream_too(tmp_path):
    fault = "{at_s: 4, for_s: 60, kind: reset, cut: on_the_wire, requests: [create], connections: [rest]}"
    client = Client(tmp_path, faults=fault)
    stream = client.trading()
    client.wait(4)
    over_trade(client, stream, order(client, "a-1"), 1)
    assert 1006 == stream.ended
    assert [] == list(client.venue.venue.open_orders())


def test_a_partition_of_the_trade_stream_alone_leaves_rest_alone(tmp_path):
    fault = "{at_s: 4, for_s: 60, kind: partition, links: [trade_up, trade_down], mode: stop}"
    client = Client(tmp_path, faults=fault)
    stream = client.trading()
    client.wait(4)
    assert [] == over_trade(client, stream, order(client, "a-1"), 2)
    assert 0 == client.create(orderLinkId="a-2")["retCode"]
    assert ["a-2"] == [one.client_id for one in client.venue.venue.open_orders()]


@pytest.mark.parametrize("how", ["truncated", "unknown_field", "wrong_type", "html, status: 200", "html, status: 502"])
def test_what_arrives_spoilt_is_spoilt_on_every_road(tmp_path, how):
    links = "[rest_down, public, private, trade_down]"
    fault = f"{{at_s: 6, for_s: 600, kind: corrupt_payload, links: {links}, prob: 1, how: {how}}}"
    client = Client(tmp_path, faults=fault)
    streams = [client.public("tickers.BTCUSDT"), client.private("order", "execution"), client.trading()]
    heard: list[str] = []
    for stream in streams:
        stream._hear = heard.append
        stream.speaker._tell_heard = heard.append
    client.wait(5)
    came = post(client, order(client, "a-1", is_taking=True))
    over_trade(client, streams[2], order(client, "a-2"), 1)
    client.wait(1)
    (answer,) = came
    assert isinstance(answer, Answer)
    told = [answer.body.decode(), *heard]
    assert len(told) > 5
    assert [how.split(",")[0]] * len(told) == [spoilt_how(text) for text in told]
    assert (502 if "502" in how else 200) == answer.status


def spoilt_how(text: str) -> str:
    if text.startswith("<html>"):
        return "html"
    try:
        told = json.loads(text)
    except ValueError:
        return "truncated"
    if all(isinstance(value, list) for value in told.values()):
        return "wrong_type"
    return "unknown_field" if "aFieldOfTomorrow" in told else "whole"


def test_a_replica_that_lags_does_not_know_a_new_order(tmp_path):
    client = Client(tmp_path, faults="{at_s: 1, for_s: 600, kind: read_lag, lag_s: 600, prob: 1.0}")
    client.wait(100)
    client.create(orderLinkId="a-1")
    asked = [client.get("/v5/order/realtime?category=linear&orderLinkId=a-1")["result"]["list"] for _ in range(5)]
    assert [] in asked
    assert 1 == len(list(client.venue.venue.open_orders()))


def test_an_engine_without_memory_has_no_history(tmp_path):
    client = Client(tmp_path, faults="{at_s: 8, for_s: 5, kind: downtime, memory: purged, streams: reset}")
    client.create(orderLinkId="a-1")
    client.wait(15)
    for where in ("realtime", "history"):
        assert [] == client.get(f"/v5/order/{where}?category=linear&orderLinkId=a-1")["result"]["list"]


def test_a_restarted_service_has_closed_orders_in_its_history_alone(tmp_path):
    client = Client(tmp_path, faults="{at_s: 8, for_s: 5, kind: downtime, matching: true, streams: reset}")
    client.create(orderLinkId="a-1")
    client.post("/v5/order/cancel", category="linear", symbol="BTCUSDT", orderLinkId="a-1")
    client.create(orderLinkId="a-2")
    asked = {where: f"/v5/order/{where}?category=linear&orderLinkId=a-1" for where in ("realtime", "history")}
    assert [1, 1] == [len(client.get(path)["result"]["list"]) for path in asked.values()]
    client.wait(12)
    assert [0, 1] == [len(client.get(path)["result"]["list"]) for path in asked.values()]
    assert 1 == len(client.get("/v5/order/realtime?category=linear&orderLinkId=a-2")["result"]["list"])
    assert 1 <= client.public(BOOK).of(BOOK)[0]["data"]["u"] < 100_000, "books are counted from 1 again"


def test_a_cancel_that_races_a_fill_is_told_of_twice(tmp_path):
    client = Client(tmp_path)
    stream = client.private("order", "execution")
    post(client, order(client, "a-1", is_taking=True))
    client.wait(0.2)
    cancel = {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "a-1"}
    came = client.signed("POST", "/v5/order/cancel", json.dumps(cancel).encode())
    client.wait(2)
    rows = [row for message in stream.of("order") for row in message["data"] if row["orderStatus"] == "Filled"]
    assert 110001 == json.loads(came[0].body)["retCode"]
    assert ["EC_NoError", "EC_OrigClOrdIDDoesNotExist"] == [row["rejectReason"] for row in rows]


def test_a_fill_that_won_against_a_cancel_is_told_late_and_once(tmp_path):
    fault = "{at_s: 1, for_s: 60, kind: cancel_races_fill, prob: 1, whole: 1, told_after_s: 2}"
    client = Client(tmp_path, faults=fault)
    stream = client.private("order", "execution")
    client.create(orderLinkId="a-1")
    cancel = client.post("/v5/order/cancel", category="linear", symbol="BTCUSDT", orderLinkId="a-1")
    assert (110001, []) == (cancel["retCode"], executions(stream))
    client.create(orderLinkId="b-1", price=client.price(400), timeInForce="IOC")
    client.wait(3)
    told = [row for message in stream.of("execution") for row in message["data"]]
    (mine,) = [row for row in told if row["orderLinkId"] == "a-1"]
    assert ("0.010", True) == (mine["execQty"], mine["isMaker"])
    read = client.get("/v5/execution/list?category=linear&symbol=BTCUSDT")["result"]["list"]
    assert sorted(row["execId"] for row in read) == sorted(row["execId"] for row in told)


@pytest.mark.parametrize("smp_type, survivors", [("CancelTaker", ["maker"]), ("CancelMaker", ["taker"])])
def test_self_trade_prevention_is_the_new_orders_own_choice(tmp_path, smp_type, survivors):
    client = Client(tmp_path)
    client.venue.venue.freeze(is_frozen=True)
    client.wait(60)  # an empty book: whoever meets anybody meets ourselves
    client.create(orderLinkId="maker", price="60000")
    client.create(orderLinkId="taker", price="59000", side="Sell", timeInForce="GTC", smpType=smp_type)
    assert survivors == [one.client_id for one in client.venue.venue.open_orders()]


def test_a_key_that_has_expired_cannot_sign_in_and_signs_for_nothing(tmp_path):
    client = Client(tmp_path, faults="{at_s: 5, for_s: 10, kind: auth_expiry}")
    before = client.private("order", "execution")
    client.wait(5)
    assert before.ended is not None
    assert "expired" in client.stream("/v5/private").sign_in()[0]["ret_msg"]
    assert 33004 == client.create(orderLinkId="a-1")["retCode"]
    assert not list(client.venue.venue.open_orders())
    client.wait(10)
    assert client.stream("/v5/private").sign_in()[0]["success"]
    assert 0 == client.create(orderLinkId="a-2")["retCode"]


def test_a_handshake_that_fails_says_so(tmp_path):
    client = Client(tmp_path, faults="{at_s: 1, for_s: 5, kind: tls_failure, connections: [public, rest]}")
    client.wait(1)
    assert "the TLS handshake failed" == client.stream("/v5/public/linear").opened
    assert [Cut("the TLS handshake failed")] == client.signed("GET", "/v5/order/realtime?category=linear")


def test_a_copy_that_names_no_order_has_the_id_of_the_first(tmp_path):
    fault = "{at_s: 1, for_s: 60, kind: fill_duplicate, prob: 1.0, after_s: 0.2, nameless: second}"
    client = Client(tmp_path, faults=fault)
    stream = client.private("order", "execution")
    post(client, order(client, "a-1", is_taking=True))
    client.wait(2)
    rows = [row for message in stream.of("execution") for row in message["data"]]
    assert {2} == set(Counter(executions(stream)).values())
    assert {"a-1", ""} == {row["orderLinkId"] for row in rows}


def test_an_answer_that_is_lost_leaves_an_order_that_lives(tmp_path):
    client = Client(tmp_path, faults="{at_s: 2, for_s: 60, kind: ack_lost, prob: 1.0}")
    client.wait(2)
    came = post(client, order(client, "f-1"))
    client.wait(5)
    assert [] == came
    assert 1 == len(list(client.venue.venue.open_orders()))


def test_a_request_that_is_lost_leaves_nothing(tmp_path):
    client = Client(tmp_path, faults="{at_s: 2, for_s: 60, kind: ack_lost_not_applied, prob: 1.0}")
    client.wait(2)
    came = post(client, order(client, "f-1"))
    client.wait(5)
    assert ([], []) == (came, list(client.venue.venue.open_orders()))


def test_a_connection_cut_once_applied_ends_broken_with_the_order_alive(tmp_path):
    client = Client(
        tmp_path, faults="{at_s: 2, for_s: 60, kind: reset, cut: applied, requests: [create], connections: [rest]}"
    )
    client.wait(2)
    came = post(client, order(client, "f-1"))
    client.wait(1)
    assert isinstance(came[0], Cut)
    assert 1 == len(list(client.venue.venue.open_orders()))


def test_a_venue_that_is_busy_answers_with_a_page_that_is_no_json(tmp_path):
    client = Client(tmp_path, faults="{at_s: 2, for_s: 10, kind: downtime, answers: busy, streams: reset}")
    stream = client.stream("/v5/public/linear")
    client.wait(2)
    assert 1006 == stream.ended
    (answer,) = after(client, client.signed("GET", "/v5/order/realtime?category=linear&symbol=BTCUSDT"))
    assert (503, "text/html") == (answer.status, dict(answer.headers)["Content-Type"])


def test_a_ban_is_a_403_page(tmp_path):
    client = Client(
        tmp_path,
        faults="{at_s: 2, for_s: 60, kind: rate_limit, orders_per_s: 5, burst: 5, reads_per_s: 5, ban_after: 3, ban_s: 30, ban_s_max: 60, banned: true}",
    )
    client.wait(3)
    (answer,) = after(client, client.signed("GET", "/v5/order/realtime?category=linear&symbol=BTCUSDT"))
    assert 403 == answer.status


def test_the_book_starts_at_one_after_the_service_was_restarted(tmp_path):
    client = Client(tmp_path, faults="{at_s: 5, for_s: 5, kind: downtime, streams: silent}")
    stream = client.public(BOOK)
    client.wait(15)
    restarted = [message for message in stream.of(BOOK) if message["data"]["u"] == 1]
    assert ["snapshot"] == [message["type"] for message in restarted]
    messages = stream.of(BOOK)
    counters = [message["data"]["u"] for message in messages]
    place = counters.index(1)
    assert list(range(1, len(counters) - place + 1)) == counters[place:]
    later = client.public(BOOK).of(BOOK)[0]
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
