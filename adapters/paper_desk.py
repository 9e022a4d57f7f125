"""One symbol's paper orders: where they stand in their queues, and what would have traded with them.

The book and the trades are the venue's own; only our orders are not in them. So a paper order joins
the end of its level, trades at its price eat what stands before it, what else leaves the level was
cancelled and is shared out by the power model, and it fills by what is left of a print or by what the
other side rests at or through its price, each lot once. Nobody reacts to a paper order: fills are as
good as the model, not as good as the truth.
"""

import math
from collections.abc import Iterator
from typing import Final

import msgspec

from strategy import commands, events
from strategy.book import Book, opposite_of
from strategy.instrument import MAKER, TAKER, Instrument, fee_cash
from strategy.queue import QueuePlace, join
from strategy.units import BUY, SELL

CANCEL_POWER: Final = 2.0
GONE: Final = "gone"
BELOW_FILLED: Final = "below_filled"
NOT_FILLED: Final = "not_filled"
BY_CLIENT: Final = "by_client"
# A venue forgets what is over, and so do we.
_ENDED_MAX: Final = 2048
_FILLS_MAX: Final = 10_000


class PaperOrder(msgspec.Struct):
    """One order. ``crossed_lots`` is what the other side rests through it and has been met already."""

    client_id: str
    side: int
    size_lots: int
    place: QueuePlace
    filled_lots: int = 0
    crossed_lots: int = 0
    is_open: bool = True

    @property
    def price_ticks(self) -> int:
        """Where it rests."""
        return self.place.price_ticks

    @property
    def left_lots(self) -> int:
        """What has not traded."""
        return self.size_lots - self.filled_lots


class PaperDesk:
    """Orders of one symbol. ``is_trading`` False: nothing ever fills, for a bot that only decides."""

    def __init__(self, instrument: Instrument, fill_prefix: str, *, is_trading: bool = True) -> None:
        """``fill_prefix`` was never used before: a fill is counted once by its id, whichever process made it."""
        self._instrument = instrument
        self._prefix = fill_prefix
        self._is_trading = is_trading
        self.book = Book(instrument.symbol)
        self._orders: dict[str, PaperOrder] = {}
        self._ended: dict[str, PaperOrder] = {}
        self._fills: list[events.OrderFilled] = []
        self._count = 0

    # The market

    def hear(self, now_ns: int, event: events.Event) -> list[events.Event]:
        """Take in a word about the market; give what became of our orders by it."""
        if isinstance(event, events.PublicTrade):
            return self._on_trade(event) if self._is_trading else []
        resting = [(order, self._level_lots(order)) for order in self._open()]
        was_ok = self.book.ok
        match event:
            case events.BookSnapshot():
                self.book.snapshot(now_ns, event)
            case events.BookDelta():
                self.book.delta(now_ns, event)
            case _:
                return []
        if not self.book.ok:
            return []
        for order, old_lots in resting:
            place, new_lots = order.place, self._level_lots(order)
            if was_ok:
                # A level as shown holds our own lots where they are real.
                place.on_level(old_lots + place.own_lots, new_lots + place.own_lots, CANCEL_POWER)
            else:
                place.ahead_lots = min(place.ahead_lots, float(new_lots))
        return self._on_opposite(event.venue_ns) if self._is_trading else []

    def lose_book(self) -> None:
        """Forget that the mirror is true; the next snapshot joins it."""
        self.book.lose()

    def _on_trade(self, trade: events.PublicTrade) -> list[events.Event]:
        said: list[events.Event] = []
        taken_lots = 0
        for order in sorted(self._open(), key=lambda one: -one.side * one.price_ticks):
            through_ticks = order.side * (order.price_ticks - trade.price_ticks)
            if trade.side == order.side or through_ticks < 0:
                continue
            before = math.ceil(order.place.ahead_lots) if through_ticks == 0 else 0
            order.place.on_trade(trade.price_ticks, trade.size_lots, trade.side)
            reaching = trade.size_lots - taken_lots - before
            lots = min(order.left_lots, max(0, reaching))
            if lots:
                taken_lots += lots
                said += self._fill(order, order.price_ticks, lots, MAKER, trade.venue_ns)
        return said

    def _on_opposite(self, venue_ns: int) -> list[events.Event]:
        said: list[events.Event] = []
        for order in self._open():
            crossing = self._crossing_lots(order.side, order.price_ticks)
            arrived, order.crossed_lots = max(0, crossing - order.crossed_lots), crossing
            lots = min(order.left_lots, arrived)
            if lots:
                said += self._fill(order, order.price_ticks, lots, MAKER, venue_ns)
        return said

    # Requests

    def create(self, command: commands.CreateOrder, venue_ns: int) -> list[events.Event]:
        """Place an order; give the words that it caused."""
        client_id, side, price = command.client_id, command.side, command.price_ticks
        if self.find(client_id) is not None:
            return [events.OrderRejected(client_id, events.DUPLICATE_ID, venue_ns)]
        crossing = self._crossing_lots(side, price)
        if command.post_only and crossing:
            return [events.OrderRejected(client_id, events.WOULD_CROSS, venue_ns)]
        if command.fill_or_kill and crossing < command.size_lots:
            return [events.OrderRejected(client_id, NOT_FILLED, venue_ns)]
        place = join(side, price, command.size_lots, self.book.lots_at(side, price))
        order = PaperOrder(client_id, side, command.size_lots, place, crossed_lots=crossing)
        self._orders[client_id] = order
        said: list[events.Event] = [
            events.OrderAccepted(client_id, f"paper-{client_id}", price, command.size_lots, venue_ns, side)
        ]
        if self._is_trading:
            for price_ticks, lots in self._takes(order):
                said += self._fill(order, price_ticks, lots, TAKER, venue_ns)
        if order.is_open and (command.taking or command.fill_or_kill):
            said.append(self._end(order, NOT_FILLED, venue_ns))
        return said

    def amend(self, command: commands.AmendOrder, venue_ns: int) -> list[events.Event]:
        """Change price and size; only a size that shrinks keeps its place."""
        order = self._orders.get(command.client_id)
        if order is None:
            return [events.AmendRefused(command.client_id, GONE, venue_ns)]
        if command.size_lots <= order.filled_lots:
            return [events.AmendRefused(command.client_id, BELOW_FILLED, venue_ns)]
        if self._crossing_lots(order.side, command.price_ticks):
            return [events.AmendRefused(command.client_id, events.WOULD_CROSS, venue_ns)]
        left_lots = command.size_lots - order.filled_lots
        if command.price_ticks == order.price_ticks and command.size_lots <= order.size_lots:
            order.place.own_lots = left_lots
        else:
            level_lots = self.book.lots_at(order.side, command.price_ticks)
            order.place = join(order.side, command.price_ticks, left_lots, level_lots)
            order.crossed_lots = 0
        order.size_lots = command.size_lots
        return [events.OrderAmended(order.client_id, order.price_ticks, order.size_lots, venue_ns)]

    def cancel(self, client_id: str, venue_ns: int) -> list[events.Event]:
        """Take an order off."""
        order = self._orders.get(client_id)
        if order is None:
            return [events.CancelRefused(client_id, GONE, venue_ns)]
        return [self._end(order, BY_CLIENT, venue_ns)]

    def cancel_all(self, venue_ns: int) -> list[events.Event]:
        """Take every order off."""
        return [self._end(order, BY_CLIENT, venue_ns) for order in self._open()]

    # Reads

    def find(self, client_id: str) -> PaperOrder | None:
        """Find an order, open or over."""
        return self._orders.get(client_id) or self._ended.get(client_id)

    def open_ids(self) -> tuple[str, ...]:
        """Name what is open."""
        return tuple(self._orders)

    def fills_since(self, venue_ns: int) -> tuple[events.OrderFilled, ...]:
        """Give this process's fills since an instant of the venue's clock."""
        return tuple(fill for fill in self._fills if fill.venue_ns >= venue_ns)

    # Details

    def _open(self) -> list[PaperOrder]:
        return list(self._orders.values())

    def _level_lots(self, order: PaperOrder) -> int:
        return self.book.lots_at(order.side, order.price_ticks)

    def _crossing_lots(self, side: int, price_ticks: int) -> int:
        """Count what the other side rests at this price or better."""
        best = opposite_of(self.book, side)
        if not self.book.ok or not best or side * (best - price_ticks) > 0:
            return 0
        other = self.book.asks if side == BUY else self.book.bids
        return sum(lots for price, lots in other.items() if side * (price - price_ticks) <= 0)

    def _takes(self, order: PaperOrder) -> Iterator[tuple[int, int]]:
        """Give what it takes from the book as it comes, best price first."""
        if not order.crossed_lots:
            return
        other = self.book.asks if order.side == BUY else self.book.bids
        for price in sorted(other, reverse=order.side == SELL):
            if order.side * (price - order.price_ticks) > 0 or not order.left_lots:
                return
            yield price, min(order.left_lots, other[price])

    def _fill(
        self, order: PaperOrder, price_ticks: int, lots: int, liquidity: str, venue_ns: int
    ) -> list[events.Event]:
        self._count += 1
        order.filled_lots += lots
        order.place.on_fill(lots)
        fill = events.OrderFilled(
            client_id=order.client_id,
            symbol=self._instrument.symbol,
            side=order.side,
            fill_id=f"{self._prefix}-{self._count}",
            price_ticks=price_ticks,
            size_lots=lots,
            filled_lots_total=order.filled_lots,
            liquidity=liquidity,
            fee_cash=fee_cash(self._instrument, price_ticks, lots, liquidity),
            venue_ns=venue_ns,
        )
        self._fills.append(fill)
        del self._fills[:-_FILLS_MAX]
        if not order.left_lots:
            self._forget(order)
        return [fill]

    def _end(self, order: PaperOrder, code: str, venue_ns: int) -> events.Event:
        self._forget(order)
        return events.OrderCancelled(order.client_id, order.filled_lots, code, venue_ns)

    def _forget(self, order: PaperOrder) -> None:
        order.is_open = False
        del self._orders[order.client_id]
        self._ended[order.client_id] = order
        if len(self._ended) > _ENDED_MAX:
            del self._ended[next(iter(self._ended))]
