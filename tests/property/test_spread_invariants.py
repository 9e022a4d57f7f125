"""What holds of the width for every input, not just for the examples."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from quoting import INSTRUMENT, KNOBS, NOW_NS, SPREAD, calm, symbol_with

from strategy.context import QuoteContext, Readings, StageMemory
from strategy.stages.adaptive_spread import compute_spread, score, set_width
from strategy.units import NS_PER_S

BASES = st.floats(0.5, 5.0)
SCORES = st.floats(0.0, 1.0)
TINY = 1e-9

INPUTS = st.fixed_dictionaries(
    {
        "volatility": st.floats(0.0, 20.0),
        "round_trip": st.floats(0.0, 2000.0),
        "pnl_deviation": st.floats(0.0, 10.0),
        "thinness": st.floats(-5.0, 1.0),
        "adverse_bps": st.floats(0.0, 5.0),
    }
)


def sized(inputs: dict[str, float], *, spread: dict[str, Any] | None = None, **changes: Any) -> QuoteContext:
    names = ("volatility", "round_trip", "pnl_deviation")
    fields: dict[str, Any] = {
        "readings": Readings(**{name: inputs[name] for name in names}),
        "thinness": inputs["thinness"],
        "adverse_bps": inputs["adverse_bps"],
        "symbol": symbol_with(spread=spread),
    }
    return set_width(calm(**{**fields, **changes}), KNOBS)


@given(base=BASES, vol=SCORES)
def test_the_clamp_is_never_left(base: float, vol: float) -> None:
    assert 0.6 <= compute_spread(base, vol) <= 2.5


@given(base=BASES, calmer=SCORES, wilder=SCORES)
def test_more_volatility_is_never_narrower(base: float, calmer: float, wilder: float) -> None:
    calmer, wilder = sorted((calmer, wilder))
    assert compute_spread(base, calmer) <= compute_spread(base, wilder)


@given(lower=BASES, higher=BASES, vol=SCORES)
def test_a_wider_base_is_never_narrower(lower: float, higher: float, vol: float) -> None:
    lower, higher = sorted((lower, higher))
    assert compute_spread(lower, vol) <= compute_spread(higher, vol)


@given(value=st.floats(allow_nan=True))
def test_a_score_is_between_0_and_1_for_any_reading(value: float) -> None:
    assert 0.0 <= score(value, SPREAD.volatility) <= 1.0


@given(inputs=INPUTS, widen_bps=st.floats(0.0, 3.0), base=BASES)
def test_soft_widening_comes_after_the_clamp(inputs: dict[str, float], widen_bps: float, base: float) -> None:
    plain = sized(inputs, spread={"base_bps": base})
    widened = sized(inputs, spread={"base_bps": base}, widen_bps=widen_bps)
    assert 0.6 <= plain.width_bps <= 2.5
    assert abs(widened.width_bps - plain.width_bps - widen_bps) < TINY


@given(
    inputs=INPUTS,
    name=st.sampled_from(sorted(["volatility", "round_trip", "pnl_deviation", "thinness", "adverse_bps"])),
    more=st.floats(0.0, 1000.0),
)
def test_the_width_is_monotone_in_each_score(inputs: dict[str, float], name: str, more: float) -> None:
    spread = {"width_bps_max": 50.0, "respect_costs": True}
    worse = {**inputs, name: inputs[name] + more}
    assert sized(worse, spread=spread).width_bps >= sized(inputs, spread=spread).width_bps - TINY


@given(inputs=INPUTS, last_bps=st.floats(0.1, 8.0), elapsed_ns=st.integers(0, 20 * NS_PER_S))
def test_widening_is_immediate_and_narrowing_is_limited(
    inputs: dict[str, float], last_bps: float, elapsed_ns: int
) -> None:
    target_bps = sized(inputs).width_bps
    memory = StageMemory(width_bps=last_bps, width_ns=NOW_NS - elapsed_ns)
    width_bps = sized(inputs, memory=memory).width_bps
    assert width_bps >= target_bps
    if target_bps >= last_bps:
        assert width_bps == target_bps
    else:
        slowest = last_bps - SPREAD.narrow_bps_per_s * elapsed_ns / NS_PER_S
        assert abs(width_bps - max(target_bps, slowest)) < TINY


@given(inputs=INPUTS, fee_ppm=st.integers(-300, 1500))
def test_with_costs_respected_a_round_trip_of_fills_pays_its_fees_and_its_adverse_moves(
    inputs: dict[str, float], fee_ppm: int
) -> None:
    symbol = symbol_with(spread={"respect_costs": True}, instrument=replace(INSTRUMENT, maker_fee_ppm=fee_ppm))
    context = sized(inputs, symbol=symbol)
    assert context.width_bps >= 2 * fee_ppm / 100 + 2 * inputs["adverse_bps"] - TINY
    assert context.width_bps >= 0.6
    # Too dear to quote is said, never quoted narrower.
    assert (context.no_quote_reason == "WIDTH_CEILING") == (context.width_bps > SPREAD.width_bps_ceiling)


@given(inputs=INPUTS, burst_bps=st.floats(0.0, 500.0))
def test_coming_back_from_any_burst_takes_a_bounded_time(inputs: dict[str, float], burst_bps: float) -> None:
    burst = sized(inputs, widen_bps=burst_bps)
    longest_ns = int(SPREAD.width_bps_ceiling / SPREAD.narrow_bps_per_s * NS_PER_S)
    later = sized(inputs, memory=burst.memory, now_ns=NOW_NS + longest_ns)
    assert later.width_bps <= 2.5


@given(inputs=INPUTS, fair=st.floats(9_000.0, 11_000.0), bid=st.integers(9_900, 10_000), gap=st.integers(1, 50))
def test_the_mid_is_between_the_quotes_before_skew(inputs: dict[str, float], fair: float, bid: int, gap: int) -> None:
    context = sized(inputs, fair_ticks=fair, best_bid_ticks=bid, best_ask_ticks=bid + gap, mid2_ticks=2 * bid + gap)
    assert context.bid_fair_ticks < bid + gap / 2 < context.ask_fair_ticks
