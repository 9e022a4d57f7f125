"""In which state the venue itself is: its clock, its regimes, whether it speaks, moves, remembers.

What lasts here is for everybody. Faults change it and change it back; the engine asks before it
trades, before it answers and before it says anything.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sim.clocks import Clock
from sim.venue.history import History
from sim.venue.orders import Fill, VenueOrder
from sim.venue.pit import Pit
from sim.venue.regimes import OPEN, QUOTING, TRADING
from strategy import commands, events
from strategy.units import NS_PER_MS, NS_PER_S

# What becomes of a create whose client id is known: refused, accepted as the old one, or a new order.
REJECT: Final = "reject"
OLD: Final = "old"
ANEW: Final = "anew"
# A regime that ever changed is told again now and then: a word on a stream may be lost.
_TELL_AGAIN_NS = 5 * NS_PER_S


class Conditions:
    """The state of one venue, apart from orders and money.

    ``is_silent``: no stream says anything. ``is_frozen``: the engine stands still.
    """

    def __init__(self, symbols: tuple[str, ...], clock: Clock) -> None:
        """Start open, awake and fast."""
        self.clock = clock
        self.regime = dict.fromkeys(symbols, OPEN)
        self.pits: dict[str, Pit] = {}
        self.history = History()
        self.private: Callable[[events.Event], None] = _no_word
        self.public: Callable[[str, Sequence[events.Event]], None] = _no_stream
        # Told instead of ``private`` while the venue is silent: something of ours changed unheard.
        self.unheard: Callable[[], Any] = _nothing
        # How old the state is that a question is answered from, in true nanoseconds.
        self.read_lag_ns: Callable[[commands.Command, int], int] = _no_lag
        # Why an order that was accepted is cancelled at once; empty for almost all.
        self.late_refusal: Callable[[commands.CreateOrder], str] = _no_reason
        # What happens to an order on the book just after its create, just before an amend or a cancel of it.
        self.racing: Callable[[commands.Command, VenueOrder, int], None] = _no_race
        # Told of every fill as it is booked, before anybody is told of it.
        self.booked: Callable[[Fill], Any] = _no_fill
        # Where an order stands that asked for a price, and which price its acknowledgement tells.
        self.slides: Callable[[str, str, int, int], tuple[int, int]] = _as_asked
        # Why a price and a size are refused besides the instrument's own rules; empty for almost all.
        self.also_refuses: Callable[[str, int, int], str] = _no_rule
        # Symbols that are traded here no more: nobody knows their names.
        self.delisted: dict[str, None] = {}
        # Fills that no read shows yet, though they happened and count in their orders.
        self.unlisted: dict[str, int] = {}
        self.known_ids = REJECT
        self.is_silent = False
        self.is_frozen = False
        # Whether it cancels everything of ours, in time, when it hears nothing of us.
        self.is_dead_man_armed = False
        self._told_ns: dict[str, int] = {}

    def venue_ns(self, now_ns: int) -> int:
        """Give the venue's wall clock as its wire tells it: whole milliseconds."""
        return self.clock.read(now_ns) // NS_PER_MS * NS_PER_MS

    def set_regime(self, symbol: str, regime: str, now_ns: int, *, is_told: bool = True) -> None:
        """Let another regime hold for a symbol, and say so unless nobody is told."""
        self.regime[symbol] = regime
        self._open_pits()
        if is_told:
            self._tell_regime(symbol, now_ns)

    def regime_words(self, now_ns: int) -> list[events.RegimeChanged]:
        """Say the regime of every symbol whose regime ever changed, to somebody who begins to listen."""
        venue_ns = self.venue_ns(now_ns)
        return [events.RegimeChanged(symbol, self.regime[symbol], venue_ns) for symbol in self._told_ns]

    def freeze(self, *, is_frozen: bool) -> None:
        """Let the engine stand still, or go on: nothing trades meanwhile and nobody else quotes."""
        self.is_frozen = is_frozen
        self._open_pits()

    def say(self, symbol: str, told: Sequence[events.Event]) -> None:
        """Tell the public stream, unless nobody is there to hear it, or the symbol is no more."""
        if told and not self.is_silent and symbol not in self.delisted:
            self.public(symbol, told)

    def repeat_regime(self, symbol: str, now_ns: int) -> None:
        """Tell a regime that ever changed once more, when it is time to."""
        if symbol in self._told_ns and now_ns - self._told_ns[symbol] >= _TELL_AGAIN_NS:
            self._tell_regime(symbol, now_ns)

    def raced(self, command: commands.Command, order: VenueOrder | None, now_ns: int) -> VenueOrder | None:
        """Let what races a change come first; give the order that is left to be changed, None where none is."""
        if order is not None:
            self.racing(command, order, now_ns)
        return order if order is not None and order.leaves_lots else None

    def _tell_regime(self, symbol: str, now_ns: int) -> None:
        self._told_ns[symbol] = now_ns
        self.say(symbol, (events.RegimeChanged(symbol, self.regime[symbol], self.venue_ns(now_ns)),))

    def _tell(self, event: events.Event) -> None:
        """Say something of our orders on the private stream, unless nobody is there to hear it."""
        if self.is_silent:
            self.unheard()
        else:
            self.private(event)

    def _open_pits(self) -> None:
        for symbol, pit in self.pits.items():
            pit.trades = not self.is_frozen and self.regime[symbol] in TRADING
            pit.quotes = not self.is_frozen and self.regime[symbol] in QUOTING


def _no_lag(_command: object, _now_ns: int) -> int:
    return 0


def _no_reason(_command: object) -> str:
    return ""


def _no_race(_command: object, _order: object, _now_ns: int) -> None:
    """Let nothing come between."""


def _as_asked(_client_id: str, _request: str, _side: int, price_ticks: int) -> tuple[int, int]:
    return price_ticks, price_ticks


def _no_rule(_symbol: str, _price_ticks: int, _size_lots: int) -> str:
    return ""


def _no_fill(_fill: object) -> None:
    """Note nothing."""


def _nothing() -> None:
    """Note nothing."""


def _no_word(_event: object) -> None:
    """Hear nothing."""


def _no_stream(_symbol: str, _told: Sequence[events.Event]) -> None:
    """Hear nothing."""
