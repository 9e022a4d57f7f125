"""The journal on a disk: what a driver appends is gathered, and written by one transaction a commit.

When the disk refuses, what was gathered is lost and said so: creates and amends are refused from then on,
and the journal has a hole until it takes a snapshot, from which everything begins anew. Cancels and
questions never come here.

``Recorder`` writes on the loop: exact and simple, and while the disk works nothing else does.
``BackgroundRecorder`` gives the writing to one thread, so that a disk that hangs holds up the quotes
and nothing else.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Final

from adapters.journal_store import CannotWrite, Store, Written
from strategy import commands, events
from strategy import journal_table as table
from strategy.errors import OurMistake

# More than this was never heard between two commits: the disk hangs.
GATHERED_MAX: Final = 100_000
_CLOSE_WAIT_S: Final = 10.0


class Recorder:
    """A journal that is written where it is asked to be."""

    def __init__(self, store: Store) -> None:
        """The store's process has begun: ``begin_boot`` was called."""
        self._store = store
        self._gathered: list[Written] = []
        self._word: tuple[int, events.Event] | None = None
        self.has_hole = False
        self.failure = ""  # what the disk said last; empty while it works

    @property
    def lag(self) -> int:
        """Count the records that are not safe yet."""
        return len(self._gathered)

    def heard(self, now_ns: int, event: events.Event) -> None:
        """Hold a word until it is known what it led to."""
        self._word = (now_ns, event)

    def decided(self, leaving: tuple[commands.Command, ...]) -> None:
        """Append the word with the digest of its commands."""
        self._append(table.digest_of(leaving))

    def raised(self) -> None:
        """Append the word over which the core raised."""
        self._append(table.RAISED)

    def intends(self, now_ns: int, command: commands.Command) -> None:
        """Append a command that is to leave."""
        self._gather((table.INTENT, now_ns, table.body_of(command), table.NOTHING))

    def commit(self, then: Callable[[bool], None]) -> None:
        """Write what was gathered, and say whether it is safe."""
        gathered, self._gathered = self._gathered, []
        then(not self.has_hole and self._try(lambda: self._store.append(gathered)))

    def rotate(self, now_ns: int, snapshot: bytes) -> None:
        """Write what was gathered and the snapshot behind it; on a disk that fails the hole stays."""
        gathered, self._gathered = self._gathered, []
        why = table.AFTER_HOLE if self.has_hole else table.IN_TIME
        gathered = [] if self.has_hole else gathered
        self._try(lambda: self._store.begin_segment(gathered, now_ns, why, snapshot))

    def close(self) -> None:
        """Write the rest and close the file."""
        self.commit(lambda is_safe: None)
        self._store.close()

    def _try(self, write: Callable[[], None]) -> bool:
        try:
            write()
        except CannotWrite as error:
            self.failure, self.has_hole = str(error), True
            return False
        self.failure, self.has_hole = "", False
        return True

    def _append(self, digest: bytes) -> None:
        if self._word is None:
            raise OurMistake("a decision without a word")
        now_ns, event = self._word
        self._word = None
        self._gather((table.kind_of(event), now_ns, table.body_of(event), digest))

    def _gather(self, written: Written) -> None:
        if len(self._gathered) < GATHERED_MAX:
            self._gathered.append(written)
        else:
            self.has_hole = True


# What the thread is to write, how many records it holds, and who is told.
_Job = tuple[Callable[[], None], int, Callable[[bool], None]]


class BackgroundRecorder(Recorder):
    """A journal that one thread writes; answers come back on the loop, in the order they were asked."""

    def __init__(self, store: Store) -> None:
        """Needs a running loop; the thread lives until ``close``."""
        super().__init__(store)
        self._loop = asyncio.get_running_loop()
        self._pending = 0  # records handed over and not answered for
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._broken = ""  # the thread's own, what made the hole: nothing is written behind it but a snapshot
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    @property
    def lag(self) -> int:
        """Count the records that are not safe yet, those that are being written among them."""
        return len(self._gathered) + self._pending

    def commit(self, then: Callable[[bool], None]) -> None:
        """Have it written, and say later whether it is safe."""
        gathered, self._gathered = self._gathered, []
        # Whether it is behind a hole the thread knows: a snapshot may be on its way there.
        self._hand_over(lambda: self._append_behind(gathered), len(gathered), then)

    def rotate(self, now_ns: int, snapshot: bytes) -> None:
        """Have the snapshot written, behind what was gathered before it."""
        gathered, self._gathered = self._gathered, []
        had_hole = self.has_hole

        def write() -> None:
            is_behind = had_hole or bool(self._broken)
            why = table.AFTER_HOLE if is_behind else table.IN_TIME
            self._store.begin_segment([] if is_behind else gathered, now_ns, why, snapshot)
            self._broken = ""

        self._hand_over(write, len(gathered), lambda is_safe: None)

    def close(self) -> None:
        """Write the rest, end the thread, close the file; one that hangs in the disk is left behind."""
        self.commit(lambda is_safe: None)
        self._jobs.put(None)
        self._thread.join(_CLOSE_WAIT_S)
        if not self._thread.is_alive():
            self._store.close()

    def _hand_over(self, write: Callable[[], None], count: int, then: Callable[[bool], None]) -> None:
        if self._pending + count > GATHERED_MAX:
            write, count = _give_up, 0
        self._pending += count
        self._jobs.put((write, count, then))

    def _append_behind(self, gathered: list[Written]) -> None:
        if self._broken:
            raise CannotWrite(self._broken)
        self._store.append(gathered)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            write, count, then = job
            said = ""
            try:
                write()
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing is safe until a snapshot is
                self._broken = said = str(error) or type(error).__name__
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._done, said, count, then)

    def _done(self, said: str, count: int, then: Callable[[bool], None]) -> None:
        self._pending -= count
        self.failure, self.has_hole = said, bool(said)
        then(not said)


def _give_up() -> None:
    raise CannotWrite("the disk hangs: too much waits to be written")
