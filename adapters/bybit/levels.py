"""Levels of a book as whole ticks and lots, fast: a book has a hundred, and they come fifty times a second.

The decoder reads their text as floats. A float holds a price to fifteen digits, which is more than
any price on a grid has, so that the nearest whole number of ticks is the exact one; what lies off the
grid is noticed, not rounded away.
"""

from typing import Final

from adapters.bybit.market import OFF_GRID, Grid, Unreadable
from strategy.events import Levels

# How far from a whole number the quotient of two floats may lie, and up to where that means anything.
_OFF: Final = 1e-3
_STEPS_MAX: Final = 2**40


def levels_of(grid: Grid, levels: list[tuple[float, float]]) -> Levels:
    """Turn (price, size) into (ticks, lots); raises ``Unreadable`` for what is off the grid or absurd."""
    per_price, per_size = grid.ticks_per_price, grid.lots_per_size
    try:
        steps = [(price * per_price, size * per_size) for price, size in levels]
        whole = tuple([(round(ticks), round(lots)) for ticks, lots in steps])
    except (ValueError, OverflowError):
        raise Unreadable("a level that is no number") from None
    off = 0.0
    for (ticks, lots), (ticks_whole, lots_whole) in zip(steps, whole, strict=True):
        off = max(off, abs(ticks - ticks_whole), abs(lots - lots_whole))
        if not (0 < ticks_whole < _STEPS_MAX and 0 <= lots_whole < _STEPS_MAX):
            raise Unreadable(f"a level at {ticks_whole} ticks of {lots_whole} lots")
    if off > _OFF:
        raise Unreadable(f"a level off the grid: it {OFF_GRID} {grid.tick} by {grid.lot}")
    return whole
