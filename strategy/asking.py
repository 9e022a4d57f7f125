"""What is overdue becomes a question: orders first, then the world, within the budgets.

A venue that speaks again after a silence is asked at once what it was asked in vain: pauses have
grown meanwhile. While nothing at all was answered for long they grow on, but for the clock's: one
question is enough to find out that somebody is there again. What stands is cancelled as often as ever.
"""

from typing import Final

from strategy import commands, reads
from strategy.book_cache import is_by_rest
from strategy.core_state import CoreState
from strategy.knobs import Knobs
from strategy.order_chase import chase
from strategy.units import NS_PER_S

_SILENCE_NS: Final = NS_PER_S
# A venue that has answered nothing for so long is away, and the longest pauses are so many times longer.
_AWAY_NS: Final = 15 * NS_PER_S
_AWAY_SLOWER: Final = 4
# The part of the budget for questions that books by REST leave to questions about orders.
_KEPT_PART: Final = 4


def ask_overdue(state: CoreState, knobs: Knobs, now_ns: int) -> list[commands.Command]:
    """Ask about what is overdue, and cancel again what a read has shown to need it: cancels first."""
    due_ns, next_ns = state.orders.due_ns, state.reads.next_ns()
    if (due_ns is None or now_ns < due_ns) and (next_ns is None or now_ns < next_ns):
        return []
    pacing = state.pacing
    left, cancels_left = pacing.queries_left(now_ns), pacing.cancels_left(now_ns)
    later_ns = (pacing.next_query_ns(now_ns), pacing.next_cancel_ns(now_ns))
    due = state.reads.due(now_ns)
    # Where a refused stamp waits for the clock, nothing comes before it; a scarce budget is shared in turns.
    state.watch.is_turn_of_reads = not state.watch.is_turn_of_reads or state.clock.doubted_ns > 0
    for_reads = 1 if due and (left > 1 or state.watch.is_turn_of_reads) else 0
    is_away = state.watch.is_cut_off(now_ns, _AWAY_NS)
    slower = _AWAY_SLOWER if is_away else 1
    leaving = chase(state.orders, now_ns, knobs.orders, max(0, left - for_reads), cancels_left, later_ns, slower)
    asked = sum(not isinstance(command, commands.CancelOrder | commands.CancelAll) for command in leaving)
    pacing.take_cancels(len(leaving) - asked)
    for key in due:
        kept = _kept(state, key)
        if asked + kept >= left:
            state.reads.postpone(key, pacing.next_query_ns(now_ns, kept))
            continue
        leaving.append(_question(state, knobs, now_ns, key, slower))
        asked += 1
    if asked:
        pacing.take_queries(asked)
        state.watch.asked(now_ns)
    return leaving


def _kept(state: CoreState, key: str) -> int:
    """Count the tokens a question must leave: books asked for again and again are not all there is to ask."""
    symbol = key.removeprefix(reads.BOOK_OF)
    is_fetched = any(desk.symbol == symbol and is_by_rest(state, desk) for desk in state.desks)
    return 0 if not is_fetched else state.pacing.queries.burst // _KEPT_PART


def heard(state: CoreState, now_ns: int) -> None:
    """Note that the venue answered a question."""
    if state.watch.heard(now_ns) > _SILENCE_NS:
        state.orders.hasten(now_ns)
        state.reads.hasten(now_ns)


def _question(state: CoreState, knobs: Knobs, now_ns: int, key: str, slower: int) -> commands.Command:
    most_ns = knobs.orders.query_ns_max * (1 if key == reads.CLOCK else slower)
    state.reads.asked(key, now_ns, knobs.feed.book_wait_ns_max, most_ns)
    if key == reads.CLOCK:
        return commands.SampleClock(now_ns)
    if key == reads.MARGIN:
        return commands.QueryMargin(now_ns)
    if key.startswith(reads.BOOK_OF):
        return commands.RequestBook(key.removeprefix(reads.BOOK_OF), now_ns)
    if key.startswith(reads.TERMS_OF):
        return commands.QueryTerms(key.removeprefix(reads.TERMS_OF), now_ns)
    return commands.QueryOpenOrders(key.removeprefix(reads.OPEN_ORDERS_OF), now_ns)
