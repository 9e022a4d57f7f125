"""hftbacktest's own form: every row becomes an exact record, or is named and refused."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_tape import refused

from sim.market.tape.load import load
from sim.market.tape.records import TapeDelta, TapeSnapshot, TapeTrade
from sim.market.tape.refusal import MALFORMED, NOT_POSITIVE, OFF_GRID, OUT_OF_ORDER, UNREADABLE, WRONG_UNIT, TapeRefused
from sim.market.tape.replay import replay
from sim.market.tape.timeline import timeline

T = 1_720_000_000_000_000_000
LOCAL, BUY, SELL = 1 << 30 | 1 << 31, 1 << 29, 1 << 28
DEPTH, TRADE, CLEAR, SNAPSHOT, OTHER = 1, 2, 3, 4, 10
FORM = np.dtype(
    [(name, "u8" if name == "ev" else "i8") for name in ("ev", "exch_ts", "local_ts")] + [("px", "f8"), ("qty", "f8")]
)
GOOD: list[tuple[int, int, int, float, float]] = [
    (CLEAR | BUY | LOCAL, T, T + 5, 10.1, 0.0),
    (SNAPSHOT | BUY | LOCAL, T, T + 5, 10.0, 7.0),
    (SNAPSHOT | BUY | LOCAL, T, T + 5, 10.1, 5.0),
    (SNAPSHOT | SELL | LOCAL, T, T + 5, 10.2, 0.00001),
    (TRADE | SELL | LOCAL, T + 10, T + 12, 10.1, 3.0),
    (DEPTH | BUY | LOCAL, T + 20, T + 22, 10.1, 2.0),
    (DEPTH | SELL | LOCAL, T + 20, T + 22, 10.3, 1.5),
    (DEPTH | BUY | LOCAL, T + 30, T + 35, 10.1, 0.0),
    (DEPTH | BUY | 1 << 31, T + 40, T + 45, 10.1, 9.0),
    (OTHER | BUY | LOCAL, T + 40, T + 45, 10.1, 9.0),
]


def written(folder: Path, rows: list[tuple[Any, ...]], name: str = "a.npz", form: np.dtype[Any] = FORM) -> Path:
    np.savez_compressed(folder / name, data=np.array(rows, dtype=form))
    return folder


def test_every_row_becomes_an_exact_record(tmp_path: Path) -> None:
    tape = load(written(tmp_path, GOOD))
    assert (tape.format, tape.tick, tape.lot) == ("hftbacktest-npz", Decimal("0.1"), Decimal("0.00001"))
    big = 100_000
    assert list(tape.records) == [
        TapeSnapshot(T + 5, T, 0, 2, 1, ((101, 5 * big), (100, 7 * big)), ((102, 1),)),
        TapeTrade(T + 12, T + 10, 0, 5, 1, 101, 3 * big, -1),
        TapeDelta(T + 22, T + 20, 0, 6, 2, 2, 1, ((101, 2 * big),), ((103, 150_000),)),
        TapeDelta(T + 35, T + 30, 0, 8, 3, 3, 2, ((101, 0),), ()),
    ]
    assert dict(tape.ignored) == {"rows in the venue's order only": 1, "event 10": 1}


def test_it_replays_as_a_market(tmp_path: Path) -> None:
    tape = load(written(tmp_path, GOOD))
    assert (replay(tape).applied, replay(tape).is_sound()) == (2, True)
    assert [at_ns for at_ns, _ in timeline(tape).items] == [0, 10, 20, 30]


def test_a_snapshot_of_its_own_file_has_no_time(tmp_path: Path) -> None:
    written(tmp_path, [(event, 0, 0, price, size) for event, _, _, price, size in GOOD[1:4]], "0_start.npz")
    tape = load(written(tmp_path, GOOD[4:], "1_day.npz"))
    assert [record.source for record in tape.records] == [0, 1, 1, 1]
    assert timeline(tape).start_venue_ns == T + 20


@pytest.mark.parametrize(
    ("at", "row", "code", "words"),
    [
        (6, (DEPTH | BUY | LOCAL, T + 20, T + 4, 10.1, 2.0), OUT_OF_ORDER, "goes back by 8 ns"),
        (6, (DEPTH | BUY | LOCAL, T // 1000, T + 22, 10.1, 2.0), WRONG_UNIT, "is not in ns"),
        (6, (DEPTH | BUY | LOCAL, T + 20, 0, 10.1, 2.0), WRONG_UNIT, "no epoch time"),
        (6, (DEPTH | BUY | LOCAL, T + 20, T + 22, 0.0, 2.0), NOT_POSITIVE, "price is zero"),
        (6, (DEPTH | BUY | LOCAL, T + 20, T + 22, -10.0, 2.0), NOT_POSITIVE, "is negative"),
        (6, (DEPTH | BUY | LOCAL, T + 20, T + 22, float("nan"), 2.0), OFF_GRID, "'nan' is not a plain decimal"),
        (6, (DEPTH | BUY | LOCAL, T + 20, T + 22, 10.15, 2.0), OFF_GRID, "10.15 is not a multiple of 0.1"),
        (6, (DEPTH | LOCAL, T + 20, T + 22, 10.1, 2.0), MALFORMED, "of both sides or of none"),
        (5, (TRADE | BUY | LOCAL, T + 10, T + 12, 10.1, 0.0), NOT_POSITIVE, "size of a trade is zero"),
        (5, (TRADE | BUY | LOCAL, T + 10, T + 12, 1010.0, 1.0), WRONG_UNIT, "price 1010.0 after 10.2"),
        (5, (CLEAR | BUY | LOCAL, T + 10, T + 12, 10.1, 1.0), MALFORMED, "no snapshot follows"),
        (3, (SNAPSHOT | BUY | LOCAL, T, T + 5, 10.1, 0.0), NOT_POSITIVE, "level is zero"),
        (6, (DEPTH | BUY | LOCAL, T + 20, T + 22, 10.1, 1e30), OFF_GRID, "beyond what can be counted"),
        (6, (DEPTH | BUY | LOCAL, T + 10**15, T + 22, 10.1, 2.0), OUT_OF_ORDER, "further apart than at first"),
    ],
)
def test_a_bad_row_is_named_by_file_row_and_code(
    tmp_path: Path, at: int, row: tuple[Any, ...], code: str, words: str
) -> None:
    rows = [*GOOD[: at - 1], row, *GOOD[at:]]
    problem = refused(load, written(tmp_path, rows), tick=Decimal("0.1"), lot=Decimal("0.00001"))
    assert (problem.path_text, problem.code) == (str(tmp_path / "a.npz"), code)
    # A message is known to be bad, or followed by the wrong one, when it ends: no more than three rows on.
    assert at <= problem.line <= at + 2
    assert words in problem.message


def test_a_truncated_file_another_array_and_missing_fields_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD) / "a.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert refusal(tmp_path) == UNREADABLE
    np.save(tmp_path / "a.npy", np.zeros(3))
    (tmp_path / "a.npy").replace(path)
    assert refusal(tmp_path) == UNREADABLE
    np.savez(path, other=np.zeros(3))
    assert refusal(tmp_path) == MALFORMED
    np.savez(path, data=np.zeros(3))
    assert refusal(tmp_path) == MALFORMED


@pytest.mark.parametrize("form", [[(n, "f8") for n, _ in FORM.descr], [(n, "S5") for n, _ in FORM.descr]])
def test_an_array_of_another_form_is_refused(tmp_path: Path, form: list[tuple[str, str]]) -> None:
    np.savez(tmp_path / "a.npz", data=np.zeros(3, dtype=form))
    assert refusal(tmp_path) == MALFORMED
    np.savez(tmp_path / "a.npz", data=np.array([GOOD, GOOD], dtype=FORM))
    assert refusal(tmp_path) == MALFORMED


def test_a_file_that_is_damaged_anywhere_is_refused_or_read_as_it_was(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD) / "a.npz"
    whole, tape = path.read_bytes(), load(tmp_path)
    for at in range(0, len(whole), 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            assert load(tmp_path) == tape
        except TapeRefused as mistake:
            assert mistake.problem.path_text == str(path)


def refusal(folder: Path) -> str:
    return refused(load, folder).code
