"""The book mirrors what the feed says, and says when it cannot."""

import pytest

from strategy.book import APPLIED, BUFFERED, GAP, OLD, Book, best_of, opposite_of
from strategy.events import BookDelta, BookHeartbeat, BookSnapshot
from strategy.units import BUY, SELL


def snapshot(seq: int = 10, bids=((99, 5), (98, 7)), asks=((101, 4), (102, 6)), asked_ns: int = 0) -> BookSnapshot:
    return BookSnapshot(symbol="X", seq=seq, bids=bids, asks=asks, venue_ns=0, asked_ns=asked_ns)


def delta(prev_seq: int, seq: int, bids=(), asks=()) -> BookDelta:
    return BookDelta(symbol="X", prev_seq=prev_seq, seq=seq, bids=bids, asks=asks, venue_ns=0)


@pytest.fixture
def book() -> Book:
    book = Book(symbol="X")
    assert book.snapshot(1, snapshot()) == APPLIED
    return book


def test_a_new_book_shows_nothing_and_is_not_ok():
    book = Book(symbol="X")
    assert (False, False, 0) == (book.ok, book.is_two_sided, book.mid2_ticks)


def test_a_snapshot_gives_the_best_of_each_side(book):
    assert (99, 101, 200, True) == (book.best_bid_ticks, book.best_ask_ticks, book.mid2_ticks, book.ok)
    assert (5, 6, 0) == (book.lots_at(BUY, 99), book.lots_at(SELL, 102), book.lots_at(BUY, 50))
    assert (99, 101) == (best_of(book, BUY), opposite_of(book, BUY))
    assert (101, 99) == (best_of(book, SELL), opposite_of(book, SELL))


def test_a_delta_that_joins_moves_the_best_both_ways(book):
    assert book.delta(2, delta(10, 11, bids=((99, 0), (97, 1)), asks=((100, 3),))) == APPLIED
    assert (98, 100, 2) == (book.best_bid_ticks, book.best_ask_ticks, book.proof_ns)
    assert book.delta(3, delta(11, 12, bids=((99, 2),), asks=((100, 0),))) == APPLIED
    assert (99, 101) == (book.best_bid_ticks, book.best_ask_ticks)


def test_an_emptied_side_has_no_best_and_can_fill_again(book):
    book.delta(2, delta(10, 11, asks=((101, 0), (102, 0))))
    assert (0, False, 0, True) == (book.best_ask_ticks, book.is_two_sided, book.mid2_ticks, book.ok)
    book.delta(3, delta(11, 12, asks=((105, 1),)))
    assert 105 == book.best_ask_ticks


def test_a_gap_is_a_value_and_the_book_stops_being_ok(book):
    assert book.delta(2, delta(11, 12)) == GAP
    assert (False, 1, 1) == (book.ok, book.gaps, book.proof_ns)


def test_of_the_deltas_let_go_of_the_latest_says_which_book_is_too_old(book):
    for prev_seq, seq in ((11, 12), (14, 15), (12, 13)):
        book.delta(2, delta(prev_seq, seq))
    book.shed()
    assert [15] == [one.seq for one in book.buffer]
    assert (book.snapshot(3, snapshot(seq=13, asked_ns=2)), book.ok) == (OLD, False)
    assert (book.snapshot(4, snapshot(seq=14, asked_ns=3)), book.ok, book.seq) == (APPLIED, True, 15)


def test_deltas_after_a_gap_are_kept_and_joined_by_a_fetched_snapshot(book):
    book.delta(2, delta(11, 12, bids=((99, 9),)))
    assert book.delta(3, delta(12, 13, bids=((100, 1),))) == BUFFERED
    assert book.snapshot(4, snapshot(seq=12, asked_ns=3)) == APPLIED
    assert (13, 100, True, []) == (book.seq, book.best_bid_ticks, book.ok, book.buffer)
    assert 5 == book.lots_at(BUY, 99), "the delta the snapshot already holds is not applied over it"


def test_a_fetched_snapshot_older_than_what_was_kept_proves_nothing(book):
    book.delta(2, delta(11, 12))
    assert book.snapshot(3, snapshot(seq=10, asked_ns=2)) == OLD
    assert not book.ok


def test_a_fetched_snapshot_older_than_a_good_book_is_ignored(book):
    book.delta(2, delta(10, 11, bids=((100, 1),)))
    assert book.snapshot(3, snapshot(seq=10, asked_ns=2)) == OLD
    assert (100, 11) == (book.best_bid_ticks, book.seq)


def test_kept_deltas_that_miss_a_link_show_another_gap(book):
    book.delta(2, delta(11, 12))
    book.delta(3, delta(13, 14))
    assert book.snapshot(4, snapshot(seq=12, asked_ns=3)) == GAP
    assert (False, 2) == (book.ok, book.gaps)


def test_a_streamed_snapshot_replaces_even_with_a_lower_sequence(book):
    assert book.snapshot(2, snapshot(seq=1, bids=((50, 1),), asks=((60, 1),))) == APPLIED
    assert (1, 50, 60) == (book.seq, book.best_bid_ticks, book.best_ask_ticks)


def test_an_old_delta_changes_nothing_and_proves_nothing(book):
    assert book.delta(9, delta(8, 9, bids=((100, 1),))) == OLD
    assert (99, 1) == (book.best_bid_ticks, book.proof_ns)


def test_a_delta_that_covers_what_a_snapshot_held_still_joins(book):
    assert book.delta(2, delta(8, 12, bids=((100, 1),))) == APPLIED
    assert (12, 100) == (book.seq, book.best_bid_ticks)


@pytest.mark.parametrize(("seq", "outcome", "proof_ns"), [(10, APPLIED, 7), (9, OLD, 1), (11, GAP, 1)])
def test_a_heartbeat_proves_life_only_for_our_own_sequence(book, seq, outcome, proof_ns):
    assert book.heartbeat(7, BookHeartbeat(symbol="X", seq=seq, venue_ns=0)) == outcome
    assert (proof_ns, outcome != GAP) == (book.proof_ns, book.ok)


def test_a_heartbeat_cannot_mend_a_gap(book):
    book.delta(2, delta(11, 12))
    assert book.heartbeat(3, BookHeartbeat(symbol="X", seq=12, venue_ns=0)) == OLD
    assert not book.ok


def test_a_crossed_or_locked_book_is_a_gap(book):
    assert book.delta(2, delta(10, 11, bids=((101, 1),))) == GAP
    crossed = Book(symbol="X")
    assert crossed.snapshot(1, snapshot(bids=((101, 1),))) == GAP


def test_a_lost_stream_forgets_truth_and_kept_deltas(book):
    book.delta(2, delta(11, 12))
    book.lose()
    assert (False, []) == (book.ok, book.buffer)


def test_the_buffer_is_bounded_and_drops_the_oldest(book):
    book.lose()
    for seq in range(20, 20 + 1500):
        book.delta(2, delta(seq, seq + 1))
    assert (1024, 1519) == (len(book.buffer), book.buffer[-1].prev_seq)


def test_ticklots_near_counts_both_sides_inside_half_the_width():
    book = Book(symbol="X")
    book.snapshot(1, snapshot(bids=((9999, 5), (9990, 7)), asks=((10001, 4), (10010, 6))))
    assert 9999 * 5 + 10001 * 4 == book.ticklots_near(2.0)
    assert 9999 * 5 + 10001 * 4 == book.ticklots_near(19.9)
    assert 9999 * 5 + 10001 * 4 + 9990 * 7 + 10010 * 6 == book.ticklots_near(20.1)
