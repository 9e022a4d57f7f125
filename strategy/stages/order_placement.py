"""Stage 5: from wanted prices to the fewest messages.

``want`` says what should rest: sizes by the guard, the limits and what else may be alive.
``reconcile`` compares it with what works, one slot at a time:

- a busy slot gets no second order; a slot in doubt gets nothing but a cancel, where one may be sent;
- one message a slot: an amend moves price and size at once, and one that only shrinks keeps its place;
- moves away from the market are never held back by a cool-down, moves towards it are;
- a quote that fair value has moved through is cancelled at once;
- nothing is sent that could meet an order of ours on the other side: it waits until that one is gone.
"""

from typing import Final

from msgspec.structs import replace

from strategy.context import (
    AMEND,
    ASK_SLOT,
    BID_SLOT,
    CANCEL,
    CREATE,
    REDUCE_ONLY,
    TAKE,
    TAKE_SLOT,
    Move,
    QuoteContext,
    Share,
    Wanted,
    Working,
)
from strategy.instrument import notional_cash
from strategy.knobs import Knobs
from strategy.stages.taking import take_reason, wanted_take
from strategy.units import BPS, BUY, SELL

NAME: Final = "order_placement"

# Reasons of moves, in the order they leave: first what takes risk away.
NOT_WANTED: Final = "not_wanted"
FAST_CANCEL: Final = "fast_cancel"
RELEASE: Final = "release"
OFF_GRID: Final = "off_grid"
OUTWARD: Final = "outward"
SHRINK: Final = "shrink"
INWARD: Final = "inward"
TOP_UP: Final = "top_up"
NEW: Final = "new"
_LEAVES: Final = {
    reason: order
    for order, reason in enumerate((NOT_WANTED, FAST_CANCEL, RELEASE, OFF_GRID, OUTWARD, SHRINK, INWARD, TOP_UP, NEW))
}


def place(context: QuoteContext, knobs: Knobs) -> QuoteContext:
    """Say what should rest, and which messages bring it about."""
    return reconcile(want(context, knobs), knobs)


def want(context: QuoteContext, knobs: Knobs) -> QuoteContext:
    """Give both quotes a size, and the take if there is a reason to take."""
    take = wanted_take(context, knobs)
    if context.no_quote_reason or context.blocked or (context.is_flattening and knobs.placement.taking):
        return replace(context, wanted_bid=None, wanted_ask=None, wanted_take=take)
    return replace(
        context,
        wanted_bid=_wanted_quote(context, BUY, take),
        wanted_ask=_wanted_quote(context, SELL, take),
        wanted_take=take,
    )


def reconcile(context: QuoteContext, knobs: Knobs) -> QuoteContext:
    """Compare wanted with working, and record what resting at another price adds to each quote."""
    bid_move = _move(context, knobs, BID_SLOT, BUY, context.wanted_bid, context.working_bid, context.working_ask)
    ask_move = _move(context, knobs, ASK_SLOT, SELL, context.wanted_ask, context.working_ask, context.working_bid)
    moves: tuple[Move, ...]
    if bid_move is None:
        moves = () if ask_move is None else (ask_move,)
    elif ask_move is None:
        moves = (bid_move,)
    elif _turn(ask_move, context.working_ask) < _turn(bid_move, context.working_bid):
        moves = (ask_move, bid_move)
    else:
        moves = (bid_move, ask_move)
    memory, take = context.memory, context.wanted_take
    if take is not None and _can_take(context, knobs, take):
        reason = take_reason(context)
        moves = (*moves, Move(TAKE, TAKE_SLOT, take.side, take.price_ticks, take.size_lots, "", True, reason))
        memory = replace(memory, took_ns=context.now_ns)
    shares = context.shares
    if shares and shares[-1].stage == NAME:  # placed before from the same decision
        shares = shares[:-1]
    bid_ticks = _resting_ticks(context.wanted_bid, context.working_bid, bid_move, context.bid_ticks)
    ask_ticks = _resting_ticks(context.wanted_ask, context.working_ask, ask_move, context.ask_ticks)
    share = Share(NAME, float(bid_ticks - context.bid_ticks), float(ask_ticks - context.ask_ticks))
    return replace(context, moves=moves, memory=memory, shares=(*shares, share))


def _turn(move: Move, working: Working | None) -> tuple[int, bool, int]:
    """Say when a move leaves: what takes risk away first, and of equals what certainly stands before what may not.

    Where one token is left, the cancel of an order that nobody finds must not cost the one that is known to rest; and
    where there is one a second, those whose cancels fail take turns.
    """
    is_unsure, tried_ns = (False, 0) if working is None else (not working.is_settled, working.cancelled_ns)
    return _LEAVES[move.reason], is_unsure, tried_ns


def _wanted_quote(context: QuoteContext, side: int, take: Wanted | None) -> Wanted | None:
    """Size one quote; None where nothing may rest on that side."""
    symbol, instrument = context.symbol, context.symbol.instrument
    if side == BUY:
        price = min(context.bid_ticks, context.best_ask_ticks - 1)
        price -= price % instrument.tick_times
        working, worst, room = context.working_bid, context.worst_buy_lots, context.buy_room_lots
    else:
        price = max(context.ask_ticks, context.best_bid_ticks + 1)
        price += -price % instrument.tick_times
        working, worst, room = context.working_ask, context.worst_sell_lots, context.sell_room_lots
    if price <= 0:
        return None
    others = max(0, worst - (working.leaves_lots if working is not None else 0))
    if take is not None and take.side == side:
        others += take.size_lots
    held = side * context.position_lots
    # What shrinks the position is never refused for want of room.
    reducing = -held - others
    room = max(min(room, symbol.position_lots_max - held - others), reducing)
    is_reduce_only = context.verdict.action == REDUCE_ONLY or context.is_flattening
    if is_reduce_only:
        room = min(room, reducing)
    lots = max(int(symbol.quote_lots * context.size_factor), instrument.lots_min)
    lots = min(lots, room, instrument.lots_max)
    lots -= lots % instrument.lot_times
    if lots < instrument.lots_min:
        return None
    if not is_reduce_only and notional_cash(instrument, price, lots) < instrument.notional_min_cash:
        return None
    return Wanted(side, price, lots, is_reduce_only)


def _move(
    context: QuoteContext,
    knobs: Knobs,
    slot: str,
    side: int,
    wanted: Wanted | None,
    working: Working | None,
    other: Working | None,
) -> Move | None:
    """Give the one message this slot needs now, if any."""
    if working is None:
        if wanted is None or _meets(side, wanted.price_ticks, other):
            return None
        return Move(CREATE, slot, side, wanted.price_ticks, wanted.size_lots, "", wanted.reduce_only, NEW)
    pulled = _why_pull(context, knobs, side, wanted, working)
    if pulled:
        if not working.is_settled and not working.is_cancellable:
            return None
        return Move(CANCEL, slot, side, working.price_ticks, 0, working.client_id, working.reduce_only, pulled)
    if wanted is None or not working.is_settled:
        return None
    return _amend(context, knobs, slot, side, wanted, working, other)


def _why_pull(context: QuoteContext, knobs: Knobs, side: int, wanted: Wanted | None, working: Working) -> str:
    """Say why an order must go, whatever cool-down there is; empty when it may stay."""
    if wanted is None:
        return NOT_WANTED
    if working.reduce_only and not wanted.reduce_only and _is_aged(context, knobs, working):
        return RELEASE  # an amend cannot lift the flag
    reach = working.reach_ticks or working.price_ticks
    # Through fair value, and not there on purpose: a skewed quote may stand beyond fair.
    through_ticks = min(side * (reach - context.fair_ticks), side * (reach - wanted.price_ticks))
    if through_ticks > 0 and through_ticks * BPS * 2 >= knobs.placement.fast_cancel_bps * context.mid2_ticks:
        return FAST_CANCEL
    instrument = context.symbol.instrument
    if working.price_ticks % instrument.tick_times or working.size_lots % instrument.lot_times:
        return OFF_GRID
    return ""


def _amend(
    context: QuoteContext,
    knobs: Knobs,
    slot: str,
    side: int,
    wanted: Wanted,
    working: Working,
    other: Working | None,
) -> Move | None:
    """Change a settled order by one message, where that is worth one."""
    placement = knobs.placement
    towards_ticks = side * (wanted.price_ticks - working.price_ticks)
    can_move = not _meets(side, wanted.price_ticks, other)
    is_aged = _is_aged(context, knobs, working)
    is_worth_it = abs(towards_ticks) * BPS * 2 >= placement.move_bps_min * context.mid2_ticks
    price, reason = wanted.price_ticks, ""
    if towards_ticks and is_worth_it and can_move and (towards_ticks < 0 or is_aged):
        reason = OUTWARD if towards_ticks < 0 else INWARD
    elif wanted.size_lots < working.leaves_lots:
        price, reason = working.price_ticks, SHRINK
    elif working.leaves_lots < wanted.size_lots * placement.top_up_below and is_aged and can_move:
        reason = TOP_UP
    size_lots = working.filled_lots + wanted.size_lots
    size_lots -= size_lots % context.symbol.instrument.lot_times  # of what has filled on a finer grid
    if not reason or (price, size_lots) == (working.price_ticks, working.size_lots):
        return None
    return Move(AMEND, slot, side, price, size_lots, working.client_id, working.reduce_only, reason)


def _is_aged(context: QuoteContext, knobs: Knobs, working: Working) -> bool:
    """Say whether an order has been in the book for its minimum time."""
    return context.now_ns - working.placed_ns >= knobs.placement.book_time_ns_min


def _meets(side: int, price_ticks: int, other: Working | None) -> bool:
    """Say whether a price could trade with an order of ours on the other side."""
    if other is None:
        return False
    return side * (price_ticks - (other.reach_ticks or other.price_ticks)) >= 0


def _can_take(context: QuoteContext, knobs: Knobs, take: Wanted) -> bool:
    """Say whether a take may leave now: its slot free, no flip possible, no order of ours in its way."""
    if context.working_take is not None:
        return False
    took_ns = context.memory.took_ns
    if took_ns is not None and context.now_ns - took_ns < knobs.placement.book_time_ns_min:
        return False
    same_side = context.worst_sell_lots if take.side == SELL else context.worst_buy_lots
    if take.size_lots + same_side > abs(context.position_lots):
        return False
    return not _meets(take.side, take.price_ticks, context.working_bid if take.side == SELL else context.working_ask)


def _resting_ticks(wanted: Wanted | None, working: Working | None, move: Move | None, decided_ticks: int) -> int:
    """Give the price the quote stands at once the move is done; the decided one where none stands."""
    if wanted is None:
        return decided_ticks
    if move is not None and move.kind != CANCEL:
        return move.price_ticks
    return wanted.price_ticks if working is None or move is not None else working.price_ticks
