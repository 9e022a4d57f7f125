"""Trades held against the tickers of their second: sizes of another unit, and prices nobody can have traded at."""

from pathlib import Path

import pytest
from small_tape import FILES, T, refused, write_window

from sim.market.tape.load import load
from sim.market.tape.prints import held
from sim.market.tape.refusal import WRONG_UNIT
from sim.market.tape.replay import replay

MANY = 24


def window(folder: Path, sizes: float = 1.0, price_of: dict[int, str] | None = None, many: int = MANY) -> Path:
    """A sound window with so many trades, their sizes and some prices changed; trade n stands in line n + 1."""
    write_window(folder)
    rows = [
        f"{T}{294 + n:03d}000000,{T}{285 + n:03d},{n},{(price_of or {}).get(n, '10.1')},{3 * sizes:.3f},S"
        for n in range(1, many + 1)
    ]
    (folder / "trades.csv").write_text("\n".join([FILES["trades"].splitlines()[0], *rows, ""]))
    return folder


def test_a_sound_window_has_no_trade_that_is_far_or_large(tmp_path: Path) -> None:
    tape = load(window(tmp_path / "x"))
    assert MANY == len(list(held(tape)))
    assert 0 == replay(tape).prints_far


@pytest.mark.parametrize("sizes", [28_145.0, 1e8])
def test_sizes_of_another_unit_are_refused_at_the_first(tmp_path: Path, sizes: float) -> None:
    problem = refused(load, window(tmp_path / "x", sizes))
    assert (WRONG_UNIT, 2) == (problem.code, problem.line)
    assert "24 of 24 trades are of another unit" in str(problem)


def test_trades_ten_times_what_is_best_are_a_market_and_a_few_trades_judge_nothing(tmp_path: Path) -> None:
    assert load(window(tmp_path / "small", 13.0))
    assert load(window(tmp_path / "few", 28_145.0, many=19))


@pytest.mark.parametrize(("price", "far"), [("15.1", 1), ("6.0", 1), ("11.1", 0), ("9.2", 0)])
def test_a_price_far_from_the_best_of_its_second_is_found_with_its_line(tmp_path: Path, price: str, far: int) -> None:
    found = replay(load(window(tmp_path / "x", price_of={7: price})))
    assert far == found.prints_far
    assert bool(far) is not found.is_sound()
    assert [("trades.csv", 8)] * far == [(one.file, one.line) for one in found.findings if one.code == WRONG_UNIT]
