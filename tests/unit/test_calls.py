"""Requests and their connection: every cut leaves the outcome it must, and nothing is sent without one."""

import pytest
from small_world import small_world

from sim.wire import LOST, REST_DOWN, REST_UP, Stage
from strategy import commands, events
from strategy.units import NS_PER_S

CREATE = commands.CreateOrder("s-1", "BTCUSDT", "bid0", 1, 100_000, 50, True, False, False, 2**62, 1)
OTHER = commands.CancelOrder("s-2", "BTCUSDT", 1)


class Asks:
    """Sends what it is given, each at its instant, and notes what comes back."""

    def __init__(self, script) -> None:
        self.script, self.heard = sorted(script), []

    @property
    def wake_at_ns(self):
        return self.start_ns + self.script[0][0] if self.script else None

    def step(self, now_ns, event):
        if isinstance(event, events.Started):
            self.start_ns = now_ns
        self.heard.append((now_ns - self.start_ns, event))
        leaving = []
        while self.script and self.start_ns + self.script[0][0] <= now_ns:
            leaving.append(self.script.pop(0)[1])
        return tuple(leaving)


class Loses:
    """Loses everything on the links of requests between two instants."""

    def __init__(self, links, from_s, until_s) -> None:
        self.links, self.from_ns, self.until_ns = links, from_s * NS_PER_S, until_s * NS_PER_S

    def fate(self, link, message, now_ns):
        return LOST if link in self.links and self.from_ns <= now_ns < self.until_ns else None


def played(tmp_path, script, *rules, cutters=(), seconds=20):
    world = small_world(tmp_path, seconds, factory=lambda _knobs: Asks(script))
    world.oracle._forward = None  # the stamps of a script are names, not times
    world.rules += rules
    world.driver.calls.cutters += cutters
    assert "" == world.run().error
    answers = [(at_ns, event) for at_ns, event in world.core.heard if isinstance(event, _ANSWERS)]
    return world, answers


_ANSWERS = (events.Unanswered, events.NotSent, events.OrderRejected, events.ClockSampled)


@pytest.mark.parametrize("stage", list(Stage))
def test_a_reset_leaves_at_each_stage_the_outcome_it_must(tmp_path, stage):
    def cut(at, message):
        return at is stage and message.client_id == "s-1"

    world, answers = played(tmp_path, [(2 * NS_PER_S, CREATE), (5 * NS_PER_S, commands.SampleClock(5))], cutters=[cut])
    *told, clock = [event for _, event in answers]
    assert (stage in (Stage.APPLIED, Stage.RESPONSE_ON_THE_WIRE)) == ("s-1" in world.venue.orders)
    if stage is Stage.QUEUED:
        assert [events.NotSent("create", "s-1", "BTCUSDT", "no_connection")] == told
    else:
        assert ["reset"] == [event.code for event in told]
        assert isinstance(told[0], events.Unanswered)
    assert isinstance(clock, events.ClockSampled)  # connected again


def test_until_it_is_connected_again_nothing_leaves(tmp_path):
    at_ns = 2 * NS_PER_S
    script = [(at_ns, CREATE), (at_ns + 1_000_000, OTHER), (at_ns + 2_000_000, commands.SampleClock(1))]
    world, answers = played(tmp_path, script, cutters=[lambda at, one: at is Stage.ON_THE_WIRE and one.number == 1])
    assert ["Unanswered", "NotSent", "NotSent"] == [type(event).__name__ for _, event in answers]
    assert {} == world.venue.orders
    assert {} == world.driver.calls.under_way()


def test_a_connection_on_which_nothing_is_heard_is_given_up_with_the_patience_of_a_call(tmp_path):
    script = [(at_s * NS_PER_S, commands.SampleClock(at_s)) for at_s in (2, 5, 9, 19)]
    _, answers = played(tmp_path, script, Loses((REST_UP,), 1, 12), seconds=25)
    said = [(at_ns // NS_PER_S, type(event).__name__, getattr(event, "code", "")) for at_ns, event in answers]
    # The first asks in vain; the second dies with it; the third finds no connection; the fourth a new one.
    assert ("Unanswered", "timeout") == said[0][1:]
    assert [(7, "Unanswered", "timeout"), (7, "Unanswered", "reset"), (9, "NotSent", "")] == said[:3]
    assert (19, "ClockSampled", "") == said[3]


def test_one_lost_message_among_others_does_not_end_the_connection(tmp_path):
    script = [(at_s * NS_PER_S, commands.SampleClock(at_s)) for at_s in range(2, 12)]
    _, answers = played(tmp_path, script, Loses((REST_DOWN,), 4, 5), seconds=20)
    assert 9 == sum(isinstance(event, events.ClockSampled) for _, event in answers)
    assert ["timeout"] == [event.code for _, event in answers if isinstance(event, events.Unanswered)]


def test_how_far_each_request_has_come_can_be_seen(tmp_path):
    seen = []
    script = [(2 * NS_PER_S, CREATE)]
    world = small_world(tmp_path, 5, factory=lambda _knobs: Asks(script))
    world.oracle._forward = None
    calls = world.driver.calls
    calls.cutters.append(lambda at, one: seen.append((at, calls.under_way())) or False)
    world.run()
    assert [(stage, {1: stage} if stage is not Stage.QUEUED else {}) for stage in Stage] == seen
