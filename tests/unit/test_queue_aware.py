"""Stage 4, alone: what a place is worth, keeping it, joining the touch."""

import pytest
from quoting import ASK, BID, KNOBS, book_at, calm, knobs_with, resting

from strategy.context import QuoteContext, Share, Working
from strategy.knobs import QueueKnobs
from strategy.stages.queue_aware import keep_or_move, place_worth_bps
from strategy.units import NS_PER_S

QUEUE = QueueKnobs(enabled=True, place_worth_bps=2.0, headroom_ns=2 * NS_PER_S, cancel_power=1.0)


def kept(working_bid: Working | None = None, working_ask: Working | None = None, **changes: object) -> QuoteContext:
    fields = {"bid_ticks": BID, "ask_ticks": ASK, "working_bid": working_bid, "working_ask": working_ask}
    return keep_or_move(calm(**{**fields, **changes}), KNOBS)


@pytest.mark.parametrize(
    ("ahead", "worth"), [(-1.0, 2.0), (0.0, 2.0), (10.0, 1.6), (25.0, 1.0), (50.0, 0.0), (99.0, 0.0)]
)
def test_a_place_is_worth_less_the_more_stands_ahead(ahead: float, worth: float) -> None:
    assert place_worth_bps(ahead, 50, 0.0, QUEUE) == pytest.approx(worth)


def test_an_empty_touch_makes_any_lot_ahead_the_back() -> None:
    assert place_worth_bps(1.0, 0, 0.0, QUEUE) == 0.0


def test_a_place_that_should_fill_within_the_headroom_is_worth_all() -> None:
    assert place_worth_bps(40.0, 50, 20.0, QUEUE) == 2.0
    assert place_worth_bps(40.1, 50, 20.0, QUEUE) == pytest.approx(2.0 * (1 - 40.1 / 50))


@pytest.mark.parametrize("moved", [-2, -1, 1, 2])
def test_a_first_place_is_kept_up_to_its_worth(moved: int) -> None:
    context = kept(resting(BID + moved), resting(ASK + moved))
    assert (context.bid_ticks, context.ask_ticks) == (BID + moved, ASK + moved)
    assert context.shares == (Share("queue_aware", moved, moved),)


@pytest.mark.parametrize("moved", [-3, 3])
def test_a_first_place_is_given_up_for_more_than_its_worth(moved: int) -> None:
    context = kept(resting(BID + moved), resting(ASK + moved))
    assert (context.bid_ticks, context.ask_ticks) == (BID, ASK)


def test_each_side_looks_at_its_own_touch_and_drain() -> None:
    bid, ask = resting(BID - 1, ahead_lots=40.0), resting(ASK + 1, ahead_lots=40.0)
    alone = kept(bid, ask)
    assert (alone.bid_ticks, alone.ask_ticks) == (BID, ASK)
    assert kept(bid, ask, bid_drain_lots_per_s=20.0).bid_ticks == BID - 1
    assert kept(bid, ask, bid_drain_lots_per_s=20.0).ask_ticks == ASK
    assert kept(bid, ask, ask_drain_lots_per_s=20.0).ask_ticks == ASK + 1
    assert kept(bid, ask, ask_drain_lots_per_s=20.0).bid_ticks == BID
    assert kept(bid, ask, best_bid_lots=80).bid_ticks == BID - 1
    assert kept(bid, ask, best_bid_lots=80).ask_ticks == ASK
    assert kept(bid, ask, best_ask_lots=80).ask_ticks == ASK + 1


def test_a_busy_order_has_no_place_to_keep() -> None:
    context = kept(resting(BID - 1, is_settled=False), resting(ASK + 1, is_settled=False))
    assert (context.bid_ticks, context.ask_ticks) == (BID, ASK)


def test_a_kept_quote_never_meets_the_other() -> None:
    # The market fell: our first-in-line bid stands where the ask is now wanted.
    market = book_at(BID, BID + 1)
    context = kept(resting(BID + 1), None, bid_ticks=BID - 1, ask_ticks=BID + 1, **market)
    assert (context.bid_ticks, context.ask_ticks) == (BID - 1, BID + 1)
    apart = kept(resting(BID + 1), None, bid_ticks=BID, ask_ticks=BID + 2, **market)
    assert (apart.bid_ticks, apart.ask_ticks) == (BID + 1, BID + 2)


def test_a_quote_joins_the_touch_instead_of_stepping_in_front() -> None:
    market = book_at(BID - 3, ASK + 3)
    context = kept(**market)
    assert (context.bid_ticks, context.ask_ticks) == (BID - 3, ASK + 3)
    assert context.shares == (Share("queue_aware", -3, 3),)


def test_a_quote_may_step_in_front_as_far_as_allowed() -> None:
    knobs = knobs_with(queue={"improve_ticks_max": 2})
    context = keep_or_move(calm(bid_ticks=BID, ask_ticks=ASK, **book_at(BID - 3, ASK + 3)), knobs)
    assert (context.bid_ticks, context.ask_ticks) == (BID - 1, ASK + 1)


@pytest.mark.parametrize(("position", "bid", "ask"), [(1, BID - 3, ASK), (-1, BID, ASK + 3)])
def test_the_reducing_side_may_step_in_front(position: int, bid: int, ask: int) -> None:
    context = kept(position_lots=position, **book_at(BID - 3, ASK + 3))
    assert (context.bid_ticks, context.ask_ticks) == (bid, ask)


def test_switched_off_or_without_a_mid_it_changes_nothing() -> None:
    off = knobs_with(queue={"enabled": False})
    context = calm(bid_ticks=BID, ask_ticks=ASK, working_bid=resting(BID - 1))
    assert keep_or_move(context, off) is context
    blind = calm(mid2_ticks=0)
    assert keep_or_move(blind, KNOBS) is blind
