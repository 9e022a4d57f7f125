"""Seconds on a command line."""

import math
from typing import Any, Final

import click

_NS: Final = 1e9
# As in a file: more than a billion is a slip of the pen, and would not fit whole nanoseconds.
_MOST_S: Final = 1e9


class Seconds(click.FloatRange):
    """A finite number in a range: ``nan`` and ``inf`` are numbers to Python, and no instant of a run."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read a number; what is none, not finite, outside, or too short or long to count is wrong usage (exit 2)."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is no number of seconds", param, ctx)
        if number > _MOST_S:
            self.fail(f"{value} is more than a billion seconds", param, ctx)
        if number and not round(number * _NS):
            self.fail(f"{value} is less than a nanosecond", param, ctx)
        return number
