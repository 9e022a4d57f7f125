"""A stop ends, whenever it comes; and who leaves orders behind is found out, by whatever follows."""

import pytest
from small_world import small_scenario, small_world
from storms import assert_nothing_broken_and_calm_reached, storm

from sim.plan import expand
from sim.scenario.invariants import INVARIANTS
from sim.world import World
from strategy import events
from strategy.core import Core


def test_the_storm_stops_and_begins_again(is_deep):
    assert_nothing_broken_and_calm_reached("graceful_stop", range(1, 51 if is_deep else 2))
    world, _ = storm("graceful_stop", 2)
    assert 8 == world.driver.boots
    assert world.oracle.checks["L8"] >= 5


def test_a_stop_at_any_instant_leaves_nothing_behind(tmp_path, is_deep):
    for step in range(60 if is_deep else 4):
        at_s = 6 + 9 * ((step * 0.3819) % 1)
        faults = f"{{at_s: 4, for_s: 13, kind: ack_lost, prob: 0.3}}, {{at_s: {at_s:.4f}, kind: shutdown}}"
        world = small_world(tmp_path, seconds=36, seed=1 + step, calm_s=17, faults=faults)
        outcome = world.run()
        assert ("", []) == (outcome.error, world.oracle.breaches), at_s
        assert (False, []) == (world.driver.is_alive, list(world.venue.open_orders())), at_s


@pytest.mark.parametrize(("deadline_s", "codes"), [(13, []), (14.95, ["L8"])])
def test_what_a_stop_left_behind_is_judged_when_the_next_process_starts(tmp_path, deadline_s, codes):
    """Ended at its deadline with quotes in the book: within the bound somebody may still come back for them."""

    class Deaf(Core):
        is_done = False

        def step(self, now_ns, event):
            return super().step(now_ns, events.Woke() if isinstance(event, events.Stopping) else event)

    fault = f"{{at_s: 8, kind: shutdown, deadline_s: {deadline_s}, restart_after_s: 0.1}}"
    scenario = small_scenario(tmp_path, seconds=40, faults=fault, calm_s=35)
    only = scenario.invariants.model_copy(update={"off": tuple(code for code in INVARIANTS if code != "L8")})
    scenario = scenario.model_copy(update={"invariants": only})
    world = World(scenario, expand(scenario, 1), Deaf)
    world.run()
    assert codes == [breach.code for breach in world.oracle.breaches]
