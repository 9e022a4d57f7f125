"""What came of one scenario: its gates, its invariants, its numbers per seed. No wall time here."""

import hashlib
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from sim.runs.costs import FaultCosts
from sim.runs.job import BreachSeen, SeedResult
from sim.runs.judge import FAIL, NOT_COMPARED, NOT_JUDGED, PASS, GateVerdict, verdicts_of
from sim.runs.judged import Judged, judged_of
from sim.runs.recorded import Recorded
from sim.runs.viability import VIABLE, ViabilityVerdict, viability_of
from sim.scenario.bounds import Bounds
from sim.scenario.models import Scenario
from strategy.units import PCT

SKIPPED: Final = "skipped"
NOT_RUN: Final = "not run"
SO_FAR: Final = "so far"
"""All held, and some seeds never had their turn."""

_NO_RIVALS: Final[Mapping[str, Sequence[SeedResult]]] = {}


class InvariantSummary(msgspec.Struct, frozen=True):
    """One invariant over all seeds: checks made, seeds in which it broke, the first breach, and where it was judged.

    ``identities`` counts what broke it: two that differ are two mistakes, or one that shows in two ways.
    """

    checks: int
    broken: int
    first: str
    identities: dict[str, int] = {}
    judged: Judged = Judged()


class Excused(msgspec.Struct, frozen=True):
    """What could not be asked for: seeds excused as a whole (and why the first), seconds by promise over all.

    ``shares_pct`` is what part of the time a promise was looked at that is; ``reasons`` its seconds by reason.
    """

    lost_seeds: tuple[int, ...] = ()
    why: str = ""
    seconds: dict[str, float] = {}
    shares_pct: dict[str, float] = {}
    reasons: dict[str, dict[str, float]] = {}


class Recovery(msgspec.Struct, frozen=True):
    """How long after the calm a promise first held, over seeds; None where it did not in every seed."""

    median_s: float | None
    worst_s: float | None


class Played(msgspec.Struct, frozen=True):
    """What came of one control: its seeds, and its own digest and promises."""

    digest: str
    invariants: dict[str, InvariantSummary]
    results: tuple[SeedResult, ...]

    @property
    def failed(self) -> bool:
        """Say whether it broke a promise, raised or was refused: it is our program as well."""
        broken = any(one.broken for one in self.invariants.values())
        return broken or any(result.error or result.refused for result in self.results)


class ScenarioSummary(msgspec.Struct, frozen=True):
    """The verdict on one scenario. ``repeat`` is the command that runs the worst case again.

    ``bites`` sums over seeds how often each fault changed anything.
    ``costs`` are what its faults cost, where that was asked for.
    ``world`` is the hash of all that decides its figures but the strategy.
    ``missing`` seeds have no result: those ``lost`` with their worker, and those that never had their turn.
    """

    name: str
    source: str
    duration_s: float
    digest: str
    gates: tuple[GateVerdict, ...]
    invariants: dict[str, InvariantSummary]
    results: tuple[SeedResult, ...]
    repeat: str
    excused: Excused = Excused()
    recovery: dict[str, Recovery] = {}
    bites: dict[str, int] = {}
    skipped: str = ""
    missing: tuple[int, ...] = ()
    lost: tuple[int, ...] = ()
    world: str = ""
    controls: dict[str, Played] = {}
    viability: ViabilityVerdict | None = None
    costs: FaultCosts | None = None

    @property
    def failed(self) -> bool:
        """Say whether a gate or an invariant failed, a seed raised or was lost with its worker; a control's too."""
        broken = any(one.broken for one in self.invariants.values())
        gates = any(gate.verdict == FAIL for gate in self.gates)
        controls = any(control.failed for control in self.controls.values())
        return broken or gates or controls or self.raised or self.refused or bool(self.lost)

    @property
    def verdict(self) -> str:
        """Say in a word what came of it: where nothing pays, nobody knows, or no gate was judged, that is no pass."""
        if self.failed:
            return FAIL
        if self.skipped or self.is_unrun:
            return SKIPPED if self.skipped else NOT_RUN
        if self.missing:
            return SO_FAR
        if self.gates and all(gate.verdict in (NOT_JUDGED, NOT_COMPARED) for gate in self.gates):
            return NOT_JUDGED
        return PASS if self.viability is None or self.viability.verdict == VIABLE else self.viability.verdict

    @property
    def fell(self) -> bool:
        """Say whether a figure is so much worse than the baseline's that its gate failed."""
        return any(gate.is_drop and gate.verdict == FAIL for gate in self.gates)

    @property
    def is_uncompared(self) -> bool:
        """Say whether the baseline turned out not to have what a gate asks of it."""
        return any(gate.verdict == NOT_COMPARED for gate in self.gates)

    @property
    def is_unrun(self) -> bool:
        """Say whether not one seed came to its turn."""
        return not self.results and not self.skipped and not self.lost

    @property
    def refused(self) -> bool:
        """Say whether a file the run reads was refused."""
        return any(result.refused for result in self.all_results)

    @property
    def raised(self) -> bool:
        """Say whether the strategy or the world raised in any seed."""
        return any(result.error for result in self.all_results)

    @property
    def all_results(self) -> tuple[SeedResult, ...]:
        """Give every seed that was run, of the strategy and then of each control."""
        return (*self.results, *(result for control in self.controls.values() for result in control.results))

    @property
    def worst_case(self) -> tuple[int, float] | None:
        """Give the seed to look at, and the instant in seconds: the first that broke or raised, else the worst."""
        ran = {result.seed: result for result in self.results}
        failing = _first_failing(self.results)
        if failing is not None:
            return failing.seed, failing.breaches[0].at_s if failing.breaches else failing.error_at_s
        missed = (gate.worst_seed for gate in self.gates if gate.verdict == FAIL)
        seed = next((seed for seed in missed if seed in ran), None)
        return None if seed is None else (seed, ran[seed].simulated_s)


def summarise(
    scenario: Scenario,
    source: str,
    results: Sequence[SeedResult],
    missing: Sequence[int],
    flags: str = "",
    lost: Sequence[int] = (),
    world: str = "",
    baseline: Recorded | None = None,
    all_flags: str = "",
    rivals: Mapping[str, Sequence[SeedResult]] = _NO_RIVALS,
    until_s: float | None = None,
) -> ScenarioSummary:
    """Judge a scenario from the results of its seeds (in seed order); ``flags`` decided what was run.

    ``all_flags`` are those that say which seeds and what to compare with, where no single seed is to blame;
    ``rivals`` are the results of the controls, by name; ``until_s`` cut the runs short.

    A seed that a broken promise cut short is judged by that promise; gates are asked of whole runs.
    """
    skipped = next((result.skipped for result in results if result.skipped), "")
    ran = [result for result in results if not result.skipped]
    controls = {name: _played(theirs, scenario.invariants.bounds) for name, theirs in rivals.items()}
    failing = _first_failing(ran) or next(
        filter(None, (_first_failing(one.results) for one in controls.values())), None
    )
    whole = _whole(ran)
    rivals = {name: _whole(one.results) for name, one in controls.items()}
    judged = [verdicts_of(scenario.name, gate, whole, baseline, rivals) for gate in scenario.gates if ran]
    gates = tuple(verdict for verdicts in judged for verdict in verdicts)
    worst = next((gate.worst_seed for gate in gates if gate.verdict == FAIL and gate.worst_seed is not None), None)
    seed = failing.seed if failing else worst
    return ScenarioSummary(
        name=scenario.name,
        source=source,
        duration_s=min(scenario.run.duration_s, until_s or scenario.run.duration_s),
        digest=_digest(ran),
        gates=gates,
        invariants=_invariants(ran, scenario.invariants.bounds),
        results=tuple(ran),
        repeat=f"sim run {source}" + (f" --seed {seed}" if seed is not None else all_flags) + flags,
        excused=_excused(ran),
        recovery=_recovery(ran),
        bites=_bites(ran),
        skipped=skipped,
        missing=tuple(missing),
        lost=tuple(lost),
        world=world,
        controls=controls,
        viability=viability_of(scenario.name, scenario.viability, whole, rivals)
        if scenario.viability and ran
        else None,
    )


def _played(results: Sequence[SeedResult], bounds: Bounds) -> Played:
    ran = [result for result in results if not result.skipped]
    return Played(_digest(ran), _invariants(ran, bounds), tuple(ran))


def _whole(results: Sequence[SeedResult]) -> list[SeedResult]:
    return [result for result in results if not result.was_cut]


def _digest(results: Sequence[SeedResult]) -> str:
    return hashlib.blake2b("".join(result.digest for result in results).encode(), digest_size=8).hexdigest()


def _excused(results: Sequence[SeedResult]) -> Excused:
    lost = [result for result in results if result.lost]
    codes = sorted({code for result in results for code in result.excused_s})
    seconds = {code: sum(result.excused_s.get(code, 0.0) for result in results) for code in codes}
    waited = {code: sum(result.waited_s.get(code, 0.0) for result in results) for code in codes}
    return Excused(
        lost_seeds=tuple(result.seed for result in lost),
        why=lost[0].lost if lost else "",
        seconds=seconds,
        shares_pct={code: PCT * seconds[code] / waited[code] for code in codes if waited[code]},
        reasons={code: _reasons(code, results) for code in codes},
    )


def _reasons(code: str, results: Sequence[SeedResult]) -> dict[str, float]:
    """Sum the excused seconds of a promise by reason, the longest first."""
    sums: dict[str, float] = {}
    for result in results:
        for why, seconds in result.excused_why_s.get(code, {}).items():
            sums[why] = sums.get(why, 0.0) + seconds
    return dict(sorted(sums.items(), key=lambda one: (-one[1], one[0])))


def _recovery(results: Sequence[SeedResult]) -> dict[str, Recovery]:
    found = {}
    for code in sorted({code for result in results for code in result.recovered_s}):
        values = [result.recovered_s.get(code) for result in results]
        held = [value for value in values if value is not None]
        is_whole = bool(held) and len(held) == len(values)
        found[code] = Recovery(statistics.median(held), max(held)) if is_whole else Recovery(None, None)
    return found


def _bites(results: Sequence[SeedResult]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for result in results:
        for fault, times in result.bites.items():
            sums[fault] = sums.get(fault, 0) + times
    return sums


def _first_failing(results: Sequence[SeedResult]) -> SeedResult | None:
    return next((result for result in results if result.breaches or result.error), None)


def _invariants(results: Sequence[SeedResult], bounds: Bounds) -> dict[str, InvariantSummary]:
    codes = sorted({code for result in results for code in result.checks} | _broken_codes(results))
    found = {}
    for code in codes:
        breaches = [(one, result.seed) for result in results for one in result.breaches if one.code == code]
        first = f"seed {breaches[0][1]}, t = {breaches[0][0].at_s:.3f} s: {breaches[0][0].detail}" if breaches else ""
        found[code] = InvariantSummary(
            checks=sum(result.checks.get(code, 0) for result in results),
            broken=len({seed for _, seed in breaches}),
            first=first,
            identities=_identities(one for one, _ in breaches),
            judged=judged_of(code, bounds, results),
        )
    return found


def _identities(breaches: Iterable[BreachSeen]) -> dict[str, int]:
    """Count breaches by their identity, the most frequent first."""
    counts: dict[str, int] = {}
    for breach in breaches:
        told = str(breach.identity)
        counts[told] = counts.get(told, 0) + 1
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _broken_codes(results: Sequence[SeedResult]) -> set[str]:
    return {breach.code for result in results for breach in result.breaches}
