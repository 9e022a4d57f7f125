"""Faults of one kind that cannot be at work in one place at once.

A venue is away or it is not, a symbol is in one regime, a clock stands still or runs: of such a state
there is one, and the end of one fault would be the end of the other. Everything else adds up.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import msgspec

from sim.scenario.faults.base import Fault


class Overlap(msgspec.Struct, frozen=True):
    """Two faults, by their place in the list, of which the second begins in the first; and where, if not everywhere."""

    first: int
    second: int
    where: str


class Placed(msgspec.Struct, frozen=True):
    """A fault's place in time and among the symbols, in whatever unit of time all of them are given.

    ``alone_by``: the field that names where it excludes others of its kind, as in ``Fault.ALONE_BY``.
    """

    kind: str
    begins: float
    ends: float
    alone_by: str | None
    named: tuple[str, ...]


def placed(fault: Fault) -> Placed:
    """Give a fault's place, in seconds."""
    for_s: float | None = getattr(fault, "for_s", None)
    ends_s = float("inf") if for_s is None else fault.at_s + for_s
    return Placed(fault.kind, fault.at_s, ends_s, fault.ALONE_BY, named_by(fault.ALONE_BY, vars(fault)))


def named_by(alone_by: str | None, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Name where a fault of these fields is alone of its kind; nothing where it names nothing."""
    named = fields[alone_by] if alone_by else ()
    return (named,) if isinstance(named, str) else tuple(named)


def overlaps(faults: Sequence[Placed], traded: Sequence[str]) -> Iterator[Overlap]:
    """Find every two faults of one kind that exclude each other; ``traded`` is what a fault hits that names none."""
    places: dict[str, list[int]] = {}
    for place, fault in enumerate(faults):
        if fault.alone_by is not None:
            places.setdefault(fault.kind, []).append(place)
    for of_a_kind in places.values():
        for pair in combinations(of_a_kind, 2):
            first, second = sorted(pair, key=lambda place: faults[place].begins)
            where = _shared(faults[first], faults[second], traded)
            if where is not None and faults[second].begins < faults[first].ends:
                yield Overlap(first, second, where)


def _shared(one: Placed, other: Placed, traded: Sequence[str]) -> str | None:
    """Name where both are; empty where that is everywhere, None where they do not meet."""
    if not one.alone_by:
        return ""
    return next((each for each in one.named or traded if each in (other.named or traded)), None)
