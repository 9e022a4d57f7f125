"""Read a recording of Bybit's public streams: a header, then one JSON record a line, many markets in one file.

A record is ``{"t": kind, "conn": name, "ts": seconds, "data": "<message>"}``; connections follow one
another in the file, each in order of time. One market is taken out, named by symbol and category; the
messages of others, and of other streams, are counted. Form: bmoscon/cryptofeed, raw recordings of
format 2. Messages: Bybit v5, public streams ``orderbook``, ``publicTrade`` and ``tickers``.

Books are numbered by ``u``, one by one; their time is ``cts``, when the matching engine made them, as
``T`` is of trades. Trades have no numbers that join, so a missing one cannot be seen; ``seq`` may not
go back. Tickers are sampled apart from the books: ``cs`` says between which two each belongs.
"""

from bisect import bisect_right
from decimal import Decimal
from typing import Final

import msgspec

from sim.market.tape.csv_format import require_order
from sim.market.tape.files import unit_of
from sim.market.tape.grid import Grid
from sim.market.tape.records import PERP, SPOT, Levels, TapeBbo, TapeDelta, TapeRecord, TapeSnapshot, TapeTrade
from sim.market.tape.refusal import (
    MALFORMED,
    NOT_A_TAPE,
    NOT_POSITIVE,
    OUT_OF_ORDER,
    WRONG_UNIT,
    RowRefused,
    TapeRefused,
    refuse,
)

_NS_PER_S: Final = 1_000_000_000
_NS_PER_MS: Final = 1_000_000
_LINE: Final = 'a record {"t": ..., "conn": ..., "ts": ..., "data": ...}'
_CATEGORIES: Final = {"linear": PERP, "spot": SPOT}
_Pairs = list[tuple[str, str]]
# A market in a recording: what it is (perp or spot), and its symbol.
Wanted = tuple[str, str]


class _Line(msgspec.Struct, gc=False):
    t: str
    conn: str = ""
    ts: msgspec.Raw = msgspec.Raw(b"")
    addr: str = ""
    data: str = ""


class _Head(msgspec.Struct, gc=False):
    topic: str = ""
    type: str = ""


class _Levels(msgspec.Struct, gc=False):
    s: str
    b: _Pairs
    a: _Pairs
    u: int
    seq: int


class _Book(msgspec.Struct, gc=False):
    type: str
    ts: int
    data: _Levels
    cts: int = 0


class _Print(msgspec.Struct, gc=False):
    T: int
    s: str
    S: str
    v: str
    p: str
    seq: int
    BT: bool = False
    i: str = ""


class _Prints(msgspec.Struct, gc=False):
    data: list[_Print]


class _Best(msgspec.Struct, gc=False):
    bid1Price: str = ""
    bid1Size: str = ""
    ask1Price: str = ""
    ask1Size: str = ""


class _Ticker(msgspec.Struct, gc=False):
    ts: int
    cs: int
    data: _Best


_decode_line: Final = msgspec.json.Decoder(_Line).decode
_decode_head: Final = msgspec.json.Decoder(_Head).decode
_decode_book: Final = msgspec.json.Decoder(_Book).decode
_decode_prints: Final = msgspec.json.Decoder(_Prints).decode
_decode_ticker: Final = msgspec.json.Decoder(_Ticker).decode


def markets(lines: list[bytes]) -> list[Wanted]:
    """List the markets whose books a recording holds; lines that cannot be read are left to the reader."""
    found: dict[Wanted, None] = {}
    categories: dict[str, str] = {}
    for line in lines:
        try:
            record = _decode_line(line)
            topic = _decode_head(record.data).topic if record.data else ""
        except msgspec.MsgspecError:
            continue
        if record.t == "connect":
            categories[record.conn] = _category(record.addr)
        elif record.t == "recv" and topic.startswith("orderbook."):
            found[categories.get(record.conn, ""), topic.rpartition(".")[2]] = None
    return [market for market in found if market[0]]


def _category(address: str) -> str:
    return _CATEGORIES.get(address.rpartition("/")[2], "")


def snapshot_texts(lines: list[bytes], wanted: Wanted) -> tuple[list[str], list[str]] | None:
    """Give the prices and sizes of the market's first snapshot as text, to infer the grid from."""
    categories: dict[str, str] = {}
    for line in lines:
        try:
            record = _decode_line(line)
            if record.t == "connect":
                categories[record.conn] = _category(record.addr)
            head = _decode_head(record.data) if record.t == "recv" else _Head()
            here = categories.get(record.conn, ""), head.topic.rpartition(".")[2]
            if head.topic.startswith("orderbook.") and head.type == "snapshot" and here == wanted:
                book = _decode_book(record.data).data
                return [price for price, _ in book.b + book.a], [size for _, size in book.b + book.a]
        except msgspec.MsgspecError:
            return [], []  # any guess will do: reading the line will name what is wrong with it
    return None


class BybitReader:
    """Read one market out of a recording."""

    def __init__(self, prices: Grid, sizes: Grid, wanted: Wanted) -> None:
        """``wanted`` names the market."""
        self.records: list[TapeRecord] = []
        self.ignored: dict[str, int] = {}
        self._wanted = wanted
        self._prices, self._sizes = prices, sizes
        self._categories: dict[str, str] = {}
        self._local_ns: dict[str, int] = {}
        self._trade_seq = self._book_seq = self._trades = 0
        self._seqs: list[tuple[int, int]] = []  # of each book message its seq and its u
        self._printed: dict[tuple[str, int], None] = {}
        self._best = ["", "", "", ""]
        self._tickers: list[tuple[int, TapeBbo]] = []

    def read(self, path: str, source: int, lines: list[bytes]) -> None:
        """Read the file; its last line must be whole."""
        number, line = 1, b""
        try:
            for number, line in enumerate(lines, 1):
                self._line(source, number, _decode_line(line))
        except ValueError as mistake:  # msgspec's own errors are ValueErrors too
            refuse(path, number, mistake, _LINE, line.decode("utf-8", "backslashreplace"))
        self._place_tickers()
        self.records.sort(key=lambda record: record.local_ns)

    def _line(self, source: int, number: int, record: _Line) -> None:
        if record.t == "header":
            return
        local_ns = self._time(record)
        if record.t == "connect":
            self._categories[record.conn] = _category(record.addr)
        if record.t != "recv":
            self._ignore(f"records of kind {record.t}")
            return
        if record.conn not in self._categories:
            raise RowRefused(MALFORMED, f"connection {record.conn!r} was never opened")
        head = _decode_head(record.data)
        stream, _, symbol = head.topic.rpartition(".")
        stream = stream.partition(".")[0]
        if (self._categories[record.conn], symbol) != self._wanted:
            self._ignore("messages of other markets" if stream else "answers to requests")
        elif stream == "orderbook":
            self._book(local_ns, source, number, _decode_book(record.data))
        elif stream == "publicTrade":
            self._prints(local_ns, source, number, _decode_prints(record.data))
        elif stream == "tickers":
            self._ticker(local_ns, source, number, _decode_ticker(record.data))
        else:
            self._ignore(stream)

    def _ignore(self, name: str) -> None:
        self.ignored[name] = self.ignored.get(name, 0) + 1

    def _time(self, record: _Line) -> int:
        text = bytes(record.ts).decode("ascii", "replace")
        if unit_of(text.partition(".")[0])[0] != "s":
            raise RowRefused(WRONG_UNIT, f"ts {text} is not in s")
        local_ns = int(Decimal(text) * _NS_PER_S)
        require_order(local_ns, self._local_ns.get(record.conn, 0))
        self._local_ns[record.conn] = local_ns
        return local_ns

    def _book(self, local_ns: int, source: int, line: int, seen: _Book) -> None:
        found = seen.data
        self._same_symbol(found.s)
        if found.seq < self._book_seq:
            raise RowRefused(OUT_OF_ORDER, f"seq {found.seq} of a book after {self._book_seq}")
        self._book_seq = found.seq
        self._seqs.append((found.seq, found.u))
        venue_ns = self._venue_time(seen.cts or seen.ts)
        bids, asks = self._levels(found.b), self._levels(found.a)
        if seen.type == "delta":
            self.records.append(TapeDelta(local_ns, venue_ns, source, line, found.u, found.u, found.u - 1, bids, asks))
            return
        if seen.type != "snapshot":
            raise RowRefused(MALFORMED, f"a book of type {seen.type!r}")
        if any(size == 0 for _, size in bids + asks):
            raise RowRefused(NOT_POSITIVE, "size of a snapshot's level is zero")
        sides = tuple(sorted(bids, reverse=True)), tuple(sorted(asks))
        self.records.append(TapeSnapshot(local_ns, venue_ns, source, line, found.u, *sides))

    def _prints(self, local_ns: int, source: int, line: int, seen: _Prints) -> None:
        for each in seen.data:
            self._same_symbol(each.s)
            if each.BT:
                self._ignore("block trades, which meet no book")
                continue
            if each.seq < self._trade_seq:
                raise RowRefused(OUT_OF_ORDER, f"seq {each.seq} of a trade after {self._trade_seq}")
            self._trade_seq = each.seq
            if (each.i, each.seq) in self._printed and each.i:
                raise RowRefused(MALFORMED, f"trade {each.i} is told twice")
            self._printed[each.i, each.seq] = None
            if each.S not in ("Buy", "Sell"):
                raise RowRefused(MALFORMED, f"side {each.S!r} is neither Buy nor Sell")
            price, size = self._prices[each.p], self._sizes[each.v]
            if size == 0:
                raise RowRefused(NOT_POSITIVE, "size of a trade is zero")
            self._trades += 1
            side = 1 if each.S == "Buy" else -1
            venue_ns = self._venue_time(each.T)
            self.records.append(TapeTrade(local_ns, venue_ns, source, line, self._trades, price, size, side))

    def _ticker(self, local_ns: int, source: int, line: int, seen: _Ticker) -> None:
        """Take in a ticker; a delta names only what has changed."""
        news = (seen.data.bid1Price, seen.data.bid1Size, seen.data.ask1Price, seen.data.ask1Size)
        self._best = [new or old for new, old in zip(news, self._best, strict=True)]
        if all(self._best):
            bid, bid_lots, ask, ask_lots = self._best
            prices, sizes = self._prices, self._sizes
            found = (prices[bid], sizes[bid_lots], prices[ask], sizes[ask_lots])
            self._tickers.append((seen.cs, TapeBbo(local_ns, self._venue_time(seen.ts), source, line, 0, *found)))

    def _place_tickers(self) -> None:
        """Give each ticker the book message before it and the one after; who has none is counted."""
        seqs = [seq for seq, _ in self._seqs]
        for cs, ticker in self._tickers:
            after = bisect_right(seqs, cs)
            if 0 < after < len(seqs):
                ids = {"since_id": self._seqs[after - 1][1], "update_id": self._seqs[after][1]}
                self.records.append(msgspec.structs.replace(ticker, **ids))
            else:
                self._ignore("tickers before the first book or after the last")

    def _same_symbol(self, symbol: str) -> None:
        if symbol != self._wanted[1]:
            raise RowRefused(MALFORMED, f"symbol {symbol} in a stream of {self._wanted[1]}")

    def _venue_time(self, venue_ms: int) -> int:
        if unit_of(str(venue_ms))[0] != "ms":
            raise RowRefused(WRONG_UNIT, f"venue time {venue_ms} is not in ms")
        return venue_ms * _NS_PER_MS

    def _levels(self, pairs: _Pairs) -> Levels:
        prices, sizes = self._prices, self._sizes
        return tuple([(prices[price], sizes[size]) for price, size in pairs])


def choose(lines: list[bytes], path: str, symbol: str, market: str) -> Wanted:
    """Choose the one market that is meant; several, or none, are a refusal that lists what there is."""
    found = markets(lines)
    meant = [each for each in found if market in ("", each[0]) and symbol in ("", each[1])]
    if len(meant) == 1:
        return meant[0]
    there = ", ".join(f"{kind} {name}" for kind, name in found) or "no book at all"
    asked = " ".join(each for each in (market, symbol) if each) or "one market"
    words = f"wanted {asked}, the recording holds {there}: name a symbol and perp or spot"
    raise TapeRefused(NOT_A_TAPE, path, 0, words)
