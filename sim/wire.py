"""Directed links. A link is a delay and a list of rules; what the rules say of a message adds up.

A link's weather is keyed by (link, cell of time, ordinal in the cell), so that a message more or
less moves nobody's delay in another cell, and removing a fault leaves the weather as it was.
Streams are first-in-first-out: a message is never delivered before the one sent before it on the
same connection. Every rule is asked about every message, so that none counts other messages, and
draws other dice, because another one is there.
"""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from typing import Any, Final, Protocol

import msgspec

from sim.dice import Dice, lognormal_ns
from sim.kernel import Kernel
from strategy.units import NS_PER_MS

REST_UP: Final = "rest_up"
REST_DOWN: Final = "rest_down"
PUBLIC: Final = "public"
PRIVATE: Final = "private"
STREAMS: Final = (PUBLIC, PRIVATE)
# Order entry over a stream: the links of requests, on a connection of its own that a fault may mean alone.
TRADE_UP: Final = "trade_up"
TRADE_DOWN: Final = "trade_down"
# The connection that requests and their answers share.
REST: Final = "rest"

_CELL_NS: Final = 100 * NS_PER_MS
_WORD_KIND: Final = re.compile(r"(?<!^)(?=[A-Z])")


class Stage(StrEnum):
    """How far a request has come; every unknown outcome comes from a cut in one of these.

    ``QUEUED`` it certainly never left. Cut ``ON_THE_WIRE`` it is never applied; ``APPLIED``, its answer
    was not sent; ``RESPONSE_ON_THE_WIRE``, the answer is lost on its way. These three look the same.
    """

    QUEUED = "queued"
    ON_THE_WIRE = "on_the_wire"
    APPLIED = "applied"
    RESPONSE_ON_THE_WIRE = "response_on_the_wire"


def kind_of(event: object) -> str:
    """Name a message by what it carries: ``OrderFilled`` is ``order_filled``."""
    return _WORD_KIND.sub("_", type(event).__name__).lower()


class Header(msgspec.Struct, frozen=True, gc=False):
    """What an answer says of a rate budget besides: so much is left, and ``resets_after_ns`` until it is full.

    Of a bucket that is empty or closed it says how long until something may be asked again.
    """

    bucket: str
    remaining: int
    resets_after_ns: int


class Message(msgspec.Struct, frozen=True, gc=False):
    """Something on a link: what it is about, and the record it carries.

    ``number`` counts requests; an answer bears the number of its question, a stream message that of
    its connection. A connection's own words count below 0 where they could be taken for others.
    ``size`` is how many bytes it is, where the link carries any; 0 where it carries records.
    ``asides`` are what an answer tells besides, and are heard before it: funding, where fills were asked for.
    """

    kind: str
    symbol: str
    client_id: str
    body: Any
    number: int = 0
    header: Header | None = None
    size: int = 0
    asides: tuple[Any, ...] = ()


class Hold(Protocol):
    """Somebody who takes messages as they arrive, and hands them on in his own time, or never."""

    def put(self, deliver: Callable[[Message], Any], message: Message) -> None:
        """Take a message that has just arrived; ``deliver`` is whom it is for."""


class Fate(msgspec.Struct, frozen=True, gc=False):
    """What a rule says of a message: late by ``extra_ns``, never, or a second time after ``again_ns``.

    ``spoilt`` says how its bytes are spoilt on the way; empty for almost all. One that ``strays`` keeps to no
    order of its stream: it waits for none before it and holds none up. ``hold`` takes it as it arrives.
    """

    extra_ns: int = 0
    is_lost: bool = False
    again_ns: int | None = None
    spoilt: str = ""
    strays: bool = False
    hold: Hold | None = None


LOST: Final = Fate(is_lost=True)
# Spoilt so that who reads with care can still read it.
READABLE: Final = "unknown_field"


class Rule(Protocol):
    """An opinion about messages on links; None is none. It may remember what it saw."""

    def fate(self, link: str, message: Message, now_ns: int) -> Fate | None:
        """Say what becomes of a message that is being sent."""


# Hears (link, message, sent_ns, arrives_ns) in true time; ``arrives_ns`` is None where it is lost.
Watcher = Callable[[str, Message, int, int | None], None]


class Delay(msgspec.Struct, frozen=True, gc=False):
    """A lognormal one-way delay."""

    median_ns: int
    sigma: float


class Link:
    """One direction between two hosts."""

    def __init__(
        self,
        name: str,
        kernel: Kernel,
        dice: Dice,
        delay: Delay,
        rules: list[Rule],
        *,
        is_stream: bool = False,
        also: str = "",
        watchers: Sequence[Watcher] = (),
    ) -> None:
        """``rules`` is shared by the links of a world and read at every message; a stream keeps their order.

        ``also`` is a second name by which a rule may mean this link. ``watchers`` are told of each message.
        """
        self.name = name
        self._kernel = kernel
        self._dice = dice
        self._delay = delay
        self._rules = rules
        self._also = also
        self._is_stream = is_stream or name in STREAMS
        self._cell = -1
        self._ordinal = 0
        self._last_ns = 0
        # Spoils the bytes of a message, where the link carries any.
        self.spoil: Callable[[Message, str], Message] | None = None
        self._watchers = watchers
        self.sent = 0
        self.lost = 0

    def send(self, message: Message, deliver: Callable[[Message], Any]) -> None:
        """Put a message on the link; ``deliver`` is called when it arrives, if it does."""
        now_ns = self._kernel.now_ns
        delay_ns = self._weather_ns(now_ns)
        self.sent += 1
        extra_ns, again_ns, is_lost, spoilt, strays = 0, None, False, "", False
        for rule in self._rules:
            fate = rule.fate(self.name, message, now_ns)
            if fate is None and self._also:
                fate = rule.fate(self._also, message, now_ns)
            if fate is not None:
                extra_ns += fate.extra_ns
                is_lost = is_lost or fate.is_lost
                again_ns = fate.again_ns if again_ns is None else again_ns
                spoilt = spoilt or fate.spoilt
                strays = strays or fate.strays
                if fate.hold is not None:
                    deliver = partial(fate.hold.put, deliver)
        if spoilt and self.spoil is not None:
            message = self.spoil(message, spoilt)
        elif spoilt:
            # Without bytes a message that cannot be read is one that never came.
            is_lost = is_lost or spoilt != READABLE
        if is_lost:
            self.lost += 1
            self._tell(message, now_ns, None)
            return
        arrives_ns = self._arrive(now_ns + delay_ns + extra_ns, message, deliver, strays=strays)
        self._tell(message, now_ns, arrives_ns)
        if again_ns is not None:
            # A second copy comes when it comes, and holds nothing else up.
            self._kernel.at_on(self.name, arrives_ns + again_ns, deliver, message)
            self._tell(message, now_ns, arrives_ns + again_ns)

    def restart(self) -> None:
        """Begin a new connection on the link: its messages wait for none of the old one's."""
        self._last_ns = 0

    @property
    def median_ns(self) -> int:
        """The usual one-way delay."""
        return self._delay.median_ns

    def _weather_ns(self, now_ns: int) -> int:
        cell = now_ns // _CELL_NS
        if cell != self._cell:
            self._cell, self._ordinal = cell, 0
        self._ordinal += 1
        first, second = self._dice.pair("link", self.name, cell, self._ordinal)
        return lognormal_ns(first, second, self._delay.median_ns, self._delay.sigma)

    def _arrive(self, at_ns: int, message: Message, deliver: Callable[[Message], Any], *, strays: bool) -> int:
        if self._is_stream and not strays:
            at_ns = self._last_ns = max(at_ns, self._last_ns)
        self._kernel.at_on(self.name, at_ns, deliver, message)
        return at_ns

    def _tell(self, message: Message, now_ns: int, arrives_ns: int | None) -> None:
        for watcher in self._watchers:
            watcher(self._also or self.name, message, now_ns, arrives_ns)
