"""What a person may turn, as the core reads it: frozen, flat, in the core's own units.

``config`` makes these from the file a person writes and has checked every relation between
fields; nothing here validates. Widths are full bid-ask widths in bps of the mid.
"""

import msgspec

from strategy.batching import BATCHED, SINGLE, Capability
from strategy.instrument import Instrument


class _Knobs(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Common configuration only."""


class TriggerKnobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """Enter and exit thresholds of one guard trigger, in the trigger's own unit."""

    soft_enter: float
    soft_exit: float
    hard_enter: float
    hard_exit: float


class GuardKnobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """The guard's triggers in the order of its table, and what SOFT and HARD do."""

    volatility: TriggerKnobs  # bps per square root of a second
    round_trip: TriggerKnobs  # ms, p95
    pnl_deviation: TriggerKnobs  # sigma, losses only
    inventory: TriggerKnobs  # % of the symbol's limit
    taker_fills: TriggerKnobs  # count in 15 minutes
    feed_silence: TriggerKnobs  # ms beyond the feed's expected interval
    rejects: TriggerKnobs  # % over 30 s
    doubts: TriggerKnobs  # orders
    clock_uncertainty: TriggerKnobs  # ms
    margin: TriggerKnobs  # maintenance margin as % of equity
    loss: TriggerKnobs  # % of the day's budget; HARD is latched
    drawdown: TriggerKnobs  # % of the budget from the day's peak; HARD is latched
    dwell_ns: int
    halt_ns: int
    soft_size_factor: float
    soft_widen_bps: float


class RampKnobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """A score's linear ramp: 0 at ``low``, 1 at ``high``, and its weight in bps."""

    low: float
    high: float
    weight_bps: float


class SpreadKnobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """The width's base, its five scores, its clamp and how fast it may narrow."""

    base_bps: float
    width_bps_min: float
    width_bps_max: float
    width_bps_ceiling: float
    narrow_bps_per_s: float
    respect_costs: bool
    neutral: float
    volatility: RampKnobs  # bps per square root of a second
    thinness: RampKnobs  # 1 - liquidity near the mid / the symbol's own norm
    round_trip: RampKnobs  # ms, p95
    pnl_deviation: RampKnobs  # sigma of losses
    adverse_markout: RampKnobs  # bps lost after our fills


class FairKnobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """What moves the fair value away from the mid, and how far it may."""

    taker_bps: float = 0.0  # per taker that one side leads by
    imbalance_bps: float = 0.0  # where all that rests at the touch is on the bid
    shift_bps_max: float = 0.0


class SkewKnobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """How far inventory moves the reservation price."""

    slope_bps_per_pct: float
    dead_band_pct: float
    skew_bps_max: float


class QueueKnobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """What a place in the queue is worth, and how cancels ahead of us are guessed."""

    enabled: bool
    place_worth_bps: float  # value of standing first, lost by moving
    headroom_ns: int  # keep a place that should fill within this time
    cancel_power: float  # exponent of the cancel-sharing model; 1 is uniform
    improve_ticks_max: int = 0  # how far a quote may step in front of the touch; 0 joins


class PlacementKnobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """How working orders may be moved, and the only two reasons to take."""

    book_time_ns_min: int
    move_bps_min: float  # smaller moves are not worth a message
    fast_cancel_bps: float  # fair value this far through a quote cancels it at once
    taker_slippage_bps_max: float
    unwind_after_ns: int
    taking: bool
    top_up_below: float = 0.5  # refill an order once less than this part of the wanted size is left


class OrderKnobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """Deadlines of the order machine."""

    ack_wait_ns_max: int
    query_every_ns: int
    send_within_ns: int
    window_ns: int  # the venue's receive window
    read_lag_ns_max: int
    margin_ns: int
    audit_every_ns: int
    open_every_ns: int = 15_000_000_000
    forget_after_ns: int
    closed_kept_max: int
    query_ns_max: int = 4_000_000_000  # the longest pause between questions that nobody answers
    doubt_alert_ns: int = 60_000_000_000  # a person is told of doubts older than this


class PacingKnobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """The rate budget of the account and the share only cancels may use."""

    orders_per_s: int
    burst: int
    cancel_share_pct: int
    queries_per_s: int
    recover_every_ns: int = 10_000_000_000
    ban_wait_ns: int = 30_000_000_000
    ban_wait_ns_max: int = 600_000_000_000


class SignalKnobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """Half-lives and windows of the estimators."""

    volatility_half_life_ns: int
    liquidity_half_life_ns: int
    liquidity_bps: float  # how far from the mid liquidity counts
    markout_ns: int
    markout_half_life_ns: int
    pnl_window_ns: int
    round_trip_window_ns: int
    rejects_window_ns: int
    takes_window_ns: int
    takers_half_life_ns: int = 500_000_000


class FeedKnobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """What freshness means: a quiet market is not a stale one."""

    expected_interval_ns: int
    age_ns_max: int
    rest_ttl_ns: int
    book_wait_ns_max: int
    clock_every_ns: int
    margin_every_ns: int
    retreat_after_ns: int = 5_000_000_000
    steady_after_ns: int = 5_000_000_000
    poll_fills_ns: int = 2_000_000_000


class RegimeKnobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """How trading regimes are met."""

    lead_ns: int = 3_000_000_000
    grace_ns: int = 30_000_000_000
    refused_pause_ns: int = 5_000_000_000


class SymbolKnobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """One symbol: its instrument, how much we show, how much we may hold."""

    instrument: Instrument
    quote_lots: int
    position_lots_max: int
    beta: float
    spread: SpreadKnobs


class AccountKnobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """What all symbols share."""

    gross_cash_max: int
    net_cash_max: int
    loss_budget_cash: int
    drawdown_budget_cash: int


class ClosedFormKnobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """What the published formulas are told beside the volatility: bps, seconds, quotes of our size."""

    aversion: float
    fill_rate_per_s: float
    fill_decay_per_bps: float
    horizon_ns: int


class Knobs(_Knobs, frozen=True, gc=False, kw_only=True):
    """Everything the core is told before it starts."""

    model: str  # pipeline | symmetric | avellaneda_stoikov | glft
    symmetric_width_bps: float  # 0 quotes the touch
    closed_form: ClosedFormKnobs
    decide_every_ns: int
    symbols: tuple[SymbolKnobs, ...]
    account: AccountKnobs
    guard: GuardKnobs
    fair: FairKnobs = FairKnobs()
    skew: SkewKnobs
    queue: QueueKnobs
    placement: PlacementKnobs
    orders: OrderKnobs
    regimes: RegimeKnobs = RegimeKnobs()
    pacing: PacingKnobs
    signals: SignalKnobs
    feed: FeedKnobs
    dispatch: str = BATCHED  # sequential | concurrent | batched
    capability: Capability = SINGLE  # what the venue takes in one request
