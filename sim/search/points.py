"""What to try: parameters from the command line, and the points of a grid or of chance."""

import itertools
from collections.abc import Sequence
from typing import Any, Final

import click
import msgspec

from sim.dice import Dice
from strategy.document_tree import scalar_of

# A setting is a text such as ``spread.base_bps=1.5``; a point is one for each parameter.
Point = tuple[str, ...]

POINTS_MAX: Final = 100_000
_RANGE_PARTS: Final = (2, 3)
_DIGITS: Final = 6


class Parameter(msgspec.Struct, frozen=True):
    """One dotted key of the config, with the values to try; ``ends`` only of a range, for chance."""

    key: str
    values: tuple[str, ...]
    ends: tuple[float, float] | None = None


def parameter_of(text: str) -> Parameter:
    """Read ``KEY=LOW:HIGH:COUNT``, ``KEY=LOW:HIGH`` or ``KEY=A,B,C``; anything else is wrong usage."""
    key, equals, right = text.partition("=")
    if not equals or not key or not right:
        raise _misread(text, "write KEY=LOW:HIGH:COUNT or KEY=A,B,C")
    parts = right.split(":")
    if len(parts) == 1:
        values = tuple(right.split(","))
        if "" in values:
            raise _misread(text, "one of the values is empty")
        return Parameter(key, values)
    numbers = [scalar_of(part) for part in parts]
    if len(parts) not in _RANGE_PARTS or not all(_is_number(number) for number in numbers):
        raise _misread(text, "a range is LOW:HIGH or LOW:HIGH:COUNT, in numbers")
    low, high = float(numbers[0]), float(numbers[1])  # type: ignore[arg-type]
    count = numbers[2] if len(numbers) == max(_RANGE_PARTS) else 0
    if low >= high:
        raise _misread(text, f"{low:g} is not below {high:g}")
    if type(count) is not int or (count < max(_RANGE_PARTS) - 1 and len(numbers) == max(_RANGE_PARTS)):
        raise _misread(text, "COUNT is a whole number from 2")
    if count > POINTS_MAX:
        raise _misread(text, f"{count} values are more than {POINTS_MAX} points")
    steps = tuple(low + (high - low) * step / (count - 1) for step in range(count))
    values = tuple(number_text(step) for step in steps)
    if len(dict.fromkeys(values)) < len(values):
        raise _misread(text, f"{count} values so close to each other are the same in {_DIGITS} digits")
    return Parameter(key, values, (low, high))


def number_text(value: float) -> str:
    """Write a number as a person would, with no more digits than can matter."""
    return f"{value:.{_DIGITS}g}"


def grid(parameters: Sequence[Parameter]) -> tuple[Point, ...]:
    """Give every combination, the last parameter changing fastest."""
    for one in parameters:
        if not one.values:
            low, high = one.ends or (0.0, 0.0)
            raise _misread(f"{one.key}={low:g}:{high:g}", "a grid needs a COUNT; without one say --random N")
    many = 1
    for one in parameters:
        many *= len(one.values)
    if many > POINTS_MAX:
        raise click.UsageError(f"{many} points are more than {POINTS_MAX}; take fewer values, or --random N")
    chosen = itertools.product(*(one.values for one in parameters))
    return tuple(_point(parameters, values) for values in chosen)


def drawn(parameters: Sequence[Parameter], many: int, seed: int) -> tuple[Point, ...]:
    """Draw ``many`` points; each draw is named by its number and key, so that more points change none."""
    dice = Dice(seed)
    return tuple(
        _point(parameters, [_draw(one, dice.unit("sweep", number, one.key)) for one in parameters])
        for number in range(many)
    )


def _draw(parameter: Parameter, share: float) -> str:
    if parameter.values:
        return parameter.values[int(share * len(parameter.values))]
    low, high = parameter.ends or (0.0, 0.0)
    return number_text(low + (high - low) * share)


def _point(parameters: Sequence[Parameter], values: Sequence[str]) -> Point:
    return tuple(f"{one.key}={value}" for one, value in zip(parameters, values, strict=True))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _misread(text: str, words: str) -> click.BadParameter:
    return click.BadParameter(f"{text!r}: {words}", param_hint="-p")
