"""What a venue's engine has left of our orders when it comes back: all, none, or those of an old snapshot.

Trades are booked elsewhere and survive: whatever happens to orders here, cash and positions stay as
they are. Nobody is told of what was lost; who asks finds nothing, or finds what he had cancelled.
"""

from collections.abc import Callable
from typing import Any

from sim.venue import codes
from sim.venue.history import Version
from sim.venue.orders import CANCELLED, FILLED, NAMELESS, OPEN, VenueOrder


def forget_all(venue: Any, now_ns: int) -> None:
    """Come back without any order: those on the book are gone, and no id is remembered."""
    for order in _ours(venue):
        _lose(venue, order, now_ns)


def roll_back(venue: Any, since_ns: int, now_ns: int) -> None:
    """Come back with the orders of a snapshot taken at ``since_ns``, less what has traded since.

    Cancels and amends since then never happened; creates neither, and their ids are not remembered.
    """
    for order in _ours(venue):
        then = venue.history.at(order.client_id, since_ns)
        if then is None:
            _lose(venue, order, now_ns)
        elif then.state == OPEN and order.state != FILLED:
            _restore(venue, order, then, now_ns)


def lose_names(venue: Any, is_hit: Callable[[VenueOrder], bool], now_ns: int) -> int:
    """Come back with some open orders under names of the venue's own: no client id of theirs is remembered.

    Queues are made anew, so each is last in its own. Gives how many there were.
    """
    renamed = [order for order in venue.open_orders() if order.client_id and is_hit(order)]
    for order in renamed:
        pit, old = venue.pits[order.symbol], order.client_id
        pit.leave(order)
        del venue.orders[old], venue.open[old]
        order.client_id = f"{NAMELESS}{order.number}"
        venue.orders[order.client_id] = venue.open[order.client_id] = order
        venue.history.renamed(order, old, now_ns)
        pit.enter(order, order.leaves_lots, now_ns)
    return len(renamed)


def _ours(venue: Any) -> list[VenueOrder]:
    return [order for order in venue.orders.values() if order.client_id]


def _lose(venue: Any, order: VenueOrder, now_ns: int) -> None:
    order.is_known = False
    if order.state == OPEN:
        venue.drop(order, CANCELLED, codes.BY_VENUE, now_ns)
    else:
        venue.history.note(order, now_ns)


def _restore(venue: Any, order: VenueOrder, then: Version, now_ns: int) -> None:
    is_same = (order.state, order.price_ticks, order.size_lots) == (OPEN, then.price_ticks, then.size_lots)
    if is_same:
        return  # it keeps its place
    if order.state == OPEN:
        venue.drop(order, CANCELLED, codes.BY_VENUE, now_ns)
    if then.size_lots <= order.filled_lots:
        return
    order.price_ticks, order.size_lots = then.price_ticks, then.size_lots
    venue.bring_back(order, now_ns)
