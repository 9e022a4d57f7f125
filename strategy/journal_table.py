"""The live journal's tables: who writes them and who reads them share nothing else.

A journal is one sqlite file. A *boot* is a process: its session and the knobs it ran with. A
*segment* begins with a snapshot of the core; *records* are the words it took in after that, each with
the digest of what it decided, and the creates and amends that were to leave. So a restart reads the
last segment, and a replay any of them.

Every row carries a checksum of its own, since sqlite checks none of its pages: what was not written
by us is never taken for something that happened. No SQL is carried out here.
"""

import hashlib
import math
import zlib
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec

from strategy.commands import Command
from strategy.errors import StormquoteError
from strategy.events import BookDelta, BookHeartbeat, BookSnapshot, Event, PublicTrade
from strategy.instrument import Instrument
from strategy.journal import EventRecord, IntentRecord, Record
from strategy.knobs import Knobs

FORMAT: Final = 1

# Kinds of record: market words go first when room is needed.
WORD: Final = 0
INTENT: Final = 1
MARKET: Final = 2

# Why a segment began.
AT_BOOT: Final = "boot"
IN_TIME: Final = "time"
AFTER_HOLE: Final = "hole"

SCHEMA: Final = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE boots (boot INTEGER PRIMARY KEY, session TEXT NOT NULL, started_ns INTEGER NOT NULL,"
    " mode TEXT NOT NULL, knobs BLOB NOT NULL, crc INTEGER NOT NULL)",
    "CREATE TABLE segments (segment INTEGER PRIMARY KEY, boot INTEGER NOT NULL, first_seq INTEGER NOT NULL,"
    " now_ns INTEGER NOT NULL, why TEXT NOT NULL, snapshot BLOB, crc INTEGER NOT NULL)",
    "CREATE TABLE records (seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, now_ns INTEGER NOT NULL,"
    " body BLOB NOT NULL, digest BLOB NOT NULL, crc INTEGER NOT NULL)",
)
# The config as its process read it, as text: what knobs were made of. Journals without it can be read as well.
CONFIGS: Final = (
    "CREATE TABLE IF NOT EXISTS configs (boot INTEGER PRIMARY KEY, body BLOB NOT NULL, crc INTEGER NOT NULL)"
)
CONFIG_OF: Final = "SELECT body, crc FROM configs WHERE boot = ?"
# Which program each process was. Journals without it can be read as well.
PROGRAMS: Final = (
    "CREATE TABLE IF NOT EXISTS programs (boot INTEGER PRIMARY KEY, body BLOB NOT NULL, crc INTEGER NOT NULL)"
)
PROGRAM_OF: Final = "SELECT body, crc FROM programs WHERE boot = ?"
ALL_META: Final = "SELECT key, value FROM meta"
ALL_BOOTS: Final = "SELECT boot, session, started_ns, mode, knobs, crc FROM boots ORDER BY boot"
ALL_SEGMENTS: Final = "SELECT segment, boot, first_seq, now_ns, why, snapshot, crc FROM segments ORDER BY segment"
LAST_SEGMENT: Final = (
    "SELECT segment, boot, first_seq, now_ns, why, snapshot, crc FROM segments ORDER BY segment DESC LIMIT 1"
)
RECORDS_BETWEEN: Final = (
    "SELECT seq, kind, now_ns, body, digest, crc FROM records WHERE seq >= ? AND seq < ? ORDER BY seq"
)
SEQ_MAX: Final = 2**62

# What stands where a step gave nothing, and where it raised.
NOTHING: Final = b""
RAISED: Final = b"raised"
_DIGEST_BYTES: Final = 16
_CODE_BYTES: Final = 8

_MARKET: Final = (BookDelta, BookSnapshot, BookHeartbeat, PublicTrade)
_events: Final[msgspec.json.Decoder[Event]] = msgspec.json.Decoder(Event)
_commands: Final[msgspec.json.Decoder[Command]] = msgspec.json.Decoder(Command)
_encode: Final = msgspec.json.Encoder().encode


class Damaged(StormquoteError):
    """A row is not what was written; nothing behind it is believed."""

    code = "SQ-O010"


class Program(msgspec.Struct, frozen=True):
    """Which program a process was: its version, and the digest of the code that decides."""

    version: str
    code: str

    def __str__(self) -> str:
        return f"stormquote {self.version} (strategy {self.code})"


class _Symbol(msgspec.Struct, frozen=True):
    instrument: Instrument


class _Traded(msgspec.Struct, frozen=True):
    """Of knobs, only what was traded."""

    symbols: tuple[_Symbol, ...]


class Row(NamedTuple):
    """One record as it stands in its table, in the order of its columns."""

    seq: int
    kind: int
    now_ns: int
    body: bytes
    digest: bytes
    crc: int


class Boot(NamedTuple):
    """One process, as it stands in its table."""

    boot: int
    session: str
    started_ns: int
    mode: str
    knobs: bytes
    crc: int


class Segment(NamedTuple):
    """The head of a segment, as it stands in its table; ``snapshot`` is None once it was let go of."""

    segment: int
    boot: int
    first_seq: int
    now_ns: int
    why: str
    snapshot: bytes | None
    crc: int


def kind_of(event: Event) -> int:
    """Say whether a word is about the market, which may be let go of, or not."""
    return MARKET if isinstance(event, _MARKET) else WORD


def body_of(what: Event | Command) -> bytes:
    """Write a word or a command."""
    return _encode(what)


def digest_of(leaving: tuple[Command, ...]) -> bytes:
    """Give the digest of what a step decided: the same commands in the same order, to the byte."""
    return hashlib.blake2b(_encode(leaving), digest_size=_DIGEST_BYTES).digest() if leaving else NOTHING


def make_row(seq: int, kind: int, now_ns: int, body: bytes, digest: bytes) -> Row:
    """Put a record into its columns, its checksum last."""
    return Row(seq, kind, now_ns, body, digest, _check(body, digest, seq, kind, now_ns))


def make_boot(boot: int, session: str, started_ns: int, mode: str, knobs: Knobs) -> Boot:
    """Put a process into its columns."""
    body = _encode(_spelt(msgspec.to_builtins(knobs)))
    return Boot(boot, session, started_ns, mode, body, _check(body, session.encode(), boot, started_ns))


def make_config(boot: int, body: bytes) -> tuple[int, bytes, int]:
    """Put a config's text into its columns."""
    return boot, body, _check(body, NOTHING, boot)


def config_of(boot: int, body: bytes, crc: int) -> bytes:
    """Read a config's text; raises ``Damaged``."""
    if not _is_as_written(crc, body, NOTHING, boot):
        raise Damaged(f"the config of process {boot} is not what was written")
    return body


def program_of(version: str, sources: Iterable[tuple[str, bytes]]) -> Program:
    """Name a program by its version and the strategy's files, each a name and what it holds, in one order."""
    digest = hashlib.blake2b(digest_size=_CODE_BYTES)
    for name, body in sources:
        digest.update(f"{name} {len(body)}\n".encode())
        digest.update(body)
    return Program(version, digest.hexdigest())


def make_program(boot: int, program: Program) -> tuple[int, bytes, int]:
    """Put a process's program into its columns."""
    return make_config(boot, _encode(program))


def program_in(boot: int, body: bytes, crc: int) -> Program:
    """Read which program a process was; raises ``Damaged``."""
    if not _is_as_written(crc, body, NOTHING, boot):
        raise Damaged(f"the program of process {boot} is not what was written")
    try:
        return msgspec.json.decode(body, type=Program)
    except msgspec.MsgspecError as error:
        raise Damaged(f"the program of process {boot} cannot be read by this version: {error}") from None


def make_segment(segment: int, boot: int, first_seq: int, now_ns: int, why: str, snapshot: bytes) -> Segment:
    """Put the head of a segment into its columns."""
    crc = _check(snapshot, why.encode(), segment, boot, first_seq, now_ns)
    return Segment(segment, boot, first_seq, now_ns, why, snapshot, crc)


def record_of(row: Row) -> Record:
    """Read a record; raises ``Damaged``."""
    if not _is_as_written(row.crc, row.body, row.digest, row.seq, row.kind, row.now_ns):
        raise Damaged(f"record {row.seq} is not what was written")
    try:
        if row.kind == INTENT:
            return IntentRecord(row.now_ns, _commands.decode(row.body))
        return EventRecord(row.now_ns, _events.decode(row.body))
    except msgspec.MsgspecError as error:
        raise Damaged(f"record {row.seq} cannot be read by this version: {error}") from None


def knobs_of(boot: Boot) -> Knobs:
    """Read the knobs that a process ran with; raises ``Damaged``."""
    if not _is_as_written(boot.crc, boot.knobs, str(boot.session).encode(), boot.boot, boot.started_ns):
        raise Damaged(f"process {boot.boot} is not what was written")
    try:
        return msgspec.convert(msgspec.json.decode(boot.knobs), Knobs, strict=False)
    except msgspec.MsgspecError as error:
        raise Damaged(f"the knobs of process {boot.boot} cannot be read by this version: {error}") from None


def instruments_of(boot: Boot) -> tuple[Instrument, ...]:
    """Read what a process counted in, whatever else its knobs were made of; raises ``Damaged``."""
    if not _is_as_written(boot.crc, boot.knobs, str(boot.session).encode(), boot.boot, boot.started_ns):
        raise Damaged(f"process {boot.boot} is not what was written")
    try:
        return tuple(one.instrument for one in msgspec.json.decode(boot.knobs, type=_Traded).symbols)
    except msgspec.MsgspecError as error:
        raise Damaged(f"the instruments of process {boot.boot} cannot be read by this version: {error}") from None


def snapshot_of(segment: Segment) -> bytes | None:
    """Give the snapshot a segment begins with, None where it was let go of; raises ``Damaged``."""
    if segment.snapshot is None:
        return None
    numbers = (segment.segment, segment.boot, segment.first_seq, segment.now_ns)
    if not _is_as_written(segment.crc, segment.snapshot, str(segment.why).encode(), *numbers):
        raise Damaged(f"the snapshot of segment {segment.segment} is not what was written")
    return segment.snapshot


def records_of(rows: Iterable[Row], first_seq: int) -> list[Record]:
    """Read the records of the last segment, of which none may be missing; raises ``Damaged``."""
    records: list[Record] = []
    for place, row in enumerate(rows, start=first_seq):
        if row.seq != place:
            raise Damaged(f"record {place} is missing")
        records.append(record_of(row))
    return records


def _spelt(value: Any) -> Any:
    """Write out the thresholds that are never reached: JSON has no word for them, and the reader takes ``inf``."""
    if isinstance(value, dict):
        return {key: _spelt(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_spelt(one) for one in value]
    return str(value) if isinstance(value, float) and math.isinf(value) else value


def _is_as_written(crc: int, body: Any, more: Any, *numbers: int) -> bool:
    """A page that was hurt may give a column of another type."""
    return isinstance(body, bytes) and isinstance(more, bytes) and _check(body, more, *numbers) == crc


def _check(body: bytes, more: bytes, *numbers: int) -> int:
    return zlib.crc32(body, zlib.crc32(more, zlib.crc32(repr(numbers).encode())))
