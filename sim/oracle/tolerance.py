"""The bounds of a scenario in the oracle's own units: how old, how long, how much."""

import msgspec

from sim.scenario.bounds import Bounds
from strategy.knobs import FeedKnobs, OrderKnobs
from strategy.units import NS_PER_MS, NS_PER_S, PCT


class Tolerance(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Every bound as a whole number of nanoseconds; ``mark_factor`` multiplies account limits.

    ``proof_ns`` is what an absence read must wait after a create's ``send_by``: the venue's
    receive window and whatever a read may lag. ``silence_ns`` is when an unanswered request is a
    doubt for everybody to see. ``retry_ns`` is how long a cancel may be under way before another one must
    leave. ``book_asked_ns``: who waits for a book has asked within it. A ban whose end nobody tells may be kept
    for ``ban_ns``. A private stream that lives for less than ``lasting_ns``, again and again, is none.
    """

    quote_age_ns: int
    staleness_cancel_ns: int
    silence_ns: int
    retry_ns: int
    proof_ns: int
    lag_ns: int
    converge_ns: int
    doubt_ns: int
    requote_ns: int
    clear_ns: int
    quiet_ns: int
    ban_ns: int
    restart_ns: int
    shutdown_ns: int
    unwind_ns: int
    book_asked_ns: int
    lasting_ns: int
    mark_factor: float


# How many of its own waits for a book the core may let pass without asking again.
_BOOK_WAITS = 3


def tolerance_of(bounds: Bounds, orders: OrderKnobs, feed: FeedKnobs) -> Tolerance:
    """Convert a scenario's bounds; deadlines that the config names are the config's own."""
    silence_ns = orders.ack_wait_ns_max + round(bounds.silence_slack_ms * NS_PER_MS)
    return Tolerance(
        quote_age_ns=round(bounds.quote_age_ms_max * NS_PER_MS),
        staleness_cancel_ns=round(bounds.staleness_cancel_ms * NS_PER_MS),
        silence_ns=silence_ns,
        retry_ns=silence_ns + orders.query_ns_max,
        proof_ns=orders.window_ns + max(orders.margin_ns, orders.read_lag_ns_max),
        lag_ns=orders.read_lag_ns_max,
        converge_ns=round(bounds.converge_s * NS_PER_S),
        doubt_ns=round(bounds.doubt_s * NS_PER_S),
        requote_ns=round(bounds.requote_s * NS_PER_S),
        clear_ns=round(bounds.clear_s * NS_PER_S),
        quiet_ns=round(bounds.quiet_s * NS_PER_S),
        ban_ns=round(bounds.ban_s * NS_PER_S),
        restart_ns=round(bounds.restart_s * NS_PER_S),
        shutdown_ns=round(bounds.shutdown_s * NS_PER_S),
        unwind_ns=round(bounds.unwind_s * NS_PER_S),
        book_asked_ns=_BOOK_WAITS * feed.book_wait_ns_max,
        lasting_ns=feed.steady_after_ns,
        mark_factor=1.0 + bounds.mark_slack_pct / PCT,
    )
