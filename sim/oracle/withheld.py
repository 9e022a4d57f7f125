"""Fills that a venue has booked and shows nowhere yet: no list has them, and no word of them was delivered.

Of what an order has traded a read tells the total; at which price, and for which fee, stands in its fills alone.
So nobody can know such a fill, however often he asks: belief is truth when all else is as it should be.
"""

import msgspec

from sim.oracle.evidence import Evidence
from sim.oracle.truth import Truth


class Kept(msgspec.Struct, frozen=True):
    """What a venue keeps back of a symbol: how many fills, what they add to position and cash, lots by order."""

    fills: int = 0
    lots: int = 0
    cash: int = 0
    of_orders: dict[str, int] = {}


NOTHING = Kept()


class Withheld:
    """Finds them by symbol, when it is asked."""

    def __init__(self, truth: Truth, evidence: Evidence) -> None:
        """``evidence`` says what was delivered, to whichever process of the bot."""
        self._truth = truth
        self._evidence = evidence

    def of(self, symbol: str) -> Kept:
        """Add up the fills of a symbol that are shown nowhere yet."""
        unlisted, money = self._truth.unlisted, self._evidence.money[symbol]
        if not unlisted:
            return NOTHING
        count = lots = cash = 0
        of_orders: dict[str, int] = {}
        for one in self._truth.fills:
            fill = one.event
            if fill.symbol == symbol and fill.fill_id in unlisted and fill.fill_id not in money.fill_ids:
                count += 1
                lots += fill.side * fill.size_lots
                cash += money.cash_of(fill)
                of_orders[fill.client_id] = of_orders.get(fill.client_id, 0) + fill.size_lots
        return Kept(count, lots, cash, of_orders)
