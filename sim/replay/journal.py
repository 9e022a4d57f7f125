"""A journal taken through the core again: every decision must be the same, byte for byte.

Each process begins with a snapshot, and what it took in follows with the digest of what it decided. So
a replay is a loop: restore, step, compare. A later snapshot must be what the replayed core would write,
so not one bit of state has drifted. The first difference is named and ends it: what follows from it
is no evidence of anything.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from sim.journal_file import JournalFile
from strategy import journal_table as table
from strategy.commands import AmendOrder, Command, CreateOrder
from strategy.core import Core
from strategy.events import Event
from strategy.journal import EventRecord, IntentRecord

_DIGEST_BYTES: Final = 16
STATE: Final = "state"
DECISION: Final = "decision"
RAISED: Final = "raised"


class Step(msgspec.Struct, frozen=True):
    """One word and what it leads to now; ``raised`` says what the core raised, if it did."""

    boot: int
    session: str
    seq: int
    now_ns: int
    event: Event
    leaving: tuple[Command, ...] = ()
    raised: str = ""


class Difference(msgspec.Struct, frozen=True):
    """The first step that is not as it was. ``intended`` are the creates and amends that were written then."""

    kind: str
    step: Step
    words: str
    intended: tuple[Command, ...] = ()


class Replayed(msgspec.Struct):
    """What a replay found. ``left_out`` records could not be replayed: what they began from was let go of."""

    boots: int = 0
    segments: int = 0
    steps: int = 0
    commands: int = 0
    left_out: int = 0
    digest: str = ""
    difference: Difference | None = None


class _Differs(Exception):
    def __init__(self, difference: Difference) -> None:
        self.difference = difference


class Replay:
    """One pass over a journal; ``seen`` is told of every step."""

    def __init__(
        self,
        journal: JournalFile,
        seen: Callable[[Step], None] = lambda step: None,
        factory: Callable[..., Any] = Core,
    ) -> None:
        """``factory`` is a core that can be restored; ours unless somebody tries another."""
        self._journal = journal
        self._seen = seen
        self._factory = factory
        self._hash = hashlib.blake2b(digest_size=_DIGEST_BYTES)
        self.found = Replayed()

    def run(self, boot: int | None = None) -> Replayed:
        """Replay one process, or all; raises ``Damaged`` where a record is not what was written."""
        try:
            for one in self._journal.boots:
                if boot in (None, one.boot):
                    self._boot(one)
        except _Differs as differs:
            self.found.difference = differs.difference
        self.found.digest = self._hash.hexdigest()
        return self.found

    def _boot(self, boot: table.Boot) -> None:
        self.found.boots += 1
        knobs = table.knobs_of(boot)
        core: Any = None
        last: Step | None = None
        for head, end in self._journal.segments(boot.boot):
            snapshot = table.snapshot_of(head)
            rows = self._journal.rows(head.first_seq, end)
            if snapshot is None:
                self.found.left_out += sum(1 for _ in rows)
                core = None
                continue
            self.found.segments += 1
            if core is not None and last is not None and head.why == table.IN_TIME and core.snapshot() != snapshot:
                raise _Differs(Difference(STATE, last, f"segment {head.segment} begins with another state"))
            if core is None or head.why != table.IN_TIME:
                core = self._factory.restore(knobs, snapshot)  # type: ignore[attr-defined]
            core, last = self._segment(core, boot, head, rows, last)

    def _segment(
        self, core: Any, boot: table.Boot, head: table.Segment, rows: Iterator[table.Row], last: Step | None
    ) -> tuple[Any, Step | None]:
        """Take one segment's records in; gives no core where records are missing, or where it raised."""
        place = head.first_seq
        intended: list[Command] | None = None
        for row in rows:
            if row.seq != place or core is None:
                self.found.left_out += 1
                core = None
                continue
            place += 1
            record = table.record_of(row)
            match record:
                case IntentRecord():
                    if intended is not None and (not intended or intended.pop(0) != record.command):
                        words = "it wrote down to send what is not decided now"
                        raise _Differs(Difference(DECISION, _known(last), words, (record.command,)))
                case EventRecord():
                    _all_were_written(intended, last)
                    last = self._step(core, boot, row, record)
                    intended = [one for one in last.leaving if isinstance(one, CreateOrder | AmendOrder)]
                    core = None if last.raised else core
        return core, last

    def _step(self, core: Any, boot: table.Boot, row: table.Row, record: EventRecord) -> Step:
        step = Step(boot.boot, boot.session, row.seq, record.now_ns, record.event)
        try:
            leaving = core.step(record.now_ns, record.event)
        except Exception as failure:  # noqa: BLE001 - whatever it is, it must be what it was
            step = msgspec.structs.replace(step, raised=repr(failure))
        else:
            step = msgspec.structs.replace(step, leaving=leaving)
        self._seen(step)
        if bool(step.raised) != (row.digest == table.RAISED):
            words = f"it raises now: {step.raised}" if step.raised else "it raised then, and does not now"
            raise _Differs(Difference(RAISED, step, words, self._intended_after(row)))
        digest = table.RAISED if step.raised else table.digest_of(step.leaving)
        if digest != row.digest:
            raise _Differs(Difference(DECISION, step, "it decided something else", self._intended_after(row)))
        self._hash.update(digest)
        self.found.steps += 1
        self.found.commands += len(step.leaving)
        return step

    def _intended_after(self, row: table.Row) -> tuple[Command, ...]:
        """Read what creates and amends were written down behind a word."""
        intended = []
        for each in self._journal.rows(row.seq + 1, table.SEQ_MAX):
            record = table.record_of(each)
            if not isinstance(record, IntentRecord):
                break
            intended.append(record.command)
        return tuple(intended)


def _all_were_written(intended: list[Command] | None, last: Step | None) -> None:
    if intended:
        words = "it decides now to send what it did not write down"
        raise _Differs(Difference(DECISION, _known(last), words))


def _known(step: Step | None) -> Step:
    assert step is not None, "an intent is only looked at behind the word that led to it"
    return step
