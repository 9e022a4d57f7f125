"""Price-time priority on whole ticks: one book in which everybody shares the queues.

A level is a queue of resting orders, first come first served. Cancelling leaves a dead entry in
its queue, dropped when it comes to the front: taking one out of the middle would cost more than
carrying it. Levels that changed are noted for the feed.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from strategy.units import BUY

Levels = dict[int, deque["Resting"]]


class Resting:
    """An order in a queue. ``owner`` is None for the background, an account's order otherwise."""

    __slots__ = ("lots", "owner", "price_ticks", "side")

    def __init__(self, side: int, price_ticks: int, lots: int, owner: Any = None) -> None:
        """Rest ``lots`` at a price."""
        self.side = side
        self.price_ticks = price_ticks
        self.lots = lots
        self.owner = owner


Match = tuple[Resting, int, int]  # the maker, the price in ticks, the lots


def _all_of_it(maker: Resting, _matches: list[Match]) -> int:
    return maker.lots


class LimitBook:
    """Both sides of one symbol. Best prices are 0 where a side is empty.

    ``may_trade`` says how many lots of an account's order may trade after the matches so far of
    the same aggressor: a reduce-only order ends where the position does, in the middle of a sweep.
    """

    __slots__ = ("_queues", "best_ask_ticks", "best_bid_ticks", "last_mid2_ticks", "lots", "may_trade", "touched")

    def __init__(self) -> None:
        """Start empty."""
        self._queues: tuple[Levels, Levels] = ({}, {})
        # Index 0 is the bid side, 1 the ask side; total lots per price.
        self.lots: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.touched: tuple[dict[int, None], dict[int, None]] = ({}, {})
        self.best_bid_ticks = 0
        self.best_ask_ticks = 0
        self.last_mid2_ticks = 0
        self.may_trade: Callable[[Resting, list[Match]], int] = _all_of_it

    @property
    def mid2_ticks(self) -> int:
        """Twice the mid; the last two-sided one while a side is empty."""
        if self.best_bid_ticks and self.best_ask_ticks:
            self.last_mid2_ticks = self.best_bid_ticks + self.best_ask_ticks
        return self.last_mid2_ticks

    def crosses(self, side: int, price_ticks: int) -> bool:
        """Say whether an order at this price would trade at once."""
        best = self.best_ask_ticks if side == BUY else self.best_bid_ticks
        return best != 0 and side * (price_ticks - best) >= 0

    def rest(self, order: Resting) -> None:
        """Put an order at the back of its queue; it must not cross."""
        index = 0 if order.side == BUY else 1
        price = order.price_ticks
        queue = self._queues[index].get(price)
        if queue is None:
            self._queues[index][price] = deque((order,))
            self.lots[index][price] = order.lots
            if index == 0:
                if price > self.best_bid_ticks:
                    self.best_bid_ticks = price
            elif price < self.best_ask_ticks or not self.best_ask_ticks:
                self.best_ask_ticks = price
        else:
            queue.append(order)
            self.lots[index][price] += order.lots
        self.touched[index][price] = None

    def shrink(self, order: Resting, by_lots: int) -> None:
        """Take lots out of a resting order, which keeps its place; all of them is a cancel."""
        index = 0 if order.side == BUY else 1
        order.lots -= by_lots
        self._less(index, order.price_ticks, by_lots)

    def take(self, side: int, lots: int, limit_ticks: int, spare: object = None) -> tuple[list[Match], int]:
        """Match an aggressor against the other side up to its limit; give matches and what is left.

        Stops before an order whose owner belongs to ``spare`` (self-trade prevention).
        """
        index = 1 if side == BUY else 0
        queues = self._queues[index]
        matches: list[Match] = []
        while lots:
            price = self.best_ask_ticks if side == BUY else self.best_bid_ticks
            if not price or side * (limit_ticks - price) < 0:
                break
            queue = queues[price]
            traded = 0
            while queue and lots:
                maker = queue[0]
                if not maker.lots:
                    queue.popleft()
                    continue
                if maker.owner is not None:
                    if spare is not None:
                        self._less(index, price, traded)
                        return matches, lots
                    barred = maker.lots - self.may_trade(maker, matches)
                    if barred:
                        # It leaves the queue untraded; its account is told by whoever barred it.
                        maker.lots -= barred
                        traded += barred
                        continue
                size = maker.lots if maker.lots < lots else lots
                maker.lots -= size
                lots -= size
                traded += size
                matches.append((maker, price, size))
                if not maker.lots:
                    queue.popleft()
            self._less(index, price, traded)
        return matches, lots

    def fillable_lots(self, side: int, limit_ticks: int, spare: object = None) -> int:
        """Count what an aggressor could take up to its limit, if it wanted any amount."""
        index = 1 if side == BUY else 0
        found = 0
        for price in sorted(self.lots[index], reverse=index == 0):
            if side * (limit_ticks - price) < 0:
                break
            for maker in self._queues[index][price]:
                if spare is not None and maker.owner is not None and maker.lots:
                    return found
                found += maker.lots
        return found

    def ahead_lots(self, order: Resting) -> int:
        """Count what stands in front of a resting order: the truth about its place."""
        ahead = 0
        for other in self._queues[0 if order.side == BUY else 1][order.price_ticks]:
            if other is order:
                return ahead
            ahead += other.lots
        raise KeyError("the order does not rest here")

    def drop_background(self, side: int, price_ticks: int) -> int:
        """Cancel every background order of a level; give the lots that went."""
        gone = 0
        for order in self._queues[0 if side == BUY else 1].get(price_ticks, ()):
            if order.owner is None:
                gone += order.lots
                order.lots = 0
        if gone:
            self._less(0 if side == BUY else 1, price_ticks, gone)
        return gone

    def _less(self, index: int, price: int, by_lots: int) -> None:
        """Lower a level's total; an emptied level goes, and the best is found again."""
        if not by_lots:
            return
        lots = self.lots[index]
        self.touched[index][price] = None
        left = lots[price] - by_lots
        if left:
            lots[price] = left
            return
        del lots[price], self._queues[index][price]
        if index == 0:
            if price == self.best_bid_ticks:
                self.best_bid_ticks = max(lots, default=0)
        elif price == self.best_ask_ticks:
            self.best_ask_ticks = min(lots, default=0)
