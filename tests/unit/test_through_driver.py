"""The live driver on virtual time does what the simulated driver does: to the byte where nothing else differs."""

import pytest
from small_world import small_scenario
from twin import TwinWorld

from sim.plan import expand
from sim.world import World
from strategy.core import Core

# What happens to the bot, and nothing of it differs whoever drives: the digest of everything is the same.
SAME = {
    "nothing": "",
    "answers are lost": "{at_s: 2, for_s: 8, kind: ack_lost, prob: 0.3}",
    "requests are lost": "{at_s: 2, for_s: 8, kind: ack_lost_not_applied, prob: 0.3}",
    "the disk is slow": "{at_s: 2, for_s: 8, kind: slow_fsync, commit_ms: 15}",
    "the disk is full": "{at_s: 2, for_s: 4, kind: disk_full, error: ENOSPC}",
    "it stands still": "{at_s: 2, for_s: 1.5, kind: pause}",
    "it dies": "{at_s: 3, kind: crash, restart_after_s: 2}",
    "it dies before it sends": ("{at_s: 2, kind: crash, restart_after_s: 2, between: journal_and_send, nth: 3}"),
    "it dies once it has sent": "{at_s: 2, kind: crash, restart_after_s: 2, between: send_and_ack, nth: 3}",
    "its memory is torn": "{at_s: 3, kind: crash, restart_after_s: 2, journal: torn}",
    "its memory runs out": "{at_s: 2, kind: memory_error, nth: [40]}",
    "its clock is wrong": "{at_s: 0, for_s: 100, kind: clock_offset, clock: bot_wall, offset_ms: 400}",
    "its streams break": "{at_s: 3, kind: reset, connections: [public, private]}",
}


def both(tmp_path, fault):
    scenario = small_scenario(tmp_path, 20, faults=fault, calm_s=14)
    worlds = [kind(scenario, expand(scenario, 1), Core) for kind in (World, TwinWorld)]
    return worlds, [world.run() for world in worlds]


@pytest.mark.parametrize("what", SAME)
def test_both_drivers_make_the_same_run(tmp_path, what):
    worlds, outcomes = both(tmp_path, SAME[what])
    assert [("", []), ("", [])] == [
        (one.error, world.oracle.breaches) for one, world in zip(outcomes, worlds, strict=True)
    ]
    assert worlds[0].driver.steps > 500
    assert outcomes[0].digest == outcomes[1].digest
