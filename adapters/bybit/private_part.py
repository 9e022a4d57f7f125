"""The private stream, kept: signed in, subscribed, and heard of every order that was taken.

Pongs prove that the connection lives, not that each of its topics speaks. An order that the venue
acknowledged and that no row spoke of for ten seconds, or of which a row said that it traded and no
execution told how, shows a topic that has fallen silent: the connection is given up, and the core asks
for what it missed.
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
_SILENT_NS_MAX: Final = 10 * NS_PER_S


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
        self._market, self._memory = market, memory
        self._opened_ns = 0
        self._codec = PrivateStream(market, memory)

    def opened(self) -> None:
        """Sign in."""
        self._opened_ns = self._venue_ns()
        self._codec = PrivateStream(self._market, self._memory, self._opened_ns)
        self.say([self._signer.auth_frame(self._venue_ns() // NS_PER_MS + SIGN_IN_MS)])

    def signed_in(self) -> None:
        """Subscribe everything."""
        self.subscribe(subscribe_frames(PRIVATE_TOPICS, SUBSCRIBE))

    def heard(self, text: str) -> None:
        """Take in a frame."""
        heard = self._codec.heard(text)
        self.heard_aside(heard)
        for event in heard.events:
            self.tell(event)

    def ping(self) -> str:
        """Ask for a sign of life, and look whether something happened that nothing was said of."""
        until_ns = self._venue_ns() - _SILENT_NS_MAX
        unshown = self._memory.unshown(self._opened_ns, until_ns)
        untold = self._codec.tally.lacking(until_ns)
        if self.connection.is_up and (unshown or untold):
            what = f"{unshown}, which was taken" if unshown else f"what traded of {untold}"
            self.connection.break_off(f"no word of {what}")
        return super().ping()
