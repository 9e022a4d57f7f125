"""The journal of a process that an arm made, kept on the simulated disk with all that may happen to it."""

from collections.abc import Callable, Sequence

from sim.bot import JOURNAL_AND_SEND, SEND_AND_ACK
from sim.host.disk import Disk
from strategy import commands, events
from strategy.journal import EventRecord, IntentRecord


class DiskJournal:
    """Writes for one process; once that is dead, nobody is told of a commit any more."""

    def __init__(
        self,
        disk: Disk,
        waits: Callable[[commands.Command], bool],
        enter: Callable[..., None],
        later: Callable[..., None],
        cut: Callable[[str, Sequence[commands.Command]], bool],
    ) -> None:
        """``waits`` says which quotes leave only once they are safe; ``enter`` calls into the process.

        ``later`` calls once all has happened that happens now. ``cut`` may end the process at a named
        point of a create, and says whether it lives.
        """
        self._disk = disk
        self._waits = waits
        self._enter = enter
        self._later = later
        self._cut = cut
        self._written: list[commands.Command] = []

    @property
    def has_hole(self) -> bool:
        """Say that records were lost."""
        return self._disk.has_hole

    def heard(self, now_ns: int, event: events.Event) -> None:
        """Append a word, before the core takes it in."""
        self._disk.append(EventRecord(now_ns, event))

    def decided(self, leaving: tuple[commands.Command, ...]) -> None:
        """Keep no digest: a simulated run has one of its own."""

    def raised(self) -> None:
        """Keep no mark: what a step that raised had heard is on the disk."""

    def intends(self, now_ns: int, command: commands.Command) -> None:
        """Append a create or an amend that is to leave."""
        self._disk.append(IntentRecord(now_ns, command))
        if self._waits(command):
            self._written.append(command)

    def commit(self, then: Callable[[bool], None]) -> None:
        """Make safe what was appended, and say whether it is."""
        written, self._written = self._written, []
        if not self._disk.commit(self._enter, self._safe, then, written):
            then(False)

    def rotate(self, _now_ns: int, snapshot: bytes) -> None:
        """Begin anew with a snapshot."""
        self._disk.rotate(snapshot)

    def _safe(self, then: Callable[[bool], None], written: Sequence[commands.Command]) -> None:
        if self._cut(JOURNAL_AND_SEND, written):
            then(True)
            self._later(self._cut, SEND_AND_ACK, written)
