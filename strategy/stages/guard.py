"""Stage 1: grade what could hurt us, and say what may still be done.

Each trigger is a number with two pairs of thresholds. It *rises* to a level the moment its
reading reaches the enter threshold, and *falls* only when its reading is back at the exit
threshold and the level has lasted its minimum dwell: a reading that dances on a threshold does
not make us dance. At HARD each trigger has a named action; the strongest is the verdict's.

- SOFT: smaller size, wider quotes. HARD includes it.
- no_taking: quoting goes on, we take nothing.
- reduce_only: only quotes that shrink the position.
- halt: no quotes. Lasts at least ``halt_ns``, then until the reading is healthy again.
- latched: no quotes until the operator clears it, whatever the readings say.

A reading of NaN could not be had, and counts as the worst.
"""

from typing import Final

from msgspec.structs import astuple, replace

from strategy.context import (
    HALT,
    HARD,
    LATCHED,
    NO_ACTION,
    NO_TAKING,
    NONE,
    REDUCE_ONLY,
    SOFT,
    SOFTEN,
    TRIGGER_COUNT,
    GuardVerdict,
    QuoteContext,
    Readings,
    Reason,
    Share,
    StageMemory,
)
from strategy.errors import RefusalCode
from strategy.knobs import GuardKnobs, Knobs, TriggerKnobs
from strategy.units import BPS

NAME: Final = "guard"
MEMORY: Final = "memory"

# One row per trigger, in the order of ``Readings`` and ``GuardKnobs``: its name, its HARD action.
TABLE: Final = (
    ("volatility", REDUCE_ONLY),
    ("round_trip", HALT),
    ("pnl_deviation", REDUCE_ONLY),
    ("inventory", REDUCE_ONLY),
    ("taker_fills", NO_TAKING),
    ("feed_silence", HALT),
    ("rejects", HALT),
    ("doubts", HALT),
    ("clock_uncertainty", HALT),
    ("margin", REDUCE_ONLY),
    ("loss", LATCHED),
    ("drawdown", LATCHED),
)
# Mildest first; the verdict's action is the strongest.
ACTIONS: Final = (NO_ACTION, SOFTEN, NO_TAKING, REDUCE_ONLY, HALT, LATCHED)
LEVELS: Final = (NONE, SOFT, HARD)

_SOFT: Final = 1
_HARD: Final = 2
_RANK: Final = {action: rank for rank, action in enumerate(ACTIONS)}
_HARD_RANKS: Final = tuple(_RANK[action] for _, action in TABLE)
_SOFT_RANK: Final = _RANK[SOFTEN]
_NO_TAKING_RANK: Final = _RANK[NO_TAKING]
_HALT_RANK: Final = _RANK[HALT]
_LATCHED_RANK: Final = _RANK[LATCHED]


def judge(context: QuoteContext, knobs: Knobs) -> QuoteContext:
    """Bring every trigger up to date and set the verdict, the size factor and the widening."""
    memory = _remembered(context, knobs.guard)
    verdict = _pressed(_verdict(context.readings, knobs.guard, memory), context.pressure)
    is_soft = verdict.level != NONE
    widen_bps = knobs.guard.soft_widen_bps if is_soft else 0.0
    half_ticks = context.mid2_ticks * widen_bps / BPS / 4  # half the width, of half of twice the mid
    return replace(
        context,
        memory=memory,
        verdict=verdict,
        size_factor=knobs.guard.soft_size_factor if is_soft else 1.0,
        widen_bps=widen_bps,
        no_quote_reason=context.blocked or _no_quote_reason(verdict),
        shares=(Share(NAME, -half_ticks, half_ticks),),
    )


def latch(memory: StageMemory) -> StageMemory:
    """Latch a symbol because the account is: a budget that is spent is spent for all."""
    return replace(memory, latched=True)


def clear_latch(memory: StageMemory) -> StageMemory:
    """Take the operator's word. A budget still overspent latches again at the next decision."""
    levels = tuple(0 if action == LATCHED else level for (_, action), level in zip(TABLE, memory.levels, strict=True))
    return replace(memory, latched=False, levels=levels)


def _remembered(context: QuoteContext, guard: GuardKnobs) -> StageMemory:
    """Move every trigger's level by its reading."""
    memory, now_ns = context.memory, context.now_ns
    was, since_was = memory.levels, memory.since_ns
    # Both records list the triggers first and in the table's order.
    readings, triggers = astuple(context.readings), astuple(guard)
    fresh, latched = list(was), memory.latched
    for index in range(TRIGGER_COUNT):
        reading, trigger, level = readings[index], triggers[index], was[index]
        if not level and reading < trigger.soft_enter:
            continue
        rank = _HARD_RANKS[index]
        dwell_ns = max(guard.dwell_ns, guard.halt_ns) if level == _HARD and rank == _HALT_RANK else guard.dwell_ns
        now = _level(level, reading, trigger, now_ns - since_was[index] < dwell_ns)
        fresh[index] = now
        latched = latched or (now == _HARD and rank == _LATCHED_RANK)
    heavy_since_ns = None
    if context.readings.inventory >= guard.inventory.hard_enter:
        heavy_since_ns = now_ns if memory.heavy_since_ns is None else memory.heavy_since_ns
    levels = tuple(fresh)
    if levels == was and latched == memory.latched and heavy_since_ns == memory.heavy_since_ns:
        return memory
    since_ns = tuple(
        since if level == before else now_ns for level, before, since in zip(levels, was, since_was, strict=True)
    )
    return replace(memory, levels=levels, since_ns=since_ns, latched=latched, heavy_since_ns=heavy_since_ns)


def _level(level: int, reading: float, trigger: TriggerKnobs, must_dwell: bool) -> int:
    """Give the level that follows; written so that NaN rises and never falls."""
    if not reading < trigger.hard_enter:
        return _HARD
    if level == _HARD and (must_dwell or reading > trigger.hard_exit):
        return _HARD
    if not reading < trigger.soft_enter:
        return _SOFT
    if level and (must_dwell or reading > trigger.soft_exit):
        return _SOFT
    return 0


def _verdict(readings: Readings, guard: GuardKnobs, memory: StageMemory) -> GuardVerdict:
    """Combine the triggers: the highest level, the strongest action, every reason."""
    levels = memory.levels
    top = max(levels)
    if not top and not memory.latched:
        return _AT_REST
    reasons = []
    strongest, may_take, is_halted = _SOFT_RANK, not memory.latched, False
    for index, level in enumerate(levels):
        if not level:
            continue
        name, action = TABLE[index]
        reasons.append(_reason(name, action, level, getattr(readings, name), getattr(guard, name)))
        if level == _HARD:
            rank = _HARD_RANKS[index]
            strongest = max(strongest, rank)
            may_take = may_take and rank not in (_NO_TAKING_RANK, _HALT_RANK)
            is_halted = is_halted or rank == _HALT_RANK
    if memory.latched:
        strongest, top = _LATCHED_RANK, _HARD
        reasons.append(_LATCH_REASON)
    return GuardVerdict(LEVELS[top], ACTIONS[strongest], tuple(reasons), may_take, is_halted)


def _pressed(verdict: GuardVerdict, pressure: int) -> GuardVerdict:
    """Make a verdict at least SOFT while memory is short, and reduce only once it is tight."""
    if not pressure:
        return verdict
    is_tight = pressure > _SOFT
    level = max(LEVELS.index(verdict.level), _HARD if is_tight else _SOFT)
    rank = max(_RANK[verdict.action], _RANK[REDUCE_ONLY] if is_tight else _SOFT_RANK)
    reason = Reason(MEMORY, float(pressure), 1.0)
    return replace(verdict, level=LEVELS[level], action=ACTIONS[rank], reasons=(*verdict.reasons, reason))


def _reason(code: str, action: str, level: int, value: float, trigger: TriggerKnobs) -> Reason:
    """Name the threshold that matters: the one reached, or else the one still to come back to."""
    if level == _SOFT:
        return Reason(code, value, trigger.soft_exit if value < trigger.soft_enter else trigger.soft_enter)
    # A latched level has no reading at which it ends.
    has_exit = value < trigger.hard_enter and action != LATCHED
    return Reason(code, value, trigger.hard_exit if has_exit else trigger.hard_enter)


def _no_quote_reason(verdict: GuardVerdict) -> str:
    return RefusalCode.HALTED.value if _RANK[verdict.action] >= _HALT_RANK else ""


_AT_REST: Final = GuardVerdict()
_LATCH_REASON: Final = Reason(LATCHED, 1.0, 1.0)
