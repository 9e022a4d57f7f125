"""What the public and the private stream have in common: nothing heard is told before the stream is up.

Contracts send the first snapshot before they acknowledge the subscription, spot after it. So what comes
early is kept, and follows ``StreamUp``: the core hears in one order whatever the category.
"""

from collections.abc import Callable, Iterable
from typing import Final

from adapters.bybit.control import AUTH, SUBSCRIBE, Control, ping_frame
from adapters.bybit.heard import Heard
from adapters.connection import Connection
from adapters.venue import Feed
from strategy import events

_EARLY_MAX: Final = 5000

Told = Callable[[str], None]


class StreamPart:
    """One stream of events, ``public`` or ``private``; ``connection`` is set by whoever makes it."""

    def __init__(self, stream: str, feed: Feed, refused: Told, surprised: Told) -> None:
        """``refused`` is told of what the venue would not let us do, ``surprised`` of what cannot be read."""
        self.connection: Connection
        self.surprised = surprised
        self._stream, self._feed, self._refused = stream, feed, refused
        self._early: list[events.Event] = []
        self._acks_left = 0

    def ping(self) -> str:
        """Ask for a sign of life."""
        return ping_frame()

    def lost(self, why: str, was_up: bool) -> None:
        """Say so, where anybody had been told of it."""
        self._early.clear()
        if was_up:
            self._feed(events.StreamDown(self._stream))

    def say(self, frames: Iterable[str]) -> bool:
        """Put frames on the wire; False where the connection is gone."""
        return all(self.connection.say(frame) for frame in frames)

    def subscribe(self, frames: Iterable[str]) -> None:
        """Ask for topics, and be up once every one of the frames is acknowledged."""
        asking = tuple(frames)
        self._acks_left = len(asking)
        self.say(asking)

    def heard_aside(self, heard: Heard) -> None:
        """Take in what of a frame is no event: small talk, and what could not be read."""
        if heard.control is not None:
            self.controlled(heard.control)
        for words in heard.strange:
            self.surprised(f"{heard.topic or heard.NO_TOPIC}: {words}")

    def controlled(self, control: Control) -> None:
        """Take in small talk; what is refused ends the connection, loudly."""
        if control.kind not in (AUTH, SUBSCRIBE):
            return
        if not control.ok:
            self._refused(f"the {self._stream} stream: {control.kind}: {control.words or control.code}")
            self.connection.break_off(f"{control.kind} refused")
        elif self.connection.is_up:
            return
        elif control.kind == AUTH:
            self.signed_in()
        else:
            self._acks_left -= 1
            if self._acks_left == 0:
                self._welcome()

    def signed_in(self) -> None:
        """Go on once the venue knows who we are."""

    def tell(self, event: events.Event) -> None:
        """Tell an event, or keep it until the stream is up."""
        if self.connection.is_up:
            self._feed(event)
            return
        self._early.append(event)
        if len(self._early) > _EARLY_MAX:
            self._early.clear()
            self.connection.break_off("a flood before we were greeted")

    def _welcome(self) -> None:
        self.connection.welcomed()
        self._feed(events.StreamUp(self._stream))
        early, self._early = self._early, []
        for event in early:
            self._feed(event)
