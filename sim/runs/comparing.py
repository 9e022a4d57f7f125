"""Two finished runs, scenario by scenario and figure by figure."""

from collections.abc import Mapping, Sequence
from typing import Final

from sim.runs.pairing import Effect, effect_of
from sim.runs.recorded import NoBaseline, NotComparable, Recorded, RecordedCost
from sim.scenario.metrics import METRICS

Figure = tuple[str, str]
_VALUE: Final = "value"


def compare_runs(
    before: Mapping[str, Recorded], after: Mapping[str, Recorded], wanted: Sequence[Figure] = ()
) -> dict[str, list[Effect]]:
    """Give what changed in every scenario that both runs hold; ``wanted`` are (metric, statistic), else the
    value of every metric.

    Raises ``NotComparable`` where no scenario, world or seed is in both, or a wanted figure is in neither.
    """
    shared = [name for name in before if name in after]
    if not shared:
        raise NoBaseline(f"no scenario is in both: {_names(before)}; {_names(after)}")
    return {name: _effects(before[name], after[name], wanted) for name in shared}


def costs_by_fault(
    before: Mapping[str, Recorded], after: Mapping[str, Recorded]
) -> dict[str, dict[str, tuple[RecordedCost | None, RecordedCost | None]]]:
    """Give what each fault cost in both runs, by scenario and fault; None where a run does not have it.

    Raises ``NotComparable`` where no scenario of both was run with ``--fault-costs``.
    """
    found = {}
    for name in (name for name in before if name in after):
        check_same_world(before[name], after[name])
        sides = [_costs(run[name]) for run in (before, after)]
        if all(sides):
            faults = dict.fromkeys(fault for side in sides for fault in side)
            found[name] = {fault: (sides[0].get(fault), sides[1].get(fault)) for fault in faults}
    if not found:
        raise NotComparable("no scenario of both knows what its faults cost: run it with --fault-costs")
    return found


def _costs(one: Recorded) -> dict[str, RecordedCost]:
    return {cost.fault: cost for cost in one.fault_costs.faults} if one.fault_costs is not None else {}


def check_same_world(before: Recorded, after: Recorded) -> None:
    """Refuse to compare what was measured in different worlds, or in no seed of both."""
    if before.world != after.world:
        raise NotComparable(f"{before.name}: market, faults or length are not the same in both")
    if not before.whole.keys() & after.whole.keys():
        raise NotComparable(f"{before.name}: no seed ran to its end in both")


def _effects(before: Recorded, after: Recorded, wanted: Sequence[Figure]) -> list[Effect]:
    check_same_world(before, after)
    figures = wanted or [(name, _VALUE) for name in METRICS]
    found = []
    for metric, stat in figures:
        effect = effect_of(before.name, metric, stat, before.whole, after.whole)
        if effect is not None:
            found.append(effect)
        elif wanted:
            raise NotComparable(f"{before.name}: no seed of both runs has {metric} {stat}")
    return found


def _names(run: Mapping[str, Recorded]) -> str:
    return ", ".join(run) or "none"
