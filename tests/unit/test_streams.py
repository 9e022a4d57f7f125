"""Streams as connections: what is missed is missed, silence is found out by pings, then all begins anew."""

import itertools

from small_world import small_world

from sim.wire import LOST, PRIVATE, PUBLIC, Fate
from strategy import events
from strategy.units import NS_PER_S


class Hears:
    """A core that only listens."""

    wake_at_ns = None

    def __init__(self, _knobs) -> None:
        self.heard = []

    def step(self, now_ns, event):
        self.heard.append((now_ns, event))
        return ()


class Cut:
    """Loses, or holds back, what a link carries from one instant to another."""

    def __init__(self, links, from_s, until_s, fate=LOST) -> None:
        self.links, self.from_ns, self.until_ns, self.said = links, from_s * NS_PER_S, until_s * NS_PER_S, fate

    def fate(self, link, message, now_ns):
        if link not in self.links or not self.from_ns <= now_ns < self.until_ns:
            return None
        return self.said or Fate(extra_ns=self.until_ns - now_ns)


def played(tmp_path, *rules, seconds=40, at=()):
    world = small_world(tmp_path, seconds, factory=Hears)
    world.rules += rules
    for at_s, function, *args in at:
        world.kernel.at(at_s * NS_PER_S, function(world), *args)
    assert "" == world.run().error
    return world, [(at_ns - world.start_wall_ns, event) for at_ns, event in world.core.heard]


def changes(heard, stream):
    return [
        (round(at_ns / NS_PER_S, 1), type(event).__name__)
        for at_ns, event in heard
        if isinstance(event, events.StreamUp | events.StreamDown) and event.stream == stream
    ]


def test_a_process_connects_both_streams_and_hears_the_book_first(tmp_path):
    _, heard = played(tmp_path, seconds=5)
    assert isinstance(heard[0][1], events.Started)
    names = [type(event).__name__ for _, event in heard]
    after = names[names.index("BookSnapshot") :]
    assert "BookDelta" not in names[: names.index("BookSnapshot")]
    assert "BookDelta" in after
    for stream in (PUBLIC, PRIVATE):
        ((at_s, what),) = changes(heard, stream)
        assert what == "StreamUp"
        assert 0 < at_s < 0.5


def test_a_quiet_stream_is_no_dead_one(tmp_path):
    """Nothing is ever said on the private stream: its pongs prove it."""
    _, heard = played(tmp_path, seconds=60)
    assert 1 == len(changes(heard, PRIVATE))


def test_silence_is_found_out_at_the_deadline_and_ends_with_the_first_attempt_that_passes(tmp_path):
    _, heard = played(tmp_path, Cut((PRIVATE,), 10, 20))
    (_, up), (down_s, down), (again_s, again) = changes(heard, PRIVATE)
    assert ("StreamUp", "StreamDown", "StreamUp") == (up, down, again)
    assert 13 <= down_s <= 15.1  # five seconds after the last pong, which came at most two before
    assert 20 < again_s < 25
    assert 1 == len(changes(heard, PUBLIC))


def test_a_reset_is_known_at_once_and_a_new_connection_brings_a_new_book(tmp_path):
    _, heard = played(tmp_path, seconds=15, at=[(10, lambda world: world.streams.reset, PUBLIC)])
    assert [(10.0, "StreamDown")] == changes(heard, PUBLIC)[1:2]
    after = [event for at_ns, event in heard if at_ns >= 10 * NS_PER_S]
    kinds = [type(event) for event in after if isinstance(event, events.StreamUp | events.BookSnapshot)]
    assert [events.StreamUp, events.BookSnapshot] == kinds
    deltas = [event for event in after if isinstance(event, events.BookDelta)]
    (snapshot,) = [event for event in after if isinstance(event, events.BookSnapshot)]
    assert snapshot.seq == deltas[0].prev_seq


def test_what_a_lost_connection_held_back_is_never_delivered(tmp_path):
    held = Cut((PUBLIC,), 10, 12, fate=None)  # everything of two seconds arrives at 12
    _, whole = played(tmp_path, held, seconds=15)
    burst = [event for at_ns, event in whole if 12 * NS_PER_S <= at_ns < 12.05 * NS_PER_S]
    assert len(burst) > 10
    world, cut = played(tmp_path, held, seconds=15, at=[(11, lambda world: world.streams.reset, PUBLIC)])
    old = [event for at_ns, event in cut if at_ns >= 11 * NS_PER_S and isinstance(event, events.BookDelta)]
    assert all(event.venue_ns - world.start_wall_ns >= 11 * NS_PER_S for event in old)
    assert any(event.venue_ns - world.start_wall_ns < 11 * NS_PER_S for event in burst)


def test_attempts_that_fail_come_less_often(tmp_path):
    hellos = []

    class Notes(Cut):
        def fate(self, link, message, now_ns):
            if message.kind == "welcome" and link == PUBLIC:
                hellos.append(now_ns)
            return super().fate(link, message, now_ns)

    played(tmp_path, Notes((PUBLIC,), 5, 60), seconds=60)
    waits_s = [(later - sooner) / NS_PER_S for sooner, later in itertools.pairwise(hellos[1:])]
    assert waits_s[0] < 4 < waits_s[-1] < 8.5


def test_a_process_that_dies_hears_nothing_and_one_that_starts_connects_anew(tmp_path):
    _, heard = played(
        tmp_path,
        seconds=20,
        at=[(8, lambda world: world.streams.drop), (12, lambda world: world.streams.connect)],
    )
    assert [] == [event for at_ns, event in heard if 8 * NS_PER_S <= at_ns < 12 * NS_PER_S]
    assert ["StreamUp", "StreamUp"] == [what for _, what in changes(heard, PUBLIC)]
    assert any(isinstance(event, events.BookDelta) for at_ns, event in heard if at_ns > 13 * NS_PER_S)


def test_while_nobody_can_connect_every_attempt_fails_at_once(tmp_path):
    def bar(world):
        def begin():
            for connection in world.streams.connections.values():
                connection.barred["dns"] = None
            world.streams.reset(PRIVATE)

        return begin

    def unbar(world):
        def end():
            for connection in world.streams.connections.values():
                del connection.barred["dns"]

        return end

    _, heard = played(tmp_path, seconds=30, at=[(5, bar), (15, unbar)])
    (_, _), (down_s, _), (up_s, _) = changes(heard, PRIVATE)
    assert (5.0, True) == (down_s, 15 < up_s < 20.5)
    assert 1 == len(changes(heard, PUBLIC))  # what is connected stays so


def test_a_welcome_that_comes_after_its_attempt_was_given_up_is_for_nobody(tmp_path):
    """Taken in all the same, it left a connection that nobody pinged: silent for ever and never missed."""

    class Slow(Cut):
        def fate(self, link, message, now_ns):
            is_first = message.kind == "welcome" and link == PUBLIC and now_ns < NS_PER_S
            return Fate(extra_ns=3 * NS_PER_S) if is_first else super().fate(link, message, now_ns)

    _, heard = played(tmp_path, Slow((PUBLIC,), 20, 30), seconds=45)
    assert ["StreamUp", "StreamDown", "StreamUp"] == [what for _, what in changes(heard, PUBLIC)]
    (up_s, _), (down_s, _), _ = changes(heard, PUBLIC)
    assert (True, 25) == (3.2 < up_s < 4, round(down_s))
