"""The only reasons to take: inventory stuck above its HARD mark, or the operator says flatten.

A take shrinks the position, never flips it, and is bounded by a slippage from the mid: where the
bound does not reach the market, there is nothing to send.
"""

import math
from typing import Final

from strategy.context import QuoteContext, Wanted
from strategy.knobs import Knobs
from strategy.units import BPS, BUY, PCT, SELL, ceil_to_ticks, floor_to_ticks

FLATTEN: Final = "flatten"
UNWIND: Final = "unwind"


def wanted_take(context: QuoteContext, knobs: Knobs) -> Wanted | None:
    """Say what should be taken now, if anything; whether it can be sent is placement's question."""
    verdict, position = context.verdict, context.position_lots
    if not position or context.blocked or verdict.is_halted or not knobs.placement.taking or context.mid2_ticks <= 0:
        return None
    held = abs(position)
    if context.is_flattening:
        lots = held
    elif verdict.may_take and _is_stuck(context, knobs):
        # Back to where reduce_only may end, and no further: what is left can be worked off as a maker.
        lots = held - math.floor(context.symbol.position_lots_max * knobs.guard.inventory.hard_exit / PCT)
    else:
        return None
    instrument = context.symbol.instrument
    lots = min(max(lots, instrument.lots_min), held, instrument.lots_max)
    lots -= lots % instrument.lot_times
    side = SELL if position > 0 else BUY
    price_ticks = _bound_ticks(context, side, knobs.placement.taker_slippage_bps_max)
    if lots < instrument.lots_min or not price_ticks:
        return None
    return Wanted(side, price_ticks, lots, reduce_only=True)


def take_reason(context: QuoteContext) -> str:
    """Name the reason of a take that is wanted."""
    return FLATTEN if context.is_flattening else UNWIND


def _is_stuck(context: QuoteContext, knobs: Knobs) -> bool:
    """Say whether the inventory stood above its HARD mark, without a break, for long enough."""
    since_ns = context.memory.heavy_since_ns
    return since_ns is not None and context.now_ns - since_ns >= knobs.placement.unwind_after_ns


def _bound_ticks(context: QuoteContext, side: int, slippage_bps: float) -> int:
    """Give the worst price we accept, or 0 where the market does not come that far."""
    mid, times = context.mid2_ticks / 2, context.symbol.instrument.tick_times
    away = mid * slippage_bps / BPS
    if side == BUY:
        highest = floor_to_ticks(mid + away, times)
        return highest if highest >= context.best_ask_ticks else 0
    lowest = ceil_to_ticks(max(mid - away, 1), times)
    return lowest if lowest <= context.best_bid_ticks else 0
