"""A tape as Parquet: nothing lost, the same bytes every time, and anything else refused."""

from decimal import Decimal
from pathlib import Path

import duckdb
import msgspec
import pytest
from click.testing import CliRunner
from small_tape import refused

from sim.market.tape.files import PARQUET_NAME
from sim.market.tape.load import load
from sim.market.tape.parquet_format import write_parquet
from sim.market.tape.records import PERP, Tape, TapeBbo, TapeDelta, TapeSnapshot, TapeTrade
from sim.market.tape.refusal import MALFORMED, NOT_A_TAPE, NOT_POSITIVE, OUT_OF_ORDER, UNREADABLE, TapeRefused
from sim.verbs.tape import command

T = 1_720_000_000_000_000_000
TAPE = Tape(
    folder="somewhere",
    format="made-by-hand",
    market=PERP,
    symbol="IT'S",
    tick=Decimal("0.1"),
    lot=Decimal("0.001"),
    grid_inferred=True,
    local_unit="ns",
    files=("a.csv", "b.csv"),
    records=(
        TapeSnapshot(T, T, 0, 1, 10, ((100, 5), (99, 7)), ((101, 5),)),
        TapeTrade(T + 1, T + 1, 1, 7, 3, 101, 2, 1),
        TapeDelta(T + 2, T + 2, 0, 4, 8, 12, 7, ((100, 0),), ((103, 4),)),
        TapeDelta(T + 3, T + 3, 0, 6, 13, 14, 12, (), ()),
        TapeBbo(T + 3, T + 3, 1, 9, 14, 99, 7, 101, 5),
    ),
    ignored=(("markPrice", 3),),
)


def converted(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    write_parquet(TAPE, folder / PARQUET_NAME)
    return folder


def test_nothing_is_lost_on_the_way_there_and_back(tmp_path: Path) -> None:
    found = load(converted(tmp_path))
    assert found == msgspec.structs.replace(TAPE, folder=str(tmp_path), format="parquet")
    assert load(tmp_path, tick=Decimal("0.10"), lot=Decimal("0.001")) == found


def test_the_same_tape_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (converted(tmp_path / name) / PARQUET_NAME for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


def test_another_grid_than_asked_is_refused(tmp_path: Path) -> None:
    assert refusal(converted(tmp_path), tick=Decimal("0.5")) == (NOT_A_TAPE, 0)


@pytest.mark.parametrize(
    ("change", "code", "row"),
    [
        ("price_ticks = CASE WHEN record = 1 THEN 0 ELSE price_ticks END", NOT_POSITIVE, 4),
        ("size_lots = CASE WHEN record = 1 THEN 0 ELSE size_lots END", NOT_POSITIVE, 4),
        ("local_ns = CASE WHEN record = 2 THEN 5 ELSE local_ns END", OUT_OF_ORDER, 5),
        ("side = CASE WHEN record = 4 THEN 1 ELSE side END", MALFORMED, 9),
        ("side = CASE WHEN record = 1 THEN 2 ELSE side END", MALFORMED, 4),
        ("price_ticks = CASE WHEN record = 1 THEN NULL ELSE price_ticks END", MALFORMED, 4),
        ("source = CASE WHEN record = 1 THEN 2 ELSE source END", MALFORMED, 4),
        ("record = record + 1", MALFORMED, 1),
        ("record = CASE WHEN record > 1 THEN record + 1 ELSE record END", MALFORMED, 5),
        ("kind = CASE WHEN price_ticks = 99 THEN 1 ELSE kind END", MALFORMED, 4),
        ("last_id = CASE WHEN record = 2 THEN 2 ELSE last_id END", UNREADABLE, 0),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, change: str, code: str, row: int) -> None:
    path = converted(tmp_path) / PARQUET_NAME
    with duckdb.connect() as connection:
        (head,) = [
            value.decode().replace("'", "''")
            for key, value in connection.execute(f"SELECT key, value FROM parquet_kv_metadata('{path}')").fetchall()
            if key == b"stormquote_tape"
        ]
        connection.execute(f"CREATE TABLE rows AS SELECT * FROM read_parquet('{path}')")
        connection.execute(f"UPDATE rows SET {change}")
        connection.execute(f"COPY rows TO '{path}' (FORMAT parquet, KV_METADATA {{stormquote_tape: '{head}'}})")
    assert refusal(tmp_path) == (code, row)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"tick":"0.1"', b'"tick":"0.0"', "tick 0.0, which is not above zero"),
        (b'"lot":"0.001"', b'"lot":"-.001"', "lot -0.001, which is not above zero"),
        (b'"market":"perp"', b'"market":"moon"', "market 'moon', neither perp nor spot"),
        (b'"level":"L2"', b'"level":"L9"', "level 'L9', neither L2 nor L3"),
        (b'"symbol":"IT\'S"', b'"symbol":"IS\'T"', "does not hold what was written"),
    ],
)
def test_a_head_that_no_tape_has_is_refused(tmp_path: Path, old: bytes, new: bytes, words: str) -> None:
    path = converted(tmp_path) / PARQUET_NAME
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(TapeRefused, match=words):
        load(tmp_path)


def test_no_bit_of_it_turns_over_unseen(tmp_path: Path) -> None:
    path = converted(tmp_path) / PARQUET_NAME
    whole, tape = path.read_bytes(), load(tmp_path)
    for at in range(0, len(whole) // 2, 5):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        try:
            assert load(tmp_path) == tape
        except TapeRefused as mistake:
            assert mistake.problem.path_text == str(path)


def test_what_is_no_tape_or_not_whole_is_refused(tmp_path: Path) -> None:
    path = converted(tmp_path) / PARQUET_NAME
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert refusal(tmp_path) == (UNREADABLE, 0)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS one) TO '{path}' (FORMAT parquet)")
    assert refusal(tmp_path) == (NOT_A_TAPE, 0)


def refusal(folder: Path, tick: Decimal | None = None) -> tuple[str, int]:
    problem = refused(load, folder, tick=tick)
    return problem.code, problem.line


def test_the_verb_converts_once_and_never_writes_over(tmp_path: Path) -> None:
    converted(tmp_path / "from")
    words = ["convert", str(tmp_path / "from"), str(tmp_path / "to")]
    result = CliRunner().invoke(command, words)
    assert (result.exit_code, "5 records" in result.stdout) == (0, True)
    assert load(tmp_path / "to").records == TAPE.records
    assert CliRunner().invoke(command, words).exit_code == 2


def test_a_place_that_can_be_no_folder_is_wrong_usage(tmp_path: Path) -> None:
    converted(tmp_path / "from")
    (tmp_path / "file").write_text("")
    for to in ("file", "file/below"):
        result = CliRunner().invoke(command, ["convert", str(tmp_path / "from"), str(tmp_path / to)])
        assert (result.exit_code, "no folder can be made of" in result.stderr) == (2, True)
