"""Text becomes ticks and lots here, exactly or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy import units
from strategy.errors import OurMistake
from strategy.instrument import (
    MAKER,
    ImpossibleInstrument,
    capture_cash,
    fee_cash,
    make_instrument,
    move_cash,
    notional_cash,
    price_text,
    price_ticks_of,
    size_lots_of,
    size_text,
)
from strategy.units import BUY, CASH_PER_QUOTE, SELL

GOOD = {
    "symbol": "X", "kind": "linear", "tick": "0.10", "lot": "0.001", "size_min": "0.001", "size_max": "100",
    "notional_min": "5", "maker_fee_bps": "-2.5", "taker_fee_bps": "7.5",
}  # fmt: skip


def test_a_good_description_is_counted_in_whole_units():
    one = make_instrument(**GOOD)
    assert (10**11, 1, 100_000, 5 * CASH_PER_QUOTE, -250, 750) == (
        one.cash_per_ticklot, one.lots_min, one.lots_max, one.notional_min_cash, one.maker_fee_ppm, one.taker_fee_ppm,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "inverse"}, "another PnL identity"),
        ({"tick": "0"}, "tick: must be above zero"),
        ({"tick": "-0.1"}, "tick: must be above zero"),
        ({"lot": "x"}, "not a decimal number"),
        ({"lot": "NaN"}, "not finite"),
        ({"tick": "0.0000001", "lot": "0.000000001"}, "whole cash"),
        ({"size_min": "0"}, "need 0 <"),
        ({"size_min": "2", "size_max": "1"}, "need 0 <"),
        ({"size_max": "0.0015"}, "not a multiple"),
        ({"notional_min": "-1"}, "must not be negative"),
        ({"maker_fee_bps": "0.001"}, "maker_fee_bps: 0.001 is not a multiple"),
    ],
)
def test_what_cannot_be_traded_exactly_is_refused_by_field(change, words):
    with pytest.raises(ImpossibleInstrument, match=words):
        make_instrument(**(GOOD | change))


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_text_and_ticks_are_one_to_one(ticks, lots):
    one = make_instrument(**GOOD)
    assert (ticks, lots) == (price_ticks_of(one, price_text(one, ticks)), size_lots_of(one, size_text(one, lots)))


def test_a_price_off_the_grid_is_refused_not_rounded():
    one = make_instrument(**GOOD)
    assert (2_814_510, "28145.10") == (price_ticks_of(one, "281451.0"), price_text(one, 281_451))
    with pytest.raises(ImpossibleInstrument, match="not a multiple"):
        price_ticks_of(one, "281451.05")


def test_cash_is_exact_and_signed():
    one = make_instrument(**GOOD)
    assert (60 * 10**11, -60 * 10**11) == (notional_cash(one, 20, 3), notional_cash(one, 20, -3))
    assert (3 * 10**11 // 2, -3 * 10**11 // 2) == (move_cash(one, 3, 1), move_cash(one, -3, 1))
    assert (5 * 10**11 // 2, -5 * 10**11 // 2) == (
        capture_cash(one, BUY, 41, 20, 5),
        capture_cash(one, SELL, 41, 20, 5),
    )


def test_a_signed_size_has_no_fee():
    with pytest.raises(OurMistake):
        fee_cash(make_instrument(**GOOD), 1, -1, MAKER)


@given(st.floats(-1e9, 1e9))
def test_rounding_goes_outward(price):
    assert units.floor_to_ticks(price) <= price <= units.ceil_to_ticks(price)
    assert units.outward_to_ticks(BUY, price) <= price <= units.outward_to_ticks(SELL, price)
    assert units.ceil_to_ticks(price) - units.floor_to_ticks(price) <= 1


def test_conversions_for_people():
    assert (1.5, 25.0) == (units.quote_from_cash(3 * CASH_PER_QUOTE // 2), units.bps_of(1, 400))
