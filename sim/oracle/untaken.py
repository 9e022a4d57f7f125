"""A symbol in which nobody takes our orders: one create after the other is lost, or refused for its price.

By evidence alone. Lost: creates that left, and reads that were asked after the create's own validity and did
not find it. Refused: for a band around a price that nobody told, or taken and cancelled at once for crossing, where
the order lay behind the best price of the other side that was shown. No quote of anybody stands there. Whoever stops
trying is not excused.
Who is told that he is too fast may wait a while before he tries again.
"""

from collections import deque
from collections.abc import Mapping
from typing import Final

from sim.oracle.evidence import Evidence
from sim.oracle.feed import Feed
from sim.oracle.known import ABSENT, Known
from strategy import events
from strategy.pacing import RATE_LIMIT
from strategy.units import BUY, NS_PER_S

# So many in a row, none of any symbol taken in between, are no bad luck of single orders.
_LOST_MIN: Final = 4
# Who would quote has tried one, of any symbol, within this: the longest pause between tries, and the doubt after it.
_TRIED_NS: Final = 45 * NS_PER_S
# How long the word that we are too fast keeps anybody from the next try.
_SLOWED_NS: Final = 10 * NS_PER_S
# Of so many orders of a side that are over, one after the other, so many were cancelled for crossing what nobody saw.
_ENDS, _CROSSED_MIN = 5, 4
_BAND: Final = "price_band"
SLOWED: Final = "it was told to be slower"


class Untaken:
    """Counts by symbol. Instants are the bot's clock."""

    def __init__(self, evidence: Evidence, feeds: Mapping[str, Feed]) -> None:
        """Nothing was tried yet."""
        self._evidence = evidence
        self._feeds = feeds
        # The creates that nobody has answered yet, by client id; the last one left at ``_tried_ns``.
        self._open: dict[str, None] = {}
        self._lost = dict.fromkeys(evidence.money, 0)
        self._tried_ns = 0
        # How many of a symbol's side were refused for a band, one after the other.
        self._banded: dict[tuple[str, int], int] = {}
        # Of the latest orders of a symbol's side that ended: when each was cancelled for crossing, None if it was not.
        self._crossed: dict[tuple[str, int], deque[int | None]] = {}
        self._slowed_ns: int | None = None

    def answered(self, now_ns: int, event: events.Event) -> None:
        """Note a create that was taken, or refused for what nobody could know; and that we are too fast."""
        match event:
            case events.OrderAccepted():
                self._lost = dict.fromkeys(self._lost, 0)
                self._banded.pop(self._place(event.client_id), None)
            case events.OrderCancelled(client_id=client_id, code=code):
                self._ended(now_ns, client_id, code == events.WOULD_CROSS)
            case events.OrderFilled(client_id=client_id):
                self._ended(now_ns, client_id, False)
            case events.OrderRejected(code=code) if code == _BAND:
                known = self._evidence.orders.get(event.client_id)
                if known is not None and self._is_behind(known):
                    place = self._place(event.client_id)
                    self._banded[place] = self._banded.get(place, 0) + 1
                    self._tried_ns = now_ns
            case events.Unanswered(code=code, request=request) if code == RATE_LIMIT and request == events.CREATE:
                self._slowed_ns = now_ns  # an amend makes no quote that is missing
            case _:
                pass

    def _ended(self, now_ns: int, client_id: str, is_crossing: bool) -> None:
        """Note that an order was cancelled, or has traded."""
        known = self._evidence.orders.get(client_id)
        if known is None or not known.is_ours or (is_crossing and not self._is_behind(known)):
            return  # of strangers' orders nobody may have told the symbol
        ends = self._crossed.setdefault(self._place(client_id), deque(maxlen=_ENDS))
        ends.append(now_ns if is_crossing else None)

    def _place(self, client_id: str) -> tuple[str, int]:
        known = self._evidence.orders.get(client_id)
        return ("", 0) if known is None else (known.symbol, known.side)

    def _is_behind(self, order: Known) -> bool:
        """Say whether an order lay where it could not trade, as far as was shown: no price to be refused for."""
        feed = self._feeds[order.symbol]
        if order.side == BUY:
            return bool(feed.asks) and order.price_ticks < min(feed.asks)
        return bool(feed.bids) and order.price_ticks > max(feed.bids)

    def look(self) -> None:
        """Note what left, and what became of what had left before."""
        for money in self._evidence.money.values():
            for order in money.open.values():
                if order.is_ours and not order.seen_ns and events.CREATE in order.waiting:
                    self._open[order.client_id] = None
                    self._tried_ns = max(self._tried_ns, order.waiting[events.CREATE])
        for client_id in [*self._open]:
            known = self._evidence.orders.get(client_id)
            if known is None or known.over or known.seen_ns:
                del self._open[client_id]
            if known is not None and known.seen_ns:
                self._lost = dict.fromkeys(self._lost, 0)
            elif known is not None and known.over == ABSENT:
                self._lost[known.symbol] += 1

    def why(self, now_ns: int, symbol: str) -> str:
        """Say that nobody takes orders here, though they are tried; empty where that does not show."""
        if any(self._is_crossed(now_ns, ends) for (name, _), ends in self._crossed.items() if name == symbol):
            return "its orders are tried, and cancelled at once for crossing what was not shown"
        if now_ns - self._tried_ns > _TRIED_NS:
            return ""
        if self._lost[symbol] >= _LOST_MIN:
            return "its orders are tried, and lost one after the other"
        is_banded = any(count >= _LOST_MIN for (name, _), count in self._banded.items() if name == symbol)
        return "its orders are tried, and refused for a band one after the other" if is_banded else ""

    def _is_crossed(self, now_ns: int, ends: deque[int | None]) -> bool:
        """Say whether nearly all that ended on a side was cancelled for crossing, the last of them of late."""
        crossed = [at_ns for at_ns in ends if at_ns is not None]
        return len(crossed) >= _CROSSED_MIN and now_ns - crossed[-1] <= _TRIED_NS

    def why_slow(self, now_ns: int) -> str:
        """Say that we were told of late to be slower; empty where we were not."""
        is_slowed = self._slowed_ns is not None and now_ns - self._slowed_ns <= _SLOWED_NS
        return SLOWED if is_slowed else ""
