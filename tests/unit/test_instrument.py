"""Text becomes ticks and lots here, exactly or not at all."""

from decimal import Decimal

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
    in_common_units,
    in_units_of,
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


def test_a_coarser_listing_is_written_in_the_units_we_count_in():
    units = make_instrument(**GOOD)
    listed = make_instrument(**GOOD | {"tick": "0.5", "lot": "0.010", "size_min": "0.02", "maker_fee_bps": "1"})
    now = in_units_of(units, listed)
    assert ("0.10", "0.001", 5, 10) == (now.tick, now.lot, now.tick_times, now.lot_times)
    assert (20, 100_000, 5 * CASH_PER_QUOTE, 100) == (
        now.lots_min, now.lots_max, now.notional_min_cash, now.maker_fee_ppm,
    )  # fmt: skip
    assert notional_cash(units, 50, 20) == notional_cash(now, 50, 20) == notional_cash(listed, 10, 2)
    assert units == in_units_of(units, units)


@pytest.mark.parametrize("grid", [{"tick": "0.05"}, {"tick": "0.25"}, {"lot": "0.0005"}, {"lot": "0.0015"}])
def test_a_listing_that_is_no_whole_multiple_is_not_written_at_all(grid):
    assert None is in_units_of(
        make_instrument(**GOOD), make_instrument(**GOOD | {"size_min": "0.003", "size_max": "3"} | grid)
    )


@pytest.mark.parametrize(
    ("tick", "lot", "units", "times"),
    [
        ("0.10", "0.001", ("0.10", "0.001"), (1, 1)),
        ("0.5", "0.01", ("0.10", "0.001"), (5, 10)),
        ("0.05", "0.001", ("0.05", "0.001"), (1, 1)),
        ("0.25", "0.0015", ("0.05", "0.0005"), (5, 3)),
    ],
)
def test_a_listing_is_written_in_the_largest_units_that_count_it_and_what_was_counted(tick, lot, units, times):
    before = make_instrument(**GOOD)
    listed = make_instrument(**GOOD | {"tick": tick, "lot": lot, "size_min": "0.03", "size_max": "30"})
    now = in_common_units(before, listed)
    assert (units, times) == ((now.tick, now.lot), (now.tick_times, now.lot_times))
    assert (30, 30_000) == (now.lots_min * float(now.lot) * 1000, now.lots_max * float(now.lot) * 1000)
    by_tick, by_lot = Decimal(before.tick) / Decimal(now.tick), Decimal(before.lot) / Decimal(now.lot)
    assert before.cash_per_ticklot == now.cash_per_ticklot * by_tick * by_lot


def test_units_too_fine_for_whole_money_are_refused():
    listed = make_instrument(**GOOD | {"tick": "0.00000001", "lot": "10", "size_min": "10"})
    with pytest.raises(ImpossibleInstrument, match="whole cash"):
        in_common_units(make_instrument(**GOOD | {"lot": "0.0001"}), listed)


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
