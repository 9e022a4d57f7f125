"""The bot's disk: a journal whose records are safe once a commit has come through, and not before.

The journal is what a restart begins from: a snapshot, and every record since. A commit takes time;
what was appended before it is safe when it is through. Appending and reading never take time.
"""

from collections.abc import Callable
from typing import Any

from sim.kernel import Kernel
from strategy.journal import IntentRecord, Record


class Disk:
    """One journal. ``commit_ns`` is how long a commit takes, true time."""

    def __init__(self, kernel: Kernel, commit_ns: int = 0) -> None:
        """Start empty."""
        self._kernel = kernel
        self.commit_ns = commit_ns
        self.snapshot: bytes = b""
        self.records: list[Record] = []
        self.safe = 0
        # Creates that are safe, by client id: what a crash at this instant could not make us forget.
        self.safe_ids: dict[str, None] = {}

    def append(self, record: Record) -> None:
        """Write a record; it is safe with the next commit."""
        self.records.append(record)

    def commit(self, then: Callable[..., Any], *args: Any) -> None:
        """Make everything appended so far safe, and call ``then`` when it is."""
        upto = len(self.records)
        if not self.commit_ns:
            self._committed(upto, then, args)
            return
        self._kernel.at(self._kernel.now_ns + self.commit_ns, self._committed, upto, then, args)

    def _committed(self, upto: int, then: Callable[..., Any], args: tuple[Any, ...]) -> None:
        for record in self.records[self.safe : upto]:
            client_id = getattr(record.command, "client_id", "") if isinstance(record, IntentRecord) else ""
            if client_id:
                self.safe_ids[client_id] = None
        self.safe = max(self.safe, upto)
        then(*args)
