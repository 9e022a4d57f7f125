"""Our place where a tape tells of every order (L3): who came before us is ahead, and nobody else.

No estimate: an order's arrival is counted, ours among them, and what leaves the level by a trade or a
cancel was ahead of us exactly when it arrived before us. One that grows or moves arrives again.
"""

from collections.abc import Iterable

import msgspec

from sim.market.tape.queue_model import QueuedOrder, on_trade
from sim.market.tape.records import TapeOrder, TapeTrade


class _There(msgspec.Struct):
    arrival: int
    side: int
    price_ticks: int
    size_lots: int


class Arrivals:
    """Who rests, and who came before whom."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._there: dict[int, _There] = {}
        self._next = 0

    def joins(self, order: QueuedOrder) -> None:
        """Note that an order of ours arrives now."""
        order.arrival = self._take_number()

    def change(self, changes: Iterable[TapeOrder], ours: Iterable[QueuedOrder]) -> None:
        """Take in who came, shrank, moved and went; ours move up by what left before them."""
        own = list(ours)
        for each in changes:
            there = self._there.get(each.order_id)
            if there is not None:
                stays = (there.side, there.price_ticks) == (each.side, each.price_ticks)
                left_lots = each.size_lots if stays and each.size_lots <= there.size_lots else 0
                self._leaves(there, there.size_lots - left_lots, own)
                there.size_lots = left_lots
                if left_lots:
                    continue
                del self._there[each.order_id]
            if each.size_lots:
                self._there[each.order_id] = _There(self._take_number(), each.side, each.price_ticks, each.size_lots)

    def on_trade(self, order: QueuedOrder, trade: TapeTrade, taken_lots: int = 0) -> int:
        """Let a print reach an order of ours; give the lots that fill.

        At our price it fills us when its maker came after us, since then we would have been hit first;
        of a maker that nobody knew, by what exceeds all that is ahead. What was ahead shrinks by the
        change of the maker that follows, not here.
        """
        maker = self._there.get(trade.maker_id)
        if trade.price_ticks != order.price_ticks or trade.side == order.side:
            return on_trade(order, trade, taken_lots)
        if maker is not None and maker.arrival < order.arrival:
            return 0
        ahead_lots = 0 if maker is not None else order.ahead_lots
        order.ahead_lots = ahead_lots
        filled_lots = on_trade(order, trade, taken_lots)
        order.ahead_lots = ahead_lots
        return filled_lots

    def _leaves(self, there: _There, lots: int, own: Iterable[QueuedOrder]) -> None:
        for order in own:
            if (order.side, order.price_ticks) == (there.side, there.price_ticks) and there.arrival < order.arrival:
                order.ahead_lots = max(0, order.ahead_lots - lots)

    def _take_number(self) -> int:
        self._next += 1
        return self._next
