"""What a driver needs of a journal; ``recorder`` keeps it on a disk."""

from collections.abc import Callable
from typing import Protocol

from strategy import commands, events


class Journal(Protocol):
    """Written in order; what was appended is safe once a commit has come through, and not before."""

    @property
    def has_hole(self) -> bool:
        """Say that records were lost: nothing is safe before it is begun anew with a snapshot."""

    def heard(self, now_ns: int, event: events.Event) -> None:
        """Append a word, before the core takes it in."""

    def decided(self, leaving: tuple[commands.Command, ...]) -> None:
        """Append what the core answered to the last word."""

    def raised(self) -> None:
        """Append that the core raised over the last word."""

    def intends(self, now_ns: int, command: commands.Command) -> None:
        """Append a create or an amend that is to leave."""

    def commit(self, then: Callable[[bool], None]) -> None:
        """Make safe what was appended, and say whether it is; perhaps at once, perhaps later, in order."""

    def rotate(self, now_ns: int, snapshot: bytes) -> None:
        """Begin anew with a snapshot: a restart needs nothing from before it."""


class NoJournal:
    """Keeps nothing and is always safe: for a driver whose process is never to be taken over."""

    has_hole = False

    def heard(self, now_ns: int, event: events.Event) -> None:
        """Keep nothing."""

    def decided(self, leaving: tuple[commands.Command, ...]) -> None:
        """Keep nothing."""

    def raised(self) -> None:
        """Keep nothing."""

    def intends(self, now_ns: int, command: commands.Command) -> None:
        """Keep nothing."""

    def commit(self, then: Callable[[bool], None]) -> None:
        """Say that it is safe."""
        then(True)

    def rotate(self, now_ns: int, snapshot: bytes) -> None:
        """Keep nothing."""
