"""States that a storm must reach now and then: a run that never meets them proves nothing about them.

An invariant says what must always hold, a *sometimes* says what must have been there at least once in an
ensemble. Each point is noted where it happens; counting is all that is done with it.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from strategy.order_states import State

# Regimes of a symbol, and of the venue as a whole where it is away.
DOWN: Final = "down"
REGIMES: Final = ("open", "post_only", "cancel_only", "auction", "halted", "closed", DOWN)


class Point(msgspec.Struct, frozen=True):
    """One rare state: its name, and what has happened where it is noted.

    ``needs`` names the kind of fault without which nothing reaches it; empty where many do.
    """

    name: str
    meaning: str
    needs: str = ""


_ALL: Final = (
    Point("cancel_acked_but_filled", "A fill was heard of an order whose cancel had been acknowledged."),
    Point("fill_before_ack", "A fill was heard before any word that its order stands."),
    Point("duplicate_fill", "The private stream told a fill that had been told before."),
    Point("ack_lost_and_found", "An order whose create had no answer was found by a question."),
    Point("timed_out_and_absent", "An order whose create had no answer was concluded never to have been."),
    Point("gap_resynced", "A book whose sequence had broken was whole again."),
    Point("snapshot_older_than_buffer", "A snapshot came that was older than every delta kept for it."),
    Point("dead_man_fired", "The venue cancelled everything because it had not heard from us.", "dead_man_switch"),
    Point("cancel_only_with_inventory", "A cancel-only window opened and closed over a position."),
    Point("post_only_refused_after_restart", "A post-only order would have crossed within 10 s of a restart."),
    Point("rate_limited_while_cancelling", "A cancel was refused for the rate."),
    Point("ban_in_force", "A request was turned away, or announced to be, because of a ban."),
    Point("stale_feed_pull", "A quote was cancelled while its book was stale or broken."),
    Point("clock_stepped_back_with_timers", "The host's wall clock stepped back while an alarm was set."),
    Point("timestamp_refused", "A signed request was refused for its time."),
    Point("crash_between_journal_and_send", "The process died with a create in the journal that had not left."),
    Point("crash_between_send_and_ack", "The process died with a create on its way."),
    Point("two_instances_alive", "Two processes of the bot were alive at once.", "two_instances"),
    Point("hard_heap_mark", "The process was killed at the hard mark of its memory."),
    Point("queue_shed", "Told that memory is short, the bot let go of records."),
    Point("kill_with_unknown_orders", "The process ended while the fate of an order was unknown to it."),
    Point("partial_fill_then_amend", "An order that had traded in part was amended."),
    Point("orphan_found", "A read showed an order on the book that the bot had taken for gone, or never knew."),
    Point("liveness_entered_with_doubt", "The calm began while an order was in doubt."),
    Point("inventory_shed", "In the calm, inventory above the guard's soft mark went below it."),
)
POINTS: Final[Mapping[str, Point]] = MappingProxyType({point.name: point for point in _ALL})


def regime_states() -> Iterator[str]:
    """Name every pair of a regime and a state of an order."""
    for regime in REGIMES:
        for state in State:
            yield pair_of(regime, state)


def pair_of(regime: str, state: str) -> str:
    """Name a regime and the state of an order that was in it."""
    return f"{regime} x {state}"


class Sometimes:
    """Counts for one run how often each point was reached, and each pair of regime and order state."""

    def __init__(self) -> None:
        """Nothing was reached yet."""
        self.counts: dict[str, int] = {}
        self.regime_states: dict[str, int] = {}

    def note(self, name: str) -> None:
        """Count a point; a name that is none is our mistake."""
        assert name in POINTS, name
        self.counts[name] = self.counts.get(name, 0) + 1

    def note_state(self, regime: str, state: str) -> None:
        """Count an order seen in a state while its symbol was in a regime."""
        pair = pair_of(regime, state)
        self.regime_states[pair] = self.regime_states.get(pair, 0) + 1
