"""What rows of orders said has traded, against what executions told: a topic that is silent shows in it.

Only orders that were created after the connection was opened count: of others a part may have traded
before, and been told to somebody else. Bounded: the orders that were heard of first are forgotten first.
"""

from typing import Final

import msgspec

ORDERS_MAX: Final = 1024
FILLS_MAX: Final = 256


class Traded(msgspec.Struct):
    """One order: lots by its rows, last more at ``at_ns`` of the venue's clock, and lots by its executions.

    Each execution counts once by its id, of which the latest are remembered.
    """

    row_lots: int = 0
    at_ns: int = 0
    told_lots: int = 0
    fill_ids: dict[str, None] = {}


class Tally:
    """One connection's count; ``opened_ns`` is the venue's instant from which on orders are counted."""

    def __init__(self, opened_ns: int) -> None:
        """Start with nothing heard."""
        self._opened_ns = opened_ns
        self._orders: dict[str, Traded] = {}

    def __len__(self) -> int:
        return len(self._orders)

    def shown(self, name: str, created_ns: int, traded_lots: int, at_ns: int) -> None:
        """Take in what a row says has traded of an order."""
        if created_ns <= self._opened_ns:
            return
        traded = self._of(name)
        if traded_lots > traded.row_lots:
            traded.row_lots, traded.at_ns = traded_lots, at_ns

    def told(self, name: str, fill_id: str, size_lots: int) -> None:
        """Take in an execution."""
        traded = self._of(name)
        if fill_id not in traded.fill_ids:
            traded.fill_ids[fill_id] = None
            traded.told_lots += size_lots
        if len(traded.fill_ids) > FILLS_MAX:
            del traded.fill_ids[next(iter(traded.fill_ids))]

    def lacking(self, until_ns: int) -> str:
        """Name an order of which more traded before that instant than executions told; empty for none."""
        late = (name for name, one in self._orders.items() if 0 < one.at_ns < until_ns and one.row_lots > one.told_lots)
        return next(late, "")

    def _of(self, name: str) -> Traded:
        if name not in self._orders and len(self._orders) >= ORDERS_MAX:
            del self._orders[next(iter(self._orders))]
        return self._orders.setdefault(name, Traded())
