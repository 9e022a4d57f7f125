"""Every shipped scenario: it passes, a mute bot fails it, and its storm really blows."""

from pathlib import Path

import pytest
from storms import played

from sim.runs.judge import FAIL
from sim.scenario.faults import KINDS
from sim.scenario.load import load_scenarios

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))
REGRESSIONS = sorted((ROOT / "scenarios" / "regressions").glob("*.yaml"))
TAPES = sorted((ROOT / "scenarios" / "tape").glob("*.yaml"))
MUTE = "planted.quotes:Mute"


def test_scenarios_are_shipped_and_say_what_they_prove():
    assert {"calm", "fast_market", "lost_acknowledgement", "lost_request", "feed_gap"} <= {
        path.stem for path in SHIPPED
    }
    for path in (*SHIPPED, *TAPES):
        assert "proves" in path.read_text().split("schema_version")[0]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_is_long_enough_to_mean_something(path):
    (ready,) = load_scenarios([path])
    least_s = 400 if "chaos" in ready.tags else 120
    assert ready.run.duration_s * ready.run.seeds >= least_s
    assert ready.run.seeds >= 2


def test_every_kind_of_fault_is_part_of_a_storm():
    storms = load_scenarios([*SHIPPED, *REGRESSIONS])
    assert sorted(KINDS) == sorted({fault.kind for one in storms for fault in one.faults})


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_storm_is_followed_by_a_calm_long_enough_to_ask_whether_the_traffic_has_died_down(path):
    (ready,) = load_scenarios([path])
    if "chaos" in ready.tags:
        assert ready.run.duration_s - ready.run.calm.after_s > ready.invariants.bounds.quiet_s + 20


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_it_passes(path, is_deep):
    summary = played(path, range(101, 201) if is_deep else (5,))
    assert not [result.error for result in summary.results if result.error]
    assert {} == {code: one.first for code, one in summary.invariants.items() if one.broken}
    assert [] == [gate.gate for gate in summary.gates if gate.verdict == FAIL]
    assert [] == [fault for fault, times in summary.bites.items() if not times], "it is no part of the storm"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_mute_bot_fails_it(path):
    summary = played(path, (1,), MUTE)
    assert summary.failed
    broken = {code for code, one in summary.invariants.items() if one.broken}
    # It breaks no limit. And the first broken promise ends a run: that it is never ready, or never stops, may be that.
    assert broken <= {"L3", "L4", "L7", "L8"}
    assert broken or any(gate.verdict == FAIL for gate in summary.gates)


@pytest.mark.parametrize("name", ["crash_restart", "memory_pressure"])
def test_who_comes_back_and_then_stops_for_good_has_not_recovered(name):
    """Before the bound of L3 is over the gate on recovery says so: a gap that is open at the end never ended."""
    summary = played(ROOT / "scenarios" / f"{name}.yaml", (1,), "planted.quitter:quits")
    assert ["recovery_s, worst"] == [gate.gate for gate in summary.gates if gate.verdict == FAIL]


@pytest.mark.parametrize("path", TAPES, ids=lambda path: path.stem)
def test_a_tape_passes_and_a_mute_bot_fails_it(path, recorded_data):
    honest = played(path, (1,), data_dir=recorded_data)
    if not honest.results:
        pytest.skip("this tape is not there")
    assert not honest.failed, [gate.gate for gate in honest.gates if gate.verdict == FAIL]
    assert honest.results[0].metrics["fills"]["value"] >= 20
    assert played(path, (1,), MUTE, recorded_data).failed


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.stem)
def test_what_was_broken_once_stays_mended(path):
    summary = played(path, (2, 3, 15, 41, 48))
    assert {} == {code: one.first for code, one in summary.invariants.items() if one.broken}


def test_removing_the_sniper_changes_what_is_earned(tmp_path):
    """Without an adversary every fault looks harmless."""
    from small_world import small_world

    from sim.runs.metrics import metrics_of

    earned = []
    for overrides in ("", "symbols.BTCUSDT.flow.sniper.enabled: false"):
        world = small_world(tmp_path, seconds=120, market=overrides)
        world.run()
        earned.append((metrics_of(world)["pnl_usdt"]["value"], world.markets[0].sniped))
    (with_sniper, sniped), (without, nobody) = earned
    assert sniped > 0 == nobody
    assert with_sniper != without
