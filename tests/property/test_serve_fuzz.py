"""The served venue takes anything: whatever a client says is answered or let pass, and changes nothing by accident."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from served import Client

from sim.serve.doors import Head, Malformed
from sim.serve.talks import parsed

WORDS = st.sampled_from(
    [
        "linear",
        "spot",
        "BTCUSDT",
        "Buy",
        "Sell",
        "Limit",
        "Market",
        "PostOnly",
        "0.010",
        "60000",
        "",
        "-1",
        "1e5",
        "a-1",
    ]
)
# What looks like a number to some, and what is one that is too long for others.
ODD_NUMBERS = st.sampled_from(["²", "٣", "9" * 5000, "1_000", "1.2.3", ".", "-", "nan", "inf", " 7", "0x1"])
VALUES = st.one_of(WORDS, ODD_NUMBERS, st.text(max_size=20), st.integers(), st.floats(), st.booleans(), st.none())
NAMES = st.sampled_from(
    [
        *("category", "symbol", "side", "orderType", "qty", "price", "timeInForce", "orderLinkId", "orderId"),
        *("positionIdx", "reduceOnly", "smpType", "marketUnit", "settleCoin", "baseCoin", "request", "limit", "cursor"),
        *("startTime", "endTime", "buyLeverage", "mode", "modifyEnable", "timeWindow", "product", "accountType"),
    ]
)
FIELDS = st.dictionaries(NAMES, st.one_of(VALUES, st.lists(st.dictionaries(NAMES, VALUES, max_size=6), max_size=3)))
QUERIES = st.text(string.ascii_letters + string.digits + "=&%+;._-", max_size=60)


@pytest.fixture(scope="module")
def client(tmp_path_factory) -> Client:
    return Client(tmp_path_factory.mktemp("fuzzed"))


def paths(client: Client, method: str) -> list[str]:
    return [path for path, route in client.venue.wire._routes._paths.items() if route.method == method]


@given(data=st.data())
def test_any_field_of_any_request_is_answered(client, data):
    method = data.draw(st.sampled_from(["GET", "POST"]))
    path = data.draw(st.sampled_from(paths(client, method)))
    if method == "POST":
        body = data.draw(st.one_of(FIELDS.map(lambda fields: json.dumps(fields).encode()), st.binary(max_size=60)))
        came = client.signed("POST", path, body)
    else:
        query = data.draw(
            st.one_of(QUERIES, FIELDS.map(lambda fields: "&".join(f"{k}={v}" for k, v in fields.items())))
        )
        came = client.signed("GET", f"{path}?{query}".encode("ascii", "ignore").decode())
    client.wait(0.5)
    assert 1 == len(came)
    assert isinstance(json.loads(came[0].body)["retCode"], int)
    assert 0 == client.venue.venue.zero_sum_cash()


@given(
    op=st.one_of(
        st.sampled_from(["auth", "subscribe", "unsubscribe", "ping", "order.create", "order.cancel-batch", ""]),
        VALUES,
        st.lists(VALUES, max_size=2),
    ),
    data=st.data(),
)
def test_any_frame_leaves_its_stream_alive(client, op, data):
    path = data.draw(st.sampled_from(["/v5/public/linear", "/v5/private", "/v5/trade"]))
    args = data.draw(
        st.one_of(
            VALUES,
            st.lists(st.one_of(VALUES, FIELDS), max_size=4),
            st.tuples(st.just(client.key), VALUES, VALUES),
        )
    )
    header = data.draw(st.one_of(VALUES, st.just({"X-BAPI-TIMESTAMP": str(client.now_ms())})))
    stream = client.stream(path)
    stream.sign_in()
    stream.say(json.dumps({"op": op, "args": args, "header": header, "reqId": data.draw(VALUES)}))
    assert stream.say({"op": "ping"})
    assert stream.ended is None
    stream.speaker.close()


@given(odd=ODD_NUMBERS)
def test_an_odd_number_in_a_streams_path_is_let_pass(client, odd):
    stream = client.stream(f"/v5/private?max_active_time={odd}s")
    assert stream.opened == ""
    stream.speaker.close()


@given(text=st.text(max_size=200))
def test_a_frame_is_an_object_or_nothing(text):
    assert parsed(text) is None or isinstance(parsed(text), dict)


@given(raw=st.binary(max_size=200))
def test_a_head_is_one_or_malformed(raw):
    try:
        head = Head(raw)
    except Malformed as wrong:
        assert 400 <= wrong.status < 600
    else:
        assert head.target.startswith("/")
