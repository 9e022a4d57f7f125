"""Figures and promises that nobody measured are missing, not good; nobody is blamed for being dead."""

import pytest
from planted.wrapped import Wrapped
from small_world import small_scenario, small_world

from sim.plan import expand
from sim.runs.metrics import metrics_of
from sim.world import World
from strategy.core import Core
from strategy.errors import OperatorError


class Taciturn(Wrapped):
    """A core that does not show its decisions."""

    def __getattr__(self, name):
        if name == "last_context":
            raise AttributeError(name)
        return super().__getattr__(name)


def test_the_exposure_of_a_core_that_shows_no_decision_is_not_measured(tmp_path):
    worlds = small_world(tmp_path, seconds=8), small_world(tmp_path, seconds=8, factory=Taciturn)
    for world in worlds:
        assert "" == world.run().error
    assert [True, False] == ["max_exposure_pct" in metrics_of(world) for world in worlds]


def test_a_process_that_is_dead_when_the_run_ends_is_not_blamed_for_its_quotes(tmp_path):
    world = small_world(tmp_path, seconds=14, calm_s=13, faults="{at_s: 10, kind: crash, restart_after_s: 500}")
    assert "" == world.run().error
    assert [] == world.oracle.breaches
    assert [*world.venue.open_orders()], "its quotes still stand, and nobody is there to cancel them"


def test_what_had_not_healed_when_the_run_ended_says_nothing_of_recovery(tmp_path):
    world = small_world(tmp_path, seconds=8, calm_s=7, faults="{at_s: 3, kind: feed_gap, lost_messages: 5}")
    world.plan = type(world.plan)(world.plan.scenario, 1, 2 * 10**9, world.plan.calm_ns, world.plan.faults)
    world.run()
    assert "recovery_s" not in metrics_of(world)


@pytest.mark.parametrize(
    "fault",
    [
        "{at_s: 3, for_s: 1e300, kind: downtime}",
        "{at_s: 3, kind: crash, restart_after_s: 0.000001}",
        "{at_s: 3, kind: heap_budget, soft_kib: 100, hard_kib: 200, restart_after_s: 0.000001}",
    ],
)
def test_times_that_nobody_can_mean_are_refused(tmp_path, fault):
    with pytest.raises(OperatorError, match=r"(less|greater) than or equal"):
        small_scenario(tmp_path, 10, faults=fault)


def test_what_is_earned_an_hour_is_of_the_time_that_counts(tmp_path):
    scenario = small_scenario(tmp_path, 20)
    scenario = scenario.model_copy(update={"run": scenario.run.model_copy(update={"warmup_s": 8})})
    world = World(scenario, expand(scenario, 1), Core)
    world.run()
    figures = {name: stats["value"] for name, stats in metrics_of(world).items()}
    assert figures["fills"] > 0
    assert figures["fills_per_h"] == pytest.approx(figures["fills"] * 3600 / 12)
    assert figures["net_usdt_per_h"] == pytest.approx(figures["pnl_usdt"] * 3600 / 12)


def test_a_run_that_ends_before_it_counts_earns_nothing_an_hour(tmp_path):
    scenario = small_scenario(tmp_path, 8)
    scenario = scenario.model_copy(update={"run": scenario.run.model_copy(update={"warmup_s": 6})})
    world = World(scenario, expand(scenario, 1, until_s=3), Core)
    world.run()
    assert not {"fills_per_h", "net_usdt_per_h"} & metrics_of(world).keys()
