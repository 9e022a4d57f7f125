"""What an arm is given to make one process of a bot, and what it gives back.

An arm is a callable that takes a ``Seat`` and gives a ``Life``; it is found by its entry point
(``arms``), and neither side imports the other. Everything in a seat belongs to one process: the next one
gets its own, with a loop and a network of its own.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sim.bot import AnyCore, Watcher
from strategy import commands, events
from strategy.batching import Group
from strategy.instrument import Instrument


class Clock(Protocol):
    """The clock that the core is told the time of."""

    def now_ns(self) -> int:
        """Give the time in nanoseconds since 1970."""


class Journal(Protocol):
    """The bot's disk, as a driver writes to it."""

    @property
    def has_hole(self) -> bool:
        """Say that records were lost."""

    def heard(self, now_ns: int, event: events.Event) -> None:
        """Append a word, before the core takes it in."""

    def decided(self, leaving: tuple[commands.Command, ...]) -> None:
        """Append what the core answered to it."""

    def raised(self) -> None:
        """Append that the core raised over it."""

    def intends(self, now_ns: int, command: commands.Command) -> None:
        """Append a create or an amend that is to leave."""

    def commit(self, then: Callable[[bool], None]) -> None:
        """Make safe what was appended, and say whether it is."""

    def rotate(self, now_ns: int, snapshot: bytes) -> None:
        """Begin anew with a snapshot."""


@dataclass(frozen=True)
class Access:
    """Where the venue is found and with which key; no real ones."""

    http_url: str
    stream_url: str
    key: str
    secret: str
    category: str


@dataclass(frozen=True)
class Seat:
    """One process's place in the world. Everything happens on the loop that runs when the arm is called."""

    core: AnyCore
    session: str
    dispatch: str
    # How old a request may be on arrival.
    window_ms: int
    symbols: tuple[str, ...]
    # What the core counts in.
    units: tuple[Instrument, ...]
    clock: Clock
    # Until when the processor is at work on the steps so far: the clock stands still while they are made.
    at_work_ns: Callable[[], int]
    journal: Journal
    access: Access
    # For httpx; opens a stream by its URL; what a stream raises once it is over, with a code and a reason.
    transport: Any
    dial: Callable[[str], Awaitable[Any]]
    stream_closed: type[Exception]
    watchers: tuple[Watcher, ...]
    leaving: Callable[[int, commands.Command], None]
    over: Callable[[Group, int, int], None]
    told: Callable[[int, commands.Alert], None]
    # Told how the process ended by itself, with what its core raised, if it did.
    ended: Callable[[BaseException | None], None]


class Life(Protocol):
    """One process of the bot, made by an arm. All but the counts are called on the process's loop."""

    def begin(self) -> None:
        """Look at the venue, start the core, connect."""

    def feed(self, event: events.Event) -> None:
        """Have an event taken in, in its turn."""

    def stop(self) -> None:
        """Have everything taken off, and end once that is proven."""

    def cancel_all(self) -> None:
        """Take every order of ours off the book without asking the core."""

    def arrived_ns(self) -> int:
        """Say when the event that is being taken in came."""

    def waiting(self) -> int:
        """Count what waits to be taken in."""

    def under_way(self) -> int:
        """Count the requests without an outcome."""


Arm = Callable[[Seat], Life]
