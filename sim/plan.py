"""The faults of one run, written down before it starts: a run is a function of plan and code.

A scenario says what may happen; the plan says what will, fault by fault, in true nanoseconds from
the start. It is saved with the run, so that it can be read, edited and run again.
"""

from collections.abc import Collection
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from sim.scenario.faults.base import CORE, Fault
from sim.scenario.models import Scenario
from strategy.units import NS_PER_S

_OWN_FIELDS: Final = frozenset({"id", "kind", "at_s", "for_s"})
# The end of the id of that part of a fault which a calm of mode ``core_heal`` leaves.
STAYS: Final = ".stays"
# The end of what has none.
NEVER_NS: Final = 2**62


class PlannedFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fault: from ``start_ns`` until just before ``end_ns``; ``params`` are its kind's own."""

    id: str
    kind: str
    start_ns: int
    end_ns: int
    params: dict[str, Any]


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a seed was expanded into. ``calm_ns`` is when the storm is over, if one is said."""

    scenario: str
    seed: int
    duration_ns: int
    calm_ns: int | None
    faults: tuple[PlannedFault, ...]


def expand(scenario: Scenario, seed: int, until_s: float | None = None) -> Plan:
    """Turn a scenario and a seed into a plan; ``until_s`` cuts the run short."""
    run = scenario.run
    duration_s = run.duration_s if until_s is None else min(until_s, run.duration_s)
    calm_ns = None if run.calm is None else round(run.calm.after_s * NS_PER_S)
    is_core_only = run.calm is not None and run.calm.mode == "core_heal"
    return Plan(
        scenario=scenario.name,
        seed=seed,
        duration_ns=round(duration_s * NS_PER_S),
        calm_ns=calm_ns,
        faults=tuple(
            planned for fault in scenario.faults for planned in _planned(fault, calm_ns, is_core_only=is_core_only)
        ),
    )


def _planned(fault: Fault, calm_ns: int | None, *, is_core_only: bool) -> list[PlannedFault]:
    """Place one fault in time: until its length is over or the storm is, whatever comes first.

    Where only the core heals, what sits elsewhere has no end but its own.
    """
    start_ns = round(fault.at_s * NS_PER_S)
    for_s = getattr(fault, "for_s", None)
    length_end_ns = NEVER_NS if for_s is None else start_ns + round(for_s * NS_PER_S)
    calm_end_ns = length_end_ns if calm_ns is None else min(length_end_ns, calm_ns)
    params = {key: value for key, value in fault.model_dump(mode="json").items() if key not in _OWN_FIELDS}
    whole = PlannedFault(fault.id, fault.kind, start_ns, calm_end_ns, params)
    if not is_core_only:
        return [whole]
    where = next((field for field in CORE if field in params), None)
    if where is None:
        return [replace(whole, end_ns=length_end_ns)] if fault.STAYS else [whole]
    parts = []
    for name, end_ns, held in (
        (fault.id, calm_end_ns, [one for one in params[where] if one in CORE[where]]),
        (f"{fault.id}{STAYS}", length_end_ns, [one for one in params[where] if one not in CORE[where]]),
    ):
        if held:
            parts.append(PlannedFault(name, fault.kind, start_ns, end_ns, {**params, where: held}))
    return parts


def own_id(fault: PlannedFault) -> str:
    """Give the id that the scenario knows a fault by: the part that stays after a calm has a name of its own."""
    return fault.id.removesuffix(STAYS)


def ids_of(plan: Plan) -> tuple[str, ...]:
    """Name the faults of a plan as the scenario does, in its order."""
    return tuple(dict.fromkeys(own_id(fault) for fault in plan.faults))


def without(plan: Plan, ids: Collection[str], at_ns: int = 0) -> Plan:
    """Take faults out of a plan, from an instant on: what had begun by then ends there, what had not never does."""
    kept = []
    for fault in plan.faults:
        if own_id(fault) not in ids or fault.end_ns <= at_ns:
            kept.append(fault)
        elif fault.start_ns < at_ns:
            kept.append(replace(fault, end_ns=at_ns))
    return replace(plan, faults=tuple(kept))


def with_fault(plan: Plan, fault: Fault, scenario: Scenario) -> Plan:
    """Add a fault to a plan, as if the scenario had it."""
    is_core_only = scenario.run.calm is not None and scenario.run.calm.mode == "core_heal"
    return replace(plan, faults=(*plan.faults, *_planned(fault, plan.calm_ns, is_core_only=is_core_only)))


def to_bytes(plan: Plan) -> bytes:
    """Write a plan as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(plan), indent=2)


def from_bytes(data: bytes) -> Plan:
    """Read a plan back; nonsense and unknown keys raise ``msgspec.ValidationError``."""
    return msgspec.json.decode(data, type=Plan)
