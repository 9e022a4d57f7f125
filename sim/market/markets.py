"""All symbols' markets on one clock: whoever is next moves next, so that nobody sees the future."""

from collections.abc import Sequence
from typing import Protocol


class Stepped(Protocol):
    """One symbol's market."""

    @property
    def next_ns(self) -> int:
        """The instant of its next event."""

    def advance(self, until_ns: int) -> int:
        """Process events up to ``until_ns``, or stop early after one that concerned us."""


class Markets:
    """Advance several markets together."""

    def __init__(self, markets: Sequence[Stepped]) -> None:
        """Take the markets in the order in which they go at one instant."""
        self._markets = tuple(markets)

    def advance(self, until_ns: int) -> int:
        """Process everything up to ``until_ns``; an earlier answer means: something was scheduled, look again."""
        if len(self._markets) == 1:
            return self._markets[0].advance(until_ns)
        while True:
            first = min(self._markets, key=_next_ns)
            if first.next_ns > until_ns:
                return until_ns
            # The others wait at their own next events: the first may run up to just before those.
            horizon_ns = min((other.next_ns for other in self._markets if other is not first), default=until_ns)
            target_ns = min(until_ns, max(horizon_ns - 1, first.next_ns))
            reached_ns = first.advance(target_ns)
            if reached_ns < target_ns:
                return reached_ns


def _next_ns(market: Stepped) -> int:
    return market.next_ns
