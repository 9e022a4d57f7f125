"""What is traded through one connection, and how its prices, sizes and order names are written.

Text becomes whole ticks and lots here and nowhere else in the codec. Orders of ours are named by our
client id. Orders that have none (placed by hand, or by the venue in a liquidation) are named
``venue:`` and the venue's own id: no client id of ours can look like that.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import msgspec

from strategy.instrument import LINEAR, SPOT, Instrument
from strategy.units import BUY, CASH_PER_QUOTE, NS_PER_MS, SELL

CATEGORIES: Final = (LINEAR, SPOT)
STRANGER: Final = "venue:"

# No honest number of this venue is longer, and a longer one could cost more memory than its text.
_TEXT_MAX: Final = 40
# What counts, and an instant in ns, fits into a machine word.
WORD_MAX: Final = 2**62
MS_MAX: Final = WORD_MAX // NS_PER_MS
_SIDES: Final = {"Buy": BUY, "Sell": SELL}
_DIGITS: Final = frozenset("0123456789.-")


# How it is said that a number is off a grid.
OFF_GRID: Final = "is not a multiple of"


class Unreadable(ValueError):
    """A value of a message is not what the venue documents; the text says which."""


class Grid(msgspec.Struct, frozen=True, gc=False):
    """One instrument with its steps as numbers: exact for orders, floats for the many levels of a book."""

    instrument: Instrument
    tick: Decimal
    lot: Decimal
    ticks_per_price: float
    lots_per_size: float

    def ticks(self, text: str) -> int:
        """Read a price; raises ``Unreadable`` for one off the tick grid."""
        return _steps("price", text, self.tick)

    def lots(self, text: str) -> int:
        """Read a size; raises ``Unreadable`` for one off the lot grid."""
        return _steps("size", text, self.lot)

    def price_text(self, price_ticks: int) -> str:
        """Write a price without an exponent, however small the tick."""
        return f"{self.tick * price_ticks:f}"

    def size_text(self, size_lots: int) -> str:
        """Write a size without an exponent, however small the lot."""
        return f"{self.lot * size_lots:f}"


class Market(msgspec.Struct, frozen=True):
    """One category of the venue and what we trade there. ``settle_coin`` names the account's scope.

    ``book_depth`` is the depth of the book topic: 50 (every 20 ms) or 200 (every 100 ms).
    """

    category: str
    grids: dict[str, Grid]
    settle_coin: str = "USDT"
    book_depth: int = 50

    @property
    def is_linear(self) -> bool:
        """Say whether these are contracts; otherwise it is spot."""
        return self.category == LINEAR


def make_market(
    category: str, instruments: Iterable[Instrument], settle_coin: str = "USDT", book_depth: int = 50
) -> Market:
    """Describe what is traded; raises ``ValueError`` for a category this codec does not speak."""
    if category not in CATEGORIES:
        raise ValueError(f"category {category!r} is not spoken; known are {', '.join(CATEGORIES)}")
    grids = {one.symbol: _grid(one) for one in instruments}
    return Market(category, grids, settle_coin, book_depth)


def _grid(instrument: Instrument) -> Grid:
    tick, lot = Decimal(instrument.tick), Decimal(instrument.lot)
    return Grid(instrument, tick, lot, float(1 / tick), float(1 / lot))


def number(name: str, text: str) -> Decimal:
    """Read a plain decimal number; raises ``Unreadable`` for anything longer or fancier."""
    if not 0 < len(text) <= _TEXT_MAX or any(sign not in _DIGITS for sign in text):
        raise Unreadable(f"{name} {text[:_TEXT_MAX]!r} is not a plain number")
    try:
        return Decimal(text)
    except ArithmeticError:
        raise Unreadable(f"{name} {text!r} is not a number") from None


def whole(name: str, text: str) -> int:
    """Read a whole number that is not negative; raises ``Unreadable``."""
    if not 0 < len(text) <= _TEXT_MAX or not (text.isascii() and text.isdigit()):
        raise Unreadable(f"{name} {text[:_TEXT_MAX]!r} is not a whole number")
    if (value := int(text)) > WORD_MAX:
        raise Unreadable(f"{name} {text} is absurd")
    return value


def cash(name: str, text: str) -> int:
    """Read an amount of the quote currency as exact cash; digits finer than cash are cut off."""
    return int(number(name, text) * CASH_PER_QUOTE)


def _steps(name: str, text: str, grid: Decimal) -> int:
    value = number(name, text)
    steps = int(value / grid)
    if not 0 <= steps <= WORD_MAX:
        raise Unreadable(f"{name} {text} is absurd")
    if steps * grid != value:  # a quotient may be rounded, a product of so few digits is not
        raise Unreadable(f"{name} {text} {OFF_GRID} {grid}")
    return steps


def side_of(text: str) -> int:
    """Read a side; raises ``Unreadable`` for anything but the two."""
    if text not in _SIDES:
        raise Unreadable(f"side {text[:_TEXT_MAX]!r}")
    return _SIDES[text]


def ns_of(name: str, text: str) -> int:
    """Read an instant written in ms as ns; raises ``Unreadable``."""
    if (at_ms := whole(name, text)) > MS_MAX:
        raise Unreadable(f"{name} {text} is no instant")
    return at_ms * NS_PER_MS


def name_of(client_id: str, venue_id: str) -> str:
    """Name an order of the venue: by our id where it has one, else by the venue's."""
    return client_id or STRANGER + venue_id


def handle_of(name: str) -> dict[str, str]:
    """Say to the venue which order is meant."""
    if name.startswith(STRANGER):
        return {"orderId": name[len(STRANGER) :]}
    return {"orderLinkId": name}
