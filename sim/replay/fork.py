"""The same world twice, once with something changed from an instant on: what the change does, and nothing else.

Both worlds run from their plans, side by side. Two things are proven on the way, or nothing is concluded:
what others propose is the same throughout, and until just before the change the traces are the same.
"""

import json
from pathlib import Path
from typing import Any, Final

import msgspec

from sim import plan
from sim.plan import Plan, PlannedFault
from sim.replay.moment import Broken
from sim.replay.rerun import Proof, Rerun, world_of
from sim.replay.stored import Stored
from sim.runs import recipe
from sim.runs.folder import write_seed
from sim.runs.job import Job, SeedResult, Stats
from sim.runs.metrics import metrics_of
from sim.runs.seed import flow_of
from sim.scenario.faults.base import Fault
from sim.trace import HOSTS_KINDS
from sim.world import Outcome, World
from strategy.units import NS_PER_MS, NS_PER_S

DIFFERS: Final = "SQ-S044"
_SLICE_NS: Final = 100 * NS_PER_MS
_VALUE: Final = "value"
# What is told first of two runs; whatever else differs follows.
FIRST: Final = ("pnl_usdt", "fills", "stale_quote_s", "net_bps", "two_sided_uptime_pct", "doubts", "halts")


class Parting(msgspec.Struct, frozen=True):
    """The first record that is not the same in both worlds; empty where one of them has none."""

    at_s: float
    then: str
    now: str


class Change(msgspec.Struct, frozen=True):
    """One figure, in the run that was kept and in the fork."""

    metric: str
    then: float | None
    now: float | None


class Ending(msgspec.Struct, frozen=True):
    """How a world ended: at which instant, and what broke or raised."""

    at_s: float
    broken: tuple[Broken, ...]
    error: str


class Fork(msgspec.Struct, frozen=True):
    """What came of a fork. ``wrong`` says why nothing may be concluded; empty where all is proven.

    ``proof`` is that of the run that was kept. ``shared_records`` are the same in both traces, until just before
    ``from_s``. ``flow_s`` is for how long both ran and others proposed the same.
    """

    scenario: str
    seed: int
    from_s: float
    changed: tuple[str, ...]
    shared_records: int
    flow_s: float
    parting: Parting | None
    figures: tuple[Change, ...]
    then: Ending
    now: Ending
    proof: Proof
    wrong: str = ""


def forked(kept: Stored, at_ns: int, without: tuple[str, ...], added: tuple[Fault, ...]) -> Plan:
    """Edit the plan of a run from an instant on."""
    other = plan.without(kept.plan, without, at_ns)
    for fault in added:
        other = plan.with_fault(other, fault, kept.scenario)
    return other


def first_change_ns(one: Plan, other: Plan) -> int | None:
    """Give the first instant at which two plans can make a difference; None where they are the same."""
    left, right = ({fault.id: fault for fault in each.faults} for each in (one, other))
    instants = []
    for name in dict.fromkeys([*left, *right]):
        before, after = left.get(name), right.get(name)
        if before == after:
            continue
        if before is not None and after is not None and _as_long(before) == _as_long(after):
            instants.append(min(before.end_ns, after.end_ns))
        else:
            instants += [fault.start_ns for fault in (before, after) if fault is not None]
    return min(instants, default=None)


def _as_long(fault: PlannedFault) -> PlannedFault:
    return msgspec.structs.replace(fault, end_ns=0)


def fork(kept: Stored, other: Plan, changed: tuple[str, ...], data_dir: str) -> tuple[Fork, Outcome]:
    """Run both worlds; ``other`` is another plan than the one that was kept. Gives how its world ended as well."""
    from_ns = first_change_ns(kept.plan, other)
    assert from_ns is not None, "whoever forks has changed something"
    base, world = Rerun(kept, data_dir), world_of(kept, other, data_dir)
    world.begin()
    base.advance(from_ns - 1)
    world.advance(from_ns - 1)
    shared = base.world.trace.records
    wrong = ""
    if base.world.trace.digest() != world.trace.digest():
        wrong = (
            f"before t = {from_ns / NS_PER_S:g} s, where they first differ in their plans, the traces are not the same"
        )
    parting, flow_ns, flow_differs = _side_by_side(base, world)
    wrong = wrong or flow_differs
    proof = base.finish()
    outcome = world.end()
    assert base.outcome is not None
    found = Fork(
        scenario=kept.scenario.name,
        seed=kept.plan.seed,
        from_s=from_ns / NS_PER_S,
        changed=changed,
        shared_records=shared,
        flow_s=flow_ns / NS_PER_S,
        parting=parting,
        figures=_figures(metrics_of(base.world), metrics_of(world)),
        then=_ending(base.world, base.outcome.error),
        now=_ending(world, outcome.error),
        proof=proof,
        wrong=wrong,
    )
    return found, outcome


def keep(kept: Stored, other: Plan, outcome: Outcome, out: Path) -> Path:
    """Write the world of a fork as a run folder has its seeds, so that it can be looked into; give its place."""
    made = kept.recipe
    job = Job(made.scenario, other.seed, made.core, made.through)
    place = out / made.scenario.name / str(other.seed)
    write_seed(
        place,
        SeedResult(
            made.scenario.name,
            other.seed,
            digest=outcome.digest,
            checkpoints=outcome.checkpoints,
            plan=plan.to_bytes(other),
            error=outcome.error,
        ),
    )
    (place.parent / recipe.FILE).write_bytes(recipe.recipe_of(job, recipe.this_program(made.through)))
    return place


def _side_by_side(base: Rerun, world: World) -> tuple[Parting | None, int, str]:
    """Run both on in small steps; give where they part, how long both ran, and what is wrong with the flow."""
    parting, flow_differs, both_ns = None, "", base.now_ns
    while not (base.is_over and world.is_over):
        counts = base.world.trace.records, world.trace.records
        until_ns = max(base.now_ns, world.kernel.now_ns) // _SLICE_NS * _SLICE_NS + _SLICE_NS
        base.advance(until_ns)
        world.advance(until_ns)
        if parting is None and base.world.trace.digest() != world.trace.digest():
            parting = _parting(base.world, world, counts)
        if base.now_ns == world.kernel.now_ns:
            both_ns = base.now_ns
            if not flow_differs and flow_of(base.world) != flow_of(world):
                flow_differs = f"others propose something else in the {_SLICE_NS / NS_PER_S:g} s before t = "
                flow_differs += f"{both_ns / NS_PER_S:.3f} s"
    return parting, both_ns, flow_differs


def _parting(one: World, other: World, counts: tuple[int, int]) -> Parting:
    """Find the first record that differs among those made since ``counts``."""
    news = []
    for world, before in zip((one, other), counts, strict=True):
        made = world.trace.records - before
        news.append(list(world.trace.last_lines())[-made:] if made else [])
    places = (place for place, (left, right) in enumerate(zip(*news, strict=False)) if left != right)
    place = next(places, min(len(each) for each in news))
    left, right = (each[place] if place < len(each) else "" for each in news)
    at_ns = min(_since_start_ns(line, one.start_wall_ns) for line in (left, right) if line)
    return Parting(at_ns / NS_PER_S, left, right)


def _since_start_ns(line: str, start_wall_ns: int) -> int:
    """Give how long after the start of a run a record of its trace was made, by the clock of its kind."""
    kind, at_ns, _ = json.loads(line)
    return int(at_ns) - (start_wall_ns if kind in HOSTS_KINDS else 0)


def _figures(then: dict[str, Stats], now: dict[str, Stats]) -> tuple[Change, ...]:
    """Give what is told first, and every other figure that changed."""
    names = dict.fromkeys([*FIRST, *then, *now])
    made = [Change(name, _figure(then, name), _figure(now, name)) for name in names]
    return tuple(one for one in made if one.metric in FIRST or one.then != one.now)


def _figure(figures: dict[str, Stats], name: str) -> float | None:
    return figures.get(name, {}).get(_VALUE)


def _ending(world: World, error: str) -> Ending:
    broken: list[Any] = [
        Broken(one.code, (one.now_ns - world.start_wall_ns) / NS_PER_S, one.detail, one.evidence)
        for one in world.oracle.breaches
    ]
    return Ending(world.kernel.now_ns / NS_PER_S, tuple(broken), error.strip().splitlines()[-1] if error else "")
