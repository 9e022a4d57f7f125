"""Books by REST, where there is no public stream: asked for, kept for a moment, and asked for again.

Without a stream nobody tells us that the book has changed, so every scheduled decision looks it up:
once per symbol. A stream that is up and has said nothing of a symbol for ``retreat_after_ns``, or only
words too late to quote on, is, for that symbol, none; its first word of now takes over again. A
book that came at most ``rest_ttl_ns`` ago serves the decision, a *hit*. Otherwise the decision waits
for the book that is asked for or already under way, and is made as it arrives. One request per symbol
is in flight; an answer is followed by the next question at once, as far as the budget for questions
allows, so that the next look-up finds a fresh book. With ``rest_ttl_ns`` 0 there is no cache: nothing
is asked ahead, and every decision waits.

No create or amend leaves on a book that could not serve a decision; cancels always do. How old a book
may be before quotes are pulled is another matter, the same with and without a stream: ``age_ns_max``.
"""

from typing import Final

from strategy import reads
from strategy.core_state import CoreState
from strategy.desk import Desk
from strategy.events import BookSnapshot
from strategy.knobs import Knobs
from strategy.units import NS_PER_MS

# How long a book that cannot be true is given to become one.
_CROSSED_PAUSE_NS: Final = 500 * NS_PER_MS


def is_by_rest(state: CoreState, desk: Desk) -> bool:
    """Say whether a book has to be fetched: no public stream, and a process that knows its open orders.

    What was left open is asked for first: nothing is quoted before, and the streams come up meanwhile.
    """
    health = state.health
    return (desk.is_frozen or not health.public_up) and bool(health.session) and not health.unread


def is_any_by_rest(state: CoreState) -> bool:
    """Say whether any symbol's book has to be fetched."""
    return any(is_by_rest(state, desk) for desk in state.desks)


def freeze(state: CoreState, knobs: Knobs, now_ns: int) -> None:
    """See which symbols a stream that is up has left alone for too long; a closed market says nothing."""
    for desk in state.desks:
        is_silent = state.health.public_up and now_ns - desk.told_ns > knobs.feed.retreat_after_ns
        desk.is_frozen = is_silent and not state.health.is_barred(desk.symbol)


def look_up(state: CoreState, knobs: Knobs, now_ns: int) -> None:
    """Look up, for the scheduled decision that is due now, the book of every symbol that has to be fetched."""
    for desk in state.desks:
        if desk.awaits_ns or not is_by_rest(state, desk):
            continue  # one that waits has a decision before it that still waits for its book
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
    return is_by_rest(state, desk) and not (desk.book.ok and now_ns - desk.book.proof_ns <= knobs.feed.rest_ttl_ns)


def wait(state: CoreState, desk: Desk, now_ns: int) -> None:
    """Have it decided anew as soon as a book comes: what is wanted now cannot be placed without one."""
    desk.awaits_ns = desk.awaits_ns or now_ns
    _ask(state, desk, now_ns)


def came(state: CoreState, desk: Desk, knobs: Knobs, now_ns: int, event: BookSnapshot) -> None:
    """Take note of a book that came; one that was fetched is followed by the next question."""
    key = reads.BOOK_OF + desk.symbol
    # Older than what we kept, or shown to be gapped: ask for a younger one at once. One that shows a bid at its
    # best ask is what the venue has to show: the next may be no better, and others have questions, too.
    is_crossed = desk.book.is_crossed
    again_ns = now_ns + (_CROSSED_PAUSE_NS if is_crossed else 0)
    if event.asked_ns and is_by_rest(state, desk):
        is_wanted = knobs.feed.rest_ttl_ns > 0 or not desk.book.ok
        state.reads.answered(key, event.asked_ns, again_ns if is_wanted else None)
    elif desk.book.ok:
        state.reads.forget(key)
    elif event.asked_ns:
        state.reads.answered(key, event.asked_ns, again_ns)


def _ask(state: CoreState, desk: Desk, now_ns: int) -> None:
    """Have a book asked for, unless it is: in flight, or as soon as the budget has a token again."""
    key = reads.BOOK_OF + desk.symbol
    if not state.reads.is_wanted(key):
        state.reads.want(key, now_ns)
