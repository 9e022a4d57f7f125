"""Words that say not what became of an order but how we have to behave from now on.

Too fast: slow down. Banned: be quiet. A stamp refused: our estimate of the venue's clock is wrong,
and nothing is placed before a new sample is in. Never left our host: it would not leave the next
instant either, so the desk waits, longer each time. Refused by a rule that we do not know, as of another
grid, a band, a symbol that is no more: the next one would be, too, so the desk waits as well.
"""

from typing import Final

from strategy import events, reads, terms
from strategy.backoff import pause_ns
from strategy.core_state import CoreState
from strategy.knobs import Knobs, OrderKnobs
from strategy.order_fills import audit
from strategy.pacing import BANNED, ORDERS, QUERIES, RATE_LIMIT
from strategy.regimes import GONE, GONE_PAUSE_NS
from strategy.units import NS_PER_MS, NS_PER_S

# The code of a refused stamp.
TIMESTAMP: Final = "timestamp"
# A request whose time had passed waited for us, not for a connection: the next one need not wait.
SEND_BY_PASSED: Final = "send_by passed"

_UNSENT_PAUSE_NS: Final = 100 * NS_PER_MS
_UNSENT_PAUSE_NS_MAX: Final = 5 * NS_PER_S
# What an order is refused for that keeps to all rules we were told.
MISFITS: Final = frozenset((*terms.OF_GRIDS, "price_band", GONE))
_ORDER_REQUESTS: Final = frozenset({events.CREATE, events.AMEND, events.CANCEL, events.CANCEL_ALL})


def take_setback(state: CoreState, now_ns: int, event: events.Event, knobs: Knobs) -> None:
    """Learn from a request that failed how to go on; what became of its order is not decided here."""
    match event:
        case events.NotSent():
            _not_sent(state, now_ns, event)
        case events.Unanswered(code=code) if code == RATE_LIMIT:
            state.pacing.refused(now_ns, ORDERS if event.request in _ORDER_REQUESTS else QUERIES, event.sent_ns)
            state.watch.heard(now_ns)
        case events.Unanswered(code=code) if code == BANNED:
            state.pacing.ban(now_ns)
            state.watch.heard(now_ns)
            state.watch.due_ns = now_ns
            state.all_urgent()
        case events.Unanswered(code=code) if code in MISFITS:
            # It has spoken, and will say the same again: nothing that was put off is asked sooner for it.
            state.watch.heard(now_ns)
            if code == GONE and event.symbol:
                _gone(state, now_ns, event, knobs.orders)
                state.regimes.met(now_ns, event.symbol, GONE, knobs.regimes)
        case events.Unanswered(code=code) if code == TIMESTAMP:
            _stamp_refused(state, now_ns, event.sent_ns)
        case events.OrderRejected() | events.AmendRefused() | events.CancelRefused() if event.code == TIMESTAMP:
            order = state.orders.find(event.client_id)
            if order is not None:  # what is over and forgotten left long ago: that stamp says nothing of the clock now
                _stamp_refused(state, now_ns, order.sent_ns)
        case events.OrderRejected() | events.AmendRefused() if event.code in MISFITS:
            _misfit(state, now_ns, event)
        case events.OrderCancelled() if event.code in terms.OF_GRIDS:
            _off_grid(state, now_ns, event.client_id)
        case events.OrderAccepted() | events.OrderAmended():
            _fits(state, event.client_id)
        case _:
            pass


def _gone(state: CoreState, now_ns: int, event: events.Unanswered, knobs: OrderKnobs) -> None:
    """Slow down about a symbol that the venue does not know any more: it says the same of all that is asked.

    How our position there ended stands in the fills, and nowhere else: they are read now and then.
    """
    orders, symbol = state.orders, event.symbol
    order, sweep = orders.find(event.client_id), orders.sweeps.get(symbol)
    if order is not None and order.is_open:
        order.due_ns = max(order.due_ns, now_ns + pause_ns(knobs.query_every_ns, order.asks, GONE_PAUSE_NS))
    if sweep is not None:
        sweep.due_ns = max(sweep.due_ns, now_ns + pause_ns(knobs.ack_wait_ns_max, sweep.reads, GONE_PAUSE_NS))
    if state.reads.is_wanted(reads.TERMS_OF + symbol):
        state.reads.turned_away(reads.TERMS_OF + symbol, now_ns + GONE_PAUSE_NS)
    if now_ns - orders.fills_read_ns.get(symbol, 0) >= GONE_PAUSE_NS:
        audit(orders, now_ns, symbol)


def _misfit(state: CoreState, now_ns: int, event: events.OrderRejected | events.AmendRefused) -> None:
    """Have the desk of an order that breaks a rule we do not know wait before its next one."""
    order = state.orders.find(event.client_id)
    for desk in state.desks:
        if order is not None and desk.symbol == order.symbol and now_ns >= desk.hold_ns:
            desk.hold_ns = now_ns + pause_ns(_UNSENT_PAUSE_NS, desk.misfits, _UNSENT_PAUSE_NS_MAX)
            desk.misfits += 1
    if event.code in terms.OF_GRIDS:
        _off_grid(state, now_ns, event.client_id)


def _off_grid(state: CoreState, now_ns: int, client_id: str) -> None:
    """Have the grid of an order's symbol asked for: it may be another than the one we know."""
    order = state.orders.find(client_id)
    for desk in state.desks:
        if order is not None and desk.symbol == order.symbol:
            terms.doubt(state, desk, now_ns)


def _fits(state: CoreState, client_id: str) -> None:
    """Note that the venue takes orders of a desk."""
    order = state.orders.find(client_id)
    for desk in state.desks:
        if order is not None and desk.symbol == order.symbol:
            desk.misfits = 0


def _stamp_refused(state: CoreState, now_ns: int, sent_ns: int) -> None:
    """Ask for the venue's time at once, unless what was refused left before the last sample came in."""
    if state.clock.refused(now_ns, sent_ns):
        state.reads.forget(reads.CLOCK)
        state.reads.want(reads.CLOCK, now_ns)
        state.watch.due_ns = now_ns


def _not_sent(state: CoreState, now_ns: int, event: events.NotSent) -> None:
    """Have the desk of a create or an amend wait before its next one; one pause for all of one instant."""
    if event.reason == SEND_BY_PASSED or event.request not in (events.CREATE, events.AMEND):
        return
    order = state.orders.find(event.client_id)
    for desk in state.desks:
        if order is not None and desk.symbol == order.symbol and now_ns >= desk.hold_ns:
            desk.hold_ns = now_ns + pause_ns(_UNSENT_PAUSE_NS, desk.unsent, _UNSENT_PAUSE_NS_MAX)
            desk.unsent += 1
            state.watch.due_ns = now_ns
