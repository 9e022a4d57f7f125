"""Book topics: one depth of one symbol each, told to whoever listens, with a counter of its own.

A counter rises by one with every message; the first message after the service was restarted has the
counter 1. Best prices (depth 1) are told whole each time they change, and once more, with the same
counter, when they have not changed for three seconds.
"""

from typing import Any, Final

from sim.exchange import Lingering
from sim.serve.market_reads import BOOK_SEQ, levels
from sim.venue.feeds import Feed, View
from strategy.instrument import SPOT, Instrument
from strategy.units import NS_PER_MS, NS_PER_S

BEST: Final = 1
DEPTHS: Final = {"linear": (1, 50, 200, 500, 1000), SPOT: (1, 50, 200, 1000)}
_REPEAT_NS: Final = 3 * NS_PER_S

Levels = Any


class Shelf:
    """What is told of one depth of one symbol."""

    def __init__(self, instrument: Instrument, depth: int, shown: int, feed: Feed, last_u: int) -> None:
        """``depth`` names the topic; no more than ``shown`` levels of a side are known to anybody.

        ``last_u`` is where it goes on counting from: that of the whole book, which has a message for each of
        the venue's own.
        """
        self.instrument = instrument
        self.topic = f"orderbook.{depth}.{instrument.symbol}"
        self.depth = depth
        self._levels = min(depth, shown)
        self._feed = feed
        self._views = View(1, self._levels), View(-1, self._levels)
        self._u = last_u
        self._seq = 0
        self._told_ns = 0
        self._at_ms = 0
        self.begin()

    def begin(self) -> None:
        """Look at the book as it is, and go on from there."""
        for view, best in zip(self._views, self._feed.levels(self._levels), strict=True):
            view.moved([], best)

    def restart(self) -> None:
        """Count from the beginning again: the next message has the counter 1."""
        self._u = 0
        self.begin()

    def news(self, bids: Levels, asks: Levels, seq: int, venue_ns: int, now_ns: int) -> dict[str, Any] | None:
        """Give the message for levels that changed in the venue's book; None where nothing in view did."""
        changed = list(bids), list(asks)
        if not any(view.needs_look(side) for view, side in zip(self._views, changed, strict=True)):
            told = [view.resized(side) for view, side in zip(self._views, changed, strict=True)]
        else:
            best = self._feed.levels(self._levels)
            told = [view.moved(side, now) for view, side, now in zip(self._views, changed, best, strict=True)]
        if not (told[0] or told[1]):
            return None
        self._u, self._seq, self._told_ns = self._u + 1, BOOK_SEQ + seq, now_ns
        self._at_ms = venue_ns // NS_PER_MS
        if self.depth == BEST:
            return self._whole(self._at_ms)
        return self._message("delta", told[0], told[1], self._at_ms)

    def whole(self, seq: int, venue_ns: int, now_ns: int, lingering: Lingering = ((), ())) -> dict[str, Any]:
        """Give the book in view, with the counter of the last message; ``lingering`` levels are told with it."""
        self._u, self._told_ns = max(1, self._u), now_ns
        self._seq, self._at_ms = max(self._seq, BOOK_SEQ + seq), venue_ns // NS_PER_MS
        return self._whole(self._at_ms, lingering)

    def repeated(self, venue_ns: int, now_ns: int) -> dict[str, Any] | None:
        """Give best prices once more where they have been still for three seconds."""
        if self.depth != BEST or now_ns - self._told_ns < _REPEAT_NS:
            return None
        self._told_ns = now_ns
        return self._whole(venue_ns // NS_PER_MS)

    def _whole(self, ts_ms: int, lingering: Lingering = ((), ())) -> dict[str, Any]:
        bids, asks = (dict(old) | view.told for old, view in zip(lingering, self._views, strict=True))
        return self._message("snapshot", sorted(bids.items(), reverse=True), sorted(asks.items()), ts_ms)

    def _message(self, kind: str, bids: Levels, asks: Levels, ts_ms: int) -> dict[str, Any]:
        one = self.instrument
        stamped = one.kind == SPOT or self.depth == BEST
        named = {"ts": ts_ms, "type": kind} if stamped else {"type": kind, "ts": ts_ms}
        data = {"s": one.symbol, "b": levels(one, bids), "a": levels(one, asks), "u": self._u, "seq": self._seq}
        return {"topic": self.topic, **named, "data": data, "cts": self._at_ms}
