"""Read a log of Bitstamp's live orders (L3): every order that comes, shrinks, trades and goes, by its id.

A line is ``<local ms> <kind> <json>``. The venue stamps whole seconds, so the recorder's clock orders
everything; words of one millisecond are set a nanosecond apart. What the log does not say in words is
worked out, and counted where it drops something:

- A trade names no orders. They are those whose sizes fall by its size just then: the maker rests at
  its price, the taker is on the other side.
- An order that comes to take is told as if it rested. It enters the book when it has taken, with what
  is left of it.
- The book before the log: orders that are only ever changed or deleted stood there from the start,
  older ids first. Those that are never spoken of are unknown.
- Trades are counted anew: the venue's numbers skip. A resting order that shrinks without one is a hole.
- Words get lost. An order that the other side comes to rest through, or trades behind, is not there
  any more: it is dropped.

Form: phil8192/ob-analytics, ``inst/extdata``; messages: Bitstamp's ``live_orders`` and ``order_book`` of 2015.
"""

from typing import Final

import msgspec

from sim.market.tape.csv_format import require_order
from sim.market.tape.files import unit_of
from sim.market.tape.grid import Grid
from sim.market.tape.refusal import MALFORMED, NOT_POSITIVE, WRONG_UNIT, RowRefused, refuse

CREATED, CHANGED, DELETED = "order_created", "order_changed", "order_deleted"
_TRADE, _BOOK = "trade", "order_book"
_LINE: Final = "'<local ms> <kind> {json}'"


class Word(msgspec.Struct):
    """One word about an order. ``fell_lots`` is what left it, -1 where that cannot be known.

    ``has_moved`` says that its price is not the one told before: an order at any price moves as it takes.
    """

    local_ns: int
    line: int
    kind: str
    order_id: int
    side: int
    price_ticks: int
    size_lots: int
    fell_lots: int = 0
    has_moved: bool = False


class Print(msgspec.Struct):
    """A trade, without its orders."""

    local_ns: int
    line: int
    trade_id: int
    price_ticks: int
    size_lots: int


class Shown(msgspec.Struct):
    """The best bid and ask of a book as the venue told it, some time before."""

    local_ns: int
    line: int
    bid: tuple[int, int]
    ask: tuple[int, int]


class _Order(msgspec.Struct, gc=False):
    id: int
    price: str
    amount: str
    order_type: int


class _Trade(msgspec.Struct, gc=False):
    id: int
    price: float
    amount: float


class _Book(msgspec.Struct, gc=False):
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]


_decode_order: Final = msgspec.json.Decoder(_Order).decode
_decode_trade: Final = msgspec.json.Decoder(_Trade).decode
_decode_book: Final = msgspec.json.Decoder(_Book).decode


def first_texts(lines: list[bytes]) -> tuple[list[str], list[str]]:
    """Give prices and sizes of the first orders as text, to infer the grid from."""
    prices: list[str] = []
    sizes: list[str] = []
    for line in lines[:_FIRST]:
        kind, _, body = line.partition(b" ")[2].partition(b" ")
        if kind.startswith(b"order_c"):
            try:
                order = _decode_order(body)
            except msgspec.MsgspecError:
                break  # any guess will do: reading the line will name what is wrong with it
            prices.append(order.price)
            sizes.append(order.amount)
    return prices, sizes


_FIRST: Final = 1000


class LogReader:
    """Read the lines of a log, in order; what must agree between them is kept here."""

    def __init__(self, prices: Grid, sizes: Grid) -> None:
        self.words: list[Word] = []
        self.prints: list[Print] = []
        self.shown: list[Shown] = []
        self.ignored: dict[str, int] = {}
        self._prices, self._sizes = prices, sizes
        self._local_ns = 0
        self._resting: dict[int, tuple[int, int]] = {}  # of each order its price and size as told last
        self._gone: dict[int, None] = {}
        self._traded: dict[int, None] = {}

    def read(self, path: str, lines: list[bytes]) -> None:
        """Read a whole log."""
        number, line = 1, b""
        try:
            for number, line in enumerate(lines, 1):
                stamp, _, rest = line.partition(b" ")
                kind, _, body = rest.partition(b" ")
                self._line(self._time(stamp), number, kind.decode("ascii", "replace"), body)
        except ValueError as mistake:  # msgspec's own errors are ValueErrors too
            refuse(path, number, mistake, _LINE, line.decode("ascii", "backslashreplace"))

    def _time(self, stamp: bytes) -> int:
        text = stamp[:40].decode("ascii", "replace")
        if unit_of(text)[0] != "ms":
            raise RowRefused(WRONG_UNIT, f"local time {text} is not in ms")
        local_ns = int(text) * 1_000_000
        require_order(local_ns, self._local_ns)
        self._local_ns = local_ns
        return local_ns

    def _line(self, local_ns: int, line: int, kind: str, body: bytes) -> None:
        if kind == _TRADE:
            trade = _decode_trade(body)
            if trade.id in self._traded:
                raise RowRefused(MALFORMED, f"trade {trade.id} is told twice")
            self._traded[trade.id] = None
            # Written as floats: eight decimals are what they were before.
            price, size = self._prices[f"{trade.price:.8f}"], self._sizes[f"{trade.amount:.8f}"]
            self.prints.append(Print(local_ns, line, trade.id, price, _above_zero(size)))
        elif kind == _BOOK:
            book = _decode_book(body)
            if book.bids and book.asks:
                self.shown.append(Shown(local_ns, line, self._level(book.bids[0]), self._level(book.asks[0])))
            else:
                self._ignore("books without a bid or an ask")
        elif kind in (CREATED, CHANGED, DELETED):
            self._word(local_ns, line, kind, _decode_order(body))
        else:
            raise RowRefused(MALFORMED, f"no such word {kind[:40]!r}")

    def _level(self, level: tuple[str, str]) -> tuple[int, int]:
        return self._prices[level[0]], _above_zero(self._sizes[level[1]])

    def _word(self, local_ns: int, line: int, kind: str, told: _Order) -> None:
        if told.order_type not in (0, 1):
            raise RowRefused(MALFORMED, f"order_type {told.order_type} is neither 0 nor 1")
        price, size = self._prices[told.price], self._sizes[told.amount]
        if kind != DELETED:
            _above_zero(size)
        if told.id in self._gone:
            self._ignore("words of orders that were gone")
            return
        word = Word(local_ns, line, kind, told.id, 1 - 2 * told.order_type, price, size)
        before = self._resting.get(told.id)
        if kind == CREATED and before is not None:
            raise RowRefused(MALFORMED, f"order {told.id} is created twice")
        if kind != CREATED:
            word.fell_lots = -1 if before is None else before[1] - size
            word.has_moved = before is not None and before[0] != price
            if kind == DELETED and size and word.fell_lots in (-1, 0):
                word.fell_lots = 0  # cancelled whole
        if kind == DELETED:
            self._resting.pop(told.id, None)
            self._gone[told.id] = None
        else:
            self._resting[told.id] = price, size
        self.words.append(word)

    def _ignore(self, name: str) -> None:
        self.ignored[name] = self.ignored.get(name, 0) + 1


def _above_zero(size_lots: int) -> int:
    if size_lots == 0:
        raise RowRefused(NOT_POSITIVE, "size is zero where something must be")
    return size_lots
