"""``summary.json``: what a run writes down of its scenarios for programs to read, and the schema of it.

The records here are the file: what is written is made of them, and so is its JSON Schema.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from sim.runs.costs import FaultCosts
from sim.runs.edge_parts import EdgePart
from sim.runs.job import BreachSeen, SeedResult, Stats
from sim.runs.judge import GateVerdict
from sim.runs.summary import Excused, InvariantSummary, Played, Recovery, ScenarioSummary
from sim.runs.viability import ViabilityVerdict

SCHEMA_VERSION: Final = 1


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """One seed: its figures, what was checked and what broke. Times are simulated seconds.

    ``edge`` are the parts of what was earned: they sum to the whole to the last unit of cash.
    """

    seed: int
    digest: str
    flow: str
    simulated_s: float
    metrics: dict[str, Stats]
    edge: tuple[EdgePart, ...]
    checks: dict[str, int]
    was_cut: bool
    excused_s: dict[str, float]
    asked_s: dict[str, float]
    lost: str
    bites: dict[str, int]
    sometimes: dict[str, int]
    recovered_s: dict[str, float | None]
    breaches: tuple[BreachSeen, ...]
    costs: tuple[BreachSeen, ...]
    error_code: str


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """Another strategy in the same worlds."""

    digest: str
    invariants: dict[str, InvariantSummary]
    seeds: tuple[Seed, ...]


class OneScenario(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one scenario; ``verdict`` is it in a word, ``viability``, ``fault_costs`` null where nobody asked.

    ``world`` is the hash of all that decides its figures but the strategy.
    """

    name: str
    duration_s: float
    digest: str
    world: str
    failed: bool
    verdict: str
    viability: ViabilityVerdict | None
    skipped: str
    missing_seeds: tuple[int, ...]
    gates: tuple[GateVerdict, ...]
    invariants: dict[str, InvariantSummary]
    excused: Excused
    recovery: dict[str, Recovery]
    bites: dict[str, int]
    fault_costs: FaultCosts | None
    seeds: tuple[Seed, ...]
    controls: dict[str, Control]


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The results of one run: equal inputs give equal bytes."""

    schema_version: int
    scenarios: tuple[OneScenario, ...]


def written(summaries: Sequence[ScenarioSummary]) -> dict[str, Any]:
    """Give what goes to ``summary.json``, as plain data."""
    plain: dict[str, Any] = msgspec.to_builtins(
        RunSummary(schema_version=SCHEMA_VERSION, scenarios=tuple(_scenario(one) for one in summaries))
    )
    return plain


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema of the file."""
    return msgspec.json.schema(RunSummary)


def _scenario(summary: ScenarioSummary) -> OneScenario:
    return OneScenario(
        name=summary.name,
        duration_s=summary.duration_s,
        digest=summary.digest,
        world=summary.world,
        failed=summary.failed,
        verdict=summary.verdict,
        viability=summary.viability,
        skipped=summary.skipped,
        missing_seeds=summary.missing,
        gates=summary.gates,
        invariants=summary.invariants,
        excused=summary.excused,
        recovery=summary.recovery,
        bites=summary.bites,
        fault_costs=summary.costs,
        seeds=tuple(_seed(result) for result in summary.results),
        controls={name: _control(one) for name, one in summary.controls.items()},
    )


def _control(played: Played) -> Control:
    return Control(
        digest=played.digest,
        invariants=played.invariants,
        seeds=tuple(_seed(result) for result in played.results),
    )


def _seed(result: SeedResult) -> Seed:
    return Seed(**{name: getattr(result, name) for name in Seed.__struct_fields__})
