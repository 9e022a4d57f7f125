"""Tickers that were sampled apart from the book: whether the book ever stood so in their span.

Where a message gathers what happened in a tenth of a second, a ticker between two messages that end
with different best prices or sizes may show what stood in between: it is not comparable. Between two
that end alike it must show the same. Where every change of the book is told (L3), the ticker must be
one of the books in its span.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from sim.market.tape.book import TapeBook
from sim.market.tape.records import Level, TapeBbo

_Best = tuple[Level | None, Level | None]


class Sampled:
    """Remembers the best bid and ask after each message, when there is a sampled ticker at all."""

    def __init__(self, tickers: Sequence[TapeBbo], *, tells_all: bool = False) -> None:
        """``tells_all``: every change of the book is a message of its own."""
        self._tickers = tickers
        self._tells_all = tells_all
        self._ids: list[int] = []
        self._bests: list[_Best] = []

    def stood(self, update_id: int, book: TapeBook) -> None:
        """Note how the book stands after a message."""
        if self._tickers:
            self._ids.append(update_id)
            self._bests.append((book.best_bid(), book.best_ask()))

    def judged(self) -> Iterator[tuple[TapeBbo, bool]]:
        """Give every ticker that is comparable, and whether it agrees."""
        for ticker in self._tickers:
            span = self._bests[bisect_left(self._ids, ticker.since_id) : bisect_right(self._ids, ticker.update_id)]
            if span and (self._tells_all or span[0] == span[-1]):
                yield ticker, ((ticker.bid_ticks, ticker.bid_lots), (ticker.ask_ticks, ticker.ask_lots)) in span
