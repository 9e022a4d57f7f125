"""A core with something done to what it hears or says: the frame most planted bugs are hung in.

The bug sits between the driver and an honest core, so it needs to know nothing of its inside, and
the world cannot tell it from a core that was written that way.
"""

from typing import Any

from strategy import commands, events
from strategy.belief import Belief
from strategy.core import Core
from strategy.knobs import Knobs

Commands = tuple[commands.Command, ...]


class Wrapped:
    """An honest core in its wrapping. Subclasses override ``hear`` or ``say``."""

    def __init__(self, knobs: Knobs) -> None:
        self.core = Core(knobs)

    @property
    def wake_at_ns(self) -> int | None:
        return self.core.wake_at_ns

    def step(self, now_ns: int, event: events.Event) -> Commands:
        heard = self.hear(now_ns, event)
        if heard is None:
            return ()
        return self.say(now_ns, self.core.step(now_ns, heard))

    def belief(self) -> Belief:
        return self.core.belief()

    def snapshot(self) -> bytes:
        return self.core.snapshot()

    def resume(self, snapshot: bytes, records) -> None:
        self.core.resume(snapshot, records)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.core, name)

    def hear(self, now_ns: int, event: events.Event) -> events.Event | None:
        """Give what the core is told instead of ``event``; None: nothing."""
        return event

    def say(self, now_ns: int, leaving: Commands) -> Commands:
        """Give what leaves instead of ``leaving``."""
        return leaving
