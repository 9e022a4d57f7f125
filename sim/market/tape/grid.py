"""Decimal text to whole ticks and lots: exact, and off the grid is an error.

A ``Grid`` is a dict that fills itself: the same price text occurs thousands of times in a tape,
so a lookup that misses only once is what makes reading fast. No float and no ``Decimal`` is
ever made of a price; its digits are shifted as text.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from sim.market.tape.refusal import COUNTED_MAX, NOT_POSITIVE, OFF_GRID, RowRefused

_QUOTED_MAX: Final = 40


class Finer(RowRefused):
    """A text has decimals below the step; ``step`` is the power of ten that would hold it."""

    def __init__(self, name: str, text: str, grid_step: Decimal) -> None:
        super().__init__(OFF_GRID, f"{name} {text} is not a multiple of {grid_step}", text)
        self.name = name
        self.step = infer_step([text])


class Grid(dict[str, int]):
    """Count how many steps a decimal text is. ``zero_allowed`` is for sizes: 0 removes a level."""

    def __init__(self, name: str, step: Decimal, *, zero_allowed: bool) -> None:
        super().__init__()
        if not step.is_finite() or step <= 0:
            raise ValueError(f"{name} must be above zero, got {step}")
        self.name = name
        self.step = step
        self._zero_allowed = zero_allowed
        self._places = max(0, -int(step.normalize().as_tuple().exponent))
        self._units = int(step.scaleb(self._places))

    def __missing__(self, text: str) -> int:
        whole, _, fraction = text.partition(".")
        digits = whole + fraction
        if not (digits.isascii() and digits.isdigit() and whole):
            if digits.startswith("-"):
                raise RowRefused(NOT_POSITIVE, f"{self.name} {text} is negative", text)
            raise RowRefused(OFF_GRID, f"{self.name} {text!r} is not a plain decimal number", text)
        if fraction[self._places :].strip("0"):
            raise Finer(self.name, text, self.step)
        scaled = int(whole + fraction[: self._places].ljust(self._places, "0"))
        steps, rest = divmod(scaled, self._units)
        if rest:
            raise RowRefused(OFF_GRID, f"{self.name} {text} is not a multiple of {self.step}", text)
        if steps > COUNTED_MAX:
            raise RowRefused(OFF_GRID, f"{self.name} {text[:_QUOTED_MAX]} is beyond what can be counted", text)
        if steps == 0 and not self._zero_allowed:
            raise RowRefused(NOT_POSITIVE, f"{self.name} is zero", text)
        self[text] = steps
        return steps


def infer_step(texts: Iterable[str]) -> Decimal:
    """Give the coarsest power of ten, at most 1, on which all these numbers lie.

    A guess from a snapshot can be too coarse (old orders keep the finer lots of their day); a
    text that contradicts it raises ``Finer`` and is never rounded.
    """
    places = max((len(text.partition(".")[2].rstrip("0")) for text in texts), default=0)
    return Decimal(1).scaleb(-places)
