"""Every figure of what was earned, by hand, and the identity to the last unit of cash."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy.context import Share
from strategy.edge import HORIZONS_NS, EdgeLedger, Traded, ratios, slippage_bps, weighted_stats
from strategy.instrument import MAKER, TAKER, fee_cash, make_instrument
from strategy.units import BUY, NS_PER_S, SELL

INSTRUMENT = make_instrument(
    symbol="X", kind="linear", tick="0.5", lot="0.001", size_min="0.001", size_max="10", notional_min="0",
    maker_fee_bps="-2.5", taker_fee_bps="7.5",
)  # fmt: skip
UNIT = INSTRUMENT.cash_per_ticklot


def traded(side=BUY, price=100, lots=10, mid2=202, at_ns=0, liquidity=MAKER, decided=0, shares=()) -> Traded:
    fee = fee_cash(INSTRUMENT, price, lots, liquidity)
    return Traded(at_ns, side, price, lots, liquidity, fee, mid2, decided, shares)


def test_a_maker_round_trip_at_the_touch_earns_the_spread_and_both_rebates():
    ledger = EdgeLedger(INSTRUMENT)
    ledger.on_fill(traded(BUY, 100, mid2=202))
    ledger.on_fill(traded(SELL, 102, mid2=202, at_ns=1))
    got = ledger.figures(2)
    rebate = (100 + 102) * 10 * UNIT * 250 // 10**6
    assert (20 * UNIT, rebate, 0, 20 * UNIT + rebate) == (
        got.capture_cash, got.fee_cash, got.inventory_cash, got.pnl_cash,
    )  # fmt: skip
    figures = ratios((got,))
    assert figures["net_bps"]["value"] == pytest.approx(10_000 * 20 / 2020 + 2.5)
    assert figures["net_ex_fees_bps"]["value"] == pytest.approx(10_000 * 20 / 2020)


def test_a_taker_round_trip_pays_the_spread_and_both_fees():
    ledger = EdgeLedger(INSTRUMENT)
    ledger.on_fill(traded(BUY, 102, mid2=202, liquidity=TAKER))
    ledger.on_fill(traded(SELL, 100, mid2=202, at_ns=1, liquidity=TAKER))
    got = ledger.figures(2)
    assert got.pnl_cash == -20 * UNIT - 202 * 10 * UNIT * 750 // 10**6
    assert (2, 100.0) == (got.takes, ratios((got,))["taker_share_pct"]["value"])


def test_markouts_use_the_mid_that_held_at_their_horizon():
    ledger = EdgeLedger(INSTRUMENT)
    ledger.on_fill(traded(SELL, 102, mid2=202))
    ledger.on_mid(HORIZONS_NS[0] - 1, 204)  # holds at 0.1 s
    ledger.on_mid(HORIZONS_NS[1] + 1, 210)  # comes after 1 s
    ledger.on_mid(6 * NS_PER_S, 300)
    got = ledger.figures(7 * NS_PER_S)
    per_tick2 = -10 * UNIT // 2
    assert (2 * per_tick2, 2 * per_tick2, 8 * per_tick2, 0) == got.markout_cash
    assert (True, 0) == (got.marked_cash[2] > 0, got.marked_cash[3])
    assert "markout_30s_bps" not in ratios((got,))


def test_slippage_is_a_cost_when_positive_for_both_roles():
    assert slippage_bps(traded(BUY, 100, mid2=198, decided=200)) == pytest.approx(100)
    assert slippage_bps(traded(SELL, 100, mid2=198, decided=200)) == pytest.approx(-100)
    assert slippage_bps(traded(BUY, 101, decided=200, liquidity=TAKER)) == pytest.approx(100)
    assert slippage_bps(traded(SELL, 101, decided=200, liquidity=TAKER)) == pytest.approx(-100)


def test_capture_is_attributed_to_the_stages_that_set_the_price():
    ledger = EdgeLedger(INSTRUMENT)
    ledger.on_fill(traded(BUY, 97, mid2=200, shares=(Share("spread", -4.0, 4.0), Share("skew", 1.0, 1.0))))
    stages = ledger.figures(1).stage_cash
    assert {"spread": 40.0 * UNIT, "skew": -10.0 * UNIT} == stages
    assert sum(stages.values()) == ledger.figures(1).capture_cash


def test_nothing_traded_makes_no_ratio():
    assert {"fills": {"value": 0.0}, "takes": {"value": 0.0}} == ratios((EdgeLedger(INSTRUMENT).figures(1),))


def test_weights_count_in_every_statistic():
    stats = weighted_stats([(1.0, 98), (100.0, 2)])
    assert (2.98, 1.0, 1.0, 100.0, 100.0) == (stats["value"], stats["p50"], stats["p95"], stats["p99"], stats["max"])


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("fill"), st.sampled_from((BUY, SELL)), st.integers(1, 10**6), st.integers(1, 10**4), st.sampled_from((MAKER, TAKER))),
        st.tuples(st.just("mid"), st.integers(2, 2 * 10**6)),
        st.tuples(st.just("funding"), st.integers(-(10**20), 10**20)),
    ),
    max_size=40,
)  # fmt: skip


@given(STEPS)
def test_pnl_is_captures_fees_funding_and_what_the_position_earned_exactly(steps):
    ledger, mid2 = EdgeLedger(INSTRUMENT), 2
    lots = cash = 0
    for at_ns, step in enumerate(steps):
        if step[0] == "fill":
            _, side, price, size, liquidity = step
            fill = traded(side, price, size, mid2, at_ns, liquidity)
            ledger.on_fill(fill)
            lots += side * size
            cash += fill.fee_cash - side * price * size * UNIT
        elif step[0] == "mid":
            mid2 = step[1]
            ledger.on_mid(at_ns, mid2)
        else:
            ledger.on_funding(step[1])
            cash += step[1]
    got = ledger.figures(len(steps))
    assert got.pnl_cash == got.capture_cash + got.fee_cash + got.funding_cash + got.inventory_cash
    assert got.pnl_cash == cash + lots * ledger.mid2_ticks * UNIT // 2


@given(st.integers(1, 10**6), st.integers(1, 10**4), st.integers(0, 10**4))
def test_a_rebate_is_income_and_a_fee_is_a_cost_in_exact_proportion(price, lots, more):
    assert fee_cash(INSTRUMENT, price, lots, MAKER) > 0 > fee_cash(INSTRUMENT, price, lots, TAKER)
    assert -3 * fee_cash(INSTRUMENT, price, lots, MAKER) == fee_cash(INSTRUMENT, price, lots, TAKER)
    together = fee_cash(INSTRUMENT, price, lots, MAKER) + fee_cash(INSTRUMENT, price, more, MAKER)
    assert together == fee_cash(INSTRUMENT, price, lots + more, MAKER)


def test_a_worlds_figures_obey_the_identity_and_agree_with_the_venue(tmp_path):
    """Through the whole product: figures made from a run equal the venue's own cash."""
    from small_world import small_world

    from sim.runs.metrics import metrics_of
    from strategy.instrument import move_cash
    from strategy.units import quote_from_cash

    world = small_world(tmp_path, seconds=40, symbols="[BTCUSDT, ETHUSDT]")
    world.run()
    made = {name: stats["value"] for name, stats in metrics_of(world).items()}
    parts = made["capture_bps"] + made["fees_bps"] + made["inventory_bps"]
    assert made["net_bps"] == pytest.approx(parts)
    assert made["net_ex_fees_bps"] == pytest.approx(parts - made["fees_bps"])
    worth = 0
    for symbol, one in world.venue.account.holdings.items():
        worth += one.cash + move_cash(one.instrument, one.lots, world.mids[symbol][-1][1])
    assert quote_from_cash(worth) == pytest.approx(made["pnl_usdt"], abs=1e-6)
    assert world.core.belief().symbols[0].cash == world.venue.cash("BTCUSDT")
