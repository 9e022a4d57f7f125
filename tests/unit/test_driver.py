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
