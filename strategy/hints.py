"""The nearest known name, and what to say when it is the unit that is wrong."""

import difflib
import re
from collections.abc import Iterable
from typing import Final

# The unit is the last part of a name. Longer suffixes first: `_ms` must not be read as `_s`.
UNITS: Final[dict[str, str]] = {
    "bps_per_sqrt_s": "bps per square root of a second",
    "bps_per_pct": "bps per percent",
    "bps_per_s": "bps per second",
    "per_s": "per second",
    "usdt": "USDT",
    "count": "a count",
    "sigma": "standard deviations",
    "bps": "basis points",
    "pct": "percent",
    "ppm": "parts per million",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
    "s": "seconds",
}
LIKE: Final = 0.6
# Two symbols are alike by the coin they are paid in: one letter too many or too few is the same, another letter is not.
SAME_SYMBOL: Final = 0.9
_QUALIFIERS: Final = ("_max", "_min", "_ceiling", "_base")
_WITH_UNIT: Final = re.compile(r"[-+]?[0-9]*\.?[0-9]+\s*(?:ns|us|ms|s|secs?|min|m|h|bps?|%|pct|usdt|USDT)")


def nearest(word: str, known: Iterable[str], likeness: float = LIKE) -> str | None:
    """Give the known name most like ``word``, if one is at least so much like it; 1 is the same."""
    names = sorted(known)
    for spelling in (word, word.lower()):
        found = difflib.get_close_matches(spelling, names, n=1, cutoff=likeness)
        if found:
            return found[0]
    return None


def did_you_mean(word: str, known: Iterable[str], likeness: float = LIKE) -> str:
    """Give the tail of a message: ``, did you mean 'x'?`` or nothing."""
    near = nearest(word, known, likeness)
    return f", did you mean {near!r}?" if near else ""


def split_unit(name: str) -> tuple[str, str]:
    """Take a field's name apart: (the noun with its qualifier, the unit or nothing)."""
    qualifier = next((tail for tail in _QUALIFIERS if name.endswith(tail)), "")
    noun = name.removesuffix(qualifier)
    for unit in UNITS:
        if noun.endswith(f"_{unit}"):
            return noun.removesuffix(f"_{unit}") + qualifier, unit
    return name, ""


def same_noun(key: str, known: Iterable[str]) -> str | None:
    """Give the known name that is ``key`` with another unit, if there is one."""
    noun, unit = split_unit(key)
    for name in sorted(known):
        known_noun, known_unit = split_unit(name)
        if known_noun == noun and known_unit and known_unit != unit:
            return name
    return None


def carries_unit(value: object) -> bool:
    """Tell whether a value was written with a unit of its own, like ``250ms``."""
    return isinstance(value, str) and _WITH_UNIT.fullmatch(value) is not None
