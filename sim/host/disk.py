"""The bot's disk: a journal whose records are safe once a commit has come through, and not before.

A restart begins from the journal: a snapshot, and every record since. A commit takes time; what was
appended before it is safe when it is through. Now and then the driver brings a snapshot and the
records before it go. What a crash leaves is read back from real bytes, line by line.

A disk that *lies* says that a commit came through when it did not: what it was told is safe, for all who
can know, and gone when the machine goes down. A file that is damaged, or another instance's, is believed
in nothing: it is put aside, as a person does who finds that the bot does not start on it.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec

from sim.kernel import Kernel
from strategy import events
from strategy.commands import AmendOrder, Command, CreateOrder
from strategy.journal import EventRecord, IntentRecord, Read, Record, line_of, read

# A journal of an uncommon size is a journal that nobody truncates: the driver does every few seconds.
RECORDS_MAX: Final = 200_000
_AMENDS_KEPT: Final = 1024


class Copy(msgspec.Struct, frozen=True):
    """A backup of the journal as it was when a snapshot came; ``safe_ids`` are the creates safe by then."""

    true_ns: int
    snapshot: bytes
    safe_ids: tuple[str, ...]


class Kept(msgspec.Struct, frozen=True):
    """What a new process finds: a snapshot, what could be read of the records. ``owner``: whose it is, if not ours."""

    snapshot: bytes = b""
    read: Read = Read((), torn=False, damaged_line=0)
    owner: str = ""


class _Durable(msgspec.Struct, frozen=True):
    """What is really on a disk that lies: the journal as it was at the last honest commit."""

    snapshot: bytes
    records: tuple[Record, ...]
    safe_ids: tuple[str, ...]


class Disk:
    """One journal. ``commit_ns`` is how long a commit takes, true time; ``failure`` why none works now."""

    def __init__(self, kernel: Kernel, commit_ns: int = 0) -> None:
        """Start empty."""
        self._kernel = kernel
        self.commit_ns = commit_ns
        self.failure = ""
        self.snapshot: bytes = b""
        self.records: list[Record] = []
        self.safe = 0
        # Creates that are safe, by client id: what a crash at this instant could not make us forget.
        self.safe_ids: dict[str, None] = {}
        # The amends that are safe, the latest few: they are asked about as they leave.
        self._safe_amends: dict[Command, None] = {}
        self.copies: deque[Copy] = deque(maxlen=1)
        self.has_hole = False
        self.is_lying = False
        # Told when a crash shows that the disk lied.
        self.found_out: Callable[[], None] = _nobody
        self._durable: _Durable | None = None
        self._life = 0

    def append(self, record: Record) -> None:
        """Write a record; it is safe with the next commit. On a disk that fails it is lost."""
        if self.failure:
            self.has_hole = True
            return
        self.records.append(record)
        assert len(self.records) <= RECORDS_MAX, "the journal was never truncated"

    def commit(self, then: Callable[..., Any], *args: Any) -> bool:
        """Make everything appended so far safe, and call ``then`` when it is; False: it cannot be."""
        if self.failure:
            return False
        upto = len(self.records)
        if not self.commit_ns:
            self._committed(self._life, upto, then, args)
        else:
            self._kernel.at(self._kernel.now_ns + self.commit_ns, self._committed, self._life, upto, then, args)
        return True

    def rotate(self, snapshot: bytes) -> None:
        """Begin the journal anew with a snapshot, and forget the records before it."""
        if self.failure:
            return
        self._be_honest()
        self._note_ids(self.records)
        self.copies.append(Copy(self._kernel.now_ns, snapshot, tuple(self.safe_ids)))
        self.snapshot, self.records, self.safe, self.has_hole = snapshot, [], 0, False
        self._life += 1  # a commit under way was of records that the snapshot holds by now

    def keep_copies(self, count: int) -> None:
        """Keep at least so many backups."""
        self.copies = deque(self.copies, maxlen=max(count, self.copies.maxlen or 1))

    def _committed(self, life: int, upto: int, then: Callable[..., Any], args: tuple[Any, ...]) -> None:
        if life == self._life:
            self._be_honest()
            self._note_ids(self.records[self.safe : upto])
            self.safe = max(self.safe, upto)
        then(*args)

    def _be_honest(self) -> None:
        """Note, before something is told to be safe, what really is; an honest commit takes all along."""
        if not self.is_lying:
            self._durable = None
        elif self._durable is None:
            self._durable = _Durable(self.snapshot, tuple(self.records[: self.safe]), tuple(self.safe_ids))

    def _note_ids(self, records: list[Record]) -> None:
        for record in records:
            if client_id := _created(record):
                self.safe_ids[client_id] = None
            elif isinstance(record, IntentRecord) and isinstance(record.command, AmendOrder):
                self._safe_amends[record.command] = None
                if len(self._safe_amends) > _AMENDS_KEPT:
                    del self._safe_amends[next(iter(self._safe_amends))]

    def is_safe(self, command: Command) -> bool:
        """Say whether a crash now could not make us forget a create or an amend."""
        if isinstance(command, CreateOrder):
            return command.client_id in self.safe_ids
        return command in self._safe_amends

    # What a crash leaves

    def whole(self) -> Kept:
        """Keep everything that was written: the process died, its machine lived."""
        return self._restore(self.snapshot, self._bytes(self.records), tuple(self.safe_ids))

    def torn(self, share: float) -> Kept:
        """Keep what was committed and a share of the bytes after it, the last line torn in its middle.

        Of a disk that lied, keep what it held when it began to.
        """
        durable, self._durable = self._durable, None
        if durable is not None:
            self.found_out()
            return self._restore(durable.snapshot, self._bytes(list(durable.records)), durable.safe_ids)
        tail = self._bytes(self.records[self.safe :])
        # There is always a line being written: it may be the first of its step.
        tail = tail or line_of(EventRecord(0, events.Woke()))
        cut = max(1, int(share * (len(tail) - 1)))
        if tail[cut - 1 : cut] == b"\n":
            cut -= 1
        data = self._bytes(self.records[: self.safe]) + tail[:cut]
        return self._restore(self.snapshot, data, tuple(self.safe_ids))

    def old(self, true_ns: int) -> Kept:
        """Go back to the latest copy from ``true_ns`` or before, to nothing where there is none."""
        before = [copy for copy in self.copies if copy.true_ns <= true_ns]
        if not before:
            return self.lost()
        return self._restore(before[-1].snapshot, b"", before[-1].safe_ids)

    def lost(self) -> Kept:
        """Keep nothing."""
        return self._restore(b"", b"", ())

    def flipped(self, share: float) -> Kept:
        """Turn one bit over, so far into what was written; a file that is damaged is put aside.

        In the last line that is a torn tail, as any line that was being written.
        """
        data = self._bytes(self.records)
        at_bit = int(share * 8 * (len(self.snapshot) + len(data)))
        place = at_bit // 8 - len(self.snapshot)
        if place < 0 or not data:
            return self.lost()  # its checksum says so
        spoilt = data[:place] + bytes([data[place] ^ 1 << at_bit % 8]) + data[place + 1 :]
        found = read(spoilt)
        if found.damaged_line:
            return self.lost()
        # What stood in that line is forgotten, safe as it was.
        gone = [_created(record) for record in self.records[len(found.records) :]]
        return self._restore(self.snapshot, spoilt, tuple(one for one in self.safe_ids if one not in gone))

    def foreign(self, owner: str, snapshot: bytes) -> Kept:
        """Have another instance's file where ours was: whoever starts must not take it for his own."""
        self.lost()
        return Kept(snapshot, owner=owner)

    def _bytes(self, records: list[Record]) -> bytes:
        return b"".join(line_of(record) for record in records)

    def _restore(self, snapshot: bytes, data: bytes, ids: tuple[str, ...]) -> Kept:
        """Have on the disk what can be read of it, and give that."""
        found = read(data)
        self._life += 1
        self.snapshot, self.records, self.has_hole = snapshot, list(found.records), False
        self.safe = len(self.records)
        self.safe_ids = dict.fromkeys(ids)
        self._note_ids(self.records)
        return Kept(snapshot, found)


def _created(record: Record) -> str:
    """Give the client id of a create that a record holds; empty for any other record."""
    match record:
        case IntentRecord(command=CreateOrder(client_id=client_id)):
            return client_id
        case _:
            return ""


def _nobody() -> None:
    """Tell nobody."""
