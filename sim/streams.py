"""The streams the venue speaks on, public and private: each a connection, alive as long as it is heard.

What the venue says is put on the connection there is, as the venue sees it; it is delivered only if
that is still the connection the driver has. So a lost stream loses what was said meanwhile, and what
a jammed one held back dies with it.

A reset is known at once. Silence is known by pings: any message proves the connection, a pong too;
when nothing came for the deadline, the driver gives it up, says ``StreamDown`` and connects anew. A
frozen feed answers pings: of that no connection knows anything.

Up and down are one link here: a TCP connection that gets nothing through one way hears nothing of
what it sent the other way either. Pings and hellos go up in the link's usual time.
"""

from collections.abc import Callable, Iterable
from typing import Final

from sim.connection import Connection
from sim.dice import Dice
from sim.kernel import Kernel
from sim.wire import PRIVATE, PUBLIC, STREAMS, Link, Message, kind_of
from strategy import events
from strategy.units import NS_PER_S

PONG: Final = "pong"

_PING_EVERY_NS: Final = 2 * NS_PER_S
# Without any message for so long, a stream is dead.
_SILENCE_NS: Final = 5 * NS_PER_S
# Connecting, signing in and subscribing: one after the other, each there and back.
_TRIPS_UP: Final = 3


class Streams:
    """Both streams of one process. ``told_first`` gives what a subscriber to the public one hears first."""

    def __init__(
        self,
        kernel: Kernel,
        dice: Dice,
        links: dict[str, Link],
        feed: Callable[[events.Event], None],
        told_first: Callable[[], Iterable[events.Event]],
        names: tuple[str, ...] = STREAMS,
    ) -> None:
        """``feed`` is where events go, ``names`` what the venue offers; nothing is connected yet."""
        self._kernel = kernel
        self._links = links
        self._feed = feed
        self._told_first = told_first
        # On which connection the venue speaks, by stream; 0 is on none.
        self._spoken: dict[str, int] = dict.fromkeys(STREAMS, 0)
        self.connections = {name: Connection(name, kernel, dice, links[name]) for name in STREAMS}
        self._names = names
        for name, connection in self.connections.items():
            self._own(name, connection)

    def connect(self) -> None:
        """Connect both streams, for a process that starts."""
        for name in self._names:
            self.connections[name].open()

    def drop(self) -> None:
        """Have no stream any more: the process that listened is gone."""
        for name, connection in self.connections.items():
            connection.shut()
            self._spoken[name] = 0

    def tell(self, stream: str, event: events.Event) -> None:
        """Say something to whoever is connected; nobody is told later."""
        epoch = self._spoken[stream]
        if epoch:
            symbol, client_id = getattr(event, "symbol", ""), getattr(event, "client_id", "")
            message = Message(kind_of(event), symbol, client_id, event, epoch)
            self._links[stream].send(message, self._hear_public if stream == PUBLIC else self._hear_private)

    def reset(self, stream: str, epoch: int | None = None) -> None:
        """Have the venue's side break a stream; one that is another by now is not touched."""
        connection = self.connections[stream]
        if connection.is_up and epoch in (None, connection.epoch):
            self._spoken[stream] = 0
            connection.break_off("reset")

    # Connecting

    def _own(self, name: str, connection: Connection) -> None:
        up_ns = self._links[name].median_ns
        connection.reach = lambda hello, arrive: self._kernel.at(
            self._kernel.now_ns + (2 * _TRIPS_UP - 1) * up_ns, arrive, hello
        )
        connection.answered = lambda epoch: self._subscribed(name, epoch)
        connection.opened = lambda: self._opened(name)
        connection.lost = lambda _why: self._feed(events.StreamDown(name))

    def _subscribed(self, name: str, epoch: int) -> None:
        """The venue speaks on the new connection from now on; first it tells how things are."""
        if epoch != self.connections[name].epoch:
            return  # given up before it came this far
        self._spoken[name] = epoch
        if name == PUBLIC:
            for event in self._told_first():
                self.tell(name, event)

    def _opened(self, name: str) -> None:
        self._feed(events.StreamUp(name))
        self._ping(name, self.connections[name].epoch)

    # Hearing

    def _hear_public(self, message: Message) -> None:
        if self.connections[PUBLIC].hear(message):
            self._feed(message.body)

    def _hear_private(self, message: Message) -> None:
        if self.connections[PRIVATE].hear(message):
            self._feed(message.body)

    def _ping(self, name: str, epoch: int) -> None:
        """Ask for a sign of life, and look whether the connection is dead."""
        connection = self.connections[name]
        if not connection.is_of(epoch):
            return
        now_ns = self._kernel.now_ns
        dead_ns = connection.heard_ns + _SILENCE_NS
        if now_ns >= dead_ns:
            connection.break_off("silence")
            return
        self._kernel.at(now_ns + self._links[name].median_ns, self._pong, name, epoch)
        self._kernel.at(min(now_ns + _PING_EVERY_NS, dead_ns), self._ping, name, epoch)

    def _pong(self, name: str, epoch: int) -> None:
        self._links[name].send(Message(PONG, "", "", None, epoch), self.connections[name].hear)
