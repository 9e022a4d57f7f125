"""One tradable thing: its grid, its limits, its fees. The only place where text becomes ticks.

``Decimal`` appears here because here text meets the program; from here on prices and sizes are
whole ticks and lots. Fee signs, once and for all: ``maker_fee_ppm > 0`` is a cost and a rebate
is negative, while ``fee_cash > 0`` is income. ``fee_cash`` below is the one conversion.
"""

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import gcd
from typing import Final

import msgspec
from msgspec.structs import replace

from strategy.errors import OurMistake
from strategy.units import BUY, CASH_PER_QUOTE, PPM

LINEAR: Final = "linear"
SPOT: Final = "spot"
KINDS: Final = (LINEAR, SPOT)

MAKER: Final = "maker"
TAKER: Final = "taker"

# A profit counted from half a tick with a fee in ppm divides a tick-lot into this many parts.
_PARTS_PER_TICKLOT: Final = 2 * PPM


class ImpossibleInstrument(ValueError):
    """The description cannot be traded exactly; the text says which field and why."""


class Instrument(msgspec.Struct, frozen=True, gc=False):
    """A linear contract or a spot pair with quote-currency fees.

    ``cash_per_ticklot`` is the value of one lot moving by one tick, in cash (1e-15 quote).
    ``tick`` and ``lot`` are what prices and sizes are counted in. The venue may take only multiples of them:
    a price is a multiple of ``tick_times`` ticks, a size one of ``lot_times`` lots.
    """

    symbol: str
    kind: str
    tick: str
    lot: str
    cash_per_ticklot: int
    lots_min: int
    lots_max: int
    notional_min_cash: int
    maker_fee_ppm: int
    taker_fee_ppm: int
    tick_times: int = 1
    lot_times: int = 1


def _decimal(name: str, text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ImpossibleInstrument(f"{name}: {text!r} is not a decimal number") from None
    if not value.is_finite():
        raise ImpossibleInstrument(f"{name}: {text!r} is not finite")
    return value


def _positive(name: str, text: str) -> Decimal:
    value = _decimal(name, text)
    if value <= 0:
        raise ImpossibleInstrument(f"{name}: must be above zero, got {text}")
    return value


def make_instrument(
    *,
    symbol: str,
    kind: str,
    tick: str,
    lot: str,
    size_min: str,
    size_max: str,
    notional_min: str,
    maker_fee_bps: str,
    taker_fee_bps: str,
) -> Instrument:
    """Build an instrument from decimal text; every impossibility raises ``ImpossibleInstrument``.

    Units: ``tick`` and ``notional_min`` in quote currency, ``lot`` and sizes in base currency,
    fees in bps of notional (positive is a cost; at most two decimals, since ppm are whole).
    """
    if kind not in KINDS:
        raise ImpossibleInstrument(f"kind: {kind!r} has another PnL identity; known are {', '.join(KINDS)}")
    cash_per_ticklot = _cash_per_ticklot(tick, lot)
    lots_min, lots_max = _whole("size_min", size_min, lot), _whole("size_max", size_max, lot)
    if not 0 < lots_min <= lots_max:
        raise ImpossibleInstrument(f"size_min, size_max: need 0 < {size_min} <= {size_max}")
    notional = _decimal("notional_min", notional_min)
    if notional < 0:
        raise ImpossibleInstrument(f"notional_min: must not be negative, got {notional_min}")
    return Instrument(
        symbol=symbol,
        kind=kind,
        tick=tick,
        lot=lot,
        cash_per_ticklot=cash_per_ticklot,
        lots_min=lots_min,
        lots_max=lots_max,
        notional_min_cash=int(notional * CASH_PER_QUOTE),
        maker_fee_ppm=_whole("maker_fee_bps", maker_fee_bps, "0.01"),
        taker_fee_ppm=_whole("taker_fee_bps", taker_fee_bps, "0.01"),
    )


def _cash_per_ticklot(tick: str, lot: str) -> int:
    ticklot = _positive("tick", tick) * _positive("lot", lot)
    cash_per_ticklot = ticklot * CASH_PER_QUOTE
    if cash_per_ticklot != int(cash_per_ticklot) or int(cash_per_ticklot) % _PARTS_PER_TICKLOT:
        raise ImpossibleInstrument(f"tick * lot: {ticklot} cannot be counted in whole cash")
    return int(cash_per_ticklot)


def _whole(name: str, text: str, grid: str) -> int:
    """Count how many ``grid`` steps ``text`` is; off the grid is impossible."""
    steps = _decimal(name, text) / Decimal(grid)
    if steps != int(steps):
        raise ImpossibleInstrument(f"{name}: {text} is not a multiple of {grid}")
    return int(steps)


def in_units_of(units: Instrument, listed: Instrument) -> Instrument | None:
    """Write an instrument as it is listed now in the units of one that we count in; None where that is not exact.

    ``listed`` is as ``make_instrument`` made it. What was counted in our units goes on meaning what it meant.
    """
    tick_times, lot_times = _times(listed.tick, units.tick), _times(listed.lot, units.lot)
    if not tick_times or not lot_times:
        return None
    return replace(
        listed,
        tick=units.tick,
        lot=units.lot,
        cash_per_ticklot=units.cash_per_ticklot,
        lots_min=listed.lots_min * lot_times,
        lots_max=listed.lots_max * lot_times,
        tick_times=tick_times,
        lot_times=lot_times,
    )


def in_common_units(units: Instrument, listed: Instrument) -> Instrument:
    """Write a listed instrument in the largest units that count both its own grid and what was counted in ``units``.

    Those are ``units`` themselves wherever they can be. Raises ``ImpossibleInstrument`` where money would not be whole.
    """
    tick, lot = _common(units.tick, listed.tick), _common(units.lot, listed.lot)
    if (tick, lot) != (units.tick, units.lot):
        units = replace(units, tick=tick, lot=lot, cash_per_ticklot=_cash_per_ticklot(tick, lot))
    now = in_units_of(units, listed)
    if now is None:
        raise ImpossibleInstrument(f"tick, lot: {listed.tick} by {listed.lot} in units of {tick} by {lot}")
    return now


def _common(one: str, other: str) -> str:
    """Give the largest step of which both are whole multiples; the first one's own text where that is it."""
    first, second = Fraction(one), Fraction(other)
    steps = gcd(first.numerator * second.denominator, second.numerator * first.denominator)
    common = Decimal(steps) / Decimal(first.denominator * second.denominator)  # ends: so do both decimals
    return one if common == Decimal(one) else f"{common:f}"


def _times(step: str, unit: str) -> int:
    """Count how many units a step is; 0 where it is no whole number of them."""
    times = int(Decimal(step) / Decimal(unit))
    return times if times * Decimal(unit) == Decimal(step) else 0


def price_ticks_of(instrument: Instrument, text: str) -> int:
    """Read a price; one that is off the tick grid raises ``ImpossibleInstrument``."""
    return _whole("price", text, instrument.tick)


def size_lots_of(instrument: Instrument, text: str) -> int:
    """Read a size; one that is off the lot grid raises ``ImpossibleInstrument``."""
    return _whole("size", text, instrument.lot)


def price_text(instrument: Instrument, price_ticks: int) -> str:
    """Write a price as decimal text, with the tick's own number of places."""
    return str(Decimal(instrument.tick) * price_ticks)


def size_text(instrument: Instrument, size_lots: int) -> str:
    """Write a size as decimal text, with the lot's own number of places."""
    return str(Decimal(instrument.lot) * size_lots)


def notional_cash(instrument: Instrument, price_ticks: int, size_lots: int) -> int:
    """Value ``size_lots`` (sign kept) at ``price_ticks``, exactly."""
    return price_ticks * size_lots * instrument.cash_per_ticklot


def fee_cash(instrument: Instrument, price_ticks: int, size_lots: int, liquidity: str) -> int:
    """Give the fee of a fill as income: negative for a cost, positive for a rebate. Exact."""
    if size_lots < 0:
        raise OurMistake("fee_cash takes an unsigned size")
    fee_ppm = instrument.maker_fee_ppm if liquidity == MAKER else instrument.taker_fee_ppm
    return -price_ticks * size_lots * fee_ppm * (instrument.cash_per_ticklot // PPM)


def move_cash(instrument: Instrument, position_lots: int, mid2_change_ticks: int) -> int:
    """Give what a position earns when twice the mid changes by ``mid2_change_ticks``. Exact."""
    return position_lots * mid2_change_ticks * (instrument.cash_per_ticklot // 2)


def capture_cash(instrument: Instrument, side: int, mid2_ticks: int, price_ticks: int, size_lots: int) -> int:
    """Give what a fill gained against the mid: side * (mid - price) * size, exactly."""
    distance2 = mid2_ticks - 2 * price_ticks
    return (distance2 if side == BUY else -distance2) * size_lots * (instrument.cash_per_ticklot // 2)
