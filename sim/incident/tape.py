"""What a bot heard of one market, written as a recorded window that a scenario can replay.

While the bot was deaf the market went on: the book it saw next is joined to the one it saw last by one
message, so that the tape is whole and the deafness is a fault of its own. Ids are counted anew. What
our own orders added to the levels is still in them, as in every book that was seen with orders in it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from sim.market.tape.csv_format import HEADERS
from strategy import events
from strategy.book import Book
from strategy.instrument import Instrument, price_text, size_text
from strategy.journal import EventRecord
from strategy.units import BUY, NS_PER_MS

_Sizes = dict[int, int]


class Span(msgspec.Struct, frozen=True):
    """From when to when a tape reaches, by the bot's clock."""

    first_ns: int
    last_ns: int


class Taping:
    """Takes in a bot's words about one symbol; ``write`` puts what they say into four files."""

    def __init__(self, instrument: Instrument) -> None:
        """Start before the first book."""
        self._instrument = instrument
        self._book = Book(instrument.symbol)
        self._shown: tuple[_Sizes, _Sizes] = ({}, {})
        self._rows: dict[str, list[str]] = {part: [header] for part, header in HEADERS.items()}
        self._count = self._trades = 0
        self._venue_ms = self._first_venue_ms = 0
        self.first_ns = self.last_ns = 0

    def hear(self, record: EventRecord) -> None:
        """Take in a word; those of other symbols, and of other things, are none of it."""
        event, now_ns = record.event, record.now_ns
        if getattr(event, "symbol", "") != self._instrument.symbol:
            return
        match event:
            case events.BookSnapshot():
                self._book.snapshot(now_ns, event)
                self._on_book(now_ns, event.venue_ns)
            case events.BookDelta():
                self._book.delta(now_ns, event)
                self._on_book(now_ns, event.venue_ns)
            case events.PublicTrade() if self._count:
                self._on_trade(now_ns, event)
            case _:
                pass

    def write(self, folder: Path) -> Span | None:
        """Write the files; None where no book was ever seen twice."""
        if self._count < _FEW:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        for part, rows in self._rows.items():
            (folder / f"{part}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        # A tape is replayed by the venue's stamps: where its clock was set back they end before ours do.
        stamped_ns = (self._venue_ms - self._first_venue_ms) * NS_PER_MS
        return Span(self.first_ns, min(self.last_ns, self.first_ns + stamped_ns))

    def _on_book(self, now_ns: int, venue_ns: int) -> None:
        book = self._book
        if not book.ok or not book.is_two_sided:
            return
        self._venue_ms = max(self._venue_ms, venue_ns // NS_PER_MS)
        shown = (dict(book.bids), dict(book.asks))
        if not self._count:
            self._count, self.first_ns, self._first_venue_ms = 1, now_ns, self._venue_ms
            self._rows["snapshot"] += self._levels(f"{now_ns},{self._venue_ms},1", shown)
        else:
            changed = (_changes(self._shown[0], shown[0]), _changes(self._shown[1], shown[1]))
            if not changed[0] and not changed[1]:
                return
            self._count += 1
            count = self._count
            self._rows["depth"] += self._levels(f"{now_ns},{self._venue_ms},{count},{count},{count - 1}", changed)
        self._shown, self.last_ns = shown, now_ns
        self._rows["bbo"].append(f"{now_ns},{self._venue_ms},{self._count},{self._best()}")

    def _on_trade(self, now_ns: int, trade: events.PublicTrade) -> None:
        self._trades += 1
        price, size = price_text(self._instrument, trade.price_ticks), size_text(self._instrument, trade.size_lots)
        side = "B" if trade.side == BUY else "S"
        venue_ms = max(self._venue_ms, trade.venue_ns // NS_PER_MS)
        self._rows["trades"].append(f"{now_ns},{venue_ms},{self._trades},{price},{size},{side}")

    def _levels(self, head: str, sides: tuple[_Sizes, _Sizes]) -> Iterator[str]:
        for letter, sizes in zip("BA", sides, strict=True):
            for price, lots in sizes.items():
                yield f"{head},{letter},{price_text(self._instrument, price)},{size_text(self._instrument, lots)}"

    def _best(self) -> str:
        parts = []
        for price, sizes in (
            (self._book.best_bid_ticks, self._book.bids),
            (self._book.best_ask_ticks, self._book.asks),
        ):
            parts += [price_text(self._instrument, price), size_text(self._instrument, sizes[price])]
        return ",".join(parts)


# A tape is a snapshot and at least one message after it.
_FEW: Final = 2


def _changes(before: _Sizes, after: _Sizes) -> _Sizes:
    gone = {price: 0 for price in before if price not in after}
    return gone | {price: lots for price, lots in after.items() if before.get(price) != lots}
