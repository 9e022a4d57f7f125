"""Stage 2: how wide to quote.

The order of operations is fixed: clamp, then the cost floor, then the guard's SOFT widening; the
skew and the outward rounding follow in the next stage. Widening is immediate, narrowing is
limited per second: never slow in the dangerous direction. Above the ceiling we do not quote.
"""

from typing import Final

from msgspec.structs import replace

from strategy.context import QuoteContext, Share
from strategy.errors import RefusalCode
from strategy.knobs import Knobs, RampKnobs
from strategy.units import BPS, NS_PER_S, PPM_PER_BPS

NAME: Final = "adaptive_spread"
FAIR_VALUE: Final = "fair_value"
ONE_SIDED: Final = "ONE_SIDED_BOOK"

WIDTH_BPS_MIN: Final = 0.6
WIDTH_BPS_MAX: Final = 2.5
_WEIGHT_BPS: Final = 1.0
_NEUTRAL: Final = 0.5

# A whole price below the mid is at least this far below: the mid lies on a tick or between two.
_HALF_TICK: Final = 0.5


def score(value: float, ramp: RampKnobs) -> float:
    """Grade a reading from 0 (at ``low`` or below) to 1 (at ``high`` or above, or NaN)."""
    if value <= ramp.low:
        return 0.0
    return (value - ramp.low) / (ramp.high - ramp.low) if value < ramp.high else 1.0


def compute_spread(
    base: float,
    vol: float,
    *,
    weight_bps: float = _WEIGHT_BPS,
    neutral: float = _NEUTRAL,
    width_bps_min: float = WIDTH_BPS_MIN,
    width_bps_max: float = WIDTH_BPS_MAX,
) -> float:
    """Clamp ``base + weight * (vol - neutral)``: the width before costs and widening.

    Units: ``base`` and the result are full widths in bps of the mid, ``vol`` is a score in
    [0, 1]. NaN gives the widest.
    """
    raw = base + weight_bps * (vol - neutral)
    return max(width_bps_min, min(width_bps_max, raw))  # in this order NaN is the widest


def set_width(context: QuoteContext, knobs: Knobs) -> QuoteContext:
    """Decide the width, and put a bid and an ask around the fair value with the mid between them."""
    if context.mid2_ticks <= 0:
        return replace(context, no_quote_reason=context.no_quote_reason or ONE_SIDED)
    spread, memory = context.symbol.spread, context.memory
    width_bps = _target_bps(context)
    if memory.width_bps > width_bps:
        narrowed = spread.narrow_bps_per_s * (context.now_ns - memory.width_ns) / NS_PER_S
        width_bps = max(width_bps, memory.width_bps - narrowed)
    reason = context.no_quote_reason
    if width_bps > spread.width_bps_ceiling:
        reason = reason or RefusalCode.WIDTH_CEILING.value
    mid = context.mid2_ticks / 2
    half = mid * width_bps / BPS / 2
    bid = min(context.fair_ticks - half, mid - _HALF_TICK)
    ask = max(context.fair_ticks + half, mid + _HALF_TICK)
    widened = mid * context.widen_bps / BPS / 2  # the guard's own share, already recorded
    shift, shares = context.fair_ticks - mid, context.shares
    if shift:
        shares = (*shares, Share(FAIR_VALUE, shift, shift))
    return replace(
        context,
        width_bps=width_bps,
        no_quote_reason=reason,
        bid_fair_ticks=bid,
        ask_fair_ticks=ask,
        shares=(*shares, Share(NAME, bid - mid - shift + widened, ask - mid - shift - widened)),
        # Remembering no more than the ceiling bounds the time to come back from a burst.
        memory=replace(memory, width_bps=min(width_bps, spread.width_bps_ceiling), width_ns=context.now_ns),
    )


def _target_bps(context: QuoteContext) -> float:
    """Give the width that the present readings ask for."""
    spread, readings = context.symbol.spread, context.readings
    neutral = spread.neutral
    base = (
        spread.base_bps
        + spread.thinness.weight_bps * (score(context.thinness, spread.thinness) - neutral)
        + spread.round_trip.weight_bps * (score(readings.round_trip, spread.round_trip) - neutral)
        + spread.pnl_deviation.weight_bps * (score(readings.pnl_deviation, spread.pnl_deviation) - neutral)
        + spread.adverse_markout.weight_bps * (score(context.adverse_bps, spread.adverse_markout) - neutral)
    )
    width_bps = compute_spread(
        base,
        score(readings.volatility, spread.volatility),
        weight_bps=spread.volatility.weight_bps,
        neutral=neutral,
        width_bps_min=spread.width_bps_min,
        width_bps_max=spread.width_bps_max,
    )
    if spread.respect_costs:
        maker_fee_bps = context.symbol.instrument.maker_fee_ppm / PPM_PER_BPS
        width_bps = max(width_bps, 2 * maker_fee_bps + 2 * context.adverse_bps)
    return width_bps + context.widen_bps
