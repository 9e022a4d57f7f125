"""A symbol in which nobody takes our orders: one create after the other is never answered, and proved absent.

By evidence alone: creates that left, and reads that were asked after the create's own validity and did not
find it. No quote of anybody stands there. Whoever stops trying is not excused.
"""

from typing import Final

from sim.oracle.evidence import Evidence
from sim.oracle.known import ABSENT
from strategy import events
from strategy.units import NS_PER_S

# So many in a row, none of any symbol taken in between, are no bad luck of single orders.
_LOST_MIN: Final = 4
# Who would quote has tried one, of any symbol, within this: the longest pause between tries, and the doubt after it.
_TRIED_NS: Final = 45 * NS_PER_S


class Untaken:
    """Counts by symbol. Instants are the bot's clock."""

    def __init__(self, evidence: Evidence) -> None:
        """Nothing was tried yet."""
        self._evidence = evidence
        # The creates that nobody has answered yet, by client id; the last one left at ``_tried_ns``.
        self._open: dict[str, None] = {}
        self._lost = dict.fromkeys(evidence.money, 0)
        self._tried_ns = 0

    def answered(self, event: events.Event) -> None:
        """Note a create that was taken."""
        if isinstance(event, events.OrderAccepted):
            self._lost = dict.fromkeys(self._lost, 0)

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
        is_tried = now_ns - self._tried_ns <= _TRIED_NS
        return (
            "its orders are tried, and lost one after the other" if is_tried and self._lost[symbol] >= _LOST_MIN else ""
        )
