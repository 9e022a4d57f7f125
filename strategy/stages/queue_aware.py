"""Stage 4: a place in a queue is worth something; do not throw it away for less.

An order that stands well in its queue keeps its price until moving gains more than the place is
worth. A quote that would step in front of the touch joins it instead (or steps in front by no
more than allowed), because the price given up is paid on every fill; the side that reduces our
position is free to step in front. Nothing here ever crosses.
"""

from typing import Final

from msgspec.structs import replace

from strategy.context import QuoteContext, Share, Working
from strategy.knobs import Knobs, QueueKnobs
from strategy.units import BPS, NS_PER_S

NAME: Final = "queue_aware"


def keep_or_move(context: QuoteContext, knobs: Knobs) -> QuoteContext:
    """Replace each wanted price by the one we had, or by the touch, where that is better."""
    queue = knobs.queue
    if not queue.enabled or context.mid2_ticks <= 0:
        return context
    mid = context.mid2_ticks / 2
    position = context.position_lots
    joined_bid, joined_ask = context.bid_ticks, context.ask_ticks
    if position >= 0:
        joined_bid = min(joined_bid, context.best_bid_ticks + queue.improve_ticks_max)
    if position <= 0:
        joined_ask = max(joined_ask, context.best_ask_ticks - queue.improve_ticks_max)
    bid = _kept(joined_bid, mid, context.working_bid, context.best_bid_lots, context.bid_drain_lots_per_s, queue)
    ask = _kept(joined_ask, mid, context.working_ask, context.best_ask_lots, context.ask_drain_lots_per_s, queue)
    # A kept bid and a new ask (or the reverse) may meet; then neither place is worth it.
    if bid >= ask:
        bid, ask = joined_bid, joined_ask
    return replace(
        context,
        bid_ticks=bid,
        ask_ticks=ask,
        shares=(*context.shares, Share(NAME, float(bid - context.bid_ticks), float(ask - context.ask_ticks))),
    )


def place_worth_bps(ahead_lots: float, touch_lots: int, drain_lots_per_s: float, queue: QueueKnobs) -> float:
    """Value a place: all of it at the front or where it should fill within the headroom, none at the back.

    The back is where as much stands ahead as shows at the touch. ``drain_lots_per_s`` is how
    fast takers eat that side's queue, 0 when unknown.
    """
    if ahead_lots <= 0.0 or ahead_lots * NS_PER_S <= drain_lots_per_s * queue.headroom_ns:
        return queue.place_worth_bps
    return queue.place_worth_bps * max(0.0, 1.0 - ahead_lots / max(touch_lots, 1))


def _kept(
    wanted_ticks: int, mid: float, working: Working | None, touch_lots: int, drain: float, queue: QueueKnobs
) -> int:
    if working is None or not working.is_settled or working.price_ticks == wanted_ticks:
        return wanted_ticks
    gain_bps = abs(wanted_ticks - working.price_ticks) * BPS / mid
    if gain_bps > place_worth_bps(working.ahead_lots, touch_lots, drain, queue):
        return wanted_ticks
    return working.price_ticks
