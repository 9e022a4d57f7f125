"""The bot's memory, accounted: what the core says it keeps, times what a record of that kind takes.

Measured, a Python process answers differently on every machine; counted, it answers the same
everywhere. A *soft* and a *tight* mark are told to the core, which sheds; at the *hard* mark the
process is killed with all it knows. Leaks and spikes are bytes that nobody can account for.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

KIB: Final = 1024

# What a record takes, its share of its container included; measured on CPython 3.11, rounded up.
RECORD_BYTES: Final[Mapping[str, int]] = {
    "live_orders": 1500,
    "ended_orders": 1500,
    "fill_ids": 200,
    "round_trips": 150,
    "answers": 120,
    "takes": 60,
    "book_levels": 120,
    "book_buffer": 800,
    "pending_markouts": 150,
    "pnl_slices": 60,
    "funding_ids": 120,
    "queue_places": 250,
}
_OTHER_BYTES: Final = 200
_INBOX_BYTES: Final = 600
# A mark is left behind only once so much of it is free again: no dancing on the mark.
_FREE_SHARE: Final = 0.02

NONE, SOFT, TIGHT, HARD = range(4)


class Budget(msgspec.Struct, frozen=True):
    """Marks in bytes, above the base."""

    soft_bytes: int
    tight_bytes: int
    hard_bytes: int


class Heap:
    """What one process takes. ``footprint`` counts its records by container, where its core can."""

    def __init__(self, inbox: Callable[[], int]) -> None:
        """``inbox`` counts what waits to be taken in."""
        self._inbox = inbox
        self.footprint: Callable[[], Mapping[str, int]] = dict
        self.budget: Budget | None = None
        # Called where the hard mark is passed, at once: whoever sets a budget says what comes of it.
        self.kill: Callable[[], None] = _spare
        self.unaccounted_bytes = 0
        self.level = NONE

    def begin(self, footprint: Callable[[], Mapping[str, int]] | None) -> None:
        """Start with a new process: what the old one took is free again."""
        self.footprint = dict if footprint is None else footprint
        self.unaccounted_bytes = 0
        self.level = NONE

    def is_spent(self) -> bool:
        """Say whether the hard mark is reached."""
        return self.budget is not None and self.used_bytes() >= self.budget.hard_bytes

    def used_bytes(self) -> int:
        """Give what the process takes above its base."""
        kept = sum(RECORD_BYTES.get(name, _OTHER_BYTES) * count for name, count in self.footprint().items())
        return kept + _INBOX_BYTES * self._inbox() + self.unaccounted_bytes

    def look(self) -> int:
        """Bring the level up to date: up at a mark, down only with room below it."""
        budget = self.budget
        if budget is None:
            self.level = NONE
            return NONE
        used = self.used_bytes()
        marks = (budget.soft_bytes, budget.tight_bytes, budget.hard_bytes)
        risen = sum(used >= mark for mark in marks)
        if risen >= self.level:
            self.level = risen
        else:
            room = _FREE_SHARE * budget.soft_bytes
            self.level = max(risen, sum(used >= mark - room for mark in marks[: self.level]))
        return self.level


def _spare() -> None:
    """Kill nobody."""
