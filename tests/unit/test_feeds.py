"""The public feed: joined numbers, a view of the best levels, trades, signs of life."""

import pytest
from pits import HandPit

from sim.venue.feeds import Feed
from sim.venue.matching import Resting
from strategy import events
from strategy.units import BUY, NS_PER_MS, SELL


@pytest.fixture
def pit() -> HandPit:
    pit = HandPit(None)
    for price in (99, 98, 97, 96):
        pit.rest(BUY, price, 10)
    for price in (101, 102):
        pit.rest(SELL, price, 10)
    return pit


@pytest.fixture
def feed(pit) -> Feed:
    feed = Feed(pit, 500 * NS_PER_MS, depth=3)
    feed.snapshot(0, 0, 0)
    return feed


def only(told) -> events.BookDelta:
    (delta,) = told
    return delta


def test_a_snapshot_shows_the_best_levels_and_carries_its_question(pit):
    *_, snapshot = Feed(pit, 0, 3).snapshot(5, 7, 9)
    assert events.BookSnapshot("X", 2, ((99, 10), (98, 10), (97, 10)), ((101, 10), (102, 10)), 7, 9) == snapshot


def test_a_level_that_goes_brings_the_next_one_into_view(pit, feed):
    pit.book.take(SELL, 10, 99)
    delta = only(feed.publish(1, 1))
    assert (((99, 0), (96, 10)), (), feed.seq - 1, feed.seq) == (delta.bids, delta.asks, delta.prev_seq, delta.seq)


def test_a_better_level_pushes_the_worst_one_out_of_view(pit, feed):
    pit.rest(BUY, 100, 4)
    assert ((100, 4), (97, 0)) == only(feed.publish(1, 1)).bids


def test_what_happens_out_of_view_is_not_told(pit, feed):
    pit.rest(BUY, 96, 5)
    pit.rest(BUY, 90, 5)
    assert [] == feed.publish(1, 1)
    assert [events.BookHeartbeat("X", feed.seq, 3)] == feed.publish(500 * NS_PER_MS, 3)


def test_a_level_that_came_and_went_between_two_messages_was_never_there(pit, feed):
    pit.rest(BUY, 100, 4)
    pit.book.take(SELL, 4, 100)
    assert [] == feed.publish(1, 1)


def test_changes_are_conflated_into_absolute_sizes(pit, feed):
    pit.rest(SELL, 101, 5)
    pit.book.take(BUY, 12, 101)
    assert ((), ((101, 3),)) == (only(feed.publish(1, 1)).bids, ((101, 3),))


def test_a_book_that_never_changed_before_the_snapshot_is_in_view(pit):
    pit.changed_levels()
    feed = Feed(pit, 0, 3)
    feed.snapshot(0, 0, 0)
    pit.book.take(BUY, 10, 101)
    assert ((101, 0),) == only(feed.publish(1, 1)).asks


def test_one_aggressor_is_one_print_per_price(pit, feed):
    first, second = Resting(SELL, 101, 1), Resting(SELL, 101, 1)
    feed.traded([(first, 101, 2), (second, 101, 3), (first, 102, 4)], BUY, 6)
    prints = [told for told in feed.publish(1, 1) if isinstance(told, events.PublicTrade)]
    assert [events.PublicTrade("X", 101, 5, BUY, 6), events.PublicTrade("X", 102, 4, BUY, 6)] == prints
