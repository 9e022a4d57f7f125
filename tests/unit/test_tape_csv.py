"""The flattened form: read exactly, and every kind of bad file named by file, line and code."""

import gc
import gzip
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from small_tape import refused

from sim.market.tape.load import load
from sim.market.tape.records import TapeBbo, TapeDelta, TapeSnapshot, TapeTrade
from sim.market.tape.refusal import (
    MALFORMED,
    NOT_A_TAPE,
    NOT_POSITIVE,
    OFF_GRID,
    OUT_OF_ORDER,
    UNREADABLE,
    WRONG_UNIT,
    TapeRefused,
)
from strategy.errors import Problem

T = 1680652700  # seconds; the stamps below append their digits to it
GOOD = {
    "snapshot": f"""local_ts_ns,exch_ts_ms,last_update_id,side,price,qty
{T}200000000,{T}190,100,B,10.1,5.000
{T}200000000,{T}190,100,B,10.0,7.000
{T}200000000,{T}190,100,A,10.2,4.000
""",
    "depth": f"""local_ts_ns,exch_ts_ms,first_id,last_id,prev_last_id,side,price,qty
{T}300000000,{T}290,95,103,94,B,10.1,2.000
{T}300000000,{T}290,95,103,94,A,10.3,1.500
{T}400000000,{T}390,104,110,103,B,10.1,0.000
""",
    "bbo": f"""local_ts_ns,exch_ts_ms,update_id,bid_px,bid_qty,ask_px,ask_qty
{T}295000000,{T}285,102,10.1,2.000,10.2,4.000
{T}395000000,{T}385,109,10.0,7.000,10.2,4.000
""",
    "trades": f"""local_ts_ns,exch_ts_ms,trade_id,price,qty,aggressor
{T}294000000,{T}285,1,10.1,3.000,S
{T}399000000,{T}385,2,10.1,2.000,B
""",
}
TICK, LOT = Decimal("0.1"), Decimal("0.001")
Edit = Callable[[str], str]


def _write(folder: Path, texts: dict[str, str]) -> Path:
    for part, text in texts.items():
        (folder / f"{part}.csv.gz").write_bytes(gzip.compress(text.encode()))
    return folder


def _refused(folder: Path, part: str, edit: Edit, *, lot: Decimal | None = LOT) -> Problem:
    _write(folder, GOOD | {part: edit(GOOD[part])})
    return refused(load, folder, tick=TICK, lot=lot)


def test_every_row_becomes_an_exact_record_in_the_order_received(tmp_path: Path) -> None:
    tape = load(_write(tmp_path, GOOD), tick=TICK, lot=LOT)
    ns = T * 10**9
    ms = 10**6
    assert tape.records == (
        TapeSnapshot(ns + 200 * ms, ns + 190 * ms, 0, 2, 100, ((101, 5000), (100, 7000)), ((102, 4000),)),
        TapeTrade(ns + 294 * ms, ns + 285 * ms, 3, 2, 1, 101, 3000, -1),
        TapeBbo(ns + 295 * ms, ns + 285 * ms, 2, 2, 102, 101, 2000, 102, 4000),
        TapeDelta(ns + 300 * ms, ns + 290 * ms, 1, 2, 95, 103, 94, ((101, 2000),), ((103, 1500),)),
        TapeBbo(ns + 395 * ms, ns + 385 * ms, 2, 3, 109, 100, 7000, 102, 4000),
        TapeTrade(ns + 399 * ms, ns + 385 * ms, 3, 3, 2, 101, 2000, 1),
        TapeDelta(ns + 400 * ms, ns + 390 * ms, 1, 4, 104, 110, 103, ((101, 0),), ()),
    )
    assert tape.files == ("snapshot.csv.gz", "depth.csv.gz", "bbo.csv.gz", "trades.csv.gz")
    assert tape.where(tape.deltas()[1]) == "depth.csv.gz:4"
    assert (tape.market, tape.local_unit, tape.grid_inferred) == ("perp", "ns", False)


def test_unpacked_files_and_windows_line_ends_read_the_same(tmp_path: Path) -> None:
    packed, plain = tmp_path / "packed", tmp_path / "plain"
    packed.mkdir()
    plain.mkdir()
    _write(packed, GOOD)
    for part, text in GOOD.items():
        (plain / f"{part}.csv").write_bytes(text.replace("\n", "\r\n").encode())
    assert load(plain).records == load(packed).records


def test_the_last_line_may_lack_its_end(tmp_path: Path) -> None:
    whole = load(_write(tmp_path, GOOD)).records
    assert load(_write(tmp_path, {part: text.rstrip("\n") for part, text in GOOD.items()})).records == whole


def test_a_part_without_rows_is_empty(tmp_path: Path) -> None:
    headers = {part: GOOD[part].splitlines(keepends=True)[0] for part in ("depth", "bbo", "trades")}
    tape = load(_write(tmp_path, GOOD | headers))
    assert [type(record) for record in tape.records] == [TapeSnapshot]


def test_the_grid_is_inferred_and_made_finer_by_what_contradicts_it(tmp_path: Path) -> None:
    finer = GOOD["depth"].replace("10.3,1.500", "10.35,1.50001")
    tape = load(_write(tmp_path, GOOD | {"depth": finer}))
    assert (tape.tick, tape.lot, tape.grid_inferred) == (Decimal("0.01"), Decimal("0.00001"), True)
    assert tape.deltas()[0].asks == ((1035, 150001),)


def test_loading_leaves_the_garbage_collector_as_it_was(tmp_path: Path) -> None:
    _write(tmp_path, GOOD)
    gc.disable()
    try:
        load(tmp_path)
        assert not gc.isenabled()
    finally:
        gc.enable()
    load(tmp_path)
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("part", "old", "new", "line", "code", "words"),
    [
        ("depth", "10.3,", "10.35,", 3, OFF_GRID, "price 10.35 is not a multiple of 0.1"),
        ("depth", "1.500", "1.5005", 3, OFF_GRID, "size 1.5005 is not a multiple of 0.001"),
        ("depth", "10.3,", "0.0,", 3, NOT_POSITIVE, "price is zero"),
        ("depth", "10.3,", "-10.3,", 3, NOT_POSITIVE, "price -10.3 is negative"),
        ("depth", "1.500", "-1.500", 3, NOT_POSITIVE, "size -1.500 is negative"),
        ("depth", ",A,10.3,1.500", ",10.3,1.500", 3, MALFORMED, "8 columns expected, found 7"),
        ("depth", ",A,10.3", ",X,10.3", 3, MALFORMED, "side 'X' is neither B nor A"),
        ("depth", "103,94,A", "103,94,7,A", 3, MALFORMED, "8 columns expected, found 9"),
        ("depth", "104,110", "1o4,110", 4, MALFORMED, "expected local_ts_ns,exch_ts_ms,first_id"),
        ("depth", f"{T}400000000", f"{T}299999999", 4, OUT_OF_ORDER, "local time goes back by 1 ns"),
        ("depth", f"{T}400000000,", f"{T}400000,", 4, WRONG_UNIT, "local_ts_ns holds us, expected ns"),
        ("depth", f"{T}390,", f"{T}390000,", 4, WRONG_UNIT, "exch_ts_ms holds us, expected ms"),
        ("depth", f"{T}390,", "12,", 4, WRONG_UNIT, "no epoch time"),
        ("depth", ",price,qty", ",price", 1, MALFORMED, "missing column qty"),
        ("depth", ",price,qty", ",price,qty,flags", 1, MALFORMED, "unknown column flags"),
        ("depth", "first_id,last_id", "last_id,first_id", 1, MALFORMED, "columns out of order"),
        ("bbo", "109,10.0", "109,10.0,1", 3, MALFORMED, "too many values"),
        ("bbo", f"{T}395", f"{T}294", 3, OUT_OF_ORDER, "goes back by 1000000 ns"),
        ("bbo", "109,10.0,", "109,10.05,", 3, OFF_GRID, "10.05"),
        ("bbo", ",bid_px", "", 1, MALFORMED, "missing column bid_px"),
        ("trades", "2.000,B", "2.000,buy", 3, MALFORMED, "'buy' is neither B nor S"),
        ("trades", "2.000,B", "0.000,B", 3, NOT_POSITIVE, "size is zero"),
        ("trades", f"{T}399", f"{T}293", 3, OUT_OF_ORDER, "goes back"),
        ("trades", "2,10.1", "2,0", 3, NOT_POSITIVE, "price is zero"),
        ("snapshot", "B,10.0,7.000", "B,10.0,0.000", 3, NOT_POSITIVE, "size is zero"),
        ("snapshot", "B,10.0,7.000", "C,10.0,7.000", 3, MALFORMED, "'C' is neither B nor A"),
        ("snapshot", "B,10.0,7.000", "B", 3, MALFORMED, "6 columns expected, found 4"),
        ("snapshot", "B,10.0,7.000", "", 3, MALFORMED, "6 columns expected, found 4"),
        ("snapshot", "100,B,10.0", "99,B,10.0", 3, MALFORMED, "two snapshots of one instant"),
        ("snapshot", "B,10.0,7.000", "B,10.1,7.000", 2, MALFORMED, "two sizes of price 10.1"),
        ("depth", "A,10.3,1.500", "B,10.1,1.500", 2, MALFORMED, "two sizes of price 10.1"),
        ("depth", ",104,110,", ",111,110,", 4, MALFORMED, "first id 111 comes after its last 110"),
        ("depth", ",104,110,", f",104,{10**20},", 4, MALFORMED, "beyond what can be counted"),
        ("depth", "10.3,1.500", f"10.3,{10**20}", 3, OFF_GRID, "is beyond what can be counted"),
        ("bbo", ",109,", ",-109,", 3, MALFORMED, "below zero"),
        ("trades", ",2,10.1", f",{10**20},10.1", 3, MALFORMED, "beyond what can be counted"),
    ],
)
def test_a_bad_row_is_named_by_file_line_and_code(
    tmp_path: Path, part: str, old: str, new: str, line: int, code: str, words: str
) -> None:
    assert old in GOOD[part]
    problem = _refused(tmp_path, part, lambda text: text.replace(old, new))
    assert (problem.path_text, problem.line, problem.code) == (str(tmp_path / f"{part}.csv.gz"), line, code)
    assert words in problem.message
    assert f"{part}.csv.gz:{line}:{problem.col}: error[{code}]" in problem.render()


@pytest.mark.parametrize(
    ("part", "old", "new", "line", "words"),
    [
        ("trades", "2,10.1", "2,1010.0", 3, "price 1010.0 after 10"),
        ("bbo", "109,10.0,", "109,0.1,", 3, "price 0.1 after 10"),
        ("bbo", f"{T}395000000,{T}385", f"{T}395000000,{T}385000", 3, "are of different units"),
    ],
)
def test_one_line_in_another_unit_than_the_rest_is_named(
    tmp_path: Path, part: str, old: str, new: str, line: int, words: str
) -> None:
    # In the middle, where neither the first nor the last row of a file tells of it.
    rest = {"bbo": GOOD["bbo"].splitlines()[-1].replace(",109,", ",110,"), "trades": GOOD["trades"].splitlines()[-1]}
    assert old in GOOD[part]
    problem = _refused(tmp_path, part, lambda text: text.replace(old, new) + rest[part] + "\n")
    assert (problem.path_text, problem.line, problem.code) == (str(tmp_path / f"{part}.csv.gz"), line, WRONG_UNIT)
    assert words in problem.message


def test_a_stamp_that_leaves_both_clocks_is_named_and_drags_nothing_along(tmp_path: Path) -> None:
    later = f"{T + 86_400}290"
    refused = _refused(tmp_path, "depth", lambda text: text.replace(f"{T}290", later))
    assert (refused.line, refused.code) == (2, OUT_OF_ORDER)
    assert "further apart than at first" in refused.message


def test_the_caret_points_at_the_offending_text(tmp_path: Path) -> None:
    problem = _refused(tmp_path, "depth", lambda text: text.replace("10.3,", "10.35,"))
    place, quoted, caret = problem.render().splitlines()
    assert "error[SQ-S108]: price 10.35 is not a multiple of 0.1" in place
    assert quoted[caret.index("^") :].startswith("10.35,")


def test_a_truncated_file_says_where_it_ends(tmp_path: Path) -> None:
    _write(tmp_path, GOOD)
    path = tmp_path / "depth.csv.gz"
    path.write_bytes(path.read_bytes()[:-12])
    problem = refused(load, tmp_path, words="truncated")
    assert (problem.path_text, problem.code) == (str(path), UNREADABLE)
    assert 1 <= problem.line <= 5


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, GOOD)
    path = tmp_path / "trades.csv.gz"
    packed = bytearray(path.read_bytes())
    packed[len(packed) // 2] ^= 0xFF
    path.write_bytes(bytes(packed))
    problem = refused(load, tmp_path, words=r"damaged|truncated")
    assert (problem.path_text, problem.code) == (str(path), UNREADABLE)


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path, GOOD)

    def forbidden(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    assert refused(load, tmp_path, words="Permission denied").code == UNREADABLE


def test_a_file_that_only_calls_itself_gzip_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, GOOD)
    (tmp_path / "bbo.csv.gz").write_text(GOOD["bbo"])
    assert refused(load, tmp_path, words="not a gzip file").code == UNREADABLE


def test_an_empty_file_lacks_its_header(tmp_path: Path) -> None:
    assert "missing column" in _refused(tmp_path, "trades", lambda _: "").message


def test_missing_companions_are_all_named(tmp_path: Path) -> None:
    _write(tmp_path, {"depth": GOOD["depth"], "bbo": GOOD["bbo"]})
    problem = refused(load, tmp_path, words=r"missing snapshot\.csv\.gz, trades\.csv\.gz")
    assert (problem.code, problem.line) == (NOT_A_TAPE, 0)


def test_without_a_snapshot_the_grid_must_be_stated(tmp_path: Path) -> None:
    header = GOOD["snapshot"].splitlines(keepends=True)[0]
    _write(tmp_path, GOOD | {"snapshot": header})
    with pytest.raises(TapeRefused, match="state both"):
        load(tmp_path, tick=TICK)
    assert load(tmp_path, tick=TICK, lot=LOT).snapshots() == []


@pytest.mark.parametrize("name", [None, "notes.txt", "orders.csv"])
def test_a_folder_of_something_else_is_no_tape(tmp_path: Path, name: str | None) -> None:
    if name:
        (tmp_path / name).write_text("hello\n")
    assert refused(load, tmp_path, words="no recorded window of a known format").code == NOT_A_TAPE


def test_a_missing_folder_is_no_tape(tmp_path: Path) -> None:
    with pytest.raises(TapeRefused, match="no such folder"):
        load(tmp_path / "nowhere")
