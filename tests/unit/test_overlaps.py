"""Of what can be only once at a time there are never two, and a scenario that says so is told where."""

import json

import pytest
from small_world import small_scenario

from sim.dice import Dice
from sim.plan import expand
from sim.scenario.faults import KINDS
from sim.scenario.faults.ranges import drawn
from sim.world import World
from strategy.core import Core
from strategy.errors import OperatorError


def problems(tmp_path, faults):
    try:
        small_scenario(tmp_path, faults=faults, seconds=60)
    except OperatorError as wrong:
        return [(problem.code, problem.message.partition(": ")[2]) for problem in wrong.problems]
    return []


TWICE = {
    "downtime": "",
    "rate_limit": ", orders_per_s: 3, burst: 5",
    "slow_cpu": ", factor: 3",
    "slow_fsync": ", commit_ms: 10",
    "disk_full": "",
    "heap_budget": ", soft_kib: 300, hard_kib: 900",
    "clock_freeze": ", clock: venue_wall",
}


@pytest.mark.parametrize("kind", TWICE)
def test_two_at_once_are_an_error_and_one_after_the_other_are_not(tmp_path, kind):
    one = f"at_s: %d, for_s: 5, kind: {kind}{TWICE[kind]}"
    told = problems(tmp_path, "{" + one % 3 + "}, {" + one % 6 + ", id: second}")
    assert [("SQ-S014", f"begins at 6 s while '{kind}0' lasts: two of {kind} at once")] == [
        (code, words.split(" cannot")[0].split(" on ")[0]) for code, words in told
    ]
    assert [] == problems(tmp_path, "{" + one % 3 + "}, {" + one % 8 + ", id: second}")


def test_the_order_of_the_list_does_not_matter(tmp_path):
    told = problems(
        tmp_path, "{id: late, at_s: 6, for_s: 5, kind: downtime}, {id: early, at_s: 3, for_s: 5, kind: downtime}"
    )
    assert [("SQ-S014", "begins at 6 s while 'early' lasts: two of downtime at once cannot be")] == told


def test_what_lasts_until_the_calm_leaves_no_room_for_another(tmp_path):
    told = problems(tmp_path, "{at_s: 3, kind: disk_full}, {at_s: 15, for_s: 1, kind: disk_full}")
    assert ["SQ-S014"] == [code for code, _ in told]


MAINTENANCE = "{at_s: %d, kind: maintenance, announced_s: 2, jitter_s: 1, steps: [{regime: halted, for_s: 3}]%s}"


def test_a_maintenance_lasts_from_its_announcement_to_the_end_of_its_last_step(tmp_path):
    assert ["SQ-S014"] == [code for code, _ in problems(tmp_path, f"{MAINTENANCE % (3, '')}, {MAINTENANCE % (8, '')}")]
    assert [] == problems(tmp_path, f"{MAINTENANCE % (3, '')}, {MAINTENANCE % (9, '')}")


def test_what_is_elsewhere_is_no_second(tmp_path):
    clocks = "{at_s: 3, for_s: 5, kind: clock_freeze, clock: venue_wall}, {at_s: 4, for_s: 5, kind: clock_freeze, clock: bot_wall}"
    assert [] == problems(tmp_path, clocks)


def test_what_hits_all_symbols_hits_each(tmp_path):
    told = problems(tmp_path, f"{MAINTENANCE % (3, '')}, {MAINTENANCE % (5, ', symbols: [BTCUSDT]')}")
    assert [
        ("SQ-S014", "begins at 5 s while 'maintenance0' lasts: two of maintenance at once on BTCUSDT cannot be")
    ] == told


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind].ALONE_BY is None])
def test_everything_else_adds_up(tmp_path, kind):
    """Two at once, one that begins in the other and outlives it: no effect trips over its twin's."""
    model = KINDS[kind]
    twins = []
    for seed, at_s in ((1, 2), (2, 3)):
        dice = Dice(seed)
        fields = drawn(model.SWARM, lambda *name, dice=dice: dice.unit(kind, *name), ("BTCUSDT",))
        lasts = {"for_s": at_s} if "for_s" in model.model_fields else {}
        twins.append({"id": f"twin{seed}", "at_s": at_s, "kind": kind, **fields, **lasts})
    scenario = small_scenario(tmp_path, 10, faults=", ".join(json.dumps(twin) for twin in twins), calm_s=8)
    outcome = World(scenario, expand(scenario, 1), Core).run()
    assert "" == outcome.error
