"""The private stream, kept: signed in, subscribed, and heard of every order that was taken.

Pongs prove that the connection lives, not that it speaks. An order that the venue acknowledged and that
its stream says nothing of for ten seconds shows a stream that has fallen silent: it is given up, and the
core asks for what it missed.
"""

from collections.abc import Callable
from typing import Final

from adapters.bybit.control import PRIVATE_TOPICS, SUBSCRIBE, subscribe_frames
from adapters.bybit.market import Market
from adapters.bybit.memory import Memory
from adapters.bybit.private import PrivateStream
from adapters.bybit.signing import Signer
from adapters.bybit.stream_part import StreamPart, Told
from adapters.venue import Feed
from strategy import events
from strategy.units import NS_PER_MS, NS_PER_S

# How long a frame that signs in is good for: as long as it may take to get there.
SIGN_IN_MS: Final = 10_000
_UNSHOWN_NS_MAX: Final = 10 * NS_PER_S


class PrivatePart(StreamPart):
    """What is said and heard on the private connection."""

    def __init__(
        self,
        market: Market,
        memory: Memory,
        signer: Signer,
        venue_ns: Callable[[], int],
        feed: Feed,
        refused: Told,
        surprised: Told,
    ) -> None:
        """``venue_ns`` estimates the venue's time: a sign-in has to be dated ahead of it."""
        super().__init__(events.PRIVATE, feed, refused, surprised)
        self._signer, self._venue_ns = signer, venue_ns
        self._memory = memory
        self._codec = PrivateStream(market, memory)
        self._opened_ns = 0

    def opened(self) -> None:
        """Sign in."""
        self._opened_ns = self._venue_ns()
        self.say([self._signer.auth_frame(self._venue_ns() // NS_PER_MS + SIGN_IN_MS)])

    def signed_in(self) -> None:
        """Subscribe everything."""
        self.subscribe(subscribe_frames(PRIVATE_TOPICS, SUBSCRIBE))

    def heard(self, text: str) -> None:
        """Take in a frame."""
        heard = self._codec.heard(text)
        if heard.control is not None:
            self.controlled(heard.control)
        for words in heard.strange:
            self.surprised(f"{heard.topic}: {words}")
        for event in heard.events:
            self.tell(event)

    def ping(self) -> str:
        """Ask for a sign of life, and look whether an order was taken that nothing was said of."""
        unshown = self._memory.unshown(self._opened_ns, self._venue_ns() - _UNSHOWN_NS_MAX)
        if unshown and self.connection.is_up:
            self.connection.break_off(f"no word of {unshown}, which was taken")
        return super().ping()
