"""The place where everything of the served venue is found: its exchange, its key, its numbers."""

from collections.abc import Iterable
from typing import Final

from sim.exchange import Exchange
from sim.serve.signing import Key
from sim.serve.slips import Slips
from sim.serve.spoiling import spoil
from sim.wire import REST_DOWN, Link
from strategy.instrument import Instrument
from strategy.units import NS_PER_MS

_QUOTES: Final = ("USDT", "USDC", "USD")
_LEVERAGE: Final = 10
# Where the counters of books stand when a venue is first met: it has been there for a while.
OLD_U: Final = 100_000


class Site:
    """One served venue. ``category`` is the kind of an instrument: ``linear`` or ``spot``."""

    def __init__(self, exchange: Exchange, key: Key) -> None:
        """Stand in front of an exchange; its history is kept by the slips from now on."""
        self.exchange = exchange
        self.kernel = exchange.kernel
        self.venue = exchange.venue
        self.key = key
        self.slips = Slips(self.venue, exchange.plan.seed)
        self.venue.history = self.slips
        exchange.links[REST_DOWN].spoil = spoil
        self.leverage = dict.fromkeys(self.venue.instruments, str(exchange.venue.rules.leverage or _LEVERAGE))
        # Whether a price outside the band is moved to its edge, by category; contracts are by default.
        self.moves_price = {"linear": True, "spot": False}
        self._connections = 0
        self._counted_from = dict.fromkeys(self.venue.instruments, -OLD_U)

    def link(self, name: str, *, is_stream: bool = False, also: str = "") -> Link:
        """Make the link of one connection; it carries bytes."""
        link = self.exchange.link(name, is_stream=is_stream, also=also)
        link.spoil = spoil
        return link

    def now_ns(self) -> int:
        """Give true time."""
        return self.kernel.now_ns

    def venue_ns(self) -> int:
        """Give the venue's clock, in whole milliseconds."""
        return self.venue.venue_ns(self.kernel.now_ns)

    def now_ms(self) -> int:
        """Give the venue's clock as its envelopes tell it."""
        return self.venue_ns() // NS_PER_MS

    def next_connection(self) -> int:
        """Number the connections to this venue, of all kinds."""
        self._connections += 1
        return self._connections

    def book_u(self, symbol: str, seq: int) -> int:
        """Give the counter of a symbol's whole book, as the deepest stream and a read tell it."""
        return seq - self._counted_from[symbol]

    def restart_books(self, symbols: Iterable[str]) -> None:
        """Count from 1 on: the service that tells of books is another than before."""
        self._counted_from |= {symbol: self.venue.feeds[symbol].seq - 1 for symbol in symbols}

    def leverage_of(self, symbol: str) -> int:
        """Give the leverage that a symbol is set to, in whole times."""
        return max(1, int(float(self.leverage[symbol])))

    def instruments(self, category: str) -> list[Instrument]:
        """Give what is traded in a category."""
        return [one for one in self.venue.instruments.values() if one.kind == category]

    def instrument(self, category: str, symbol: str) -> Instrument | None:
        """Find an instrument of a category."""
        one = self.venue.instruments.get(symbol)
        return one if one is not None and one.kind == category else None


def coins(symbol: str) -> tuple[str, str]:
    """Split a symbol into its base and its quote coin."""
    quote = next((quote for quote in _QUOTES if symbol.endswith(quote) and symbol != quote), "")
    return (symbol[: -len(quote)], quote) if quote else (symbol, _QUOTES[0])
