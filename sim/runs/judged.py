"""Which promises could have been broken: in how many runs each was judged, and what kept it from the others.

A promise is judged where it was looked at; one that may be broken for a while, where its bound could run out.
"""

from collections.abc import Sequence

import msgspec

from sim.runs.job import SeedResult
from sim.scenario.bounds import Bounds
from sim.scenario.invariants import INVARIANTS


class Judged(msgspec.Struct, frozen=True):
    """In how many runs a promise was judged; in ``short`` others it was asked for, and its bound could not run out.

    Of the others there was nothing to judge. ``longest_s`` is for how long it could be asked for at a stretch in the
    one of those that gave it longest, ``bound_s`` its bound.
    """

    runs: int = 0
    short: int = 0
    longest_s: float = 0.0
    bound_s: float = 0.0

    @property
    def why_not(self) -> str:
        """Say why it was not judged in those that were too short; empty where there are none."""
        if not self.short:
            return ""
        return (
            f"its bound of {self.bound_s:g} s is longer than the {self.longest_s:.0f} s in which it could be asked for"
        )


def is_judged(code: str, result: SeedResult) -> bool:
    """Say whether a promise was judged in a run: looked at, or broken."""
    return bool(result.checks.get(code)) or any(one.code == code for one in result.breaches)


def judged_of(code: str, bounds: Bounds, results: Sequence[SeedResult]) -> Judged:
    """Count the runs in which a promise was judged; all of them have the same bounds."""
    rest = [result.asked_s[code] for result in results if code in result.asked_s and not is_judged(code, result)]
    if not rest:
        return Judged(sum(is_judged(code, result) for result in results))
    return Judged(
        runs=sum(is_judged(code, result) for result in results),
        short=len(rest),
        longest_s=max(rest),
        bound_s=float(getattr(bounds, INVARIANTS[code].bounds[0])),
    )
