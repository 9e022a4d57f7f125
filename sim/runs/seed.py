"""One seed of one scenario, from its job to its result: what a worker does."""

import hashlib
import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from sim import plan
from sim.runs.job import BreachSeen, Job, SeedResult
from strategy.errors import OperatorError, Problem
from strategy.units import NS_PER_S

if TYPE_CHECKING:
    from sim.world import World

NO_SUCH_CORE = "SQ-S020"


def core_factory(spec: str) -> Callable[..., Any]:
    """Find a core by ``module:factory``; empty means our own. The working directory is importable."""
    if not spec:
        from strategy.core import Core

        return Core
    module, colon, name = spec.partition(":")
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        factory: Callable[..., Any] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as missing:
        words = f"no core {spec!r}: {missing}" if colon else f"no core {spec!r}: write module:factory"
        raise OperatorError([Problem(NO_SUCH_CORE, "--core", 0, 0, words)]) from None
    return factory


def run_seed(job: Job) -> SeedResult:
    """Run one seed; whatever raises inside the world is part of its result."""
    junk = [object() for _ in range(job.junk)]
    started_s = time.perf_counter()
    try:
        result = _run(job)
    except OperatorError as refused:
        result = SeedResult(job.scenario.name, job.seed, refused=str(refused))
    except Exception as raised:  # noqa: BLE001 - a core that cannot even be built is a result as well
        words = f"{type(raised).__name__}: {raised}"
        result = SeedResult(job.scenario.name, job.seed, error=words, error_code=getattr(raised, "code", "SQ-S001"))
    del junk
    return replace(result, wall_s=time.perf_counter() - started_s)


def open_world(job: Job, planned: plan.Plan) -> "World | str":
    """Build the world of a job, with the simulated driver or with an arm's; text says why there is none."""
    scenario, pits = job.scenario, None
    if scenario.market.tape is not None:
        from sim.market.tape.pit import open_tape

        opened = open_tape(scenario, job.data_dir)
        if isinstance(opened, str):
            return opened
        pits = opened
    factory = core_factory(job.core)
    if not job.through:
        from sim.world import World

        return World(scenario, planned, factory, pits)
    from sim.through.arms import arm
    from sim.through.world import ThroughWorld

    return ThroughWorld(scenario, planned, factory, pits, arm=arm(job.through))


def flow_of(world: "World") -> str:
    """Digest what others proposed until now, in every market: times and draws, not what the book made of them."""
    counted = [f"{market.symbol} {market.proposals_so_far()}" for market in world.markets]
    return hashlib.blake2b("\n".join(counted).encode(), digest_size=8).hexdigest()


def _bites(world: Any, ended_ns: int) -> dict[str, int]:
    """Count by id how often each fault bit; one of which a part stays after the calm is still one."""
    counts: dict[str, int] = {}
    for fault in world.plan.faults:
        if fault.start_ns < ended_ns:
            name = plan.own_id(fault)
            counts[name] = counts.get(name, 0) + world.bites.get(fault.id, 0)
    return counts


def _run(job: Job) -> SeedResult:
    from sim.oracle.recoverable import why_unrecoverable
    from sim.runs.metrics import earned_in

    scenario = job.scenario
    planned = plan.without(plan.expand(scenario, job.seed, job.until_s), job.without)
    world = open_world(job, planned)
    if isinstance(world, str):
        return SeedResult(scenario.name, job.seed, skipped=world)
    outcome = world.run()
    oracle, start_ns = world.oracle, world.start_wall_ns
    earned = earned_in(world)
    ended_badly = bool(outcome.error or oracle.breaches)
    return SeedResult(
        name=scenario.name,
        seed=job.seed,
        digest=outcome.digest,
        checkpoints=outcome.checkpoints,
        metrics=earned.metrics,
        edge=earned.parts,
        fills=b"".join(msgspec.json.encode(fill) + b"\n" for fill in earned.fills) if job.with_fills else b"",
        breaches=tuple(
            BreachSeen(one.code, (one.now_ns - start_ns) / NS_PER_S, one.detail, one.states, one.place)
            for one in oracle.breaches
        ),
        costs=tuple(BreachSeen(one.code, (one.now_ns - start_ns) / NS_PER_S, one.detail) for one in oracle.costs),
        checks=dict(sorted(oracle.checks.items())),
        excused_s={code: lasted_ns / NS_PER_S for code, lasted_ns in sorted(oracle.excused_ns.items())},
        excused_why_s={
            code: {why: ns / NS_PER_S for why, ns in reasons.items()}
            for code, reasons in sorted(oracle.excused_why_ns.items())
        },
        waited_s={code: ns / NS_PER_S for code, ns in sorted(oracle.findings.waited_ns.items())},
        asked_s={code: ns / NS_PER_S for code, ns in sorted(oracle.findings.asked_ns.items())},
        held=tuple(sorted(oracle.findings.held)),
        was_cut=bool(oracle.breaches) and outcome.ended_ns < planned.duration_ns,
        lost=why_unrecoverable(world),
        recovered_s={code: None if ns is None else ns / NS_PER_S for code, ns in oracle.recoveries_ns.items()},
        bites=_bites(world, outcome.ended_ns),
        sometimes=dict(sorted(oracle.sometimes.counts.items())),
        regime_states=dict(sorted(oracle.sometimes.regime_states.items())),
        flow=flow_of(world),
        plan=plan.to_bytes(planned),
        error=outcome.error,
        error_code=outcome.error_code,
        error_at_s=outcome.ended_ns / NS_PER_S if outcome.error else 0.0,
        last_events=world.trace.last_lines() if ended_badly else (),
        simulated_s=outcome.ended_ns / NS_PER_S,
    )
