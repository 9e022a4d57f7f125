"""The control: quotes the touch, or a fixed width around the mid, whatever it holds.

It stands where the width, the skew and the queue stages stand; guard and placement are the same.
What the pipeline earns more than this, its stages earned.
"""

from typing import Final

from msgspec.structs import replace

from strategy.context import QuoteContext, Share
from strategy.knobs import Knobs
from strategy.stages.adaptive_spread import ONE_SIDED
from strategy.stages.inventory_skew import rounded
from strategy.units import BPS

NAME: Final = "symmetric"


def quote(context: QuoteContext, knobs: Knobs) -> QuoteContext:
    """Quote the touch when the configured width is 0, else that width (and the guard's widening)."""
    if context.mid2_ticks <= 0:
        return replace(context, no_quote_reason=context.no_quote_reason or ONE_SIDED)
    mid = context.mid2_ticks / 2
    if knobs.symmetric_width_bps:
        width_bps = knobs.symmetric_width_bps + context.widen_bps
        half = mid * width_bps / BPS / 2
        own_half, shares = half - mid * context.widen_bps / BPS / 2, context.shares
    else:
        # The touch is where it is: the guard's widening has no part in it.
        half = (context.best_ask_ticks - context.best_bid_ticks) / 2
        width_bps, own_half, shares = BPS * half / mid * 2, half, ()
    return rounded(
        replace(context, width_bps=width_bps, bid_fair_ticks=mid - half, ask_fair_ticks=mid + half),
        0.0,
        (*shares, Share(NAME, -own_half, own_half)),
    )
