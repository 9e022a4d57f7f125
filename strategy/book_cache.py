"""Books by REST, where there is no public stream: asked for, kept for a moment, and asked for again.

Without a stream nobody tells us that the book has changed, so every scheduled decision looks it up:
once per symbol. A book that came at most ``rest_ttl_ns`` ago serves it, a *hit*. Otherwise the
decision waits for the book that is asked for or already under way, and is made as it arrives. One
request per symbol is in flight; an answer is followed by the next question at once, as far as the
budget for questions allows, so that the next look-up finds a fresh book. With ``rest_ttl_ns`` 0 there
is no cache: nothing is asked ahead, and every decision waits.

No create or amend leaves on a book that could not serve a decision; cancels always do. How old a book
may be before quotes are pulled is another matter, the same with and without a stream: ``age_ns_max``.
"""

from strategy import reads
from strategy.core_state import CoreState
from strategy.desk import Desk
from strategy.events import BookSnapshot
from strategy.knobs import Knobs


def is_by_rest(state: CoreState) -> bool:
    """Say whether books have to be fetched: no public stream, and a process that knows its open orders.

    What was left open is asked for first: nothing is quoted before, and the streams come up meanwhile.
    """
    health = state.health
    return bool(health.session) and not health.public_up and not health.unread


def look_up(state: CoreState, knobs: Knobs, now_ns: int) -> None:
    """Look every symbol's book up for the scheduled decision that is due now."""
    for desk in state.desks:
        if desk.awaits_ns:
            continue  # the decision before it still waits for its book
        state.cache_reads += 1
        if is_fresh(desk, knobs, now_ns):
            state.cache_hits += 1
            desk.is_dirty = True
        else:
            wait(state, desk, now_ns)


def is_fresh(desk: Desk, knobs: Knobs, now_ns: int) -> bool:
    """Say whether the kept book may serve a decision."""
    ttl_ns = knobs.feed.rest_ttl_ns
    return ttl_ns > 0 and desk.book.ok and now_ns - desk.book.proof_ns <= ttl_ns


def has_come(desk: Desk, now_ns: int) -> bool:
    """Say whether the book that a decision waited for has just arrived."""
    return desk.awaits_ns > 0 and desk.book.ok and desk.book.proof_ns == now_ns


def must_wait(state: CoreState, desk: Desk, knobs: Knobs, now_ns: int) -> bool:
    """Say whether a quote of this symbol has to wait for a book."""
    return is_by_rest(state) and not (desk.book.ok and now_ns - desk.book.proof_ns <= knobs.feed.rest_ttl_ns)


def wait(state: CoreState, desk: Desk, now_ns: int) -> None:
    """Have it decided anew as soon as a book comes: what is wanted now cannot be placed without one."""
    desk.awaits_ns = desk.awaits_ns or now_ns
    _ask(state, desk, now_ns)


def fetched(state: CoreState, knobs: Knobs, now_ns: int, event: BookSnapshot) -> None:
    """Take note of an answer, and ask for the next book."""
    desk = next(desk for desk in state.desks if desk.symbol == event.symbol)
    is_wanted = knobs.feed.rest_ttl_ns > 0 or not desk.book.ok
    state.reads.answered(reads.BOOK_OF + event.symbol, event.asked_ns, now_ns if is_wanted else None)


def _ask(state: CoreState, desk: Desk, now_ns: int) -> None:
    """Have a book asked for, unless it is: in flight, or as soon as the budget has a token again."""
    key = reads.BOOK_OF + desk.symbol
    if not state.reads.is_wanted(key):
        state.reads.want(key, now_ns)
