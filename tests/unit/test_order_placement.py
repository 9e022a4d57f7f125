"""Stage 5, alone: sizes, one message a slot, and what is never held back."""

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

from strategy.context import Move, Share, Wanted, Working
from strategy.stages.order_placement import place, reconcile, want
from strategy.units import BUY, NS_PER_MS, NS_PER_S, SELL

BOOK_TIME_NS = KNOBS.placement.book_time_ns_min


def bid_moves(working: Working | None, **changes: object) -> tuple[Move, ...]:
    """What is asked of the bid's slot, while the ask is where it should be."""
    return placed(working_bid=working, working_ask=resting(ASK, client_id="s-2"), **changes).moves


def ask_moves(working: Working | None, **changes: object) -> tuple[Move, ...]:
    return placed(working_ask=working, working_bid=resting(BID, client_id="s-2"), **changes).moves


# --- creating and keeping


def test_empty_slots_are_filled() -> None:
    context = placed()
    assert context.wanted_bid == Wanted(BUY, BID, 10)
    assert context.wanted_ask == Wanted(SELL, ASK, 10)
    assert context.moves == (
        Move("create", "bid0", BUY, BID, 10, "", False, "new"),
        Move("create", "ask0", SELL, ASK, 10, "", False, "new"),
    )


def test_what_rests_as_wanted_is_left_alone() -> None:
    context = placed(working_bid=resting(BID), working_ask=resting(ASK))
    assert context.moves == ()
    assert context.shares[-1] == Share("order_placement", 0, 0)


@pytest.mark.parametrize("is_cancellable", [True, False])
def test_a_busy_slot_gets_no_second_order(is_cancellable: bool) -> None:
    busy = resting(BID - 3, is_settled=False, is_cancellable=is_cancellable)
    assert bid_moves(busy) == ()


# --- sizes


def test_the_guards_factor_shrinks_the_size_but_not_below_the_least() -> None:
    assert placed(size_factor=0.5).wanted_bid == Wanted(BUY, BID, 5)
    assert placed(size_factor=0.39).wanted_ask == Wanted(SELL, ASK, 3)
    least = symbol_with(quote_lots=1)
    assert placed(symbol=least, size_factor=0.5).wanted_bid == Wanted(BUY, BID, 1)


def test_a_position_leaves_less_room_on_its_own_side() -> None:
    long = placed(position_lots=94)
    assert (long.wanted_bid, long.wanted_ask) == (Wanted(BUY, BID, 6), Wanted(SELL, ASK, 10))
    short = placed(position_lots=-94)
    assert (short.wanted_bid, short.wanted_ask) == (Wanted(BUY, BID, 10), Wanted(SELL, ASK, 6))
    full = placed(position_lots=100)
    assert full.wanted_bid is None


def test_what_else_may_be_alive_takes_room_and_the_slots_own_order_does_not() -> None:
    stray = placed(position_lots=90, worst_buy_lots=7)
    assert stray.wanted_bid == Wanted(BUY, BID, 3)
    own = placed(position_lots=90, working_bid=resting(BID), worst_buy_lots=10)
    assert own.wanted_bid == Wanted(BUY, BID, 10)
    other = placed(position_lots=-95, worst_sell_lots=2)
    assert other.wanted_ask == Wanted(SELL, ASK, 3)
    # A worst case told before the slot's own order was known is no negative room.
    early = placed(position_lots=95, working_bid=resting(BID), worst_buy_lots=4)
    assert early.wanted_bid == Wanted(BUY, BID, 5)


def test_the_account_limits_what_adds_but_never_what_reduces() -> None:
    context = placed(position_lots=8, buy_room_lots=4, sell_room_lots=0)
    assert context.wanted_bid == Wanted(BUY, BID, 4)
    assert context.wanted_ask == Wanted(SELL, ASK, 8)
    assert placed(sell_room_lots=0).wanted_ask is None


def test_reduce_only_keeps_only_the_quote_that_shrinks_the_position() -> None:
    long = placed(position_lots=7, verdict=REDUCE)
    assert (long.wanted_bid, long.wanted_ask) == (None, Wanted(SELL, ASK, 7, reduce_only=True))
    short = placed(position_lots=-30, verdict=REDUCE)
    assert (short.wanted_bid, short.wanted_ask) == (Wanted(BUY, BID, 10, reduce_only=True), None)
    assert short.moves == (Move("create", "bid0", BUY, BID, 10, "", True, "new"),)
    flat = placed(verdict=REDUCE)
    assert (flat.wanted_bid, flat.wanted_ask) == (None, None)


def test_reduce_only_counts_what_else_may_reduce() -> None:
    assert placed(position_lots=7, verdict=REDUCE, worst_sell_lots=4).wanted_ask == Wanted(SELL, ASK, 3, True)
    assert placed(position_lots=7, verdict=REDUCE, worst_sell_lots=7).wanted_ask is None


def test_a_size_the_venue_refuses_is_not_asked_for() -> None:
    symbol = symbol_with()
    coarse = replace(symbol, instrument=replace(symbol.instrument, lots_min=5))
    assert placed(symbol=coarse, position_lots=96).wanted_bid is None
    assert placed(symbol=coarse, position_lots=95).wanted_bid == Wanted(BUY, BID, 5)
    narrow = replace(symbol, instrument=replace(symbol.instrument, lots_max=4))
    assert placed(symbol=narrow).wanted_bid == Wanted(BUY, BID, 4)


def test_a_notional_below_the_venues_least_is_asked_for_only_to_reduce() -> None:
    # 10 lots at the bid are worth exactly so much.
    symbol = symbol_with()
    worth = BID * 10 * symbol.instrument.cash_per_ticklot
    exact = replace(symbol, instrument=replace(symbol.instrument, notional_min_cash=worth))
    assert placed(symbol=exact).wanted_bid == Wanted(BUY, BID, 10)
    more = replace(symbol, instrument=replace(symbol.instrument, notional_min_cash=worth + 1))
    assert placed(symbol=more).wanted_bid is None
    assert placed(symbol=more, position_lots=-30, verdict=REDUCE).wanted_bid == Wanted(BUY, BID, 10, True)


def test_a_market_that_moved_since_the_decision_is_not_crossed() -> None:
    market = {"best_bid_ticks": ASK + 2, "best_ask_ticks": ASK + 4}
    assert placed(**market).wanted_ask == Wanted(SELL, ASK + 3, 10)
    market = {"best_bid_ticks": BID - 4, "best_ask_ticks": BID - 2}
    assert placed(**market).wanted_bid == Wanted(BUY, BID - 3, 10)


def test_there_is_no_bid_at_zero() -> None:
    assert placed(bid_ticks=0).wanted_bid is None
    assert placed(bid_ticks=1).wanted_bid == Wanted(BUY, 1, 10)


# --- not quoting


@pytest.mark.parametrize("why", [{"no_quote_reason": "HALTED"}, {"blocked": "private_down"}])
def test_when_quoting_is_forbidden_everything_settled_is_cancelled(why: dict[str, str]) -> None:
    context = placed(working_bid=resting(BID), working_ask=resting(ASK, client_id="s-2", placed_ns=NOW_NS), **why)
    assert (context.wanted_bid, context.wanted_ask) == (None, None)
    assert context.moves == (
        Move("cancel", "bid0", BUY, BID, 0, "s-1", False, "not_wanted"),
        Move("cancel", "ask0", SELL, ASK, 0, "s-2", False, "not_wanted"),
    )
    assert placed(**why).moves == ()


def test_a_busy_order_is_cancelled_only_where_a_cancel_may_be_sent() -> None:
    busy = resting(BID, is_settled=False)
    assert bid_moves(busy, no_quote_reason="HALTED")[:-1] == ()
    may = replace(busy, is_cancellable=True)
    assert bid_moves(may, no_quote_reason="HALTED")[0].kind == "cancel"


# --- moving


def test_an_outward_move_is_never_held_back() -> None:
    young = resting(BID + 2, placed_ns=NOW_NS)
    assert bid_moves(young) == (Move("amend", "bid0", BUY, BID, 10, "s-1", False, "outward"),)
    young = resting(ASK - 2, placed_ns=NOW_NS)
    assert ask_moves(young) == (Move("amend", "ask0", SELL, ASK, 10, "s-1", False, "outward"),)


def test_an_inward_move_waits_for_the_minimum_time_in_book() -> None:
    young = resting(BID - 2, placed_ns=NOW_NS - BOOK_TIME_NS + 1)
    assert bid_moves(young) == ()
    aged = resting(BID - 2, placed_ns=NOW_NS - BOOK_TIME_NS)
    assert bid_moves(aged) == (Move("amend", "bid0", BUY, BID, 10, "s-1", False, "inward"),)
    assert ask_moves(resting(ASK + 2))[0].reason == "inward"


def test_a_fresh_decision_on_the_same_side_waits_out_nothing_else() -> None:
    aged = resting(ASK + 2, placed_ns=NOW_NS - 200 * NS_PER_MS)
    assert ask_moves(aged)[0].reason == "inward"
    assert ask_moves(replace(aged, placed_ns=NOW_NS + NS_PER_S)) == ()


@pytest.mark.parametrize("moved", [-1, 1])
def test_a_move_too_small_for_a_message_is_not_made(moved: int) -> None:
    context = placed(working_bid=resting(BID + moved), working_ask=resting(ASK + moved))
    assert context.moves == ()
    # The price it rests at, not the wanted one, is what a fill will be explained by.
    assert context.shares[-1] == Share("order_placement", moved, moved)


def test_a_move_exactly_worth_a_message_is_made() -> None:
    knobs = knobs_with(placement={"move_bps_min": 2.0})
    moved = decided(working_bid=resting(BID - 2), working_ask=resting(ASK))
    assert len(place(moved, knobs).moves) == 1
    just_less = decided(working_bid=resting(BID - 2), working_ask=resting(ASK), mid2_ticks=2 * MID_TICKS + 1)
    assert place(just_less, knobs).moves == ()


def test_an_amend_states_the_total_size_fills_included() -> None:
    partly = resting(BID - 2, lots=7, size_lots=10, filled_lots=3)
    assert bid_moves(partly) == (Move("amend", "bid0", BUY, BID, 13, "s-1", False, "inward"),)


def test_a_shrink_keeps_price_and_place_and_does_not_wait() -> None:
    large = resting(BID + 1, lots=12, placed_ns=NOW_NS, filled_lots=3, size_lots=15)
    assert bid_moves(large) == (Move("amend", "bid0", BUY, BID + 1, 13, "s-1", False, "shrink"),)


def test_a_refill_waits_until_less_than_its_part_is_left() -> None:
    half = resting(BID, lots=5, filled_lots=5, size_lots=10)
    assert bid_moves(half) == ()
    less = resting(BID - 1, lots=4, filled_lots=6, size_lots=10)
    assert bid_moves(less) == (Move("amend", "bid0", BUY, BID, 16, "s-1", False, "top_up"),)
    assert bid_moves(replace(less, placed_ns=NOW_NS)) == ()


def test_the_flag_of_a_reduce_only_order_is_shed_by_a_cancel_after_its_time() -> None:
    flagged = resting(BID, reduce_only=True)
    assert bid_moves(flagged) == (Move("cancel", "bid0", BUY, BID, 0, "s-1", True, "release"),)
    assert bid_moves(replace(flagged, placed_ns=NOW_NS)) == ()
    kept = placed(working_bid=flagged, position_lots=-30, verdict=REDUCE)
    assert kept.moves == ()


def test_an_unflagged_order_may_go_on_reducing() -> None:
    assert placed(working_bid=resting(BID), position_lots=-30, verdict=REDUCE).moves == ()


# --- fast cancel


def test_a_quote_fair_value_moved_through_is_cancelled_at_once() -> None:
    young = resting(BID + 8, placed_ns=NOW_NS)
    assert bid_moves(young, fair_ticks=BID + 5.0)[0] == Move(
        "cancel", "bid0", BUY, BID + 8, 0, "s-1", False, "fast_cancel"
    )
    assert bid_moves(young, fair_ticks=BID + 5.01)[0].reason == "outward"
    young = resting(ASK - 8, placed_ns=NOW_NS)
    assert ask_moves(young, fair_ticks=ASK - 5.0)[0].reason == "fast_cancel"
    assert ask_moves(young, fair_ticks=ASK - 5.01)[0].reason == "outward"


def test_a_quote_that_is_wanted_beyond_fair_value_is_not_cancelled_for_it() -> None:
    assert bid_moves(resting(BID + 2), fair_ticks=BID - 9.0)[0].reason == "outward"
    assert bid_moves(resting(BID), fair_ticks=BID - 9.0) == ()
    knobs = knobs_with(placement={"fast_cancel_bps": 0.0})
    both = decided(working_bid=resting(BID), working_ask=resting(ASK), fair_ticks=float(BID))
    assert place(both, knobs).moves == ()


def test_the_most_aggressive_price_in_flight_is_what_counts() -> None:
    amending = resting(BID, is_settled=False, is_cancellable=True, reach_ticks=BID + 8)
    assert bid_moves(amending, fair_ticks=BID + 5.0)[0].reason == "fast_cancel"
    stuck = replace(amending, is_cancellable=False)
    assert bid_moves(stuck, fair_ticks=BID + 5.0) == ()


# --- own orders on the other side


def test_a_quote_that_would_meet_our_own_waits_until_that_one_is_gone() -> None:
    market = book_at(ASK + 3, ASK + 5)
    old_ask = resting(ASK + 4, client_id="s-2")
    rising = {"bid_ticks": ASK + 4, "ask_ticks": ASK + 9, "working_ask": old_ask, **market}
    assert [move.slot for move in placed(**rising).moves] == ["ask0"]
    waiting = placed(**rising, working_bid=resting(BID, client_id="s-1"))
    assert [move.slot for move in waiting.moves] == ["ask0"]
    # The amend is on its way: the worst is that the ask still stands where it stood.
    in_flight = replace(old_ask, price_ticks=ASK + 9, is_settled=False, reach_ticks=ASK + 4)
    assert placed(**{**rising, "working_ask": in_flight}).moves == ()
    arrived = replace(in_flight, is_settled=True, reach_ticks=0)
    assert [move.kind for move in placed(**{**rising, "working_ask": arrived}).moves] == ["create"]


def test_one_tick_apart_is_no_meeting() -> None:
    market = book_at(BID - 1, BID + 1)
    assert [
        move.slot for move in placed(bid_ticks=BID, ask_ticks=ASK, working_ask=resting(BID + 1), **market).moves
    ] == ["ask0", "bid0"]
    assert [move.slot for move in placed(bid_ticks=BID, ask_ticks=ASK, working_ask=resting(BID), **market).moves] == [
        "ask0"
    ]


def test_a_shrink_does_not_wait_for_our_own_other_side() -> None:
    market = book_at(ASK + 3, ASK + 5)
    context = placed(
        bid_ticks=ASK + 4,
        ask_ticks=ASK + 9,
        working_ask=resting(ASK + 4, client_id="s-2", is_settled=False),
        working_bid=resting(BID, lots=12),
        **market,
    )
    assert [(move.slot, move.price_ticks, move.reason) for move in context.moves] == [("bid0", BID, "shrink")]


def test_a_refill_waits_for_our_own_other_side() -> None:
    context = placed(
        bid_ticks=ASK + 4,
        ask_ticks=ASK + 9,
        working_ask=resting(ASK + 4, client_id="s-2", is_settled=False),
        working_bid=resting(BID, lots=2, filled_lots=8, size_lots=10),
        **book_at(ASK + 3, ASK + 5),
    )
    assert context.moves == ()


# --- order of leaving and attribution


def test_what_takes_risk_away_leaves_first() -> None:
    context = placed(working_ask=resting(ASK - 2))
    assert [(move.slot, move.reason) for move in context.moves] == [("ask0", "outward"), ("bid0", "new")]
    context = placed(working_bid=resting(BID + 2), working_ask=resting(ASK + 2))
    assert [move.reason for move in context.moves] == ["outward", "inward"]
    context = placed(working_bid=resting(BID - 2), working_ask=resting(ASK, lots=12))
    assert [move.reason for move in context.moves] == ["shrink", "inward"]


def test_of_two_cancels_that_of_the_order_which_certainly_stands_leaves_first() -> None:
    """With one token left, an order in doubt took it again and again while a stale quote stood (swarm seed 12)."""
    pulled = {"no_quote_reason": "stale_book"}
    doubtful = replace(resting(BID), is_settled=False, is_cancellable=True)
    context = placed(working_bid=doubtful, working_ask=resting(ASK, client_id="s-2"), **pulled)
    assert [("cancel", "ask0"), ("cancel", "bid0")] == [(move.kind, move.slot) for move in context.moves]
    context = placed(working_bid=resting(BID), working_ask=resting(ASK, client_id="s-2"), **pulled)
    assert ["bid0", "ask0"] == [move.slot for move in context.moves]


def test_placing_again_replaces_its_own_share_and_no_other() -> None:
    earlier = Share("queue_aware", 1.0, 2.0)
    once = place(decided(shares=(earlier,), working_bid=resting(BID + 1)), KNOBS)
    assert once.shares == (earlier, Share("order_placement", 1, 0))
    again = place(replace(once, working_bid=resting(BID)), KNOBS)
    assert again.shares == (earlier, Share("order_placement", 0, 0))


def test_a_share_tells_where_the_quote_will_stand() -> None:
    held_back = placed(working_bid=resting(BID - 2, placed_ns=NOW_NS), working_ask=resting(ASK + 2))
    assert held_back.shares[-1] == Share("order_placement", -2, 0)
    clamped = placed(best_ask_ticks=BID - 2, best_bid_ticks=BID - 4)
    assert clamped.shares[-1] == Share("order_placement", -3, 0)
    pulled = placed(working_bid=resting(BID + 8), fair_ticks=BID + 5.0)
    assert pulled.shares[-1] == Share("order_placement", 0, 0)
    assert placed(no_quote_reason="HALTED", working_bid=resting(BID + 2)).shares[-1] == Share("order_placement", 0, 0)


def test_wanting_and_reconciling_are_the_two_halves() -> None:
    context = decided()
    assert reconcile(want(context, KNOBS), KNOBS) == place(context, KNOBS)
    assert want(context, KNOBS).moves == ()
