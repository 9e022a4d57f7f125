"""Stage 2, alone: scores, clamp, cost floor, widening, ceiling, and how fast it may narrow."""

import math

import pytest
from msgspec.structs import replace
from quoting import INSTRUMENT, KNOBS, MID_TICKS, NOW_NS, calm, symbol_with

from strategy.context import QuoteContext, Readings, Share, StageMemory
from strategy.knobs import RampKnobs
from strategy.stages.adaptive_spread import compute_spread, score, set_width
from strategy.units import NS_PER_S

# Every score neutral: the width is the base.
NEUTRAL = {
    "readings": Readings(volatility=2.5, round_trip=200.0, pnl_deviation=1.0),
    "thinness": 0.5,
    "adverse_bps": 0.5,
}


def sized(**changes: object) -> QuoteContext:
    return set_width(calm(**{**NEUTRAL, **changes}), KNOBS)


def test_a_score_ramps_linearly_between_its_ends() -> None:
    ramp = RampKnobs(low=1.0, high=3.0, weight_bps=1.0)
    assert [score(value, ramp) for value in (-5.0, 1.0, 1.5, 2.0, 3.0, 9.0)] == [0.0, 0.0, 0.25, 0.5, 1.0, 1.0]
    assert score(math.nan, ramp) == 1.0
    assert score(math.inf, ramp) == 1.0


def test_a_ramp_of_no_length_is_a_step() -> None:
    assert [score(value, RampKnobs(low=1.0, high=1.0, weight_bps=1.0)) for value in (1.0, 1.1)] == [0.0, 1.0]


def test_the_clamp_gives_these_widths() -> None:
    assert compute_spread(1.2, 0.5) == 1.2
    assert compute_spread(1.2, 1.0) == pytest.approx(1.7)
    assert compute_spread(1.2, 0.0) == pytest.approx(0.7)
    assert compute_spread(0.5, 0.0) == 0.6
    assert compute_spread(5.0, 1.0) == 2.5
    assert compute_spread(math.nan, 0.5) == 2.5
    assert compute_spread(3.0, 1.0, weight_bps=2.0, neutral=0.25, width_bps_min=1.0, width_bps_max=9.0) == 4.5


def test_neutral_scores_give_the_base_around_the_mid() -> None:
    context = sized()
    assert context.width_bps == pytest.approx(1.2)
    assert (context.bid_fair_ticks, context.ask_fair_ticks) == pytest.approx((MID_TICKS - 0.6, MID_TICKS + 0.6))
    assert context.no_quote_reason == ""


@pytest.mark.parametrize(
    ("changes", "more_bps"),
    [
        ({"readings": Readings(volatility=3.5, round_trip=200.0, pnl_deviation=1.0)}, 0.25),
        ({"readings": Readings(volatility=2.5, round_trip=240.0, pnl_deviation=1.0)}, 0.05),
        ({"readings": Readings(volatility=2.5, round_trip=200.0, pnl_deviation=1.4)}, 0.05),
        ({"thinness": 0.8}, 0.15),
        ({"adverse_bps": 0.9}, 0.2),
    ],
)
def test_each_score_has_its_own_weight(changes: dict[str, object], more_bps: float) -> None:
    assert sized(**changes).width_bps == pytest.approx(1.2 + more_bps)


def test_calm_narrows_to_the_lower_clamp() -> None:
    assert sized(readings=Readings(), thinness=0.0, adverse_bps=0.0).width_bps == 0.6


def test_the_cost_floor_may_exceed_the_clamp() -> None:
    costly = replace(INSTRUMENT, maker_fee_ppm=200)  # 2 bps, a cost
    symbol = symbol_with(spread={"respect_costs": True}, instrument=costly)
    assert sized(symbol=symbol).width_bps == pytest.approx(2 * 2.0 + 2 * 0.5)
    assert sized(symbol=symbol_with(instrument=costly)).width_bps == pytest.approx(1.2)


def test_a_rebate_lowers_the_floor_below_the_clamp() -> None:
    assert sized(symbol=symbol_with(spread={"respect_costs": True})).width_bps == pytest.approx(1.2)


def test_widening_comes_after_the_clamp_and_after_the_floor() -> None:
    wild = sized(readings=Readings(volatility=99.0), symbol=symbol_with(spread={"base_bps": 5.0}), widen_bps=0.3)
    assert wild.width_bps == pytest.approx(2.5 + 0.3)
    costly = symbol_with(spread={"respect_costs": True}, instrument=replace(INSTRUMENT, maker_fee_ppm=200))
    assert sized(symbol=costly, widen_bps=0.3).width_bps == pytest.approx(5.0 + 0.3)


def test_the_guards_widening_stays_the_guards_share() -> None:
    guards = Share("guard", -0.15, 0.15)
    context = sized(widen_bps=0.3, shares=(guards,))
    assert context.shares[0] == guards
    assert context.shares[1].stage == "adaptive_spread"
    assert (context.shares[1].bid_ticks, context.shares[1].ask_ticks) == pytest.approx((-0.6, 0.6))


def test_quotes_stand_around_fair_value() -> None:
    context = sized(fair_ticks=MID_TICKS + 0.05)
    assert (context.bid_fair_ticks, context.ask_fair_ticks) == pytest.approx((MID_TICKS - 0.55, MID_TICKS + 0.65))
    fair, width = context.shares[-2:]
    assert (fair.stage, width.stage) == ("fair_value", "adaptive_spread")
    assert (fair.bid_ticks, fair.ask_ticks) == pytest.approx((0.05, 0.05))
    assert (width.bid_ticks, width.ask_ticks) == pytest.approx((-0.6, 0.6))


@pytest.mark.parametrize("fair", [MID_TICKS - 7.0, MID_TICKS + 7.0])
def test_the_mid_stays_between_the_quotes_wherever_fair_value_is(fair: float) -> None:
    context = sized(fair_ticks=fair)
    assert context.bid_fair_ticks <= MID_TICKS - 0.5
    assert context.ask_fair_ticks >= MID_TICKS + 0.5
    assert MID_TICKS - 0.5 in (context.bid_fair_ticks, -context.ask_fair_ticks + 2 * MID_TICKS)


def test_widening_is_immediate() -> None:
    memory = StageMemory(width_bps=0.7, width_ns=NOW_NS)
    context = sized(memory=memory)
    assert context.width_bps == pytest.approx(1.2)
    assert (context.memory.width_bps, context.memory.width_ns) == (context.width_bps, NOW_NS)


def test_narrowing_is_limited_per_second() -> None:
    memory = StageMemory(width_bps=2.5, width_ns=NOW_NS - NS_PER_S)
    assert sized(memory=memory).width_bps == pytest.approx(2.0)
    long_ago = StageMemory(width_bps=2.5, width_ns=NOW_NS - 10 * NS_PER_S)
    assert sized(memory=long_ago).width_bps == pytest.approx(1.2)
    at_once = StageMemory(width_bps=2.5, width_ns=NOW_NS)
    assert sized(memory=at_once).width_bps == 2.5


def test_above_the_ceiling_there_is_no_quote_and_a_reason() -> None:
    costly = replace(INSTRUMENT, maker_fee_ppm=350)
    at_ceiling = sized(symbol=symbol_with(spread={"respect_costs": True}, instrument=costly))
    assert (at_ceiling.width_bps, at_ceiling.no_quote_reason) == (8.0, "")
    above = sized(symbol=symbol_with(spread={"respect_costs": True}, instrument=costly), widen_bps=0.1)
    assert above.no_quote_reason == "WIDTH_CEILING"
    # What is remembered is the ceiling, so that the way back takes a bounded time.
    assert above.memory.width_bps == 8.0


def test_the_first_reason_stands() -> None:
    costly = symbol_with(spread={"respect_costs": True}, instrument=replace(INSTRUMENT, maker_fee_ppm=900))
    assert sized(symbol=costly, no_quote_reason="HALTED").no_quote_reason == "HALTED"
    assert sized(mid2_ticks=0, no_quote_reason="HALTED").no_quote_reason == "HALTED"


def test_a_one_sided_book_has_no_price_and_says_so() -> None:
    context = sized(mid2_ticks=0, best_ask_ticks=0)
    assert context.no_quote_reason == "ONE_SIDED_BOOK"
    assert (context.width_bps, context.shares, context.memory) == (0.0, (), StageMemory())
