"""What goes first when memory runs short, in a fixed order, and what is never let go.

Level 1, what is only comfort: ended orders beyond the latest few (a late word about a forgotten one
counts as a stranger's), ids of fills beyond what a read may repeat, the older half of the windows of
round trips and answers. Quotes are half their size and wider, so that fewer words come in.
Level 2, what the venue can tell again: deltas kept for a snapshot to come, places in queues, fills
whose markout is due. Of the deltas the latest stays, since a snapshot that was asked for before it does
not tell them. Only quotes that reduce the position are left.

Never let go: orders that may be alive, fills that are owed, position, cash, the day's losses, and the
takes that the guard counts.
"""

from typing import Final

from strategy.core_state import CoreState
from strategy.order_fills import forget_fill_ids

SOFT: Final = 1
TIGHT: Final = 2

ENDED_KEPT: Final = 64
FILL_IDS_KEPT: Final = 512


def shed(state: CoreState, now_ns: int, level: int) -> None:
    """Let go of what a level says; level 0 lets go of nothing."""
    if level >= SOFT:
        state.orders.forget_ended(ENDED_KEPT)
        forget_fill_ids(state.orders, FILL_IDS_KEPT)
        state.signals.round_trips.shed(now_ns)
        state.signals.answers.shed(now_ns)
    if level >= TIGHT:
        for desk in state.desks:
            desk.book.shed()
            desk.signals.markouts.pending.clear()
            desk.places.clear()
