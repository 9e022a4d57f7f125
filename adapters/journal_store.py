"""The journal's file: every write is one transaction, safe on the disk when it returns.

Write-ahead log, ``synchronous=FULL``. What fails (no room, a disk that errs, a lock) is rolled back and
raised as ``CannotWrite``: nothing of it was written. The file is bounded: when it is full, the market
words of the oldest segments go first, then whole segments; the last one, all that a restart needs,
never does.
"""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from strategy import journal_table as table
from strategy.errors import StormquoteError
from strategy.instrument import Instrument
from strategy.journal import Record
from strategy.knobs import Knobs

BYTES_MAX: Final = 512 * 1024 * 1024
# How many rows go at once: letting go of a whole day would hold up the orders that wait.
_GO_AT_ONCE: Final = 20_000
_LOCK_WAIT_S: Final = 0.05
_INSERT_RECORD: Final = "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)"
_INSERT_SEGMENT: Final = "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?)"
_INSERT_BOOT: Final = "INSERT INTO boots VALUES (?, ?, ?, ?, ?, ?)"

_LAST_BOOT: Final = "SELECT boot, session, started_ns, mode, knobs, crc FROM boots ORDER BY boot DESC LIMIT 1"

# Kind, our clock, body, digest: a record before it has its place.
Written = tuple[int, int, bytes, bytes]


class CannotWrite(StormquoteError):
    """The disk did not take it; nothing of it was written."""

    code = "SQ-O012"


class Kept(msgspec.Struct, frozen=True):
    """What a new process finds: the last snapshot, every record since, and how many processes there were."""

    snapshot: bytes
    records: tuple[Record, ...]
    boots: int


class Store:
    """An open journal. ``kept`` is what an earlier process left, None where there was none."""

    def __init__(self, path: Path, bytes_max: int = BYTES_MAX) -> None:
        """Open or make the file; raises ``Damaged`` or ``CannotWrite``."""
        self.path = path
        self._bytes_max = bytes_max
        self._inode = 0
        is_new = not path.exists() or not path.stat().st_size
        try:
            # Nobody else's business; its log takes over the mode.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._db = sqlite3.connect(path, timeout=_LOCK_WAIT_S, isolation_level=None, check_same_thread=False)
        except OSError as error:
            raise CannotWrite(f"{path}: {error.strerror}") from None
        except sqlite3.Error as error:
            raise CannotWrite(f"{path}: {error}") from None
        try:
            self._open(is_new)
            self._inode = path.stat().st_ino
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _open(self, is_new: bool) -> None:
        try:
            self._db.execute("PRAGMA synchronous=FULL")
            (mode,) = self._db.execute("PRAGMA journal_mode=WAL").fetchone()
            if mode != "wal":
                raise CannotWrite(f"{self.path}: this file system has no write-ahead log")
            if is_new:
                self._make()
            self._prove()
        except sqlite3.OperationalError as error:
            raise _sorted(self.path, error) from None
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # even its messages may not be text
            raise table.Damaged(f"{self.path}: {error}") from None

    def _make(self) -> None:
        with _Transaction(self):
            for statement in table.SCHEMA:
                self._db.execute(statement)
            values = [("format", table.FORMAT), ("boots", 0), ("let_go", 0)]
            self._db.executemany("INSERT INTO meta VALUES (?, ?)", values)
        # The file's name is safe only once its folder is.
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _prove(self) -> None:
        """See that the file is whole and ours, and read what a restart needs of it."""
        (said,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise table.Damaged(f"{self.path}: {' '.join(said.split())}")
        try:
            meta = dict(self._db.execute(table.ALL_META).fetchall())
        except sqlite3.OperationalError:
            raise table.Damaged(f"{self.path} is no journal") from None
        if meta.get("format") != table.FORMAT:
            raise table.Damaged(f"{self.path} is of format {meta.get('format')}, this program's is {table.FORMAT}")
        self.boots: int = meta["boots"]
        self._let_go: int = meta["let_go"]
        boots = [table.Boot(*row) for row in self._db.execute(_LAST_BOOT)]
        # Of the latest process, empty before the first.
        self.last_mode: str = boots[0].mode if boots else ""
        self.last_session: str = boots[0].session if boots else ""
        # What it counted in.
        self.units: tuple[Instrument, ...] = table.instruments_of(boots[0]) if boots else ()
        (last,) = self._db.execute("SELECT max(seq) FROM records").fetchone()
        head = self._db.execute(table.LAST_SEGMENT).fetchone()
        self._segment = 0 if head is None else head[0]
        # Rows that were let go of took their numbers with them: a segment knows where it began.
        self._seq = max(last or 0, 0 if head is None else head[2] - 1)
        self.kept = None if head is None else self._read(table.Segment(*head))

    def _read(self, head: table.Segment) -> Kept:
        snapshot = table.snapshot_of(head)
        if snapshot is None:
            raise table.Damaged(f"the snapshot of segment {head.segment} is missing")
        rows = self._db.execute(table.RECORDS_BETWEEN, (head.first_seq, table.SEQ_MAX))
        records = table.records_of((table.Row(*row) for row in rows), head.first_seq)
        return Kept(snapshot, tuple(records), self.boots)

    # Writing

    def begin_boot(
        self,
        session: str,
        now_ns: int,
        mode: str,
        knobs: Knobs,
        snapshot: bytes,
        config: bytes = b"",
        program: table.Program | None = None,
    ) -> None:
        """Note a new process, with the config its knobs were made of and its program, and begin its first segment.

        Raises ``CannotWrite``.
        """
        boot = self.boots + 1
        with _Transaction(self):
            self._db.execute(table.CONFIGS)
            self._db.execute("INSERT OR REPLACE INTO configs VALUES (?, ?, ?)", table.make_config(boot, config))
            if program is not None:
                self._db.execute(table.PROGRAMS)
                self._db.execute("INSERT OR REPLACE INTO programs VALUES (?, ?, ?)", table.make_program(boot, program))
            self._db.execute("UPDATE meta SET value = ? WHERE key = 'boots'", (boot,))
            self._db.execute(_INSERT_BOOT, table.make_boot(boot, session, now_ns, mode, knobs))
            head = table.make_segment(self._segment + 1, boot, self._seq + 1, now_ns, table.AT_BOOT, snapshot)
            self._db.execute(_INSERT_SEGMENT, head)
        self.boots, self._segment = boot, head.segment

    def append(self, written: Sequence[Written]) -> None:
        """Write records; they are safe when this returns. Raises ``CannotWrite``."""
        if not written:
            return
        self._must_be_there()
        with _Transaction(self):
            self._insert(written)
        self._seq += len(written)

    def begin_segment(self, written: Sequence[Written], now_ns: int, why: str, snapshot: bytes) -> None:
        """Write records and, behind them, the snapshot they led to; raises ``CannotWrite``."""
        self._must_be_there()
        with _Transaction(self):
            self._insert(written)
            first_seq = self._seq + len(written) + 1
            head = table.make_segment(self._segment + 1, self.boots, first_seq, now_ns, why, snapshot)
            self._db.execute(_INSERT_SEGMENT, head)
            gone = self._let_go_of_old(head)
        self._seq += len(written)
        self._segment, self._let_go = head.segment, gone

    def _must_be_there(self) -> None:
        """See that a restart will find the file that is written: one that was deleted takes everything gladly."""
        try:
            inode = self.path.stat().st_ino
        except OSError as error:
            raise CannotWrite(f"{self.path}: {error.strerror}; somebody has taken it away") from None
        if inode != self._inode:
            raise CannotWrite(f"{self.path} is another file than the one that was opened")

    def _insert(self, written: Sequence[Written]) -> None:
        rows: Iterable[table.Row] = (
            table.make_row(place, *one) for place, one in enumerate(written, start=self._seq + 1)
        )
        self._db.executemany(_INSERT_RECORD, rows)

    # Room

    def used_bytes(self) -> int:
        """Give what the file really holds; pages that are free again count as room."""
        pages, free, size = (self._pragma(name) for name in ("page_count", "freelist_count", "page_size"))
        return (pages - free) * size

    def _let_go_of_old(self, head: table.Segment) -> int:
        """Let go of old market words while there is too much, of whatever is oldest when there is far too much.

        Gives up to which record market words are gone.
        """
        gone = self._let_go
        if self.used_bytes() <= self._bytes_max:
            return gone
        upto = max(gone, min(gone + _GO_AT_ONCE, head.first_seq - 1))
        self._db.execute("DELETE FROM records WHERE seq > ? AND seq <= ? AND kind = ?", (gone, upto, table.MARKET))
        if upto == head.first_seq - 1 and self.used_bytes() > self._bytes_max:
            # No market words are left before this segment, and it is still too much.
            (first,) = self._db.execute("SELECT min(seq) FROM records").fetchone()
            last = min((first or head.first_seq) + _GO_AT_ONCE, head.first_seq)
            self._db.execute("DELETE FROM records WHERE seq < ?", (last,))
            self._db.execute("DELETE FROM segments WHERE first_seq < ? AND segment < ?", (last, head.segment))
        self._db.execute(
            "UPDATE segments SET snapshot = NULL WHERE first_seq <= ? AND segment < ? AND snapshot IS NOT NULL",
            (upto, head.segment),
        )
        self._db.execute("UPDATE meta SET value = ? WHERE key = 'let_go'", (upto,))
        return upto

    def _pragma(self, name: str) -> int:
        (value,) = self._db.execute(f"PRAGMA {name}").fetchone()
        return int(value)


class _Transaction:
    """All of it or nothing; what the disk refuses is ``CannotWrite``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._db = store._db

    def __enter__(self) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise CannotWrite(f"{self._store.path}: {error}") from None

    def __exit__(self, kind: Any, failure: BaseException | None, _trace: Any) -> None:
        if failure is None:
            try:
                self._db.execute("COMMIT")
                return
            except sqlite3.Error as error:
                failure = error
        if self._db.in_transaction:
            try:
                self._db.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise CannotWrite(f"{self._store.path}: {error}") from None
        if isinstance(failure, sqlite3.Error):
            raise CannotWrite(f"{self._store.path}: {failure}") from None


def _sorted(path: Path, error: sqlite3.OperationalError) -> StormquoteError:
    """Tell a file that cannot be written from one that is not what it should be."""
    words = f"{path}: {error}"
    return table.Damaged(words) if "malformed" in str(error) else CannotWrite(words)


def set_aside(path: Path, now_ns: int) -> Path:
    """Move a damaged journal out of the way, its log with it; give its new name."""
    aside = path.with_name(f"{path.name}.damaged-{now_ns}")
    for tail in ("", "-wal", "-shm"):
        part = path.with_name(path.name + tail)
        if part.exists():
            part.rename(path.with_name(aside.name + tail))
    return aside
