"""The adversary: takes whatever quote of ours is better than the fair price, after a fixed time.

Budish, Cramton and Shim, "The high-frequency trading arms race", Quarterly Journal of Economics 130
(2015): whoever does not withdraw a stale quote in time loses the race for it. Prices and the fair
one are compared in millionths of a tick.
"""

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Final

from sim.venue.matching import LimitBook, Resting
from strategy.units import BUY

MICRO: Final = 1_000_000


class Sniper:
    """Aims at stale quotes; ``aims`` is a heap whose first entry begins with the next shot's instant."""

    def __init__(self, reaction_ns: int, stale_ticks: int) -> None:
        """Take the time from a quote being stale to the order, and by how many ticks it must be."""
        self._reaction_ns = reaction_ns
        self._stale_ticks = stale_ticks
        self.aims: list[tuple[int, int, int, Resting]] = []
        self._looked = 0
        self.sniped = 0

    def look(self, quotes: Iterable[Resting], fair_micro: int, now_ns: int) -> None:
        """Start towards every quote that is stale and not yet aimed at."""
        for resting in quotes:
            if not resting.owner.is_aimed_at and self._is_stale(resting, fair_micro):
                resting.owner.is_aimed_at = True
                # One number may be aimed at twice for one instant: as the quote that was, and as what it became.
                self._looked += 1
                heappush(self.aims, (now_ns + 1 + self._reaction_ns, resting.owner.number, self._looked, resting))

    def shoot(self, book: LimitBook, fair_micro: int, is_open: bool) -> tuple[Resting, int] | None:
        """Take the next aim: give the quote and the lots that reach all of it, if it is still there and stale."""
        *_, resting = heappop(self.aims)
        resting.owner.is_aimed_at = False
        if not (is_open and resting.lots and self._is_stale(resting, fair_micro)):
            return None
        levels = book.lots[0 if resting.side == BUY else 1]
        better = sum(lots for price, lots in levels.items() if resting.side * (price - resting.price_ticks) > 0)
        self.sniped += resting.lots
        return resting, better + book.ahead_lots(resting) + resting.lots

    def _is_stale(self, resting: Resting, fair_micro: int) -> bool:
        """Say whether a quote is better than the fair price by so many whole ticks."""
        return (resting.side * (resting.price_ticks * MICRO - fair_micro)) // MICRO >= self._stale_ticks
