"""What every modelled market has: one book that we share with the others, and a hash of what they did."""

import hashlib
from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable
from typing import Any, Final

from sim.venue.matching import LimitBook, Match, Resting

NEVER: Final = 2**62
_HASH_EVERY: Final = 4096
# A polynomial over whole words: any other proposal, or another order of them, gives another sum.
_FOLD: Final = 6_364_136_223_846_793_005
_WORD: Final = 2**64 - 1
# What an event was, in the market's hash.
REST, TAKE, DIE, DROP, STEP = range(5)

# Hears of every trade: (market, matches, aggressor's side, twice the mid before it, now_ns).
OnTrade = Callable[[Any, list[Match], int, int, int], None]


class SharedPit(ABC):
    """The pit our orders are entered into; who else trades there is the business of whoever inherits.

    ``touched`` says whether the last event concerned an order of ours.
    """

    def __init__(self, symbol: str, on_trade: OnTrade) -> None:
        """Start with an empty book."""
        self.symbol = symbol
        self.book = LimitBook()
        self._on_trade = on_trade
        self.trades = self.quotes = True
        self.ours: dict[str, Resting] = {}
        self.touched = False
        # The price that the sniper knows, while it is he who takes.
        self.shot_ticks: float | None = None
        self._proposals = 0
        self._proposed = 0
        self._hash = hashlib.blake2b(digest_size=16)
        self._log = array("q")
        self.events = 0

    @property
    @abstractmethod
    def next_ns(self) -> int:
        """The instant of the next event of any kind."""

    @abstractmethod
    def do_next(self, now_ns: int) -> None:
        """Process the one event that is next, which is at ``now_ns``."""

    def advance(self, until_ns: int) -> int:
        """Process events up to ``until_ns``; stop right after one that touched an order of ours."""
        self.touched = False
        while (now_ns := self.next_ns) <= until_ns:
            self.do_next(now_ns)
            if self.touched:
                return now_ns
        return until_ns

    def enter(self, order: Any, lots: int, now_ns: int) -> None:
        """Rest an order of ours at the back of its queue."""
        resting = Resting(order.side, order.price_ticks, lots, order)
        self.book.rest(resting)
        self.ours[order.client_id] = resting

    @property
    def fair_ticks(self) -> float | None:
        """The price that the sniper knows, in fractional ticks; None where nobody knows one."""
        return None

    @property
    def mid2_ticks(self) -> int:
        """Twice the mid that trades are told with: the book's."""
        return self.book.mid2_ticks

    def leave(self, order: Any) -> None:
        """Take an order of ours off the book."""
        resting = self.ours.pop(order.client_id)
        if resting.lots:
            self.book.shrink(resting, resting.lots)

    def shrink(self, order: Any, by_lots: int) -> None:
        """Make an order of ours smaller; it keeps its place."""
        self.book.shrink(self.ours[order.client_id], by_lots)

    def ahead_lots(self, order: Any) -> int:
        """Count what stands before an order of ours in its queue."""
        return self.book.ahead_lots(self.ours[order.client_id])

    def take(self, side: int, lots: int, limit_ticks: int, now_ns: int) -> list[Match]:
        """Trade for us against the book, never against ourselves; the tape hears of it."""
        mid2 = self.mid2_ticks
        matches, _ = self.book.take(side, lots, limit_ticks, spare=self)
        if matches:
            self._on_trade(self, matches, side, mid2, now_ns)
        return matches

    def fillable_lots(self, side: int, limit_ticks: int) -> int:
        """Count what we could take before we meet ourselves."""
        return self.book.fillable_lots(side, limit_ticks, spare=self)

    def changed_levels(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Give the bid and ask levels that changed since the last call, with their sizes now."""
        changed = []
        for touched, lots in zip(self.book.touched, self.book.lots, strict=True):
            changed.append([(price, lots.get(price, 0)) for price in touched])
            touched.clear()
        return changed[0], changed[1]

    def levels(self, depth: int = NEVER) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Give the best levels of each side, best first."""
        bids, asks = self.book.lots
        return sorted(bids.items(), reverse=True)[:depth], sorted(asks.items())[:depth]

    # What the others do

    def _trade(self, now_ns: int, side: int, lots: int, limit_ticks: int) -> None:
        if not self.trades:
            return
        mid2 = self.mid2_ticks
        matches, _ = self.book.take(side, lots, limit_ticks)
        if not matches:
            return
        for maker, price, size in matches:
            self._note(now_ns, TAKE, side * price, size)
            if maker.owner is not None:
                self.touched = True
        self._on_trade(self, matches, side, mid2, now_ns)

    def _shoot(self, now_ns: int, resting: Resting, lots: int, fair_ticks: float) -> None:
        """Have the sniper take so many lots, down to a quote of ours, by the price that he knows."""
        self.shot_ticks = fair_ticks
        self._trade(now_ns, -resting.side, lots, resting.price_ticks)
        self.shot_ticks = None

    def _note(self, now_ns: int, kind: int, signed_ticks: int, lots: int) -> None:
        log = self._log
        log.extend((now_ns, kind, signed_ticks, lots))
        self.events += 1
        if len(log) >= _HASH_EVERY:
            self._hash.update(log.tobytes())
            del log[:]

    def _note_proposal(self, now_ns: int, word: int) -> None:
        """Fold a proposal, whatever the book makes of it, into the sum of all of them."""
        self._proposals += 1
        self._proposed = (self._proposed * _FOLD + now_ns + word) & _WORD

    def proposals_so_far(self) -> tuple[int, int]:
        """Count the proposals until now, and give one number that all of them decide.

        What the book made of them is left out: that is ours, and of faults, as well.
        """
        return self._proposals, self._proposed

    def hash_so_far(self) -> str:
        """Give the hash of every background event until now."""
        whole = self._hash.copy()
        whole.update(self._log.tobytes())
        return whole.hexdigest()
