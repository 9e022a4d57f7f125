"""Faults of one kind that cannot be at work in one place at once.

A venue is away or it is not, a symbol is in one regime, a clock stands still or runs: of such a state
there is one, and the end of one fault would be the end of the other. Everything else adds up.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import msgspec

from sim.scenario.faults.base import Fault


class Overlap(msgspec.Struct, frozen=True):
    """Two faults, by their place in the list, of which the second begins in the first; and where, if not everywhere."""

    first: int
    second: int
    where: str


def overlaps(faults: Sequence[Fault], traded: Sequence[str]) -> Iterator[Overlap]:
    """Find every two faults of one kind that exclude each other; ``traded`` is what a fault hits that names none."""
    places: dict[str, list[int]] = {}
    for place, fault in enumerate(faults):
        if fault.ALONE_BY is not None:
            places.setdefault(fault.kind, []).append(place)
    for of_a_kind in places.values():
        for pair in combinations(of_a_kind, 2):
            first, second = sorted(pair, key=lambda place: faults[place].at_s)
            where = _shared(faults[first], faults[second], traded)
            if where is not None and faults[second].at_s < _end_s(faults[first]):
                yield Overlap(first, second, where)


def _end_s(fault: Fault) -> float:
    for_s: float | None = getattr(fault, "for_s", None)
    return float("inf") if for_s is None else fault.at_s + for_s


def _shared(one: Fault, other: Fault, traded: Sequence[str]) -> str | None:
    """Name where both are; empty where that is everywhere, None where they do not meet."""
    if not one.ALONE_BY:
        return ""
    named = _where(other, traded)
    return next((each for each in _where(one, traded) if each in named), None)


def _where(fault: Fault, traded: Sequence[str]) -> tuple[str, ...]:
    named = getattr(fault, fault.ALONE_BY or "")
    return (named,) if isinstance(named, str) else tuple(named or traded)
