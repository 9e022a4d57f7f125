"""Silence is a question, never an answer: what is overdue is asked about, as often as it takes.

An order in doubt is asked about by client id until a word settles it; a healthy one is audited
now and then; one we concluded absent is asked about a few times more, slowly, before it is
forgotten, unless it is one of many that were lost. A question that nobody answers is asked less and
less often, down to a bound, until an answer comes. Questions have a budget: what it does not cover is
asked later, never dropped. What stands and has no place is cancelled before every question, and asked about
afterwards.
"""

from typing import Final

from strategy import commands
from strategy.backoff import pause_ns
from strategy.knobs import OrderKnobs
from strategy.order import Order, Sweep
from strategy.order_states import State
from strategy.orders import Orders

# How often an absent order is asked about again, slowly.
_ABSENT_ASKS: Final = 3
# A question that found no budget is put off by this.
_PUT_OFF_NS: Final = 50_000_000
_UNBOUNDED: Final = 1 << 30


def chase(
    orders: Orders,
    now_ns: int,
    knobs: OrderKnobs,
    asks_max: int,
    cancels_max: int = _UNBOUNDED,
    later_ns: tuple[int, int] = (0, 0),
    slower: int = 1,
) -> list[commands.Command]:
    """Ask about everything overdue, cancels first, within what may be asked and cancelled now.

    ``slower``: how many times longer the longest pauses between questions are, those of a sweep aside:
    what stands is cancelled as often as ever. ``later_ns`` are the instants at which there is budget
    for one more question, one more cancel.
    """
    if orders.due_ns is None or now_ns < orders.due_ns:
        return []
    ask_at_ns, cancel_at_ns = (max(now_ns + _PUT_OFF_NS, at_ns) for at_ns in later_ns)
    overdue = [order for order in orders.live.values() if order.due_ns <= now_ns]
    cancels: list[commands.Command] = []
    for order in overdue:
        if order.must_cancel and order.is_open:
            if len(cancels) >= cancels_max:
                order.due_ns = cancel_at_ns
                continue
            order.must_cancel = False
            cancels.append(orders.cancel(now_ns, order.client_id, knobs, 0))
    for symbol, sweep in orders.sweeps.items():
        if sweep.due_ns <= now_ns and sweep.must_cancel:
            if len(cancels) >= cancels_max:
                sweep.due_ns = cancel_at_ns
                continue
            sweep.must_cancel, sweep.asked_ns = False, 0
            sweep.due_ns = max(now_ns + knobs.query_every_ns, sweep.through_ns)
            cancels.append(commands.CancelAll(symbol=symbol))
    return cancels + _asks(orders, overdue, now_ns, knobs, asks_max, ask_at_ns, knobs.query_ns_max * slower)


def _asks(
    orders: Orders,
    overdue: list[Order],
    now_ns: int,
    knobs: OrderKnobs,
    asks_max: int,
    later_ns: int,
    pause_ns_max: int,
) -> list[commands.Command]:
    """Ask what is due, longest unasked first; what finds no budget is due again ``later_ns``.

    In turns, or a few orders could use up a scarce budget for ever, and starve the one read of fills
    that would settle them all.
    """
    turns: list[tuple[int, str, Order | Sweep | None]] = [
        (order.looked_ns, order.client_id, order) for order in overdue if order.due_ns <= now_ns
    ]
    turns += [(sweep.asked_ns, symbol, sweep) for symbol, sweep in orders.sweeps.items() if sweep.due_ns <= now_ns]
    for symbol, due_ns in orders.fills_due.items():
        if due_ns <= now_ns:
            looked_ns = max(orders.fills_asked_ns.get(symbol, 0), orders.fills_read_ns.get(symbol, 0))
            turns.append((looked_ns, symbol, None))
    asked: list[commands.Command] = []
    for _, name, subject in sorted(turns, key=_first_turn):
        if len(asked) >= asks_max:
            _put_off(orders, name, subject, later_ns)
        elif isinstance(subject, Order):
            asked += _ask(orders, subject, now_ns, knobs, pause_ns_max)
        elif subject is None:
            asked.append(_ask_fills(orders, name, now_ns, knobs, pause_ns_max))
        else:
            asked.append(_read_sweep(name, subject, now_ns, knobs))
    _forget(orders, now_ns, knobs)
    orders.due_ns = _next_due_ns(orders)
    return asked


def _first_turn(turn: tuple[int, str, Order | Sweep | None]) -> int:
    return turn[0]


def _put_off(orders: Orders, name: str, subject: Order | Sweep | None, later_ns: int) -> None:
    if subject is None:
        orders.fills_due[name] = later_ns
    else:
        subject.due_ns = later_ns


def _ask(orders: Orders, order: Order, now_ns: int, knobs: OrderKnobs, pause_ns_max: int) -> list[commands.Command]:
    """Turn one order's silence into a question."""
    asks_max = 0 if orders.losing.is_on(order.symbol) else _ABSENT_ASKS
    if order.state is State.ABSENT and order.asks >= asks_max:
        orders.forget(order)
        return []
    orders.fell_silent(now_ns, order)
    order.asked_ns = order.looked_ns = now_ns
    if order.state is State.WORKING:
        order.due_ns = now_ns + knobs.audit_every_ns
    elif order.state is State.ABSENT:
        orders.ask_again(now_ns, order, knobs)
    else:
        order.due_ns = now_ns + pause_ns(knobs.query_every_ns, order.asks, pause_ns_max)
    order.asks += 1
    return [commands.QueryOrder(order.client_id, order.symbol, now_ns)]


def _read_sweep(symbol: str, sweep: Sweep, now_ns: int, knobs: OrderKnobs) -> commands.Command:
    """Read what a cancel-all has left. Unanswered, or not empty, it is followed by another cancel-all."""
    sweep.asked_ns, sweep.must_cancel = now_ns, True
    sweep.due_ns = now_ns + pause_ns(knobs.ack_wait_ns_max, sweep.reads, knobs.query_ns_max)
    sweep.reads += 1
    return commands.QueryOpenOrders(symbol=symbol, asked_ns=now_ns)


def _ask_fills(orders: Orders, symbol: str, now_ns: int, knobs: OrderKnobs, pause_ns_max: int) -> commands.Command:
    tries = orders.fills_tries.get(symbol, 0)
    orders.fills_tries[symbol] = tries + 1
    orders.fills_due[symbol] = now_ns + pause_ns(knobs.query_every_ns, tries, pause_ns_max)
    orders.fills_asked_ns[symbol] = now_ns
    return commands.QueryFills(symbol=symbol, since_venue_ns=orders.fills_since_ns[symbol], asked_ns=now_ns)


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
