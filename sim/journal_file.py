"""A live journal, opened to be read: the tables are ``strategy.journal_table``'s, the SQL is ours.

It is never written, and may belong to a process that lives: then what was committed so far is read.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import strategy
from sim import __version__
from strategy import journal_table as table
from strategy.errors import StormquoteError

# What sqlite says of a disk that takes nothing: it may not make the file that readers and writers share.
_TAKES_NOTHING: Final = ("CANTOPEN", "READONLY")
# And of a file that is no database at all, or one of other tables.
_NOT_OURS: Final = ("SQLITE_NOTADB", "SQLITE_ERROR")


class NotAJournal(StormquoteError):
    """The file is none, or holds nothing that could be replayed."""

    code = "SQ-O015"


class JournalFile:
    """One open journal: its processes, in order, and what each wrote."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        """Read the heads; raises ``NotAJournal`` or ``Damaged``."""
        self.path = path
        self._db = db
        try:
            meta = dict(db.execute(table.ALL_META).fetchall())
            self.boots = tuple(table.Boot(*row) for row in db.execute(table.ALL_BOOTS))
            self._segments = tuple(table.Segment(*row) for row in db.execute(table.ALL_SEGMENTS))
        except (sqlite3.Error, TypeError, ValueError) as error:
            raise NotAJournal(_why_none(path, error)) from None
        if meta.get("format") != table.FORMAT:
            raise NotAJournal(f"{path} is of format {meta.get('format')}, this program's is {table.FORMAT}")
        if not self._segments:
            raise NotAJournal(f"{path} holds no process")

    def segments(self, boot: int) -> list[tuple[table.Segment, int]]:
        """Give the segments of a process, each with the number before which its records end."""
        ends = [one.first_seq for one in self._segments[1:]] + [table.SEQ_MAX]
        return [(one, end) for one, end in zip(self._segments, ends, strict=True) if one.boot == boot]

    def config(self, boot: int) -> bytes:
        """Give the config of a process as text, empty where it was not kept; raises ``Damaged``."""
        try:
            found = self._db.execute(table.CONFIG_OF, (boot,)).fetchone()
        except sqlite3.Error:  # written before configs were kept
            return b""
        return b"" if found is None else table.config_of(boot, *found)

    def program(self, boot: int) -> table.Program | None:
        """Give the program a process was, None where it was not kept; raises ``Damaged``."""
        try:
            found = self._db.execute(table.PROGRAM_OF, (boot,)).fetchone()
        except sqlite3.Error:  # written before programs were named
            return None
        return None if found is None else table.program_in(boot, *found)

    def rows(self, first_seq: int, before_seq: int) -> Iterator[table.Row]:
        """Give the records that are there, in order; raises ``Damaged``."""
        try:
            for row in self._db.execute(table.RECORDS_BETWEEN, (first_seq, before_seq)):
                yield table.Row(*row)
        except sqlite3.Error as error:
            raise table.Damaged(f"{self.path}: {error}") from None


def _why_none(path: Path, error: Exception) -> str:
    """Say why a file cannot be read as a journal: it is empty, something else, or out of reach for now."""
    if not path.stat().st_size:
        return f"{path} is no journal: it is empty"
    if getattr(error, "sqlite_errorname", "SQLITE_ERROR") in _NOT_OURS:
        return f"{path} is no journal of `live run`: {error}"
    return f"{path}: {error}"


def this_program() -> table.Program:
    """Name the program that would replay."""
    root = Path(strategy.__file__).parent
    files = sorted(root.rglob("*.py"))
    return table.program_of(__version__, ((path.relative_to(root).as_posix(), path.read_bytes()) for path in files))


@contextmanager
def opened(path: Path) -> Iterator[JournalFile]:
    """Open a journal; raises ``NotAJournal`` where it is none."""
    if not path.is_file():
        raise NotAJournal(f"{path}: no such file")
    db = _connected(path)
    try:
        yield JournalFile(path, db)
    finally:
        db.close()


def _connected(path: Path) -> sqlite3.Connection:
    """Connect; on a disk that takes nothing, where sqlite cannot share, to a file that rests."""
    where = f"{path.absolute().as_uri()}?mode=ro"
    db = sqlite3.connect(where, uri=True, isolation_level=None)
    log = path.with_name(f"{path.name}-wal")
    try:
        db.execute(table.ALL_META)
    except sqlite3.Error as error:
        # What stands in a log would be left out without a word.
        if error.sqlite_errorname.split("_")[1] in _TAKES_NOTHING and not (log.exists() and log.stat().st_size):
            db.close()
            return sqlite3.connect(f"{where}&immutable=1", uri=True, isolation_level=None)
    return db
