"""Shipped storms with the live driver in the simulated one's place, and nothing but links between it and the venue.

Where a run is one request after another, or a batch at a time, both make the same run to the byte. What
keeps the others apart is listed with each: two things that happen at one instant, in another order.
"""

import pytest
from storms import SCENARIOS
from twin import TwinWorld

from sim.plan import expand
from sim.scenario.load import load_scenarios
from sim.world import World
from strategy.core import Core

SAME = (
    "calm",
    "fast_market",
    "feed_gap",
    "frozen_feed",
    "lost_acknowledgement",
    "lost_fills",
    "lost_request",
    "low_tier",
    "memory_pressure",
    "rate_limited",
)
APART = {
    "batch_latency": "several requests of one step: those of several symbols leave in another order",
    "clock_skew": "a clock that is bent while an alarm is set: the live driver looks again at its clock",
    "crash_restart": "copies of the journal are of other instants",
    "exchange_downtime": "a refusal and a broken connection at one instant",
    "graceful_stop": "the end of a stop and a look whether it has ended, at one instant",
    "network_partition": "a refusal and a broken connection at one instant",
    "rest_only": "several requests of one step: those of several symbols leave in another order",
}
QUICK = ("frozen_feed", "lost_acknowledgement", "rate_limited")
QUICK_S = 60


def runs(name, until_s):
    (scenario,) = load_scenarios([SCENARIOS / f"{name}.yaml"])
    worlds = [kind(scenario, expand(scenario, 1, until_s), Core) for kind in (World, TwinWorld)]
    return worlds, [world.run() for world in worlds]


def test_every_shipped_scenario_is_on_one_list():
    assert sorted((*SAME, *APART)) == sorted(path.stem for path in SCENARIOS.glob("*.yaml"))


@pytest.mark.parametrize("name", SAME)
def test_both_drivers_make_the_same_run(name, is_deep):
    if not is_deep and name not in QUICK:
        pytest.skip("slow: with --chaos")
    _, outcomes = runs(name, None if is_deep else QUICK_S)
    assert ["", ""] == [one.error for one in outcomes]
    assert outcomes[0].digest == outcomes[1].digest


@pytest.mark.parametrize("name", APART)
def test_where_the_runs_part_both_keep_every_promise(name, is_deep):
    if not is_deep:
        pytest.skip("slow: with --chaos")
    worlds, outcomes = runs(name, None)
    assert ["", ""] == [one.error for one in outcomes]
    assert [[], []] == [world.oracle.breaches for world in worlds]
    assert outcomes[0].digest != outcomes[1].digest, "they are the same now: move it to the other list"
