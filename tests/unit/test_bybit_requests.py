"""Commands on the wire: the exact bytes, over REST and over the trade stream."""

import json

import pytest
from bybit_wire import NOW_NS, PAIRS, PERPS, VENUE_MS, VENUE_NS, amend, cancel, create, market_of
from wire_data import wire_json

from adapters.bybit.market import make_market
from adapters.bybit.requests import (
    Call,
    call_of,
    can_stream,
    capability_of,
    frame_of,
    next_page,
    order_args,
    order_call,
)
from adapters.bybit.signing import Signer
from strategy import commands
from strategy.batching import BATCHED, group
from strategy.errors import OurMistake
from strategy.units import NS_PER_DAY, SELL


def body(*one, market=PERPS):
    call = call_of(market, one, NOW_NS)
    assert (call.method, call.query, call.is_signed) == ("POST", "", True)
    return call.path, json.loads(call.body)


def asked(command, market=PERPS, venue_ns=VENUE_NS):
    call = call_of(market, (command,), venue_ns)
    assert (call.method, call.body) == ("GET", b"")
    return call.target, call.is_signed


CREATE = {
    "category": "linear",
    "symbol": "BTCUSDT",
    "side": "Buy",
    "orderType": "Limit",
    "qty": "0.010",
    "price": "65000.0",
    "timeInForce": "PostOnly",
    "orderLinkId": "s-1",
    "smpType": "CancelTaker",
    "positionIdx": 0,
    "reduceOnly": False,
}


def test_a_quote_is_post_only_and_never_meets_its_own():
    assert body(create()) == ("/v5/order/create", CREATE)


@pytest.mark.parametrize(
    "changes,said",
    [
        ({"post_only": False}, {"timeInForce": "GTC"}),
        ({"post_only": False, "taking": True}, {"timeInForce": "IOC", "smpType": "CancelMaker"}),
        ({"post_only": False, "fill_or_kill": True}, {"timeInForce": "FOK", "smpType": "CancelMaker"}),
        ({"side": SELL, "reduce_only": True}, {"side": "Sell", "reduceOnly": True}),
        ({"price_ticks": 1, "size_lots": 1}, {"price": "0.1", "qty": "0.001"}),
    ],
    ids=["good till cancelled", "taking", "all or nothing", "reducing", "the smallest"],
)
def test_what_an_order_must_not_do_is_said(changes, said):
    assert body(create(**changes))[1] == CREATE | said


def test_a_spot_order_borrows_nothing_and_names_no_position():
    spot = {key: value for key, value in CREATE.items() if key not in ("positionIdx", "reduceOnly")}
    spot |= {"category": "spot", "qty": "0.000010", "isLeverage": 0, "orderFilter": "Order"}
    assert body(create(), market=PAIRS) == ("/v5/order/create", spot)


def test_small_steps_are_written_without_an_exponent():
    cheap, dear = market_of({"BTCUSDT": ("0.00000001", "1")}), market_of({"BTCUSDT": ("1", "0.00000001")})
    assert body(create(price_ticks=3), market=cheap)[1]["price"] == "0.00000003"
    assert body(create(size_lots=7), market=dear)[1]["qty"] == "0.00000007"


def test_an_amend_says_price_and_whole_size():
    told = {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "s-1", "qty": "0.020", "price": "65000.1"}
    assert body(amend()) == ("/v5/order/amend", told)


def test_a_cancel_names_its_order():
    assert body(cancel()) == ("/v5/order/cancel", {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "s-1"})


def test_a_strangers_order_is_named_by_the_venues_id():
    told = {"category": "linear", "symbol": "BTCUSDT", "orderId": "9aac161b"}
    assert body(cancel("venue:9aac161b")) == ("/v5/order/cancel", told)


def test_a_batch_names_its_category_once():
    path, told = body(create("s-1"), create("s-2"))
    assert path == "/v5/order/create-batch"
    items = [
        {key: value for key, value in CREATE.items() if key != "category"} | {"orderLinkId": f"s-{n}"} for n in (1, 2)
    ]
    assert told == {"category": "linear", "request": items}
    assert body(cancel("s-1"), cancel("s-2"))[0] == "/v5/order/cancel-batch"
    assert body(amend("s-1"), amend("s-2"))[0] == "/v5/order/amend-batch"


@pytest.mark.parametrize("market,size", [(PERPS, 20), (PAIRS, 10)], ids=["linear", "spot"])
def test_batches_are_as_large_as_the_venue_takes(market, size):
    capability = capability_of(market)
    groups = group([create(f"s-{number}") for number in range(45)], capability, BATCHED)
    assert [len(one) for one in groups] == [size] * (45 // size) + [45 % size] * bool(45 % size)
    assert (capability.per_item, capability.mixes_symbols) == (True, True)


@pytest.mark.parametrize(
    "market,symbol,said",
    [
        (PERPS, "BTCUSDT", {"category": "linear", "symbol": "BTCUSDT"}),
        (PERPS, "", {"category": "linear", "settleCoin": "USDT"}),
        (PAIRS, "", {"category": "spot"}),
    ],
    ids=["one symbol", "the account", "spot"],
)
def test_a_cancel_all_has_a_scope(market, symbol, said):
    assert body(commands.CancelAll(symbol), market=market) == ("/v5/order/cancel-all", said)


@pytest.mark.parametrize(
    "command,target,is_signed",
    [
        (
            commands.QueryOrder("s-1", "BTCUSDT", 7),
            "/v5/order/realtime?category=linear&symbol=BTCUSDT&orderLinkId=s-1",
            True,
        ),
        (commands.QueryOpenOrders("BTCUSDT", 7), "/v5/order/realtime?category=linear&symbol=BTCUSDT&limit=50", True),
        (commands.RequestBook("BTCUSDT", 7), "/v5/market/orderbook?category=linear&symbol=BTCUSDT&limit=200", False),
        (commands.SampleClock(7), "/v5/market/time", False),
        (commands.QueryTerms("BTCUSDT", 7), "/v5/market/instruments-info?category=linear&symbol=BTCUSDT", False),
        (commands.QueryMargin(7), "/v5/account/wallet-balance?accountType=UNIFIED", True),
        (
            commands.QueryFills("BTCUSDT", VENUE_NS - 1_500_000, 7),
            f"/v5/execution/list?category=linear&symbol=BTCUSDT&limit=100&startTime={VENUE_MS - 2}",
            True,
        ),
    ],
    ids=["an order", "open orders", "a book", "time", "rules", "margin", "fills"],
)
def test_questions_and_whether_they_are_signed(command, target, is_signed):
    assert asked(command) == (target, is_signed)


def test_fills_of_longer_ago_than_the_venue_goes_are_asked_from_the_latest_backwards():
    target = "/v5/execution/list?category=linear&symbol=BTCUSDT&limit=100"
    assert asked(commands.QueryFills("BTCUSDT", 0, 7)) == (target, True)
    assert asked(commands.QueryFills("BTCUSDT", VENUE_NS - 7 * NS_PER_DAY, 7)) == (target, True)


def test_an_order_may_be_looked_for_in_the_history():
    call = order_call(PERPS, commands.QueryOrder("venue:12", "BTCUSDT", 7), "history")
    assert call.target == "/v5/order/history?category=linear&symbol=BTCUSDT&orderId=12"


def test_a_cursor_goes_back_as_it_came_and_replaces_the_one_before():
    first = call_of(PERPS, (commands.QueryOpenOrders("BTCUSDT", 7),), VENUE_NS)
    second = next_page(first, "132766%3A2%2C132766%3A2")
    third = next_page(second, "a b&c=d")
    assert second.query == f"{first.query}&cursor=132766%3A2%2C132766%3A2"
    assert third.query == f"{first.query}&cursor=a%20b%26c%3Dd"


def test_what_is_signed_is_what_leaves():
    signer = Signer("k", "secret")
    get, post = Call("GET", "/p", query="b=2&a=1"), Call("POST", "/p", body=b'{"a":1}')
    assert (get.payload, post.payload) == (b"b=2&a=1", b'{"a":1}')
    assert signer.headers(get.payload, 1)["X-BAPI-SIGN"] == signer.sign(b"1k5000b=2&a=1")
    assert (get.target, post.target) == ("/p?b=2&a=1", "/p")


@pytest.mark.parametrize(
    "one,op",
    [
        ((create(),), "order.create"),
        ((create("s-1"), create("s-2")), "order.create-batch"),
        ((amend(),), "order.amend"),
        ((cancel(), cancel("s-2")), "order.cancel-batch"),
    ],
)
def test_a_frame_carries_what_the_call_would(one, op):
    frame = json.loads(frame_of(PERPS, one, "q-1", VENUE_MS, 4000))
    assert frame == {
        "reqId": "q-1",
        "header": {"X-BAPI-TIMESTAMP": str(VENUE_MS), "X-BAPI-RECV-WINDOW": "4000"},
        "op": op,
        "args": [json.loads(call_of(PERPS, one, NOW_NS).body)],
    }


def test_only_order_requests_go_over_the_trade_stream():
    assert [can_stream((one,)) for one in (create(), amend(), cancel())] == [True] * 3
    assert not can_stream((commands.CancelAll("BTCUSDT"),))
    with pytest.raises(OurMistake, match="CancelAll"):
        frame_of(PERPS, (commands.CancelAll("BTCUSDT"),), "q-1", VENUE_MS)


def test_what_no_request_can_carry_is_our_mistake():
    with pytest.raises(OurMistake, match="no request"):
        call_of(PERPS, (commands.Alert("SQ-S001", "words"),), VENUE_NS)
    with pytest.raises(OurMistake, match="one kind"):
        order_args(PERPS, (create(), cancel()))
    with pytest.raises(OurMistake, match="no order request"):
        order_args(PERPS, (commands.SampleClock(7),))


def test_another_category_is_not_spoken():
    with pytest.raises(ValueError, match="inverse"):
        make_market("inverse", [])


def test_real_clients_name_the_same_fields():
    """What two clients in wide use sent with their creates: each field of ours is one of theirs, or optional."""
    creates = [one for one in wire_json("generated/client_request_vectors.json") if one["path"] == "/v5/order/create"]
    theirs = {name for one in creates for name in json.loads(one["body"])}
    assert creates
    assert set(CREATE) - theirs <= {"smpType", "positionIdx", "reduceOnly"}
