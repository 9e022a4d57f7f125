"""Shipped storms with the live driver in the simulated one's place, and nothing but links between it and the venue.

Where one request carries one order both make the same run to the byte. Where an answer says several
things, the simulated driver commits what each of them leads to by itself; the live one takes in the whole
answer, and one commit follows. That and what else keeps runs apart is listed.
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
    "exchange_downtime",
    "fast_market",
    "feed_gap",
    "fine_print",
    "frozen_feed",
    "lost_acknowledgement",
    "lost_fills",
    "lost_request",
    "low_tier",
    "memory_pressure",
    "network_partition",
    "rate_limited",
)
BATCHES = "an answer to a batch is taken in whole"
APART = {
    "batch_latency": BATCHES,
    "clock_skew": "a clock that is bent while an alarm is set: the live driver looks again at its clock",
    "crash_restart": "copies of the journal are of other instants",
    "graceful_stop": "the end of a stop and a look whether it has ended, at one instant",
    "rest_only": BATCHES,
    "slow_host": "a step that costs time: the live driver takes in at once what has come meanwhile",
}
# The same with one request at a time, by seed: what is late in line, and what waits for its turn, is told apart only so.
ONE_BY_ONE = (("network_partition", 1), ("network_partition", 2), ("rest_only", 1))
QUICK = ("exchange_downtime", "frozen_feed", "lost_acknowledgement", "rate_limited")
QUICK_S = 60


def runs(name, until_s, *settings, seed=1):
    (scenario,) = load_scenarios([SCENARIOS / f"{name}.yaml"], settings=settings)
    worlds = [kind(scenario, expand(scenario, seed, until_s), Core) for kind in (World, TwinWorld)]
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


@pytest.mark.parametrize(("name", "seed"), ONE_BY_ONE)
def test_one_request_at_a_time_both_make_the_same_run(name, seed, is_deep):
    _, outcomes = runs(name, None if is_deep else QUICK_S, "loop.dispatch=sequential", seed=seed)
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
