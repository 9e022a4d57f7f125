"""Read raw lines: the recorder's local time, a space, and the venue's own JSON.

The unit of local time is told from its digits (it changed from microseconds to nanoseconds over
the years) and checked against the venue's milliseconds. A perpetual chains its depth messages by
``pu``; spot leaves it out. Messages of other streams are counted, not dropped unseen.
"""

from typing import Final

import msgspec

from sim.market.tape.csv_format import require_order
from sim.market.tape.files import unit_of
from sim.market.tape.grid import Grid
from sim.market.tape.records import PERP, SPOT, Levels, TapeBbo, TapeDelta, TapeRecord, TapeSnapshot, TapeTrade
from sim.market.tape.refusal import MALFORMED, NOT_POSITIVE, WRONG_UNIT, RowRefused, refuse

_NS_PER_MS: Final = 1_000_000
_LINE: Final = "'<local time> {json}'"
_SNAPSHOT: Final = b'{"lastUpdateId"'
_Pairs = list[tuple[str, str]]


class _Depth(msgspec.Struct, gc=False):
    U: int
    u: int
    E: int
    s: str
    b: _Pairs
    a: _Pairs
    T: int = 0
    pu: int | None = None


class _Trade(msgspec.Struct, gc=False):
    t: int
    p: str
    q: str
    T: int
    s: str
    m: bool


class _Ticker(msgspec.Struct, gc=False):
    u: int
    b: str
    B: str
    a: str
    A: str
    s: str
    T: int = 0


class _Snapshot(msgspec.Struct, gc=False):
    last_update_id: int = msgspec.field(name="lastUpdateId")
    bids: _Pairs
    asks: _Pairs
    T: int = 0


class _DepthLine(msgspec.Struct, gc=False):
    data: _Depth


class _TradeLine(msgspec.Struct, gc=False):
    data: _Trade


class _TickerLine(msgspec.Struct, gc=False):
    data: _Ticker


_decode_depth: Final = msgspec.json.Decoder(_DepthLine).decode
_decode_trade: Final = msgspec.json.Decoder(_TradeLine).decode
_decode_ticker: Final = msgspec.json.Decoder(_TickerLine).decode
_decode_snapshot: Final = msgspec.json.Decoder(_Snapshot).decode


def snapshot_texts(lines: list[bytes]) -> tuple[list[str], list[str]] | None:
    """Give the prices and sizes of the first snapshot as text, to infer the grid from."""
    for line in lines:
        body = line.partition(b" ")[2]
        if body.startswith(_SNAPSHOT):
            try:
                snapshot = _decode_snapshot(body)
            except msgspec.MsgspecError:
                return [], []  # any guess will do: reading the line will name what is wrong with it
            levels = snapshot.bids + snapshot.asks
            return [price for price, _ in levels], [size for _, size in levels]
    return None


class RawReader:
    """Read the files of one window in order; what must agree between lines is kept here."""

    def __init__(self, prices: Grid, sizes: Grid) -> None:
        self.records: list[TapeRecord] = []
        self.ignored: dict[str, int] = {}
        self.symbol = ""
        self.market = ""
        self.unit = ""
        self._unit_ns = 0
        self._digits = 0
        self._local_ns = 0
        self._unit_proved = False
        self._prices = prices
        self._sizes = sizes

    def read(self, path: str, source: int, lines: list[bytes]) -> None:
        """Read one file; the next file goes on where this one ends."""
        number, line = 1, b""
        try:
            for number, line in enumerate(lines, 1):
                stamp, _, body = line.partition(b" ")
                local_ns = self._local_time(stamp)
                stream = _stream_of(body)
                if stream == "bookTicker":
                    self._ticker(local_ns, source, number, _decode_ticker(body).data)
                elif stream == "depth":
                    self._depth(local_ns, source, number, _decode_depth(body).data)
                elif stream == "trade":
                    self._trade(local_ns, source, number, _decode_trade(body).data)
                elif stream == "snapshot":
                    self._snapshot(local_ns, source, number, _decode_snapshot(body))
                else:
                    self.ignored[stream] = self.ignored.get(stream, 0) + 1
        except ValueError as mistake:  # msgspec's own errors are ValueErrors too
            refuse(path, number, mistake, _LINE, line.decode("ascii", "backslashreplace"))

    def _local_time(self, stamp: bytes) -> int:
        if not self._digits:
            self.unit, self._unit_ns = unit_of(stamp.decode("ascii", "replace"))
            self._digits = len(stamp)
        if len(stamp) != self._digits or not stamp.isdigit():
            text = stamp[:40].decode("ascii", "replace")
            raise RowRefused(WRONG_UNIT, f"local time {text!r} is not in {self.unit} like the lines before")
        local_ns = int(stamp) * self._unit_ns
        require_order(local_ns, self._local_ns)
        self._local_ns = local_ns
        return local_ns

    def _venue_time(self, local_ns: int, venue_ms: int) -> int:
        """Check once that both clocks speak of the same era: a wrong unit is off by a thousand."""
        venue_ns = venue_ms * _NS_PER_MS
        if not self._unit_proved:
            if not local_ns // 2 < venue_ns < local_ns * 2:
                raise RowRefused(WRONG_UNIT, f"local time in {self.unit} contradicts venue time {venue_ms} ms")
            self._unit_proved = True
        return venue_ns

    def _same_symbol(self, symbol: str) -> None:
        if symbol != self.symbol:
            if self.symbol:
                raise RowRefused(MALFORMED, f"symbol {symbol} in a window of {self.symbol}")
            self.symbol = symbol

    def _levels(self, pairs: _Pairs) -> Levels:
        prices, sizes = self._prices, self._sizes
        return tuple([(prices[price], sizes[size]) for price, size in pairs])

    def _ticker(self, local_ns: int, source: int, line: int, seen: _Ticker) -> None:
        self._same_symbol(seen.s)
        prices, sizes = self._prices, self._sizes
        venue_ns = self._venue_time(local_ns, seen.T) if seen.T else 0
        bid, bid_lots, ask, ask_lots = prices[seen.b], sizes[seen.B], prices[seen.a], sizes[seen.A]
        self.records.append(TapeBbo(local_ns, venue_ns, source, line, seen.u, bid, bid_lots, ask, ask_lots))

    def _trade(self, local_ns: int, source: int, line: int, seen: _Trade) -> None:
        self._same_symbol(seen.s)
        venue_ns = self._venue_time(local_ns, seen.T)
        price, size = self._prices[seen.p], self._sizes[seen.q]
        if size == 0:
            raise RowRefused(NOT_POSITIVE, "size of a trade is zero")
        # The buyer being the maker means that the aggressor sold.
        self.records.append(TapeTrade(local_ns, venue_ns, source, line, seen.t, price, size, -1 if seen.m else 1))

    def _depth(self, local_ns: int, source: int, line: int, seen: _Depth) -> None:
        self._same_symbol(seen.s)
        market = SPOT if seen.pu is None else PERP
        if market != self.market:
            if self.market:
                raise RowRefused(MALFORMED, f"a {market} depth message in a {self.market} window")
            self.market = market
        # Spot stamps only the publication; perpetuals stamp the transaction as well.
        venue_ns = self._venue_time(local_ns, seen.T or seen.E)
        previous = seen.U - 1 if seen.pu is None else seen.pu
        bids, asks = self._levels(seen.b), self._levels(seen.a)
        self.records.append(TapeDelta(local_ns, venue_ns, source, line, seen.U, seen.u, previous, bids, asks))

    def _snapshot(self, local_ns: int, source: int, line: int, seen: _Snapshot) -> None:
        bids, asks = sorted(self._levels(seen.bids), reverse=True), sorted(self._levels(seen.asks))
        if any(size == 0 for _, size in bids + asks):
            raise RowRefused(NOT_POSITIVE, "size of a snapshot's level is zero")
        venue_ns = self._venue_time(local_ns, seen.T) if seen.T else 0
        self.records.append(
            TapeSnapshot(local_ns, venue_ns, source, line, seen.last_update_id, tuple(bids), tuple(asks))
        )


def _stream_of(body: bytes) -> str:
    """Name what a line is: ``btcusdt@depth@100ms`` is ``depth``; the REST answer has no stream."""
    if body.startswith(_SNAPSHOT):
        return "snapshot"
    if not body.startswith(b'{"stream":"'):
        raise RowRefused(MALFORMED, f"neither a stream message nor a snapshot; expected {_LINE}")
    _, _, after = body[11:80].partition(b"@")
    name = after.partition(b'"')[0].partition(b"@")[0]
    return name.decode("ascii", "replace") or "unnamed"
