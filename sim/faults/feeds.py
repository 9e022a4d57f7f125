"""Messages of market data that are lost, fall silent on a stream that is fine, or come out of turn."""

from typing import Final

from sim.dice import Dice
from sim.faults.installing import Install, as_rule
from sim.plan import PlannedFault
from sim.wire import LOST, PUBLIC, REST_DOWN, Fate, Message
from strategy.units import NS_PER_MS

_COUNTED: Final = ("book_delta", "book_heartbeat")
_BOOK: Final = "book_snapshot"


class FeedGap:
    """Loses so many updates in a row, of each symbol it hits, from its start on, and after whole books again."""

    def __init__(self, fault: PlannedFault, _dice: Dice) -> None:
        """Take a planned fault; there is nothing to draw."""
        self._fault = fault
        self._symbols = tuple(fault.params["symbols"])
        self._lost: dict[str, int] = {}
        self._again: dict[str, int] = {}

    def fate(self, link: str, message: Message, now_ns: int) -> Fate | None:
        """Lose the next update of a symbol until the count is full."""
        symbol = message.symbol
        if now_ns < self._fault.start_ns or (self._symbols and symbol not in self._symbols):
            return None
        if link in (PUBLIC, REST_DOWN) and message.kind == _BOOK:
            self._reopen(symbol)
        if link != PUBLIC or message.kind not in _COUNTED:
            return None
        lost = self._lost.get(symbol, 0)
        if lost >= self._fault.params["lost_messages"]:
            return None
        self._lost[symbol] = lost + 1
        return LOST

    def _reopen(self, symbol: str) -> None:
        """Begin anew at a whole book, as often as that is to be."""
        again = self._again.get(symbol, 0)
        if symbol in self._lost and again < self._fault.params["again"]:
            self._again[symbol], self._lost[symbol] = again + 1, 0


class FeedFrozen:
    """Loses whatever the public stream says of a symbol; where reads freeze as well, its fetched books."""

    def __init__(self, fault: PlannedFault, _dice: Dice) -> None:
        """Take a planned fault; there is nothing to draw."""
        self._fault = fault
        self._symbols = tuple(fault.params["symbols"])

    def fate(self, link: str, message: Message, now_ns: int) -> Fate | None:
        """Lose what is about a symbol that is hit; the stream's own words are about none."""
        is_book = link == PUBLIC or (link == REST_DOWN and message.kind == _BOOK and self._fault.params["reads"])
        if not is_book or not message.symbol or not self._fault.start_ns <= now_ns < self._fault.end_ns:
            return None
        return LOST if not self._symbols or message.symbol in self._symbols else None


class FeedDisorder:
    """Has some updates stray: they come late and hold nothing up. The draws are keyed by a symbol's count."""

    def __init__(self, fault: PlannedFault, dice: Dice) -> None:
        """Take a planned fault."""
        self._fault, self._dice = fault, dice
        self._symbols = tuple(fault.params["symbols"])
        self._counts: dict[str, int] = {}

    def fate(self, link: str, message: Message, now_ns: int) -> Fate | None:
        """Say whether an update is told late."""
        fault, symbol = self._fault, message.symbol
        if link != PUBLIC or message.kind not in _COUNTED or not fault.start_ns <= now_ns < fault.end_ns:
            return None
        if self._symbols and symbol not in self._symbols:
            return None
        count = self._counts[symbol] = self._counts.get(symbol, 0) + 1
        if self._dice.unit("fault", fault.id, symbol, count) >= fault.params["prob"]:
            return None
        return Fate(extra_ns=round(fault.params["late_ms"] * NS_PER_MS), strays=True)


INSTALL: Final[dict[str, Install]] = {
    "feed_gap": as_rule(FeedGap),
    "feed_frozen": as_rule(FeedFrozen),
    "feed_disorder": as_rule(FeedDisorder),
}
