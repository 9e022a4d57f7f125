"""The bot as the world sees it, whoever drives its core: what faults and those who look on may touch.

There is one bot in a world, and one process of it at a time. ``boots`` numbers the processes: what an
earlier one asked for, or heard on its connections, is nothing to a later one.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

from strategy import commands, events

# Where a process may end in the middle of a create: once it is written, once it is on the wire.
JOURNAL_AND_SEND = "journal_and_send"
SEND_AND_ACK = "send_and_ack"


class AnyCore(Protocol):
    """What a driver needs of a core: ours, a rival's or a user's own."""

    @property
    def wake_at_ns(self) -> int | None:
        """When to say ``Woke``."""

    def step(self, now_ns: int, event: events.Event) -> tuple[commands.Command, ...]:
        """Take in an event; give what to do."""


def check_said(leaving: object) -> None:
    """Have a core that gives anything but commands told so; raises ``TypeError``."""
    if not isinstance(leaving, tuple | list):
        raise TypeError(f"the core's step gave {leaving!r:.80}: it must give a tuple of commands, () for none")
    for command in leaving:
        if not isinstance(command, commands.Command):
            raise TypeError(f"the core's step gave {command!r:.80} among its commands, which is none")


class Watcher(Protocol):
    """Somebody who looks on: the oracle, the measures."""

    def delivered(self, now_ns: int, event: events.Event) -> None:
        """See an event just before the core does."""

    def sent(self, now_ns: int, command: commands.Command) -> None:
        """See a command that the core gave."""

    def stepped(self, now_ns: int, leaving: tuple[commands.Command, ...], event: events.Event) -> None:
        """See that the step is over."""


class Bot(ABC):
    """What every driver of a world has. ``cuts`` may end a process in the middle of a step, at a named point."""

    def __init__(self) -> None:
        """Start with no process."""
        self.core: AnyCore
        self.watchers: tuple[Watcher, ...] = ()
        self.arrived_ns = 0  # when the event that is being taken in came to the host
        self.is_alive = False
        self.boots = 0
        self.steps = 0
        # Called after every step; one that raises MemoryError is a step that ran out of memory.
        self.trip: Callable[[events.Event], None] = _nobody
        # Has the core take a step.
        self.take_step: Callable[[Any, int, events.Event], tuple[commands.Command, ...]] = _step
        self.ran_out: Callable[[], None]
        self.cuts: list[Callable[[str, commands.Command], None]] = []
        # Told as a process begins its work, and as it ends.
        self.begun: Callable[[], None] = _nobody
        self.ended: Callable[[], None] = _nobody
        self.alerts: list[commands.Alert] = []

    @abstractmethod
    def start(self, core: AnyCore) -> None:
        """Begin a process with this core; it hears nothing before ``begin``."""

    @abstractmethod
    def begin(self, session: str) -> None:
        """Have the process begin its work under a session name that was never used."""

    @abstractmethod
    def die(self) -> None:
        """End the process as it stands: nothing more is taken in, nothing waited for."""

    @abstractmethod
    def feed(self, event: events.Event) -> None:
        """Have an event taken in, in its turn; a dead process hears nothing."""

    @abstractmethod
    def cancel_all(self) -> None:
        """Take every order of ours off the book without asking the core."""

    @abstractmethod
    def under_way(self) -> int:
        """Count the requests without an outcome."""


def _step(core: AnyCore, now_ns: int, event: events.Event) -> tuple[commands.Command, ...]:
    return core.step(now_ns, event)


def _nobody(*_nothing: events.Event) -> None:
    """Trip over nothing, note nothing."""
