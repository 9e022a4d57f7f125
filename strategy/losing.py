"""Orders that are lost one after the other: created, never answered, concluded absent.

Each costs many questions until its absence may be believed. Where the venue takes none, creating the next
one at once would keep all traffic up for ever, so one is tried at a time, ever more seldom, until one works.
"""

from typing import Final

import msgspec

from strategy.backoff import pause_ns
from strategy.units import NS_PER_S

# So many in a row are twice both sides of a symbol: no bad luck of single orders.
LOST_MIN: Final = 4
_PAUSE_NS: Final = 2 * NS_PER_S
# Once the venue takes orders again, nobody waits longer than this for the first.
_PAUSE_NS_MAX: Final = 24 * NS_PER_S


class Losing(msgspec.Struct):
    """``lost``: by symbol, orders in a row; ``try_ns``: when its next one may be created, by our clock.

    An order that works, of any symbol, ends it for all.
    """

    lost: dict[str, int] = {}
    try_ns: dict[str, int] = {}

    def has_lost(self, symbol: str) -> None:
        """Count an order that nobody ever answered and that was concluded absent."""
        self.lost[symbol] = self.lost.get(symbol, 0) + 1

    def is_on(self, symbol: str) -> bool:
        """Say whether another order of a symbol is no more than a try."""
        return self.lost.get(symbol, 0) >= LOST_MIN

    def tries(self, now_ns: int, symbol: str) -> None:
        """Have the next try wait: the others for one pause, this symbol for its turn."""
        losing = [one for one in self.lost if self.is_on(one)]
        if symbol in losing:
            pause = pause_ns(_PAUSE_NS, self.lost[symbol] - LOST_MIN, _PAUSE_NS_MAX)
            self.try_ns = {one: max(now_ns + pause, self.try_ns.get(one, 0)) for one in losing}
            self.try_ns[symbol] = now_ns + pause * len(losing)

    def works(self) -> None:
        """Note that the venue takes orders."""
        if self.lost:
            self.lost.clear()
            self.try_ns.clear()
