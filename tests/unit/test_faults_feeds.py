"""Market data that are out of turn, counted anew, told again, old, crossed, one-sided, or far too many."""

import itertools

from seen import played

from strategy import commands, events
from strategy.units import NS_PER_S

SYMBOL = "BTCUSDT"


def gaps(seen):
    """Count the updates that did not join the one before."""
    joined = [(event.prev_seq, event.seq) for event in seen.of(events.BookDelta)]
    return sum(seq != next_prev for (_, seq), (next_prev, _) in itertools.pairwise(joined))


def quoted(seen, from_s, until_s):
    return seen.of((commands.CreateOrder, commands.AmendOrder), from_s, until_s)


def is_mended(world):
    """Say whether the bot's book is the one that is shown."""
    shown = world.venue.feeds[SYMBOL].as_told(0)
    book = world.core._state.desks[0].book
    return book.ok and abs(max(book.bids) - shown.bids[0][0]) < 20


def test_a_gap_opens_again_while_the_book_is_loaded(tmp_path):
    asked = []
    for again in (0, 2):
        (tmp_path / str(again)).mkdir()
        fault = f"{{at_s: 5, kind: feed_gap, lost_messages: 3, again: {again}}}"
        world, seen = played(tmp_path / str(again), fault)
        assert 3 * (1 + again) == world.links["public"].lost
        asked.append(len(seen.of(commands.RequestBook, 5, 10)))
        assert is_mended(world)
    assert asked[0] < asked[1]


def test_an_update_that_strays_is_told_after_those_that_followed_it(tmp_path):
    world, seen = played(tmp_path, "{at_s: 5, for_s: 8, kind: feed_disorder, prob: 0.05, late_ms: 120}")
    seqs = [event.seq for event in seen.of(events.BookDelta, 5, 14)]
    assert sorted(seqs) != seqs
    assert sorted(seqs) == list(range(min(seqs), max(seqs) + 1)), "none is lost and none told twice"
    assert gaps(seen) > 2
    assert is_mended(world)


def test_an_update_that_is_told_twice_changes_nothing(tmp_path):
    fault = "{at_s: 5, for_s: 8, kind: duplicate, links: [public], prob: 0.5, after_ms: 70}"
    world, seen = played(tmp_path, fault)
    seqs = [event.seq for event in seen.of(events.BookDelta, 5, 13)]
    assert len(seqs) - len(set(seqs)) > 20
    assert not seen.of(commands.RequestBook, 5, 14)
    assert is_mended(world)


def test_books_counted_anew_begin_with_a_whole_one(tmp_path):
    world, seen = played(tmp_path, "{at_s: 5, kind: feed_restart}")
    (whole,) = seen.of(events.BookSnapshot, 5, 6)
    assert (1, 0) == (whole.seq, whole.asked_ns)
    assert 1 < seen.of(events.BookDelta, 5.5, 6)[0].seq < 30 < seen.of(events.BookDelta, 4.5, 5)[0].seq
    assert quoted(seen, 5.1, 7)
    assert is_mended(world)


def test_who_misses_the_first_book_of_a_new_count_asks_for_one_once_nothing_joins(tmp_path):
    world, seen = played(tmp_path, "{at_s: 5, kind: feed_restart, is_told: false}", seconds=25)
    assert not seen.of(events.BookSnapshot, 5, 7)
    assert 1 in [event.prev_seq for event in seen.of(events.BookDelta, 5, 5.2)]
    (asked_s, *_) = [at_s for at_s, what in seen.log if at_s > 5 and isinstance(what, commands.RequestBook)]
    assert 7.4 < asked_s < 8
    assert seen.of(commands.CancelOrder, 7, 8)
    assert quoted(seen, 8, 13)
    assert is_mended(world)


def test_whole_books_told_in_the_middle_of_a_stream_are_taken_as_they_are(tmp_path):
    world, seen = played(tmp_path, "{at_s: 5, for_s: 6, kind: book_resent, every_s: 0.5}")
    wholes = seen.of(events.BookSnapshot, 5, 11.5)
    assert 12 == len(wholes)
    assert {0} == {event.asked_ns for event in wholes}
    assert 0 == gaps(seen)
    assert quoted(seen, 5, 11)
    assert is_mended(world)


def test_a_copy_that_lags_is_older_than_what_was_kept_and_is_asked_for_again(tmp_path):
    gap = "{at_s: 6, kind: feed_gap, lost_messages: 3}"
    world, seen = played(tmp_path, f"{{at_s: 5, for_s: 4, kind: book_read_lag, lag_s: 1}}, {gap}")
    came = [
        (at_s, at_s - (event.venue_ns - world.start_wall_ns) / NS_PER_S)
        for at_s, event in seen.log
        if isinstance(event, events.BookSnapshot) and event.asked_ns
    ]
    assert min(late_s for at_s, late_s in came if at_s < 9) > 0.9
    assert len(came) > 2
    assert not [what for what in quoted(seen, 6.3, 6.9) if what.symbol == SYMBOL], "older than the gap: no ground"
    assert is_mended(world)


def test_a_crossed_book_is_no_book_and_is_not_asked_for_in_a_circle(tmp_path):
    for by_ticks in (0, 3):
        (tmp_path / str(by_ticks)).mkdir()
        fault = f"{{at_s: 5, for_s: 4, kind: book_crossed, by_ticks: {by_ticks}}}"
        world, seen = played(tmp_path / str(by_ticks), fault, symbols="[BTCUSDT, ETHUSDT]")
        wholes = seen.of(events.BookSnapshot, 5.2, 8.9)
        assert all(event.bids[0][0] == event.asks[0][0] + by_ticks for event in wholes)
        assert seen.of(commands.CancelOrder, 5, 5.3)
        assert not quoted(seen, 5.2, 9)
        assert 2 <= len(seen.of(commands.RequestBook, 5.3, 9)) <= 2 * 4 * 2
        assert quoted(seen, 9, 11)
        assert is_mended(world)


def test_a_book_with_one_side_is_no_ground_to_quote_on(tmp_path):
    for side in ("bids", "asks"):
        (tmp_path / side).mkdir()
        fault = f"{{at_s: 5, for_s: 4, kind: book_one_sided, side: {side}}}"
        world, seen = played(tmp_path / side, fault)
        assert [
            price for event in seen.of(events.BookDelta, 5, 5.2) for price, lots in getattr(event, side) if not lots
        ]
        assert seen.of(commands.CancelOrder, 5, 5.3)
        assert not quoted(seen, 5.2, 9)
        assert quoted(seen, 9, 11)
        assert is_mended(world)


def test_levels_that_linger_are_in_the_first_book_and_no_later_word_removes_them(tmp_path):
    fault = "{at_s: 10, for_s: 4, kind: stale_levels, age_s: 9}"
    world, seen = played(tmp_path, fault, seconds=40, calm_s=30)
    (first, *_) = [book for book in seen.of(events.BookSnapshot, 10, 14) if not book.asked_ns]
    assert first.bids[0][0] >= first.asks[0][0], "in nine seconds the price has moved through the levels of then"
    assert not quoted(seen, 10.3, 10.35), "a crossed book is none"
    assert quoted(seen, 11, 13), "one that is read is asked for at once"
    assert is_mended(world)


def test_a_storm_of_messages_tells_nothing_new_and_every_number_joins(tmp_path):
    _, calmly = played(tmp_path, "", calm_s=15)
    world, seen = played(tmp_path, "{at_s: 5, for_s: 2, kind: message_storm, factor: 50}")
    few, many = (len(one.of(events.BookDelta, 5, 7.1)) for one in (calmly, seen))
    assert many > 40 * few > 400
    assert 0 == gaps(seen)
    assert not seen.of(commands.RequestBook, 5, 8)
    assert is_mended(world)
