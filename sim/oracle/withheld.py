"""Fills that a venue has booked and shows nowhere yet: no list has them, and no word of them was delivered.

Of what an order has traded a read tells the total; at which price, and for which fee, stands in its fills alone.
So nobody can know such a fill, however often he asks: belief is truth when all else is as it should be.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, repeat

import msgspec

from sim.oracle.evidence import Evidence
from sim.oracle.truth import Truth
from strategy import events


class Kept(msgspec.Struct, frozen=True):
    """What a venue keeps back of a symbol: how many fills, what they add to position and cash, lots by order."""

    fills: int = 0
    lots: int = 0
    cash: int = 0
    of_orders: dict[str, int] = {}


NOTHING = Kept()


class Withheld:
    """Finds them by symbol, when it is asked; and those of which no word was delivered yet, shown or not."""

    def __init__(self, truth: Truth, evidence: Evidence, filled_ns: Sequence[int]) -> None:
        """``evidence`` says what was delivered, to whichever process of the bot; ``filled_ns`` when each was made."""
        self._truth = truth
        self._evidence = evidence
        self._filled_ns = filled_ns

    def of(self, symbol: str) -> Kept:
        """Add up the fills of a symbol that are shown nowhere yet."""
        if not self._truth.unlisted:
            return NOTHING
        return self._sum(symbol, [fill for fill, _ in self._untold(symbol) if fill.fill_id in self._truth.unlisted])

    def untold(self, symbol: str) -> tuple[Kept, int | None]:
        """Add up all that nobody was told of; give also when the oldest of those was made that somebody could find."""
        untold = self._untold(symbol)
        made_ns = [at_ns for fill, at_ns in untold if at_ns and fill.fill_id not in self._truth.unlisted]
        return self._sum(symbol, [fill for fill, _ in untold]), min(made_ns, default=None)

    def _untold(self, symbol: str) -> list[tuple[events.OrderFilled, int]]:
        """List them with the instants at which they were seen to be made; 0: not yet."""
        known = self._evidence.money[symbol].fill_ids
        fills, made_ns = self._truth.fills, chain(self._filled_ns, repeat(0))
        return [
            (one.event, at_ns)
            for one, at_ns in zip(fills, made_ns, strict=False)
            if one.event.symbol == symbol and one.event.fill_id not in known
        ]

    def _sum(self, symbol: str, fills: Iterable[events.OrderFilled]) -> Kept:
        count = lots = cash = 0
        of_orders: dict[str, int] = {}
        for fill in fills:
            count += 1
            lots += fill.side * fill.size_lots
            cash += self._evidence.money[symbol].cash_of(fill)
            of_orders[fill.client_id] = of_orders.get(fill.client_id, 0) + fill.size_lots
        return Kept(count, lots, cash, of_orders) if count else NOTHING
