"""What the driver asks of a core."""

from small_world import small_world

from strategy.core import Core


def test_a_core_that_wants_to_be_woken_in_the_past_ends_the_run_instead_of_stopping_the_clock(tmp_path):
    class Restless(Core):
        @property
        def wake_at_ns(self) -> int | None:
            wake_at_ns = super().wake_at_ns
            return None if wake_at_ns is None else self._state.now_ns

    outcome = small_world(tmp_path, seconds=5, factory=Restless).run()
    assert ("SQ-S001", True) == (outcome.error_code, "not in the future" in outcome.error)


def test_a_run_that_a_breach_ends_closes_its_costs_when_it_ended(tmp_path):
    world = small_world(tmp_path, seconds=30, overrides="placement.fast_cancel_bps: 0.5")
    told = []
    world.oracle.finish = told.append
    world.oracle._findings.breach("S1", 0, "x", "by hand", "none")
    world.run()
    assert [world.start_wall_ns + 1_000_000_000] == told


def test_a_host_that_sleeps_in_a_flood_of_messages_keeps_no_more_than_may_wait(tmp_path, monkeypatch):
    """Seed 10044 of a swarm: after six minutes of sleep 21,940 words waited, more than S12 lets."""
    monkeypatch.setattr("sim.host.host.MARKET_MAX", 100)
    monkeypatch.setattr("sim.world.INBOX_MAX", 200)
    faults = "{at_s: 4, for_s: 2, kind: message_storm, factor: 20}, {at_s: 4, for_s: 2, kind: pause}"
    world = small_world(tmp_path, seconds=20, faults=faults, calm_s=8)
    outcome = world.run()
    assert ("", []) == (outcome.error, world.oracle.breaches)
    assert world.host.let_go > 100
