"""Seconds on a command line."""

import math
from typing import Any

import click


class Seconds(click.FloatRange):
    """A finite number in a range: ``nan`` and ``inf`` are numbers to Python, and no instant of a run."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read a number; what is none, not finite or outside is wrong usage (exit 2)."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is no number of seconds", param, ctx)
        return number
