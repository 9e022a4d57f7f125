"""A market that moves only when a test moves it: a book, and our orders in it."""

from sim.venue.engine import Venue
from sim.venue.matching import LimitBook, Resting


class HandPit:
    """A book that moves only when the test moves it."""

    fair_ticks = shot_ticks = None  # nobody knows one

    def __init__(self, venue: Venue, symbol: str = "X") -> None:
        self.symbol, self.book, self.ours, self.venue = symbol, LimitBook(), {}, venue
        self.trades = self.quotes = True

    def rest(self, side: int, price: int, lots: int) -> None:
        self.book.rest(Resting(side, price, lots))

    def trade(self, side: int, lots: int, limit: int, now_ns: int = 0) -> None:
        if not self.trades:
            return
        mid2 = self.book.mid2_ticks
        matches, _ = self.book.take(side, lots, limit)
        self.venue.traded(self, matches, side, mid2, now_ns)

    def enter(self, order, lots, now_ns):
        self.ours[order.client_id] = Resting(order.side, order.price_ticks, lots, order)
        self.book.rest(self.ours[order.client_id])

    def leave(self, order):
        resting = self.ours.pop(order.client_id)
        if resting.lots:
            self.book.shrink(resting, resting.lots)

    def shrink(self, order, by_lots):
        self.book.shrink(self.ours[order.client_id], by_lots)

    def ahead_lots(self, order):
        return self.book.ahead_lots(self.ours[order.client_id])

    def take(self, side, lots, limit, now_ns):
        mid2 = self.book.mid2_ticks
        matches, _ = self.book.take(side, lots, limit, spare=self)
        if matches:
            self.venue.traded(self, matches, side, mid2, now_ns)
        return matches

    def fillable_lots(self, side, limit):
        return self.book.fillable_lots(side, limit, spare=self)

    def changed_levels(self):
        told = [
            [(price, lots.get(price, 0)) for price in touched]
            for touched, lots in zip(self.book.touched, self.book.lots, strict=True)
        ]
        for touched in self.book.touched:
            touched.clear()
        return told[0], told[1]

    def levels(self, depth):
        return sorted(self.book.lots[0].items(), reverse=True)[:depth], sorted(self.book.lots[1].items())[:depth]
