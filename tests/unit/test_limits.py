"""Two roads to every limit: what may be wanted, and what may leave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy.errors import RefusalCode
from strategy.knobs import AccountKnobs
from strategy.limits import Holding, gross_cash, make_totals, net_cash, permit, room_lots, worst_lots
from strategy.units import BUY, SELL

WIDE = AccountKnobs(gross_cash_max=10**9, net_cash_max=10**9, loss_budget_cash=1, drawdown_budget_cash=1)


def room(holdings: tuple[Holding, ...], place: int, side: int, account: AccountKnobs) -> int:
    totals = make_totals(len(holdings))
    for number, one in enumerate(holdings):
        totals.note(number, one)
    return room_lots(totals, place, holdings[place], side, account)


def held(position=0, buys=0, sells=0, *, symbol="X", lot_cash=10, lots_max=100, beta=1.0) -> Holding:
    return Holding(symbol, position, buys, sells, lot_cash, lots_max, beta)


@pytest.mark.parametrize(
    ("position", "buys", "sells", "worst"), [(0, 3, 5, 5), (4, 3, 5, 7), (-4, 3, 5, 9), (0, 0, 0, 0), (10, 0, 25, 15)]
)
def test_the_worst_case_is_the_larger_of_all_buys_and_all_sells(position, buys, sells, worst):
    assert worst == worst_lots(position, buys, sells)


def test_gross_adds_sizes_and_net_weighs_directions():
    holdings = (held(5, 2, 0), held(-4, 0, 1, symbol="Y", beta=0.5))
    assert (70 + 50, 70 - 20) == (gross_cash(holdings), net_cash(holdings))
    opposite = (held(5), held(-5, symbol="Y"))
    assert (100, 0.0) == (gross_cash(opposite), net_cash(opposite))


@pytest.mark.parametrize(
    ("holding", "side", "lots", "code"),
    [
        (held(90), BUY, 10, None),
        (held(90), BUY, 11, RefusalCode.POSITION_LIMIT),
        (held(90, buys=5), BUY, 6, RefusalCode.POSITION_LIMIT),
        (held(-90), SELL, 11, RefusalCode.POSITION_LIMIT),
        (held(-90, sells=11), SELL, 1, RefusalCode.POSITION_LIMIT),
        (held(150), SELL, 150, None),
        (held(150), SELL, 251, RefusalCode.POSITION_LIMIT),
        (held(150), BUY, 1, RefusalCode.POSITION_LIMIT),
        (held(-150, sells=0), BUY, 150, None),
        (held(-150, buys=150), BUY, 101, RefusalCode.POSITION_LIMIT),
    ],
)
def test_what_leaves_keeps_the_position_limit_and_what_reduces_always_may(holding, side, lots, code):
    refusal = permit((holding,), "X", side, lots, WIDE)
    assert code == (None if refusal is None else refusal.code)


def test_a_refusal_says_what_would_have_been_and_what_may_be():
    refusal = permit((held(90),), "X", BUY, 20, WIDE)
    assert (110, 100) == (refusal.value, refusal.limit)


def test_the_accounts_gross_and_net_are_kept_over_all_symbols():
    holdings = (held(10), held(20, symbol="Y"))
    tight = AccountKnobs(gross_cash_max=350, net_cash_max=10**9, loss_budget_cash=1, drawdown_budget_cash=1)
    assert permit(holdings, "X", BUY, 5, tight) is None
    assert RefusalCode.GROSS_LIMIT == permit(holdings, "X", BUY, 6, tight).code
    tight = AccountKnobs(gross_cash_max=10**9, net_cash_max=350, loss_budget_cash=1, drawdown_budget_cash=1)
    assert permit(holdings, "X", BUY, 5, tight) is None
    assert RefusalCode.NET_LIMIT == permit(holdings, "X", BUY, 6, tight).code


def test_room_counts_from_everything_possibly_alive():
    account = AccountKnobs(gross_cash_max=500, net_cash_max=10**9, loss_budget_cash=1, drawdown_budget_cash=1)
    holdings = (held(10, buys=5, sells=2), held(20, symbol="Y"))
    assert (15, 38) == (room(holdings, 0, BUY, account), room(holdings, 0, SELL, account))
    net = AccountKnobs(gross_cash_max=10**9, net_cash_max=400, loss_budget_cash=1, drawdown_budget_cash=1)
    assert (5, 68) == (room(holdings, 0, BUY, net), room(holdings, 0, SELL, net))


def test_without_a_price_there_is_no_room_and_without_beta_only_gross():
    assert 0 == room((held(lot_cash=0),), 0, BUY, WIDE)
    account = AccountKnobs(gross_cash_max=500, net_cash_max=1, loss_budget_cash=1, drawdown_budget_cash=1)
    assert 50 == room((held(beta=0.0),), 0, BUY, account)


HOLDING = st.builds(
    Holding,
    symbol=st.just("X"),
    position_lots=st.integers(-60, 60),
    buy_lots=st.integers(0, 30),
    sell_lots=st.integers(0, 30),
    lot_cash=st.integers(1, 50),
    lots_max=st.integers(10, 100),
    beta=st.sampled_from((0.5, 1.0, 1.5)),
)
ACCOUNT = st.builds(
    AccountKnobs,
    gross_cash_max=st.integers(100, 8000),
    net_cash_max=st.integers(100, 8000),
    loss_budget_cash=st.just(1),
    drawdown_budget_cash=st.just(1),
)
SIDE = st.sampled_from((BUY, SELL))


def with_order(holding: Holding, side: int, lots: int) -> Holding:
    buys, sells = (lots, 0) if side == BUY else (0, lots)
    return Holding(
        holding.symbol, holding.position_lots, holding.buy_lots + buys, holding.sell_lots + sells, holding.lot_cash,
        holding.lots_max, holding.beta,
    )  # fmt: skip


def other(holding: Holding) -> Holding:
    return Holding("Y", *[getattr(holding, name) for name in Holding.__struct_fields__[1:]])


@given(HOLDING, HOLDING, ACCOUNT, SIDE, st.integers(1, 120))
def test_what_is_permitted_never_breaks_a_limit_that_held(first, second, account, side, lots):
    holdings = (first, other(second))
    if permit(holdings, "X", side, lots, account) is not None:
        return
    after = (with_order(first, side, lots), holdings[1])
    reduces = side * first.position_lots + (first.buy_lots if side == BUY else first.sell_lots) + lots <= 0
    if not reduces:
        same = abs(first.position_lots + side * (after[0].buy_lots if side == BUY else after[0].sell_lots))
        assert same <= first.lots_max
        assert gross_cash(after) <= max(account.gross_cash_max, gross_cash(holdings))
        assert net_cash(after) <= max(account.net_cash_max, net_cash(holdings)) + 1e-6


@given(HOLDING, HOLDING, ACCOUNT, SIDE)
def test_what_one_road_leaves_room_for_the_other_permits(first, second, account, side):
    holdings = (first, other(second))
    free = room(holdings, 0, side, account)
    held_lots = side * first.position_lots + (first.buy_lots if side == BUY else first.sell_lots)
    lots = min(free, first.lots_max - held_lots)
    if lots > 0:
        assert permit(holdings, "X", side, lots, account) is None


@given(HOLDING, SIDE)
def test_an_order_that_only_reduces_is_never_refused(holding, side):
    reducing = -(side * holding.position_lots + (holding.buy_lots if side == BUY else holding.sell_lots))
    nothing = AccountKnobs(gross_cash_max=0, net_cash_max=0, loss_budget_cash=1, drawdown_budget_cash=1)
    if reducing > 0:
        assert permit((holding,), "X", side, reducing, nothing) is None
