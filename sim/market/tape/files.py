"""Open the files of a recorded window, and tell which format a folder holds."""

import gzip
import lzma
import re
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Final

from sim.market.tape.refusal import NOT_A_TAPE, UNREADABLE, WRONG_UNIT, RowRefused, TapeRefused

CSV: Final = "binance-usdm-csv"
RAW: Final = "binance-raw"
NPZ: Final = "hftbacktest-npz"
LOG: Final = "bitstamp-l3"
BYBIT: Final = "bybit-recording"
PARQUET: Final = "parquet"
PARQUET_NAME: Final = "tape.parquet"
CSV_PARTS: Final = ("snapshot", "depth", "bbo", "trades")

_GZIP: Final = b"\x1f\x8b"
_XZ: Final = b"\xfd7zXZ\x00"
_START_BYTES: Final = 4096
_PIECE_BYTES: Final = 256
_BYBIT_HEADER: Final = re.compile(rb'\{"t":"header",.*"exchange":"BYBIT"')
_LOG_LINE: Final = re.compile(rb"\d+ (order_(created|changed|deleted|book)|trade) \{")
_RAW_LINE: Final = re.compile(rb"\d+ \{")

# How many digits an epoch time of our era has, by unit, and what one unit is in nanoseconds.
_UNITS: Final = {10: ("s", 1_000_000_000), 13: ("ms", 1_000_000), 16: ("us", 1_000), 19: ("ns", 1)}


def read_bytes(path: Path) -> bytes:
    """Read a file, unpacked when it is gzip or xz; a truncated or damaged one is refused."""
    try:
        packed = path.read_bytes()
    except OSError as mistake:
        raise TapeRefused(UNREADABLE, str(path), 0, mistake.strerror or str(mistake)) from mistake
    if packed.startswith(_XZ):
        return _unpack_xz(packed, path)
    if not packed.startswith(_GZIP):
        if path.suffix == ".gz":
            raise TapeRefused(UNREADABLE, str(path), 0, "not a gzip file, though its name says so")
        return packed
    try:
        return gzip.decompress(packed)
    except EOFError as mistake:
        reason = "the gzip stream is truncated; what can be read ends here"
        line, row = _readable_end(packed)
        raise TapeRefused(UNREADABLE, str(path), line, reason, row=row) from mistake
    except (OSError, zlib.error) as mistake:
        reason = f"the gzip stream is damaged ({mistake}); what can be read ends here"
        line, row = _readable_end(packed)
        raise TapeRefused(UNREADABLE, str(path), line, reason, row=row) from mistake


def _unpack_xz(packed: bytes, path: Path) -> bytes:
    unpacker = lzma.LZMADecompressor()
    text = bytearray()
    reason = "the xz stream is truncated"
    try:
        # In small pieces: a damaged one must not take the good ones before it along.
        for start in range(0, len(packed), _PIECE_BYTES):
            text += unpacker.decompress(packed[start : start + _PIECE_BYTES])
            if unpacker.eof:
                return bytes(text)
    except lzma.LZMAError as mistake:
        reason = f"the xz stream is damaged ({mistake})"
    row = text.rpartition(b"\n")[2].decode("ascii", "backslashreplace")
    line = text.count(b"\n") + 1
    raise TapeRefused(UNREADABLE, str(path), line, f"{reason}; what can be read ends here", row=row)


def _readable_end(packed: bytes) -> tuple[int, str]:
    """Give the last line, and its number, that a broken gzip stream still yields: it breaks there."""
    unpacker = zlib.decompressobj(wbits=31)
    text = bytearray()
    try:
        # In small pieces: a damaged one must not take the good ones before it along.
        for start in range(0, len(packed), _PIECE_BYTES):
            text += unpacker.decompress(packed[start : start + _PIECE_BYTES])
    except zlib.error:
        pass  # what came before the damage is the answer
    return text.count(b"\n") + 1, text.rpartition(b"\n")[2].decode("ascii", "backslashreplace")


def unit_of(stamp: str) -> tuple[str, int]:
    """Tell the unit of an epoch time by its digits: its name, and its length in nanoseconds."""
    if not stamp.isdigit() or len(stamp) not in _UNITS:
        raise RowRefused(WRONG_UNIT, f"time {stamp!r} is no epoch time in s, ms, us or ns")
    return _UNITS[len(stamp)]


def require_unit(column: str, stamp: str, unit: str) -> None:
    """Refuse a time that is not in the unit its column promises."""
    found, _ = unit_of(stamp)
    if found != unit:
        raise RowRefused(WRONG_UNIT, f"{column} holds {found}, expected {unit}: {stamp}")


def csv_path(folder: Path, part: str) -> Path | None:
    """Find one part of the flattened format, packed or plain."""
    for name in (f"{part}.csv.gz", f"{part}.csv"):
        if (folder / name).is_file():
            return folder / name
    return None


def find_format(folder: Path) -> tuple[str, dict[str, Path]]:
    """Tell the format from what the folder holds; the flattened form wins over ``raw/``.

    The paths are keyed by part for CSV, and by file name, in order, for the others. A recording of
    many markets is one file, and may be named itself.
    """
    if folder.is_file():
        if _is_bybit(folder):
            return BYBIT, {folder.name: folder}
        words = "no recording of Bybit's streams, and other formats are named by their folder"
        raise TapeRefused(NOT_A_TAPE, str(folder), 0, words)
    if not folder.is_dir():
        raise TapeRefused(NOT_A_TAPE, str(folder), 0, "no such folder")
    if (folder / PARQUET_NAME).is_file():
        return PARQUET, {PARQUET_NAME: folder / PARQUET_NAME}
    parts = {part: path for part in CSV_PARTS if (path := csv_path(folder, part)) is not None}
    if "depth" in parts:
        missing = [f"{part}.csv.gz" for part in CSV_PARTS if part not in parts]
        if missing:
            raise TapeRefused(NOT_A_TAPE, str(folder), 0, f"missing {', '.join(missing)} beside the depth file")
        return CSV, parts
    logs = {path.name: path for path in sorted(folder.glob("*.log*")) if _LOG_LINE.match(_start_of(path))}
    if len(logs) == 1:
        return LOG, logs
    if logs:
        raise TapeRefused(NOT_A_TAPE, str(folder), 0, f"several logs of live orders, one is a tape: {', '.join(logs)}")
    for place in (folder, folder / "raw"):
        raw = {path.name: path for path in sorted(place.iterdir()) if _looks_raw(path)} if place.is_dir() else {}
        if raw:
            return RAW, raw
    recordings = {path.name: path for path in sorted(folder.glob("*.jsonl*")) if _is_bybit(path)}
    if len(recordings) == 1:
        return BYBIT, recordings
    if recordings:
        raise TapeRefused(NOT_A_TAPE, str(folder), 0, f"several recordings, name one: {', '.join(recordings)}")
    npz = {path.name: path for path in sorted(folder.glob("*.npz"))}
    if npz:
        return NPZ, npz
    lines = "files of '<local time> {json}' lines, here or in raw/, a log of live orders"
    wanted = f"depth.csv.gz with its companions, {lines}, a recording *.jsonl, *.npz, or {PARQUET_NAME}"
    raise TapeRefused(NOT_A_TAPE, str(folder), 0, f"no recorded window of a known format: looked for {wanted}")


def _is_bybit(path: Path) -> bool:
    return _BYBIT_HEADER.match(_start_of(path)) is not None


def _looks_raw(path: Path) -> bool:
    if not path.is_file() or path.suffix not in (".gz", ".dat", ".log", ".txt"):
        return False
    return _RAW_LINE.match(_start_of(path)) is not None


def _start_of(path: Path) -> bytes:
    """Read the first bytes only; damage further on is found, and named, when the whole is read."""
    try:
        with path.open("rb") as plain:
            start = plain.read(_START_BYTES)
    except OSError:
        return b""  # an unreadable file cannot tell us what it is
    if not start.startswith((_GZIP, _XZ)):
        return start
    unpacker = zlib.decompressobj(wbits=31) if start.startswith(_GZIP) else lzma.LZMADecompressor()
    text = b""
    with suppress(zlib.error, lzma.LZMAError, EOFError):
        # In small pieces: a damaged one must not take the good ones before it along.
        for at in range(0, len(start), _PIECE_BYTES):
            text += unpacker.decompress(start[at : at + _PIECE_BYTES])
    return text
