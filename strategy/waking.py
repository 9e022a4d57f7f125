"""When time alone would change what we do: the alarm the core asks its driver for."""

from strategy.book_cache import is_any_by_rest
from strategy.core_state import CoreState
from strategy.desk import Desk
from strategy.knobs import Knobs
from strategy.units import NS_PER_MS


def next_wake_ns(state: CoreState, knobs: Knobs, now_ns: int) -> int | None:
    """Give the next such instant, always after ``now_ns``; None when nothing waits for time."""
    at: list[int] = []
    if state.orders.due_ns is not None:
        at.append(state.orders.due_ns)
    next_read_ns = state.reads.next_ns()
    if next_read_ns is not None:
        at.append(next_read_ns)
    if state.watch.is_uneasy:
        at.append(state.watch.due_ns)
    if is_any_by_rest(state):
        at.append(state.scheduled_ns + knobs.decide_every_ns)
    if state.regimes.due_ns is not None:
        at.append(state.regimes.due_ns)
    for desk in state.desks:
        if desk.is_dirty and not desk.awaits_ns:  # what is awaited wakes us by coming
            at.append(state.scheduled_ns + knobs.decide_every_ns)
        if desk.place_at_ns:
            at.append(desk.place_at_ns)
        if desk.book.ok:
            at += _silence_marks(desk, knobs, now_ns)
    # An alarm may be late, but never in the past: a driver that rings at once must find us done.
    return max(min(at), now_ns + 1) if at else None


def _silence_marks(desk: Desk, knobs: Knobs, now_ns: int) -> list[int]:
    """List the instants at which more silence of a feed crosses a threshold."""
    feed, trigger = knobs.feed, knobs.guard.feed_silence
    base_ns = desk.book.proof_ns + feed.expected_interval_ns
    marks = (
        base_ns + int(trigger.soft_enter * NS_PER_MS),
        base_ns + int(trigger.hard_enter * NS_PER_MS),
        desk.book.proof_ns + feed.age_ns_max + 1,
    )
    return [mark for mark in marks if mark > now_ns]
