"""Load a recorded window: find its format, read it whole, put it into the order received.

    tape = load(folder, tick=Decimal("0.1"), lot=Decimal("0.001"))

Nothing is cached on disk: a window of ten minutes loads in about half a second.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import Final

import msgspec

from sim.market.tape.bybit_format import BybitReader, choose
from sim.market.tape.bybit_format import snapshot_texts as bybit_snapshot_texts
from sim.market.tape.csv_format import read_bbos, read_depth, read_snapshots, read_trades, rows_of
from sim.market.tape.files import BYBIT, CSV, CSV_PARTS, LOG, NPZ, PARQUET, PARQUET_NAME, RAW, find_format, read_bytes
from sim.market.tape.grid import Finer, Grid, infer_step
from sim.market.tape.l3_book import L3Book
from sim.market.tape.l3_format import LogReader, first_texts
from sim.market.tape.npz_format import NpzReader, read_rows
from sim.market.tape.npz_format import snapshot_texts as npz_snapshot_texts
from sim.market.tape.parquet_format import read_parquet, same_grid
from sim.market.tape.raw_format import RawReader, snapshot_texts
from sim.market.tape.records import L3, PERP, SPOT, Tape, TapeRecord
from sim.market.tape.refusal import NOT_A_TAPE, TapeRefused
from sim.market.tape.sanity import require_sound

# Reads the whole window on one grid; an inferred grid may need a second try with a finer step.
_Read = Callable[[Grid, Grid], Tape]
_Texts = tuple[list[str], list[str]]


# What a row of a snapshot falls into, split from the right: what comes first, its price, its size.
_SNAPSHOT_PARTS: Final = 3


def load(
    folder: Path, *, tick: Decimal | None = None, lot: Decimal | None = None, symbol: str = "", market: str = ""
) -> Tape:
    """Read a window. A ``tick`` or ``lot`` left out is inferred: the coarsest that holds every row.

    ``symbol`` and ``market`` (perp or spot) choose from a recording of many markets; a window of one
    market that says which is refused when another is meant.
    """
    found, paths = find_format(folder)
    with _collector_at_rest():
        if found == PARQUET:
            tape = read_parquet(paths[PARQUET_NAME], folder, PARQUET)
            same_grid(tape, paths[PARQUET_NAME], tick, lot)
            require_sound(tape)
            return _the_one_meant(tape, symbol)
        read, snapshot = _open_bybit(paths, symbol, market) if found == BYBIT else _OPEN[found](folder, paths)
        if snapshot is None and (tick is None or lot is None):
            raise TapeRefused(NOT_A_TAPE, str(folder), 0, "no snapshot to infer tick and lot from: state both")
        prices, sizes = snapshot or ([], [])
        inferred = tick is None or lot is None
        tape = _read_on_grid(read, tick, lot, infer_step(prices), infer_step(sizes))
        require_sound(tape)
        return msgspec.structs.replace(_the_one_meant(tape, symbol), grid_inferred=inferred)


def _the_one_meant(tape: Tape, symbol: str) -> Tape:
    if symbol and tape.symbol and symbol != tape.symbol:
        raise TapeRefused(NOT_A_TAPE, tape.folder, 0, f"wanted {symbol}, the window is of {tape.symbol}")
    return tape


def _read_on_grid(
    read: _Read, tick: Decimal | None, lot: Decimal | None, tick_guess: Decimal, lot_guess: Decimal
) -> Tape:
    """Read; what contradicts a guess makes it finer, what contradicts a statement is refused."""
    while True:
        prices = Grid("price", tick or tick_guess, zero_allowed=False)
        sizes = Grid("size", lot or lot_guess, zero_allowed=True)
        try:
            return read(prices, sizes)
        except TapeRefused as refused:
            finer = refused.__cause__
            if isinstance(finer, Finer) and finer.name == "price" and tick is None:
                tick_guess = finer.step
            elif isinstance(finer, Finer) and finer.name == "size" and lot is None:
                lot_guess = finer.step
            else:
                raise


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Hold the garbage collector while a million lasting tuples are made: it would only scan them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _open_csv(folder: Path, paths: dict[str, Path]) -> tuple[_Read, _Texts | None]:
    texts = {part: _text(paths[part]) for part in CSV_PARTS}
    named = {part: str(paths[part]) for part in CSV_PARTS}
    rows = [row.rsplit(",", 2) for row in rows_of("snapshot", named["snapshot"], texts["snapshot"])[1:]]
    snapshot = (
        ([row[-2] for row in rows], [row[-1] for row in rows])
        if min(map(len, rows), default=0) == _SNAPSHOT_PARTS
        else None
    )

    def read(prices: Grid, sizes: Grid) -> Tape:
        # At one instant of local time: the book first, then what traded, then what that did to it.
        records: list[TapeRecord] = []
        records += read_snapshots(named["snapshot"], 0, texts["snapshot"], prices, sizes)
        records += read_trades(named["trades"], 3, texts["trades"], prices, sizes)
        records += read_depth(named["depth"], 1, texts["depth"], prices, sizes)
        records += read_bbos(named["bbo"], 2, texts["bbo"], prices, sizes)
        records.sort(key=attrgetter("local_ns"))
        return Tape(
            folder=str(folder),
            format=CSV,
            market=PERP,
            symbol="",
            tick=prices.step,
            lot=sizes.step,
            grid_inferred=False,
            local_unit="ns",
            files=tuple(paths[part].relative_to(folder).as_posix() for part in CSV_PARTS),
            records=tuple(records),
        )

    return read, snapshot


def _open_raw(folder: Path, paths: dict[str, Path]) -> tuple[_Read, _Texts | None]:
    files = [(str(path), _lines(path)) for path in paths.values()]
    snapshots = (snapshot_texts(lines) for _, lines in files)

    def read(prices: Grid, sizes: Grid) -> Tape:
        reader = RawReader(prices, sizes)
        for source, (path, lines) in enumerate(files):
            reader.read(path, source, lines)
        return Tape(
            folder=str(folder),
            format=RAW,
            market=reader.market or PERP,
            symbol=reader.symbol,
            tick=prices.step,
            lot=sizes.step,
            grid_inferred=False,
            local_unit=reader.unit,
            files=tuple(path.relative_to(folder).as_posix() for path in paths.values()),
            records=tuple(reader.records),
            ignored=tuple(sorted(reader.ignored.items())),
        )

    return read, next((snapshot for snapshot in snapshots if snapshot is not None), None)


def _open_npz(folder: Path, paths: dict[str, Path]) -> tuple[_Read, _Texts | None]:
    files = [(str(path), read_rows(path)) for path in paths.values()]
    snapshots = (npz_snapshot_texts(rows) for _, rows in files)

    def read(prices: Grid, sizes: Grid) -> Tape:
        reader = NpzReader(prices, sizes)
        for source, (path, rows) in enumerate(files):
            reader.read(path, source, rows)
        return Tape(
            folder=str(folder),
            format=NPZ,
            market=PERP,
            symbol="",
            tick=prices.step,
            lot=sizes.step,
            grid_inferred=False,
            local_unit="ns",
            files=tuple(path.relative_to(folder).as_posix() for path in paths.values()),
            records=tuple(reader.records),
            ignored=tuple(sorted(reader.ignored.items())),
        )

    return read, next((snapshot for snapshot in snapshots if snapshot is not None), None)


def _open_bybit(paths: dict[str, Path], symbol: str, market: str) -> tuple[_Read, _Texts | None]:
    (path,) = paths.values()
    lines = _lines(path)
    wanted = choose(lines, str(path), symbol, market)

    def read(prices: Grid, sizes: Grid) -> Tape:
        reader = BybitReader(prices, sizes, wanted)
        reader.read(str(path), 0, lines)
        return Tape(
            folder=str(path.parent),
            format=BYBIT,
            market=wanted[0],
            symbol=wanted[1],
            tick=prices.step,
            lot=sizes.step,
            grid_inferred=False,
            local_unit="s",
            files=(path.name,),
            records=tuple(reader.records),
            ignored=tuple(sorted(reader.ignored.items())),
        )

    return read, bybit_snapshot_texts(lines, wanted)


def _open_log(folder: Path, paths: dict[str, Path]) -> tuple[_Read, _Texts | None]:
    (path,) = paths.values()
    lines = _lines(path)

    def read(prices: Grid, sizes: Grid) -> Tape:
        reader = LogReader(prices, sizes)
        reader.read(str(path), lines)
        book = L3Book(reader, str(path))
        records = tuple(book.write())
        dropped = {"orders that had gone unseen": book.stale, "words of orders that are not there": book.late}
        return Tape(
            folder=str(folder),
            format=LOG,
            market=SPOT,
            symbol="",
            tick=prices.step,
            lot=sizes.step,
            grid_inferred=False,
            local_unit="ms",
            files=(path.name,),
            records=records,
            ignored=tuple(sorted((name, count) for name, count in (reader.ignored | dropped).items() if count)),
            level=L3,
        )

    return read, first_texts(lines)


_OPEN: Final = {CSV: _open_csv, RAW: _open_raw, NPZ: _open_npz, LOG: _open_log}


def _text(path: Path) -> str:
    # Bytes that are no ASCII end up in a field that no reader takes, and are named there.
    return read_bytes(path).decode("ascii", "backslashreplace").replace("\r\n", "\n")


def _lines(path: Path) -> list[bytes]:
    lines = read_bytes(path).split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines
