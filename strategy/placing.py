"""From moves to commands: permit, budget, an id, a deadline. The last look before anything leaves."""

from collections.abc import Sequence
from typing import Final

from strategy import commands
from strategy.batching import added_tokens
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
# What waits for a sample of the venue's clock looks again after this.
_CLOCK_AGAIN_NS: Final = 50_000_000


def carry_out(
    state: CoreState,
    index: int,
    context: QuoteContext,
    knobs: Knobs,
    now_ns: int,
    leaving: Sequence[commands.Command],
    quotes_wait: bool = False,
) -> list[commands.Command]:
    """Turn a decision's moves into commands; what the budget does not cover now waits on its desk.

    ``leaving`` is what the step sends already: who shares a request with it may cost no token of its
    own. Where ``quotes_wait``, only cancels leave now, and the rest is placed again with the next event.
    """
    added: list[commands.Command] = []
    desk = state.desks[index]
    since_ns, desk.lacks_ns = desk.lacks_ns, 0
    for move in context.moves:
        before = (*leaving, *added)
        if move.kind == CANCEL:
            added += _cancel(state, index, move, knobs, now_ns, before)
        elif quotes_wait:
            desk.must_place = True
            desk.lacks_ns = desk.lacks_ns or since_ns
        else:
            added += _add(state, index, move, context, knobs, now_ns, before)
    if desk.lacks_ns and since_ns and not added:
        desk.lacks_ns = min(since_ns, desk.lacks_ns)  # it has not had its turn
    return added


def look_again(state: CoreState, index: int, knobs: Knobs, now_ns: int) -> None:
    """Have a desk placed again when an order in doubt may be cancelled, or cancelled once more."""
    desk = state.desks[index]
    for order in state.orders.of(desk.symbol):
        at_ns = order.sent_ns + knobs.orders.query_every_ns
        if order.state is State.IN_DOUBT and at_ns > now_ns:
            desk.place_by(at_ns)


def _cancel(
    state: CoreState, index: int, move: Move, knobs: Knobs, now_ns: int, before: Sequence[commands.Command]
) -> list[commands.Command]:
    desk = state.desks[index]
    symbol = desk.symbol
    told = state.health.regimes.get(symbol, "")
    # Asked again now and then: the word that it is over may be lost.
    pause_ns = state.regimes.cancel_pause_ns(symbol, now_ns, told, knobs.regimes)
    last_ns = state.orders.live[move.client_id].cancel_ns
    ripe_ns = last_ns + pause_ns
    if last_ns and pause_ns and now_ns < ripe_ns:
        desk.place_by(ripe_ns)
        return []
    cost = _cost(move, symbol, before, knobs)
    if not state.pacing.take_cancel(now_ns, cost):
        desk.place_by(state.pacing.next_cancel_ns(now_ns))
        # Since it was last tried: one token a second is for all that stand, not for each desk in turn.
        desk.lacks_ns = min(desk.lacks_ns or now_ns, last_ns or 1)
        return []
    return [state.orders.cancel(now_ns, move.client_id, knobs.orders, state.cycle_id)]


def _cost(move: Move, symbol: str, before: Sequence[commands.Command], knobs: Knobs) -> int:
    """Count the tokens a move uses, its command grouped with those that leave already."""
    if knobs.capability.per_item:
        return 1
    return added_tokens(before, _sketch(move, symbol), knobs.capability, knobs.dispatch)


def _sketch(move: Move, symbol: str) -> commands.Command:
    """Draw up the command a move would become, as far as grouping looks at it."""
    if move.kind == CANCEL:
        return commands.CancelOrder(move.client_id, symbol, 0)
    if move.kind == AMEND:
        return commands.AmendOrder(move.client_id, symbol, move.price_ticks, move.size_lots, 0, 0)
    return commands.CreateOrder(
        client_id="",
        symbol=symbol,
        slot=move.slot,
        side=move.side,
        price_ticks=move.price_ticks,
        size_lots=move.size_lots,
        post_only=False,
        reduce_only=move.reduce_only,
        taking=False,
        send_by_ns=0,
        cycle_id=0,
    )


def _add(
    state: CoreState,
    index: int,
    move: Move,
    context: QuoteContext,
    knobs: Knobs,
    now_ns: int,
    before: Sequence[commands.Command],
) -> list[commands.Command]:
    """Send a create, an amend or a take, if limits, doubt and budget allow."""
    desk = state.desks[index]
    refusal = _refuse(state, index, move, context, knobs)
    hold_ns = desk.hold_ns if move.kind == AMEND else max(desk.hold_ns, state.orders.losing.try_ns.get(desk.symbol, 0))
    if hold_ns > now_ns:
        desk.place_by(hold_ns)
        refusal = RefusalCode.NOT_LEAVING
    elif refusal is None and state.clock.is_doubted(now_ns):
        desk.place_by(max(now_ns + _CLOCK_AGAIN_NS, state.clock.held_ns))
        refusal = RefusalCode.CLOCK_UNSURE
    if refusal is not None:
        state.refusals[refusal] = state.refusals.get(refusal, 0) + 1
        return []
    spare = _SPARE_PER_SYMBOL * len(state.desks) if move.reason in _CAN_WAIT else 0
    cost = _cost(move, context.symbol.instrument.symbol, before, knobs)
    if not state.pacing.take_order(now_ns, spare, cost):
        desk.place_by(state.pacing.next_order_ns(now_ns, spare))
        # What only betters a quote that stands has no claim to be first.
        desk.lacks_ns = desk.lacks_ns if spare else desk.lacks_ns or now_ns
        state.refusals[RefusalCode.RATE_BUDGET] = state.refusals.get(RefusalCode.RATE_BUDGET, 0) + 1
        return []
    # A step may take long: what has not left when its book is too old is not to leave any more.
    stale_ns, cycle_id = desk.book.proof_ns + knobs.feed.age_ns_max, state.cycle_id
    if move.kind == AMEND:
        price_ticks, lots = move.price_ticks, move.size_lots
        return [state.orders.amend(now_ns, move.client_id, price_ticks, lots, knobs.orders, cycle_id, stale_ns)]
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
    return [state.orders.create(now_ns, order, knobs.orders, cycle_id, stale_ns)]


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
