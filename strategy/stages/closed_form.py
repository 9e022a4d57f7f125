"""Published optimal quotes in the place of the width, the skew and the queue stages.

Prices are in bps of the mid, times in seconds, a position in quotes of the symbol's own size. The
volatility is the one read from the market; how often a quote is taken is configured. Trading has no
end here: Avellaneda and Stoikov's stays ``horizon`` away, Guéant, Lehalle and Tapia's is infinitely far.
"""

from typing import Final

from msgspec.structs import replace

from strategy.closed_forms import Crowd, Distances, avellaneda_stoikov, gueant_lehalle_tapia
from strategy.context import QuoteContext, Share
from strategy.errors import RefusalCode
from strategy.knobs import Knobs
from strategy.stages.adaptive_spread import ONE_SIDED
from strategy.stages.inventory_skew import rounded
from strategy.units import BPS, NS_PER_S

NAME: Final = "closed_form"
AVELLANEDA_STOIKOV: Final = "avellaneda_stoikov"
GLFT: Final = "glft"


def quote(context: QuoteContext, knobs: Knobs) -> QuoteContext:
    """Quote what the configured formula says, widened by the guard; too wide is no quote."""
    if context.mid2_ticks <= 0:
        return replace(context, no_quote_reason=context.no_quote_reason or ONE_SIDED)
    mid, ceiling_bps = context.mid2_ticks / 2, context.symbol.spread.width_bps_ceiling
    wanted = distances(context, knobs)
    reason = context.no_quote_reason
    width_bps = wanted.spread + context.widen_bps
    if not width_bps <= ceiling_bps:  # so written, a volatility that could not be had is too wide
        reason = reason or RefusalCode.WIDTH_CEILING.value
        width_bps = ceiling_bps
        wanted = Distances(ceiling_bps / 2, ceiling_bps / 2)
    bid_ticks, ask_ticks = mid * wanted.bid / BPS, mid * wanted.ask / BPS
    widened = mid * context.widen_bps / BPS / 2  # the guard's own share, already recorded
    return rounded(
        replace(
            context,
            width_bps=width_bps,
            no_quote_reason=reason,
            bid_fair_ticks=mid - bid_ticks - widened,
            ask_fair_ticks=mid + ask_ticks + widened,
        ),
        0.0,
        (*context.shares, Share(NAME, -bid_ticks, ask_ticks)),
    )


def distances(context: QuoteContext, knobs: Knobs) -> Distances:
    """Give the formula's distances from the mid, in bps."""
    form = knobs.closed_form
    crowd = Crowd(context.readings.volatility, form.fill_rate_per_s, form.fill_decay_per_bps, form.aversion)
    position = context.position_lots / context.symbol.quote_lots
    if knobs.model == AVELLANEDA_STOIKOV:
        return avellaneda_stoikov(crowd, position, form.horizon_ns / NS_PER_S)
    return gueant_lehalle_tapia(crowd, position)
