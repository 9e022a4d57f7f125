"""A machine that is slow or stands still, and a disk that will not write: felt in the storm, breaking nothing."""

from itertools import pairwise

import pytest
from heard import Heard
from planted import unsent
from storms import SCENARIOS, assert_nothing_broken_and_calm_reached, storm

from sim.plan import expand
from sim.scenario.load import load_scenarios
from sim.world import World
from strategy import commands, events
from strategy.core import Core

NAME = "slow_host"
QUICK = range(11, 14)
DEEP = range(11, 36)  # a hundred others are played by test_scenarios
ADDING = (commands.CreateOrder, commands.AmendOrder)


@pytest.fixture(scope="module")
def heard() -> Heard:
    (scenario,) = load_scenarios([SCENARIOS / f"{NAME}.yaml"])
    world = World(scenario, expand(scenario, QUICK[1]), Core)
    heard = Heard(world)
    assert "" == world.run().error
    return heard


def accepted_s(heard) -> list[float]:
    return [at_ns / 1e9 for at_ns, _, what in heard.log if isinstance(what, events.OrderAccepted | events.OrderAmended)]


def test_nothing_is_broken_and_the_calm_is_reached(is_deep):
    assert_nothing_broken_and_calm_reached(NAME, DEEP if is_deep else QUICK)


def test_the_same_seed_is_the_same_world():
    assert storm(NAME, QUICK[0])[1] == storm(NAME, QUICK[0])[1] != storm(NAME, QUICK[1])[1]


@pytest.mark.parametrize(("from_s", "until_s"), [(30, 33), (45, 45.5), (49, 49.5)])
def test_a_process_that_stands_still_hears_and_says_nothing(heard, from_s, until_s):
    assert not heard.all(object, from_s, until_s)
    assert heard.all(events.BookDelta, until_s, until_s + 0.1), "then all of it comes at once"


def test_on_a_slow_processor_no_two_steps_are_closer_than_one_takes(heard):
    def least_ms(from_s):
        at_ns = [at for at, way, _ in heard.log if way == "heard" and from_s <= at / 1e9 < from_s + 18]
        return min(later - sooner for sooner, later in pairwise(at_ns)) / 1e6

    assert 27 <= least_ms(76)
    assert least_ms(210) < 1


def test_a_disk_slower_than_an_order_may_wait_lets_none_leave(heard):
    assert [one for one in heard.all(events.NotSent, 122.5, 132) if one.reason == "send_by passed"]
    assert not [at_s for at_s in accepted_s(heard) if 123 < at_s < 132]
    assert [at_s for at_s in accepted_s(heard) if 101 < at_s < 120], "one that is only sluggish does"


@pytest.mark.parametrize(("from_s", "until_s"), [(140, 152), (160, 168)])
def test_without_a_journal_no_order_leaves_and_every_cancel_does(heard, from_s, until_s):
    assert heard.all(events.NotSent, from_s, until_s)
    assert not [at_s for at_s in accepted_s(heard) if from_s + 0.2 < at_s < until_s]
    assert [at_s for at_s in accepted_s(heard) if at_s > until_s + 1]
    cancels = {one.client_id for one in heard.all(commands.CancelOrder, from_s, until_s)}
    ended = {one.client_id for one in heard.all((events.OrderCancelled, events.CancelRefused), from_s, until_s)}
    assert cancels
    assert cancels <= ended


def test_who_takes_what_never_left_for_a_doubt_fails():
    world, _ = storm(NAME, 1, unsent.unsent_is_doubt)
    assert ["L2"] == [breach.code for breach in world.oracle.breaches]
