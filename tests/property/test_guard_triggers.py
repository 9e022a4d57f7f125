"""What holds of the guard for every history of readings."""

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from quoting import GUARD, KNOBS, NOW_NS, calm

from strategy.context import LATCHED, QuoteContext, Readings, StageMemory
from strategy.stages import guard

NAMES = [name for name, _ in guard.TABLE]
ORDINARY = [name for name, action in guard.TABLE if action != LATCHED]
RANK = {action: rank for rank, action in enumerate(guard.ACTIONS)}
LEVEL = {level: rank for rank, level in enumerate(guard.LEVELS)}

# A history: how long since the last decision, and where between 0 and beyond HARD the reading is.
STEPS = st.lists(st.tuples(st.integers(0, 3 * GUARD.halt_ns), st.floats(0.0, 1.5)), min_size=1, max_size=30)


def judged(memory: StageMemory, now_ns: int, readings: dict[str, Any]) -> QuoteContext:
    return guard.judge(calm(now_ns=now_ns, memory=memory, readings=Readings(**readings)), KNOBS)


def dwell_ns(name: str, level: int) -> int:
    is_halt = dict(guard.TABLE)[name] == "halt"
    return max(GUARD.dwell_ns, GUARD.halt_ns) if is_halt and level == 2 else GUARD.dwell_ns


@given(name=st.sampled_from(NAMES), steps=STEPS)
def test_a_level_never_falls_before_its_dwell(name: str, steps: list[tuple[int, float]]) -> None:
    index, trigger = NAMES.index(name), getattr(GUARD, name)
    memory, now_ns, entered_ns, level = StageMemory(), NOW_NS, NOW_NS, 0
    for elapsed_ns, part in steps:
        now_ns += elapsed_ns
        memory = judged(memory, now_ns, {name: part * trigger.hard_enter}).memory
        now = memory.levels[index]
        if now < level:
            assert now_ns - entered_ns >= dwell_ns(name, level)
        if now != level:
            entered_ns, level = now_ns, now
            assert memory.since_ns[index] == now_ns


@given(name=st.sampled_from(ORDINARY), steps=STEPS)
def test_between_exit_and_enter_no_level_changes(name: str, steps: list[tuple[int, float]]) -> None:
    """No flapping: a reading anywhere inside a hysteresis band neither raises nor lowers."""
    index, trigger = NAMES.index(name), getattr(GUARD, name)
    for enter, leave, level in ((trigger.soft_enter, trigger.soft_exit, 1), (trigger.hard_enter, trigger.hard_exit, 2)):
        memory = judged(StageMemory(), NOW_NS, {name: enter}).memory
        now_ns = NOW_NS
        for elapsed_ns, part in steps:
            now_ns += elapsed_ns
            inside = leave + min(part, 0.999) * (enter - leave)
            memory = judged(memory, now_ns, {name: max(inside, math.nextafter(leave, math.inf))}).memory
            assert memory.levels[index] == level


@given(name=st.sampled_from(ORDINARY), steps=STEPS)
def test_below_the_exit_a_quiet_trigger_comes_to_rest(name: str, steps: list[tuple[int, float]]) -> None:
    memory, now_ns = StageMemory(), NOW_NS
    for elapsed_ns, part in steps:
        now_ns += elapsed_ns
        memory = judged(memory, now_ns, {name: part * getattr(GUARD, name).hard_enter}).memory
    context = judged(memory, now_ns + GUARD.halt_ns, {name: 0.0})
    assert context.memory.levels[NAMES.index(name)] == 0
    assert context.verdict.reasons == ()


@given(name=st.sampled_from(NAMES), lower=st.floats(0.0, 2.0), higher=st.floats(0.0, 2.0))
def test_a_worse_reading_is_never_judged_milder(name: str, lower: float, higher: float) -> None:
    lower, higher = sorted((lower, higher))
    enter = getattr(GUARD, name).hard_enter
    milder = judged(StageMemory(), NOW_NS, {name: lower * enter}).verdict
    worse = judged(StageMemory(), NOW_NS, {name: higher * enter}).verdict
    assert LEVEL[worse.level] >= LEVEL[milder.level]
    assert RANK[worse.action] >= RANK[milder.action]


@given(row=st.sampled_from(guard.TABLE), beyond=st.floats(1.0, 100.0))
def test_each_trigger_alone_drives_its_own_action(row: tuple[str, str], beyond: float) -> None:
    name, action = row
    verdict = judged(StageMemory(), NOW_NS, {name: getattr(GUARD, name).hard_enter * beyond}).verdict
    assert (verdict.level, verdict.action) == ("HARD", action)
    assert verdict.reasons[0].code == name


def readings_of(name: str) -> st.SearchStrategy[float]:
    return st.floats(0.0, 1.3 * getattr(GUARD, name).hard_enter)


READINGS = st.fixed_dictionaries({name: readings_of(name) for name in NAMES})


@given(readings=READINGS)
def test_together_they_are_the_worst_of_each_alone(readings: dict[str, float]) -> None:
    alone = [judged(StageMemory(), NOW_NS, {name: readings[name]}).verdict for name in NAMES]
    verdict = judged(StageMemory(), NOW_NS, readings).verdict
    assert LEVEL[verdict.level] == max(LEVEL[each.level] for each in alone)
    assert RANK[verdict.action] == max(RANK[each.action] for each in alone)
    assert verdict.may_take == all(each.may_take for each in alone)
    assert verdict.is_halted == any(each.is_halted for each in alone)
    told = [reason for reason in verdict.reasons if reason.code != LATCHED]
    assert told == [reason for each in alone for reason in each.reasons if reason.code != LATCHED]


@given(readings=READINGS, steps=st.lists(st.integers(0, 10**12), max_size=10))
def test_a_latch_outlasts_everything_but_the_operator(readings: dict[str, float], steps: list[int]) -> None:
    memory, now_ns = judged(StageMemory(), NOW_NS, {**readings, "loss": 100.0}).memory, NOW_NS
    for elapsed_ns in steps:
        now_ns += elapsed_ns
        context = judged(memory, now_ns, {})
        memory = context.memory
        assert (context.verdict.action, context.no_quote_reason) == ("latched", "HALTED")
    cleared = judged(guard.clear_latch(memory), now_ns + GUARD.halt_ns, {})
    assert cleared.verdict.action == "none"


@given(readings=READINGS, elapsed_ns=st.integers(0, 10**10))
def test_judging_twice_at_one_instant_changes_nothing(readings: dict[str, float], elapsed_ns: int) -> None:
    once = judged(StageMemory(), NOW_NS + elapsed_ns, readings)
    twice = judged(once.memory, NOW_NS + elapsed_ns, readings)
    assert twice.memory is once.memory
    assert twice.verdict == once.verdict
