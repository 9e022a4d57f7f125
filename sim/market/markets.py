"""All symbols' markets on one clock: whoever is next moves next, so that nobody sees the future."""

from collections.abc import Sequence
from typing import Final, Protocol

_NEVER: Final = 2**63


class Stepped(Protocol):
    """One symbol's market."""

    @property
    def next_ns(self) -> int:
        """The instant of its next event."""

    @property
    def touched(self) -> bool:
        """Whether the last ``advance`` ended with something that concerned us."""

    def advance(self, until_ns: int) -> int:
        """Process events up to ``until_ns``, or stop after one that concerned us."""


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
            first, first_ns, second_ns = self._soonest()
            if first_ns > until_ns:
                return until_ns
            # The others wait at their own next events: the first may run up to just before those.
            target_ns = min(until_ns, max(second_ns - 1, first_ns))
            reached_ns = first.advance(target_ns)
            if first.touched:
                return reached_ns

    def _soonest(self) -> tuple[Stepped, int, int]:
        """Give the market that moves next, when it does, and when the one after it does."""
        first, first_ns, second_ns = self._markets[0], _NEVER, _NEVER
        for market in self._markets:
            next_ns = market.next_ns
            if next_ns < first_ns:
                first, first_ns, second_ns = market, next_ns, first_ns
            elif next_ns < second_ns:
                second_ns = next_ns
        return first, first_ns, second_ns
