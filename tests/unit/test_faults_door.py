"""Answers late, ids used twice, names forgotten, endpoints that fail, a dead man's switch: each bites as its page says."""

import pytest
from heard import played
from small_world import small_scenario, small_world

from sim.venue import codes
from strategy import commands, events
from strategy.errors import OperatorError

STORM = "{{at_s: 3, for_s: 12, kind: {}}}"
# What is quoted is cancelled when its book skips: then ids are over, and may come again.
GAPS = "".join(f", {{at_s: {at_s}, kind: feed_gap, lost_messages: 3}}" for at_s in (4, 7, 10, 13))
CUT = ", {at_s: 6, for_s: 8, kind: dns_outage, connections: [rest, private]}"


def storm(tmp_path, fault: str, more: str = "", seconds: float = 40, **kinds):
    world, heard, _ = played(tmp_path, STORM.format(fault) + more, seconds=seconds, **kinds)
    assert all(world.bites.values()), world.bites
    assert [] == world.oracle.breaches
    assert 0 == world.venue.zero_sum_cash() == world.core.belief().doubts
    (one,) = world.core.belief().symbols
    assert (world.venue.position_lots("BTCUSDT"), world.venue.cash("BTCUSDT")) == (one.position_lots, one.cash)
    return world, heard


def test_the_copy_of_a_create_is_refused_before_the_first_is_answered_and_the_order_is_kept(tmp_path):
    world, heard = storm(tmp_path, "ack_late, prob: 1, late_s: 2, retried_after_s: 0.3, requests: [create]")
    copies = [one.client_id for one in heard.all(events.OrderRejected, 3, 16) if one.code == codes.DUPLICATE_ID]
    assert copies
    accepted = {}
    for at_ns, _, what in heard.log:
        if isinstance(what, events.OrderAccepted):
            accepted.setdefault(what.client_id, at_ns)
    sent = {what.client_id: at_ns for at_ns, _, what in heard.log if isinstance(what, commands.CreateOrder)}
    assert all(2.0 < (accepted[one] - sent[one]) / 1e9 < 2.5 for one in copies)
    assert not [one for one in copies if world.venue.orders[one].state == "rejected"]


def _about(what) -> tuple:
    return (what.client_id, getattr(what, "price_ticks", 0), getattr(what, "size_lots", 0))


@pytest.mark.parametrize("request_kind, word", [("amend", events.OrderAmended), ("cancel", events.OrderCancelled)])
def test_both_words_about_a_change_come_late(tmp_path, request_kind, word):
    _, heard = storm(tmp_path, f"ack_late, prob: 1, late_s: 1, requests: [{request_kind}]", GAPS)
    asked, waits = {}, []
    for at_ns, _, what in heard.log:
        if isinstance(what, commands.AmendOrder | commands.CancelOrder) and 3.1e9 < at_ns < 14e9:
            asked[_about(what)] = at_ns
        elif isinstance(what, word) and getattr(what, "code", codes.BY_CLIENT) == codes.BY_CLIENT:
            waits.append((at_ns - asked.pop(_about(what), at_ns - 10**9)) / 1e9)
    assert waits
    assert min(waits) > 0.9


def test_an_id_that_is_over_may_become_another_order_and_that_one_is_found_and_cancelled(tmp_path):
    world, heard = storm(tmp_path, "duplicate_id, prob: 1, again_s: 1.5, answer: anew", GAPS, seconds=60)
    twice = [name.split()[0] for name in world.venue.orders if " " in name and not name.startswith("the venue")]
    assert twice
    numbers = [one.number for one in world.venue.orders.values()]
    assert sorted(dict.fromkeys(numbers)) == sorted(numbers), "each is an order of its own"
    assert [one for one in heard.all(events.OpenOrdersReport) if set(one.client_ids) & set(twice)]
    assert "SQ-O002" in [one.code for one in world.driver.alerts]


def test_an_id_that_is_known_may_be_accepted_as_if_it_were_new(tmp_path):
    world, heard = storm(tmp_path, "duplicate_id, prob: 1, again_s: 1, answer: old")
    numbers: dict[str, dict[str, None]] = {}
    for one in heard.all(events.OrderAccepted):
        numbers.setdefault(one.client_id, {})[one.venue_id] = None
    assert {1} == {len(venue_ids) for venue_ids in numbers.values()}
    assert [] == [one for one in heard.all(events.OrderRejected) if one.code == codes.DUPLICATE_ID]
    assert not [name for name in world.venue.orders if " " in name]


def test_an_id_that_is_known_is_refused_otherwise(tmp_path):
    _, heard = storm(tmp_path, "duplicate_id, prob: 1, again_s: 1")
    assert [one for one in heard.all(events.OrderRejected, 4, 17) if one.code == codes.DUPLICATE_ID]


def test_orders_whose_names_are_forgotten_are_strangers_that_get_cancelled(tmp_path):
    world, heard, _ = played(tmp_path, "{at_s: 30.5, kind: mapping_lost}", seconds=60, seed=3)
    renamed = [one for one in world.venue.orders.values() if one.client_id.startswith("~")]
    assert renamed
    assert [] == [one.client_id for one in renamed if world.venue.is_open(one.client_id)]
    shown = [one for one in heard.all(events.OpenOrdersReport, 20) if any(name.startswith("~") for name in one.client_ids)]  # fmt: skip
    cancelled = {one.client_id for one in heard.all(commands.CancelOrder, 20)}
    assert shown
    assert {name for one in shown for name in one.client_ids if name.startswith("~")} <= cancelled
    assert [] == world.oracle.breaches
    assert world.core.belief().symbols[0].position_lots == world.venue.position_lots("BTCUSDT")


CODES = {425: codes.TOO_EARLY, 429: codes.RATE_LIMIT, 500: codes.SERVER_ERROR, 503: codes.DOWN}


@pytest.mark.parametrize("status", CODES)
def test_one_endpoint_answers_with_a_status_and_the_others_go_on(tmp_path, status):
    _, heard = storm(tmp_path, f"endpoint_status, requests: [amend], status: {status}, prob: 0.7")
    failed = heard.all(events.Unanswered, 3.1, 15)
    assert {(events.AMEND, CODES[status])} == {(one.request, one.code) for one in failed}
    assert heard.all((events.OrderAccepted, events.OrderReport), 3.2, 15)


def test_what_had_no_verdict_may_have_been_carried_out(tmp_path):
    world, heard = storm(tmp_path, "endpoint_status, requests: [create], status: 500, prob: 1, applied: 0.5", GAPS)
    failed = [one.client_id for one in heard.all(events.Unanswered, 3, 15) if one.code == codes.SERVER_ERROR]
    there = [one in world.venue.orders for one in failed]
    assert True in there
    assert False in there


def strands(tmp_path, how: str):
    """Play a cut of requests and private stream with a switch at the venue; count what we trade in it."""
    world, heard = storm(tmp_path, f"dead_man_switch, {how}", CUT, seconds=60, seed=5)
    return world, heard, sum(one.event.size_lots for one in world.venue.fills if 6e9 < one.true_ns < 14e9)


def test_a_dead_mans_switch_takes_stranded_quotes_off_and_they_cost_nothing_more(tmp_path):
    world, heard, lots = strands(tmp_path, "window_s: 0.2")
    assert world.oracle.sometimes.counts["dead_man_fired"]
    assert [] == heard.all(events.OrderCancelled, 6.2, 14), "nobody is there to hear it"
    world, _, without = strands(tmp_path, "window_s: 0.2, fires: never")
    assert not world.oracle.sometimes.counts.get("dead_man_fired")
    assert lots < without, "quotes that are left alone are traded against"


def fired_s(tmp_path, how: str, more: str) -> list[float]:
    """Give when a switch took everything off."""
    world = small_world(tmp_path, seconds=30, faults=STORM.format(f"dead_man_switch, {how}") + more, seed=5)
    fired, cancel = [], world.venue.cancel_everything

    def noted(now_ns: int, symbol: str = "") -> int:
        fired.append(now_ns / 1e9)
        return cancel(now_ns, symbol)

    world.venue.cancel_everything = noted
    assert "" == world.run().error
    assert not world.venue.is_dead_man_armed, "it is over"
    return fired


def test_a_switch_fires_in_time_late_or_never(tmp_path):
    assert [7.0] == [pytest.approx(at, abs=0.2) for at in fired_s(tmp_path, "window_s: 1", CUT)]
    assert [9.0] == [pytest.approx(at, abs=0.2) for at in fired_s(tmp_path, "window_s: 1, fires: late, late_s: 2", CUT)]
    assert [] == fired_s(tmp_path, "window_s: 1, fires: never", CUT)


def test_a_switch_that_listens_to_requests_is_not_fired_by_a_lost_stream(tmp_path):
    down = ", {at_s: 6, for_s: 6, kind: dns_outage, connections: [private]}"
    assert [] == fired_s(tmp_path, "window_s: 4, scope: account", down)
    assert 1 == len(fired_s(tmp_path, "window_s: 4, scope: connection", down))


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("kind: dead_man_switch, late_s: 3", "changes nothing here"),
        ("kind: endpoint_status, requests: [create], status: 404", "425, 429, 500 or 503"),
        ("kind: endpoint_status, requests: []", "should not be empty"),
        ("kind: duplicate_id, prob: 2", "less than or equal to 1"),
        ("kind: ack_late, prob: 0.5, requests: [query]", "requests"),
    ],
)
def test_what_makes_no_sense_is_refused_before_it_runs(tmp_path, fault, complaint):
    with pytest.raises(OperatorError, match=complaint):
        small_scenario(tmp_path, faults=f"{{at_s: 3, for_s: 10, {fault}}}")
