"""A journal as others read it, also while a process writes it: nothing of it is ever changed.

What cannot be believed is ``Damaged``, as for the process that takes it over.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from adapters.bar import Reason
from adapters.journal_notes import notes_of
from strategy import journal_table as table
from strategy.core_state import CoreState
from strategy.journal import EventRecord, Record
from strategy.knobs import Knobs
from strategy.recovery import recover

# Without the snapshots: a day of them is more than a host's memory.
_HEADS: Final = (
    "SELECT segment, boot, now_ns FROM segments WHERE snapshot IS NOT NULL AND now_ns >= ? AND now_ns < ?"
    " ORDER BY segment"
)
_LAST_BEFORE: Final = (
    "SELECT segment, boot, now_ns FROM segments WHERE snapshot IS NOT NULL AND now_ns < ? ORDER BY segment DESC LIMIT 1"
)
_ONE: Final = "SELECT segment, boot, first_seq, now_ns, why, snapshot, crc FROM segments WHERE segment = ?"
_BETWEEN: Final = (
    "SELECT seq, kind, now_ns, body, digest, crc FROM records"
    " WHERE now_ns >= ? AND now_ns < ? AND kind = ? ORDER BY seq"
)

# What sqlite says of a disk that takes nothing: it may not make the file that readers and writers share.
_TAKES_NOTHING: Final = ("CANTOPEN", "READONLY")


class Head(NamedTuple):
    """A segment that begins with a snapshot: its number, its process, our clock."""

    segment: int
    boot: int
    now_ns: int


class NoneYet(table.Damaged):
    """There is no journal: nothing ever ran, or not here."""

    code = "SQ-O015"


class JournalReader:
    """An open journal; used with ``with``."""

    def __init__(self, path: Path) -> None:
        """Open it as of now; raises ``NoneYet`` where there is none, ``Damaged`` for what is no journal of ours."""
        if not path.exists() or not path.stat().st_size:
            raise NoneYet(f"there is no journal at {path}")
        self._path = path
        try:
            self._db, version = _opened(path)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise table.Damaged(f"{path}: {error}") from None
        if version != table.FORMAT:
            self._db.close()
            raise table.Damaged(f"{path} is of format {version}, this program's is {table.FORMAT}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, at: TracebackType | None
    ) -> None:
        self._db.close()

    def prove(self) -> None:
        """See that every page of the file is whole, as a process that begins does; takes seconds for a full one."""
        ((said,),) = self._all("PRAGMA quick_check(1)")
        if said != "ok":
            raise table.Damaged(f"{self._path}: {' '.join(said.split())}")

    def has_begun(self) -> bool:
        """Say whether a process ever began in it."""
        return bool(self._all("SELECT count(*) FROM boots")[0][0])

    def knobs(self, boot: int = table.SEQ_MAX) -> Knobs:
        """Give the knobs that a process ran with, the latest one's where none is named."""
        boots = [table.Boot(*row) for row in self._all(table.ALL_BOOTS)]
        if not boots:
            raise table.Damaged(f"{self._path}: no process ever began in it")
        return table.knobs_of(next((one for one in boots if one.boot == boot), boots[-1]))

    def last_state(self, until_ns: int = table.SEQ_MAX) -> CoreState:
        """Give what a process that began now would take over, or would have at ``until_ns`` of our clock."""
        head = self.head_before(until_ns)
        if head is None:
            raise table.Damaged(f"{self._path}: no snapshot is left of then")
        (row,) = self._all(_ONE, head.segment)
        segment = table.Segment(*row)
        rows = (table.Row(*one) for one in self._all(table.RECORDS_BETWEEN, segment.first_seq, self._end_of(segment)))
        records = (one for one in table.records_of(rows, segment.first_seq) if one.now_ns < until_ns)
        return recover(self.knobs(segment.boot), self.snapshot(head), records)

    def head_before(self, until_ns: int) -> Head | None:
        """Find the latest snapshot from before an instant."""
        rows = self._all(_LAST_BEFORE, until_ns)
        return Head(*rows[0]) if rows else None

    def heads(self, from_ns: int, until_ns: int) -> list[Head]:
        """List the snapshots of a span of our clock, oldest first."""
        return [Head(*row) for row in self._all(_HEADS, from_ns, until_ns)]

    def snapshot(self, head: Head) -> bytes:
        """Read one snapshot."""
        (row,) = self._all(_ONE, head.segment)
        return table.snapshot_of(table.Segment(*row)) or b""

    def records(self, from_ns: int, until_ns: int, kind: int) -> Iterator[Record]:
        """Read the records of a kind and a span of our clock, in order."""
        try:
            for row in self._db.execute(_BETWEEN, (from_ns, until_ns, kind)):
                yield table.record_of(table.Row(*row))
        except sqlite3.Error as error:
            raise table.Damaged(f"{self._path}: {error}") from None

    def words(self, from_ns: int, until_ns: int) -> Iterator[EventRecord]:
        """Read what was heard in a span of our clock, but for the market."""
        for record in self.records(from_ns, until_ns, table.WORD):
            if isinstance(record, EventRecord):
                yield record

    def last_ns(self, until_ns: int) -> int:
        """Give the instant of the latest record before another one, 0 where there is none."""
        return int(self._all("SELECT coalesce(max(now_ns), 0) FROM records WHERE now_ns < ?", until_ns)[0][0])

    def notes(self, from_ns: int, until_ns: int) -> tuple[Reason, ...]:
        """Read what was noted from outside in a span of wall time."""
        return notes_of(self._db, from_ns, until_ns)

    def _end_of(self, segment: table.Segment) -> int:
        rows = self._all("SELECT first_seq FROM segments WHERE segment > ? ORDER BY segment LIMIT 1", segment.segment)
        return rows[0][0] if rows else table.SEQ_MAX

    def _all(self, query: str, *values: int) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise table.Damaged(f"{self._path}: {error}") from None


def _opened(path: Path) -> tuple[sqlite3.Connection, int | None]:
    """Open it and see its format; on a disk that takes nothing, where sqlite cannot share, as a file that rests."""
    try:
        return _begun(path, "mode=ro")
    except sqlite3.OperationalError as error:
        log = path.with_name(f"{path.name}-wal")
        # What stands in a log would be left out without a word.
        if error.sqlite_errorname.split("_")[1] not in _TAKES_NOTHING or (log.exists() and log.stat().st_size):
            raise
        return _begun(path, "mode=ro&immutable=1")


def _begun(path: Path, how: str) -> tuple[sqlite3.Connection, int | None]:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None)
    try:
        # Everything is read as it stood at one instant, whatever is written meanwhile.
        db.execute("BEGIN")
        return db, dict(db.execute(table.ALL_META).fetchall()).get("format")
    except BaseException:
        db.close()
        raise
