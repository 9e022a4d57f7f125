"""Raw lines: both units of local time, both chains, and every kind of bad line."""

import gzip
from decimal import Decimal
from pathlib import Path

import pytest
from small_tape import refused

from sim.market.tape.load import load
from sim.market.tape.records import PERP, SPOT, TapeBbo, TapeDelta, TapeSnapshot, TapeTrade
from sim.market.tape.refusal import MALFORMED, NOT_A_TAPE, NOT_POSITIVE, OFF_GRID, OUT_OF_ORDER, WRONG_UNIT, TapeRefused

S = 1680652700
NS = S * 10**9
MS = 10**6
TICK, LOT = Decimal("0.1"), Decimal("0.001")

PERP_LINES = (
    (
        f'{{"stream":"btcusdt@depth@0ms","data":{{"e":"depthUpdate","E":{S}101,"T":{S}100,"s":"BTCUSDT",'
        '"U":90,"u":99,"pu":89,"b":[["10.10","5.000"]],"a":[]}}'
    ),
    (
        f'{{"lastUpdateId": 100, "E": {S}195, "T": {S}190, "bids": [["10.10", "5.000"], ["10.00", "7.000"]],'
        ' "asks": [["10.20", "4.001"]]}'
    ),
    (
        f'{{"stream":"btcusdt@trade","data":{{"e":"trade","E":{S}286,"T":{S}285,"s":"BTCUSDT","t":1,'
        '"p":"10.10","q":"3.000","X":"MARKET","m":true}}'
    ),
    (
        f'{{"stream":"btcusdt@bookTicker","data":{{"e":"bookTicker","u":102,"s":"BTCUSDT","b":"10.10","B":"2.000",'
        f'"a":"10.20","A":"4.001","T":{S}285,"E":{S}286}}}}'
    ),
    f'{{"stream":"btcusdt@markPrice@1s","data":{{"e":"markPriceUpdate","E":{S}288,"s":"BTCUSDT","p":"1"}}}}',
    (
        f'{{"stream":"btcusdt@depth@0ms","data":{{"e":"depthUpdate","E":{S}291,"T":{S}290,"s":"BTCUSDT",'
        '"U":95,"u":103,"pu":99,"b":[["10.10","2.000"]],"a":[["10.30","0.000"]]}}'
    ),
)
SPOT_LINES = (
    '{"lastUpdateId":100,"bids":[["10.10","5.000"]],"asks":[["10.20","4.000"]]}',
    (
        f'{{"stream":"btcusdt@trade","data":{{"e":"trade","E":{S}286,"s":"BTCUSDT","t":1,'
        f'"p":"10.10","q":"3.000","T":{S}285,"m":false,"M":true}}}}'
    ),
    '{"stream":"btcusdt@bookTicker","data":{"u":102,"s":"BTCUSDT","b":"10.10","B":"5.000","a":"10.20","A":"1.000"}}',
    (
        f'{{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":{S}300,"s":"BTCUSDT",'
        '"U":99,"u":103,"b":[],"a":[["10.20","1.000"]]}}'
    ),
)


def _stamped(lines: tuple[str, ...], unit: str = "ns") -> str:
    zeros = {"s": "", "ms": "000", "us": "000000", "ns": "000000000"}[unit]
    return "".join(f"{S + at}{zeros} {line}\n" for at, line in enumerate(lines))


def _write(folder: Path, *texts: str) -> Path:
    for at, text in enumerate(texts):
        (folder / f"btc_{at}.gz").write_bytes(gzip.compress(text.encode()))
    return folder


def test_perpetual_lines_become_exact_records(tmp_path: Path) -> None:
    tape = load(_write(tmp_path, _stamped(PERP_LINES)), tick=TICK, lot=LOT)
    second = 10**9
    assert tape.records == (
        TapeDelta(NS, NS + 100 * MS, 0, 1, 90, 99, 89, ((101, 5000),), ()),
        TapeSnapshot(NS + second, NS + 190 * MS, 0, 2, 100, ((101, 5000), (100, 7000)), ((102, 4001),)),
        TapeTrade(NS + 2 * second, NS + 285 * MS, 0, 3, 1, 101, 3000, -1),
        TapeBbo(NS + 3 * second, NS + 285 * MS, 0, 4, 102, 101, 2000, 102, 4001),
        TapeDelta(NS + 5 * second, NS + 290 * MS, 0, 6, 95, 103, 99, ((101, 2000),), ((103, 0),)),
    )
    assert (tape.market, tape.symbol, tape.files) == (PERP, "BTCUSDT", ("btc_0.gz",))


def test_messages_of_other_streams_are_counted(tmp_path: Path) -> None:
    assert load(_write(tmp_path, _stamped(PERP_LINES))).ignored == (("markPrice", 1),)


def test_spot_lines_state_the_same_chain_and_leave_unstamped_what_the_venue_did(tmp_path: Path) -> None:
    tape = load(_write(tmp_path, _stamped(SPOT_LINES)))
    snapshot, trade, bbo, delta = tape.records
    assert tape.market == SPOT
    assert (snapshot.venue_ns, bbo.venue_ns) == (0, 0)
    assert isinstance(trade, TapeTrade)
    assert trade.side == 1
    assert isinstance(delta, TapeDelta)
    assert (delta.first_id, delta.prev_last_id, delta.venue_ns) == (99, 98, NS + 300 * MS)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_unit_of_local_time_is_detected_and_stated(tmp_path: Path, unit: str) -> None:
    tape = load(_write(tmp_path, _stamped(PERP_LINES, unit)))
    assert tape.local_unit == unit
    assert tape.records[0].local_ns == NS


def test_the_grid_is_inferred_from_the_snapshot(tmp_path: Path) -> None:
    tape = load(_write(tmp_path, _stamped(PERP_LINES)))
    assert (tape.tick, tape.lot) == (TICK, LOT)


def test_files_go_on_where_the_one_before_ends(tmp_path: Path) -> None:
    lines = _stamped(PERP_LINES).splitlines(keepends=True)
    (tmp_path / "raw").mkdir()
    _write(tmp_path / "raw", "".join(lines[:3]), "".join(lines[3:]))
    tape = load(tmp_path)
    assert tape.files == ("raw/btc_0.gz", "raw/btc_1.gz")
    assert tape.where(tape.records[-1]) == "raw/btc_1.gz:3"


def test_a_second_file_from_before_the_first_is_out_of_order(tmp_path: Path) -> None:
    lines = _stamped(PERP_LINES).splitlines(keepends=True)
    _write(tmp_path, "".join(lines[3:]), "".join(lines[:3]))
    problem = refused(load, tmp_path, words="goes back")
    assert problem.path_text.endswith("btc_1.gz")
    assert (problem.line, problem.code) == (1, OUT_OF_ORDER)


@pytest.mark.parametrize(
    ("old", "new", "line", "code", "words"),
    [
        ('"p":"10.10"', '"p":"10.15"', 3, OFF_GRID, "price 10.15 is not a multiple of 0.1"),
        ('"p":"10.10"', '"p":"0.00"', 3, NOT_POSITIVE, "price is zero"),
        ('"p":"10.10"', '"p":"-10.10"', 3, NOT_POSITIVE, "negative"),
        ('"q":"3.000"', '"q":"0.000"', 3, NOT_POSITIVE, "size of a trade is zero"),
        ('"p":"10.10"', '"p":10.10', 3, MALFORMED, "Expected `str`"),
        ('"p":"10.10",', "", 3, MALFORMED, "missing required field `p`"),
        ('"10.00", "7.000"', '"10.00", "0.000"', 2, NOT_POSITIVE, "size of a snapshot's level is zero"),
        ('"asks": ', '"offers": ', 2, MALFORMED, "missing required field `asks`"),
        ('"A":"4.001"', '"A":"4.0015"', 4, OFF_GRID, "size 4.0015"),
        ('"s":"BTCUSDT","U":95', '"s":"ETHUSDT","U":95', 6, MALFORMED, "symbol ETHUSDT in a window of BTCUSDT"),
        ('"u":103,"pu":99,', '"u":103,', 6, MALFORMED, "a spot depth message in a perp window"),
        (f"{S + 2}000000000 ", f"{S + 2}000000 ", 3, WRONG_UNIT, "is not in ns like the lines before"),
        (f"{S + 2}000000000 ", f"{S}999999999 ", 3, OUT_OF_ORDER, "local time goes back by 1 ns"),
        ('{"stream":"btcusdt@trade"', '{"channel":"trades"', 3, MALFORMED, "neither a stream message nor a snapshot"),
        (f'"T":{S}100', f'"T":{S}100000', 1, WRONG_UNIT, "contradicts venue time"),
        (f"{S}000000000 ", f"{S}00000 ", 1, WRONG_UNIT, "no epoch time"),
    ],
)
def test_a_bad_line_is_named_by_file_line_and_code(
    tmp_path: Path, old: str, new: str, line: int, code: str, words: str
) -> None:
    good = _stamped(PERP_LINES)
    assert old in good
    _write(tmp_path, good.replace(old, new, 1))
    found = refused(load, tmp_path, tick=TICK, lot=LOT)
    assert (found.path_text, found.line, found.code) == (str(tmp_path / "btc_0.gz"), line, code)
    assert words in found.message


def test_a_broken_snapshot_is_named_even_when_the_grid_is_to_be_inferred(tmp_path: Path) -> None:
    _write(tmp_path, _stamped(PERP_LINES).replace('"asks"', '"offers"'))
    problem = refused(load, tmp_path, words="missing required field `asks`")
    assert (problem.line, problem.code) == (2, MALFORMED)


def test_without_a_snapshot_the_grid_must_be_stated(tmp_path: Path) -> None:
    _write(tmp_path, _stamped(PERP_LINES[2:]))
    assert refused(load, tmp_path, lot=LOT, words="state both").code == NOT_A_TAPE
    assert len(load(tmp_path, tick=TICK, lot=LOT).records) == 3


def test_a_stream_without_a_name_is_counted_as_such(tmp_path: Path) -> None:
    lines = (*PERP_LINES, '{"stream":"","data":{}}')
    assert load(_write(tmp_path, _stamped(lines))).ignored == (("markPrice", 1), ("unnamed", 1))


def test_a_truncated_raw_file_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, _stamped(PERP_LINES))
    path = tmp_path / "btc_0.gz"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(TapeRefused, match="truncated"):
        load(tmp_path)


def test_a_file_that_is_damaged_from_the_start_is_no_tape(tmp_path: Path) -> None:
    (tmp_path / "btc.gz").write_bytes(b"\x1f\x8b\x08\x00" + b"\xff" * 40)
    with pytest.raises(TapeRefused, match="no recorded window"):
        load(tmp_path)


def test_a_file_that_may_not_be_opened_is_no_tape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path, _stamped(PERP_LINES))

    def forbidden(path: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", forbidden)
    with pytest.raises(TapeRefused, match="no recorded window"):
        load(tmp_path)


def test_the_last_raw_line_may_lack_its_end(tmp_path: Path) -> None:
    assert len(load(_write(tmp_path, _stamped(PERP_LINES).rstrip("\n"))).records) == 5
