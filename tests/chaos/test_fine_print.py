"""What a venue does besides what it says: each of it is met in the storm, none of it breaks a promise."""

import pytest
from heard import Heard
from planted import doubts, fills
from storms import SCENARIOS, assert_nothing_broken_and_calm_reached, storm

from sim.plan import expand
from sim.scenario.load import load_scenarios
from sim.venue import codes
from sim.world import World
from strategy import commands, events
from strategy.core import Core

NAME = "fine_print"
QUICK = range(11, 14)
DEEP = range(11, 36)  # a hundred others are played by test_scenarios


@pytest.fixture(scope="module")
def heard() -> Heard:
    (scenario,) = load_scenarios([SCENARIOS / f"{NAME}.yaml"])
    world = World(scenario, expand(scenario, QUICK[0]), Core)
    heard = Heard(world)
    assert "" == world.run().error
    return heard


def ids(told) -> dict[str, None]:
    return dict.fromkeys(one.client_id for one in told)


def test_nothing_is_broken_and_the_calm_is_reached(is_deep):
    assert_nothing_broken_and_calm_reached(NAME, DEEP if is_deep else QUICK)


def test_reads_from_replicas_of_different_age_do_not_undo_each_other():
    """In this seed one shows an amend that nobody told of, and the next, asked later, is from before it."""
    world, _ = storm(NAME, 106)
    assert [] == world.oracle.breaches


def test_the_same_seed_is_the_same_world():
    assert storm(NAME, QUICK[0])[1] == storm(NAME, QUICK[0])[1] != storm(NAME, QUICK[1])[1]


def test_an_order_that_found_the_venue_overloaded_is_there_seconds_later(heard):
    turned = ids(one for one in heard.all(events.Unanswered, 70, 90) if one.code == codes.DOWN)
    there = ids(heard.all(events.OrderAccepted, 70, 95))
    assert any(client_id in there for client_id in turned)


def test_a_batch_succeeds_and_items_of_it_fail(heard):
    refused = heard.all((events.OrderRejected, events.AmendRefused, events.CancelRefused), 95, 121)
    assert [one for one in refused if one.code == codes.BUSY]
    assert heard.all(events.OrderAmended, 95, 121)


def test_what_was_accepted_is_taken_back(heard):
    taken = ids(one for one in heard.all(events.OrderCancelled, 110, 136) if one.code == codes.WOULD_CROSS)
    assert taken
    assert all(client_id in ids(heard.all(events.OrderAccepted, 109, 136)) for client_id in taken)


def test_fills_are_told_twice_and_others_only_when_they_are_read(heard):
    told = [one.fill_id for one in heard.all(events.OrderFilled)]
    assert len(told) > len(dict.fromkeys(told))
    read = {fill.fill_id for report in heard.all(events.FillsReport, 140, 200) for fill in report.fills}
    truth = heard.world.venue.fill_ids("BTCUSDT")
    assert [one for one in truth if one not in told and one in read]
    assert heard.world.core.belief().symbols[0].position_lots == heard.world.venue.position_lots("BTCUSDT")


def test_a_cancel_comes_too_late(heard):
    asked = ids(heard.all(commands.CancelOrder, 155, 190))
    late = [one for one in heard.all((events.OrderCancelled, events.CancelRefused), 155, 191) if one.client_id in asked]
    assert [one for one in late if isinstance(one, events.CancelRefused) and one.code == codes.GONE]
    assert [one for one in late if isinstance(one, events.OrderCancelled) and one.filled_lots_total]


@pytest.mark.parametrize(
    ("code", "bug"),
    [
        ("S5", fills.counts_fill_twice),
        ("L1", fills.never_reads_fills),
        ("S3", doubts.first_absent_believed),
        ("S2", doubts.silence_is_rejection),
    ],
)
def test_who_takes_the_venue_at_its_word_fails(code, bug):
    world, _ = storm(NAME, 1, bug)
    assert code in [breach.code for breach in world.oracle.breaches]
