"""S16 where S4 sees nothing: a cancel that is not tried again; and S4 where the feed is fresh and the bot is not."""

import pytest
from planted.feeds import lives_in_the_past, pulls_once
from small_world import small_scenario

from sim.plan import expand
from sim.scenario.invariants import INVARIANTS
from sim.world import World
from strategy.core import Core
from strategy.units import NS_PER_S

JUDGED = ("S4", "S16")
# Nothing is heard and nothing gets through, for long enough that a lost cancel has to be tried again.
CUT = "{id: cut, at_s: 10, for_s: 14, kind: partition, links: [public, rest_up, rest_down]}"
# The market stands still until a second try was due, and then runs.
MOODS = {10: 0.02, 19: 400.0}


def turn(world, share: float) -> None:
    for market in world.markets:
        market.factor *= share


def judged(folder, factory, seed: int, seconds: float, moods, **kinds):
    scenario = small_scenario(folder, seconds, **kinds)
    promises = scenario.invariants.model_copy(update={"off": tuple(one for one in INVARIANTS if one not in JUDGED)})
    scenario = scenario.model_copy(update={"invariants": promises})
    world = World(scenario, expand(scenario, seed), factory)
    for at_s, share in moods.items():
        world.kernel.at(at_s * NS_PER_S, turn, world, share)
    assert "" == world.run().error
    return world.oracle


def cut_off(folder, factory):
    return [judged(folder, factory, seed, 30, MOODS, faults=CUT) for seed in (1, 3)]


def test_a_cancel_that_nobody_answered_is_tried_again_or_the_sniper_tells(tmp_path):
    for oracle in cut_off(tmp_path, pulls_once):
        assert ["S16"] == [breach.code for breach in oracle.breaches]
        assert "after a cancel had to be under way" in oracle.breaches[0].detail


def test_who_tries_again_is_not_to_blame_for_what_the_network_loses(tmp_path):
    for oracle in cut_off(tmp_path, Core):
        assert [] == oracle.breaches
        taken = [cost.detail for cost in oracle.costs if "S16" == cost.code]
        assert any("were sniped for" in detail for detail in taken), "the same quotes are taken, and it is a cost"


@pytest.mark.parametrize(("factory", "expected"), [(lives_in_the_past, ["S4"]), (Core, [])])
def test_a_bot_that_lives_in_the_past_is_seen_by_its_prices_though_its_feed_is_fresh(tmp_path, factory, expected):
    oracle = judged(tmp_path, factory, 1, 90, {})
    assert expected == [breach.code for breach in oracle.breaches]
    assert all("was made of an older book" in breach.detail for breach in oracle.breaches)
