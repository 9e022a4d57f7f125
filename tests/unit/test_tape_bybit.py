"""Bybit's public streams as recorded: one market is taken out of many, and every bad record is named."""

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from small_tape import edited, refused
from wire_data import wire_file

from sim.market.tape.bybit_format import markets
from sim.market.tape.load import load
from sim.market.tape.records import PERP, SPOT, TapeBbo, TapeDelta, TapeSnapshot, TapeTrade
from sim.market.tape.refusal import (
    CHAIN_GAP,
    CROSSED,
    MALFORMED,
    NOT_A_TAPE,
    NOT_POSITIVE,
    OFF_GRID,
    OUT_OF_ORDER,
    UNREADABLE,
    WRONG_UNIT,
    TapeRefused,
)
from sim.market.tape.replay import replay
from sim.market.tape.timeline import timeline
from sim.verbs.tape import command

T = 1786310819
LINEAR = "wss://stream.bybit.com/v5/public/linear"


def _recv(at: str, message: dict[str, Any], conn: str = "ws.2") -> str:
    return json.dumps({"t": "recv", "conn": conn, "ts": 0, "data": json.dumps(message)}).replace(
        '"ts": 0', f'"ts": {T}.{at}', 1
    )


def _book(at: str, kind: str, u: int, bids: Any, asks: Any, symbol: str = "BTCUSDT", conn: str = "ws.2") -> str:
    data = {"s": symbol, "b": bids, "a": asks, "u": u, "seq": 1000 + 10 * u}
    ms = int(f"{T}{at[:3]}")
    topic = f"orderbook.200.{symbol}"
    return _recv(at, {"topic": topic, "type": kind, "ts": ms + 1, "data": data, "cts": ms}, conn)


def _trade(at: str, price: str, size: str, seq: int, **more: Any) -> str:
    one = {"i": "x", "T": int(f"{T}{at[:3]}"), "s": "BTCUSDT", "S": "Sell", "v": size, "p": price, "seq": seq} | more
    return _recv(at, {"topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": 1, "data": [one]})


def _ticker(at: str, cs: int, kind: str = "delta", **best: str) -> str:
    message = {"topic": "tickers.BTCUSDT", "type": kind, "ts": int(f"{T}{at[:3]}"), "cs": cs, "data": best}
    return _recv(at, message)


HEADER = '{"t":"header","format":2,"exchange":"BYBIT","config":{}}'
LINES = [
    HEADER,
    json.dumps({"t": "http", "conn": "http", "ts": T, "url": "x", "data": "{}"}),
    json.dumps({"t": "connect", "conn": "ws.2", "ts": T + 0.1, "addr": LINEAR}),
    _recv("2000000", {"success": True, "op": "subscribe"}),
    _book("300", "snapshot", 7, [["10.1", "5"], ["10.0", "2"]], [["10.3", "4"]]),
    _ticker("310", 1072, "snapshot", bid1Price="10.1", bid1Size="5", ask1Price="10.3", ask1Size="4"),
    _book("400", "delta", 8, [["9.9", "1.5"]], []),
    _trade("450", "10.1", "3", 1081),
    _ticker("455", 1085, bid1Size="2"),
    _book("500", "delta", 9, [["10.1", "2"]], []),
    _book("600", "delta", 10, [], [["10.4", "1"]]),
    _ticker("650", 1105),
    _recv("700", {"topic": "kline.1.BTCUSDT", "data": []}),
    _book("800", "snapshot", 3, [["2.5", "1"]], [["2.6", "1"]], symbol="ETHUSDT"),
    json.dumps({"t": "connect", "conn": "ws.3", "ts": T, "addr": LINEAR.replace("linear", "spot")}),
    _book("200", "snapshot", 4, [["10.01", "1"]], [["10.02", "1"]], conn="ws.3"),
]


def _write(folder: Path, lines: list[str] = LINES, name: str = "BYBIT.v3.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def _load(path: Path) -> Any:
    return load(path, symbol="BTCUSDT", market=PERP)


def test_every_message_of_the_market_becomes_an_exact_record(tmp_path: Path) -> None:
    tape = _load(_write(tmp_path))
    assert (tape.symbol, tape.market, str(tape.tick), str(tape.lot), tape.local_unit) == (
        "BTCUSDT",
        PERP,
        "0.1",
        "0.1",
        "s",
    )
    ns = T * 10**9
    assert tape.records == (
        TapeSnapshot(ns + 300_000_000, ns + 300_000_000, 0, 5, 7, ((101, 50), (100, 20)), ((103, 40),)),
        TapeBbo(ns + 310_000_000, ns + 310_000_000, 0, 6, 8, 101, 50, 103, 40, 7),
        TapeDelta(ns + 400_000_000, ns + 400_000_000, 0, 7, 8, 8, 7, ((99, 15),), ()),
        TapeTrade(ns + 450_000_000, ns + 450_000_000, 0, 8, 1, 101, 30, -1),
        TapeBbo(ns + 455_000_000, ns + 455_000_000, 0, 9, 9, 101, 20, 103, 40, 8),
        TapeDelta(ns + 500_000_000, ns + 500_000_000, 0, 10, 9, 9, 8, ((101, 20),), ()),
        TapeDelta(ns + 600_000_000, ns + 600_000_000, 0, 11, 10, 10, 9, (), ((104, 10),)),
    )
    assert dict(tape.ignored) == {
        "answers to requests": 1,
        "kline": 1,
        "messages of other markets": 2,
        "records of kind connect": 2,
        "records of kind http": 1,
        "tickers before the first book or after the last": 1,
    }


def test_only_a_ticker_between_two_equal_books_is_comparable(tmp_path: Path) -> None:
    found = replay(_load(_write(tmp_path)))
    assert (found.applied, found.comparable, found.agreed, found.is_sound()) == (3, 1, 1, True)
    lines = [line.replace('\\"bid1Size\\": \\"5\\"', '\\"bid1Size\\": \\"4\\"') for line in LINES]
    found = replay(_load(_write(tmp_path, lines)))
    assert (found.comparable, found.agreed) == (1, 0)
    assert [(each.line, each.code) for each in found.findings] == [(6, "disagreed")]


def test_the_market_must_be_named_where_there_are_several(tmp_path: Path) -> None:
    path = _write(tmp_path)
    assert load(path, symbol="BTCUSDT", market=SPOT).tick.as_tuple().exponent == -2
    assert load(tmp_path, symbol="ETHUSDT").symbol == "ETHUSDT"
    for which in ({}, {"symbol": "BTCUSDT"}, {"symbol": "XYZ"}):
        problem = refused(load, path, **which, words="the recording holds perp BTCUSDT, perp ETHUSDT, spot BTCUSDT")
        assert problem.code == NOT_A_TAPE


@pytest.mark.parametrize(
    ("line", "old", "new", "code", "words"),
    [
        (8, '"recv"', '"rec', MALFORMED, "malformed"),
        (10, '"seq\\": 1090', '"seq\\": 1075', OUT_OF_ORDER, "seq 1075 of a book after 1080"),
        (10, f"{T}.500", f"{T}.399", OUT_OF_ORDER, "local time goes back by 56000000 ns"),
        (10, f"{T}.500", f"{T}500", WRONG_UNIT, "is not in s"),
        (10, f"{T}.500", "null", WRONG_UNIT, "no epoch time"),
        (10, f'cts\\": {T}500', f'cts\\": {T}', WRONG_UNIT, "is not in ms"),
        (10, "10.1", "0.0", NOT_POSITIVE, "price is zero"),
        (10, "10.1", "-10.1", NOT_POSITIVE, "negative"),
        (10, '\\"2\\"', '\\"2x\\"', OFF_GRID, "not a plain decimal"),
        (10, '"delta', '"dlt', MALFORMED, "a book of type 'dlt'"),
        (10, "ws.2", "ws.9", MALFORMED, "connection 'ws.9' was never opened"),
        (10, '\\"s\\": \\"BTCUSDT', '\\"s\\": \\"ETHUSDT', MALFORMED, "symbol ETHUSDT in a stream of BTCUSDT"),
        (5, '\\"4\\"', '\\"0\\"', NOT_POSITIVE, "size of a snapshot's level is zero"),
        (8, '\\"3\\"', '\\"0\\"', NOT_POSITIVE, "size of a trade is zero"),
        (8, "Sell", "sell", MALFORMED, "side 'sell' is neither Buy nor Sell"),
        (8, '\\"10.1\\"', '\\"1010.1\\"', WRONG_UNIT, "is of another unit"),
        (9, "bid1Size", "bid1Price", WRONG_UNIT, "is of another unit"),
    ],
)  # fmt: skip
def test_a_bad_record_is_named_by_file_line_and_code(
    tmp_path: Path, line: int, old: str, new: str, code: str, words: str
) -> None:
    path = _write(tmp_path, edited(LINES, line, old, new))
    problem = refused(_load, path, words=words)
    assert (problem.code, problem.line) == (code, line), problem
    assert problem.path_text.endswith("BYBIT.v3.jsonl")


def test_a_trade_that_is_told_twice_is_named(tmp_path: Path) -> None:
    with pytest.raises(TapeRefused, match="trade x is told twice") as refused:
        _load(_write(tmp_path, [*LINES[:8], *LINES[7:]]))
    assert (refused.value.problem.code, refused.value.problem.line) == (MALFORMED, 9)


def test_a_trade_that_goes_back_in_its_sequence_is_named(tmp_path: Path) -> None:
    lines = [*LINES[:8], _trade("451", "10.1", "1", 1080), *LINES[8:]]
    problem = refused(_load, _write(tmp_path, lines), words="seq 1080 of a trade after 1081")
    assert (problem.code, problem.line) == (OUT_OF_ORDER, 9)


@pytest.mark.parametrize(
    ("lines", "code", "line"),
    [
        ([*LINES[:9], *LINES[10:]], CHAIN_GAP, 10),
        ([*LINES[:9], _book("500", "delta", 9, [["10.3", "1"]], []), *LINES[10:]], CROSSED, 10),
        (LINES[:4] + LINES[5:], NOT_A_TAPE, 0),
    ],
)
def test_a_gap_a_crossed_book_and_a_missing_snapshot_make_no_market(
    tmp_path: Path, lines: list[str], code: str, line: int
) -> None:
    step = Decimal("0.1")
    tape = load(_write(tmp_path, lines), tick=step, lot=step, symbol="BTCUSDT", market=PERP)
    problem = refused(timeline, tape)
    assert (problem.code, problem.line) == (code, line)


def test_a_block_trade_meets_no_book_and_is_counted(tmp_path: Path) -> None:
    lines = [*LINES[:8], _trade("451", "10.0", "99", 1082, BT=True), *LINES[8:]]
    tape = _load(_write(tmp_path, lines))
    assert len(tape.trades()) == 1
    assert dict(tape.ignored)["block trades, which meet no book"] == 1


def test_a_truncated_recording_is_refused_where_it_ends(tmp_path: Path) -> None:
    path = _write(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-200])
    problem = refused(_load, path)
    assert (problem.code, problem.line) == (MALFORMED, len(LINES))
    packed = tmp_path / "BYBIT.v3.jsonl.gz"
    path.unlink()
    packed.write_bytes(gzip.compress(whole))
    assert len(_load(packed).records) == 7
    packed.write_bytes(packed.read_bytes()[:-20])
    assert refused(_load, packed, words="truncated").code == UNREADABLE


def test_two_recordings_in_a_folder_and_a_file_of_something_else_are_refused(tmp_path: Path) -> None:
    _write(tmp_path)
    _write(tmp_path, name="other.jsonl")
    with pytest.raises(TapeRefused, match=r"name one: BYBIT\.v3\.jsonl, other\.jsonl"):
        _load(tmp_path)
    other = tmp_path / "words.txt"
    other.write_text("hello")
    assert refused(_load, other, words="no recording of Bybit's streams").code == NOT_A_TAPE


def test_it_converts_and_every_verb_reads_the_same(tmp_path: Path) -> None:
    _write(tmp_path)
    which = ["--symbol", "BTCUSDT", "--market", "perp", "--data", str(tmp_path)]
    told = CliRunner().invoke(command, ["check", "BYBIT.v3.jsonl", *which])
    assert told.exit_code == 0, told.output
    assert "agreement        1 of 1" in told.output
    assert "2 messages of other markets" in told.output
    told = CliRunner().invoke(command, ["convert", "BYBIT.v3.jsonl", str(tmp_path / "out"), *which])
    assert told.exit_code == 0, told.output
    tape, again = _load(tmp_path / "BYBIT.v3.jsonl"), load(tmp_path / "out")
    assert (tape.records, tape.ignored, tape.symbol) == (again.records, again.ignored, again.symbol)
    assert replay(again).agreed == 1
    with pytest.raises(TapeRefused, match="wanted ETHUSDT, the window is of BTCUSDT"):
        load(tmp_path / "out", symbol="ETHUSDT")


@pytest.mark.parametrize(
    ("symbol", "market", "applied", "agreed", "comparable", "trades"),
    [
        ("BTCUSDT", PERP, 413, 79, 79, 56),
        ("ETHUSDT", PERP, 420, 62, 66, 23),
        ("SOLUSDT", PERP, 382, 96, 103, 165),
        ("DOGEUSDT", PERP, 379, 58, 58, 83),
        ("BTCUSDT", SPOT, 299, 0, 0, 11),
        ("ETHUSDT", SPOT, 249, 0, 0, 9),
    ],
)
def test_the_recorded_books_are_whole_and_nearly_every_comparable_ticker_agrees(
    symbol: str, market: str, applied: int, agreed: int, comparable: int, trades: int
) -> None:
    """Where they disagree the size alone does: an order that came and went between two books."""
    path = wire_file("cryptofeed/BYBIT.v3.jsonl")
    tape = load(path, symbol=symbol, market=market)
    found = replay(tape)
    assert (found.applied, found.agreed, found.comparable, len(tape.trades())) == (applied, agreed, comparable, trades)
    assert found.is_sound()
    assert len(markets(path.read_bytes().splitlines())) == 6
    assert len(timeline(tape).items) > applied
