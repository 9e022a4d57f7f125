"""What the driver needs of a venue, and no word of any one venue: commands go out, events come in.

A ``Venue`` owns its connections: it dials, signs in, subscribes, pings, gives up and dials again, and
says so by ``StreamUp`` and ``StreamDown``. It never queues, retries or drops: what it is given leaves
now or certainly never, and every command it was given is answered for exactly once.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from strategy import events
from strategy.batching import Capability, Group
from strategy.instrument import Instrument

Feed = Callable[[events.Event], None]
# One request's outcome: what its budget header said, then one event for each of its commands.
Answered = Callable[[tuple[events.Event, ...]], None]


class VenueUnusable(Exception):
    """The venue cannot be traded on as it is; ``code`` is a registered error code."""

    def __init__(self, code: str, words: str) -> None:
        """``words`` say what is wrong and what to do about it."""
        super().__init__(words)
        self.code = code


class Stock(msgspec.Struct, frozen=True):
    """What an account without positions trades from: whole lots of each symbol's base coin, and quote coin in cash.

    Its own resting orders hold part of it; they are counted in.
    """

    lots: Mapping[str, int]
    quote_cash: int


class Seen(msgspec.Struct, frozen=True):
    """What a venue said of itself and of our account before the bot began.

    ``instruments`` carry the account's own fees. ``warnings`` are settings that a market maker would
    not want (a hedge mode, orders that are silently repriced), each with its remedy. ``positions`` are
    signed lots by symbol; None where the venue knows only of balances, which are then the ``stock``.
    """

    instruments: tuple[Instrument, ...]
    venue_ns: int
    warnings: tuple[str, ...] = ()
    positions: Mapping[str, int] | None = None
    stock: Stock | None = None


class Venue(Protocol):
    """One account on one venue."""

    @property
    def name(self) -> str:
        """How a person names it: what ``--confirm`` must repeat."""

    @property
    def capability(self) -> Capability:
        """What one request may carry."""

    def count_in(self, units: Sequence[Instrument]) -> None:
        """Count prices and sizes in the ticks and lots of these, where what is listed allows it, from now on.

        Before the first look: what an earlier process counted must go on meaning what it meant.
        """

    async def look(self, symbols: Sequence[str]) -> Seen:
        """Read instruments, fees and settings; raises ``VenueUnusable``."""

    async def connect(self, feed: Feed) -> None:
        """Be connected from now on; what is heard goes to ``feed``. Streams say when they are up."""

    def send(self, one: Group, signed_venue_ns: int, answered: Answered) -> None:
        """Put one request on the wire at once, signed with this estimate of the venue's time.

        ``answered`` is called exactly once, within the venue's own patience: a verdict, ``Unanswered``
        or ``NotSent`` for each command, in their order. Never raises, never waits.
        """

    async def close(self) -> None:
        """Leave every connection; calls under way end as ``Unanswered``."""


class SocketClosed(Exception):
    """The other side closed the connection, or it broke; ``code`` is the websocket's, 1006 for none."""

    def __init__(self, code: int, reason: str = "") -> None:
        """Say why."""
        super().__init__(f"closed {code} {reason}".rstrip())
        self.code = code


class Socket(Protocol):
    """One stream connection: text frames in order."""

    async def send(self, text: str) -> None:
        """Send one frame; raises ``SocketClosed``."""

    async def receive(self) -> str:
        """Wait for the next frame; raises ``SocketClosed``."""

    async def close(self) -> None:
        """Close it; never raises."""


# Open a stream by its URL; raises OSError or TimeoutError where there is nobody.
Dial = Callable[[str], Awaitable[Socket]]
