"""Whatever arrives, the codec says something bounded and never raises; what we write reads back exactly."""

import copy
import json
import tracemalloc
from decimal import Decimal
from functools import cache

from bybit_wire import (
    NOW_NS,
    PAIRS,
    PERPS,
    VENUE_MS,
    amend,
    cancel,
    create,
    envelope,
    execution_row,
    market_of,
    order_row,
)
from hypothesis import example, given
from hypothesis import strategies as st
from wire_data import wire_file

from adapters.bybit.answers import Reply, outcome_of, outcome_of_frame
from adapters.bybit.levels import levels_of
from adapters.bybit.market import Unreadable
from adapters.bybit.memory import ORDERS_MAX, Memory
from adapters.bybit.private import PrivateStream
from adapters.bybit.public import PublicStream
from adapters.bybit.requests import call_of, frame_of
from adapters.bybit.rows import TradeAnswer, read
from adapters.bybit.trade import heard as trade_heard
from strategy import commands, events, journal

WIDE = market_of({"BTCUSDT": ("0.1", "0.001"), "ETHUSDT": ("0.01", "0.01"), "SOLUSDT": ("0.01", "0.1")}, book_depth=200)
WORDS_MAX = 256
# Cash is exact to 1e-15 of the quote currency: a number of forty digits may come.
CASH_MAX = 10**60
MACHINE_WORD = 2**63

BOOK = {
    "topic": "orderbook.50.BTCUSDT",
    "type": "delta",
    "ts": VENUE_MS,
    "cts": VENUE_MS,
    "data": {"s": "BTCUSDT", "b": [["65000.0", "0.5"], ["64999.9", "0"]], "a": [["65000.1", "1"]], "u": 7, "seq": 9},
}
PUBLIC = (
    BOOK,
    BOOK | {"type": "snapshot"},
    BOOK | {"topic": "orderbook.1.BTCUSDT", "type": "snapshot"},
    {
        "topic": "publicTrade.BTCUSDT",
        "type": "snapshot",
        "ts": VENUE_MS,
        "data": [{"T": VENUE_MS, "s": "BTCUSDT", "S": "Buy", "v": "0.001", "p": "65000.10", "i": "t", "seq": 1}],
    },
    {"topic": "priceLimit.BTCUSDT", "ts": VENUE_MS, "data": {"symbol": "BTCUSDT", "buyLmt": "66000", "sellLmt": "1"}},
    {"success": True, "ret_msg": "", "conn_id": "c", "req_id": "1", "op": "subscribe"},
)
PRIVATE = (
    {"topic": "order", "id": "1", "creationTime": VENUE_MS, "data": [order_row(), order_row(orderStatus="Cancelled")]},
    {"topic": "execution", "id": "2", "creationTime": VENUE_MS, "data": [execution_row(), execution_row(execId="e-2")]},
    {"topic": "execution.linear", "id": "3", "data": [execution_row(execType="Funding", feeCurrency="BTC")]},
    {"topic": "position", "id": "4", "data": [{"symbol": "BTCUSDT", "side": "Buy", "size": "0.1", "seq": 3}]},
    {"topic": "wallet", "id": "5", "data": [{"totalEquity": "10", "coin": [{"coin": "USDT", "equity": "1"}]}]},
    {"op": "pong", "args": ["1"], "conn_id": "c"},
)
TRADE = (
    {
        "reqId": "q-1",
        "retCode": 0,
        "retMsg": "OK",
        "op": "order.create",
        "data": {"orderId": "v-1", "orderLinkId": "s-1"},
        "retExtInfo": {},
        "header": {"X-Bapi-Limit-Status": "9", "Timenow": str(VENUE_MS)},
        "connId": "c",
    },
    {"retCode": 0, "retMsg": "OK", "op": "auth", "connId": "c"},
    {"retCode": 0, "retMsg": "OK", "op": "pong", "data": ["1"], "connId": "c"},
)
ACK = {"orderId": "v-1", "orderLinkId": "s-1"}
WALLET = {"totalEquity": "9.5", "totalMaintenanceMargin": "", "coin": [{"coin": "USDT", "equity": "5"}]}
# What may be asked, and a good answer to it.
ASKED = (
    ((create(),), envelope(ACK)),
    ((create(), create("s-2")), envelope({"list": [ACK, ACK]}, ext={"list": [{"code": 0}, {"code": 10006}]})),
    ((amend(),), envelope(ACK)),
    ((cancel(),), envelope(ACK)),
    ((commands.CancelAll("BTCUSDT"),), envelope({"list": [ACK], "success": "1"})),
    ((commands.QueryOrder("s-1", "BTCUSDT", 1),), envelope({"list": [order_row()], "nextPageCursor": ""})),
    ((commands.QueryOpenOrders("BTCUSDT", 1),), envelope({"list": [order_row()], "nextPageCursor": "a%3D"})),
    ((commands.QueryFills("BTCUSDT", 0, 1),), envelope({"list": [execution_row()], "nextPageCursor": ""})),
    ((commands.RequestBook("BTCUSDT", 1),), envelope(BOOK["data"])),
    ((commands.SampleClock(1),), envelope({"timeSecond": "1", "timeNano": "1700000000500000000"})),
    ((commands.QueryMargin(1),), envelope({"list": [WALLET]})),
)
ODD = st.one_of(
    st.sampled_from(
        (
            None,
            True,
            "",
            0,
            -1,
            10**30,
            1e300,
            float("nan"),
            float("inf"),
            "NaN",
            "Infinity",
            "-1",
            "-0.0",
            "1e400",
            "0x10",
            "1_000",
            " 1",
            "\u0661",
            "9" * 39,
            "0." + "0" * 30 + "1",
            "1." + "0" * 30 + "1",
            "x" * 5000,
            "\ud800",
            [],
            {},
            [[]],
            [["1"]],
            [["1", "2", "3"]],
            {"list": None},
        )
    ),
    st.text(max_size=8),
    st.integers(-(2**70), 2**70),
    st.floats(),
)


def places(value, path=()):
    """Name every place in a JSON value."""
    yield path
    if isinstance(value, dict):
        for name in value:
            yield from places(value[name], (*path, name))
    elif isinstance(value, list):
        for number in range(len(value)):
            yield from places(value[number], (*path, number))


@st.composite
def mangled(draw, goods):
    """Take a good message and put something odd in places of it, or take something out."""
    value = copy.deepcopy(draw(st.sampled_from(goods)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(value))))
        if not path:
            continue
        holder = value
        for step in path[:-1]:
            holder = holder[step]
        if draw(st.booleans()):
            holder[path[-1]] = copy.deepcopy(draw(ODD))  # what is put in may be mangled next
        else:
            del holder[path[-1]]
    return value


@st.composite
def broken(draw, goods):
    """Take the bytes of a good message and cut, double or overwrite some."""
    text = json.dumps(draw(st.sampled_from(goods))).encode()
    at = draw(st.integers(0, len(text)))
    to = draw(st.integers(at, len(text)))
    return text[:at] + draw(st.sampled_from((b"", text[at:to] * 2, b'"', b"\x00", b"\xff", b"[" * 3000))) + text[to:]


def frames(goods):
    whole = mangled(goods).map(json.dumps)
    return st.one_of(whole, broken(goods), st.binary(max_size=200), st.text(max_size=200))


def check_event(event):
    """An event is bounded, and the journal gives it back as it was."""
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if isinstance(value, str):
            assert len(value) <= WORDS_MAX, name
        elif isinstance(value, int):
            assert abs(value) < (CASH_MAX if name.endswith("cash") or name == "cash" else MACHINE_WORD), name
            assert value >= 0 or name in ("side", "fee_cash", "cash", "equity_cash", "maintenance_cash"), name
    (record,) = journal.read(journal.line_of(journal.EventRecord(1, event))).records
    assert record.event == event


def check_heard(heard):
    for event in heard.events:
        check_event(event)
    assert all(len(words) <= 2 * WORDS_MAX for words in (heard.topic, *heard.strange))
    if heard.control is not None:
        assert len(heard.control.words) <= WORDS_MAX
        assert len(heard.control.req_id) <= WORDS_MAX


@given(st.lists(frames(PUBLIC), min_size=1, max_size=4))
@example([json.dumps(BOOK | {"topic": "orderbook"})])
@example(['{"op":"subscribe","success":true,"req_id":1' + "0" * 5000 + "}"])
@example(["[" * 100_000])
def test_a_public_stream_reads_whatever_comes(texts):
    stream = PublicStream(PERPS)
    for text in texts:
        check_heard(stream.heard(text))


@given(st.lists(frames(PRIVATE), min_size=1, max_size=4))
@example(["[" * 100_000])
def test_a_private_stream_reads_whatever_comes(texts):
    stream = PrivateStream(PERPS, Memory())
    for text in texts:
        check_heard(stream.heard(text))


@cache
def recorded():
    """Give a few frames of each topic that the venue sent, and another project's private ones."""
    text = wire_file("cryptofeed/BYBIT.v3.jsonl").read_text()
    by_topic: dict[str, list[dict[str, object]]] = {}
    for line in map(json.loads, text.splitlines()):
        if line["t"] == "recv":
            frame = json.loads(line["data"])
            by_topic.setdefault(frame.get("topic", frame.get("op")), []).append(frame)
    private = wire_file("nautilus_bybit/ws_account_order.json").parent.glob("ws_account_*.json")
    return tuple(frame for some in by_topic.values() for frame in some[:3]), tuple(
        json.loads(path.read_text()) for path in sorted(private)
    )


@given(st.data())
def test_frames_the_venue_sent_are_read_however_they_are_mangled(data):
    public_frames, private_frames = recorded()
    public, private = PublicStream(WIDE), PrivateStream(WIDE, Memory())
    for _ in range(3):
        check_heard(public.heard(data.draw(frames(public_frames))))
        check_heard(private.heard(data.draw(frames(private_frames))))


@given(frames(TRADE))
@example("[" * 100_000)
@example(json.dumps(TRADE[0]).replace('"9"', "1" + "0" * 5000))
@example(json.dumps(TRADE[0]).replace('"9"', '{"a":[[]]}'))
def test_a_trade_stream_reads_whatever_comes(text):
    told = trade_heard(text)
    assert len(told.req_id) <= WORDS_MAX
    if told.answer is not None:
        outcome = outcome_of_frame(PERPS, Memory(), (create(),), told.answer, NOW_NS)
        assert len(outcome.events) == 1
        for event in (*outcome.events, *outcome.aside):
            check_event(event)


@st.composite
def answers(draw):
    one, good = draw(st.sampled_from(ASKED))
    headers = draw(
        st.dictionaries(
            st.sampled_from(("X-Bapi-Limit-Status", "X-Bapi-Limit-Reset-Timestamp", "Timenow", "other")),
            st.one_of(st.text(max_size=8), st.sampled_from(("9", "9" * 39, str(VENUE_MS), "-1"))),
        )
    )
    body = draw(frames((good,)))
    return (
        one,
        Reply(
            draw(st.sampled_from((200, 200, 200, 403, 429, 500, 0, 301))),
            draw(st.sampled_from(("application/json", "", "text/html"))),
            headers,
            body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass"),
        ),
    )


@given(answers(), st.sampled_from((PERPS, PAIRS)))
def test_every_command_gets_its_word_whatever_the_answer(asked, market):
    one, reply = asked
    call = call_of(market, one, NOW_NS)
    outcome = outcome_of(market, Memory(), one, call, reply, NOW_NS)
    assert len(outcome.events) == (0 if outcome.more is not None else len(one))
    for event in (*outcome.events, *outcome.aside):
        check_event(event)


@given(st.binary(max_size=300))
def test_reading_gives_a_value_or_says_unreadable(raw):
    try:
        assert isinstance(read(raw, TradeAnswer), TradeAnswer)
    except Unreadable as problem:
        assert len(str(problem)) <= WORDS_MAX


GRIDS = st.sampled_from(
    [
        ("BTCUSDT", ("0.1", "0.001")),
        ("BTCUSDT", ("0.5", "0.000001")),
        ("BTCUSDT", ("0.00001", "1")),
        ("BTCUSDT", ("0.0025", "0.01")),
    ]
)


@given(GRIDS, st.integers(1, 2**38), st.integers(1, 2**38), st.sampled_from((PERPS, PAIRS)))
def test_a_create_reads_back_as_the_same_ticks_and_lots(grid, price_ticks, size_lots, like):
    name, steps = grid
    market = market_of({name: steps}, like.category)
    asked = create(price_ticks=price_ticks, size_lots=size_lots)
    body = json.loads(call_of(market, (asked,), NOW_NS).body)
    streamed = json.loads(frame_of(market, (asked,), "q-1", VENUE_MS))["args"][0]
    assert body == streamed
    assert Decimal(body["price"]) == Decimal(steps[0]) * price_ticks
    assert Decimal(body["qty"]) == Decimal(steps[1]) * size_lots
    assert "E" not in body["price"] + body["qty"]
    row = order_row(price=body["price"], qty=body["qty"], category=market.category, side=body["side"])
    told = PrivateStream(market, Memory()).heard(json.dumps({"topic": "order", "data": [row]})).events
    accepted = events.OrderAccepted("s-1", "v-1", price_ticks, size_lots, VENUE_MS * 1_000_000, asked.side)
    assert told == (accepted,)


@given(GRIDS, st.lists(st.tuples(st.integers(1, 2**38), st.integers(1, 2**38)), min_size=1, max_size=20))
def test_a_batch_of_amends_reads_back_as_the_same_ticks_and_lots(grid, wanted):
    name, steps = grid
    market = market_of({name: steps})
    one = tuple(amend(f"s-{number}", *stands) for number, stands in enumerate(wanted))
    args = json.loads(call_of(market, one, NOW_NS).body)
    items = args["request"] if len(one) > 1 else [args]
    read_back = [(market.grids[name].ticks(item["price"]), market.grids[name].lots(item["qty"])) for item in items]
    assert read_back == wanted
    assert [item["orderLinkId"] for item in items] == [command.client_id for command in one]


@given(GRIDS, st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**9)), max_size=50), st.integers(0, 3))
def test_levels_are_exact_however_they_are_padded(grid, levels, zeros):
    name, steps = grid
    one = market_of({name: steps}).grids[name]
    padded = [
        (float(one.price_text(ticks) + "0" * zeros * ("." in one.price_text(ticks))), float(one.size_text(lots)))
        for ticks, lots in levels
    ]
    assert levels_of(one, padded) == tuple(levels)


@given(GRIDS, st.integers(1, 10**9), st.integers(1, 99))
def test_what_is_off_the_grid_is_never_rounded(grid, steps_whole, hundredths):
    name, steps = grid
    one = market_of({name: steps}).grids[name]
    off = Decimal(steps[0]) * steps_whole + Decimal(steps[0]) * hundredths / 100
    for reader in (one.ticks, lambda text: levels_of(one, [(float(text), 1.0)])):
        try:
            reader(f"{off:f}")
        except Unreadable:
            continue
        raise AssertionError(f"{off} was taken for a price")


def test_streams_keep_nothing_of_what_they_did_not_ask_for():
    public, private = PublicStream(PERPS), PrivateStream(PERPS, Memory())
    texts = [(json.dumps(PUBLIC[0]), "BTCUSDT"), (json.dumps(PUBLIC[3]), "BTCUSDT"), (json.dumps(PRIVATE[4]), "USDT")]

    def listen(numbers):
        for number in numbers:
            for text, name in texts:
                public.heard(text.replace(name, f"X{number}"))
                private.heard(text.replace(name, f"X{number}"))

    listen(range(200))
    tracemalloc.start()
    listen(range(200, 2_200))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 50_000


@given(st.lists(st.integers(0, 10**6), max_size=5))
def test_what_is_known_of_orders_is_bounded(starts):
    memory = Memory()
    for start in starts:
        for number in range(start, start + ORDERS_MAX // 2):
            memory.of(f"s-{number}")
    assert len(memory.orders) <= ORDERS_MAX
