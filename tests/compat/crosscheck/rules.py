"""When a resting order fills, by rules that can be changed one by one from ours into hftbacktest's.

With no rule of theirs this is what our engine does; with all of them it is what
hftbacktest 2.4.4 does (``PartialFillExchange``, ``ProbQueueModel``). So a difference between the two
engines is explained by the rules that turn one answer into the other, and by nothing else.
"""

import math
from collections.abc import Collection, Sequence
from typing import Final

from compat.crosscheck.orders import Fill, Order, turns

from sim.market.tape.queue_model import QueueModel, ahead_share
from sim.market.tape.records import Levels, TapeDelta, TapeSnapshot, TapeTrade
from sim.market.tape.timeline import Timed

# What hftbacktest does otherwise, in the words of the table.
RULES: Final = {
    "alone": "lets a print fill each of our orders as if it were alone; ours share the print, best price first",
    "touch": "fills an order whole as soon as the other side's best price reaches it; we fill it when the other"
    " side stands strictly through it, by what stands there",
    "whole": "fills an order whole when a trade prints through its price; we fill at most the print's size",
    "behind": "counts what has just traded at our level as still standing behind us when it shares out cancels",
    "told": "takes traded lots off the next change of the level, however late; we take them off the next message",
    "fractions": "keeps fractions of a lot as our place; we round the share of a cancel down, towards a later fill",
}

_NOBODY = (-(2**62), 2**62)


class _Book:
    """The levels of both sides and their best prices, row by row; a row that crosses pushes the other best away."""

    def __init__(self) -> None:
        self.lots: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.best = list(_NOBODY)

    def set(self, side: int, price: int, lots: int) -> int:
        """Set a level; give its size before."""
        index = 0 if side > 0 else 1
        levels = self.lots[index]
        before = levels.pop(price, 0)
        if lots:
            levels[price] = lots
            if side * (price - self.best[index]) > 0:
                self.best[index] = price
                if self.best[0] >= self.best[1]:
                    self.best[1 - index] = self._next(1 - index, price)
        elif price == self.best[index]:
            self.best[index] = self._next(index, price)
        return before

    def _next(self, index: int, price: int) -> int:
        if index == 0:
            return max((each for each in self.lots[0] if each < price), default=_NOBODY[0])
        return min((each for each in self.lots[1] if each > price), default=_NOBODY[1])


class _Place:
    """One order in the book: what is left of it, what is ahead, what traded and was met already."""

    def __init__(self, number: int, order: Order, ahead: float) -> None:
        self.number, self.order = number, order
        self.left = order.size_lots
        self.ahead = ahead
        self.traded = self.met = 0


class Twin:
    """Plays orders, never two at one price and side, by our rules with those of ``theirs`` changed."""

    def __init__(self, model: QueueModel, theirs: Collection[str]) -> None:
        self._model, self._theirs = model, frozenset(theirs)
        self._book = _Book()
        self._live: dict[int, _Place] = {}
        self.fills: list[Fill] = []
        self.refused: list[int] = []

    def play(self, items: Sequence[Timed], orders: Sequence[Order], latency_ns: int) -> "Twin":
        """Play everything; ``fills`` are in order of time."""
        for arriving, (now_ns, record) in turns(items, orders, latency_ns):
            for number, is_new in arriving:
                self._arrive(number, orders[number], is_new)
            if isinstance(record, TapeTrade):
                self._trade(now_ns, record)
            elif isinstance(record, TapeDelta | TapeSnapshot):
                self._message(now_ns, record.bids, record.asks)
        return self

    def _arrive(self, number: int, order: Order, is_new: bool) -> None:
        if not is_new:
            self._live.pop(number, None)
            return
        index = 0 if order.side > 0 else 1
        if order.side * (order.price_ticks - self._book.best[1 - index]) >= 0:
            self.refused.append(number)
        else:
            self._live[number] = _Place(number, order, self._book.lots[index].get(order.price_ticks, 0))

    def _fill(self, place: _Place, now_ns: int, lots: int) -> int:
        lots = max(0, min(lots, place.left))
        if lots:
            place.left -= lots
            self.fills.append(Fill(place.number, now_ns, place.order.price_ticks, lots))
            if not place.left:
                self._live.pop(place.number)
        return lots

    def _trade(self, now_ns: int, trade: TapeTrade) -> None:
        taken = 0
        for place in sorted(self._live.values(), key=lambda place: -place.order.side * place.order.price_ticks):
            order = place.order
            through = (order.price_ticks - trade.price_ticks) * order.side
            if order.side == trade.side or through < 0:
                continue
            volume = trade.size_lots if "alone" in self._theirs else max(0, trade.size_lots - taken)
            if through:
                place.ahead = 0
                taken += self._fill(place, now_ns, place.left if "whole" in self._theirs else volume)
                continue
            place.traded += trade.size_lots
            beyond = volume - place.ahead
            place.ahead = max(0, -beyond)
            # A whole number of lots fills: theirs rounds what is beyond.
            taken += self._fill(place, now_ns, math.floor(beyond + 0.5))

    def _message(self, now_ns: int, bids: Levels, asks: Levels) -> None:
        before = {} if "told" in self._theirs else {place: self._level(place) for place in self._live.values()}
        for side, levels in ((1, bids), (-1, asks)):
            for price, lots in levels:
                best = list(self._book.best)
                old = self._book.set(side, price, lots)
                if "told" in self._theirs:
                    for place in list(self._live.values()):
                        if (place.order.side, place.order.price_ticks) == (side, price):
                            self._change(place, old, lots)
                if "touch" in self._theirs:
                    self._touched(now_ns, side, best[0 if side > 0 else 1])
        for place, old in before.items():
            self._change(place, old, self._level(place))
        if "touch" not in self._theirs:
            taken = 0
            for place in list(self._live.values()):
                taken += self._crossed(now_ns, place, 0 if "alone" in self._theirs else taken)

    def _level(self, place: _Place) -> int:
        return self._book.lots[0 if place.order.side > 0 else 1].get(place.order.price_ticks, 0)

    def _touched(self, now_ns: int, side: int, best_before: int) -> None:
        """Fill whom a best price that has just improved reaches."""
        best = self._book.best[0 if side > 0 else 1]
        if side * (best - best_before) > 0:
            for place in list(self._live.values()):
                if place.order.side == -side and side * (best - place.order.price_ticks) >= 0:
                    self._fill(place, now_ns, place.left)

    def _crossed(self, now_ns: int, place: _Place, taken: int) -> int:
        """Fill by what stands strictly through the price and has not been met before."""
        side, price = place.order.side, place.order.price_ticks
        opposite = 1 if side > 0 else 0
        if side * (self._book.best[opposite] - price) >= 0:
            place.met = 0
            return 0
        through = sum(lots for each, lots in self._book.lots[opposite].items() if side * (each - price) < 0)
        arrived, place.met = max(0, through - place.met - taken), through
        place.ahead = 0
        return self._fill(place, now_ns, arrived)

    def _change(self, place: _Place, old: int, new: int) -> None:
        untraded = max(0, old - place.traded)
        gone = (old - place.traded if "told" in self._theirs else untraded) - new
        place.traded = 0
        if gone > 0:
            behind = (old if "behind" in self._theirs else untraded) - place.ahead
            place.ahead -= self._share(gone, place.ahead, max(0, behind))
        place.ahead = min(place.ahead, new)

    def _share(self, gone: int, front: float, back: float) -> float:
        if "fractions" not in self._theirs:
            return ahead_share(self._model, gone, int(front), int(back))
        exponent = self._model.exponent
        if not exponent:
            return max(0.0, gone - back)
        whole = front**exponent + back**exponent
        from_behind = back**exponent / whole if whole else 0.0
        return (1.0 - from_behind) * gone - min(0.0, back - from_behind * gone)
