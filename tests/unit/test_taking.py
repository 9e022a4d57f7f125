"""Stage 5, alone: the two reasons to take, at what price, how much, and what a take waits for."""

import pytest
from msgspec.structs import replace
from quoting import (
    ASK,
    BID,
    KNOBS,
    MID_TICKS,
    NOW_NS,
    REDUCE,
    book_at,
    decided,
    knobs_with,
    placed,
    resting,
    symbol_with,
)

from strategy.context import GuardVerdict, Move, StageMemory, Wanted
from strategy.stages.order_placement import place, want
from strategy.units import BUY, SELL

STUCK = {
    "position_lots": 95,
    "verdict": REDUCE,
    "memory": StageMemory(heavy_since_ns=NOW_NS - KNOBS.placement.unwind_after_ns),
}


def test_stuck_inventory_is_unwound_to_where_reducing_may_end() -> None:
    context = placed(**STUCK)
    # 80 % of 100 lots may stay; 5 bps below the mid is the worst price.
    assert context.wanted_take == Wanted(SELL, MID_TICKS - 5, 15, reduce_only=True)
    assert context.moves[-1] == Move("take", "take0", SELL, MID_TICKS - 5, 15, "", True, "unwind")
    assert context.memory.took_ns == NOW_NS
    short = placed(**{**STUCK, "position_lots": -95})
    assert short.wanted_take == Wanted(BUY, MID_TICKS + 5, 15, reduce_only=True)


def test_inventory_is_unwound_only_after_its_time_and_only_above_the_mark() -> None:
    late = StageMemory(heavy_since_ns=NOW_NS - KNOBS.placement.unwind_after_ns + 1)
    assert placed(**{**STUCK, "memory": late}).wanted_take is None
    assert placed(**{**STUCK, "memory": StageMemory()}).wanted_take is None


@pytest.mark.parametrize(
    "why_not",
    [
        {"verdict": GuardVerdict("HARD", "reduce_only", may_take=False)},
        {"verdict": GuardVerdict("HARD", "halt", is_halted=True)},
        {"blocked": "private_down"},
        {"position_lots": 0},
        {"mid2_ticks": 0},
    ],
)
def test_nothing_is_unwound_when(why_not: dict[str, object]) -> None:
    assert placed(**{**STUCK, **why_not}).wanted_take is None


def test_taking_can_be_switched_off() -> None:
    knobs = knobs_with(placement={"taking": False})
    assert want(decided(**STUCK), knobs).wanted_take is None
    assert want(decided(**STUCK), knobs).wanted_ask is not None


def test_flatten_takes_the_whole_position_and_quotes_nothing() -> None:
    context = placed(position_lots=7, is_flattening=True, working_bid=resting(BID - 1))
    assert (context.wanted_bid, context.wanted_ask) == (None, None)
    assert context.moves == (
        Move("cancel", "bid0", BUY, BID - 1, 0, "s-1", False, "not_wanted"),
        Move("take", "take0", SELL, MID_TICKS - 5, 7, "", True, "flatten"),
    )
    assert placed(is_flattening=True).moves == ()


def test_flatten_ignores_the_taker_cap_and_the_latch_but_no_halt() -> None:
    latched = GuardVerdict("HARD", "latched", may_take=False)
    wanted = placed(position_lots=7, is_flattening=True, verdict=latched, no_quote_reason="HALTED").wanted_take
    assert wanted == Wanted(SELL, MID_TICKS - 5, 7, reduce_only=True)
    halted = GuardVerdict("HARD", "latched", may_take=False, is_halted=True)
    assert placed(position_lots=7, is_flattening=True, verdict=halted).wanted_take is None


def test_flatten_without_taking_works_the_position_off_as_a_maker() -> None:
    knobs = knobs_with(placement={"taking": False})
    context = place(decided(position_lots=7, is_flattening=True), knobs)
    assert (context.wanted_bid, context.wanted_ask) == (None, Wanted(SELL, ASK, 7, reduce_only=True))
    assert context.wanted_take is None


def test_a_take_never_pays_more_than_the_slippage_bound() -> None:
    at_bound = placed(**STUCK, **book_at(MID_TICKS - 5, MID_TICKS + 5))
    assert at_bound.wanted_take == Wanted(SELL, MID_TICKS - 5, 15, reduce_only=True)
    beyond = placed(**STUCK, **book_at(MID_TICKS - 6, MID_TICKS + 6))
    assert beyond.wanted_take is None
    short = {**STUCK, "position_lots": -95}
    assert placed(**short, **book_at(MID_TICKS - 5, MID_TICKS + 5)).wanted_take == Wanted(BUY, MID_TICKS + 5, 15, True)
    assert placed(**short, **book_at(MID_TICKS - 6, MID_TICKS + 6)).wanted_take is None


def test_the_bound_is_rounded_so_that_it_is_never_exceeded() -> None:
    # The mid is between ticks: 5 bps and a hair off it lies between ticks, too.
    market = book_at(MID_TICKS, MID_TICKS + 1)
    assert placed(**STUCK, **market).wanted_take == Wanted(SELL, MID_TICKS - 4, 15, reduce_only=True)
    short = {**STUCK, "position_lots": -95}
    assert placed(**short, **market).wanted_take == Wanted(BUY, MID_TICKS + 5, 15, reduce_only=True)


def test_a_sale_is_never_bounded_by_a_price_below_one_tick() -> None:
    wild = knobs_with(placement={"taker_slippage_bps_max": 20_000.0})
    take = want(decided(**STUCK), wild).wanted_take
    assert take is not None
    assert take.price_ticks == 1


def test_a_take_is_of_a_size_the_venue_accepts_and_never_flips() -> None:
    symbol = symbol_with()
    coarse = replace(symbol, instrument=replace(symbol.instrument, lots_min=20))
    assert placed(**STUCK, symbol=coarse).wanted_take == Wanted(SELL, MID_TICKS - 5, 20, reduce_only=True)
    assert placed(position_lots=7, is_flattening=True, symbol=coarse).wanted_take is None
    narrow = replace(symbol, instrument=replace(symbol.instrument, lots_max=4))
    assert placed(**STUCK, symbol=narrow).wanted_take == Wanted(SELL, MID_TICKS - 5, 4, reduce_only=True)


def test_a_take_waits_for_its_slot_and_for_its_cool_down() -> None:
    assert placed(**STUCK, working_take=resting(MID_TICKS - 5)).moves[-1].kind != "take"
    heavy = STUCK["memory"]
    assert isinstance(heavy, StageMemory)
    cool_down_ns = KNOBS.placement.book_time_ns_min
    just = replace(heavy, took_ns=NOW_NS - cool_down_ns + 1)
    assert placed(**{**STUCK, "memory": just}).moves[-1].kind != "take"
    assert placed(**{**STUCK, "memory": just}).memory == just
    past = replace(heavy, took_ns=NOW_NS - cool_down_ns)
    assert placed(**{**STUCK, "memory": past}).moves[-1].kind == "take"


def test_quote_and_take_together_never_flip_the_position() -> None:
    tight = symbol_with(quote_lots=90)
    ask = resting(ASK, lots=90)
    first = placed(**STUCK, symbol=tight, working_ask=ask)
    # 95 held, 90 offered: the offer shrinks to make room for the 15 to take, and the take waits.
    assert first.moves == (Move("amend", "ask0", SELL, ASK, 80, "s-1", False, "shrink"),)
    assert first.memory.took_ns is None
    second = placed(**STUCK, symbol=tight, working_ask=resting(ASK, lots=80))
    assert [(move.kind, move.size_lots) for move in second.moves] == [("take", 15)]


def test_a_take_waits_for_our_own_order_in_its_way() -> None:
    in_way = resting(MID_TICKS - 5)
    context = placed(**STUCK, working_bid=in_way)
    assert [move.kind for move in context.moves] == ["cancel", "create"]
    below = resting(MID_TICKS - 6)
    assert [move.kind for move in placed(**STUCK, working_bid=below).moves] == ["cancel", "create", "take"]
    short = {**STUCK, "position_lots": -95}
    assert [move.kind for move in placed(**short, working_ask=resting(MID_TICKS + 5)).moves] == ["cancel", "create"]
    assert placed(**short, working_ask=resting(MID_TICKS + 6)).moves[-1].kind == "take"


def test_a_short_position_counts_the_buys_that_may_be_alive() -> None:
    short = {**STUCK, "position_lots": -95}
    assert placed(**short, worst_buy_lots=80).moves[-1].kind == "take"
    assert placed(**short, worst_buy_lots=81, worst_sell_lots=0).moves == ()
