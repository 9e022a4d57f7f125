"""What a swarm draws for the fields of a fault: ranges, told beside the field they are for.

A fault model names its ranges in ``SWARM``, field by field, in the order in which they depend on each
other. Every field has luck of its own, keyed by its name: a range that is changed or removed moves
nothing else. ``None`` drawn means that the field is not written.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import msgspec

# Enough to tell two worlds apart, few enough to read.
_DIGITS: Final = 3

# A number in [0, 1) for a name.
Luck = Callable[..., float]


class Roll(msgspec.Struct, frozen=True):
    """What a range may look at: its own luck, what was drawn before it, which symbols are traded."""

    luck: Luck
    drawn: Mapping[str, Any]
    symbols: tuple[str, ...]

    def named(self, *name: int | str) -> "Roll":
        """Give the same with luck of another name, for a part."""
        return Roll(lambda *more: self.luck(*name, *more), self.drawn, self.symbols)


class Draw(Protocol):
    """A range of one field."""

    def value(self, roll: Roll) -> Any:
        """Draw; ``None`` leaves the field unwritten."""

    def words(self) -> str:
        """Say in a few words what may come."""


class Uniform(msgspec.Struct, frozen=True):
    """A number between two, all equally likely; the ends belong to it. ``whole`` numbers are counts."""

    low: float
    high: float
    whole: bool = False

    def value(self, roll: Roll) -> float:
        """Draw a number."""
        if self.whole:
            return int(self.low) + int(roll.luck() * (self.high - self.low + 1))
        return _written(self.low + roll.luck() * (self.high - self.low), self.low, self.high)

    def words(self) -> str:
        """Name the ends."""
        return f"{self.low:g} to {self.high:g}"


class LogUniform(msgspec.Struct, frozen=True):
    """A number between two, each order of magnitude equally likely; both are above zero."""

    low: float
    high: float
    whole: bool = False

    def value(self, roll: Roll) -> float:
        """Draw a number."""
        value = self.low * math.exp(roll.luck() * math.log(self.high / self.low))
        return min(round(value), int(self.high)) if self.whole else _written(value, self.low, self.high)

    def words(self) -> str:
        """Name the ends."""
        return f"{self.low:g} to {self.high:g}, by orders of magnitude"


class Signed(msgspec.Struct, frozen=True):
    """A number of another range, or its negative."""

    size: Uniform | LogUniform

    def value(self, roll: Roll) -> float:
        """Draw size and sign."""
        size = self.size.value(roll.named("size"))
        return size if roll.luck("sign") < 1 / 2 else -size

    def words(self) -> str:
        """Name the ends."""
        return f"± {self.size.words()}"


class Choice(msgspec.Struct, frozen=True):
    """One of some values, all equally likely."""

    values: tuple[Any, ...]

    def value(self, roll: Roll) -> Any:
        """Draw one of them."""
        return self.values[int(roll.luck() * len(self.values))]

    def words(self) -> str:
        """Name them all."""
        return " or ".join(_word(value) for value in self.values)


class Subset(msgspec.Struct, frozen=True):
    """Some of the values, at least one, each by a coin of its own."""

    values: tuple[str, ...]

    def value(self, roll: Roll) -> list[str]:
        """Toss a coin for each."""
        chosen = [value for value in self.values if roll.luck(value) < 1 / 2]
        return chosen or [self.values[int(roll.luck() * len(self.values))]]

    def words(self) -> str:
        """Name them all."""
        return f"some of {', '.join(self.values)}"


class AnySymbols(msgspec.Struct, frozen=True):
    """Some of the symbols that are traded, or, unwritten, all of them."""

    def value(self, roll: Roll) -> list[str] | None:
        """Toss a coin for all, then for each."""
        if len(roll.symbols) == 1 or roll.luck("all") < 1 / 2:
            return None
        return Subset(roll.symbols).value(roll)

    def words(self) -> str:
        """Say so."""
        return "all symbols, or some"


class Maybe(msgspec.Struct, frozen=True):
    """A range that is used with some probability; else the field is left out."""

    share: float
    draw: Draw

    def value(self, roll: Roll) -> Any:
        """Toss the coin, then draw."""
        return self.draw.value(roll.named("draw")) if roll.luck("whether") < self.share else None

    def words(self) -> str:
        """Name the range and how often it is used."""
        return f"{self.draw.words()} ({self.share * 100:g} % of the time; else left out)"


class Where(msgspec.Struct, frozen=True):
    """A range that means something only beside other fields.

    It is drawn where one of ``fields`` was drawn as one of ``among`` (or holds one of them); with
    nothing in ``among``, where one of them is neither nothing nor 0. ``but_not`` turns that round.
    """

    fields: tuple[str, ...]
    draw: Draw
    among: tuple[Any, ...] = ()
    but_not: bool = False

    def value(self, roll: Roll) -> Any:
        """Look at the other fields, then draw."""
        is_met = any(self._meets(roll.drawn.get(field)) for field in self.fields)
        return self.draw.value(roll) if is_met != self.but_not else None

    def _meets(self, value: Any) -> bool:
        if not self.among:
            return bool(value)
        return any(each in self.among for each in value) if isinstance(value, list) else value in self.among

    def words(self) -> str:
        """Name the range and the condition."""
        among = f" is {' or '.join(map(_word, self.among))}" if self.among else ""
        but_not = "not " if self.but_not else ""
        return f"{self.draw.words()} (where {but_not}{' or '.join(self.fields)}{among})"


class TimesField(msgspec.Struct, frozen=True):
    """So many times what another field was drawn as."""

    field: str
    times: Uniform | LogUniform
    whole: bool = False

    def value(self, roll: Roll) -> float:
        """Draw the factor."""
        value = roll.drawn[self.field] * self.times.value(roll)
        return math.ceil(value) if self.whole else _written(value, roll.drawn[self.field], math.inf)

    def words(self) -> str:
        """Name the field and the factor."""
        return f"{self.field} times {self.times.words()}"


class Several(msgspec.Struct, frozen=True):
    """A list of different numbers of one range, rising."""

    each: Uniform | LogUniform
    most: int

    def value(self, roll: Roll) -> list[float]:
        """Draw how many, then each; equal ones count once."""
        many = 1 + int(roll.luck("many") * self.most)
        return sorted({self.each.value(roll.named("each", place)) for place in range(many)})

    def words(self) -> str:
        """Name the range and how many."""
        return f"1 to {self.most} of {self.each.words()}"


class Rows(msgspec.Struct, frozen=True):
    """A list of records whose fields have ranges of their own."""

    fields: dict[str, Draw]
    most: int

    def value(self, roll: Roll) -> list[dict[str, Any]]:
        """Draw how many, then the fields of each."""
        many = 1 + int(roll.luck("many") * self.most)
        return [drawn(self.fields, roll.named("row", place).luck, roll.symbols) for place in range(many)]

    def words(self) -> str:
        """Name how many, and the range of each field."""
        each = ", ".join(f"{name} {draw.words()}" for name, draw in self.fields.items())
        return f"1 to {self.most} of {{{each}}}"


def drawn(swarm: Mapping[str, Draw], luck: Luck, symbols: tuple[str, ...]) -> dict[str, Any]:
    """Draw the fields of one fault (or record), as a person would write them; luck is keyed by field."""
    fields: dict[str, Any] = {}
    for name, draw in swarm.items():
        value = draw.value(Roll(lambda *more, name=name: luck(name, *more), fields, symbols))
        if value is not None:
            fields[name] = value
    return fields


def _written(value: float, low: float, high: float) -> float:
    """Round to few digits, and stay between the ends."""
    return min(max(float(f"{value:.{_DIGITS}g}"), low), high)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
