"""From moves to commands: permit, budget, an id, a deadline. The last look before anything leaves."""

from typing import Final

from strategy import commands
from strategy.context import AMEND, CANCEL, TAKE, Move, QuoteContext
from strategy.core_state import CoreState, holdings_of
from strategy.errors import RefusalCode
from strategy.knobs import Knobs
from strategy.limits import permit
from strategy.order import Order
from strategy.order_states import State
from strategy.stages import order_placement

# Moves that only better a quote which stands leave enough tokens for quotes that are missing or wrong:
# one for each side of each symbol.
_CAN_WAIT: Final = frozenset({order_placement.INWARD, order_placement.TOP_UP})
_SPARE_PER_SYMBOL: Final = 2


def carry_out(state: CoreState, index: int, context: QuoteContext, knobs: Knobs, now_ns: int) -> list[commands.Command]:
    """Turn a decision's moves into commands; what the budget does not cover now waits on its desk."""
    leaving: list[commands.Command] = []
    for move in context.moves:
        if move.kind == CANCEL:
            leaving += _cancel(state, index, move, knobs, now_ns)
        else:
            leaving += _add(state, index, move, context, knobs, now_ns)
    return leaving


def _cancel(state: CoreState, index: int, move: Move, knobs: Knobs, now_ns: int) -> list[commands.Command]:
    if not state.pacing.take_cancel(now_ns):
        state.desks[index].place_at_ns = state.pacing.next_cancel_ns(now_ns)
        return []
    return [state.orders.cancel(now_ns, move.client_id, knobs.orders, state.cycle_id)]


def _add(
    state: CoreState, index: int, move: Move, context: QuoteContext, knobs: Knobs, now_ns: int
) -> list[commands.Command]:
    """Send a create, an amend or a take, if limits, doubt and budget allow."""
    refusal = _refuse(state, index, move, context, knobs)
    if refusal is not None:
        state.refusals[refusal] = state.refusals.get(refusal, 0) + 1
        return []
    spare = _SPARE_PER_SYMBOL * len(state.desks) if move.reason in _CAN_WAIT else 0
    if not state.pacing.take_order(now_ns, spare):
        state.desks[index].place_at_ns = state.pacing.next_order_ns(now_ns, spare)
        state.refusals[RefusalCode.RATE_BUDGET] = state.refusals.get(RefusalCode.RATE_BUDGET, 0) + 1
        return []
    if move.kind == AMEND:
        return [
            state.orders.amend(now_ns, move.client_id, move.price_ticks, move.size_lots, knobs.orders, state.cycle_id)
        ]
    order = Order(
        client_id="",
        symbol=context.symbol.instrument.symbol,
        slot=move.slot,
        side=move.side,
        price_ticks=move.price_ticks,
        size_lots=move.size_lots,
        post_only=move.kind != TAKE,
        reduce_only=move.reduce_only,
        taking=move.kind == TAKE,
    )
    return [state.orders.create(now_ns, order, knobs.orders, state.cycle_id)]


def _refuse(state: CoreState, index: int, move: Move, context: QuoteContext, knobs: Knobs) -> RefusalCode | None:
    """Look once more, by another road than the pipeline's, at what is about to leave."""
    symbol = state.desks[index].symbol
    if context.blocked:
        return RefusalCode.HALTED
    added = move.size_lots
    if move.kind == AMEND:
        order = state.orders.live[move.client_id]
        added = max(0, move.size_lots - order.size_worst_lots)
        if order.state is not State.WORKING:
            return RefusalCode.SLOT_IN_DOUBT
    if state.orders.is_side_in_doubt(symbol, move.side):
        return RefusalCode.SLOT_IN_DOUBT
    if _meets_own(state, symbol, move):
        return RefusalCode.WOULD_SELF_TRADE
    refusal = permit(holdings_of(state, knobs), symbol, move.side, added, knobs.account) if added else None
    return None if refusal is None else refusal.code


def _meets_own(state: CoreState, symbol: str, move: Move) -> bool:
    """Say whether a price could trade with an order of ours that may be alive on the other side."""
    return any(
        order.is_open and order.side == -move.side and move.side * (move.price_ticks - order.reach_ticks) >= 0
        for order in state.orders.of(symbol)
    )
