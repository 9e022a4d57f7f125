"""The recorded book less what we have taken of it: gone until the tape tells the level anew."""

from sim.market.tape.book import TapeBook
from sim.market.tape.records import Level, TapeDelta
from strategy.units import BUY, SELL


class NetBook:
    """Follows a recorded book; ``side`` is that of the orders that rest."""

    def __init__(self, book: TapeBook) -> None:
        """Nothing is taken yet."""
        self._book = book
        self._taken: dict[tuple[int, int], int] = {}

    def apply(self, delta: TapeDelta) -> None:
        """Take in a message; whatever it names stands as it says."""
        self._book.apply(delta)
        if self._taken:
            for side, levels in ((BUY, delta.bids), (SELL, delta.asks)):
                for price, _ in levels:
                    self._taken.pop((side, price), None)

    def take(self, side: int, price_ticks: int, lots: int) -> None:
        """Note that we took so much of a level."""
        self._taken[side, price_ticks] = self._taken.get((side, price_ticks), 0) + lots

    def lots(self, side: int, price_ticks: int) -> int:
        """Give what is left at a price."""
        there = self._book.bid_lots(price_ticks) if side == BUY else self._book.ask_lots(price_ticks)
        return there - self._taken.get((side, price_ticks), 0)

    def levels(self, side: int, depth: int) -> list[Level]:
        """List the best levels of which something is left, best first."""
        listed = self._book.bids if side == BUY else self._book.asks
        if not self._taken:
            return list(listed(depth))
        left = ((price, self.lots(side, price)) for price, _ in listed(depth + len(self._taken)))
        return [level for level in left if level[1] > 0][:depth]

    def best_ticks(self, side: int) -> int:
        """Give the best price, 0 when there is none."""
        best = self.levels(side, 1)
        return best[0][0] if best else 0

    def lots_through(self, side: int, price_ticks: int) -> int:
        """Sum what is left opposite an order of that side, strictly through its price."""
        taken = sum(
            lots for (other, price), lots in self._taken.items() if other != side and side * (price_ticks - price) > 0
        )
        return self._book.lots_through(side, price_ticks) - taken
