"""Read hftbacktest's own form: one structured array ``data`` of events in each ``.npz`` file.

Its rows have no update ids, so the chain is numbered here as the file claims it to be: a message
missing before it was written cannot be seen. Rows of one instant are one message. A row is named by
its number, from 1. Form and flags: hftbacktest, ``hftbacktest/src/types.rs``.
"""

import re
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

from sim.market.tape.csv_format import require_order
from sim.market.tape.files import unit_of
from sim.market.tape.grid import Grid
from sim.market.tape.records import Level, TapeDelta, TapeRecord, TapeSnapshot, TapeTrade
from sim.market.tape.refusal import MALFORMED, NOT_POSITIVE, UNREADABLE, WRONG_UNIT, RowRefused, TapeRefused, refuse

FIELDS: Final = ("ev", "exch_ts", "local_ts", "px", "qty")
_LOCAL: Final = 1 << 30
_BUY: Final = 1 << 29
_SELL: Final = 1 << 28
_KIND: Final = 0xFF
_DEPTH, _TRADE, _CLEAR, _SNAPSHOT = 1, 2, 3, 4
_EXPECTED: Final = f"an array of {', '.join(FIELDS)}"

# Event, venue's and local time, price and size as decimal text.
Row = tuple[int, int, int, str, str]


def read_rows(path: Path) -> list[Row]:
    """Read a file's rows; one that is no such array is refused."""
    import numpy as np

    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            data: Any = archive["data"]
    except KeyError:
        raise TapeRefused(MALFORMED, str(path), 0, f"no array named data; expected {_EXPECTED}") from None
    except (
        *(OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error),
        # What zipfile says of a packing it does not know, and of one that is locked.
        *(NotImplementedError, RuntimeError),
    ) as mistake:
        raise TapeRefused(UNREADABLE, str(path), 0, f"not a whole npz file: {mistake}") from mistake
    missing = [field for field in FIELDS if field not in (data.dtype.names or ())]
    if missing:
        raise TapeRefused(MALFORMED, str(path), 0, f"missing field {', '.join(missing)}; expected {_EXPECTED}")
    kinds = "".join(data.dtype[field].kind for field in FIELDS)
    if data.ndim != 1 or not re.fullmatch("[iu]{3}[fiu]{2}", kinds):
        raise TapeRefused(
            MALFORMED, str(path), 0, f"not one row of whole numbers and prices each; expected {_EXPECTED}"
        )
    columns: list[Any] = [data[field].tolist() for field in FIELDS[:3]]
    for field in FIELDS[3:]:
        # The shortest text that reads back as this float is what was rounded to it.
        texts = {value: np.format_float_positional(value, trim="-") for value in set(data[field].tolist())}
        columns.append([texts.get(value, "nan") for value in data[field].tolist()])
    return list(zip(*columns, strict=True))


def snapshot_texts(rows: list[Row]) -> tuple[list[str], list[str]] | None:
    """Give the prices and sizes of the snapshot as text, to infer the grid from."""
    found = [(price, size) for event, _, _, price, size in rows if event & _KIND == _SNAPSHOT]
    return ([price for price, _ in found], [size for _, size in found]) if found else None


class NpzReader:
    """Read the files of one window in order; the numbering of the chain goes on between them."""

    def __init__(self, prices: Grid, sizes: Grid) -> None:
        self.records: list[TapeRecord] = []
        self.ignored: dict[str, int] = {}
        self._prices, self._sizes = prices, sizes
        self._update_id = self._trade_id = self._local_ns = 0
        self._kind = 0
        self._head: tuple[int, int, int, int] = (0, 0, 0, 0)
        self._sides: tuple[list[Level], list[Level]] = ([], [])

    def read(self, path: str, source: int, rows: list[Row]) -> None:
        """Read one file; the last message ends with it."""
        number = 0
        try:
            for number, row in enumerate(rows, 1):
                self._row(source, number, row)
            self._close()
        except ValueError as mistake:
            refuse(path, number, mistake, _EXPECTED, " ".join(map(str, rows[number - 1])) if number else "")

    def _row(self, source: int, number: int, row: Row) -> None:
        event, venue_ns, local_ns, price, size = row
        kind = event & _KIND
        if not event & _LOCAL:
            self._ignore("rows in the venue's order only")
        elif kind in (_DEPTH, _SNAPSHOT, _TRADE):
            self._time(kind, venue_ns, local_ns)
            side = self._side(event)
            if kind == _TRADE:
                self._close()
                self._trade(source, number, row, side)
                return
            if (kind, venue_ns, local_ns) != (self._kind, *self._head[:2]):
                self._close()
                self._kind, self._head = kind, (venue_ns, local_ns, source, number)
            self._sides[0 if side > 0 else 1].append((self._prices[price], self._sizes[size]))
        elif kind == _CLEAR:
            self._close()
            self._kind = _CLEAR
        else:
            self._ignore(f"event {kind}")

    def _ignore(self, name: str) -> None:
        self.ignored[name] = self.ignored.get(name, 0) + 1

    def _time(self, kind: int, venue_ns: int, local_ns: int) -> None:
        # A snapshot of its own file has no time at all.
        if not (kind == _SNAPSHOT and venue_ns == local_ns == 0):
            for stamp in (venue_ns, local_ns):
                if unit_of(str(stamp))[0] != "ns":
                    raise RowRefused(WRONG_UNIT, f"time {stamp} is not in ns")
        if self._kind == _CLEAR and kind != _SNAPSHOT:
            raise RowRefused(MALFORMED, "levels were cleared and no snapshot follows")
        require_order(local_ns, self._local_ns)
        self._local_ns = local_ns

    def _side(self, event: int) -> int:
        is_buy, is_sell = bool(event & _BUY), bool(event & _SELL)
        if is_buy == is_sell:
            raise RowRefused(MALFORMED, f"event {event:#x} is of both sides or of none")
        return 1 if is_buy else -1

    def _trade(self, source: int, number: int, row: Row, side: int) -> None:
        _, venue_ns, local_ns, price, size = row
        ticks, lots = self._prices[price], self._sizes[size]
        if lots == 0:
            raise RowRefused(NOT_POSITIVE, "size of a trade is zero")
        self._trade_id += 1
        self.records.append(TapeTrade(local_ns, venue_ns, source, number, self._trade_id, ticks, lots, side))

    def _close(self) -> None:
        """End the message that is being gathered, if one is."""
        kind, (venue_ns, local_ns, source, number), (bids, asks) = self._kind, self._head, self._sides
        if kind in (_DEPTH, _SNAPSHOT):
            before, self._update_id = self._update_id, self._update_id + 1
            now = self._update_id
            if kind == _SNAPSHOT:
                if any(size == 0 for _, size in bids + asks):
                    raise RowRefused(NOT_POSITIVE, "size of a snapshot's level is zero")
                sides = tuple(sorted(bids, reverse=True)), tuple(sorted(asks))
                self.records.append(TapeSnapshot(local_ns, venue_ns, source, number, now, *sides))
            else:
                sides = tuple(bids), tuple(asks)
                self.records.append(TapeDelta(local_ns, venue_ns, source, number, now, now, before, *sides))
            self._kind, self._sides = 0, ([], [])
