"""A bot that is killed by hand at any instant, and one that somebody started twice."""

import pytest
from seen import played

from strategy import alarms, commands, events

KILL = "kind: operator_kill"


def own(world, boot=1):
    """List the orders of one of our processes that rest."""
    session = "small-1" if boot == 1 else f"small-1_{boot}"
    return [one.client_id for one in world.venue.open_orders() if one.client_id.rpartition("-")[0] == session]


@pytest.mark.parametrize("between", ["", ", between: journal_and_send, nth: 2", ", between: send_and_ack, nth: 2"])
def test_who_is_killed_leaves_nothing_on_the_book_whatever_was_on_its_way(tmp_path, between):
    world, seen = played(tmp_path, f"{{at_s: 5, {KILL}{between}}}", seconds=25)
    assert not world.driver.is_alive
    assert [] == list(world.venue.open_orders())
    assert not seen.of((commands.CreateOrder, commands.AmendOrder, events.BookDelta), 12), "nobody was started"
    assert 1 == world.bites["operator_kill0"]


def test_a_process_that_only_dies_leaves_its_orders_where_they_are(tmp_path):
    """So it is the clearing that takes them off, by no help of the bot's."""
    world, _ = played(tmp_path, "{at_s: 5, kind: crash, restart_after_s: 100}", seconds=8, calm_s=7)
    assert own(world)


def test_a_clearing_does_not_believe_a_read_from_before_the_last_create_could_arrive(tmp_path):
    late = "{at_s: 4.9, for_s: 4, kind: partition, links: [rest_up], mode: slow, slow_ms: 900}"
    world, _ = played(tmp_path, f"{late}, {{at_s: 5, {KILL}, between: send_and_ack, nth: 1}}", seconds=25)
    assert [] == list(world.venue.open_orders())


def test_after_a_kill_the_next_process_begins_and_quotes(tmp_path):
    world, seen = played(tmp_path, f"{{at_s: 5, {KILL}, restart_after_s: 6}}", seconds=30, calm_s=20)
    assert (True, 2) == (world.driver.is_alive, world.driver.boots)
    assert seen.of(commands.CreateOrder, 11, 20)
    assert not own(world)


def test_two_instances_clear_each_others_orders_away_and_a_person_is_told(tmp_path):
    world, seen = played(tmp_path, "{at_s: 5, for_s: 10, kind: two_instances}", seconds=45, calm_s=25)
    theirs = [client_id for client_id in world.venue.orders if client_id.startswith("another-")]
    assert len(theirs) > 5
    assert [what for what in seen.of(commands.CancelOrder, 5, 30) if what.client_id in theirs]
    assert alarms.STRANGER in {alert.code for alert in world.driver.alerts}
    assert not [one for one in world.venue.open_orders() if one.client_id in theirs], "what it left is taken off"
    assert world.core.belief().symbols[0].position_lots == world.venue.position_lots("BTCUSDT")
    assert own(world)


def test_what_the_other_trades_is_booked_as_ours_and_counted_once(tmp_path):
    world, seen = played(tmp_path, "{at_s: 5, for_s: 10, kind: two_instances}", seconds=45, calm_s=25)
    foreign = [fill for fill in seen.of(events.OrderFilled) if fill.client_id.startswith("another-")]
    assert foreign
    assert (0, []) == (world.venue.zero_sum_cash(), world.oracle.breaches)
    assert world.core.belief().symbols[0].cash == world.venue.cash("BTCUSDT")
