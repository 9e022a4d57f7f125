"""Stage 1, alone: levels, hysteresis, dwell, actions, reasons, the latch."""

import math

import pytest
from msgspec.structs import replace
from quoting import GUARD, KNOBS, NOW_NS, calm, knobs_with

from strategy.context import HARD, LATCHED, NONE, SOFT, QuoteContext, Readings, Reason, Share, StageMemory
from strategy.knobs import GuardKnobs
from strategy.stages import guard
from strategy.units import NS_PER_MS, NS_PER_S

DWELL_NS = GUARD.dwell_ns
NAMES = [name for name, _ in guard.TABLE]
ORDINARY = [name for name, action in guard.TABLE if action != LATCHED]


def judged(memory: StageMemory, after_ns: int, **readings: float) -> QuoteContext:
    return guard.judge(calm(now_ns=NOW_NS + after_ns, memory=memory, readings=Readings(**readings)), KNOBS)


def test_the_table_follows_the_order_of_readings_and_knobs() -> None:
    assert list(Readings.__struct_fields__) == NAMES
    assert list(GuardKnobs.__struct_fields__[: len(NAMES)]) == NAMES
    assert len(StageMemory().levels) == len(StageMemory().since_ns) == len(NAMES)


def test_the_table_names_these_actions() -> None:
    assert dict(guard.TABLE) == {
        "volatility": "reduce_only",
        "round_trip": "halt",
        "pnl_deviation": "reduce_only",
        "inventory": "reduce_only",
        "taker_fills": "no_taking",
        "feed_silence": "halt",
        "rejects": "halt",
        "doubts": "halt",
        "clock_uncertainty": "halt",
        "margin": "reduce_only",
        "loss": "latched",
        "drawdown": "latched",
    }
    assert guard.ACTIONS == ("none", "soft", "no_taking", "reduce_only", "halt", "latched")


def test_calm_readings_change_nothing() -> None:
    memory = StageMemory()
    context = judged(memory, 0, volatility=2.999, round_trip=299.9, inventory=59.9)
    assert (context.verdict.level, context.verdict.action, context.verdict.reasons) == (NONE, "none", ())
    assert context.verdict.may_take
    assert not context.verdict.is_halted
    assert (context.size_factor, context.widen_bps, context.no_quote_reason) == (1.0, 0.0, "")
    assert context.memory is memory
    assert context.shares == (Share("guard", 0.0, 0.0),)


@pytest.mark.parametrize("name", NAMES)
def test_soft_starts_exactly_at_its_threshold(name: str) -> None:
    threshold = getattr(GUARD, name).soft_enter
    below = judged(StageMemory(), 0, **{name: math.nextafter(threshold, 0)})
    assert below.verdict.level == NONE
    context = judged(StageMemory(), 0, **{name: threshold})
    assert (context.verdict.level, context.verdict.action) == (SOFT, "soft")
    assert context.verdict.reasons == (Reason(name, threshold, threshold),)
    assert context.verdict.may_take
    assert context.no_quote_reason == ""


@pytest.mark.parametrize(("name", "action"), guard.TABLE)
def test_hard_starts_exactly_at_its_threshold_and_drives_its_action(name: str, action: str) -> None:
    threshold = getattr(GUARD, name).hard_enter
    below = judged(StageMemory(), 0, **{name: math.nextafter(threshold, 0)})
    assert below.verdict.level == SOFT
    context = judged(StageMemory(), 0, **{name: threshold})
    assert (context.verdict.level, context.verdict.action) == (HARD, action)
    assert context.verdict.reasons[0] == Reason(name, threshold, threshold)
    assert context.verdict.may_take == (action == "reduce_only")
    assert context.verdict.is_halted == (action == "halt")
    assert context.no_quote_reason == ("HALTED" if action in ("halt", "latched") else "")


def test_soft_and_hard_shrink_and_widen_and_the_guard_records_its_share() -> None:
    for reading in (3.0, 6.0):
        context = judged(StageMemory(), 0, volatility=reading)
        assert (context.size_factor, context.widen_bps) == (0.5, 0.3)
        # A tick is a bp here: 0.3 bps of full width is 0.15 ticks a side.
        assert context.shares == (Share("guard", -0.15, 0.15),)


@pytest.mark.parametrize("name", NAMES)
def test_soft_ends_at_its_exit_and_not_before(name: str) -> None:
    trigger = getattr(GUARD, name)
    soft = judged(StageMemory(), 0, **{name: trigger.soft_enter}).memory
    held = judged(soft, DWELL_NS, **{name: math.nextafter(trigger.soft_exit, math.inf)})
    assert held.verdict.level == SOFT
    assert held.verdict.reasons[0].threshold == trigger.soft_exit
    assert judged(soft, DWELL_NS, **{name: trigger.soft_exit}).verdict.level == NONE


@pytest.mark.parametrize("name", ORDINARY)
def test_hard_ends_at_its_exit_and_not_before(name: str) -> None:
    trigger = getattr(GUARD, name)
    hard = judged(StageMemory(), 0, **{name: trigger.hard_enter}).memory
    long_ns = max(DWELL_NS, GUARD.halt_ns)
    held = judged(hard, long_ns, **{name: math.nextafter(trigger.hard_exit, math.inf)})
    assert held.verdict.level == HARD
    assert held.verdict.reasons[0].threshold == trigger.hard_exit
    left = judged(hard, long_ns, **{name: trigger.hard_exit}).verdict.level
    assert left == (SOFT if trigger.hard_exit > trigger.soft_exit else NONE)


def test_a_level_lasts_its_dwell_however_calm_it_gets() -> None:
    for reading, level in ((3.0, SOFT), (6.0, HARD)):
        memory = judged(StageMemory(), 0, volatility=reading).memory
        assert judged(memory, DWELL_NS - 1).verdict.level == level
        assert judged(memory, DWELL_NS).verdict.level == NONE


def test_a_dwelling_hard_does_not_fall_to_soft_early() -> None:
    memory = judged(StageMemory(), 0, volatility=6.0).memory
    assert judged(memory, DWELL_NS - 1, volatility=3.5).verdict.level == HARD
    fallen = judged(memory, DWELL_NS, volatility=3.5)
    assert fallen.verdict.level == SOFT
    assert fallen.memory.since_ns[0] == NOW_NS + DWELL_NS


def test_the_dwell_counts_from_entering_the_level_not_from_the_last_reading() -> None:
    memory = judged(StageMemory(), 0, volatility=3.0).memory
    memory = judged(memory, DWELL_NS - 1, volatility=3.0).memory
    assert judged(memory, DWELL_NS).verdict.level == NONE
    risen = judged(memory, DWELL_NS - 1, volatility=6.0).memory
    assert judged(risen, DWELL_NS).verdict.level == HARD
    assert judged(risen, 2 * DWELL_NS - 1).verdict.level == NONE


def test_a_halt_lasts_at_least_halt_ns() -> None:
    memory = judged(StageMemory(), 0, doubts=3.0).memory
    assert judged(memory, GUARD.halt_ns - 1).no_quote_reason == "HALTED"
    assert judged(memory, GUARD.halt_ns).no_quote_reason == ""


def test_a_halt_with_a_longer_dwell_lasts_the_dwell() -> None:
    knobs = knobs_with(guard={"dwell_ns": 5 * NS_PER_S})
    memory = guard.judge(calm(readings=Readings(doubts=3.0)), knobs).memory
    for after_ns, level in ((5 * NS_PER_S - 1, HARD), (5 * NS_PER_S, NONE)):
        assert guard.judge(calm(now_ns=NOW_NS + after_ns, memory=memory), knobs).verdict.level == level


def test_halt_ns_is_for_hard_alone() -> None:
    memory = judged(StageMemory(), 0, doubts=1.0).memory
    assert judged(memory, DWELL_NS).verdict.level == NONE


def test_the_strongest_action_wins_and_every_reason_is_told_in_the_tables_order() -> None:
    context = judged(StageMemory(), 0, volatility=7.0, taker_fills=20.0, rejects=25.0)
    assert (context.verdict.level, context.verdict.action) == (HARD, "reduce_only")
    assert not context.verdict.may_take
    assert [reason.code for reason in context.verdict.reasons] == ["volatility", "taker_fills", "rejects"]
    halted = judged(StageMemory(), 0, volatility=7.0, doubts=3.0, taker_fills=20.0)
    assert halted.verdict.action == "halt"


def test_what_could_not_be_read_is_the_worst() -> None:
    context = judged(StageMemory(), 0, clock_uncertainty=math.nan)
    assert context.verdict.action == "halt"
    assert context.verdict.reasons[0].threshold == GUARD.clock_uncertainty.hard_enter
    memory = judged(context.memory, 10 * NS_PER_S, clock_uncertainty=math.nan).memory
    assert memory.levels == context.memory.levels


def test_a_spent_budget_latches_until_the_operator_clears_it() -> None:
    spent = judged(StageMemory(), 0, loss=100.0).memory
    assert spent.latched
    later = judged(spent, 3600 * NS_PER_S)
    assert (later.verdict.action, later.no_quote_reason) == ("latched", "HALTED")
    assert not later.verdict.may_take
    # A latched level has no reading at which it ends, so its reason names what it reached.
    assert later.verdict.reasons[0] == Reason("loss", 0.0, 100.0)
    assert later.verdict.reasons[-1] == Reason("latched", 1.0, 1.0)
    cleared = judged(guard.clear_latch(later.memory), 3600 * NS_PER_S)
    assert (cleared.verdict.level, cleared.memory.latched) == (NONE, False)


def test_clearing_a_budget_still_overspent_latches_again() -> None:
    spent = judged(StageMemory(), 0, drawdown=120.0).memory
    again = judged(guard.clear_latch(spent), NS_PER_S, drawdown=100.0)
    assert again.memory.latched
    assert again.verdict.action == "latched"


def test_clearing_the_latch_leaves_other_triggers_alone() -> None:
    memory = judged(StageMemory(), 0, loss=100.0, volatility=6.0).memory
    assert guard.clear_latch(memory).levels == (2, *[0] * 11)


def test_a_latch_from_another_symbol_stops_this_one() -> None:
    context = judged(guard.latch(StageMemory()), 0)
    assert (context.verdict.level, context.verdict.action) == (HARD, "latched")
    assert not context.verdict.may_take
    assert not context.verdict.is_halted
    assert context.verdict.reasons == (Reason("latched", 1.0, 1.0),)
    assert context.no_quote_reason == "HALTED"


def test_a_fact_that_forbids_quoting_is_the_reason() -> None:
    for readings in (Readings(), Readings(doubts=3.0)):
        context = guard.judge(calm(blocked="private_down", readings=readings), KNOBS)
        assert context.no_quote_reason == "private_down"


def test_heavy_inventory_is_dated_from_when_it_last_came_above_its_mark() -> None:
    heavy = judged(StageMemory(), 0, inventory=90.0).memory
    assert heavy.heavy_since_ns == NOW_NS
    still = judged(heavy, 5 * NS_PER_S, inventory=95.0).memory
    assert still.heavy_since_ns == NOW_NS
    # Below the mark the level may linger, but the count starts anew.
    lingering = judged(still, 6 * NS_PER_S, inventory=85.0)
    assert lingering.verdict.level == HARD
    assert lingering.memory.heavy_since_ns is None
    assert judged(lingering.memory, 7 * NS_PER_S, inventory=91.0).memory.heavy_since_ns == NOW_NS + 7 * NS_PER_S


def test_a_level_that_stays_keeps_its_date_when_another_moves() -> None:
    memory = judged(StageMemory(), 0, volatility=3.0).memory
    memory = judged(memory, 10 * NS_PER_MS, volatility=3.0, margin=50.0).memory
    assert memory.since_ns[0] == NOW_NS
    assert memory.since_ns[9] == NOW_NS + 10 * NS_PER_MS
    assert memory.levels == (1, *[0] * 8, 1, 0, 0)


def test_a_book_without_a_mid_is_judged_all_the_same() -> None:
    context = guard.judge(replace(calm(readings=Readings(doubts=3.0)), mid2_ticks=0), KNOBS)
    assert context.verdict.action == "halt"
    assert context.shares == (Share("guard", 0.0, 0.0),)
