"""Orders refused by a rule we do not know, and fills at fees that nobody told: waited for, counted, told."""

import pytest

from strategy import events
from strategy.instrument import fee_cash, make_instrument
from strategy.position import is_odd_fee
from strategy.units import BUY

INSTRUMENT = make_instrument(
    symbol="X", kind="linear", tick="0.5", lot="0.001", size_min="0.001", size_max="1", notional_min="0",
    maker_fee_bps="-2.5", taker_fee_bps="7.5",
)  # fmt: skip


def fill(fee: int, price: int = 100_000, lots: int = 10) -> events.OrderFilled:
    return events.OrderFilled("a", "X", BUY, "f", price, lots, lots, "maker", fee, 0)


def test_the_instruments_own_fee_is_not_odd_nor_is_its_rounding():
    own = fee_cash(INSTRUMENT, 100_000, 10, "maker")
    assert not is_odd_fee(INSTRUMENT, fill(own))
    assert not is_odd_fee(INSTRUMENT, fill(own + own // 50))


@pytest.mark.parametrize("factor", [-1, 0, 2])
def test_a_fee_with_another_sign_or_size_is_odd(factor):
    assert is_odd_fee(INSTRUMENT, fill(factor * fee_cash(INSTRUMENT, 100_000, 10, "maker")))
