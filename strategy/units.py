"""The units everything is counted in, and the named roundings between them.

Integers are exact and end in their unit: ``_ns``, ``_ticks``, ``_lots``, ``_ppm``, ``_cash``.
Floats are beliefs and say so by living in a belief, a score or a ``_bps`` width.

``mid2_ticks`` is twice the mid: the mid of an odd spread is half a tick, and twice it is whole.
``cash`` is 1e-15 of the quote currency: fine enough that a fee in parts per million, and a
profit measured from half a tick, are whole numbers on any instrument we accept.
"""

import math
from typing import Final

NS_PER_US: Final = 1_000
NS_PER_MS: Final = 1_000_000
NS_PER_S: Final = 1_000_000_000
S_PER_DAY: Final = 86_400
NS_PER_DAY: Final = S_PER_DAY * NS_PER_S

BPS: Final = 10_000
PPM: Final = 1_000_000
PPM_PER_BPS: Final = 100
PCT: Final = 100.0

CASH_PER_QUOTE: Final = 10**15

BUY: Final = 1
SELL: Final = -1


def floor_to_ticks(price_ticks: float, times: int = 1) -> int:
    """Round a believed price down to a tick, or to a multiple of so many: the outward direction of a bid."""
    whole = math.floor(price_ticks)
    return whole - whole % times


def ceil_to_ticks(price_ticks: float, times: int = 1) -> int:
    """Round a believed price up to a tick, or to a multiple of so many: the outward direction of an ask."""
    whole = math.ceil(price_ticks)
    return whole + -whole % times


def outward_to_ticks(side: int, price_ticks: float) -> int:
    """Round away from the market: down for a bid (``BUY``), up for an ask (``SELL``)."""
    return floor_to_ticks(price_ticks) if side == BUY else ceil_to_ticks(price_ticks)


def bps_of(part: float, whole: float) -> float:
    """Say how many basis points of ``whole`` (not zero) ``part`` is."""
    return BPS * part / whole


def quote_from_cash(cash: int) -> float:
    """Turn exact cash into quote currency for people to read; never computed with again."""
    return cash / CASH_PER_QUOTE
