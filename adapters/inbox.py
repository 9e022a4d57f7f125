"""What has come in and was not taken in yet: one queue for every source, in the order of arrival.

It is bounded. Beyond the bound market words are let go of, and only those: the sequence numbers of the
next ones show the hole, and the core asks for a book. A word about an order is never let go of; a
core that cannot keep up even with those is one that must not trade.
"""

from collections import deque
from typing import Final

from strategy import events
from strategy.errors import OurMistake

# Half of what may wait in all, as at a simulated host: whatever the market says, words about orders have room.
MARKET_MAX: Final = 10_000
_MARKET: Final = (events.BookDelta, events.BookSnapshot, events.BookHeartbeat, events.PublicTrade)

# When it came (our clock), what was said, and the request that is over with it (0: none).
Came = tuple[int, events.Event | None, int]


class Inbox:
    """Words in the order in which they came."""

    def __init__(self, most: int = MARKET_MAX) -> None:
        """``most`` bounds market words; twice as many of all kinds is more than can be."""
        self._most = most
        self._waiting: deque[Came] = deque()
        self.let_go = 0  # market words, in all

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, now_ns: int, event: events.Event | None, over: int = 0) -> bool:
        """Take a word; False where it was let go of. Raises ``OurMistake`` where not even orders fit any more."""
        if len(self._waiting) >= self._most:
            if isinstance(event, _MARKET):
                self.let_go += 1
                return False
            if len(self._waiting) >= 2 * self._most:
                raise OurMistake(f"{len(self._waiting)} words wait to be taken in")
        self._waiting.append((now_ns, event, over))
        return True

    def take(self) -> Came:
        """Give the oldest word."""
        return self._waiting.popleft()

    def clear(self) -> None:
        """Forget what waits: the process that would have taken it in is over."""
        self._waiting.clear()
