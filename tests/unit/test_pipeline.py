"""The five stages together: their order, the stopwatch, attribution, the control model."""

import pytest
from msgspec.structs import replace
from quoting import KNOBS, MID_TICKS, NOW_NS, book_at, calm, resting, share_of, symbol_with

from strategy.context import Move, QuoteContext, Readings, Share, StageMemory, Wanted
from strategy.errors import OurMistake
from strategy.pipeline import MODELS, pipeline_of, place, run
from strategy.units import BUY, NS_PER_S, SELL

PIPELINE = pipeline_of("pipeline")
SYMMETRIC = pipeline_of("symmetric")


def priced_by_shares(context: QuoteContext) -> tuple[float, float]:
    mid = context.mid2_ticks / 2
    return (
        mid + sum(share.bid_ticks for share in context.shares),
        mid + sum(share.ask_ticks for share in context.shares),
    )


def test_the_stages_run_in_this_order_and_tell_the_stopwatch() -> None:
    told: list[str] = []
    run(PIPELINE, calm(), KNOBS, told.append)
    assert told == ["guard", "adaptive_spread", "inventory_skew", "queue_aware", "order_placement"]
    told.clear()
    run(SYMMETRIC, calm(), KNOBS, told.append)
    assert told == ["guard", "symmetric", "order_placement"]


def test_an_unknown_model_is_our_mistake() -> None:
    assert sorted(MODELS) == ["avellaneda_stoikov", "glft", "pipeline", "symmetric"]
    with pytest.raises(OurMistake, match="no such model: hope"):
        pipeline_of("hope")


def test_a_calm_market_gets_two_quotes_explained_by_stage() -> None:
    context = run(PIPELINE, calm(thinness=0.5, readings=Readings(volatility=2.5, round_trip=200.0)), KNOBS)
    assert context.wanted_bid == Wanted(BUY, MID_TICKS - 1, 10)
    assert context.wanted_ask == Wanted(SELL, MID_TICKS + 1, 10)
    assert [move.kind for move in context.moves] == ["create", "create"]
    stages = ["guard", "adaptive_spread", "inventory_skew", "rounding", "queue_aware", "order_placement"]
    assert [share.stage for share in context.shares] == stages
    assert priced_by_shares(context) == pytest.approx((MID_TICKS - 1, MID_TICKS + 1))


def test_in_trouble_every_stage_still_adds_up_to_the_price() -> None:
    readings = Readings(volatility=5.0, inventory=65.0, round_trip=310.0)
    context = run(
        PIPELINE,
        calm(
            readings=readings,
            position_lots=65,
            fair_ticks=MID_TICKS + 0.3,
            working_bid=resting(MID_TICKS - 3),
            worst_buy_lots=10,
            memory=StageMemory(width_bps=6.0, width_ns=NOW_NS - NS_PER_S),
        ),
        KNOBS,
    )
    assert context.verdict.level == "SOFT"
    # 5.5 wide (narrowing from 6), around fair value, 0.6 lower for the position: 9996.95 and 10002.45.
    assert context.width_bps == 5.5
    # The bid stays where it is first in its queue, within what that is worth, and is halved.
    assert context.moves == (
        Move("amend", "bid0", BUY, MID_TICKS - 3, 5, "s-1", False, "shrink"),
        Move("create", "ask0", SELL, MID_TICKS + 3, 5, "", False, "new"),
    )
    assert share_of(context, "queue_aware") == Share("queue_aware", 1, 0)
    assert priced_by_shares(context) == pytest.approx((MID_TICKS - 3, MID_TICKS + 3))


def test_a_halt_pulls_both_quotes_and_says_why() -> None:
    context = run(
        PIPELINE,
        calm(readings=Readings(doubts=3.0), working_bid=resting(9_999), working_ask=resting(10_001, client_id="s-2")),
        KNOBS,
    )
    assert context.no_quote_reason == "HALTED"
    assert [(move.kind, move.client_id) for move in context.moves] == [("cancel", "s-1"), ("cancel", "s-2")]


def test_a_one_sided_book_is_survived_and_pulls_what_rests() -> None:
    for pipeline in (PIPELINE, SYMMETRIC):
        blind = calm(best_ask_ticks=0, best_ask_lots=0, mid2_ticks=0, working_bid=resting(9_999))
        context = run(pipeline, blind, KNOBS)
        assert context.no_quote_reason == "ONE_SIDED_BOOK"
        assert [move.kind for move in context.moves] == ["cancel"]


def test_memory_goes_round() -> None:
    first = run(PIPELINE, calm(readings=Readings(volatility=6.0)), KNOBS)
    second = run(PIPELINE, calm(now_ns=NOW_NS + 1, memory=first.memory), KNOBS)
    assert second.verdict.level == "HARD"
    assert second.width_bps == pytest.approx(first.width_bps, abs=1e-6)


def test_placing_again_reads_the_orders_anew() -> None:
    context = run(PIPELINE, calm(), KNOBS)
    assert [move.kind for move in context.moves] == ["create", "create"]
    quoted = context.wanted_bid
    assert quoted is not None
    now_working = replace(context, working_bid=resting(quoted.price_ticks), worst_buy_lots=10)
    assert [move.slot for move in place(now_working, KNOBS).moves] == ["ask0"]


# --- the control


def test_the_control_quotes_the_touch_whatever_it_holds() -> None:
    context = run(SYMMETRIC, calm(position_lots=70, **book_at(9_990, 10_013)), KNOBS)
    assert (context.bid_ticks, context.ask_ticks) == (9_990, 10_013)
    assert context.shares[0] == Share("symmetric", -11.5, 11.5)
    assert context.width_bps == pytest.approx(23 / 10_001.5 * 10_000)
    assert priced_by_shares(context) == pytest.approx((9_990, 10_013))


def test_the_control_at_the_touch_ignores_the_guards_widening() -> None:
    context = run(SYMMETRIC, calm(readings=Readings(volatility=3.0)), KNOBS)
    assert (context.bid_ticks, context.ask_ticks) == (MID_TICKS - 1, MID_TICKS + 1)
    assert context.wanted_bid == Wanted(BUY, MID_TICKS - 1, 5)
    assert priced_by_shares(context) == pytest.approx((MID_TICKS - 1, MID_TICKS + 1))


def test_the_control_quotes_a_fixed_width_and_takes_the_guards_widening() -> None:
    knobs = replace(KNOBS, symmetric_width_bps=6.0)
    context = run(SYMMETRIC, calm(position_lots=-70), knobs)
    assert (context.bid_ticks, context.ask_ticks) == (MID_TICKS - 3, MID_TICKS + 3)
    assert context.width_bps == 6.0
    soft = run(SYMMETRIC, calm(readings=Readings(volatility=3.0)), knobs)
    assert soft.width_bps == pytest.approx(6.3)
    assert (soft.bid_ticks, soft.ask_ticks) == (MID_TICKS - 4, MID_TICKS + 4)
    shares = {share.stage: share for share in soft.shares}
    assert (shares["guard"].bid_ticks, shares["guard"].ask_ticks) == pytest.approx((-0.15, 0.15))
    assert (shares["symmetric"].bid_ticks, shares["symmetric"].ask_ticks) == pytest.approx((-3.0, 3.0))
    assert priced_by_shares(soft) == pytest.approx((MID_TICKS - 4, MID_TICKS + 4))


def test_the_control_obeys_the_guard() -> None:
    context = run(SYMMETRIC, calm(readings=Readings(doubts=3.0)), KNOBS)
    assert (context.no_quote_reason, context.wanted_bid) == ("HALTED", None)
    blind = run(SYMMETRIC, calm(mid2_ticks=0, blocked="regime"), KNOBS)
    assert blind.no_quote_reason == "regime"


def test_a_symbol_quotes_by_its_own_knobs() -> None:
    wide = run(PIPELINE, calm(symbol=symbol_with(spread={"width_bps_min": 7.0, "width_bps_max": 7.5})), KNOBS)
    assert wide.width_bps == 7.0
