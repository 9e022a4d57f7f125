"""Mirror one symbol's L2 book from snapshot and deltas.

A sequence gap is a value, not an exception: the book says ``ok = False``, keeps the deltas that
follow, and waits for a snapshot that joins them. Nobody quotes on a book that is not ``ok``.

``proof_ns`` (our clock) is when the venue gave the last *proof of life of this symbol*: a delta that
joined, a heartbeat naming our own sequence, a snapshot. Pongs prove nothing; frozen feeds answer pings.
What took seconds to arrive was said seconds ago, and proves no more than that.
"""

from typing import Final

import msgspec

from strategy.events import BookDelta, BookHeartbeat, BookSnapshot, Levels
from strategy.units import BPS, BUY, SELL

APPLIED: Final = "applied"
OLD: Final = "old"
GAP: Final = "gap"
BUFFERED: Final = "buffered"

# Deltas kept while a snapshot loads. Past it the oldest goes, and only a younger snapshot joins.
BUFFER_MAX: Final = 1024


class Book(msgspec.Struct):
    """Sizes by price and the best of each side; prices and sizes are 0 where a side is empty."""

    symbol: str
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    best_bid_ticks: int = 0
    best_ask_ticks: int = 0
    seq: int = 0
    ok: bool = False
    proof_ns: int = 0
    gaps: int = 0
    buffer: list[BookDelta] = []

    @property
    def is_two_sided(self) -> bool:
        """Say whether both sides show a price."""
        return self.best_bid_ticks > 0 and self.best_ask_ticks > 0

    @property
    def is_crossed(self) -> bool:
        """Say whether it shows a bid at its best ask or above: no book does, so it is not the venue's."""
        return self.is_two_sided and self.best_bid_ticks >= self.best_ask_ticks

    @property
    def mid2_ticks(self) -> int:
        """Twice the mid in ticks, exact; 0 when a side is empty."""
        return self.best_bid_ticks + self.best_ask_ticks if self.is_two_sided else 0

    def lots_at(self, side: int, price_ticks: int) -> int:
        """Give the size resting at a price, 0 where none does."""
        return (self.bids if side == BUY else self.asks).get(price_ticks, 0)

    def snapshot(self, told_ns: int, event: BookSnapshot) -> str:
        """Take a snapshot, said at ``told_ns``; deltas kept from after it are joined, and may show another gap."""
        if event.asked_ns:
            # A fetched snapshot races the stream: older than what we have, it proves nothing.
            if self.ok and event.seq < self.seq:
                return OLD
            if self.buffer and event.seq < self.buffer[0].prev_seq:
                return OLD
        else:
            # The stream is first-in-first-out: everything kept is from before this snapshot.
            self.buffer.clear()
        self.bids = {price: size for price, size in event.bids if size > 0}
        self.asks = {price: size for price, size in event.asks if size > 0}
        self.best_bid_ticks = max(self.bids, default=0)
        self.best_ask_ticks = min(self.asks, default=0)
        self.seq, self.proof_ns, self.ok = event.seq, max(self.proof_ns, told_ns), not self.is_crossed
        kept, self.buffer = self.buffer, []
        for delta in kept:
            self.delta(told_ns, delta)
        return APPLIED if self.ok else GAP

    def delta(self, told_ns: int, event: BookDelta) -> str:
        """Apply a delta that joins, said at ``told_ns``; keep one that does not and say so."""
        if not self.ok:
            if len(self.buffer) >= BUFFER_MAX:
                del self.buffer[0]
            self.buffer.append(event)
            return BUFFERED
        if event.seq <= self.seq:
            return OLD
        if event.prev_seq > self.seq:
            return self._gap(event)
        self._set_bids(event.bids)
        self._set_asks(event.asks)
        self.seq, self.proof_ns = event.seq, max(self.proof_ns, told_ns)
        if self.is_crossed:
            return self._gap(None)
        return APPLIED

    def heartbeat(self, told_ns: int, event: BookHeartbeat) -> str:
        """Take a proof of life, given at ``told_ns``; one that names a later sequence shows what we missed."""
        if not self.ok or event.seq < self.seq:
            return OLD
        if event.seq > self.seq:
            return self._gap(None)
        self.proof_ns = max(self.proof_ns, told_ns)
        return APPLIED

    def lose(self) -> None:
        """Forget that the mirror is true: the stream broke and nothing missed is replayed."""
        self.ok = False
        self.buffer.clear()

    def shed(self) -> None:
        """Let go of the deltas that are kept, but the latest: a book from before it is known to lack some."""
        if self.buffer:
            self.buffer = [max(self.buffer, key=_seq_of)]

    def ticklots_near(self, width_bps: float) -> float:
        """Sum price times size of both sides within ``width_bps`` (full width) of the mid."""
        mid2 = self.mid2_ticks
        reach_ticks = mid2 * width_bps / BPS / 4  # half the width, of half of twice the mid
        low, high = mid2 / 2 - reach_ticks, mid2 / 2 + reach_ticks
        near = sum(price * size for price, size in self.bids.items() if price >= low)
        return float(near + sum(price * size for price, size in self.asks.items() if price <= high))

    def _gap(self, event: BookDelta | None) -> str:
        self.ok = False
        self.gaps += 1
        self.buffer = [] if event is None else [event]
        return GAP

    def _set_bids(self, levels: Levels) -> None:
        bids, best = self.bids, self.best_bid_ticks
        for price, size in levels:
            if size:
                bids[price] = size
                if price > best:
                    best = price
            else:
                bids.pop(price, None)
        self.best_bid_ticks = best if best in bids else max(bids, default=0)

    def _set_asks(self, levels: Levels) -> None:
        asks, best = self.asks, self.best_ask_ticks
        for price, size in levels:
            if size:
                asks[price] = size
                if price < best or not best:
                    best = price
            else:
                asks.pop(price, None)
        self.best_ask_ticks = best if best in asks else min(asks, default=0)


def _seq_of(event: BookDelta) -> int:
    return event.seq


def best_of(book: Book, side: int) -> int:
    """Give the best price of a side in ticks, 0 where it is empty."""
    return book.best_bid_ticks if side == BUY else book.best_ask_ticks


def opposite_of(book: Book, side: int) -> int:
    """Give the best price an order of this side would take, 0 where there is none."""
    return best_of(book, SELL if side == BUY else BUY)
