"""Knobs with round numbers, and a calm context to change one thing in: what the quoting tests share."""

from typing import Any

from msgspec.structs import replace

from strategy.context import GuardVerdict, QuoteContext, Share, Working
from strategy.instrument import make_instrument
from strategy.knobs import (
    AccountKnobs,
    ClosedFormKnobs,
    FeedKnobs,
    GuardKnobs,
    Knobs,
    OrderKnobs,
    PacingKnobs,
    PlacementKnobs,
    QueueKnobs,
    RampKnobs,
    SignalKnobs,
    SkewKnobs,
    SpreadKnobs,
    SymbolKnobs,
    TriggerKnobs,
)
from strategy.stages.order_placement import place
from strategy.units import BPS, CASH_PER_QUOTE, NS_PER_MS, NS_PER_S

INF = float("inf")
NOW_NS = 1_700_000_000 * NS_PER_S

# A tick is a bp of the mid: widths in bps are widths in ticks.
MID_TICKS = BPS
# Where both quotes are wanted, unless a test says otherwise.
BID, ASK = MID_TICKS - 5, MID_TICKS + 5

REDUCE = GuardVerdict("HARD", "reduce_only")

INSTRUMENT = make_instrument(
    symbol="BTCUSDT",
    kind="linear",
    tick="0.1",
    lot="0.001",
    size_min="0.001",
    size_max="100",
    notional_min="0",
    maker_fee_bps="-2.5",
    taker_fee_bps="7.5",
)

GUARD = GuardKnobs(
    volatility=TriggerKnobs(soft_enter=3.0, soft_exit=2.4, hard_enter=6.0, hard_exit=4.8),
    round_trip=TriggerKnobs(soft_enter=300.0, soft_exit=240.0, hard_enter=450.0, hard_exit=360.0),
    pnl_deviation=TriggerKnobs(soft_enter=1.5, soft_exit=1.0, hard_enter=2.5, hard_exit=1.5),
    inventory=TriggerKnobs(soft_enter=60.0, soft_exit=50.0, hard_enter=90.0, hard_exit=80.0),
    taker_fills=TriggerKnobs(soft_enter=12.0, soft_exit=8.0, hard_enter=20.0, hard_exit=12.0),
    feed_silence=TriggerKnobs(soft_enter=500.0, soft_exit=200.0, hard_enter=2000.0, hard_exit=500.0),
    rejects=TriggerKnobs(soft_enter=20.0, soft_exit=10.0, hard_enter=50.0, hard_exit=20.0),
    doubts=TriggerKnobs(soft_enter=1.0, soft_exit=0.0, hard_enter=3.0, hard_exit=0.0),
    clock_uncertainty=TriggerKnobs(soft_enter=200.0, soft_exit=100.0, hard_enter=500.0, hard_exit=250.0),
    margin=TriggerKnobs(soft_enter=50.0, soft_exit=40.0, hard_enter=80.0, hard_exit=60.0),
    loss=TriggerKnobs(soft_enter=50.0, soft_exit=40.0, hard_enter=100.0, hard_exit=-INF),
    drawdown=TriggerKnobs(soft_enter=50.0, soft_exit=40.0, hard_enter=100.0, hard_exit=-INF),
    dwell_ns=1 * NS_PER_S,
    halt_ns=2 * NS_PER_S,
    soft_size_factor=0.5,
    soft_widen_bps=0.3,
)

SPREAD = SpreadKnobs(
    base_bps=1.2,
    width_bps_min=0.6,
    width_bps_max=2.5,
    width_bps_ceiling=8.0,
    narrow_bps_per_s=0.5,
    respect_costs=False,
    neutral=0.5,
    volatility=RampKnobs(low=0.5, high=4.5, weight_bps=1.0),
    thinness=RampKnobs(low=0.0, high=1.0, weight_bps=0.5),
    round_trip=RampKnobs(low=100.0, high=300.0, weight_bps=0.25),
    pnl_deviation=RampKnobs(low=0.0, high=2.0, weight_bps=0.25),
    adverse_markout=RampKnobs(low=0.0, high=1.0, weight_bps=0.5),
)

SYMBOL = SymbolKnobs(instrument=INSTRUMENT, quote_lots=10, position_lots_max=100, beta=1.0, spread=SPREAD)

KNOBS = Knobs(
    model="pipeline",
    symmetric_width_bps=0.0,
    closed_form=ClosedFormKnobs(aversion=0.01, fill_rate_per_s=0.9, fill_decay_per_bps=0.3, horizon_ns=NS_PER_S),
    decide_every_ns=50 * NS_PER_MS,
    symbols=(SYMBOL,),
    account=AccountKnobs(
        gross_cash_max=10**6 * CASH_PER_QUOTE,
        net_cash_max=10**6 * CASH_PER_QUOTE,
        loss_budget_cash=100 * CASH_PER_QUOTE,
        drawdown_budget_cash=50 * CASH_PER_QUOTE,
    ),
    guard=GUARD,
    skew=SkewKnobs(slope_bps_per_pct=0.1, dead_band_pct=5.0, skew_bps_max=0.6),
    queue=QueueKnobs(enabled=True, place_worth_bps=2.0, headroom_ns=2 * NS_PER_S, cancel_power=2.0),
    placement=PlacementKnobs(
        book_time_ns_min=200 * NS_PER_MS,
        move_bps_min=1.5,
        fast_cancel_bps=3.0,
        taker_slippage_bps_max=5.0,
        unwind_after_ns=10 * NS_PER_S,
        taking=True,
    ),
    orders=OrderKnobs(
        ack_wait_ns_max=NS_PER_S,
        query_every_ns=NS_PER_S,
        send_within_ns=NS_PER_S,
        window_ns=NS_PER_S,
        read_lag_ns_max=NS_PER_S,
        margin_ns=NS_PER_S,
        audit_every_ns=10 * NS_PER_S,
        forget_after_ns=60 * NS_PER_S,
        closed_kept_max=100,
    ),
    pacing=PacingKnobs(orders_per_s=10, burst=10, cancel_share_pct=20, queries_per_s=5),
    signals=SignalKnobs(
        volatility_half_life_ns=30 * NS_PER_S,
        liquidity_half_life_ns=60 * NS_PER_S,
        liquidity_bps=10.0,
        markout_ns=NS_PER_S,
        markout_half_life_ns=300 * NS_PER_S,
        pnl_window_ns=60 * NS_PER_S,
        round_trip_window_ns=10 * NS_PER_S,
        rejects_window_ns=30 * NS_PER_S,
        takes_window_ns=900 * NS_PER_S,
    ),
    feed=FeedKnobs(
        expected_interval_ns=100 * NS_PER_MS,
        age_ns_max=2 * NS_PER_S,
        rest_ttl_ns=100 * NS_PER_MS,
        book_wait_ns_max=NS_PER_S,
        clock_every_ns=10 * NS_PER_S,
        margin_every_ns=10 * NS_PER_S,
    ),
)


def knobs_with(**parts: dict[str, Any]) -> Knobs:
    """Change fields of parts: ``knobs_with(placement={"taking": False})``."""
    return replace(KNOBS, **{part: replace(getattr(KNOBS, part), **changes) for part, changes in parts.items()})


def symbol_with(*, spread: dict[str, Any] | None = None, **changes: Any) -> SymbolKnobs:
    """Change fields of the symbol, and of its spread."""
    return replace(SYMBOL, spread=replace(SPREAD, **(spread or {})), **changes)


def book_at(bid_ticks: int, ask_ticks: int, lots: int = 50) -> dict[str, Any]:
    """Give the inputs of a two-sided book whose fair value is its mid."""
    return {
        "best_bid_ticks": bid_ticks,
        "best_bid_lots": lots,
        "best_ask_ticks": ask_ticks,
        "best_ask_lots": lots,
        "mid2_ticks": bid_ticks + ask_ticks,
        "fair_ticks": (bid_ticks + ask_ticks) / 2,
    }


def calm(**changes: Any) -> QuoteContext:
    """Build a calm context: a book two ticks wide around ``MID_TICKS``, flat, nothing working."""
    fields: dict[str, Any] = {"now_ns": NOW_NS, "symbol": SYMBOL, **book_at(MID_TICKS - 1, MID_TICKS + 1)}
    return QuoteContext(**{**fields, **changes})


def resting(price_ticks: int, lots: int = 10, **changes: Any) -> Working:
    """Build a settled order of ours, long enough in the book to be moved."""
    fields: dict[str, Any] = {
        "client_id": "s-1",
        "price_ticks": price_ticks,
        "leaves_lots": lots,
        "size_lots": lots,
        "placed_ns": NOW_NS - NS_PER_S,
    }
    return Working(**{**fields, **changes})


def share_of(context: QuoteContext, stage: str) -> Share:
    """Find the one share a stage recorded."""
    (share,) = (each for each in context.shares if each.stage == stage)
    return share


def decided(**changes: Any) -> QuoteContext:
    """Build a decision to be placed: both quotes five ticks off the mid; the market is at one tick off it."""
    fields: dict[str, Any] = {"bid_ticks": BID, "ask_ticks": ASK}
    working = [changes.get("working_bid"), changes.get("working_ask")]
    for key, order in zip(("worst_buy_lots", "worst_sell_lots"), working, strict=True):
        fields[key] = order.leaves_lots if isinstance(order, Working) else 0
    return calm(**{**fields, **changes})


def placed(**changes: Any) -> QuoteContext:
    """Have such a decision placed."""
    return place(decided(**changes), KNOBS)
