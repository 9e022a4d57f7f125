"""How many records the core keeps, by container, and how many it may ever keep.

Every container that grows with what happens has a bound and a rule for what goes first. A bound
may be passed only by what must not be forgotten: an ended order whose fills are still owed.
"""

from typing import Final

from strategy.account_signals import ENTRIES_MAX
from strategy.book import BUFFER_MAX
from strategy.core_state import CoreState
from strategy.knobs import Knobs
from strategy.order_fills import FILL_IDS_MAX
from strategy.position import FUNDING_IDS_KEPT
from strategy.signals import PENDING_MAX, SLICES

# A symbol has three slots, and behind each the few that were concluded absent and are still asked about.
_LIVE_PER_SYMBOL: Final = 12
# A venue that shows more strangers than this is not our account.
_STRANGERS_MAX: Final = 500
# A feed of fifty levels a side keeps a few stale ones beyond its edge until they are told gone.
_LEVELS_MAX: Final = 4000


def footprint_of(state: CoreState) -> dict[str, int]:
    """Count the records in every container that grows."""
    desks, orders, account = state.desks, state.orders, state.signals
    return {
        "live_orders": len(orders.live),
        "ended_orders": len(orders.ended),
        "fill_ids": len(orders.fill_ids),
        "unclaimed_fills": len(orders.unclaimed),
        "round_trips": len(account.round_trips.entries),
        "answers": len(account.answers.entries),
        "takes": len(account.takes.at_ns),
        "book_levels": sum(len(desk.book.bids) + len(desk.book.asks) for desk in desks),
        "book_buffer": sum(len(desk.book.buffer) for desk in desks),
        "pending_markouts": sum(len(desk.signals.markouts.pending) for desk in desks),
        "pnl_slices": sum(len(desk.signals.losses.slices) for desk in desks),
        "funding_ids": sum(len(desk.position.funding_ids) for desk in desks),
        "queue_places": sum(len(desk.places) for desk in desks),
    }


def bounds_of(knobs: Knobs) -> dict[str, int]:
    """Give the most records each container may hold, by the same names."""
    symbols = len(knobs.symbols)
    live_max = _STRANGERS_MAX + _LIVE_PER_SYMBOL * symbols
    return {
        "live_orders": live_max,
        "ended_orders": knobs.orders.closed_kept_max + live_max,
        "fill_ids": FILL_IDS_MAX,
        "unclaimed_fills": FILL_IDS_MAX,
        "round_trips": ENTRIES_MAX,
        "answers": ENTRIES_MAX,
        "takes": ENTRIES_MAX,
        "book_levels": _LEVELS_MAX * symbols,
        "book_buffer": BUFFER_MAX * symbols,
        "pending_markouts": PENDING_MAX * symbols,
        "pnl_slices": SLICES * symbols,
        "funding_ids": (FUNDING_IDS_KEPT + 1) * symbols,
        "queue_places": live_max,
    }
