"""Instants of the venue's clock that words about orders carry, and what becomes of them when it is set back.

From which instant on fills may be missing, and which of two words is the later, is known by the venue's own stamps.
A clock that is set back shows the same instants a second time: what happens then is stamped earlier than what
we waited for, and a list of fills "since" shows it to nobody. So no instant counts that the clock cannot show yet,
and where it shows less than a word bore already, all that was kept is lowered to what it may have shown since.
"""

from typing import Final

from strategy.orders import Orders
from strategy.units import NS_PER_S

# A clock may be set back by so much while no process lives to see it.
UNSEEN_STEP_NS: Final = 300 * NS_PER_S
# Of a step smaller than this nobody need know: samples are that sure, and fills are read from long before.
_MARGIN_NS: Final = NS_PER_S


def shown(orders: Orders, now_ns: int, stamp_ns: int) -> int:
    """Give an instant of the venue's clock that a word bears, as far as that clock can show it by now."""
    if orders.ahead_ns is None:
        return stamp_ns
    return min(stamp_ns, now_ns + orders.ahead_ns + _MARGIN_NS)


def is_old(orders: Orders, now_ns: int, stamp_ns: int, age_ns: int) -> bool:
    """Say whether a word bears an instant that long past; where no sample has shown the venue's clock, it does not."""
    return orders.ahead_ns is not None and now_ns + orders.ahead_ns - stamp_ns > age_ns


def heard_at(orders: Orders, now_ns: int, stamp_ns: int) -> None:
    """Note the instant that any word bears."""
    orders.heard_venue_ns = max(orders.heard_venue_ns, shown(orders, now_ns, stamp_ns))


def sampled(orders: Orders, now_ns: int, earliest_ns: int, ahead_ns: int, symbols: tuple[str, ...]) -> None:
    """Take in what the venue's clock shows: at most ``ahead_ns`` more than ours.

    Where a word bore more already, it was set back: no less than ``earliest_ns`` was shown since. Fills are then
    read anew from there, and what was told of where orders stand is asked about: of two words the later may have
    passed for the earlier.
    """
    orders.ahead_ns = ahead_ns
    if orders.heard_venue_ns <= now_ns + ahead_ns + _MARGIN_NS:
        return
    orders.heard_venue_ns = min(orders.heard_venue_ns, earliest_ns)
    for order in (*orders.live.values(), *orders.ended.values()):
        order.since_venue_ns = min(order.since_venue_ns, earliest_ns)
        if order.word_venue_ns > earliest_ns:
            order.word_venue_ns = earliest_ns
            if order.is_open:
                orders.ask_at(order, now_ns)
    for symbol in symbols:
        for instants in (orders.last_fill_venue_ns, orders.fills_seen_ns):
            instants[symbol] = min(instants.get(symbol, 0), earliest_ns)
        orders.fills_read_ns.pop(symbol, None)
        orders.read_fills(now_ns, symbol, orders.fills_whole_ns(symbol))
