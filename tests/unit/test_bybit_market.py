"""Text and whole numbers: exact, on the grid, and never longer than sense."""

from decimal import Decimal

import pytest
from bybit_wire import PERPS, cancel, create

from adapters.bybit.market import MS_MAX, WORD_MAX, Unreadable, cash, handle_of, name_of, ns_of, number, side_of, whole
from adapters.bybit.memory import Memory
from strategy.units import CASH_PER_QUOTE

GRID = PERPS.grids["BTCUSDT"]


@pytest.mark.parametrize(
    "text,value", [("0", "0"), ("65000.10", "65000.1"), ("-0.5", "-0.5"), (".5", "0.5"), ("5.", "5")]
)
def test_plain_numbers_are_read_exactly(text, value):
    assert number("x", text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", "1e3", "+1", " 1", "1_000", "NaN", "Infinity", "\u0661", "--1", "1.2.3", "-", ".", "1" * 41]
)
def test_anything_fancier_is_no_number(text):
    with pytest.raises(Unreadable, match="x"):
        number("x", text)


@pytest.mark.parametrize("text", ["", "-1", "1.0", "\u0661", "1" * 41, str(WORD_MAX + 1)])
def test_a_count_is_whole_not_negative_and_fits_a_machine_word(text):
    with pytest.raises(Unreadable, match="count"):
        whole("count", text)
    assert whole("count", str(WORD_MAX)) == WORD_MAX


def test_an_instant_fits_a_machine_word_in_nanoseconds():
    assert ns_of("at", str(MS_MAX)) <= WORD_MAX
    with pytest.raises(Unreadable, match="no instant"):
        ns_of("at", str(MS_MAX + 1))


@pytest.mark.parametrize(
    "text,why",
    [
        ("65000.05", "multiple"),
        ("65000.1" + "0" * 30 + "1", "multiple"),
        ("-0.1", "absurd"),
        ("9" * 40, "absurd"),
    ],
)
def test_a_price_is_on_the_grid_and_within_sense(text, why):
    with pytest.raises(Unreadable, match=why):
        GRID.ticks(text)


def test_cash_is_cut_below_its_last_digit():
    assert cash("fee", "-0.0000000000000019") == -1
    assert cash("fee", "3.5") == 7 * CASH_PER_QUOTE // 2


def test_sides_and_names():
    assert (side_of("Buy"), side_of("Sell")) == (1, -1)
    with pytest.raises(Unreadable, match="side"):
        side_of("buy")
    assert (name_of("s-1", "v-1"), name_of("", "v-1")) == ("s-1", "venue:v-1")
    assert (handle_of("s-1"), handle_of("venue:v-1")) == ({"orderLinkId": "s-1"}, {"orderId": "v-1"})


def test_only_creates_and_amends_are_remembered_as_they_leave():
    memory = Memory()
    memory.leaving((create("s-1"), cancel("s-2")))
    assert list(memory.orders) == ["s-1"]
    assert [ask.stands for ask in memory.orders["s-1"].asks] == [(650_000, 10)]
