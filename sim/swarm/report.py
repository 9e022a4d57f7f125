"""What a swarm found: failures and their groups, what was excused, and which storms there were."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Final

import msgspec

from sim.oracle.sometimes import POINTS, regime_states
from sim.runs.job import SeedResult
from sim.runs.judged import Judged, judged_of
from sim.scenario.faults import KINDS
from sim.scenario.invariants import INVARIANTS
from sim.scenario.load import Ready
from sim.swarm.failures import Failure, Group, groups_of, why_idle
from strategy.units import PCT

# More than this, and one, and a swarm proves less than it seems to.
EXCUSED_MAX_PCT: Final = 1.0


class Excuse(msgspec.Struct, frozen=True):
    """A run that could not be asked to converge, or in which nobody could quote, and why."""

    seed: int
    why: str


class Kind(msgspec.Struct, frozen=True):
    """A kind of fault: how many faults of it there were, in how many runs, and in how many it changed anything."""

    faults: int
    runs: int
    bit: int


class Coverage(msgspec.Struct, frozen=True):
    """Which rare states were reached: how often, and which never were.

    Those ``out_of_reach`` need a kind of fault that there is not; the swarm cannot be blamed for them.
    ``regime_states`` are pairs of a regime and the state of an order in it, ``kind_pairs`` pairs of kinds of fault
    that both bit in one run: how many there are, and how many of those were reached; ``…_never`` names the rest.
    """

    sometimes: dict[str, int]
    never: tuple[str, ...]
    out_of_reach: tuple[str, ...]
    regime_states: dict[str, int]
    regime_states_never: tuple[str, ...]
    kind_pairs: int
    kind_pairs_of: int
    kind_pairs_never: tuple[str, ...]


class Row(msgspec.Struct, frozen=True):
    """One run of a swarm."""

    seed: int
    through: str
    digest: str
    simulated_s: float
    faults: int
    bit: int
    was_cut: bool
    failed: tuple[str, ...]


class Report(msgspec.Struct, frozen=True):
    """All of it, in the order of the seeds. ``asked`` counts runs, those without a result too.

    ``judged`` says of each promise in how many runs it could have been broken.
    """

    asked: int
    rows: tuple[Row, ...]
    failures: tuple[Failure, ...]
    groups: tuple[Group, ...]
    excused: tuple[Excuse, ...]
    kinds: dict[str, Kind]
    coverage: Coverage
    judged: dict[str, Judged] = {}
    skipped: str = ""

    @property
    def excused_pct(self) -> float:
        """Give the share of runs that were excused as a whole, in percent."""
        return PCT * len(self.excused) / max(1, len(self.rows))

    @property
    def is_excused_too_often(self) -> bool:
        """Say whether more than one run and more than the share allowed is excused."""
        return len(self.excused) > 1 and self.excused_pct > EXCUSED_MAX_PCT

    @property
    def failed_seeds(self) -> tuple[int, ...]:
        """Name the seeds that failed in any way."""
        return tuple(dict.fromkeys(failure.seed for failure in self.failures))


def report_of(ran: Sequence[tuple[Ready, str, SeedResult]], failures: Sequence[Failure], asked: int) -> Report:
    """Sum up runs: their world, the arm they went through, what came of them."""
    judged = [one for one in ran if not one[2].skipped]
    by_run: dict[tuple[int, str], list[str]] = {}
    for failure in failures:
        by_run.setdefault((failure.seed, failure.through), []).append(failure.identity)
    return Report(
        asked=asked,
        rows=tuple(_row(result, through, by_run.get((result.seed, through), ())) for _, through, result in judged),
        failures=tuple(failures),
        groups=tuple(groups_of(failures)),
        excused=tuple(
            Excuse(result.seed, why) for world, _, result in judged if (why := result.lost or why_idle(world, result))
        ),
        kinds=_kinds([(world, result) for world, _, result in judged]),
        coverage=_coverage([(world, result) for world, _, result in judged]),
        judged=_judged([(world, result) for world, _, result in judged]),
        skipped=next((result.skipped for _, _, result in ran if result.skipped), ""),
    )


def _row(result: SeedResult, through: str, failed: Sequence[str]) -> Row:
    return Row(
        seed=result.seed,
        through=through,
        digest=result.digest,
        simulated_s=result.simulated_s,
        faults=len(result.bites),
        bit=sum(times > 0 for times in result.bites.values()),
        was_cut=result.was_cut,
        failed=tuple(failed),
    )


def _judged(ran: Sequence[tuple[Ready, SeedResult]]) -> dict[str, Judged]:
    """Say of every promise in how many runs it was judged: a promise that nothing put to the test was not kept."""
    if not ran:
        return {}
    bounds, results = ran[0][0].invariants.bounds, [result for _, result in ran]
    codes = [code for code in INVARIANTS if code not in ran[0][0].invariants.off]
    return {code: judged_of(code, bounds, results) for code in codes}


def _kinds(ran: Sequence[tuple[Ready, SeedResult]]) -> dict[str, Kind]:
    faults: dict[str, int] = {}
    runs: dict[str, dict[int, bool]] = {}
    for number, (world, result) in enumerate(ran):
        for fault in world.faults:
            faults[fault.kind] = faults.get(fault.kind, 0) + 1
            has_bitten = runs.setdefault(fault.kind, {})
            has_bitten[number] = has_bitten.get(number, False) or result.bites.get(fault.id, 0) > 0
    return {kind: Kind(faults[kind], len(runs[kind]), sum(runs[kind].values())) for kind in sorted(faults)}


def _coverage(ran: Sequence[tuple[Ready, SeedResult]]) -> Coverage:
    reached = _summed(result.sometimes for _, result in ran)
    states = _summed(result.regime_states for _, result in ran)
    pairs: dict[str, None] = {}
    for world, result in ran:
        bit = dict.fromkeys(sorted(fault.kind for fault in world.faults if result.bites.get(fault.id)))
        pairs |= dict.fromkeys(f"{one} + {other}" for one, other in combinations(bit, 2))
    all_pairs = [f"{one} + {other}" for one, other in combinations(sorted(KINDS), 2)]
    out_of_reach = tuple(
        name for name, point in POINTS.items() if point.needs not in ("", *KINDS) and name not in reached
    )
    return Coverage(
        sometimes={name: reached.get(name, 0) for name in POINTS},
        never=tuple(name for name in POINTS if name not in reached and name not in out_of_reach),
        out_of_reach=out_of_reach,
        regime_states={pair: states[pair] for pair in regime_states() if pair in states},
        regime_states_never=tuple(pair for pair in regime_states() if pair not in states),
        kind_pairs=len(pairs),
        kind_pairs_of=len(all_pairs),
        kind_pairs_never=tuple(pair for pair in all_pairs if pair not in pairs),
    )


def _summed(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for each in counts:
        for name, times in each.items():
            sums[name] = sums.get(name, 0) + times
    return sums
