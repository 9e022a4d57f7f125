"""Stage 3: lean against our own position, then round outward.

Long moves both quotes down, short moves both up: linear beyond a dead band, bounded. The side
that reduces the position therefore never moves away from the market, the other never towards it.
"""

import math
from typing import Final

from msgspec.structs import replace

from strategy.context import QuoteContext, Share
from strategy.knobs import Knobs, SkewKnobs
from strategy.units import BPS, PCT

NAME: Final = "inventory_skew"
ROUNDING: Final = "rounding"


def skew_bps(position_lots: int, position_lots_max: int, skew: SkewKnobs) -> float:
    """Give how far both quotes move, in bps of the mid: down (negative) when long."""
    beyond_pct = PCT * abs(position_lots) / position_lots_max - skew.dead_band_pct
    if beyond_pct <= 0.0:
        return 0.0
    size_bps = min(skew.slope_bps_per_pct * beyond_pct, skew.skew_bps_max)
    return -size_bps if position_lots > 0 else size_bps


def lean(context: QuoteContext, knobs: Knobs) -> QuoteContext:
    """Skew both quotes by the position, round them outward, and keep them off the other side."""
    if context.mid2_ticks <= 0:
        return context
    moved = skew_bps(context.position_lots, context.symbol.position_lots_max, knobs.skew)
    moved_ticks = context.mid2_ticks * moved / BPS / 2
    return rounded(context, moved_ticks, (*context.shares, Share(NAME, moved_ticks, moved_ticks)))


def rounded(context: QuoteContext, moved_ticks: float, shares: tuple[Share, ...]) -> QuoteContext:
    """Turn believed prices, moved by so much, into whole ones that cross neither each other nor the market."""
    bid_fair, ask_fair = context.bid_fair_ticks + moved_ticks, context.ask_fair_ticks + moved_ticks
    times = context.symbol.instrument.tick_times
    bid = min(math.floor(bid_fair), context.best_ask_ticks - 1)
    ask = max(math.ceil(ask_fair), context.best_bid_ticks + 1)
    bid, ask = bid - bid % times, ask + -ask % times
    return replace(
        context,
        bid_fair_ticks=bid_fair,
        ask_fair_ticks=ask_fair,
        bid_ticks=bid,
        ask_ticks=ask,
        shares=(*shares, Share(ROUNDING, bid - bid_fair, ask - ask_fair)),
    )
