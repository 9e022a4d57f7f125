"""Where an order stands: what trades and cancels do to the size in front of it."""

import pytest

from strategy.queue import QueuePlace, front_share, join
from strategy.units import BUY, SELL


def test_whoever_joins_stands_last() -> None:
    place = join(SELL, 100, 5, 40)
    assert place == QueuePlace(side=SELL, price_ticks=100, own_lots=5, ahead_lots=40.0, traded_lots=0)


def test_a_trade_at_our_price_eats_from_the_front() -> None:
    place = join(BUY, 100, 5, 40)
    place.on_trade(100, 15, SELL)
    assert (place.ahead_lots, place.traded_lots) == (25.0, 15)
    place.on_trade(100, 99, SELL)
    assert (place.ahead_lots, place.traded_lots) == (0.0, 114)


@pytest.mark.parametrize(("side", "beyond", "short_of"), [(BUY, 99, 101), (SELL, 101, 99)])
def test_a_trade_beyond_our_price_leaves_nothing_ahead_and_one_short_of_it_all(
    side: int, beyond: int, short_of: int
) -> None:
    place = join(side, 100, 5, 40)
    place.on_trade(short_of, 15, -side)
    assert (place.ahead_lots, place.traded_lots) == (40.0, 0)
    place.on_trade(beyond, 1, -side)
    assert (place.ahead_lots, place.traded_lots) == (0.0, 0)


def test_a_trade_against_the_other_side_says_nothing() -> None:
    place = join(BUY, 100, 5, 40)
    place.on_trade(100, 15, BUY)
    assert place == join(BUY, 100, 5, 40)


def test_what_a_trade_explains_is_no_cancel() -> None:
    place = QueuePlace(BUY, 100, own_lots=5, ahead_lots=40.0)
    place.on_trade(100, 15, SELL)
    place.on_level(65, 50, 1.0)
    assert (place.ahead_lots, place.traded_lots) == (25.0, 0)
    # The next drop is not explained any more: 25 ahead, 20 behind, 9 cancelled.
    place.on_level(50, 41, 1.0)
    assert place.ahead_lots == pytest.approx(20.0)


def test_a_trade_and_a_cancel_in_one_drop_are_told_apart() -> None:
    place = QueuePlace(BUY, 100, own_lots=5, ahead_lots=40.0)
    place.on_trade(100, 20, SELL)
    # 85 shown, 20 traded, 5 ours: 20 ahead and 40 behind; 6 of them cancelled, 2 in front.
    place.on_level(85, 59, 1.0)
    assert place.ahead_lots == pytest.approx(18.0)


def test_what_comes_stands_behind() -> None:
    place = join(BUY, 100, 5, 40)
    place.on_level(45, 99, 1.0)
    assert place.ahead_lots == 40.0


def test_an_unchanged_level_changes_nothing() -> None:
    place = join(BUY, 100, 5, 40)
    place.on_level(60, 60, 1.0)
    assert place.ahead_lots == 40.0


def test_no_more_stands_ahead_than_rests_there() -> None:
    place = QueuePlace(BUY, 100, own_lots=5, ahead_lots=40.0)
    place.on_level(46, 15, 1.0)
    assert place.ahead_lots == pytest.approx(40.0 - 31 * 40 / 41)
    crowded = QueuePlace(BUY, 100, own_lots=5, ahead_lots=40.0)
    crowded.on_level(145, 25, 0.0)  # uniform by side: 60 would leave the front, 60 the back
    assert crowded.ahead_lots == 0.0
    capped = QueuePlace(BUY, 100, own_lots=5, ahead_lots=40.0)
    capped.on_level(30, 30, 1.0)
    assert capped.ahead_lots == 25.0
    gone = QueuePlace(BUY, 100, own_lots=5, ahead_lots=40.0)
    gone.on_level(45, 3, 1.0)
    assert gone.ahead_lots == 0.0


def test_a_fill_of_ours_means_that_we_stand_first() -> None:
    place = QueuePlace(BUY, 100, own_lots=5, ahead_lots=7.5)
    place.on_fill(2)
    assert (place.ahead_lots, place.own_lots) == (0.0, 3)
    place.on_fill(9)
    assert place.own_lots == 0


def test_the_truth_replaces_the_belief() -> None:
    place = QueuePlace(BUY, 100, own_lots=5, ahead_lots=7.5)
    place.on_truth(3)
    assert place.ahead_lots == 3.0


def test_the_power_model_shares_cancels_out() -> None:
    assert front_share(30.0, 10.0, 1.0) == pytest.approx(0.75)
    assert front_share(30.0, 10.0, 2.0) == pytest.approx(0.9)
    assert front_share(30.0, 0.0, 2.0) == 1.0
    assert front_share(30.0, -5.0, 2.0) == 1.0
    assert front_share(0.0, 10.0, 0.0) == 0.0
    assert front_share(0.5, 0.5, 3.0) == pytest.approx(0.5)
