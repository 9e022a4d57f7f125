"""What we hold, exactly, whichever way it came."""

from hypothesis import given
from hypothesis import strategies as st

from strategy.events import FundingPaid, OrderFilled
from strategy.instrument import MAKER, TAKER, fee_cash, make_instrument
from strategy.position import Position
from strategy.units import BUY, SELL

INSTRUMENT = make_instrument(
    symbol="X", kind="spot", tick="0.01", lot="0.00001", size_min="0.00001", size_max="100", notional_min="1",
    maker_fee_bps="1", taker_fee_bps="2.5",
)  # fmt: skip
UNIT = INSTRUMENT.cash_per_ticklot


def fill(side=BUY, price=100, lots=10, liquidity=MAKER) -> OrderFilled:
    return OrderFilled(
        "s-1", "X", side, "f", price, lots, lots, liquidity, fee_cash(INSTRUMENT, price, lots, liquidity), 0
    )


def test_a_buy_and_a_sell_leave_what_they_made():
    position = Position("X")
    position.fill(INSTRUMENT, fill(BUY, 100), 201)
    assert (10, -1000 * UNIT - 1000 * UNIT // 10_000) == (position.lots, position.cash)
    position.fill(INSTRUMENT, fill(SELL, 103, 4), 201)
    fees = -(1000 + 412) * UNIT // 10_000
    assert (6, -1000 * UNIT + 412 * UNIT + fees, fees) == (position.lots, position.cash, position.fees_cash)
    assert (1412 * UNIT, 0) == (position.maker_cash, position.taker_cash)


def test_each_liquidity_is_counted_as_what_it_was():
    position = Position("X")
    position.fill(INSTRUMENT, fill(BUY, 100, 3, TAKER), 200)
    assert (0, 300 * UNIT, -300 * UNIT * 25 // 100_000) == (
        position.maker_cash,
        position.taker_cash,
        position.fees_cash,
    )


def test_funding_is_booked_once_by_its_id():
    position = Position("X")
    assert position.fund(FundingPaid("X", "a", -7, 0))
    assert not position.fund(FundingPaid("X", "a", -7, 0))
    assert position.fund(FundingPaid("X", "b", 3, 0))
    assert (-4, -4) == (position.cash, position.funding_cash)


def test_funding_ids_are_bounded_and_the_latest_are_kept():
    position = Position("X")
    for number in range(300):
        position.fund(FundingPaid("X", str(number), 1, 0))
    assert (300, 65) == (position.cash, len(position.funding_ids))
    assert not position.fund(FundingPaid("X", "236", 1, 0))


FILLS = st.lists(
    st.tuples(st.sampled_from((BUY, SELL)), st.integers(1, 10**7), st.integers(1, 10**6), st.sampled_from((MAKER, TAKER)), st.integers(2, 10**7)),
    max_size=30,
)  # fmt: skip


@given(FILLS, st.integers(2, 10**7))
def test_the_value_at_any_mid_is_captures_fees_and_moves(fills, last_mid2):
    position = Position("X")
    for side, price, lots, liquidity, mid2 in fills:
        position.fill(INSTRUMENT, fill(side, price, lots, liquidity), mid2)
    position.mark(INSTRUMENT, last_mid2)
    parts = position.captured_cash + position.fees_cash + position.moved_cash + position.funding_cash
    assert parts == position.value_cash(INSTRUMENT, last_mid2)
