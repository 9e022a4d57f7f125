"""The public stream: books by their counter, proof of life, trades, bands."""

import json

import pytest
from bybit_wire import PERPS, VENUE_MS, VENUE_NS, frame, market_of

from adapters.bybit.heard import Band, Heard
from adapters.bybit.levels import levels_of
from adapters.bybit.market import Unreadable
from adapters.bybit.public import PublicStream
from strategy.events import BookDelta, BookHeartbeat, BookSnapshot, PublicTrade
from strategy.units import BUY, SELL

SNAPSHOT, DELTA = "snapshot", "delta"


def book(kind, u, bids=(), asks=(), topic="orderbook.50.BTCUSDT", seq=100, symbol="BTCUSDT", **changes):
    data = {"s": symbol, "b": list(bids), "a": list(asks), "u": u, "seq": seq}
    return frame(**({"topic": topic, "type": kind, "ts": VENUE_MS, "data": data, "cts": VENUE_MS - 9} | changes))


def best(u, seq):
    return book(SNAPSHOT, u, [("65000", "1")], [("65000.1", "2")], topic="orderbook.1.BTCUSDT", seq=seq)


def snapshot(u, seq=100):
    return book(SNAPSHOT, u, [("65000.00", "1.5")], [("65000.10", "0.002")], seq=seq)


def told(stream, *texts):
    return [event for text in texts for event in stream.heard(text).events]


def kinds(stream, *texts):
    return [type(event) for event in told(stream, *texts)]


def test_a_snapshot_and_a_delta_in_ticks_and_lots():
    stream = PublicStream(PERPS)
    assert told(stream, snapshot(7), book(DELTA, 8, [("64999.9", "0")], [("65000.2", "3")])) == [
        BookSnapshot("BTCUSDT", 7, ((650_000, 1500),), ((650_001, 2),), VENUE_NS),
        BookDelta("BTCUSDT", 7, 8, ((649_999, 0),), ((650_002, 3000),), VENUE_NS),
    ]


def test_a_gap_shows_in_the_counter_a_delta_claims_to_follow():
    stream = PublicStream(PERPS)
    (_, late) = told(stream, snapshot(7), book(DELTA, 10))
    assert (late.prev_seq, late.seq) == (9, 10)


def test_what_is_older_than_what_was_seen_is_dropped():
    stream = PublicStream(PERPS)
    assert kinds(stream, snapshot(7), book(DELTA, 8), book(DELTA, 8), book(DELTA, 6)) == [BookSnapshot, BookDelta]


def test_a_snapshot_in_the_middle_replaces_even_with_an_older_counter():
    stream = PublicStream(PERPS)
    assert kinds(stream, snapshot(7), book(DELTA, 8), snapshot(5)) == [BookSnapshot, BookDelta, BookSnapshot]
    assert told(stream, book(DELTA, 6))[0].prev_seq == 5


def test_a_snapshot_that_repeats_the_counter_is_a_heartbeat():
    stream = PublicStream(PERPS)
    assert told(stream, snapshot(7), snapshot(7))[1] == BookHeartbeat("BTCUSDT", 7, VENUE_NS)


def test_a_repeated_snapshot_mends_a_book_with_a_hole():
    stream = PublicStream(PERPS)
    assert kinds(stream, snapshot(7), book(DELTA, 9), snapshot(9)) == [BookSnapshot, BookDelta, BookSnapshot]


@pytest.mark.parametrize("kind", [SNAPSHOT, DELTA])
def test_a_counter_of_one_is_a_restart_whatever_it_calls_itself(kind):
    stream = PublicStream(PERPS)
    assert kinds(stream, snapshot(700), book(kind, 1, [("65000", "1")])) == [BookSnapshot] * 2
    assert told(stream, book(DELTA, 2))[0].prev_seq == 1


def test_a_restart_told_twice_is_taken_twice():
    assert kinds(PublicStream(PERPS), snapshot(1), snapshot(1)) == [BookSnapshot] * 2


def test_a_book_asked_for_again_is_taken_whatever_its_counter():
    stream = PublicStream(PERPS)
    told(stream, snapshot(7))
    stream.forget("BTCUSDT")
    stream.forget("unknown")
    assert kinds(stream, snapshot(7)) == [BookSnapshot]


def test_best_prices_no_newer_than_the_book_prove_that_it_lives():
    stream = PublicStream(PERPS)
    assert told(stream, best(3, 99)) == []
    told(stream, snapshot(7, seq=100))
    assert told(stream, best(3, 99), best(3, 100)) == [BookHeartbeat("BTCUSDT", 7, VENUE_NS)] * 2
    assert told(stream, best(4, 101)) == []
    told(stream, book(DELTA, 8, seq=101))
    assert told(stream, best(4, 101)) == [BookHeartbeat("BTCUSDT", 8, VENUE_NS)]


def test_best_prices_prove_nothing_of_a_book_with_a_hole():
    stream = PublicStream(PERPS)
    told(stream, snapshot(7), book(DELTA, 9))
    assert told(stream, best(3, 100)) == []


def test_best_prices_may_be_the_book_itself():
    stream = PublicStream(market_of({"BTCUSDT": ("0.1", "0.001")}, book_depth=1))
    assert kinds(stream, best(3, 99), best(3, 99), best(4, 100)) == [BookSnapshot, BookHeartbeat, BookSnapshot]


def test_the_instant_is_when_a_book_was_told_however_long_it_has_been_still():
    stamps = [{"cts": 0}, {"cts": VENUE_MS - 60_000}, {"ts": 0}]
    instants = [one.venue_ns for each in stamps for one in told(PublicStream(PERPS), book(SNAPSHOT, 7, **each))]
    assert [VENUE_NS, VENUE_NS, VENUE_NS - 9_000_000] == instants


STRANGE = {
    "a symbol nobody asked for": book(SNAPSHOT, 8, symbol="DOGEUSDT"),
    "a depth nobody asked for": book(SNAPSHOT, 8, topic="orderbook.200.BTCUSDT"),
    "a topic without a depth": book(SNAPSHOT, 8, topic="orderbook"),
    "no data": book(SNAPSHOT, 8, data=None),
    "a counter below zero": book(SNAPSHOT, -1),
    "a counter in words": book(SNAPSHOT, "x"),
    "a price off the grid": book(SNAPSHOT, 8, [("65000.05", "1")]),
    "a price of nothing": book(SNAPSHOT, 8, [("0", "1")]),
    "a price below nothing": book(SNAPSHOT, 8, [("-1", "1")]),
    "a size below nothing": book(SNAPSHOT, 8, [("65000", "-1")]),
    "a price beyond sense": book(SNAPSHOT, 8, [("1e300", "1")]),
    "a price without end": book(SNAPSHOT, 8, [("Infinity", "1")]),
    "no number": book(SNAPSHOT, 8, [("NaN", "1")]),
    "half a level": book(SNAPSHOT, 8, [("65000",)]),
    "not json": "{",
    "not text": b"\xff\xfe",
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_cannot_be_told_is_strange_and_changes_nothing(name):
    stream = PublicStream(PERPS)
    told(stream, snapshot(7))
    heard = stream.heard(STRANGE[name])
    assert heard.events == ()
    assert len(heard.strange) == 1
    assert told(stream, snapshot(7)) == [BookHeartbeat("BTCUSDT", 7, VENUE_NS)]


def trade(**changes):
    return {"T": VENUE_MS, "s": "BTCUSDT", "S": "Buy", "v": "0.001", "p": "65000.10", "i": "t", "seq": 1} | changes


def test_trades_are_told_one_by_one_and_a_bad_one_takes_no_other():
    rows = [
        trade(),
        trade(S="Sell", v="2"),
        trade(S="Both"),
        trade(p="65000.15"),
        trade(s="DOGEUSDT"),
        trade(T=VENUE_MS + 1),
    ]
    heard = PublicStream(PERPS).heard(frame(topic="publicTrade.BTCUSDT", type=SNAPSHOT, ts=VENUE_MS, data=rows))
    assert heard.events == (
        PublicTrade("BTCUSDT", 650_001, 1, BUY, VENUE_NS),
        PublicTrade("BTCUSDT", 650_001, 2000, SELL, VENUE_NS),
        PublicTrade("BTCUSDT", 650_001, 1, BUY, VENUE_NS + 1_000_000),
    )
    assert len(heard.strange) == 3


@pytest.mark.parametrize("names", [{"symbol": "BTCUSDT"}, {}], ids=["named", "by its topic"])
def test_a_price_band(names):
    data = {"buyLmt": "66000.1", "sellLmt": "64000.2", **names}
    heard = PublicStream(PERPS).heard(frame(topic="priceLimit.BTCUSDT", ts=VENUE_MS, data=data))
    assert heard == Heard("priceLimit.BTCUSDT", bands=(Band("BTCUSDT", 660_001, 640_002),))


def test_other_topics_are_let_pass_and_small_talk_is_told():
    stream = PublicStream(PERPS)
    assert stream.heard(frame(topic="tickers.BTCUSDT", data={})) == Heard("tickers.BTCUSDT")
    control = stream.heard('{"success":true,"ret_msg":"pong","op":"ping"}').control
    assert control is not None
    assert control.kind == "pong"


def test_a_delta_that_cannot_be_read_shows_as_a_gap():
    stream = PublicStream(PERPS)
    told(stream, snapshot(7))
    assert stream.heard(book(DELTA, 8, [("65000.05", "1")])).strange
    assert told(stream, best(3, 101)) == []
    assert told(stream, book(DELTA, 9))[0].prev_seq == 8
    assert told(stream, best(3, 100)) == []


def test_levels_of_one_side_are_all_or_nothing():
    grid = PERPS.grids["BTCUSDT"]
    assert levels_of(grid, []) == ()
    with pytest.raises(Unreadable, match="off the grid"):
        levels_of(grid, [(65000.0, 1.0), (65000.05, 1.0)])


def test_zero_padded_prices_are_the_same_prices():
    stream = PublicStream(PERPS)
    padded, trimmed = (json.loads(book(SNAPSHOT, 7, [(price, "1.000")])) for price in ("65114.20", "65114.2"))
    (one,) = told(stream, json.dumps(padded))
    stream.forget("BTCUSDT")
    assert told(stream, json.dumps(trimmed)) == [one]
