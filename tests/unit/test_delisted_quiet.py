"""A symbol that is traded no more is asked about ever more seldom, though the venue answers all else."""

from collections import Counter

from small_world import small_scenario, small_world

from sim.plan import expand
from sim.world import World
from strategy.core import Core

GONE = "{at_s: 8, for_s: 100, kind: symbol_delist}"


def test_what_the_venue_says_it_does_not_know_is_no_silence_that_ends_with_the_next_answer(tmp_path):
    """Each sample of the clock was taken for the end of a silence, and all was asked anew (a swarm's seed 49, L5)."""
    world = small_world(tmp_path, seconds=46, faults=GONE, calm_s=45)
    handle, sent = world.venue.handle, Counter[str]()

    def counted(command, now_ns, *more):
        if 25e9 <= now_ns < 45e9:
            sent[type(command).__name__] += 1
        return handle(command, now_ns, *more)

    world.venue.handle = counted
    assert "" == world.run().error
    assert sent["CancelAll"] <= 6
    assert sent["QueryOpenOrders"] <= 12
    assert sent["SampleClock"], "the venue is not believed to be away"


def test_a_doubt_about_an_order_of_a_symbol_that_is_gone_cannot_end_before_it_is_back(tmp_path):
    """Creates were lost just before their symbol went; a sound core was blamed for the doubt (a storm of seed 3, L2)."""
    lost = "{at_s: 7, for_s: 2, kind: ack_lost_not_applied, prob: 1, requests: [create]}"
    gone = "{at_s: 8, for_s: 40, kind: symbol_delist}"
    scenario = small_scenario(tmp_path, seconds=55, faults=f"{lost}, {gone}", calm_s=9)
    calm = scenario.run.calm.model_copy(update={"mode": "core_heal"})
    scenario = scenario.model_copy(update={"run": scenario.run.model_copy(update={"calm": calm})})
    world = World(scenario, expand(scenario, 1), Core)
    assert "" == world.run().error
    assert 30e9 < world.oracle.excused_ns["L2"] < 40e9
    assert [] == world.oracle.breaches
