"""Who stands beside a world that runs again and remembers what it does not: what is on its way, what was decided.

Touches nothing: a run that is looked at has the same digest.
"""

from collections import deque
from typing import Any, Final

import msgspec

from sim.wire import Message
from sim.world import World
from strategy import commands, events
from strategy.context import QuoteContext

_DECISIONS_KEPT: Final = 5
# So many messages are kept before those that have arrived are looked for.
_SENT_MAX: Final = 1000


class OnTheWay(msgspec.Struct, frozen=True, gc=False):
    """A message that was sent and has not arrived; instants are true time."""

    link: str
    message: Message
    sent_ns: int
    arrives_ns: int


class Onlooker:
    """Remembers messages until they arrive, and the last decisions of each symbol."""

    def __init__(self, world: World) -> None:
        """Look on from now."""
        self._world = world
        self._sent: list[OnTheWay] = []
        self.decisions: dict[str, deque[tuple[int, QuoteContext]]] = {
            symbol: deque(maxlen=_DECISIONS_KEPT) for symbol in world.scenario.market.traded
        }
        world.link_watchers.append(self._on_link)
        world.driver.watchers = (*world.driver.watchers, self)

    def on_the_way(self) -> tuple[OnTheWay, ...]:
        """Give what is on its way now, in the order in which it arrives."""
        self._forget()
        return tuple(sorted(self._sent, key=lambda one: one.arrives_ns))

    # As a watcher of the bot

    def delivered(self, now_ns: int, event: events.Event) -> None:
        """See an event just before the core does."""

    def sent(self, now_ns: int, command: commands.Command) -> None:
        """See a command that the core gave."""

    def stepped(self, now_ns: int, leaving: tuple[commands.Command, ...], event: events.Event) -> None:
        """Keep what was decided in the step."""
        last_context: Any = getattr(self._world.driver.core, "last_context", None)
        if last_context is None:
            return
        for symbol, kept in self.decisions.items():
            context = last_context(symbol)
            if context is None:
                continue
            if kept and kept[-1][1].shares is context.shares:
                # The same decision, its moves worked out anew for the orders as they are now.
                kept[-1] = (kept[-1][0], context)
            else:
                kept.append((self._world.kernel.now_ns, context))

    def _on_link(self, link: str, message: Message, sent_ns: int, arrives_ns: int | None) -> None:
        if arrives_ns is None:
            return
        if len(self._sent) > _SENT_MAX:
            self._forget()
        self._sent.append(OnTheWay(link, message, sent_ns, arrives_ns))

    def _forget(self) -> None:
        now_ns = self._world.kernel.now_ns
        self._sent = [one for one in self._sent if one.arrives_ns > now_ns]
