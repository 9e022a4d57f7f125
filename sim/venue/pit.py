"""One symbol's market as the venue sees it: a book of models, or a recorded one."""

from collections.abc import Mapping
from typing import Any, Protocol

from sim.venue.matching import Match
from sim.venue.orders import VenueOrder


class Pit(Protocol):
    """Where our orders rest and trade; ``book`` has best prices, twice the mid and ``crosses``.

    The venue says whether anybody ``trades`` at all, and whether others ``quote``.
    """

    symbol: str
    book: Any
    trades: bool
    quotes: bool
    shot_ticks: float | None
    """The price that the sniper knows, in fractional ticks, while it is he who takes; else None."""

    @property
    def ours(self) -> Mapping[str, Any]:
        """Our orders that rest here, by client id."""

    @property
    def fair_ticks(self) -> float | None:
        """The price that the best informed know, in fractional ticks; None where nobody knows one."""

    def enter(self, order: VenueOrder, lots: int, now_ns: int) -> None:
        """Rest an order of ours."""

    def leave(self, order: VenueOrder) -> None:
        """Take an order of ours off the book."""

    def shrink(self, order: VenueOrder, by_lots: int) -> None:
        """Make an order of ours smaller in its place."""

    def take(self, side: int, lots: int, limit_ticks: int, now_ns: int) -> list[Match]:
        """Trade for us as the aggressor."""

    def fillable_lots(self, side: int, limit_ticks: int) -> int:
        """Count what we could take as the aggressor."""

    def changed_levels(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Give the levels that changed since the last call."""

    def ahead_lots(self, order: VenueOrder) -> int:
        """Count what stands before an order of ours in its queue."""

    def levels(self, depth: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Give the best levels of each side, best first."""
