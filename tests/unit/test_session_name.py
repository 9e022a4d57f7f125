"""The name of a session prefixes every client id: whatever scenario and seed are called, an id has its 36 characters."""

import pytest
from small_world import small_scenario

from sim.dice import SEED_MAX
from sim.plan import expand
from sim.world import World
from strategy.core import Core

NAME = "a_name_as_long_as_names_can_be_and_then_some_more_until_it_is_64"


def ids_of(folder, seed: int) -> list[str]:
    scenario = small_scenario(folder, 6, faults="{at_s: 3, kind: crash, restart_after_s: 0.5}")
    scenario = scenario.model_copy(update={"name": NAME})
    world = World(scenario, expand(scenario, seed), Core)
    world.run()
    assert () == tuple(world.oracle.breaches)
    return list(world.venue.orders)


@pytest.mark.parametrize(
    ("seed", "first", "second"),
    [
        (7, f"{NAME[:24]}-7-", f"{NAME[:20]}-7_2-"),
        (99_999, f"{NAME[:24]}-99999-", f"{NAME[:20]}-99999_2-"),
        (SEED_MAX, f"{NAME[:10]}-{SEED_MAX}-", f"{NAME[:8]}-{SEED_MAX}_2-"),
    ],
)
def test_a_name_is_cut_so_that_the_seed_has_its_place(tmp_path, seed, first, second):
    ids = ids_of(tmp_path, seed)
    assert max(map(len, ids)) <= 36
    assert any(one.startswith(first) for one in ids)
    assert any(one.startswith(second) for one in ids)
    assert all(one.startswith((first, second)) for one in ids)
