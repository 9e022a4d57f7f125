"""What each fault of links does to messages, and that a stream and a connection survive or not as they must."""

import itertools

import pytest
from seen import played
from small_world import small_world

from sim.dice import Dice
from sim.faults.links import Latency, Reorder
from sim.faults.packets import Weather
from sim.faults.partitions import Clog
from sim.plan import PlannedFault
from sim.wire import PRIVATE, PUBLIC, REST_DOWN, REST_UP, Message
from strategy import commands, events
from strategy.units import NS_PER_MS, NS_PER_S


def delays_ms(rule, link, count=2000):
    fates = [rule.fate(link, Message("create", "X", "", None, number), 10) for number in range(count)]
    return sorted(fate.extra_ns / NS_PER_MS for fate in fates)


def planned(kind, **params):
    return PlannedFault("one", kind, 0, 100 * NS_PER_S, params)


def test_latency_has_a_base_a_tail_and_a_slow_mode():
    params = {"links": ["rest_up"], "base_ms": 20, "tail_ms": 40, "sigma": 0.5, "slow_share": 0.01, "slow_ms": 900}
    lognormal = delays_ms(Latency(planned("latency", tail="lognormal", **params), Dice(1)), REST_UP)
    assert lognormal[0] > 20
    assert lognormal[1000] == pytest.approx(60, rel=0.1)
    assert 5 < sum(ms > 900 for ms in lognormal) < 50
    exponential = delays_ms(Latency(planned("latency", tail="exponential", **params), Dice(1)), REST_UP)
    assert exponential[1000] == pytest.approx(20 + 40 * 0.693, rel=0.1)


def test_reordered_requests_overtake_and_a_stream_cannot_be_named(tmp_path):
    window = delays_ms(Reorder(planned("reorder", links=["rest_up"], window_ms=50), Dice(1)), REST_UP)
    assert 0 <= window[0] < 2
    assert 48 < window[-1] < 50
    with pytest.raises(BaseException, match="rest_up"):
        small_world(tmp_path, faults="{at_s: 1, kind: reorder, links: [private], window_ms: 50}")


def test_a_message_that_arrives_twice_is_heard_twice_and_counted_once(tmp_path):
    fault = "{at_s: 0, for_s: 15, kind: duplicate, links: [rest_up, rest_down, private], prob: 0.5, after_ms: 30}"
    world, seen = played(tmp_path, fault)
    rejected = [event for event in seen.of(events.OrderRejected) if event.code == events.DUPLICATE_ID]
    assert len(rejected) > 5
    fills = [event.fill_id for event in seen.of(events.OrderFilled)]
    assert len(fills) > len(dict.fromkeys(fills))
    assert world.core.belief().symbols[0].position_lots == world.venue.position_lots("BTCUSDT")


# Packet loss


def test_plain_loss_is_a_link_that_is_always_bad_and_never_message_loss(tmp_path):
    """Nothing is lost for good; one in three is late by a timeout or more, and what follows waits for it."""
    fault = "{at_s: 3, for_s: 12, kind: packet_loss, links: [public], loss: 0.3}"
    world, seen = played(tmp_path, fault, seconds=25)
    _, calmly = played(tmp_path, "{at_s: 24, kind: feed_gap, lost_messages: 1}", seconds=25, calm_s=24.5)
    assert (0, 1) == (world.links[PUBLIC].lost, world.streams.connections[PUBLIC].epoch)
    ages = [
        sorted(
            at_s - (event.venue_ns - world.start_wall_ns) / NS_PER_S
            for at_s, event in one.log
            if isinstance(event, events.BookDelta) and 3.5 < at_s < 15
        )
        for one in (calmly, seen)
    ]
    calm_s, late_s = (one[len(one) * 9 // 10] for one in ages)
    assert calm_s < 0.1 < 0.2 < late_s
    joined = [(event.prev_seq, event.seq) for event in seen.of(events.BookDelta)]
    assert all(seq == next_prev for (_, seq), (next_prev, _) in itertools.pairwise(joined))


def test_a_link_that_loses_everything_breaks_the_connection_after_so_many_losses(tmp_path):
    fault = "{at_s: 3, for_s: 12, kind: packet_loss, links: [public], loss: 1, rto_ms: 100, reset_after: 3}"
    _, seen = played(tmp_path, fault)
    (down_s, *_) = [at_s for at_s, event in seen.log if isinstance(event, events.StreamDown)]
    assert down_s == pytest.approx(3.7, abs=0.1)  # 100, 200 and 400 ms after the first message


def test_a_request_lost_too_often_ends_without_a_verdict_and_alone(tmp_path):
    fault = "{at_s: 3, for_s: 12, kind: packet_loss, links: [rest_up], loss: 0.8, rto_ms: 50, reset_after: 2}"
    _, seen = played(tmp_path, fault)
    assert "reset" in {event.code for event in seen.of(events.Unanswered)}
    assert not seen.of(events.NotSent)


def test_a_bursty_link_is_bad_as_often_as_its_two_chances_say_whatever_is_sent(tmp_path):
    world = small_world(tmp_path)
    fault = planned("packet_loss", p_bad=0.02, p_good=0.1, loss=0.9)
    weather = Weather(fault, world, REST_UP)
    steps = [weather.is_bad(step * 50 * NS_PER_MS) for step in range(2000)]
    assert 0.08 < sum(steps) / 2000 < 0.28  # a sixth
    changes = sum(one != other for one, other in itertools.pairwise(steps))
    assert changes < 140  # in bursts: independent steps would change five times as often
    again = Weather(fault, world, REST_UP)
    assert steps[1999] == again.is_bad(1999 * 50 * NS_PER_MS)


# Partitions


def test_stop_loses_what_is_sent_and_a_stream_says_nothing_until_it_is_connected_anew(tmp_path):
    fault = "{at_s: 3, for_s: 2, kind: partition, links: [public], mode: stop}"
    _, seen = played(tmp_path, fault)
    (down,) = [at_s for at_s, event in seen.log if isinstance(event, events.StreamDown)]
    assert 7.9 < down < 8.2  # five seconds after the last message, though the link was there after two
    assert not seen.of(events.BookDelta, 3.2, down)
    assert seen.of(events.BookDelta, down + 1)


def test_one_way_the_requests_arrive_and_nobody_hears_of_it(tmp_path):
    fault = "{at_s: 3, for_s: 5, kind: partition, links: [rest_down, private]}"
    world, seen = played(tmp_path, fault, seconds=30)
    asked = seen.of((commands.CreateOrder, commands.AmendOrder, commands.CancelOrder), 3, 8)
    assert asked
    assert world.links[REST_DOWN].lost > len(asked) > 0 == world.links[REST_UP].lost
    assert not seen.of((events.OrderAccepted, events.OrderReport), 3.2, 8)


def test_slow_makes_everything_late_by_as_much(tmp_path):
    fault = "{at_s: 3, for_s: 10, kind: partition, links: [rest_up], mode: slow, slow_ms: 300}"
    world, _ = played(tmp_path, fault)
    assert 10 < sum(300 < ms < 600 for ms in world.measures.loop.round_trips_ms)


def test_a_jam_holds_everything_back_and_lets_it_go_in_one_burst(tmp_path):
    fault = "{at_s: 3, for_s: 3, kind: partition, links: [public], mode: jam}"
    world, seen = played(tmp_path, fault)
    assert not seen.of(events.BookDelta, 3.1, 6)
    assert len(seen.of(events.BookDelta, 6, 6.1)) > 15
    assert (0, 1) == (world.links[PUBLIC].lost, world.streams.connections[PUBLIC].epoch)


def test_a_jam_that_outlasts_its_connection_ends_in_no_burst(tmp_path):
    fault = "{at_s: 3, for_s: 9, kind: partition, links: [public], mode: jam}"
    world, seen = played(tmp_path, fault)
    assert world.streams.connections[PUBLIC].epoch > 1
    old = [event for event in seen.of(events.BookDelta, 12) if event.venue_ns - world.start_wall_ns < 7 * NS_PER_S]
    assert [] == old


def test_a_clog_jams_at_least_one_link_and_releases_them_at_different_times(tmp_path):
    world = small_world(tmp_path)
    links = [REST_UP, REST_DOWN, PUBLIC, PRIVATE]
    all_of_them = Clog(planned("clog", links=links, prob=1.0), world)
    assert links == list(all_of_them.stretches)
    assert 4 == len({released_ns for _, released_ns in all_of_them.stretches.values()})
    assert 1 == len(Clog(planned("clog", links=links, prob=0.0), world).stretches)
