"""The public stream: books by their counter, trades, price bands, and proof of life.

A book's counter ``u`` rises by one with every delta. A snapshot may come at any time and replaces; one
that only repeats the last ``u`` while nothing was missed is a heartbeat; ``u`` 1 is a restart of the
venue, whatever the message calls itself. What is older than what was seen is dropped.

Best prices (``orderbook.1``) have a counter of their own and are repeated every three seconds even when
nothing moves. ``seq`` is common to all depths: best prices that are no newer than the book prove that
the book is alive and whole, and become its heartbeat; newer ones prove nothing of it.

The instant of a book is when it was told, not when the engine last changed it: a quiet book is not an old one.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from adapters.bybit.control import control_of
from adapters.bybit.heard import Band, Heard
from adapters.bybit.levels import levels_of
from adapters.bybit.market import Grid, Market, Unreadable, side_of
from adapters.bybit.rows import BandRow, BookData, Frame, TradeRow, read
from strategy.events import BookDelta, BookHeartbeat, BookSnapshot, Event, PublicTrade
from strategy.units import NS_PER_MS

_SNAPSHOT: Final = "snapshot"
_RESTART_U: Final = 1
_BEST: Final = "1"


class _Seen(msgspec.Struct):
    """Where a symbol's book stands: the last counter, the common sequence, and whether all joined so far."""

    u: int = 0
    seq: int = 0
    is_whole: bool = False


class PublicStream:
    """Reads one public connection of one category. A new connection needs a new one."""

    def __init__(self, market: Market) -> None:
        """Start with nothing seen."""
        self._market = market
        self._seen: dict[str, _Seen] = {symbol: _Seen() for symbol in market.grids}
        self._topics: dict[str, Callable[[str, Frame], Heard]] = {
            "orderbook": self._book,
            "publicTrade": self._trades,
            "priceLimit": self._band,
        }

    def heard(self, text: str | bytes) -> Heard:
        """Read one frame; never raises."""
        topic = ""
        try:
            frame = read(text, Frame)
            topic = frame.topic[:100]
            if not topic:
                return Heard(control=control_of(frame))
            reader = self._topics.get(topic.partition(".")[0])
            return Heard(topic) if reader is None else reader(topic, frame)
        except Unreadable as problem:
            return Heard(topic, strange=(str(problem),))

    def forget(self, symbol: str) -> None:
        """Take the next snapshot of a symbol's book as one, whatever its counter: it was asked for again."""
        if symbol in self._seen:
            self._seen[symbol] = _Seen()

    def _grid(self, symbol: str) -> Grid:
        grid = self._market.grids.get(symbol)
        if grid is None:
            raise Unreadable(f"symbol {symbol[:40]} was not asked for")
        return grid

    def _book(self, topic: str, frame: Frame) -> Heard:
        data = read(frame.data, BookData)
        grid = self._grid(data.symbol)
        at_ns = (frame.ts or frame.cts) * NS_PER_MS
        depth = topic.split(".", 2)[1:2]
        if depth != [str(self._market.book_depth)]:
            if depth != [_BEST]:
                raise Unreadable("a depth that was not asked for")
            return Heard(topic, self._best(data, at_ns))
        seen = self._seen[data.symbol]
        is_restart = data.u == _RESTART_U
        if frame.type == _SNAPSHOT or is_restart:
            if data.u == seen.u and seen.is_whole and not is_restart:
                return Heard(topic, (BookHeartbeat(data.symbol, data.u, at_ns),))
            event: Event = BookSnapshot(
                data.symbol, data.u, levels_of(grid, data.bids), levels_of(grid, data.asks), at_ns
            )
            seen.is_whole = True
        elif data.u <= seen.u:
            return Heard(topic)
        else:
            event = BookDelta(
                data.symbol, data.u - 1, data.u, levels_of(grid, data.bids), levels_of(grid, data.asks), at_ns
            )
            seen.is_whole = seen.is_whole and data.u == seen.u + 1
        seen.u, seen.seq = data.u, data.seq
        return Heard(topic, (event,))

    def _best(self, data: BookData, at_ns: int) -> tuple[Event, ...]:
        seen = self._seen[data.symbol]
        if seen.is_whole and data.seq <= seen.seq:
            return (BookHeartbeat(data.symbol, seen.u, at_ns),)
        return ()

    def _trades(self, topic: str, frame: Frame) -> Heard:
        told: list[Event] = []
        strange: list[str] = []
        for raw in read(frame.data, list[msgspec.Raw]):
            try:
                told.append(self._trade(read(raw, TradeRow)))
            except Unreadable as problem:
                strange.append(str(problem))
        return Heard(topic, tuple(told), strange=tuple(strange))

    def _trade(self, row: TradeRow) -> Event:
        grid = self._grid(row.symbol)
        return PublicTrade(
            row.symbol, grid.ticks(row.price), grid.lots(row.size), side_of(row.side), row.at_ms * NS_PER_MS
        )

    def _band(self, topic: str, frame: Frame) -> Heard:
        row = read(frame.data, BandRow)
        symbol = row.symbol or topic.partition(".")[2]
        grid = self._grid(symbol)
        return Heard(topic, bands=(Band(symbol, grid.ticks(row.buy_max), grid.ticks(row.sell_min)),))
