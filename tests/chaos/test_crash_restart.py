"""The process dies at any instant, with any journal, and the next one finds out what it holds.

A crash is swept over a grid of instants, and over both points inside a create. After each: no
promise broken, belief equal to truth, quotes back on both sides.
"""

import pytest
from small_world import small_world

from strategy import events

JOURNALS = ("journal: whole", "journal: torn", "journal: old, old_s: 15", "journal: lost")
POINTS = ("", "between: journal_and_send, nth: {n},", "between: send_and_ack, nth: {n},")


def crashed(tmp_path, seed: int, crash: str, seconds: float = 60, calm_s: float = 28, **kinds):
    faults = f"{{at_s: {{at}}, kind: crash, restart_after_s: 1.5, {crash}}}"
    world = small_world(
        tmp_path, seconds=seconds, seed=seed, calm_s=calm_s, faults=faults.replace("{at}", kinds.pop("at")), **kinds
    )
    outcome = world.run()
    assert ("", []) == (outcome.error, world.oracle.breaches), (seed, crash)
    return world, outcome


def assert_came_back(world) -> None:
    assert 2 == world.driver.boots
    # L1 is one of them: position and cash are the venue's, to the last unit.
    assert None not in world.oracle.recoveries_ns.values()


@pytest.mark.parametrize("journal", JOURNALS, ids=lambda text: text.split()[1].strip(","))
def test_a_crash_at_any_instant_is_survived(tmp_path, is_deep, journal):
    for step in range(200 if is_deep else 4):
        seed, at_s = 1 + step % 25, 12 + 11 * ((step * 0.3819) % 1)
        world, _ = crashed(tmp_path, seed, journal, at=f"{at_s:.4f}")
        assert_came_back(world)


@pytest.mark.parametrize("journal", JOURNALS, ids=lambda text: text.split()[1].strip(","))
@pytest.mark.parametrize("point", POINTS[1:], ids=("journal_and_send", "send_and_ack"))
def test_a_crash_inside_a_create_is_survived(tmp_path, is_deep, point, journal):
    for seed in range(1, 41 if is_deep else 3):
        world, _ = crashed(tmp_path, seed, point.format(n=1 + seed % 3) + journal, at="10")
        assert_came_back(world)


def test_a_create_that_was_written_and_not_sent_never_left_and_is_asked_about(tmp_path):
    seen = []
    world = small_world(
        tmp_path,
        seconds=40,
        calm_s=28,
        faults="{at_s: 10, kind: crash, restart_after_s: 1, between: journal_and_send, nth: 1}",
    )
    crash = world.process.crash

    def watched(*args):
        seen.append((list(world.host.disk.safe_ids)[-1], len(world.venue.orders)))
        crash(*args)

    world.process.crash = watched
    # Whoever is called by the fault is looked up when it strikes.
    reports = []

    class Ear:
        def delivered(self, now_ns, event):
            if isinstance(event, events.OrderReport):
                reports.append(event)

        def sent(self, now_ns, command):
            pass

        def stepped(self, now_ns, leaving, event):
            pass

    world.driver.watchers = (*world.driver.watchers, Ear())
    world.run()
    ((client_id, _),) = seen
    assert client_id not in world.venue.orders
    assert events.MISSING in [one.status for one in reports if one.client_id == client_id]


def test_with_two_symbols_and_a_clock_set_back_between_two_lives(tmp_path, is_deep):
    faults = (
        "{at_s: 11, kind: clock_step, clock: bot_wall, by_ms: -7000},"
        "{at_s: 12.03, kind: crash, restart_after_s: 2},"
        "{at_s: 20.01, kind: crash, restart_after_s: 1, journal: torn}"
    )
    for seed in range(1, 31 if is_deep else 3):
        world = small_world(tmp_path, seconds=60, seed=seed, calm_s=28, faults=faults, symbols="[BTCUSDT, ETHUSDT]")
        outcome = world.run()
        assert ("", [], 3) == (outcome.error, world.oracle.breaches, world.driver.boots)
        assert world.host.moved_ns == -7_000_000_000
        assert None not in world.oracle.recoveries_ns.values()


def test_no_client_id_is_used_by_two_lives(tmp_path):
    world, _ = crashed(tmp_path, 1, "journal: lost", at="12")
    sessions = {client_id.rpartition("-")[0] for client_id in world.venue.orders}
    assert 2 == len(sessions)


def test_the_same_crash_gives_the_same_digest(tmp_path):
    digests = [crashed(tmp_path, 3, JOURNALS[1], at="14.2")[1].digest for _ in range(2)]
    assert digests[0] == digests[1]


def test_a_core_that_cannot_resume_begins_with_nothing(tmp_path):
    from strategy.core import Core

    class Forgetful(Core):
        resume = None

    world = small_world(
        tmp_path, seconds=30, factory=Forgetful, calm_s=28, faults="{at_s: 12, kind: crash, restart_after_s: 1}"
    )
    world.run()
    assert 2 == world.driver.boots
