"""Each fault of our own host and of clocks does what its page says."""

import pytest
from heard import Heard
from msgspec.structs import replace
from small_world import small_world

from sim.faults.host import collection_ns
from sim.host.disk import Disk
from strategy import alarms, commands, events
from strategy.units import NS_PER_MS, NS_PER_S


def played(tmp_path, faults, seconds=20, **kinds):
    world = small_world(tmp_path, seconds=seconds, faults=faults, **kinds)
    heard = Heard(world)
    outcome = world.run()
    assert "" == outcome.error
    return world, heard


def times(heard, kind, way="sent"):
    return [at_ns / NS_PER_S for at_ns, how, what in heard.log if how == way and isinstance(what, kind)]


def test_a_dead_process_hears_and_says_nothing_and_its_orders_stay(tmp_path):
    world, heard = played(tmp_path, "{at_s: 8, kind: crash, restart_after_s: 3}")
    quiet = [at_ns for at_ns, _, _ in heard.log if 8 * NS_PER_S < at_ns < 11 * NS_PER_S]
    assert [] == quiet
    assert [8 + 3] == [at_ns / NS_PER_S for at_ns in world.process.restarts_ns]
    assert 11.0 in times(heard, commands.CancelAll)


def test_a_crash_between_journal_and_send_leaves_a_create_that_never_left(tmp_path):
    fault = "{at_s: 5, kind: crash, between: journal_and_send, nth: 2, restart_after_s: 1}"
    world, _ = played(tmp_path, fault)
    lost = [client_id for client_id in world.host.disk.safe_ids if client_id not in world.venue.orders]
    assert 1 == len(lost)


def test_a_pause_delivers_everything_at_once_when_it_is_over(tmp_path):
    _, heard = played(tmp_path, "{at_s: 8, for_s: 1.5, kind: pause}")
    at = [at_ns for at_ns, way, _ in heard.log if way == "heard"]
    assert not any(8 * NS_PER_S < one < 9.5 * NS_PER_S for one in at)
    assert at.count(int(9.5 * NS_PER_S)) > 10


def test_pauses_may_come_again_and_again(tmp_path):
    _, heard = played(tmp_path, "{at_s: 8, for_s: 4, kind: pause, every_s: 1, each_ms: 300}")
    for begin in (8, 9, 10, 11):
        at = [at_ns for at_ns, way, _ in heard.log if way == "heard" and begin < at_ns / NS_PER_S < begin + 0.3]
        assert [] == at


def test_nobody_is_asked_for_a_cancel_while_he_sleeps_however_often_he_is_sent_to_sleep(tmp_path):
    """A sleep of six seconds: what the sniper took in the fifth was blamed on who could not have cancelled it."""
    faults = "{at_s: 8, for_s: 6, kind: pause}, {at_s: 9, for_s: 1, kind: pause, every_s: 3, each_ms: 200}"
    world = small_world(tmp_path, seconds=20, faults=faults)
    seen = {}
    for at_s in (8, 8.5, 9.1, 12, 14, 15):
        world.kernel.at(
            int(at_s * NS_PER_S) + 1,
            lambda at_s=at_s: seen.update({at_s: world.oracle._hindrance.over_ns("BTCUSDT") - world.start_wall_ns}),
        )
    world.run()
    assert dict.fromkeys((8, 8.5, 9.1, 12, 14, 15), 14 * NS_PER_S) == seen


def test_on_a_slow_processor_commands_leave_when_their_step_is_over(tmp_path):
    _, heard = played(tmp_path, "{at_s: 5, kind: slow_cpu, step_us: 100, factor: 100}")
    late = []
    for (at_ns, way, _), (next_ns, next_way, command) in zip(heard.log, heard.log[1:], strict=False):
        if way == "heard" and next_way == "sent" and at_ns > 6 * NS_PER_S and not isinstance(command, commands.Alert):
            late.append(next_ns - at_ns)
    assert late
    assert {10 * NS_PER_MS} == set(late[:20])


def test_a_collection_takes_longer_the_more_objects_live():
    assert [12, 81, 210] == [collection_ns(thousand * 1000) // NS_PER_MS for thousand in (50, 200, 500)]
    assert collection_ns(1000) < collection_ns(50_000) < collection_ns(125_000) < collection_ns(900_000)


def test_the_collector_stops_the_process_by_the_clock(tmp_path):
    _, heard = played(tmp_path, "{at_s: 8, for_s: 4, kind: gc_pause, every_s: 1, live_objects: 500000}")
    for begin in (8, 9, 10, 11):
        assert not [1 for at_ns, way, _ in heard.log if way == "heard" and begin < at_ns / NS_PER_S < begin + 0.21]


def levels(heard):
    return [what.level for _, _, what in heard.log if isinstance(what, events.MemoryPressure)]


def test_a_budget_is_told_and_its_hard_mark_kills(tmp_path):
    world, heard = played(tmp_path, "{at_s: 10, for_s: 4, kind: heap_budget, soft_kib: 8, hard_kib: 10000}")
    assert (1, 0, 0) == (levels(heard)[0], levels(heard)[-1], world.process.kills)
    world, _ = played(tmp_path, "{at_s: 10, for_s: 4, kind: heap_budget, soft_kib: 4, hard_kib: 8}")
    assert world.process.kills >= 1


def test_a_leak_fills_the_budget_until_the_process_is_killed_and_then_is_gone(tmp_path):
    budget = "{at_s: 5, for_s: 9, kind: heap_budget, soft_kib: 500, hard_kib: 1000, restart_after_s: 1}"
    world, heard = played(tmp_path, f"{budget}, {{at_s: 5, for_s: 7, kind: leak, kib_per_s: 300}}")
    assert 1 == world.process.kills
    assert {1, 2} <= set(levels(heard))
    assert world.host.heap.unaccounted_bytes < 1000 * 1024
    alone, heard = played(tmp_path, budget)
    assert (0, []) == (alone.process.kills, levels(heard))


def test_a_spike_is_told_and_given_back(tmp_path):
    budget = "{at_s: 5, for_s: 9, kind: heap_budget, soft_kib: 500, hard_kib: 1500}"
    world, heard = played(tmp_path, f"{budget}, {{at_s: 7, for_s: 2, kind: alloc_spike, kib: 700}}")
    assert (1, 0) == (levels(heard)[0], levels(heard)[-1])
    assert 0 == world.host.heap.unaccounted_bytes


def test_a_step_that_raises_sends_nothing_and_the_driver_cancels_all(tmp_path):
    world, heard = played(tmp_path, "{at_s: 8, kind: memory_error, nth: [3]}")
    at_ns = world.process.restarts_ns[0]
    before = [(way, what) for when, way, what in heard.log if when < at_ns]
    assert ("sent", commands.CancelAll("")) == before[-1]
    assert "heard" == before[-2][0], "nothing of the step itself was sent"


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_full_disk_refuses_creates_and_lets_cancels_out(tmp_path, error):
    blind = "{at_s: 9, for_s: 3, kind: message_loss, links: [public], prob: 1}"
    world, heard = played(tmp_path, f"{{at_s: 5, for_s: 8, kind: disk_full, error: {error}}}, {blind}")
    refused = [what for _, way, what in heard.log if isinstance(what, events.NotSent)]
    assert {"journal_refused"} == {one.reason for one in refused}
    left = [order for order in world.venue.orders.values() if order.client_id in {one.client_id for one in refused}]
    assert [] == [one for one in left if one.client_id not in world.host.disk.safe_ids]
    assert any(9 < at < 13 for at in times(heard, commands.CancelOrder)), "blind quotes are pulled all the same"
    assert not world.host.disk.has_hole


def test_a_slow_disk_holds_creates_back_and_not_cancels(tmp_path):
    _, calm = played(tmp_path, "", calm_s=15)
    _, slow = played(tmp_path, "{at_s: 0, kind: slow_fsync, commit_ms: 100}")
    ages = [
        min(at_ns for at_ns, _, what in heard.log if isinstance(what, events.OrderAccepted)) for heard in (calm, slow)
    ]
    assert ages[1] - ages[0] >= 90 * NS_PER_MS


def test_a_disk_slower_than_a_create_may_wait_sends_none(tmp_path):
    _, heard = played(tmp_path, "{at_s: 2, for_s: 13, kind: slow_fsync, commit_ms: 400}")
    late = [what for _, _, what in heard.log if isinstance(what, events.NotSent)]
    assert {"send_by passed"} == {one.reason for one in late}


def test_a_shutdown_cancels_and_ends_and_nobody_starts_again(tmp_path):
    world, heard = played(tmp_path, "{at_s: 8, kind: shutdown, deadline_s: 6}")
    assert (False, []) == (world.driver.is_alive, list(world.venue.open_orders()))
    assert not [at for at in times(heard, commands.CreateOrder) if at > 8]


def test_a_shutdown_may_be_cut_short_and_the_next_process_finds_out(tmp_path):
    fault = "{at_s: 8, kind: shutdown, interrupted_after_s: 0.01, restart_after_s: 1}"
    world, heard = played(tmp_path, fault)
    assert (True, 2) == (world.driver.is_alive, world.driver.boots)
    assert [at for at in times(heard, commands.CreateOrder) if at > 9]


def test_a_shutdown_that_finds_nobody_is_told_to_the_next_process(tmp_path):
    crash = "{at_s: 8, kind: crash, restart_after_s: 2}"
    world, heard = played(tmp_path, f"{crash}, {{at_s: 9, kind: shutdown, deadline_s: 6}}")
    assert [10.0] == times(heard, events.Stopping, "heard")
    assert (False, 2, []) == (world.driver.is_alive, world.driver.boots, list(world.venue.open_orders()))


def test_a_process_that_dies_while_it_stops_does_not_end_the_stop(tmp_path):
    stop = "{at_s: 8, kind: shutdown, deadline_s: 6, restart_after_s: 1}"
    world, heard = played(tmp_path, f"{stop}, {{at_s: 8.005, kind: crash, restart_after_s: 1}}")
    first, second = times(heard, events.Stopping, "heard")
    assert (8.0, True) == (first, 9 <= second < 9.2)
    assert (True, 3) == (world.driver.is_alive, world.driver.boots)


def test_a_frozen_clock_stands_still_and_then_is_right(tmp_path):
    world, _ = played(tmp_path, "{at_s: 5, for_s: 4, kind: clock_freeze, clock: venue_wall}")
    assert world.start_wall_ns + 20 * NS_PER_S == world.venue.clock.read(20 * NS_PER_S)
    seen = []
    world = small_world(tmp_path, seconds=10, faults="{at_s: 3, for_s: 4, kind: clock_freeze, clock: venue_wall}")
    for at_s in (4, 6):
        world.kernel.at(at_s * NS_PER_S, lambda: seen.append(world.venue.clock.read(world.kernel.now_ns)))
    world.run()
    assert seen[0] == seen[1]


def test_without_time_service_a_clock_drifts_and_is_slewed_back_without_a_jump(tmp_path):
    fault = "{at_s: 2, for_s: 4, kind: ntp_loss, clock: venue_wall, ppm: 1000, slew_ppm: 1000}"
    world = small_world(tmp_path, seconds=20, faults=fault, calm_s=15)
    off = {}
    for at_s in (2, 6, 8, 12):
        world.kernel.at(
            at_s * NS_PER_S,
            lambda s=at_s: off.update({s: world.venue.clock.read(s * NS_PER_S) - world.start_wall_ns - s * NS_PER_S}),
        )
    world.run()
    assert {2: 0, 6: 4_000_000, 8: 2_000_000, 12: 0} == off


def test_a_restart_takes_its_time_from_a_wrong_wall_clock(tmp_path):
    faults = (
        "{at_s: 6, for_s: 6, kind: clock_offset, clock: bot_wall, offset_ms: -4000},"
        "{at_s: 8, kind: crash, restart_after_s: 1}"
    )
    world, _ = played(tmp_path, faults)
    assert -4 * NS_PER_S == world.host.moved_ns


def position_of(world):
    return world.core.belief().symbols[0].position_lots, world.venue.position_lots("BTCUSDT")


def test_what_a_disk_lied_about_is_gone_with_the_machine_and_found_out_at_the_venue(tmp_path):
    crash = "{at_s: 10, kind: crash, restart_after_s: 1, journal: torn}"
    world, _ = played(tmp_path, f"{{at_s: 3, for_s: 8, kind: write_lost}}, {crash}", seconds=40)
    assert 1 == world.bites["write_lost0"]
    forgotten = [client_id for client_id in world.venue.orders if client_id not in world.host.disk.safe_ids]
    assert forgotten
    assert [] == world.oracle.breaches
    assert position_of(world)[0] == position_of(world)[1]


@pytest.mark.parametrize("journal", ["flipped", "foreign"])
def test_a_journal_that_is_damaged_or_anothers_is_believed_in_nothing(tmp_path, journal):
    fault = f"{{at_s: 10, kind: crash, restart_after_s: 1, journal: {journal}}}"
    world, heard = played(tmp_path, fault, seconds=40)
    assert alarms.JOURNAL_LOST in {alert.code for alert in world.driver.alerts}, "a person is told"
    assert [] == world.oracle.breaches
    assert position_of(world)[0] == position_of(world)[1]
    assert [at for at in times(heard, commands.CreateOrder) if at > 11]


def test_who_takes_anothers_journal_for_his_own_is_blamed_for_what_he_believes(tmp_path, monkeypatch):
    """The check is one: without it the position of the other instance is believed for good."""
    foreign = Disk.foreign
    monkeypatch.setattr(Disk, "foreign", lambda *those: replace(foreign(*those), owner=""))
    world, _ = played(tmp_path, "{at_s: 10, kind: crash, restart_after_s: 1, journal: foreign}", seconds=40)
    assert "S5" in {breach.code for breach in world.oracle.breaches}


def clock_errors_ms(tmp_path, faults):
    """Give how far what requests are signed with is behind the venue, and the middle of the bounds off it."""
    world = small_world(tmp_path, seconds=26, faults=faults, calm_s=24)
    behind, off = [], []

    def look():
        now_ns, clock = world.host.now_ns(), world.core._state.clock
        true_ns = world.venue.clock.read(world.kernel.now_ns)
        behind.append((true_ns - clock.venue_ns(now_ns)) / NS_PER_MS)
        off.append(abs(true_ns - now_ns - (clock.low_ns + clock.high_ns) / 2) / NS_PER_MS)

    for tenth in range(50, 235, 5):
        world.kernel.at(tenth * 100 * NS_PER_MS, look)
    assert "" == world.run().error
    assert (0, []) == (world.venue.refused_stamps, world.oracle.breaches)
    return min(behind), max(off)


def test_a_drift_over_an_asymmetric_path_bites_and_what_is_signed_is_never_ahead(tmp_path):
    """The middle of question and answer is wrong by half the difference of the ways, and a drift adds to it."""
    drift = "{at_s: 3, for_s: 20, kind: clock_drift, clock: bot_mono, ppm: -1000}"
    slow = "{at_s: 0, for_s: 23, kind: latency, links: [rest_down], base_ms: 700, tail_ms: 1, sigma: 0, slow_share: 0}"
    found = {}
    for name, faults in (("drift", drift), ("slow", slow), ("both", f"{drift}, {slow}")):
        found[name] = clock_errors_ms(tmp_path, faults)
    assert all(behind > 0 for behind, _ in found.values())
    assert found["drift"][1] < 30 < 340 < found["slow"][1] < 360
    assert found["both"][1] > found["slow"][1] + 5
    assert found["both"][0] > 700, "so it is behind by all of the slow way"
