"""A book proves life as of when it was told: late words are old ones, and a count that begins anew is noticed."""

from seat import MS, Seat, quoting

from strategy import commands, events, reads
from strategy.units import NS_PER_S

LATE_NS = 3 * NS_PER_S


def delta(seat: Seat, late_ns: int, after_ms: int = 50):
    """Hear a delta that joins, which the venue stamped so long ago."""
    seq = seat.seq["BTCUSDT"]
    seat.seq["BTCUSDT"] = seq + 1
    stamp_ns = seat.now + after_ms * MS - late_ns
    return seat.hear(events.BookDelta("BTCUSDT", seq, seq + 1, ((119_980, 7),), (), stamp_ns), after_ms)


def heard(seat: Seat, late_ns: int, seconds: float):
    """Hear deltas for a while; give what was sent meanwhile."""
    return [command for _ in range(int(seconds * 20)) for command in delta(seat, late_ns)]


def test_messages_that_come_seconds_late_are_no_ground_to_quote_on(seat):
    quoting(seat)
    sent = heard(seat, LATE_NS, 4)
    assert 2 == len({one.client_id for one in sent if isinstance(one, commands.CancelOrder)}), "both quotes are pulled"
    assert "stale_book" == seat.core.last_context("BTCUSDT").blocked
    assert not [one for one in sent[len(sent) // 2 :] if isinstance(one, commands.CreateOrder)]
    assert seat.core.belief().symbols[0].book_ok, "every message joined"


def test_messages_in_time_are_a_ground(seat):
    quoting(seat)
    assert not [one for one in heard(seat, 20 * MS, 4) if isinstance(one, commands.CancelOrder)]
    assert "" == seat.core.last_context("BTCUSDT").blocked


def test_who_hears_late_words_asks_whether_it_is_the_clock_that_moved(seat):
    quoting(seat)
    assert not [one for one in heard(seat, 20 * MS, 5) if isinstance(one, commands.SampleClock)]
    asked = [one for one in heard(seat, LATE_NS, 0.3) if isinstance(one, commands.SampleClock)]
    assert 1 == len(asked), "once, not with every word"
    # It was the clock: it now shows three seconds less, and nothing is late by it.
    seat.hear(events.ClockSampled(asked[0].asked_ns, seat.now - LATE_NS), 20)
    seat.hear(events.ClockSampled(asked[0].asked_ns, seat.now - LATE_NS), 600)
    heard(seat, LATE_NS, 3)
    assert "stale_book" != seat.core.last_context("BTCUSDT").blocked


def test_a_feed_that_stays_late_is_no_reason_to_ask_for_the_time_for_ever(seat):
    quoting(seat)
    asked = {20 * MS: 0, LATE_NS: 0}
    for late_ns in asked:
        for _ in range(40):
            for one in heard(seat, late_ns, 0.5):
                if isinstance(one, commands.SampleClock):
                    asked[late_ns] += 1
                    seat.hear(events.ClockSampled(one.asked_ns, seat.now), 1)
    assert asked[LATE_NS] <= asked[20 * MS] + 4, "in twenty seconds"


def test_a_fetched_copy_that_is_too_old_by_its_stamp_is_asked_for_again(seat):
    quoting(seat)
    gap = events.BookDelta("BTCUSDT", 900, 901, (), (), seat.now)
    (request,) = [one for one in seat.hear(gap, 10) if isinstance(one, commands.RequestBook)]
    book = ("BTCUSDT", 901, ((119_990, 500),), ((120_010, 500),))
    old = events.BookSnapshot(*book, seat.now - LATE_NS, request.asked_ns)
    (again,) = [one for one in seat.hear(old, 20) if isinstance(one, commands.RequestBook)]
    assert not seat.core.belief().symbols[0].book_ok
    seat.hear(events.BookSnapshot(*book, seat.now, again.asked_ns), 20)
    assert seat.core.belief().symbols[0].book_ok


def test_a_count_that_begins_anew_without_a_word_is_noticed_and_a_book_asked_for(seat):
    quoting(seat)
    seat.hear(events.BookDelta("BTCUSDT", seat.seq["BTCUSDT"], 5000, (), (), seat.now), 10)
    sent, seq = [], 1
    while not any(isinstance(one, commands.RequestBook) for one in sent) and seq < 200:
        seq += 1
        sent += seat.hear(events.BookDelta("BTCUSDT", seq - 1, seq, (), (), seat.now + 50 * MS), 50)
    (request,) = [one for one in sent if isinstance(one, commands.RequestBook)]
    assert 2.4 < seq / 20 < 2.7, "once what seems old is all there has been for the greatest age"
    book = events.BookSnapshot("BTCUSDT", seq, ((119_990, 5),), ((120_010, 5),), seat.now, request.asked_ns)
    seat.hear(book, 20)
    assert seat.core.belief().symbols[0].book_ok
    assert not seat.core._state.reads.is_wanted(reads.BOOK_OF + "BTCUSDT")


def test_a_heartbeat_of_another_count_is_noticed_as_well(seat):
    quoting(seat)
    seat.hear(events.BookDelta("BTCUSDT", seat.seq["BTCUSDT"], 5000, (), (), seat.now), 10)
    sent = []
    for _ in range(8):
        sent += seat.hear(events.BookHeartbeat("BTCUSDT", 1, seat.now + 500 * MS), 500)
    assert any(isinstance(one, commands.RequestBook) for one in sent)


def test_second_copies_of_old_words_ask_for_nothing(seat):
    quoting(seat)
    sent = []
    for _ in range(100):
        sent += delta(seat, 0)
        seq = seat.seq["BTCUSDT"]
        sent += seat.hear(events.BookDelta("BTCUSDT", seq - 1, seq, ((119_980, 7),), (), seat.now))
    assert not [one for one in sent if isinstance(one, commands.RequestBook | commands.CancelOrder)]
