"""From the config a person wrote to the knobs the core reads: whole nanoseconds, lots and cash.

The config has been validated alone; here it meets the instruments it will trade. What does not
fit is a complaint at the config's own key, never a rounding.
"""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from strategy.batching import SINGLE, Capability
from strategy.complaints import sentence
from strategy.config import Config, spread_of
from strategy.config_guard import LatchedThresholds, Thresholds
from strategy.config_quote import PowerCancels, Ramp, Spread, SymbolSizes
from strategy.errors import OperatorError, Problem
from strategy.file_model import Complaint
from strategy.instrument import ImpossibleInstrument, Instrument, size_lots_of, size_text
from strategy.knobs import (
    AccountKnobs,
    ClosedFormKnobs,
    FairKnobs,
    FeedKnobs,
    GuardKnobs,
    Knobs,
    OrderKnobs,
    PacingKnobs,
    PlacementKnobs,
    QueueKnobs,
    RampKnobs,
    RegimeKnobs,
    SignalKnobs,
    SkewKnobs,
    SpreadKnobs,
    SymbolKnobs,
    TriggerKnobs,
)
from strategy.units import CASH_PER_QUOTE, NS_PER_MS, NS_PER_S

MISFIT: Final = "SQ-C030"


def misfits(config: Config, instruments: Sequence[Instrument]) -> Iterator[Complaint]:
    """Say where the config does not fit the instruments; each complaint points into the config."""
    for each in _misfits(config, instruments):
        yield each._replace(message=sentence(each.at, each.message))


def _misfits(config: Config, instruments: Sequence[Instrument]) -> Iterator[Complaint]:
    for instrument in instruments:
        sizes = config.symbols.get(instrument.symbol)
        if sizes is None:
            known = ", ".join(config.symbols)
            yield Complaint(MISFIT, ("symbols",), f"no sizes for {instrument.symbol}; there are some for {known}")
        else:
            yield from _size_misfits(sizes, instrument)


def _size_misfits(sizes: SymbolSizes, instrument: Instrument) -> Iterator[Complaint]:
    for key, text in (("quote_size", sizes.quote_size), ("position_max", sizes.position_max)):
        at = ("symbols", instrument.symbol, key)
        try:
            lots = size_lots_of(instrument, text)
        except ImpossibleInstrument:
            yield Complaint(MISFIT, at, f"{key} {text} is not a multiple of the lot {instrument.lot}")
            continue
        if lots < instrument.lots_min:
            least = size_text(instrument, instrument.lots_min)
            yield Complaint(MISFIT, at, f"{key} {text} is below the venue's least size {least}")
        if key == "quote_size" and lots > instrument.lots_max:
            most = size_text(instrument, instrument.lots_max)
            yield Complaint(MISFIT, at, f"{key} {text} is above the venue's greatest size {most}")


def knobs(config: Config, instruments: Sequence[Instrument], capability: Capability = SINGLE) -> Knobs:
    """Turn a config into knobs for exactly these instruments, in their order, and for a venue that can so much.

    What does not fit raises ``OperatorError``; ``misfits`` gives the same with places.
    """
    problems = [Problem(each.code, config.name, 0, 0, each.message) for each in misfits(config, instruments)]
    if problems:
        raise OperatorError(problems)
    symmetric = config.symmetric
    return Knobs(
        model=config.model,
        symmetric_width_bps=symmetric.width_bps if symmetric.quote_at == "width" else 0.0,
        closed_form=ClosedFormKnobs(
            aversion=config.closed_form.aversion,
            fill_rate_per_s=config.closed_form.fill_rate_per_s,
            fill_decay_per_bps=config.closed_form.fill_decay_per_bps,
            horizon_ns=_from_s(config.closed_form.horizon_s),
        ),
        decide_every_ns=_from_ms(config.loop.decide_every_ms),
        symbols=tuple(_symbol(config, instrument) for instrument in instruments),
        account=_account(config),
        guard=_guard(config),
        fair=FairKnobs(
            taker_bps=config.fair.taker_bps,
            imbalance_bps=config.fair.imbalance_bps,
            shift_bps_max=config.fair.shift_bps_max,
        ),
        skew=SkewKnobs(
            slope_bps_per_pct=config.skew.slope_bps_per_pct,
            dead_band_pct=config.skew.dead_band_pct,
            skew_bps_max=config.skew.skew_bps_max,
        ),
        queue=_queue(config),
        placement=_placement(config),
        orders=_orders(config),
        regimes=RegimeKnobs(
            lead_ns=_from_s(config.regimes.lead_s),
            grace_ns=_from_s(config.regimes.grace_s),
            refused_pause_ns=_from_s(config.regimes.refused_pause_s),
        ),
        pacing=PacingKnobs(
            orders_per_s=config.pacing.orders_per_s,
            burst=config.pacing.burst,
            cancel_share_pct=config.pacing.cancel_share_pct,
            queries_per_s=config.pacing.queries_per_s,
            recover_every_ns=_from_s(config.pacing.recover_every_s),
            ban_wait_ns=_from_s(config.pacing.ban_wait_s),
            ban_wait_ns_max=_from_s(config.pacing.ban_wait_s_max),
        ),
        signals=_signals(config),
        feed=_feed(config),
        dispatch=config.loop.dispatch,
        capability=capability,
    )


def _from_ms(value_ms: float) -> int:
    return round(value_ms * NS_PER_MS)


def _from_s(value_s: float) -> int:
    return round(value_s * NS_PER_S)


def _cash(text: str) -> int:
    """Count decimal text in cash; the text has at most fifteen decimals, so this is exact."""
    return int(Decimal(text) * CASH_PER_QUOTE)


def _symbol(config: Config, instrument: Instrument) -> SymbolKnobs:
    sizes = config.symbols[instrument.symbol]
    return SymbolKnobs(
        instrument=instrument,
        quote_lots=size_lots_of(instrument, sizes.quote_size),
        position_lots_max=size_lots_of(instrument, sizes.position_max),
        beta=sizes.beta,
        spread=_spread(spread_of(config, instrument.symbol)),
    )


def _spread(spread: Spread) -> SpreadKnobs:
    return SpreadKnobs(
        base_bps=spread.base_bps,
        width_bps_min=spread.width_bps_min,
        width_bps_max=spread.width_bps_max,
        width_bps_ceiling=spread.width_bps_ceiling,
        narrow_bps_per_s=spread.narrow_bps_per_s,
        respect_costs=spread.respect_costs,
        neutral=spread.neutral,
        volatility=_ramp(spread.volatility_bps_per_sqrt_s),
        thinness=_ramp(spread.thinness_ratio),
        round_trip=_ramp(spread.round_trip_ms),
        pnl_deviation=_ramp(spread.pnl_deviation_sigma),
        adverse_markout=_ramp(spread.adverse_markout_bps),
    )


def _ramp(ramp: Ramp) -> RampKnobs:
    return RampKnobs(low=ramp.low, high=ramp.high, weight_bps=ramp.weight_bps)


def _account(config: Config) -> AccountKnobs:
    account = config.account
    return AccountKnobs(
        gross_cash_max=_cash(account.gross_notional_max),
        net_cash_max=_cash(account.net_notional_max),
        loss_budget_cash=_cash(account.loss_budget),
        drawdown_budget_cash=_cash(account.drawdown_budget),
    )


def _trigger(row: Thresholds | LatchedThresholds) -> TriggerKnobs:
    # A latched level has no value at which it ends by itself, and nothing is below minus infinity.
    hard_exit = row.hard_exit if isinstance(row, Thresholds) else -math.inf
    return TriggerKnobs(
        soft_enter=row.soft_enter, soft_exit=row.soft_exit, hard_enter=row.hard_enter, hard_exit=hard_exit
    )


def _guard(config: Config) -> GuardKnobs:
    guard = config.guard
    return GuardKnobs(
        volatility=_trigger(guard.volatility_bps_per_sqrt_s),
        round_trip=_trigger(guard.round_trip_ms),
        pnl_deviation=_trigger(guard.pnl_deviation_sigma),
        inventory=_trigger(guard.inventory_pct),
        taker_fills=_trigger(guard.taker_fills_count),
        feed_silence=_trigger(guard.feed_silence_ms),
        rejects=_trigger(guard.rejects_pct),
        doubts=_trigger(guard.doubts_count),
        clock_uncertainty=_trigger(guard.clock_uncertainty_ms),
        margin=_trigger(guard.margin_pct),
        loss=_trigger(guard.loss_pct),
        drawdown=_trigger(guard.drawdown_pct),
        dwell_ns=_from_ms(guard.dwell_ms),
        halt_ns=_from_ms(guard.halt_ms),
        soft_size_factor=guard.soft_size_factor,
        soft_widen_bps=guard.soft_widen_bps,
    )


def _queue(config: Config) -> QueueKnobs:
    queue = config.queue
    return QueueKnobs(
        enabled=queue.enabled,
        place_worth_bps=queue.place_worth_bps,
        headroom_ns=_from_ms(queue.headroom_ms),
        cancel_power=queue.cancels.power if isinstance(queue.cancels, PowerCancels) else 1.0,
    )


def _placement(config: Config) -> PlacementKnobs:
    placement = config.placement
    return PlacementKnobs(
        book_time_ns_min=_from_ms(placement.book_time_ms_min),
        move_bps_min=placement.move_bps_min,
        fast_cancel_bps=placement.fast_cancel_bps,
        taker_slippage_bps_max=placement.taker_slippage_bps_max,
        unwind_after_ns=_from_s(placement.unwind_after_s),
        taking=placement.taking,
    )


def _orders(config: Config) -> OrderKnobs:
    orders = config.orders
    return OrderKnobs(
        ack_wait_ns_max=_from_ms(orders.ack_wait_ms_max),
        query_every_ns=_from_ms(orders.query_every_ms),
        send_within_ns=_from_ms(orders.send_within_ms),
        window_ns=_from_ms(orders.window_ms),
        read_lag_ns_max=_from_ms(orders.read_lag_ms_max),
        margin_ns=_from_ms(orders.margin_ms),
        audit_every_ns=_from_s(orders.audit_every_s),
        open_every_ns=_from_s(orders.open_orders_every_s),
        forget_after_ns=_from_s(orders.forget_after_s),
        closed_kept_max=orders.closed_kept_max,
        query_ns_max=_from_ms(orders.query_ms_max),
        doubt_alert_ns=_from_s(orders.doubt_alert_s),
    )


def _signals(config: Config) -> SignalKnobs:
    signals = config.signals
    return SignalKnobs(
        volatility_half_life_ns=_from_s(signals.volatility_half_life_s),
        liquidity_half_life_ns=_from_s(signals.liquidity_half_life_s),
        liquidity_bps=signals.liquidity_bps,
        markout_ns=_from_s(signals.markout_s),
        markout_half_life_ns=_from_s(signals.markout_half_life_s),
        pnl_window_ns=_from_s(signals.pnl_window_s),
        round_trip_window_ns=_from_s(signals.round_trip_window_s),
        rejects_window_ns=_from_s(signals.rejects_window_s),
        takes_window_ns=_from_s(signals.takes_window_s),
        takers_half_life_ns=_from_s(signals.takers_half_life_s),
    )


def _feed(config: Config) -> FeedKnobs:
    feed = config.feed
    return FeedKnobs(
        expected_interval_ns=_from_ms(feed.expected_interval_ms),
        age_ns_max=_from_ms(feed.age_ms_max),
        rest_ttl_ns=_from_ms(feed.cache_ttl_ms),
        book_wait_ns_max=_from_ms(feed.book_wait_ms_max),
        clock_every_ns=_from_s(feed.clock_every_s),
        margin_every_ns=_from_s(feed.margin_every_s),
        retreat_after_ns=_from_s(feed.retreat_after_s),
        steady_after_ns=_from_s(feed.steady_after_s),
        poll_fills_ns=_from_s(feed.poll_fills_s),
    )
