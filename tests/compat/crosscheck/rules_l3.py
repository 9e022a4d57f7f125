"""The same for a tape of orders: our exact place, changed rule by rule into hftbacktest's FIFO queue.

Its rules are those of ``L3NoPartialFillExchange`` with ``L3FIFOQueueModel``: an order of ours fills when one that
came after it is hit, or when the other side's best price reaches it.
"""

from collections.abc import Collection, Sequence
from typing import Final

from compat.crosscheck.orders import Fill, Order, turns
from compat.crosscheck.rules import RULES

from sim.market.tape.records import TapeDelta, TapeOrder, TapeSnapshot, TapeTrade
from sim.market.tape.timeline import Timed

RULES_L3: Final = {
    "alone": RULES["alone"],
    "inside": "never fills an order that is better than every other by a trade, though the trade met worse ones;"
    " ours is met first, by the print's size",
    "touch": RULES["touch"],
    "whole": "fills an order whole when one behind it is hit; ours by at most the print's size",
}


class _Own:
    def __init__(self, number: int, order: Order) -> None:
        self.number, self.order, self.left, self.met = number, order, order.size_lots, 0


class TwinL3:
    """Plays orders by our rules with those of ``theirs`` changed. A queue holds ids, and ours by themselves."""

    def __init__(self, theirs: Collection[str]) -> None:
        self._theirs = frozenset(theirs)
        self._queues: dict[tuple[int, int], list[int | _Own]] = {}
        self._there: dict[int, TapeOrder] = {}
        self._counts: dict[int, dict[int, int]] = {1: {}, -1: {}}  # how many orders at each price of a side
        self._live: dict[int, _Own] = {}
        self.fills: list[Fill] = []
        self.refused: list[int] = []

    def play(self, items: Sequence[Timed], orders: Sequence[Order], latency_ns: int) -> "TwinL3":
        """Play everything; ``fills`` are in order of time."""
        for arriving, (now_ns, record) in turns(items, orders, latency_ns):
            for number, is_new in arriving:
                self._arrive(number, orders[number], is_new)
            if isinstance(record, TapeTrade):
                self._trade(now_ns, record)
            elif isinstance(record, TapeSnapshot | TapeDelta):
                best = {side: self._best(side) for side in (1, -1)}
                for each in record.orders:
                    self._change(now_ns, each, best)
                if "touch" not in self._theirs:
                    self._crossed(now_ns)
        return self

    def _best(self, side: int) -> int | None:
        counts = self._counts[side]
        return (max(counts) if side > 0 else min(counts)) if counts else None

    def _count(self, each: TapeOrder, more: int) -> None:
        counts = self._counts[each.side]
        counts[each.price_ticks] = counts.get(each.price_ticks, 0) + more
        if not counts[each.price_ticks]:
            del counts[each.price_ticks]

    def _arrive(self, number: int, order: Order, is_new: bool) -> None:
        if not is_new:
            own = self._live.pop(number, None)
            if own is not None:
                self._queues[order.side, order.price_ticks].remove(own)
            return
        other = self._best(-order.side)
        if other is not None and order.side * (order.price_ticks - other) >= 0:
            self.refused.append(number)
        else:
            own = self._live[number] = _Own(number, order)
            self._queues.setdefault((order.side, order.price_ticks), []).append(own)

    def _fill(self, own: _Own, now_ns: int, lots: int) -> int:
        lots = max(0, min(lots, own.left))
        if lots:
            own.left -= lots
            self.fills.append(Fill(own.number, now_ns, own.order.price_ticks, lots))
            if not own.left:
                del self._live[own.number]
                self._queues[own.order.side, own.order.price_ticks].remove(own)
        return lots

    def _trade(self, now_ns: int, trade: TapeTrade) -> None:
        taken = 0
        for own in sorted(self._live.values(), key=lambda own: -own.order.side * own.order.price_ticks):
            order = own.order
            through = (order.price_ticks - trade.price_ticks) * order.side
            if order.side == trade.side or through < 0:
                continue
            queue = self._queues[order.side, order.price_ticks]
            if not through and trade.maker_id in queue[: queue.index(own)]:
                continue
            if through and "inside" in self._theirs:
                continue
            volume = trade.size_lots if "alone" in self._theirs else max(0, trade.size_lots - taken)
            taken += self._fill(own, now_ns, own.left if "whole" in self._theirs else volume)

    def _change(self, now_ns: int, each: TapeOrder, best: dict[int, int | None]) -> None:
        there = self._there.get(each.order_id)
        stays = there is not None and (there.side, there.price_ticks) == (each.side, each.price_ticks)
        if there is not None and not (stays and 0 < each.size_lots <= there.size_lots):
            self._queues[there.side, there.price_ticks].remove(each.order_id)
            del self._there[each.order_id]
            self._count(there, -1)
            there = None
        if each.size_lots:
            if there is None:
                self._count(each, 1)
                self._queues.setdefault((each.side, each.price_ticks), []).append(each.order_id)
            self._there[each.order_id] = each
        before, now = best[each.side], self._best(each.side)
        best[each.side] = now
        if "touch" in self._theirs and now is not None and (before is None or each.side * (now - before) > 0):
            for own in list(self._live.values()):
                if own.order.side == -each.side and each.side * (now - own.order.price_ticks) >= 0:
                    self._fill(own, now_ns, own.left)

    def _crossed(self, now_ns: int) -> None:
        taken = 0
        for own in list(self._live.values()):
            side, price = own.order.side, own.order.price_ticks
            best = self._best(-side)
            if best is None or side * (price - best) <= 0:
                own.met = 0
                continue
            others = (each for each in self._there.values() if each.side == -side)
            through = sum(each.size_lots for each in others if side * (price - each.price_ticks) > 0)
            arrived, own.met = max(0, through - own.met - (0 if "alone" in self._theirs else taken)), through
            taken += self._fill(own, now_ns, arrived)
