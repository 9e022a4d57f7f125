"""Whom a driver deals with besides its venue: the core, and those who look on."""

from typing import Protocol

from strategy import commands, events


class AnyCore(Protocol):
    """What a driver needs of a core."""

    @property
    def wake_at_ns(self) -> int | None:
        """When to say ``Woke``."""

    def step(self, now_ns: int, event: events.Event) -> tuple[commands.Command, ...]:
        """Take in an event; give what to do."""


class Watcher(Protocol):
    """Somebody who looks on: metrics, an oracle. None may raise."""

    def delivered(self, now_ns: int, event: events.Event) -> None:
        """See an event just before the core does."""

    def sent(self, now_ns: int, command: commands.Command) -> None:
        """See a command that the core gave."""

    def stepped(self, now_ns: int, leaving: tuple[commands.Command, ...], event: events.Event) -> None:
        """See that the step is over."""
