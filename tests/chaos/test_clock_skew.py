"""Clocks of both hosts are wrong in every way a clock can be: the bot lives by what the venue tells.

The venue takes a request no older than its window and less than a second ahead, by its own wall
clock. Several seeds, each with clocks wrong in a way of its own.
"""

from pathlib import Path

import pytest
from small_world import small_world

from sim.dice import Dice
from sim.runs.job import Job
from sim.runs.seed import run_seed
from sim.runs.summary import summarise
from sim.scenario.load import load_scenarios

SCENARIO = Path(__file__).resolve().parents[2] / "scenarios" / "clock_skew.yaml"
OWN_CLOCK = "planted.hosts:signs_with_own_clock"


def skewed(seed: int) -> str:
    """Draw how our clock starts, how the venue's steps and drifts, and when the process is restarted."""
    dice = Dice(seed)

    def between(low: float, high: float, *key: object) -> float:
        return low + (high - low) * dice.unit("skew", *key)

    ours, theirs = between(-5000, 5000, "ours"), between(-6000, 6000, "theirs")
    return ", ".join(
        (
            f"{{at_s: 0, kind: clock_offset, clock: bot_wall, offset_ms: {ours:.1f}}}",
            f"{{at_s: 5, for_s: 20, kind: clock_drift, clock: bot_mono, ppm: {between(-200, 200, 'ppm'):.1f}}}",
            f"{{at_s: {between(8, 14, 'at'):.3f}, kind: clock_step, clock: venue_wall, by_ms: {theirs:.1f}}}",
            f"{{at_s: {between(15, 17, 'freeze'):.3f}, for_s: 2, kind: clock_freeze, clock: venue_wall}}",
            f"{{at_s: 12, for_s: 15, kind: ntp_loss, clock: venue_wall, ppm: {between(-800, -1, 'ntp'):.1f}}}",
            f"{{at_s: {between(19, 22, 'crash'):.3f}, kind: crash, restart_after_s: 1}}",
        )
    )


def test_with_clocks_wrong_in_every_way_nothing_is_broken_and_the_calm_is_reached(tmp_path, is_deep):
    refused = 0
    for seed in range(1, 101 if is_deep else 6):
        world = small_world(tmp_path, seconds=62, seed=seed, calm_s=30, faults=skewed(seed))
        outcome = world.run()
        assert ("", []) == (outcome.error, world.oracle.breaches), seed
        assert None not in world.oracle.recoveries_ns.values(), seed
        refused += world.venue.refused_stamps
    assert refused > 0, "no stamp was refused: no storm"


@pytest.mark.parametrize("ours_ms", [-288_000, -1500, 999, 1001, 60_000])
def test_a_clock_that_is_wrong_from_the_start_costs_nothing_but_the_first_sample(tmp_path, ours_ms):
    fault = f"{{at_s: 0, kind: clock_offset, clock: bot_wall, offset_ms: {ours_ms}}}"
    world = small_world(tmp_path, seconds=20, faults=fault)
    assert "" == world.run().error
    assert world.venue.fills
    assert world.venue.refused_stamps < 10


def test_time_that_goes_back_between_two_processes_is_harmless(tmp_path, is_deep):
    for seed in range(1, 31 if is_deep else 4):
        faults = (
            "{at_s: 10, for_s: 9, kind: clock_offset, clock: bot_wall, offset_ms: -60000},"
            "{at_s: 11.5, kind: crash, restart_after_s: 0.5}, {at_s: 20.2, kind: crash, restart_after_s: 0.5}"
        )
        world = small_world(tmp_path, seconds=58, seed=seed, calm_s=27, faults=faults)
        outcome = world.run()
        assert ("", [], 3) == (outcome.error, world.oracle.breaches, world.driver.boots), seed
        assert 0 == world.host.moved_ns


def test_the_same_skew_gives_the_same_digest(tmp_path):
    digests = [small_world(tmp_path, seconds=25, seed=2, calm_s=24, faults=skewed(2)).run().digest for _ in range(2)]
    assert digests[0] == digests[1]


def test_a_bot_that_signs_with_its_own_clock_fails_the_scenario():
    (ready,) = load_scenarios([SCENARIO])
    assert summarise(ready, SCENARIO.name, [run_seed(Job(ready, 1, core=OWN_CLOCK))], ()).failed
