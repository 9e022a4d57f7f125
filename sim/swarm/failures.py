"""What failed in a swarm: a line for each seed with the command that repeats it, and groups of the same failure."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from sim.oracle.excuses import is_careful
from sim.runs import failing
from sim.runs.job import SeedResult
from sim.scenario.load import Ready


class Failure(msgspec.Struct, frozen=True):
    """How a seed failed first: at ``at_s`` simulated seconds, None for a gate, which is judged at the end.

    ``again`` is the command that shows it again; ``through`` the arm it went through, empty for the simulated driver.
    """

    seed: int
    what: str
    identity: str
    at_s: float | None
    detail: str
    again: str
    through: str = ""


_FILLS: Final = "fills"
_QUOTES: Final = "L3"


def why_idle(world: Ready, result: SeedResult) -> str:
    """Say what others did that kept all quotes from all of the calm, where nothing has traded; empty otherwise.

    A quote that stood for a moment, more time to put one up than its bound gives, or a bot that was careful by
    itself: then there was something to judge, and a gate on fills holds.
    """
    fills, reasons = result.metrics.get(_FILLS), result.excused_why_s.get(_QUOTES, {})
    has_traded = fills is None or fills.get("value") != 0
    if has_traded or not reasons or _QUOTES in result.held or any(map(is_careful, reasons)):
        return ""
    free_s = result.waited_s.get(_QUOTES, 0.0) - sum(reasons.values())
    is_all = free_s <= world.invariants.bounds.requote_s
    return f"nobody could quote: {max(reasons, key=lambda why: reasons[why])}" if is_all else ""


def failures_of(world: Ready, file: str, flags: str, result: SeedResult, through: str = "") -> Iterator[Failure]:
    """Give the ways in which a seed failed, the first one first; one by each promise, and one by each gate.

    A gate on fills is no failure where nobody could quote: such a run is excused.
    """
    again = f"sim run {file} --seed {result.seed}{flags}" + (f" --through {through}" if through else "")
    told: list[str] = []
    is_idle = bool(why_idle(world, result))
    for one in failing.failures_of(world.gates, result):
        what = one.identity.what
        if what not in told and not (is_idle and one.metric == _FILLS):
            told.append(what)
            yield Failure(result.seed, what, str(one.identity), one.at_s, one.told, again, through)


class Group(msgspec.Struct, frozen=True):
    """Seeds that failed in one way: likely one mistake. ``first`` is the shortest of them."""

    identity: str
    seeds: tuple[int, ...]
    first: Failure


def groups_of(failures: Sequence[Failure]) -> list[Group]:
    """Put failures of one identity together, the greatest group first."""
    found: dict[str, list[Failure]] = {}
    for failure in failures:
        found.setdefault(failure.identity, []).append(failure)
    groups = [
        Group(
            identity,
            tuple(dict.fromkeys(one.seed for one in members)),
            min(members, key=lambda one: (one.at_s is None, one.at_s or 0.0, one.seed)),
        )
        for identity, members in found.items()
    ]
    return sorted(groups, key=lambda group: (-len(group.seeds), group.identity))
