"""Every kind of fault bites, is chosen by keyed draws, and moves nothing else when it is taken out."""

import re

import pytest
from heard import Heard
from small_world import small_scenario, small_world

from sim.dice import Dice
from sim.faults import INSTALL
from sim.faults.links import MessageLoss
from sim.plan import PlannedFault, expand, from_bytes, to_bytes
from sim.scenario.faults import KINDS
from sim.wire import Message
from strategy import events

FAULTS = {
    "ack_lost": "{at_s: 3, for_s: 10, kind: ack_lost, prob: 0.5}",
    "ack_lost_not_applied": "{at_s: 3, for_s: 10, kind: ack_lost_not_applied, prob: 0.5}",
    "message_loss": "{at_s: 3, for_s: 10, kind: message_loss, links: [public, rest_down], prob: 0.3}",
    "corrupt_payload": "{at_s: 3, for_s: 10, kind: corrupt_payload, links: [rest_down, private], prob: 0.3}",
    "feed_gap": "{at_s: 3, kind: feed_gap, lost_messages: 5}",
    "latency_spike": "{at_s: 3, for_s: 10, kind: latency_spike, links: [rest_up, public], extra_p50_ms: 50, extra_p99_ms: 400}",
    "downtime": "{at_s: 3, for_s: 5, kind: downtime, memory: rolled_back, rolled_back_s: 2, applied_later: 0.5}",
    "maintenance": "{at_s: 3, kind: maintenance, announced_s: 2, steps: [{regime: post_only, for_s: 2}, {regime: halted, for_s: 4}]}",
    "gray_engine": "{at_s: 3, for_s: 10, kind: gray_engine, factor: 500}",
    "read_lag": "{at_s: 3, for_s: 10, kind: read_lag, lag_s: 3}",
    "rate_limit": "{at_s: 3, for_s: 10, kind: rate_limit, orders_per_s: 1, burst: 1, ban_after: 3, ban_s: 2}",
    "applied_later": "{at_s: 3, for_s: 10, kind: applied_later, prob: 0.5, later_s: 2}",
    "batch_partial": "{at_s: 3, for_s: 10, kind: batch_partial, prob: 0.9}",
    "post_only_refused_late": "{at_s: 3, for_s: 10, kind: post_only_refused_late, prob: 0.5}",
    "fill_duplicate": "{at_s: 3, for_s: 10, kind: fill_duplicate, prob: 0.9, after_s: 1}",
    "fill_dropped": "{at_s: 3, for_s: 10, kind: fill_dropped, prob: 0.9}",
    "cancel_races_fill": "{at_s: 3, for_s: 10, kind: cancel_races_fill, prob: 0.9}, {at_s: 3, kind: feed_gap, lost_messages: 4}",
    "fills_in_disconnect": "{at_s: 3, for_s: 4, kind: fills_in_disconnect}",
    "fill_before_ack": "{at_s: 3, for_s: 10, kind: fill_before_ack, prob: 0.5}",
    "fill_during_amend": "{at_s: 3, for_s: 10, kind: fill_during_amend, prob: 0.2, told_after_s: 0.5}",
    "amend_races": "{at_s: 3, for_s: 10, kind: amend_races, below_filled: 0.1, unknown: 0.1}",
    "inferred_then_real": "{at_s: 3, for_s: 10, kind: inferred_then_real, prob: 0.9}",
    "foreign_fill": "{at_s: 3, for_s: 10, kind: foreign_fill, every_s: 3}",
    "fill_busted": "{at_s: 3, for_s: 10, kind: fill_busted, prob: 0.9, how: correction}",
    "silent_reprice": "{at_s: 3, for_s: 10, kind: silent_reprice, prob: 0.3}",
    "self_trade": "{at_s: 3, for_s: 10, kind: self_trade, prob: 0.5, cancels: oldest}",
    "price_band": "{at_s: 3, for_s: 5, kind: price_band, band_bps: 0.1}",
    "tick_lot_change": "{at_s: 3, for_s: 5, kind: tick_lot_change}",
    "symbol_delist": "{at_s: 3, for_s: 5, kind: symbol_delist}",
    "fee_change": "{at_s: 3, for_s: 10, kind: fee_change, maker_more_bps: 5}",
    "ack_late": "{at_s: 3, for_s: 10, kind: ack_late, prob: 0.3, late_s: 2, retried_after_s: 0.3}",
    "duplicate_id": "{at_s: 3, for_s: 10, kind: duplicate_id, prob: 0.5, again_s: 1, answer: anew}",
    "endpoint_status": "{at_s: 3, for_s: 10, kind: endpoint_status, requests: [amend, query], status: 500, prob: 0.5}",
    "mapping_lost": "{at_s: 3, kind: mapping_lost}",
    "dead_man_switch": "{at_s: 3, for_s: 12, kind: dead_man_switch, window_s: 1}, {at_s: 4, for_s: 5, kind: dns_outage, connections: [rest, private]}",
    "clock_offset": "{at_s: 3, for_s: 10, kind: clock_offset, clock: venue_wall, offset_ms: 2500}",
    "clock_drift": "{at_s: 3, for_s: 10, kind: clock_drift, clock: bot_mono, ppm: 500}",
    "clock_step": "{at_s: 3, kind: clock_step, clock: venue_wall, by_ms: -3000}",
    "clock_freeze": "{at_s: 3, for_s: 10, kind: clock_freeze, clock: venue_wall}",
    "ntp_loss": "{at_s: 3, for_s: 10, kind: ntp_loss, clock: venue_wall, ppm: -500}",
    "shutdown": "{at_s: 3, kind: shutdown, restart_after_s: 1}",
    "pause": "{at_s: 3, for_s: 3, kind: pause}",
    "slow_cpu": "{at_s: 3, for_s: 10, kind: slow_cpu, factor: 50}",
    "gc_pause": "{at_s: 3, for_s: 10, kind: gc_pause, every_s: 1}",
    "heap_budget": "{at_s: 3, for_s: 10, kind: heap_budget, soft_kib: 16, hard_kib: 10000}",
    "leak": "{at_s: 3, for_s: 10, kind: leak, kib_per_s: 800}, {at_s: 3, kind: heap_budget, soft_kib: 900, hard_kib: 3000}",
    "alloc_spike": "{at_s: 3, for_s: 3, kind: alloc_spike, kib: 600}, {at_s: 3, kind: heap_budget, soft_kib: 500, hard_kib: 3000}",
    "memory_error": "{at_s: 3, kind: memory_error, nth: [5]}",
    "slow_fsync": "{at_s: 3, for_s: 10, kind: slow_fsync, commit_ms: 120}",
    "disk_full": "{at_s: 3, for_s: 5, kind: disk_full}",
    "write_lost": "{at_s: 3, for_s: 10, kind: write_lost}, {at_s: 6, kind: crash, restart_after_s: 1, journal: torn}",
    "operator_kill": "{at_s: 3, kind: operator_kill, restart_after_s: 8}",
    "two_instances": "{at_s: 3, for_s: 8, kind: two_instances}",
    "crash": "{at_s: 3, kind: crash, restart_after_s: 2}",
    "latency": "{at_s: 3, for_s: 10, kind: latency, links: [rest_up, private], base_ms: 20, tail_ms: 40}",
    "packet_loss": "{at_s: 3, for_s: 10, kind: packet_loss, links: [rest_up, rest_down, public, private], loss: 0.3}",
    "reorder": "{at_s: 3, for_s: 10, kind: reorder, links: [rest_up, rest_down], window_ms: 50}",
    "duplicate": "{at_s: 3, for_s: 10, kind: duplicate, links: [rest_up, rest_down, private], prob: 0.3, after_ms: 20}",
    "partition": "{at_s: 3, for_s: 6, kind: partition, links: [rest_up, rest_down], mode: jam}",
    "clog": "{at_s: 3, for_s: 6, kind: clog, links: [rest_up, rest_down, public, private]}",
    "reset": "{at_s: 3, for_s: 10, kind: reset, connections: [rest, private], every_s: 2}",
    "half_open": "{at_s: 3, kind: half_open, connections: [public]}",
    "slow_close": "{at_s: 3, kind: slow_close, connections: [rest], close_s: 2}",
    "bandwidth": "{at_s: 3, for_s: 10, kind: bandwidth, links: [public, rest_down], kib_per_s: 3}",
    "slow_reader": "{at_s: 3, for_s: 10, kind: slow_reader, links: [public], kib_per_s: 1, buffer_kib: 2}",
    "tls_failure": "{at_s: 3, for_s: 5, kind: tls_failure, connections: [rest, private], prob: 0.9}",
    "auth_expiry": "{at_s: 3, for_s: 5, kind: auth_expiry}",
    "dns_outage": "{at_s: 3, for_s: 5, kind: dns_outage, connections: [rest, public, private]}",
    "feed_disorder": "{at_s: 3, for_s: 10, kind: feed_disorder, prob: 0.1, late_ms: 120}",
    "feed_restart": "{at_s: 3, kind: feed_restart}",
    "book_resent": "{at_s: 3, for_s: 10, kind: book_resent, every_s: 0.7}",
    "book_read_lag": "{at_s: 3, for_s: 10, kind: book_read_lag, lag_s: 2}, {at_s: 3, kind: feed_gap, lost_messages: 4}",
    "book_crossed": "{at_s: 3, for_s: 4, kind: book_crossed, by_ticks: 2}",
    "book_one_sided": "{at_s: 3, for_s: 4, kind: book_one_sided, side: asks}",
    "stale_levels": "{at_s: 3, for_s: 5, kind: stale_levels, age_s: 2}",
    "message_storm": "{at_s: 3, for_s: 2, kind: message_storm, factor: 20}",
    "feed_frozen": "{at_s: 3, for_s: 10, kind: feed_frozen}",
    "volatility": "{at_s: 3, for_s: 10, kind: volatility, factor: 4}",
    "trend": "{at_s: 3, for_s: 10, kind: trend, bps_per_s: 2}",
    "price_jump": "{at_s: 3, kind: price_jump, by_bps: -20}",
    "flash_crash": "{at_s: 3, for_s: 4, kind: flash_crash, depth_bps: 40, recover_s: 4}",
    "liquidity_vanishes": "{at_s: 3, for_s: 6, kind: liquidity_vanishes, kept: 0.1}",
    "toxic_flow": "{at_s: 3, for_s: 10, kind: toxic_flow, share: 1}",
    "funding_shock": "{at_s: 8, kind: funding_shock, rate_bps: 25}",
}


_UNFILLED = 2


def played(tmp_path, faults: str = "", **kinds):
    world = small_world(tmp_path, seconds=20, faults=faults, **kinds)
    heard = Heard(world)
    outcome = world.run()
    assert outcome.error == ""
    return world, heard, outcome


def test_every_kind_a_scenario_can_name_is_here():
    assert sorted(KINDS) == sorted(FAULTS)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_changes_the_world_from_its_start_and_not_before(tmp_path, kind):
    """The bite test of every kind: with it another world, and the same one until it begins."""
    calm, heard_calm, calm_outcome = played(tmp_path, calm_s=15)
    storm, heard_storm, storm_outcome = played(tmp_path, FAULTS[kind])
    assert calm_outcome.digest != storm_outcome.digest
    assert all(storm.bites.get(fault.id, 0) > 0 for fault in storm.plan.faults), storm.bites
    before = [entry for entry in heard_calm.log if entry[0] < 3_000_000_000]
    assert before == heard_storm.log[: len(before)]
    assert calm.markets[0]._proposal == storm.markets[0]._proposal
    assert calm.markets[0].next_proposal_ns == storm.markets[0].next_proposal_ns


@pytest.mark.parametrize(
    "fault",
    [
        "{at_s: 3, for_s: 10, kind: leak, kib_per_s: 800}",
        "{at_s: 3, for_s: 3, kind: alloc_spike, kib: 600}",
        "{at_s: 3, for_s: 3, kind: heap_budget, soft_kib: 90000, hard_kib: 100000}",
        "{at_s: 3, kind: memory_error, nth: [1000000]}",
        "{at_s: 3, kind: crash, between: send_and_ack, nth: 100000, restart_after_s: 1}",
        "{at_s: 3, for_s: 10, kind: ack_lost, nth: [100000]}",
        "{at_s: 3, for_s: 10, kind: rate_limit, orders_per_s: 5000, burst: 5000}",
        "{at_s: 3, for_s: 10, kind: message_loss, links: [public], messages: [create], prob: 1}",
        "{at_s: 3, for_s: 1, kind: reset, connections: [rest], requests: [cancel_all]}",
    ],
)
def test_a_fault_that_changes_nothing_has_not_bitten(tmp_path, fault):
    world, _, _ = played(tmp_path, fault)
    assert [0] == [world.bites.get(one.id, 0) for one in world.plan.faults]


def test_ack_lost_is_applied_and_never_told(tmp_path):
    fault = "{at_s: 0, for_s: 15, kind: ack_lost, nth: [1, 2], requests: [create]}"
    world, heard, _ = played(tmp_path, fault)
    first = [what.client_id for _, way, what in heard.log if type(what).__name__ == "CreateOrder"][:2]
    accepted = [what.client_id for _, _, what in heard.log if isinstance(what, events.OrderAccepted)]
    assert all(client_id in world.venue.orders for client_id in first)
    assert not any(client_id in accepted for client_id in first)
    assert [
        client_id for _, _, what in heard.log if isinstance(what, events.OrderReport) for client_id in [what.client_id]
    ][:1]


def test_its_twin_never_reaches_the_venue_and_looks_the_same_until_asked(tmp_path):
    lost = "{{at_s: 0, for_s: 15, kind: {}, nth: [1], requests: [create]}}"
    # In this seed nothing fills the order before it is asked about: a fill would tell.
    applied, heard_applied, _ = played(tmp_path, lost.format("ack_lost"), seed=_UNFILLED)
    twin, heard_twin, _ = played(tmp_path, lost.format("ack_lost_not_applied"), seed=_UNFILLED)
    (client_id,) = [what.client_id for _, _, what in heard_twin.log if type(what).__name__ == "CreateOrder"][:1]
    assert (True, False) == (client_id in applied.venue.orders, client_id in twin.venue.orders)

    def until_asked(heard):
        """What concerns the order, up to the first question about it."""
        told = []
        for at_ns, way, what in heard.log:
            if getattr(what, "client_id", "") == client_id:
                told.append((at_ns, way, what))
                if type(what).__name__ == "QueryOrder":
                    return told
        pytest.fail("never asked")

    assert until_asked(heard_applied) == until_asked(heard_twin)


def test_a_feed_gap_loses_as_many_messages_as_it_says(tmp_path):
    world, _, _ = played(tmp_path, FAULTS["feed_gap"])
    assert 5 == world.links["public"].lost
    assert world.core.belief().symbols[0].book_ok


def test_a_spike_makes_round_trips_longer_by_about_its_median(tmp_path):
    calm, _, _ = played(tmp_path)
    fault = "{at_s: 0, for_s: 14, kind: latency_spike, links: [rest_up], extra_p50_ms: 80, extra_p99_ms: 90}"
    storm, _, _ = played(tmp_path, fault)
    slow = [[ms for ms in world.measures.loop.round_trips_ms if ms > 110] for world in (calm, storm)]
    assert len(slow[0]) < 5 < 20 < len(slow[1])


def test_losses_are_about_as_many_as_the_probability(tmp_path):
    fault = "{at_s: 0, for_s: 15, kind: message_loss, links: [public], prob: 0.3, messages: [public_trade, book_delta]}"
    world, _, _ = played(tmp_path, fault)
    link = world.links["public"]
    assert 0.15 < link.lost / link.sent < 0.35


def test_message_loss_hits_only_the_kinds_it_names(tmp_path):
    fault = "{at_s: 0, for_s: 15, kind: message_loss, links: [public], prob: 1, messages: [public_trade]}"
    _, heard, _ = played(tmp_path, fault)
    after = [what for at_ns, _, what in heard.log if at_ns < 15 * 10**9]
    assert not any(isinstance(what, events.PublicTrade) for what in after)
    assert any(isinstance(what, events.BookDelta) for what in after)


def test_taking_one_fault_out_leaves_the_draws_of_the_other(tmp_path):
    """Two faults on one link: without the first, the second hits the very same messages."""

    def fates(*ids):
        params = {"links": ["public"], "prob": 0.3, "messages": []}
        planned = tuple(PlannedFault(id_, "message_loss", 0, 10**12, params) for id_ in ids)
        rules = [MessageLoss(one, Dice(4)) for one in planned]
        return [rules[-1].fate("public", Message("book_delta", "X", "", None), at_ns) is None for at_ns in range(300)]

    assert fates("second") == fates("first", "second")
    assert fates("second") != fates("first")


def test_a_plan_is_written_and_read_back(tmp_path):
    # No two heap budgets at once: what needs one beside it finds that of its own kind.
    faults = re.sub(r", \{at_s: 3, kind: heap_budget[^}]*\}", "", ", ".join(FAULTS.values()))
    planned = expand(small_scenario(tmp_path, 20, faults=faults), 7)
    assert planned == from_bytes(to_bytes(planned))
    assert (faults.count("kind:"), 7, 15 * 10**9) == (len(planned.faults), planned.seed, planned.calm_ns)
    assert all(fault.end_ns <= planned.calm_ns for fault in planned.faults)


def test_every_planned_kind_has_a_realisation():
    assert set(KINDS) == set(INSTALL)
