"""What the venue really sent: every line of it is read, and its books are built again."""

import json
import zipfile
from collections import Counter
from decimal import Decimal
from itertools import pairwise

import pytest
from bybit_wire import market_of
from wire_data import wire_file

from adapters.bybit.control import SUBSCRIBE
from adapters.bybit.public import PublicStream
from strategy.book import APPLIED, Book
from strategy.events import BookDelta, BookHeartbeat, BookSnapshot, PublicTrade
from strategy.instrument import LINEAR, SPOT

# Grids as the same recording's instrument lists name them.
PERPS = {
    "BTCUSDT": ("0.1", "0.001"),
    "ETHUSDT": ("0.01", "0.01"),
    "SOLUSDT": ("0.01", "0.1"),
    "DOGEUSDT": ("0.00001", "1"),
}
PAIRS = {"BTCUSDT": ("0.1", "0.000001"), "ETHUSDT": ("0.01", "0.00001")}


class Rebuilt:
    """One symbol's book twice: ours from events, and the frames' own text in decimals."""

    def __init__(self, symbol, tick, lot):
        self.book = Book(symbol)
        self.tick, self.lot = Decimal(tick), Decimal(lot)
        self.bids, self.asks = {}, {}

    def take(self, event, raw, is_snapshot):
        if is_snapshot:
            self.bids, self.asks = {}, {}
        for side, levels in ((self.bids, raw["b"]), (self.asks, raw["a"])):
            for price, size in levels:
                assert is_snapshot or Decimal(size) or Decimal(price) in side, "a level unknown before is deleted"
                side[Decimal(price)] = Decimal(size)
                if not side[Decimal(price)]:
                    del side[Decimal(price)]
        take = self.book.snapshot if isinstance(event, BookSnapshot) else self.book.delta
        assert take(1, event) == APPLIED

    def check(self):
        ours = self.book
        assert {price * self.tick: size * self.lot for price, size in ours.bids.items()} == self.bids
        assert {price * self.tick: size * self.lot for price, size in ours.asks.items()} == self.asks
        assert ours.best_bid_ticks < ours.best_ask_ticks


def recorded_lines():
    return [json.loads(line) for line in wire_file("cryptofeed/BYBIT.v3.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(
    "address,kind,grids,books",
    [("linear", LINEAR, PERPS, 414 + 421 + 383 + 380), ("spot", SPOT, PAIRS, 300 + 250)],
    ids=["linear", "spot"],
)
def test_every_frame_of_the_recording_is_read_and_rebuilds_its_books(address, kind, grids, books):
    lines = recorded_lines()
    (connection,) = {line["conn"] for line in lines if line["t"] == "connect" and line["addr"].endswith(address)}
    stream = PublicStream(market_of(grids, kind, book_depth=200))
    rebuilt = {symbol: Rebuilt(symbol, *grid) for symbol, grid in grids.items()}
    counters = {symbol: [] for symbol in grids}
    told = Counter()
    for line in lines:
        if line["t"] != "recv" or line["conn"] != connection:
            continue
        heard = stream.heard(line["data"])
        assert heard.strange == ()
        raw = json.loads(line["data"])
        assert heard.topic == raw.get("topic", "")
        if heard.control is not None:
            assert (heard.control.kind, heard.control.ok) == (SUBSCRIBE, True)
            told["control"] += 1
        for event in heard.events:
            told[type(event).__name__] += 1
            if isinstance(event, BookSnapshot | BookDelta):
                one = rebuilt[event.symbol]
                one.take(event, raw["data"], raw["type"] == "snapshot")
                assert (len(one.book.bids), len(one.book.asks)) == (200, 200)
                assert one.book.best_bid_ticks < one.book.best_ask_ticks
                assert event.venue_ns == raw["ts"] * 1_000_000
                counters[event.symbol].append(event.seq)
                if event.seq % 64 == 0:
                    one.check()
            elif isinstance(event, PublicTrade):
                assert event.price_ticks > 0 < event.size_lots
    for one in rebuilt.values():
        one.check()
    assert told["BookSnapshot"] + told["BookDelta"] == books
    assert told["BookSnapshot"] == len(grids)
    assert told["control"] == {"linear": 17, "spot": 7}[address]
    assert all(later == earlier + 1 for of_one in counters.values() for earlier, later in pairwise(of_one))


def test_every_trade_of_the_recording_is_read_exactly():
    stream = PublicStream(market_of(PERPS, LINEAR, book_depth=200))
    trades = 0
    for line in recorded_lines():
        if line["t"] != "recv" or line["conn"] != "BYBIT.ws.2" or "publicTrade" not in line["data"]:
            continue
        rows = json.loads(line["data"])["data"]
        told = stream.heard(line["data"]).events
        assert len(told) == len(rows)
        for event, row in zip(told, rows, strict=True):
            tick, lot = (Decimal(step) for step in PERPS[event.symbol])
            assert (event.price_ticks * tick, event.size_lots * lot) == (Decimal(row["p"]), Decimal(row["v"]))
            assert (event.side, event.venue_ns) == ({"Buy": 1, "Sell": -1}[row["S"]], row["T"] * 1_000_000)
        trades += len(rows)
    assert trades > 102


def level_one(name):
    """Give the frames of a recording of best prices, and the finest grid that holds all its numbers."""
    text = wire_file(f"cryptofeed/{name}").read_text()
    frames = [line.split(": ", 1)[1] for line in text.splitlines() if not line.startswith("wss:")]
    places = {}
    for data in (json.loads(one).get("data") for one in frames):
        for price, size in [] if data is None else data["b"] + data["a"]:
            ticks, lots = places.get(data["s"], (0, 0))
            places[data["s"]] = (max(ticks, _places(price)), max(lots, _places(size)))
    return frames, {
        name: (f"{Decimal(1).scaleb(-t):f}", f"{Decimal(1).scaleb(-s):f}") for name, (t, s) in places.items()
    }


def _places(text):
    return len(text.partition(".")[2])


@pytest.mark.parametrize(
    "name,kind,books,repeats",
    [("2025-06-13.BYBIT.ws.1.0", LINEAR, 198, 16), ("2025-06-13.BYBIT.ws.2.0", SPOT, 139, 45)],
    ids=["linear", "spot"],
)
def test_best_prices_are_snapshots_and_their_repeats_are_heartbeats(name, kind, books, repeats):
    frames, grids = level_one(name)
    stream = PublicStream(market_of(grids, kind, book_depth=1))
    told, acks = Counter(), 0
    for text in frames:
        heard = stream.heard(text)
        assert heard.strange == ()
        acks += heard.control is not None and heard.control.ok
        told.update(type(event) for event in heard.events)
    assert told == {BookSnapshot: books - repeats, BookHeartbeat: repeats}
    assert acks == len(frames) - books


def test_the_depth_of_five_hundred_is_read_and_rebuilt():
    path = wire_file("nautilus_bybit/xrpusdt-ob500.data.zip")
    lines = zipfile.ZipFile(path).read("2024-12-01_XRPUSDT_ob500.data").decode().splitlines()
    grid = ("0.0001", "1")
    stream, rebuilt = PublicStream(market_of({"XRPUSDT": grid}, book_depth=500)), Rebuilt("XRPUSDT", *grid)
    told = []
    for line in lines:
        raw = json.loads(line)
        (event,) = stream.heard(line).events
        rebuilt.take(event, raw["data"], raw["type"] == "snapshot")
        rebuilt.check()
        told.append(event)
    assert [type(event) for event in told] == [BookSnapshot] + [BookDelta] * 49
    assert all(later.seq == earlier.seq + 1 for earlier, later in pairwise(told))
    assert (len(rebuilt.bids), len(rebuilt.asks)) == (500, 500)
