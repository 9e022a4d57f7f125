"""One round of quoting: decide where it is due, then place what is wanted, as one cycle.

The symbols share one schedule, so that what is decided in one step can travel in one request. A
decision needs an input that changed, or danger; placing needs only that orders or wishes changed.
"""

from strategy import commands
from strategy.batching import SEQUENTIAL
from strategy.book_cache import has_come, is_any_by_rest, must_wait, wait
from strategy.core_state import CoreState
from strategy.deciding import decide, refresh
from strategy.desk import Desk
from strategy.knobs import Knobs
from strategy.pipeline import QuotePipeline, Stopwatch
from strategy.placing import carry_out, look_again


def decide_due(
    state: CoreState, knobs: Knobs, model: QuotePipeline, now_ns: int, is_scheduled: bool, stopwatch: Stopwatch
) -> list[int]:
    """Decide where it is due; give the places of the desks that were decided about.

    ``is_scheduled``: the schedule has come round. Without a stream it does whether or not anything was heard.
    """
    decided: list[int] = []
    if state.regimes.turn(now_ns, knobs.regimes):
        state.all_urgent()
    if is_scheduled and is_any_by_rest(state):
        state.scheduled_ns = now_ns
    for index, desk in enumerate(state.desks):
        is_due = is_scheduled and desk.is_dirty and not desk.awaits_ns
        is_fetched = has_come(desk, now_ns)
        if is_due or is_fetched or desk.is_urgent or _has_gone_blind(desk, knobs, now_ns):
            decide(state, index, knobs, model, now_ns, stopwatch)
            desk.must_place = True
            decided.append(index)
            if is_due:
                state.scheduled_ns = now_ns
            if is_fetched:
                state.wanted_ns = min(desk.awaits_ns, state.wanted_ns or desk.awaits_ns)
                desk.awaits_ns = 0
    return decided


def place_all(state: CoreState, knobs: Knobs, now_ns: int, decided: list[int], leaving: list[commands.Command]) -> None:
    """Carry out the moves of decisions just made; work them out anew where only orders changed.

    Where tokens are scarce, the desk that has lacked one for longest comes first.
    Who sends one request at a time begins no cycle before the last one is over: what waited in line
    meanwhile would be made of an older market.
    """
    is_new_cycle = True
    waits = knobs.dispatch == SEQUENTIAL and state.orders.is_waiting()
    for index, desk in _in_turn(state):
        is_due = 0 < desk.place_at_ns <= now_ns
        if not (desk.must_place or is_due):
            continue
        desk.must_place, desk.place_at_ns = False, 0
        context = desk.context if index in decided and not leaving else refresh(state, index, knobs, now_ns)
        if context is None or not context.moves:
            desk.lacks_ns = 0
        if context is not None and context.moves:
            # All that one step places is one cycle; questions that leave with it belong to none.
            state.cycle_id += is_new_cycle
            is_new_cycle = False
            is_blind = must_wait(state, desk, knobs, now_ns)
            leaving += carry_out(state, index, context, knobs, now_ns, leaving, waits or is_blind)
            if is_blind and desk.must_place and not context.blocked:
                wait(state, desk, now_ns)
        look_again(state, index, knobs, now_ns)


def _in_turn(state: CoreState) -> list[tuple[int, Desk]]:
    desks = list(enumerate(state.desks))
    if any(desk.lacks_ns for desk in state.desks):
        desks.sort(key=lambda one: (not one[1].lacks_ns, one[1].lacks_ns))
    return desks


def _has_gone_blind(desk: Desk, knobs: Knobs, now_ns: int) -> bool:
    """Say whether silence alone has made the last decision untrue."""
    context = desk.context
    return context is not None and not context.blocked and bool(desk.why_blind(now_ns, knobs))
