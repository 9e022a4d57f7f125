"""One look into a run that was kept, from its place to its exit code."""

import sys
from collections.abc import Callable
from typing import Final

import msgspec

from sim.replay import moment, screen
from sim.replay.looking import moment_of
from sim.replay.onlooker import Onlooker
from sim.replay.rerun import DIFFERS, Proof, Rerun
from sim.replay.stored import NotThere, Stored, stored
from sim.replay.timeline import Timeline
from sim.runs.recipe import this_program
from sim.runs.shelf import MANIFEST
from strategy.exit_codes import ExitCode
from strategy.units import NS_PER_S

OTHER_PROGRAM: Final = "SQ-S042"


class OutsideRun(NotThere):
    """An instant was asked for that the run does not have."""


class Asked(msgspec.Struct, frozen=True):
    """What to show of a run: an instant, some seconds from it, one order, or the first breach of a promise.

    ``is_quick``: go no further than what is shown, and prove no more.
    """

    at_s: float | None = None
    for_s: float | None = None
    until_invariant: str = ""
    order: str = ""
    is_printing: bool = False
    is_quick: bool = False


def look(place: str, asked: Asked, data_dir: str, form: str) -> int:
    """Run a seed again and show what was asked for; raises what is wrong with its files or with the asking."""
    kept = stored(place)
    warn(kept)
    shown, missing = shown_of(kept, asked, data_dir)
    if form == "json":
        print(msgspec.json.format(msgspec.json.encode(shown), indent=2).decode())
    else:
        talk = screen.console()
        if shown.moment is not None:
            screen.print_moment(talk, shown.moment)
        if shown.lines:
            talk.print()
            screen.print_lines(talk, shown.lines)
        screen.print_proof(talk, shown.proof)
    return _exit_code(shown.proof, missing)


def shown_of(kept: Stored, asked: Asked, data_dir: str) -> tuple[moment.Shown, str]:
    """Run a seed again; give what was asked for, and why there is none of it, empty where there is."""
    at_ns = _at_ns(kept, asked)
    end_ns = kept.plan.duration_ns
    until_ns = end_ns if asked.for_s is None else min(end_ns, at_ns + round(asked.for_s * NS_PER_S))
    is_listing = asked.is_printing or bool(asked.order) or asked.for_s is not None
    from_ns = 0 if asked.at_s is None else at_ns
    rerun = Rerun(kept, data_dir)
    onlooker = Onlooker(rerun.world)
    timeline = Timeline(rerun.world, lambda now_ns: from_ns <= now_ns <= until_ns) if is_listing else None
    missing = ""
    if asked.until_invariant:
        code = asked.until_invariant
        if not rerun.advance(end_ns, _has_broken(rerun, code)):
            looks = rerun.world.oracle.checks.get(code)
            missing = f"{code} did not break" if looks else f"{code} was not judged in this run"
    else:
        rerun.advance(at_ns)
    seen = None
    if not is_listing or (asked.at_s is not None and not asked.is_printing):
        seen = moment_of(rerun.world, onlooker, _why_over(rerun))
    if is_listing and not asked.until_invariant:
        rerun.advance(until_ns)
    proof = rerun.proof() if asked.is_quick and not rerun.is_over else rerun.finish()
    lines = timeline.lines() if timeline is not None else ()
    if asked.order:
        lines = tuple(line for line in lines if asked.order in line.about)
        if not lines:
            raise NotThere(f"{kept.folder}: nothing is said of an order {asked.order!r}{_some_orders(rerun)}")
    if timeline is not None and timeline.is_cut:
        print("more happened than is kept: narrow it with --at and --for", file=sys.stderr)
    return moment.Shown(seen, lines, proof), missing


def _at_ns(kept: Stored, asked: Asked) -> int:
    """Give the instant that is asked for: the end of the run, where none is."""
    is_whole = asked.is_printing or bool(asked.order)
    if asked.at_s is None:
        return 0 if is_whole or asked.for_s is not None else kept.plan.duration_ns
    at_ns = round(asked.at_s * NS_PER_S)
    if at_ns > kept.plan.duration_ns:
        raise OutsideRun(f"--at {asked.at_s:g}: the run is {kept.plan.duration_ns / NS_PER_S:g} s long")
    return at_ns


def _has_broken(rerun: Rerun, code: str) -> Callable[[], bool]:
    return lambda: any(one.code == code for one in rerun.world.oracle.breaches)


def _why_over(rerun: Rerun) -> str:
    """Say why a run goes no further, where it ended before its plan did."""
    world = rerun.world
    if not world.is_over or world.kernel.now_ns >= world.plan.duration_ns:
        return ""
    return world.raised.splitlines()[-1] if world.raised else f"{world.oracle.breaches[0].code} broke"


def _some_orders(rerun: Rerun) -> str:
    known = list(rerun.world.venue.orders)
    return f"; the venue's first is {known[0]}, its last {known[-1]}" if known else "; there was none"


def warn(kept: Stored) -> None:
    """Say on stderr what of a kept run is not as it was: the program, the plan."""
    differs = kept.recipe.program.differs(this_program(kept.recipe.through))
    if differs:
        print(f"warning[{OTHER_PROGRAM}]: made by another program: {differs}", file=sys.stderr)
    if kept.is_edited:
        print(f"{kept.folder / 'plan.json'} was edited: the scenario expands into another plan", file=sys.stderr)
    elif not kept.has_manifest:
        run = kept.folder.parent.parent
        words = "what else it held, and how many checkpoints there were, cannot be told"
        print(f"{run} keeps no {MANIFEST}: {words}", file=sys.stderr)


def _exit_code(proof: Proof, missing: str) -> int:
    if proof.differs:
        print("another program, or another plan, may rightly do otherwise", file=sys.stderr)
        print(f"error[{DIFFERS}]: {proof.differs}", file=sys.stderr)
        return ExitCode.NOT_DETERMINISTIC
    if missing:
        print(missing, file=sys.stderr)
        return ExitCode.NOTHING_SELECTED
    return ExitCode.OK
