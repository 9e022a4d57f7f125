"""Silence is a question, never an answer: what is overdue is asked about, as often as it takes.

An order in doubt is asked about by client id until a word settles it; a healthy one is audited
now and then; one we concluded absent is asked about a few times more, slowly, before it is
forgotten. Questions have a budget: what it does not cover is asked later, never dropped.
"""

from typing import Final

from strategy import commands
from strategy.knobs import OrderKnobs
from strategy.order import Order
from strategy.order_states import State
from strategy.orders import Orders, Sweep

# How often an absent order is asked about again, and how much more slowly than one in doubt.
_ABSENT_ASKS: Final = 3
_ABSENT_SLOWER: Final = 10
# A question that found no budget is put off by this.
_PUT_OFF_NS: Final = 50_000_000


def chase(orders: Orders, now_ns: int, knobs: OrderKnobs, asks_max: int) -> list[commands.Command]:
    """Ask about everything overdue, at most ``asks_max`` questions; cancels are not counted."""
    if orders.due_ns is None or now_ns < orders.due_ns:
        return []
    asked: list[commands.Command] = []
    for order in [order for order in orders.live.values() if order.due_ns <= now_ns]:
        if order.must_cancel and order.is_open:
            order.must_cancel = False
            asked.append(orders.cancel(now_ns, order.client_id, knobs, 0))
        elif len(asked) < asks_max:
            asked += _ask(orders, order, now_ns, knobs)
        else:
            order.due_ns = now_ns + _PUT_OFF_NS
    asked += [_sweep(symbol, sweep, now_ns, knobs) for symbol, sweep in orders.sweeps.items() if sweep.due_ns <= now_ns]
    for symbol, due_ns in list(orders.fills_due.items()):
        if due_ns <= now_ns:
            asked += _ask_fills(orders, symbol, now_ns, knobs, len(asked) < asks_max)
    _forget(orders, now_ns, knobs)
    orders.due_ns = _next_due_ns(orders)
    return asked


def _ask(orders: Orders, order: Order, now_ns: int, knobs: OrderKnobs) -> list[commands.Command]:
    """Turn one order's silence into a question."""
    if order.state is State.ABSENT and order.asks >= _ABSENT_ASKS:
        orders.forget(order)
        return []
    orders.fell_silent(now_ns, order)
    order.asks += 1
    order.asked_ns = now_ns
    slower = _ABSENT_SLOWER if order.state is State.ABSENT else 1
    every_ns = knobs.audit_every_ns if order.state is State.WORKING else knobs.query_every_ns * slower
    order.due_ns = now_ns + every_ns
    return [commands.QueryOrder(order.client_id, order.symbol, now_ns)]


def _sweep(symbol: str, sweep: Sweep, now_ns: int, knobs: OrderKnobs) -> commands.Command:
    """Take the next step of a cancel-all: ask again, or read what is left."""
    sweep.due_ns = now_ns + knobs.query_every_ns
    if sweep.must_cancel:
        sweep.must_cancel, sweep.asked_ns = False, 0
        return commands.CancelAll(symbol=symbol)
    sweep.asked_ns = now_ns
    return commands.QueryOpenOrders(symbol=symbol, asked_ns=now_ns)


def _ask_fills(orders: Orders, symbol: str, now_ns: int, knobs: OrderKnobs, has_budget: bool) -> list[commands.Command]:
    if not has_budget:
        orders.fills_due[symbol] = now_ns + _PUT_OFF_NS
        return []
    orders.fills_due[symbol] = now_ns + knobs.query_every_ns
    orders.fills_asked_ns[symbol] = now_ns
    return [commands.QueryFills(symbol=symbol, since_venue_ns=orders.fills_since_ns[symbol], asked_ns=now_ns)]


def _forget(orders: Orders, now_ns: int, knobs: OrderKnobs) -> None:
    """Let go of ended orders past their count or age, oldest first, once no fill of theirs is owed."""
    for client_id, order in list(orders.ended.items()):
        is_owed = order.told_lots > order.filled_lots
        is_old = now_ns - order.ended_ns > knobs.forget_after_ns
        if is_owed or not (is_old or len(orders.ended) > knobs.closed_kept_max):
            if not is_old:
                break
            continue
        del orders.ended[client_id]


def _next_due_ns(orders: Orders) -> int | None:
    dues = [order.due_ns for order in orders.live.values()]
    dues += [sweep.due_ns for sweep in orders.sweeps.values()]
    dues += orders.fills_due.values()
    return min(dues, default=None)
