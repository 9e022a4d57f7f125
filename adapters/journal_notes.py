"""Notes in the journal about what was done to the bot from outside: who, when, and why.

They stand in a table of their own, so that they change nothing of what a restart or a replay reads.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from adapters.bar import Reason
from adapters.journal_store import CannotWrite

_WAIT_S: Final = 1.0
_MAKE: Final = "CREATE TABLE IF NOT EXISTS notes (wall_ns INTEGER NOT NULL, who TEXT NOT NULL, words TEXT NOT NULL)"
_HAS: Final = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'notes'"


def note(journal: Path, reason: Reason) -> None:
    """Write a note; raises ``CannotWrite``, also where there is no journal."""
    if not journal.is_file():
        raise CannotWrite(f"{journal}: there is none")
    try:
        with closing(sqlite3.connect(journal, timeout=_WAIT_S)) as db, db:
            db.execute(_MAKE)
            db.execute("INSERT INTO notes VALUES (?, ?, ?)", (reason.wall_ns, reason.who, reason.words))
    except sqlite3.Error as error:
        raise CannotWrite(f"{journal}: {error}") from None


def notes_of(db: sqlite3.Connection, from_ns: int, to_ns: int) -> tuple[Reason, ...]:
    """Read the notes of a span of wall time, in order; none where nobody ever wrote one."""
    if not db.execute(_HAS).fetchone()[0]:
        return ()
    query = "SELECT who, wall_ns, words FROM notes WHERE wall_ns >= ? AND wall_ns < ? ORDER BY wall_ns"
    return tuple(Reason(*row) for row in db.execute(query, (from_ns, to_ns)))
