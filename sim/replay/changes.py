"""What a person wants changed in a plan, read and checked: faults to take out, faults to put in."""

from collections.abc import Sequence
from typing import Final

from pydantic import Field

from sim import plan
from sim.replay.stored import NotThere, Stored, why_no_fault, why_not_together
from sim.scenario.faults import AnyFault, OneFault
from strategy.documents import read
from strategy.errors import OperatorError, Problem
from strategy.file_model import Document
from strategy.hints import did_you_mean
from strategy.units import NS_PER_S

OPTION: Final = "--with"
_HEAD: Final = "fault: "
OUTSIDE_RUN: Final = "SQ-S011"
SAME_ID: Final = "SQ-S010"
AT_ONCE: Final = "SQ-S014"


class Impossible(ValueError):
    """What is asked for changes nothing; the text says what."""


class _Added(Document):
    """One fault, as a scenario has it."""

    fault: OneFault = Field()


def taken_out(kept: Stored, ids: Sequence[str], at_ns: int) -> tuple[str, ...]:
    """Check what is to be taken out of a plan from an instant on, and name each once.

    Raises ``NotThere`` for a fault that is none of the plan's, ``Impossible`` for one that is over or never begins.
    """
    known = plan.ids_of(kept.plan)
    for name in ids:
        if name not in known:
            there = ", ".join(known) or "none"
            raise NotThere(f"no fault {name!r}{did_you_mean(name, known)}; there are {there}")
        ends_ns = max(fault.end_ns for fault in kept.plan.faults if plan.own_id(fault) == name)
        starts_ns = min(fault.start_ns for fault in kept.plan.faults if plan.own_id(fault) == name)
        if ends_ns <= at_ns:
            raise Impossible(
                f"{name} was over at {ends_ns / NS_PER_S:g} s: from {at_ns / NS_PER_S:g} s on it is no more"
            )
        if starts_ns >= kept.plan.duration_ns:
            raise Impossible(f"{name} begins at {starts_ns / NS_PER_S:g} s, after the end of the run")
    return tuple(dict.fromkeys(ids))


def put_in(kept: Stored, texts: Sequence[str], at_ns: int, without: Sequence[str] = ()) -> tuple[AnyFault, ...]:
    """Read faults to be added to what is left ``without`` others.

    All mistakes are told at once by ``OperatorError``, with their place in the text.
    """
    problems: list[Problem] = []
    taken = dict.fromkeys(plan.ids_of(kept.plan))
    found: list[AnyFault] = []
    left = plan.without(kept.plan, without, at_ns)
    for number, text in enumerate(texts, 1):
        fault = _fault(text, number, problems)
        if fault is None:
            continue
        words = _misfit(kept, fault, at_ns)
        if fault.id in taken:
            problems.append(Problem(SAME_ID, OPTION, 1, 1, f"id {fault.id!r} is taken", text))
        elif words:
            problems.append(Problem(OUTSIDE_RUN, OPTION, 1, 1, words, text))
        else:
            left = plan.with_fault(left, fault, kept.scenario)
            both = why_not_together(left.faults, kept.scenario.market.traded)
            problems += [Problem(AT_ONCE, OPTION, 1, 1, words, text) for words in both]
            left = left if not both else plan.without(left, [fault.id])
        taken[fault.id] = None
        found.append(fault)
    if problems:
        raise OperatorError(problems)
    return tuple(found)


def _fault(text: str, number: int, problems: list[Problem]) -> AnyFault | None:
    """Read one fault; its id is its kind and its number where it has none."""
    reading = read(f"{_HEAD}{text}", _Added, OPTION)
    for one in reading.problems:
        # The caret belongs into what the person wrote.
        col = max(1, one.col - len(_HEAD)) if one.line == 1 else one.col
        problems.append(Problem(one.code, OPTION, one.line, col, one.message, one.source_line.removeprefix(_HEAD)))
    if reading.value is None:
        return None
    fault: AnyFault = reading.value.fault
    return fault if fault.id else fault.model_copy(update={"id": f"{fault.kind}.with{number}"})


def _misfit(kept: Stored, fault: AnyFault, at_ns: int) -> str:
    """Say why a fault cannot be added to a run from an instant on; empty where it can."""
    starts_ns = round(fault.at_s * NS_PER_S)
    if starts_ns < at_ns:
        return f"it begins at {fault.at_s:g} s, before --at {at_ns / NS_PER_S:g}: the past cannot be changed"
    end_ns = kept.plan.duration_ns if kept.plan.calm_ns is None else min(kept.plan.calm_ns, kept.plan.duration_ns)
    if starts_ns >= end_ns:
        return f"it begins at {fault.at_s:g} s, but the storm is over at {end_ns / NS_PER_S:g} s"
    planned = plan.with_fault(kept.plan, fault, kept.scenario).faults[len(kept.plan.faults) :]
    return next((words for one in planned if (words := why_no_fault(one, kept.scenario))), "")
