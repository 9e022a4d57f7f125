"""What the core says of itself when asked: its state, put into the words of ``belief``."""

from typing import Final

from strategy.belief import Belief, OrderBelief, SymbolBelief
from strategy.context import HALT, LATCHED, GuardVerdict
from strategy.core_state import CoreState
from strategy.desk import Desk
from strategy.order import Order

# Of orders that are over, only the latest are shown, and those that this very step has ended.
_ENDED_SHOWN: Final = 8
_HALTING: Final = frozenset({HALT, LATCHED})


def belief_of(state: CoreState) -> Belief:
    """Say what a core in this state believes."""
    live = state.orders.live.values()
    ended: list[Order] = []
    for order in reversed(state.orders.ended.values()):
        if len(ended) >= _ENDED_SHOWN and order.ended_ns < state.now_ns:
            break
        ended.append(order)
    ended.reverse()
    return Belief(
        symbols=tuple(_symbol_belief(desk, state.orders.worst_of(desk.symbol)) for desk in state.desks),
        orders=tuple(_order_belief(order) for order in (*live, *ended)),
        doubts=state.orders.doubts(),
        halted=state.health.halted or any(_is_halted(desk) for desk in state.desks),
        pnl_today_cash=state.signals.day.last_cash - state.signals.day.start_cash,
    )


def _symbol_belief(desk: Desk, worst: tuple[int, int]) -> SymbolBelief:
    lots, context = desk.position.lots, desk.context
    verdict = context.verdict if context is not None else GuardVerdict()
    return SymbolBelief(
        symbol=desk.symbol,
        position_lots=lots,
        cash=desk.position.cash,
        worst_lots=max(abs(lots + worst[0]), abs(lots - worst[1])),
        book_seq=desk.book.seq,
        book_ok=desk.book.ok,
        guard_level=verdict.level,
        guard_action=verdict.action,
        width_bps=context.width_bps if context is not None else 0.0,
        bid_wanted_ticks=context.wanted_bid.price_ticks if context is not None and context.wanted_bid else None,
        ask_wanted_ticks=context.wanted_ask.price_ticks if context is not None and context.wanted_ask else None,
    )


def _is_halted(desk: Desk) -> bool:
    return desk.context is not None and desk.context.verdict.action in _HALTING


def _order_belief(order: Order) -> OrderBelief:
    return OrderBelief(
        client_id=order.client_id,
        symbol=order.symbol,
        slot=order.slot,
        side=order.side,
        state=order.state.value,
        price_ticks=order.price_ticks,
        size_lots=order.size_lots,
        filled_lots=order.filled_lots,
    )
