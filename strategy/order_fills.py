"""Fills by their ids: each counts once, whoever tells it, in whatever order, under whatever name.

A fill that names no order we know moves our position like any other. It may be a stranger's, as in a
liquidation, or one of ours whose name got lost: then its order goes on counting what has traded as
still to come. So the fills are read at once, and the copy that names the order gives it its lots.
"""

from typing import Final

from strategy.backoff import pause_ns
from strategy.events import FillsReport, OrderFilled
from strategy.knobs import OrderKnobs
from strategy.order import Order
from strategy.order_times import shown
from strategy.orders import Orders, is_ours

FILL_IDS_MAX: Final = 4096


def note_fill(orders: Orders, now_ns: int, fill: OrderFilled, order: Order | None) -> bool:
    """Remember a fill by its id, and whether it is of an order we know; False when it was seen before.

    Ids outlive their orders: a read of past fills reaches back further than we remember orders.
    """
    last_ns = orders.last_fill_venue_ns.get(fill.symbol, 0)
    orders.last_fill_venue_ns[fill.symbol] = max(last_ns, shown(orders, now_ns, fill.venue_ns))
    if fill.fill_id in orders.fill_ids:
        return False
    if fill.venue_ns <= orders.fills_forgotten_ns and not _is_owed(fill, order):
        return False
    forget_fill_ids(orders, FILL_IDS_MAX - 1)
    orders.fill_ids[fill.fill_id] = fill.venue_ns
    return True


def _is_owed(fill: OrderFilled, order: Order | None) -> bool:
    """Say whether an order of ours has room for a fill: then it is none of those whose ids are forgotten.

    Its instant proves nothing: it may have come late, or the venue's clock was set back.
    """
    if order is None:
        return False
    return order.filled_lots + fill.size_lots <= max(order.told_lots, fill.filled_lots_total)


def note_nameless(orders: Orders, now_ns: int, fill: OrderFilled) -> None:
    """Note a fill counted for the first time that names no order we know, and have the fills read: whose is it?"""
    orders.foreign_fills += 1
    orders.unclaimed[fill.fill_id] = None
    orders.read_fills(now_ns, fill.symbol, fill.venue_ns)


def claim(orders: Orders, fill: OrderFilled) -> bool:
    """Say whether a fill that was seen before, and counted, is told for the first time to be this order's."""
    return orders.unclaimed.pop(fill.fill_id, 0) is None


def forget_fill_ids(orders: Orders, keep: int) -> None:
    """Forget the ids of the oldest fills; none from their time is counted any more."""
    while len(orders.fill_ids) > keep:
        fill_id = next(iter(orders.fill_ids))
        venue_ns = orders.fill_ids.pop(fill_id)
        orders.unclaimed.pop(fill_id, None)
        orders.fills_forgotten_ns = max(orders.fills_forgotten_ns, venue_ns)


def audit(orders: Orders, now_ns: int, symbol: str) -> None:
    """Have a symbol's fills read, unless they are about to be: what no order speaks of shows nowhere else."""
    if symbol not in orders.fills_due:
        orders.want_fills(symbol, now_ns, orders.fills_whole_ns(symbol))


def tell(orders: Orders, order: Order, lots: int) -> None:
    """Note how much of an order the venue says has traded; what is news is worth reading for at once."""
    if lots > order.told_lots:
        order.told_lots = lots
        orders.fills_vain.pop(order.symbol, None)


def owe(orders: Orders, now_ns: int, order: Order, knobs: OrderKnobs) -> None:
    """Keep track of fills the venue spoke of that we do not hold, and have them read: ever more seldom, in vain."""
    if order.told_lots <= order.filled_lots:
        if orders.owing.pop(order.client_id, 0) is None:
            orders.groups.clear()
        return
    if order.client_id in orders.ended and order.client_id not in orders.owing:
        orders.owing[order.client_id] = None
        orders.groups.clear()
    wait_ns = pause_ns(knobs.query_every_ns, orders.fills_vain.get(order.symbol, 0), knobs.query_ns_max)
    orders.want_fills(order.symbol, now_ns + wait_ns, order.since_venue_ns)


def settle(orders: Orders, event: FillsReport, knobs: OrderKnobs) -> None:
    """Take what a whole read of a symbol's fills has brought for the answer to what is owed of it.

    What a stranger had traded, and no list shows under its name so long after its end, was counted under
    another: it may be an order of ours whose name got lost. Of our own orders it goes on being owed, also of
    those that turned up when another had their place.
    """
    is_owed = False
    for order in (*orders.live.values(), *orders.ended.values()):
        if order.symbol != event.symbol or order.told_lots <= order.filled_lots:
            continue
        is_stranger = order.is_orphan and not is_ours(orders, order.client_id)
        if is_stranger and not order.is_open and event.asked_ns > order.ended_ns + knobs.read_lag_ns_max:
            order.told_lots = order.filled_lots
        else:
            is_owed = True
    if is_owed:
        orders.fills_vain[event.symbol] = orders.fills_vain.get(event.symbol, 0) + 1
    else:
        orders.fills_vain.pop(event.symbol, None)
