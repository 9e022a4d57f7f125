"""What the bot could know of the books: is the sequence unbroken, and when was the last proof of life.

A book is consistent from a snapshot on as long as every message joins the one before. Deltas that come
before the snapshot they belong to are kept. One that shows a side empty, or a bid at its best ask or above,
is no ground to quote on either. A message that
took long proves life as of when it was told, as far as the venue's clock is known by what was delivered.
"""

from typing import Final

import msgspec

from sim.oracle.touches import Touches
from strategy import events

_KEPT_MAX: Final = 1024


class Feed(msgspec.Struct):
    """One symbol. Instants are the bot's clock. ``broken_ns`` is when the break became knowable.

    ``asked_ns`` is when a book was last asked for: who does not ask is not excused by having none. A feed of
    which nothing has joined for ``age_ns_max`` counts anew: what seems old is then of another count.
    ``touches`` are its best prices of late.
    """

    age_ns_max: int
    seq: int = 0
    is_whole: bool = False
    proof_ns: int = 0
    broken_ns: int = 0
    asked_ns: int = 0
    mark_ticks: int = 0
    # What its levels show that no book should, and since when.
    wrong: str = ""
    wrong_ns: int = 0
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    kept: list[events.BookDelta] = []
    touches: Touches = msgspec.field(default_factory=Touches)

    def blind_since_ns(self, now_ns: int, age_ns_max: int) -> int:
        """Give since when there has been no ground to quote on; 0 where there is."""
        if not self.is_whole:
            return self.broken_ns
        if self.wrong:
            return self.wrong_ns
        old_ns = self.proof_ns + age_ns_max
        return old_ns if now_ns > old_ns else 0

    def why_blind(self, now_ns: int, age_ns_max: int) -> str:
        """Say why there is no ground to quote on; empty where there is."""
        if not self.is_whole:
            return self.wrong or ("the sequence is broken" if self.proof_ns else "no book was ever consistent")
        if self.wrong:
            return self.wrong
        age_ns = now_ns - self.proof_ns
        return f"the last proof of life is {age_ns // 1_000_000} ms old" if age_ns > age_ns_max else ""

    def snapshot(self, now_ns: int, event: events.BookSnapshot, late_ns: int = 0) -> None:
        """Take a snapshot; one that was asked for races the stream and may be older than it."""
        told_ns = now_ns - late_ns
        if event.asked_ns:
            if late_ns > self.age_ns_max:
                return
            told_ns = now_ns
            if self.is_whole and event.seq < self.seq:
                return
            if self.kept and event.seq < self.kept[0].prev_seq:
                return
        else:
            self.kept.clear()
        was_broken_ns = 0 if self.is_whole else self.broken_ns
        self.seq, self.is_whole, self.proof_ns = event.seq, True, max(self.proof_ns, told_ns)
        if event.bids:
            self.mark_ticks = event.bids[0][0]
        self.bids, self.asks = dict(event.bids), dict(event.asks)
        self._look(now_ns)
        kept, self.kept = self.kept, []
        for delta in kept:
            self._join(now_ns, told_ns, delta)
        if not self.is_whole and was_broken_ns:
            self.broken_ns = was_broken_ns  # it was not whole in between

    def delta(self, now_ns: int, event: events.BookDelta, late_ns: int = 0) -> None:
        """Take a delta: it joins, is old, or shows a gap."""
        self._join(now_ns, now_ns - late_ns, event)

    def heartbeat(self, now_ns: int, event: events.BookHeartbeat, late_ns: int = 0) -> None:
        """Take a proof of life: of this very sequence, or of one we have not seen."""
        if not self.is_whole:
            return
        if event.seq < self.seq:
            if now_ns - self.proof_ns > self.age_ns_max:
                self.lose(now_ns)
            return
        if event.seq > self.seq:
            self.lose(now_ns)
        else:
            self.proof_ns = max(self.proof_ns, now_ns - late_ns)

    def lose(self, now_ns: int) -> None:
        """Note that the mirror cannot be trusted from here on."""
        if self.is_whole or not self.broken_ns:
            self.broken_ns = now_ns
        self.is_whole = False

    def forget(self, now_ns: int) -> None:
        """Note that the stream broke, or that whoever listened is gone: what was kept joins nothing."""
        self.lose(now_ns)
        self.kept.clear()

    def _join(self, now_ns: int, told_ns: int, event: events.BookDelta) -> None:
        if self.is_whole and event.seq <= self.seq and now_ns - self.proof_ns > self.age_ns_max:
            self.lose(now_ns)
        if not self.is_whole:
            if len(self.kept) >= _KEPT_MAX:
                del self.kept[0]
            self.kept.append(event)
        elif event.seq <= self.seq:
            return
        elif event.prev_seq > self.seq:
            self.lose(now_ns)
            self.kept = [event]
        else:
            self.seq, self.proof_ns = event.seq, max(self.proof_ns, told_ns)
            for side, changed in ((self.bids, event.bids), (self.asks, event.asks)):
                side.update(changed)
                for price in [price for price, lots in changed if not lots]:
                    side.pop(price, None)
            self._look(now_ns)

    def _look(self, now_ns: int) -> None:
        """See whether the levels are those of a book."""
        was_wrong, self.wrong = self.wrong, ""
        if not (self.bids and self.asks):
            self.wrong = "a side of the book is empty"
        elif (bid_ticks := max(self.bids)) >= (ask_ticks := min(self.asks)):
            # It cannot be true, so nothing can join it: another whole one is needed.
            self.wrong = "the book is crossed"
            self.lose(now_ns)
        else:
            self.touches.told(now_ns, bid_ticks, ask_ticks)
        if self.wrong and not was_wrong:
            self.wrong_ns = now_ns
