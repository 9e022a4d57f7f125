"""What a process does about the orders of one that lived before it."""

from strategy.knobs import OrderKnobs
from strategy.order import Order, Sweep, through_ns
from strategy.order_states import State
from strategy.order_times import UNSEEN_STEP_NS
from strategy.orders import Orders, slot_key


def take_over(orders: Orders, order: Order) -> None:
    """Count an order that an earlier process may have sent; its slot may have another holder."""
    key = slot_key(order.symbol, order.slot)
    orders.live[order.client_id] = order
    orders.groups.clear()
    order.is_orphan = key in orders.slots
    orders.slots.setdefault(key, order.client_id)


def start(orders: Orders, now_ns: int, session: str, symbols: tuple[str, ...], knobs: OrderKnobs) -> None:
    """Begin a process: what an earlier one left is in doubt, swept off the book, and its fills are read.

    No instant of an earlier clock is kept: ours may show less now than it did then. Nor was anybody there to see
    whether the venue's was set back.
    """
    orders.session, orders.number = session, 0
    for order in orders.live.values():
        # Not a word but the end of everything we knew: only what was concluded or told still stands.
        if order.is_open:
            order.state, order.doubt_ns = State.IN_DOUBT, now_ns
        order.created_ns = order.placed_ns = order.sent_ns = order.confirmed_ns = now_ns
        order.through_ns = through_ns(now_ns + knobs.send_within_ns, knobs)
        order.asked_ns = order.missing_ns = order.asks = 0
        order.due_ns = now_ns + knobs.ack_wait_ns_max
    for order in orders.ended.values():
        order.ended_ns = now_ns
    orders.ahead_ns = None
    orders.fills_due, orders.fills_asked_ns, orders.fills_read_ns = {}, {}, {}
    arrived_ns = now_ns + knobs.send_within_ns + knobs.window_ns
    for symbol in symbols:
        orders.sweeps[symbol] = Sweep(due_ns=now_ns, must_cancel=True, through_ns=arrived_ns)
        orders.read_fills(now_ns, symbol, _fills_known_ns(orders, symbol))
    orders.due_ns = now_ns


def _fills_known_ns(orders: Orders, symbol: str) -> int:
    """Give an instant of the venue's clock up to which no fill of a symbol can be missing."""
    unsure = (*orders.live.values(), *(orders.ended[client_id] for client_id in orders.owing))
    since = [order.since_venue_ns for order in unsure if order.symbol == symbol]
    return min([orders.fills_whole_ns(symbol), *since]) - UNSEEN_STEP_NS
