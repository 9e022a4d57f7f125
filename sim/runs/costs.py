"""What each fault costs: the same world with that one fault taken out, seed by seed.

Chance is common to both: every order that others propose, and every draw of the other faults, is the same
in both runs, which is checked. So the difference is the fault's doing, through whatever it made the bot do.

The costs of single faults do not add up to that of the storm: faults hide each other (a lost answer
costs nothing while nothing is sent), or make each other worse. What is left over is told as interaction, and
that it is one only where the seeds show it.
"""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from sim import plan
from sim.runs.job import Job, SeedResult
from sim.runs.pairing import direction_of
from sim.runs.resampling import interval_of_mean
from strategy.errors import StormquoteError

PNL: Final = "pnl_usdt"
STALE: Final = "stale_quote_s"
FILLS: Final = "fills"
_VALUE: Final = "value"
FLOW_DIFFERS: Final = "SQ-S044"


class FlowDiffers(StormquoteError):
    """Two worlds that differ in a fault have another flow of others' orders."""

    code = FLOW_DIFFERS


class FaultCost(msgspec.Struct, frozen=True):
    """What a fault costs, as means over ``seeds``: above zero it costs, below zero it pays.

    ``usdt`` is the PnL without the fault less the PnL with it; ``stale_quote_s`` and ``fills`` are what it adds of
    those. ``worst_usdt`` is the dearest seed's. ``interval`` holds the mean of ``usdt`` with 95 %.
    """

    fault: str
    kind: str
    usdt: float
    interval: tuple[float, float] | None
    worst_usdt: float
    worst_seed: int
    stale_quote_s: float
    fills: float
    seeds: int


class Interaction(msgspec.Struct, frozen=True):
    """What a storm costs beyond the sum of its faults, as a mean over ``seeds``; ``interval`` holds it with 95 %.

    ``shown`` is 1 where it is shown that faults make each other worse, -1 where they hide each other, 0 where
    neither is, or the seeds are too few.
    """

    usdt: float
    interval: tuple[float, float] | None
    seeds: int
    shown: int


class FaultCosts(msgspec.Struct, frozen=True):
    """What the faults of a scenario cost, each by itself, the dearest first; ``storm`` is all of them together.

    ``interaction`` is what the storm costs beyond the sum of its faults. ``left_out`` seeds could not be compared:
    one of their runs ended early.
    """

    faults: tuple[FaultCost, ...]
    storm: FaultCost | None = None
    interaction: Interaction | None = None
    left_out: tuple[int, ...] = ()


_ALL: Final = "all of them"


def jobs_without(jobs: Sequence[Job]) -> list[Job]:
    """Give the jobs that a cost takes besides ``jobs``: each without each of its faults, and without all of them."""
    return [replace(job, without=ids, with_fills=False) for job in jobs for _, ids in _cuts(job)]


def costs_of(
    jobs: Sequence[Job], results: Mapping[int, SeedResult], others: Mapping[int, SeedResult]
) -> dict[str, FaultCosts]:
    """Give the costs by scenario; ``others`` are the results of ``jobs_without(jobs)``, both by place.

    Raises ``FlowDiffers`` where two worlds had another flow while both ran.
    """
    gathered: dict[str, dict[str, list[tuple[SeedResult, SeedResult]]]] = {}
    kinds: dict[tuple[str, str], str] = {}
    left_out: dict[str, dict[int, None]] = {}
    place = 0
    for index, job in enumerate(jobs):
        name = job.scenario.name
        by_fault = gathered.setdefault(name, {})
        kinds |= {(name, fault.id): fault.kind for fault in job.scenario.faults}
        for fault, _ in _cuts(job):
            one, other = results.get(index), others.get(place)
            place += 1
            pairs = by_fault.setdefault(fault, [])
            if one is not None and other is not None and _are_comparable(one, other):
                pairs.append((one, other))
            else:
                left_out.setdefault(name, {})[job.seed] = None
    return {
        name: _of_scenario(name, by_fault, kinds, tuple(left_out.get(name, ())))
        for name, by_fault in gathered.items()
        if by_fault
    }


def _cuts(job: Job) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give what is taken out in each of a job's other worlds, by name: every fault that begins, then all."""
    planned = plan.expand(job.scenario, job.seed, job.until_s)
    begun = tuple(fault for fault in planned.faults if fault.start_ns < planned.duration_ns)
    ids = plan.ids_of(replace(planned, faults=begun))
    yield from ((fault, (fault,)) for fault in ids)
    if len(ids) > 1:
        yield _ALL, ids


def _are_comparable(one: SeedResult, other: SeedResult) -> bool:
    """Say whether both ran to their end; then they must have had the same flow."""
    if one.was_cut or other.was_cut or one.error or other.error or one.skipped or other.skipped:
        return False
    if one.flow != other.flow:
        raise FlowDiffers(f"{one.name} seed {one.seed}: with and without a fault others propose different orders")
    return PNL in one.metrics and PNL in other.metrics


def _of_scenario(
    name: str,
    by_fault: Mapping[str, Sequence[tuple[SeedResult, SeedResult]]],
    kinds: Mapping[tuple[str, str], str],
    left_out: tuple[int, ...],
) -> FaultCosts:
    found = {
        fault: _cost(f"{name}/{fault}/cost", fault, kinds.get((name, fault), ""), pairs)
        for fault, pairs in by_fault.items()
        if pairs
    }
    storm = found.pop(_ALL, None)
    single = sorted(found.values(), key=lambda cost: (-cost.usdt, cost.fault))
    return FaultCosts(tuple(single), storm, _interaction(f"{name}/interaction", by_fault), left_out)


def _interaction(key: str, by_fault: Mapping[str, Sequence[tuple[SeedResult, SeedResult]]]) -> Interaction | None:
    """Give what the storm costs beyond its faults, seed by seed; None where no seed has all that it takes."""
    usdt = {fault: {one.seed: _usdt(one, other) for one, other in pairs} for fault, pairs in by_fault.items()}
    storm = usdt.pop(_ALL, {})
    beyond = [
        cost - sum(costs[seed] for costs in usdt.values())
        for seed, cost in storm.items()
        if all(seed in costs for costs in usdt.values())
    ]
    if not beyond:
        return None
    interval = interval_of_mean(key, beyond)
    return Interaction(statistics.fmean(beyond), interval, len(beyond), direction_of(key, beyond, interval))


def _cost(key: str, fault: str, kind: str, pairs: Sequence[tuple[SeedResult, SeedResult]]) -> FaultCost:
    usdt = [_usdt(one, other) for one, other in pairs]
    worst = max(range(len(pairs)), key=lambda place: usdt[place])
    return FaultCost(
        fault=fault,
        kind=kind,
        usdt=statistics.fmean(usdt),
        interval=interval_of_mean(key, usdt),
        worst_usdt=usdt[worst],
        worst_seed=pairs[worst][0].seed,
        stale_quote_s=statistics.fmean(_value(one, STALE) - _value(other, STALE) for one, other in pairs),
        fills=statistics.fmean(_value(one, FILLS) - _value(other, FILLS) for one, other in pairs),
        seeds=len(pairs),
    )


def _usdt(one: SeedResult, other: SeedResult) -> float:
    """Give what a fault costs in one seed: the PnL without it less the PnL with it."""
    return _value(other, PNL) - _value(one, PNL)


def _value(result: SeedResult, metric: str) -> float:
    return result.metrics.get(metric, {}).get(_VALUE, 0.0)
