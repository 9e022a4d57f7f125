"""One order as evidence knows it: what was asked of it, what was said of it, and nothing else.

This is a second road to what ``strategy.orders`` keeps, on purpose: it shares no line with it.
It has no states, only facts with instants, and every question is answered from those.
"""

from typing import Final

import msgspec

from strategy.units import BUY

# How an order ended, as far as evidence goes.
TOLD: Final = "told"
ABSENT: Final = "absent"
NEVER_LEFT: Final = "never_left"


class Change(msgspec.Struct, frozen=True, gc=False):
    """An amend that left and whose outcome is not known. ``through_ns``: it has landed or died by then."""

    price_ticks: int
    size_lots: int
    through_ns: int


class Known(msgspec.Struct, kw_only=True):
    """Facts about one order. Instants are the bot's clock, ``word_venue_ns`` the venue's; 0 is never.

    ``word_ns`` is when the last word of where it stands was heard, ``word_venue_ns`` when it was said.

    ``over`` says how it ended, empty while it may be alive. ``waiting`` holds, by kind of request,
    when the oldest unanswered one left; ``doubted`` when one was said to have no verdict.
    ``seen_ns`` is the first proof that it was on the book, ``free_ns`` since when it is known to
    be there with no cancel on its way and one may leave, where one was refused for the rate not before
    ``again_ns``. ``ended_ns`` is since when it is over, ``risen_ns`` when it was
    shown open again long after that, as by a venue back from an old snapshot. ``rivals`` may have
    been alive in its slot when it left. ``baseless``: prices that left with no ground for them, and why.
    """

    client_id: str
    symbol: str
    slot: str
    side: int
    price_ticks: int
    size_lots: int
    through_ns: int
    is_ours: bool = True
    reduce_only: bool = False
    changes: list[Change] = []
    filled_lots: int = 0
    told_lots: int = 0
    over: str = ""
    waiting: dict[str, int] = {}
    doubted: dict[str, int] = {}
    word_venue_ns: int = 0
    word_ns: int = 0
    seen_ns: int = 0
    free_ns: int = 0
    cancel_ns: int = 0
    again_ns: int = 0
    ended_ns: int = 0
    risen_ns: int = 0
    rivals: tuple[str, ...] = ()
    baseless: dict[int, str] = {}

    @property
    def size_worst_lots(self) -> int:
        """Give the greatest total size it may have, every amend that may have landed included."""
        if not self.changes:
            return self.size_lots
        return max(self.size_lots, *(change.size_lots for change in self.changes))

    @property
    def worst_lots(self) -> int:
        """Give the most it may still add to the position counted from delivered fills."""
        most = self.told_lots if self.over else max(self.size_worst_lots, self.told_lots)
        return max(0, most - self.filled_lots)

    @property
    def reach_ticks(self) -> int:
        """Give the most aggressive price it may stand at."""
        prices = [self.price_ticks, *(change.price_ticks for change in self.changes)]
        return max(prices) if self.side == BUY else min(prices)

    def why_in_doubt(self, now_ns: int, silence_ns: int) -> str:
        """Say what makes its fate provably unknown; empty when nothing does."""
        if self.over:
            return ""
        for request, since_ns in self.doubted.items():
            return f"{request} without a verdict since {_ms(now_ns - since_ns)} ms"
        for request, sent_ns in self.waiting.items():
            if now_ns - sent_ns > silence_ns:
                return f"{request} without an answer since {_ms(now_ns - sent_ns)} ms"
        return ""

    def settle(self, *requests: str) -> None:
        """Note that the fate of these requests is known."""
        for request in requests:
            self.waiting.pop(request, None)
            self.doubted.pop(request, None)

    def was_seen(self, now_ns: int) -> None:
        """Note a proof that it is on the book."""
        if not self.seen_ns:
            self.seen_ns = self.free_ns = now_ns

    def rise(self, now_ns: int) -> None:
        """Note that the venue has it on the book again: none of the bot's doing, and in nobody's slot."""
        self.over, self.slot, self.is_ours = "", "", False
        self.ended_ns, self.risen_ns, self.free_ns, self.cancel_ns = 0, now_ns, now_ns, 0

    def end(self, how: str) -> None:
        """Note that it cannot trade any more; what was read as an absence may still turn up."""
        self.over = how
        self.changes = []
        self.waiting = {}
        self.doubted = {}


def _ms(span_ns: int) -> int:
    return span_ns // 1_000_000
