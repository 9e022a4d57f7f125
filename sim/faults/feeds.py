"""Market data that skip, or fall silent on a stream that is fine."""

from typing import Final

from sim.dice import Dice
from sim.faults.installing import Install, as_rule
from sim.plan import PlannedFault
from sim.wire import LOST, PUBLIC, REST_DOWN, Fate, Message

_COUNTED: Final = ("book_delta", "book_heartbeat")
_BOOK: Final = "book_snapshot"


class FeedGap:
    """Loses so many updates in a row, of each symbol it hits, from its start on."""

    def __init__(self, fault: PlannedFault, _dice: Dice) -> None:
        """Take a planned fault; there is nothing to draw."""
        self._fault = fault
        self._symbols = tuple(fault.params["symbols"])
        self._lost: dict[str, int] = {}

    def fate(self, link: str, message: Message, now_ns: int) -> Fate | None:
        """Lose the next update of a symbol until the count is full."""
        if link != PUBLIC or message.kind not in _COUNTED or now_ns < self._fault.start_ns:
            return None
        if self._symbols and message.symbol not in self._symbols:
            return None
        lost = self._lost.get(message.symbol, 0)
        if lost >= self._fault.params["lost_messages"]:
            return None
        self._lost[message.symbol] = lost + 1
        return LOST


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


INSTALL: Final[dict[str, Install]] = {"feed_gap": as_rule(FeedGap), "feed_frozen": as_rule(FeedFrozen)}
