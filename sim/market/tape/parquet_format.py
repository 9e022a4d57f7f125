"""A tape as one Parquet file: whole ticks, lots and nanoseconds, a row for each level of each record.

What a row was read from stays with it: files and lines are those of the recording that was
converted. The head (market, grid, files) is the file's own metadata.
"""

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

from sim.market.tape.csv_format import require_order
from sim.market.tape.records import (
    L2,
    L3,
    PERP,
    SPOT,
    Level,
    Tape,
    TapeBbo,
    TapeDelta,
    TapeOrder,
    TapeRecord,
    TapeSnapshot,
    TapeTrade,
)
from sim.market.tape.refusal import MALFORMED, NOT_A_TAPE, NOT_POSITIVE, UNREADABLE, RowRefused, TapeRefused, refuse

_KEY: Final = "stormquote_tape"
_VERSION: Final = 1
_SNAPSHOT, _DELTA, _TRADE, _BBO, _ORDER = range(5)
_COLUMNS: Final = (
    *("record", "kind", "local_ns", "venue_ns", "source", "line"),
    *("first_id", "last_id", "prev_last_id", "side", "price_ticks", "size_lots"),
)
_Row = tuple[int, ...]


class _Head(msgspec.Struct):
    version: int
    market: str
    symbol: str
    tick: Decimal
    lot: Decimal
    grid_inferred: bool
    local_unit: str
    files: tuple[str, ...]
    ignored: tuple[tuple[str, int], ...]
    level: str = L2
    digest: str = ""  # of everything else; tapes of before it have none


# What is of the file, and not of the tape.
_OWN: Final = ("version", "digest")


def _digest(head: _Head, rows: Sequence[_Row]) -> str:
    """Hash a tape: the pages of a Parquet file carry no sum of their own that anybody checks."""
    whole = msgspec.msgpack.encode((msgspec.structs.replace(head, digest=""), rows))
    return hashlib.blake2b(whole, digest_size=16).hexdigest()


def write_parquet(tape: Tape, path: Path) -> None:
    """Write a whole tape; the same tape gives the same bytes."""
    import duckdb
    import pandas as pd

    rows = [row for number, record in enumerate(tape.records) for row in _rows(number, record)]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS), dtype="int64")
    fields = {name: getattr(tape, name) for name in _Head.__struct_fields__ if name not in _OWN}
    whole = _Head(version=_VERSION, **fields)
    whole.digest = _digest(whole, rows)
    head = msgspec.json.encode(whole).decode().replace("'", "''")
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("frame", frame)
        target = str(path).replace("'", "''")
        connection.execute(
            f"COPY frame TO '{target}' (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{_KEY}: '{head}'}})"
        )


def _rows(number: int, record: TapeRecord) -> list[_Row]:
    place = (record.local_ns, record.venue_ns, record.source, record.line)
    if isinstance(record, TapeTrade):
        ids = (record.trade_id, record.maker_id, 0)
        return [(number, _TRADE, *place, *ids, record.side, record.price_ticks, record.size_lots)]
    if isinstance(record, TapeBbo):
        both = ((1, record.bid_ticks, record.bid_lots), (-1, record.ask_ticks, record.ask_lots))
        return [(number, _BBO, *place, record.update_id, record.since_id, 0, *one) for one in both]
    if isinstance(record, TapeSnapshot):
        kind, ids = _SNAPSHOT, (record.last_update_id, 0, 0)
    else:
        kind, ids = _DELTA, (record.first_id, record.last_id, record.prev_last_id)
    levels = [(1, *level) for level in record.bids] + [(-1, *level) for level in record.asks]
    # A message without levels still moves the chain: a row of no side stands for it.
    rows: list[_Row] = [(number, kind, *place, *ids, *level) for level in levels or [(0, 0, 0)]]
    return rows + [(number, _ORDER, *place, each.order_id, 0, 0, *_order(each)) for each in record.orders]


def _order(each: TapeOrder) -> tuple[int, int, int]:
    return each.side, each.price_ticks, each.size_lots


def read_parquet(path: Path, folder: Path, name: str) -> Tape:
    """Read a tape that ``write_parquet`` wrote; anything else is refused. ``name`` is the format's."""
    import duckdb

    try:
        with duckdb.connect() as connection:
            found = connection.execute("SELECT key, value FROM parquet_kv_metadata(?)", [str(path)]).fetchall()
            heads = [value for key, value in found if key == _KEY.encode()]
            if not heads:
                raise TapeRefused(
                    NOT_A_TAPE, str(path), 0, "a Parquet file, but no tape: `sim tape convert` writes one"
                )
            head = msgspec.json.decode(heads[0], type=_Head)
            query = f"SELECT {', '.join(_COLUMNS)} FROM read_parquet(?) ORDER BY file_row_number"
            rows = connection.execute(query, [str(path)]).fetchall()
    except (duckdb.Error, msgspec.MsgspecError) as mistake:
        words = str(mistake).partition("\n")[0]
        raise TapeRefused(UNREADABLE, str(path), 0, f"not a whole tape in Parquet: {words}") from mistake
    if head.version != _VERSION:
        raise TapeRefused(NOT_A_TAPE, str(path), 0, f"a tape of version {head.version}, this program reads {_VERSION}")
    wrong = _wrong_in(head)
    if wrong:
        raise TapeRefused(MALFORMED, str(path), 0, f"the head of the tape says {wrong}")
    records = _records(str(path), rows, len(head.files))
    if head.digest and head.digest != _digest(head, rows):
        raise TapeRefused(UNREADABLE, str(path), 0, "damaged: it does not hold what was written")
    fields = {name: getattr(head, name) for name in _Head.__struct_fields__ if name not in _OWN}
    return Tape(folder=str(folder), format=name, records=records, **fields)


def _wrong_in(head: _Head) -> str:
    """Say what of a head no tape can have; empty where nothing is."""
    for name in ("tick", "lot"):
        step = getattr(head, name)
        if not step.is_finite() or step <= 0:
            return f"{name} {step}, which is not above zero"
    for name, known in (("market", (PERP, SPOT)), ("level", (L2, L3))):
        if getattr(head, name) not in known:
            return f"{name} {getattr(head, name)!r}, neither {known[0]} nor {known[1]}"
    return ""


def _records(path: str, rows: list[_Row], files: int) -> tuple[TapeRecord, ...]:
    records: list[TapeRecord] = []
    first, at, local_ns, number = 0, 0, 0, 0
    try:
        for at in range(len(rows) + 1):
            if at < len(rows):
                _check(rows[at], local_ns, files)
                if rows[at][0] not in (number, number + 1 if at else 0):
                    raise RowRefused(MALFORMED, f"record {rows[at][0]} does not follow record {number}")
                number, local_ns = rows[at][0], rows[at][2]
            if at and (at == len(rows) or rows[at][0] != rows[first][0]):
                records.append(_record(rows[first:at]))
                first = at
    except ValueError as mistake:
        row = rows[min(at, len(rows) - 1)]
        refuse(path, min(at, len(rows) - 1) + 1, mistake, ", ".join(_COLUMNS), " ".join(map(str, row)))
    return tuple(records)


def _check(row: _Row, local_ns: int, files: int) -> None:
    if any(type(value) is not int for value in row):
        raise RowRefused(MALFORMED, "a value is missing or no whole number")
    require_order(row[2], local_ns)
    kind, (side, price, size) = row[1], row[9:]
    if not 0 <= row[4] < files:
        raise RowRefused(MALFORMED, f"source {row[4]}, of {files} files")
    if side not in (-1, 0, 1):
        raise RowRefused(MALFORMED, f"side {side} is neither 1 nor -1")
    if side and price <= 0:
        raise RowRefused(NOT_POSITIVE, f"price {price} is not above zero")
    if size < 0 or (kind in (_SNAPSHOT, _TRADE) and side and size == 0):
        raise RowRefused(NOT_POSITIVE, f"size {size} where something must be")


def _record(rows: list[_Row]) -> TapeRecord:
    _, kind, local_ns, venue_ns, source, line, first_id, last_id, prev_last_id, side, price, size = rows[0]
    place = (local_ns, venue_ns, source, line)
    orders = tuple(TapeOrder(row[6], *row[9:]) for row in rows if row[1] == _ORDER)
    if any(row[:6] != rows[0][:6] and row[1] != _ORDER for row in rows):
        raise RowRefused(MALFORMED, f"rows of record {rows[0][0]} are not of one kind, time and place")
    rows = [row for row in rows if row[1] != _ORDER]
    bids: tuple[Level, ...] = tuple((row[10], row[11]) for row in rows if row[9] > 0)
    asks: tuple[Level, ...] = tuple((row[10], row[11]) for row in rows if row[9] < 0)
    if kind == _SNAPSHOT:
        return TapeSnapshot(*place, first_id, bids, asks, orders)
    if kind == _DELTA:
        return TapeDelta(*place, first_id, last_id, prev_last_id, bids, asks, orders)
    if kind == _TRADE and len(rows) == 1 and side:
        return TapeTrade(*place, first_id, price, size, side, last_id)
    if kind == _BBO and (len(bids), len(asks)) == (1, 1):
        return TapeBbo(*place, first_id, *bids[0], *asks[0], last_id)
    raise RowRefused(MALFORMED, f"record {rows[0][0]} of kind {kind} has {len(bids)} bids and {len(asks)} asks")


def same_grid(tape: Tape, path: Path, tick: Any, lot: Any) -> None:
    """Refuse a tape on another grid than asked: its ticks and lots are counted already."""
    if (tick or tape.tick, lot or tape.lot) != (tape.tick, tape.lot):
        words = f"the tape counts in ticks of {tape.tick} and lots of {tape.lot}, asked for {tick} and {lot}"
        raise TapeRefused(NOT_A_TAPE, str(path), 0, words)
