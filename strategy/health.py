"""What must be true before anything is quoted, besides prices: streams, words from people, regimes.

A guard trigger grades a number; a fact here is simply so or not. The first that is not so is the
reason, and its code is what the operator sees.
"""

from typing import Final

import msgspec

from strategy.events import (
    PRIVATE,
    PUBLIC,
    Event,
    MemoryPressure,
    OperatorSaid,
    RegimeChanged,
    Started,
    Stopping,
    StreamDown,
    StreamUp,
)
from strategy.steadiness import Steadiness

OPEN_REGIME: Final = "open"
POST_ONLY_REGIME: Final = "post_only"
_QUOTABLE: Final = frozenset({OPEN_REGIME, POST_ONLY_REGIME})

HALT: Final = "halt"
RESUME: Final = "resume"
FLATTEN: Final = "flatten"
CLEAR_LATCH: Final = "clear_latch"

NOT_STARTED: Final = "not_started"
STOPPING: Final = "stopping"
OPERATOR_HALT: Final = "operator_halt"
PRIVATE_DOWN: Final = "private_down"
PRIVATE_UNSTEADY: Final = "private_unsteady"
PUBLIC_DOWN: Final = "public_down"
REGIME: Final = "regime"
UNREAD: Final = "open_orders_unread"
FILLS_UNREAD: Final = "fills_unread"


class Health(msgspec.Struct):
    """The facts, as last told.

    ``unread``: symbols whose open orders no read has shown to be gone since the process began;
    ``fills_unread``: symbols whose fills it has not read, so that what we hold is not known.
    ``private_up``: the private stream is there and may be counted on, which ``private`` says.
    ``is_heir``: it took over from a process that died, whose orders may have traded unseen.
    """

    session: str = ""
    stopping: bool = False
    halted: bool = False
    flattening: bool = False
    public_up: bool = False
    private_up: bool = False
    private: Steadiness = msgspec.field(default_factory=Steadiness)
    memory_level: int = 0
    regimes: dict[str, str] = {}
    unread: list[str] = []
    fills_unread: list[str] = []
    is_heir: bool = False

    def absorb(self, now_ns: int, event: Event, lasts_ns: int) -> None:
        """Take in a fact; events that are none change nothing. A stream that lives for ``lasts_ns`` is a steady one."""
        match event:
            case Started():
                self.session = event.session
            case Stopping():
                self.stopping = True
            case StreamUp() | StreamDown():
                self._stream(now_ns, event.stream, isinstance(event, StreamUp), lasts_ns)
            case RegimeChanged():
                self.regimes[event.symbol] = event.regime
            case MemoryPressure():
                self.memory_level = event.level
            case OperatorSaid():
                self._operator(event.word)
            case _:
                pass

    def why_not(self, symbol: str) -> str:
        """Give the first reason why this symbol must not be quoted; empty when it may be."""
        if not self.session:
            return NOT_STARTED
        if self.stopping:
            return STOPPING
        if self.halted:
            return OPERATOR_HALT
        if not self.private_up:
            return self.why_private_down()
        if self.is_barred(symbol):
            return REGIME
        if symbol in self.unread:
            return UNREAD
        return FILLS_UNREAD if symbol in self.fills_unread else ""

    def is_barred(self, symbol: str) -> bool:
        """Say whether the regime of a symbol, as the venue told it, takes no quotes, whatever else may bar them."""
        return self.regimes.get(symbol, OPEN_REGIME) not in _QUOTABLE

    def why_private_down(self) -> str:
        """Say what is wrong with a private stream that is not up: it is not there, or has not lasted yet."""
        return PRIVATE_UNSTEADY if self.private.is_there else PRIVATE_DOWN

    def settles(self, now_ns: int, lasts_ns: int) -> bool:
        """See whether a private stream that had to prove itself has just done so; from here on it is up."""
        is_news = not self.private_up and self.private.is_steady(now_ns, lasts_ns)
        self.private_up = self.private_up or is_news
        return is_news

    def _stream(self, now_ns: int, stream: str, is_up: bool, lasts_ns: int) -> None:
        if stream == PUBLIC:
            self.public_up = is_up
        elif stream == PRIVATE and is_up:
            self.private.came(now_ns)
            self.private_up = self.private.is_steady(now_ns, lasts_ns)
        elif stream == PRIVATE:
            self.private.fell(now_ns, lasts_ns)
            self.private_up = False

    def _operator(self, word: str) -> None:
        if word == RESUME:
            self.halted = self.flattening = False
        elif word == HALT:
            self.halted = True
        elif word == FLATTEN:
            self.flattening = True
