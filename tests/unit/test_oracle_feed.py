"""The second road: what can be known of a book from words alone, and since when it is no ground."""

from watching import BUY, NAME, PRICE, Scene

from sim.oracle.feed import Feed
from strategy import events
from strategy.units import NS_PER_S

AGE_NS = 2 * NS_PER_S


def snapshot(seq: int, asked_ns: int = 0) -> events.BookSnapshot:
    return events.BookSnapshot(NAME, seq, ((PRICE, 1),), ((PRICE + 1, 1),), 0, asked_ns)


def delta(prev_seq: int, seq: int) -> events.BookDelta:
    return events.BookDelta(NAME, prev_seq, seq, (), (), 0)


def beat(seq: int) -> events.BookHeartbeat:
    return events.BookHeartbeat(NAME, seq, 0)


def test_a_book_that_was_never_there_is_no_ground():
    assert (0, "no book was ever consistent") == (
        Feed(AGE_NS).blind_since_ns(9, AGE_NS),
        Feed(AGE_NS).why_blind(9, AGE_NS),
    )


def test_what_joins_is_a_proof_of_life_and_what_is_old_is_none():
    feed = Feed(AGE_NS)
    feed.snapshot(10, snapshot(5))
    feed.delta(20, delta(5, 6))
    feed.delta(30, delta(4, 5))
    feed.heartbeat(40, beat(5))
    assert (20, True, PRICE) == (feed.proof_ns, feed.is_whole, feed.mark_ticks)
    feed.heartbeat(50, beat(6))
    assert 50 == feed.proof_ns


def test_a_gap_shows_with_the_next_delta_or_the_next_heartbeat():
    for shows in (lambda feed: feed.delta(20, delta(6, 7)), lambda feed: feed.heartbeat(20, beat(7))):
        feed = Feed(AGE_NS)
        feed.snapshot(10, snapshot(5))
        shows(feed)
        assert (20, "the sequence is broken") == (feed.blind_since_ns(30, AGE_NS), feed.why_blind(30, AGE_NS))


def test_deltas_kept_are_joined_to_the_snapshot_they_belong_to():
    feed = Feed(AGE_NS)
    feed.snapshot(10, snapshot(5))
    feed.delta(20, delta(7, 8))
    feed.delta(21, delta(8, 9))
    feed.heartbeat(22, beat(9))
    feed.snapshot(30, snapshot(6, asked_ns=25))  # older than what was kept: proves nothing
    assert not feed.is_whole
    feed.snapshot(31, snapshot(8, asked_ns=26))
    assert (9, True) == (feed.seq, feed.is_whole)
    feed.snapshot(32, snapshot(7, asked_ns=24))  # a slower answer to an older question
    assert 9 == feed.seq


def test_a_gap_among_the_kept_ones_leaves_it_broken_since_it_broke():
    feed = Feed(AGE_NS)
    feed.snapshot(10, snapshot(5))
    feed.delta(20, delta(7, 8))
    feed.delta(21, delta(9, 10))
    feed.snapshot(30, snapshot(8, asked_ns=25))
    assert 20 == feed.blind_since_ns(31, AGE_NS)


def test_a_pushed_snapshot_makes_everything_kept_obsolete():
    feed = Feed(AGE_NS)
    feed.lose(5)
    feed.delta(20, delta(7, 8))
    feed.snapshot(30, snapshot(3))
    assert (3, []) == (feed.seq, feed.kept)


def test_what_is_kept_is_bounded():
    feed = Feed(AGE_NS)
    for seq in range(2000):
        feed.delta(20, delta(seq, seq + 1))
    assert 1024 == len(feed.kept)


def test_silence_is_blindness_from_the_greatest_age_on():
    feed = Feed(AGE_NS)
    feed.snapshot(10, snapshot(5))
    assert 0 == feed.blind_since_ns(10 + AGE_NS, AGE_NS)
    assert 10 + AGE_NS == feed.blind_since_ns(11 + AGE_NS, AGE_NS)
    assert "2000 ms old" in feed.why_blind(11 + AGE_NS, AGE_NS)


def test_the_mark_is_the_last_price_seen():
    scene = Scene()
    scene.step(events.PublicTrade(NAME, 12_345, 1, BUY, 0))
    assert 12_345 == scene.oracle._feeds[NAME].mark_ticks


def shown(prev_seq: int, bids=(), asks=()) -> events.BookDelta:
    return events.BookDelta(NAME, prev_seq, prev_seq + 1, bids, asks, 0)


def test_a_book_with_one_side_is_no_ground_until_the_other_is_back():
    feed = Feed(AGE_NS)
    feed.snapshot(10, snapshot(5))
    feed.delta(20, shown(5, asks=((PRICE + 1, 0),)))
    feed.delta(30, shown(6))
    assert (20, "a side of the book is empty") == (feed.blind_since_ns(40, AGE_NS), feed.why_blind(40, AGE_NS))
    feed.delta(50, shown(7, asks=((PRICE + 2, 3),)))
    assert 0 == feed.blind_since_ns(60, AGE_NS)


def test_a_crossed_book_is_broken_until_another_whole_one_joins_what_followed():
    feed = Feed(AGE_NS)
    feed.snapshot(10, snapshot(5))
    feed.delta(20, shown(5, bids=((PRICE + 1, 2),)))
    feed.delta(30, shown(6, bids=((PRICE + 1, 0),)))
    assert (20, "the book is crossed") == (feed.blind_since_ns(40, AGE_NS), feed.why_blind(40, AGE_NS))
    feed.snapshot(50, snapshot(6, asked_ns=25))
    assert (7, "") == (feed.seq, feed.why_blind(60, AGE_NS))


def test_a_word_that_came_late_proves_life_as_of_when_it_was_told():
    feed = Feed(AGE_NS)
    feed.snapshot(10, snapshot(5))
    feed.delta(AGE_NS, delta(5, 6), late_ns=AGE_NS - 500)
    assert 500 == feed.proof_ns
    feed.heartbeat(AGE_NS + 1, beat(6), late_ns=AGE_NS)
    assert 500 == feed.proof_ns, "it never goes back"


def test_what_seems_old_counts_anew_once_nothing_has_joined_for_the_greatest_age():
    for late in (
        lambda feed, at_ns: feed.delta(at_ns, delta(1, 2)),
        lambda feed, at_ns: feed.heartbeat(at_ns, beat(2)),
    ):
        feed = Feed(AGE_NS)
        feed.snapshot(10, snapshot(5))
        late(feed, 20)
        assert feed.is_whole
        late(feed, 11 + AGE_NS)
        assert not feed.is_whole


def test_a_fetched_copy_that_is_too_old_proves_nothing():
    feed = Feed(AGE_NS)
    feed.snapshot(10, snapshot(5))
    feed.delta(20, delta(7, 8))
    feed.snapshot(30, snapshot(9, asked_ns=25), late_ns=AGE_NS + 1)
    assert not feed.is_whole
