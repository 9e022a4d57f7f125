"""Decimal text becomes whole ticks and lots exactly, or is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.market.tape.grid import Finer, Grid, infer_step
from sim.market.tape.refusal import NOT_POSITIVE, OFF_GRID, RowRefused

STEPS = ("0.1", "0.01", "0.5", "0.25", "0.00001", "1", "5", "10", "1E+2", "1E-8", "2.50")


def _grid(step: str, *, zero_allowed: bool = False) -> Grid:
    return Grid("price", Decimal(step), zero_allowed=zero_allowed)


@pytest.mark.parametrize(
    ("step", "text", "steps"),
    [
        ("0.1", "28145.10", 281451),
        ("0.1", "28145.1", 281451),
        ("0.1", "28145", 281450),
        ("0.5", "100.50", 201),
        ("0.25", "0.75", 3),
        ("10", "28140.00", 2814),
        ("0.001", "0.007", 7),
        ("0.00000001", "123456789.12345678", 12345678912345678),
    ],
)
def test_a_price_is_counted_in_whole_steps(step: str, text: str, steps: int) -> None:
    assert _grid(step)[text] == steps


@given(st.sampled_from(STEPS), st.integers(1, 10**15), st.integers(0, 4))
def test_every_multiple_reads_back_exactly(step: str, steps: int, zeros: int) -> None:
    text = f"{Decimal(step) * steps:f}"
    padded = (text if "." in text else text + ".") + "0" * zeros
    assert _grid(step)[padded.rstrip(".")] == steps


@given(st.sampled_from(STEPS), st.decimals(min_value="0.00000001", max_value="1000000", places=9))
def test_a_price_is_either_exact_or_refused(step: str, price: Decimal) -> None:
    exact = price % Decimal(step) == 0
    try:
        steps = _grid(step)[f"{price:f}"]
    except RowRefused as refused:
        assert not exact
        assert refused.code == OFF_GRID
    else:
        assert exact
        assert steps * Decimal(step) == price


@pytest.mark.parametrize("text", ["28145.15", "0.05", "28145.10000001"])
def test_a_price_between_two_ticks_is_refused(text: str) -> None:
    with pytest.raises(Finer, match=r"not a multiple of 0\.1") as refused:
        _grid("0.1")[text]
    assert refused.value.code == OFF_GRID


def test_a_price_with_the_right_places_may_still_be_between_two_ticks() -> None:
    with pytest.raises(RowRefused, match=r"28145\.3 is not a multiple of 0\.5") as refused:
        _grid("0.5")["28145.3"]
    assert refused.value.code == OFF_GRID


@pytest.mark.parametrize("text", ["", ".", "1e3", "nan", "1_000", " 1", "1.2.3", "+1", "١", "0x10"])
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(RowRefused, match="not a plain decimal") as refused:
        _grid("0.1")[text]
    assert refused.value.code == OFF_GRID


@pytest.mark.parametrize(("text", "why"), [("0", "zero"), ("0.00", "zero"), ("-28145.1", "negative")])
def test_a_price_must_be_above_zero(text: str, why: str) -> None:
    with pytest.raises(RowRefused, match=why) as refused:
        _grid("0.1")[text]
    assert refused.value.code == NOT_POSITIVE


def test_a_size_of_zero_is_a_removal_but_never_negative() -> None:
    sizes = _grid("0.001", zero_allowed=True)
    assert sizes["0.000"] == 0
    with pytest.raises(RowRefused, match="negative"):
        sizes["-0.001"]


@pytest.mark.parametrize("step", ["0", "-0.1", "NaN", "Infinity"])
def test_a_step_must_be_a_number_above_zero(step: str) -> None:
    with pytest.raises(ValueError, match="above zero"):
        _grid(step)


@pytest.mark.parametrize(
    ("texts", "step"),
    [([], "1"), (["5", "7.00"], "1"), (["28145.10", "28145.00"], "0.1"), (["1.50", "0.00100000"], "0.001")],
)
def test_the_inferred_step_is_the_coarsest_that_holds_all(texts: list[str], step: str) -> None:
    assert infer_step(texts) == Decimal(step)
