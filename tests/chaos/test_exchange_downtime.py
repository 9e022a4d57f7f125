"""The exchange goes away in every way it can: no promise is broken, calm is reached, and it bites."""

import pytest
from storms import SCENARIOS, assert_nothing_broken_and_calm_reached, storm

from sim.plan import expand
from sim.scenario.load import load_scenarios
from sim.world import World
from strategy.core import Core
from strategy.order_states import State

NAME = "exchange_downtime"
QUICK = range(11, 14)
DEEP = range(11, 36)  # a hundred others are played by test_scenarios


def test_nothing_is_broken_and_the_calm_is_reached(is_deep):
    assert_nothing_broken_and_calm_reached(NAME, DEEP if is_deep else QUICK)


def test_every_way_of_being_away_bites():
    """Fates were left open, connections refused, orders forgotten, orders risen, requests carried out late."""
    risen, forgotten, late = 0, 0, 0
    for seed in QUICK:
        world, _ = storm(NAME, seed)
        orders = list(world.venue.orders.values())
        risen += world.core._state.orders.orphans
        forgotten += sum(not order.is_known for order in orders)
        late += world.measures.doubts
        assert world.oracle.checks["S11"] > 0, "a closure was told"
    assert risen >= 1
    assert forgotten >= 100, "all ids, after an engine without memory"
    assert late >= 30


def test_the_same_seed_is_the_same_world():
    assert storm(NAME, QUICK[0])[1] == storm(NAME, QUICK[0])[1] != storm(NAME, QUICK[1])[1]


def test_no_order_is_left_in_doubt_or_open_without_a_place():
    world, _ = storm(NAME, QUICK[0])
    live = world.core._state.orders.live.values()
    assert [] == [order.client_id for order in live if order.state is State.IN_DOUBT]
    assert {order.client_id for order in world.venue.open_orders()} <= {order.client_id for order in live}


@pytest.mark.parametrize("away", ["frozen", "later", "purged", "rolled", "closing", "slow"])
def test_every_fault_of_the_storm_changes_the_world(away):
    (scenario,) = load_scenarios([SCENARIOS / f"{NAME}.yaml"])
    plan = expand(scenario, QUICK[0])
    without = plan.__class__(
        plan.scenario, plan.seed, plan.duration_ns, plan.calm_ns, tuple(one for one in plan.faults if one.id != away)
    )
    start_ns = next(one.start_ns for one in plan.faults if one.id == away)
    until_ns = start_ns + 12_000_000_000
    digests = []
    for each in (plan, without):
        cut = each.__class__(each.scenario, each.seed, until_ns, None, each.faults)
        digests.append(World(scenario, cut, Core).run().digest)
    assert digests[0] != digests[1]
