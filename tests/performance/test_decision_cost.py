"""A whole decision, as a ratio to a loop measured beside it: machines drift, ratios hold."""

import sys
import time
import timeit
from collections.abc import Callable

import pytest
from msgspec.structs import astuple
from quoting import KNOBS, calm, resting

from strategy.context import QuoteContext, Readings
from strategy.pipeline import pipeline_of, place, run

# One unit is 200 rounds of the calibration loop: about 5 us where a decision costs 8 to 15.
UNIT_ROUNDS = 200
UNITS_MAX = 5.0
PLACE_UNITS_MAX = 1.6
REPEATS = 25
RUNS = 100

CALM = calm(
    position_lots=20,
    working_bid=resting(9_997, ahead_lots=20.0),
    working_ask=resting(10_003, client_id="s-2"),
    worst_buy_lots=10,
    worst_sell_lots=10,
    readings=Readings(volatility=2.0, round_trip=120.0, inventory=20.0),
)
# Every trigger is above its SOFT threshold, and some are HARD: the longest way through the guard.
STORM = calm(
    position_lots=95,
    working_bid=resting(9_995, ahead_lots=20.0),
    working_ask=resting(10_006, client_id="s-2"),
    worst_buy_lots=10,
    worst_sell_lots=10,
    readings=Readings(
        volatility=7.0,
        round_trip=350.0,
        pnl_deviation=2.0,
        inventory=95.0,
        taker_fills=13.0,
        feed_silence=600.0,
        rejects=30.0,
        doubts=1.0,
        clock_uncertainty=300.0,
        margin=55.0,
        loss=60.0,
        drawdown=60.0,
    ),
)


def unit() -> float:
    """A loop of what a decision is made of: attribute reads, comparisons, float arithmetic."""
    total = 0.0
    for number in range(UNIT_ROUNDS):
        if number > total:
            total += 0.5 * number
    return total


def in_units(decide: Callable[[], object]) -> float:
    """Time both in turns, in time of this process only, and compare their best: others disturb neither."""
    if sys.gettrace() is not None:
        pytest.skip("a tracer slows what it watches, so a ratio says nothing")
    best_unit = best = float("inf")
    for _ in range(REPEATS):
        best_unit = min(best_unit, timeit.timeit(unit, number=RUNS, timer=time.process_time))
        best = min(best, timeit.timeit(decide, number=RUNS, timer=time.process_time))
    return best / best_unit


@pytest.mark.parametrize("context", [CALM, STORM], ids=["calm", "storm"])
def test_a_decision_with_all_triggers_and_attribution_is_cheap(context: QuoteContext) -> None:
    pipeline = pipeline_of("pipeline")
    decided = run(pipeline, context, KNOBS)
    assert decided.moves, "a decision that asks for nothing is not what is measured"
    assert len(decided.shares) == 6
    assert in_units(lambda: run(pipeline, context, KNOBS)) <= UNITS_MAX


def test_the_storm_wakes_every_trigger() -> None:
    assert all(value > 0 for value in astuple(STORM.readings))
    assert len(run(pipeline_of("pipeline"), STORM, KNOBS).verdict.reasons) == 12


def test_placing_alone_costs_a_part_of_a_decision() -> None:
    decided = run(pipeline_of("pipeline"), CALM, KNOBS)
    assert in_units(lambda: place(decided, KNOBS)) <= PLACE_UNITS_MAX
