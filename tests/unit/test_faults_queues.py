"""Bytes that wait: a line that carries few, a reader who takes few, and what the venue does with him."""

import itertools

import pytest
from seen import played

from sim.calls import Call
from sim.faults.queues import ByteQueue, bytes_of
from sim.kernel import Kernel
from sim.serve.asked import Question
from sim.wire import PUBLIC, Message
from strategy import events
from strategy.units import NS_PER_S


def message(number, size=100):
    return Message("book_delta", "X", "", None, number, size=size)


class Line:
    """A queue of 100 bytes a second, and what came through it, with the second at which it did."""

    def __init__(self, bytes_max=None, full=""):
        self.kernel, self.came, self.felt = Kernel(), [], 0
        self.queue = ByteQueue(self.kernel, 100, self._feel, bytes_max)
        if full:
            self.queue.full = getattr(self.queue, full)

    def _feel(self):
        self.felt += 1

    def put(self, at_s, number, size=100):
        self.kernel.at(int(at_s * NS_PER_S), self.queue.put, self.hear, message(number, size))

    def hear(self, one):
        self.came.append((self.kernel.now_ns / NS_PER_S, one.number))

    def run(self, until_s=100):
        self.kernel.run(until_s * NS_PER_S)
        return self.came


def test_how_the_venue_answers_a_question_is_no_word_of_it():
    asked = Question(asked_ns=7, look=lambda _venue: {})
    call = Call((asked,), 0, None)
    assert 64 < bytes_of(Message("query", "", "", call, 1)) < 250


def test_each_takes_as_long_as_its_bytes_and_waits_for_those_before_it():
    line = Line()
    for at_s, number, size in ((0, 1, 100), (0, 2, 200), (0.5, 3, 50), (9, 4, 100)):
        line.put(at_s, number, size)
    assert [(1, 1), (3, 2), (3.5, 3), (10, 4)] == line.run()
    assert 2 == line.felt, "the first and the last waited for nobody"


def test_a_full_buffer_lets_the_oldest_go():
    line = Line(200, "drop_oldest")
    for number in range(1, 7):
        line.put(0, number)
    assert [(1, 1), (2, 5), (3, 6)] == line.run()


def test_a_full_buffer_lets_the_newest_go():
    line = Line(200)
    line.queue.full = lambda _size: False
    for number in range(1, 7):
        line.put(0, number)
    assert [(1, 1), (2, 2), (3, 3)] == line.run()


def test_what_is_longer_than_the_buffer_never_waits():
    line = Line(200, "drop_oldest")
    for number, size in ((1, 100), (2, 100), (3, 201)):
        line.put(0, number, size)
    assert [(1, 1)] == line.run()


def test_opened_up_it_lets_everything_through_in_order_and_holds_nothing_up():
    line = Line()
    for number in range(4):
        line.put(0, number)
    line.kernel.at(int(1.5 * NS_PER_S), line.queue.open_up)
    line.put(2, 9)
    assert [(1, 0), (1.5, 1), (1.5, 2), (1.5, 3), (2, 9)] == line.run()


def test_a_connection_that_goes_takes_what_waits_along():
    line = Line()
    for number in range(4):
        line.put(0, number)
    line.kernel.at(int(1.5 * NS_PER_S), line.queue.clear)
    line.put(2, 9)
    assert [(1, 0), (3, 9)] == line.run()


def test_a_message_is_as_long_as_its_text_or_its_record():
    delta = events.BookDelta("X", 1, 2, ((10, 1),), (), 0)
    longer = events.BookDelta("X", 1, 2, tuple((price, 1) for price in range(50)), (), 0)
    assert 777 == bytes_of(message(1, 777))
    short, long = (bytes_of(Message("book_delta", "X", "", one)) for one in (delta, longer))
    assert long - short > 49 * len("[9,1]")
    assert 0 < bytes_of(Message("pong", "", "", None)) < short


# In a world


def test_a_narrow_line_makes_its_messages_late_in_order_and_loses_none(tmp_path):
    fault = "{at_s: 3, for_s: 6, kind: bandwidth, links: [public], kib_per_s: 2}"
    world, seen = played(tmp_path, fault, seconds=30)
    late = [
        at_s - (event.venue_ns - world.start_wall_ns) / NS_PER_S
        for at_s, event in seen.log
        if isinstance(event, events.BookDelta) and 6 < at_s < 9
    ]
    assert min(late) > 0.5
    assert (0, 1) == (world.links[PUBLIC].lost, world.streams.connections[PUBLIC].epoch)
    joined = [(event.prev_seq, event.seq) for event in seen.of(events.BookDelta)]
    assert all(seq == next_prev for (_, seq), (next_prev, _) in itertools.pairwise(joined))


@pytest.mark.parametrize("when_full", ["drop_oldest", "drop_newest"])
def test_a_slow_reader_is_not_told_what_was_dropped_and_sees_it_by_the_numbers(tmp_path, when_full):
    waits = f"kib_per_s: 2, buffer_kib: 1, when_full: {when_full}"
    world, seen = played(tmp_path, f"{{at_s: 3, for_s: 6, kind: slow_reader, links: [public], {waits}}}", seconds=30)
    joined = [(event.prev_seq, event.seq) for event in seen.of(events.BookDelta)]
    assert sum(seq != next_prev for (_, seq), (next_prev, _) in itertools.pairwise(joined)) > 3
    assert 1 == world.streams.connections[PUBLIC].epoch
    assert world.core.belief().symbols[0].book_ok


def test_a_slow_reader_may_be_disconnected_and_begins_anew_with_an_empty_buffer(tmp_path):
    fault = "{at_s: 3, for_s: 6, kind: slow_reader, links: [public], kib_per_s: 2, buffer_kib: 1}"
    _, seen = played(tmp_path, fault, seconds=30)
    downs = [at_s for at_s, event in seen.log if isinstance(event, events.StreamDown)]
    assert len(downs) > 1
    assert all(3 < at_s < 9 for at_s in downs)
    assert seen.of(events.BookSnapshot, downs[0], 9), "it connects again while it is as slow as before"
    assert not seen.of(events.StreamDown, 9)
