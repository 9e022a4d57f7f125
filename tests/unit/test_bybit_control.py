"""Small talk: what each stream is asked, and the three shapes in which they answer."""

import json

import pytest
from bybit_wire import PERPS, market_of

from adapters.bybit.control import (
    AUTH,
    OTHER,
    PONG,
    SUBSCRIBE,
    Control,
    book_topic,
    control_of,
    ping_frame,
    public_topics,
    subscribe_frames,
    unsubscribe_frames,
)
from adapters.bybit.rows import Frame, read


@pytest.mark.parametrize(
    "text,control",
    [
        ('{"success":true,"ret_msg":"","conn_id":"c","req_id":"","op":"subscribe"}', Control(SUBSCRIBE, True)),
        (
            '{"success":true,"ret_msg":"subscribe","conn_id":"c","op":"subscribe"}',
            Control(SUBSCRIBE, True, "subscribe"),
        ),
        (
            '{"success":false,"ret_msg":"error:handler not found,topic:x","op":"subscribe","req_id":"7"}',
            Control(SUBSCRIBE, False, "error:handler not found,topic:x", "7"),
        ),
        ('{"success":true,"ret_msg":"pong","conn_id":"c","op":"ping"}', Control(PONG, True, "pong")),
        ('{"op":"pong","args":["1"],"conn_id":"c"}', Control(PONG, True)),
        ('{"success":true,"ret_msg":"","op":"auth","conn_id":"c"}', Control(AUTH, True)),
        ('{"success":false,"ret_msg":"Invalid key","op":"auth"}', Control(AUTH, False, "Invalid key")),
        ('{"success":true,"ret_msg":"","op":"unheard"}', Control(OTHER, False)),
        ('{"op":"auth"}', Control(AUTH, False)),
        ("{}", Control(OTHER, False)),
    ],
)
def test_what_a_stream_says_of_itself(text, control):
    assert control_of(read(text, Frame)) == control


def test_words_of_any_length_are_cut():
    told = control_of(
        read(json.dumps({"op": "auth", "success": False, "ret_msg": "x" * 9999, "req_id": "y" * 9999}), Frame)
    )
    assert (len(told.words), len(told.req_id)) == (200, 200)


def test_pings():
    assert ping_frame() == '{"op":"ping"}'
    assert json.loads(ping_frame("p-1")) == {"op": "ping", "req_id": "p-1"}


def test_topics_are_asked_for_ten_at_a_time_with_ids_of_their_own():
    topics = [f"orderbook.50.X{number}" for number in range(23)]
    frames = [json.loads(text) for text in subscribe_frames(topics, "s")]
    assert [len(one["args"]) for one in frames] == [10, 10, 3]
    assert [one["req_id"] for one in frames] == ["s0", "s1", "s2"]
    assert [topic for one in frames for topic in one["args"]] == topics
    assert {one["op"] for one in frames} == {"subscribe"}


def test_topics_are_left_alike_and_ids_are_optional():
    (text,) = unsubscribe_frames(["a"])
    assert json.loads(text) == {"op": "unsubscribe", "args": ["a"]}
    assert list(subscribe_frames([])) == []


def test_each_symbol_has_a_book_best_prices_trades_and_a_band():
    assert public_topics(PERPS)[:4] == (
        "orderbook.50.BTCUSDT",
        "orderbook.1.BTCUSDT",
        "publicTrade.BTCUSDT",
        "priceLimit.BTCUSDT",
    )
    assert len(public_topics(PERPS)) == 8
    assert book_topic(market_of({"X": ("1", "1")}, book_depth=200), "X") == "orderbook.200.X"
