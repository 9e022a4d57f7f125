"""Numbers as the venue writes them: text, exact, never with an exponent."""

from decimal import Decimal, InvalidOperation
from typing import Final

from strategy.instrument import SPOT, Instrument
from strategy.units import CASH_PER_QUOTE, NS_PER_MS, PPM

# No honest number is longer.
_TEXT_MAX: Final = 40
_DIGITS: Final = frozenset("0123456789.")


class Unreadable(ValueError):
    """A field of a request is not what the venue documents; the text says which."""


def plain(value: Decimal, places: int | None = None) -> str:
    """Write a number without trailing zeros, rounded to so many places where that is said."""
    text = f"{value:f}" if places is None else f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def price(instrument: Instrument, ticks: int) -> str:
    """Write a price: padded to the tick's places on contracts, trimmed on spot."""
    value = Decimal(instrument.tick) * ticks
    return plain(value) if instrument.kind == SPOT else f"{value:f}"


def tick(instrument: Instrument) -> str:
    """Write the step of prices that holds now."""
    return f"{Decimal(instrument.tick) * instrument.tick_times:f}"


def half_price(instrument: Instrument, mid2_ticks: int) -> str:
    """Write half of a price: a mid, which may lie between two ticks."""
    return plain(Decimal(instrument.tick) * mid2_ticks / 2)


def size(instrument: Instrument, lots: int) -> str:
    """Write a size, padded to the lot's places."""
    return f"{Decimal(instrument.lot) * lots:f}"


def amount(cash: int) -> str:
    """Write exact cash in quote currency."""
    return plain(Decimal(cash) / CASH_PER_QUOTE)


def rate(ppm: int) -> str:
    """Write a fee rate as a share of notional."""
    return plain(Decimal(ppm) / PPM)


def millis(ns: int) -> str:
    """Write an instant in milliseconds."""
    return str(ns // NS_PER_MS)


def number(name: str, value: object) -> Decimal:
    """Read a number above or at zero, given as text or as a number; raises ``Unreadable``."""
    text = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    if not 0 < len(text) <= _TEXT_MAX or any(sign not in _DIGITS for sign in text):
        raise Unreadable(f"{name} invalid")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Unreadable(f"{name} invalid") from None


def steps(name: str, value: object, grid: str) -> int:
    """Count the steps of a grid that a number is; raises ``Unreadable`` where it is none."""
    counted = number(name, value) / Decimal(grid)
    if counted != int(counted):
        raise Unreadable(f"{name} invalid")
    return int(counted)


def whole(name: str, value: object, most: int) -> int:
    """Read a count; raises ``Unreadable`` for anything that is none, or above ``most``."""
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and len(text) <= _TEXT_MAX):
        raise Unreadable(f"{name} invalid")
    return min(int(text), most)
