"""What the bot could know of the books: is the sequence unbroken, and when was the last proof of life.

Only numbers are followed, not prices: a book is consistent from a snapshot on as long as every
message joins the one before. Deltas that come before the snapshot they belong to are kept.
"""

from typing import Final

import msgspec

from strategy import events

_KEPT_MAX: Final = 1024


class Feed(msgspec.Struct):
    """One symbol. Instants are the bot's clock. ``broken_ns`` is when the break became knowable.

    ``asked_ns`` is when a book was last asked for: who does not ask is not excused by having none.
    """

    seq: int = 0
    is_whole: bool = False
    proof_ns: int = 0
    broken_ns: int = 0
    asked_ns: int = 0
    mark_ticks: int = 0
    kept: list[tuple[int, int]] = []

    def blind_since_ns(self, now_ns: int, age_ns_max: int) -> int:
        """Give since when there has been no ground to quote on; 0 where there is."""
        if not self.is_whole:
            return self.broken_ns
        old_ns = self.proof_ns + age_ns_max
        return old_ns if now_ns > old_ns else 0

    def why_blind(self, now_ns: int, age_ns_max: int) -> str:
        """Say why there is no ground to quote on; empty where there is."""
        if not self.is_whole:
            return "no book was ever consistent" if not self.proof_ns else "the sequence is broken"
        age_ns = now_ns - self.proof_ns
        return f"the last proof of life is {age_ns // 1_000_000} ms old" if age_ns > age_ns_max else ""

    def snapshot(self, now_ns: int, event: events.BookSnapshot) -> None:
        """Take a snapshot; one that was asked for races the stream and may be older than it."""
        if event.asked_ns:
            if self.is_whole and event.seq < self.seq:
                return
            if self.kept and event.seq < self.kept[0][0]:
                return
        else:
            self.kept.clear()
        was_broken_ns = 0 if self.is_whole else self.broken_ns
        self.seq, self.is_whole, self.proof_ns = event.seq, True, now_ns
        if event.bids:
            self.mark_ticks = event.bids[0][0]
        kept, self.kept = self.kept, []
        for prev_seq, seq in kept:
            self._join(now_ns, prev_seq, seq)
        if not self.is_whole and was_broken_ns:
            self.broken_ns = was_broken_ns  # it was not whole in between

    def delta(self, now_ns: int, event: events.BookDelta) -> None:
        """Take a delta: it joins, is old, or shows a gap."""
        self._join(now_ns, event.prev_seq, event.seq)

    def heartbeat(self, now_ns: int, event: events.BookHeartbeat) -> None:
        """Take a proof of life: of this very sequence, or of one we have not seen."""
        if not self.is_whole or event.seq < self.seq:
            return
        if event.seq > self.seq:
            self.lose(now_ns)
        else:
            self.proof_ns = now_ns

    def lose(self, now_ns: int) -> None:
        """Note that the mirror cannot be trusted from here on."""
        if self.is_whole or not self.broken_ns:
            self.broken_ns = now_ns
        self.is_whole = False

    def forget(self, now_ns: int) -> None:
        """Note that the stream broke, or that whoever listened is gone: what was kept joins nothing."""
        self.lose(now_ns)
        self.kept.clear()

    def _join(self, now_ns: int, prev_seq: int, seq: int) -> None:
        if not self.is_whole:
            if len(self.kept) >= _KEPT_MAX:
                del self.kept[0]
            self.kept.append((prev_seq, seq))
        elif seq <= self.seq:
            return
        elif prev_seq > self.seq:
            self.lose(now_ns)
            self.kept = [(prev_seq, seq)]
        else:
            self.seq, self.proof_ns = seq, now_ns
