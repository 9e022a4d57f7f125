"""In which range of each of its numbers a survivor still fails, everything else as it is.

Values are tried outwards from the one that stands, then the edge is halved a few times. What lies
between is assumed; a range that nothing ended is told as open.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from sim.runs.failing import GATE
from sim.shrink import drafts
from sim.shrink.drafts import Draft
from sim.shrink.trials import Trials

_FACTORS: Final = (2.0, 4.0, 8.0)
_SHIFTS_S: Final = (0.5, 2.0, 8.0)
_EDGE_STEPS: Final = 2
# How much longer a run is looked at than it had to be: a failure may come later.
_ROOM_S: Final = 10.0
_SHARES: Final = ("prob", "loss", "applied_later", "whole", "p_bad", "p_good")


class Range(msgspec.Struct, frozen=True):
    """From where to where it still fails; an end is open where nothing beyond was found that does not."""

    key: str
    low: float
    high: float
    is_low_open: bool
    is_high_open: bool

    def __str__(self) -> str:
        """Write it as people read it."""
        if self.low == self.high and not (self.is_low_open or self.is_high_open):
            return f"{self.key} {self.low:g} alone"
        low = f"{self.low:g}" + (" or less" if self.is_low_open else "")
        high = f"{self.high:g}" + (" or more" if self.is_high_open else "")
        return f"{self.key} from {low} to {high}"


def ranges_of(trials: Trials, draft: Draft) -> dict[str, tuple[Range, ...]]:
    """Give the ranges of every fault of a draft, by its id; a number for which no run was left is not there."""
    found: dict[str, tuple[Range, ...]] = {}
    # A gate is judged at the end, over as long a run as it is missed in.
    is_gate = trials.wanted is not None and trials.wanted.what.startswith(GATE)
    room = draft if is_gate else drafts.roomier(draft, _ROOM_S)
    for number, fault in enumerate(drafts.faults_of(draft)):
        ranges = [
            _Edges(trials, room, number, key, fault[key]).range() for key in drafts.numbers_in(fault) if trials.left > 0
        ]
        found[fault["id"]] = tuple(ranges)
    return found


class _Edges:
    """Looks for both ends of one number's range."""

    def __init__(self, trials: Trials, draft: Draft, number: int, key: str, value: float) -> None:
        self._trials = trials
        self._draft = draft
        self._number = number
        self._key = key
        self._value = value

    def range(self) -> Range:
        downs, ups = self._outwards()
        fails = dict(zip((*downs, *ups), self._tried((*downs, *ups)), strict=True))
        low, is_low_open = self._end(downs, fails)
        high, is_high_open = self._end(ups, fails)
        return Range(self._key, min(low, high), max(low, high), is_low_open, is_high_open)

    def _outwards(self) -> tuple[list[float], list[float]]:
        """Give the values to try on either side, the nearest first."""
        value = self._value
        if self._key == "at_s":
            return [round(value - by, 3) for by in _SHIFTS_S if by < value], [round(value + by, 3) for by in _SHIFTS_S]
        downs: list[float] = [self._rounded(value / factor) for factor in _FACTORS]
        ups: list[float] = [self._rounded(value * factor) for factor in _FACTORS]
        if self._key in _SHARES:
            ups = [min(1.0, one) for one in ups]
        return (
            [one for one in dict.fromkeys(downs) if one != value],
            [one for one in dict.fromkeys(ups) if one != value],
        )

    def _end(self, values: Sequence[float], fails: dict[float, bool | None]) -> tuple[float, bool]:
        """Give the outermost value up to which it fails, and whether nothing was found that ends it."""
        inside, outside = self._value, None
        for value in values:
            if fails[value] is None:
                return inside, self._trials.left <= 0  # no scenario can have it, or no run was left
            if not fails[value]:
                outside = value
                break
            inside = value
        if outside is None:
            return inside, bool(values) and not self._is_last(inside)
        for _ in range(_EDGE_STEPS):
            middle = self._rounded((inside + outside) / 2)
            if middle in (inside, outside):
                break
            (is_inside,) = self._tried((middle,))
            if is_inside is None:
                break
            inside, outside = (middle, outside) if is_inside else (inside, middle)
        return inside, False

    def _is_last(self, value: float) -> bool:
        return self._key in _SHARES and value == 1.0

    def _tried(self, values: Sequence[float]) -> list[bool | None]:
        """Say for each value whether it fails with it; None where it could not be tried."""
        candidates = [drafts.with_value(self._draft, self._number, self._key, value) for value in values]
        return [None if seen is None else self._trials.same(seen) is not None for seen in self._trials.all(candidates)]

    def _rounded(self, value: float) -> float:
        return int(value) if isinstance(self._value, int) else drafts.rounded(value)
