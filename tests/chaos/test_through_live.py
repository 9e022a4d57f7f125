"""Scenarios through the real adapter: BybitVenue and the live driver on virtual time, bytes in memory, the same storm.

Each keeps the same promises and passes the same gates as with the simulated driver, and ends in the same
digest twice. Its digest is not that of the direct run: a process looks at the venue before it begins, the
wire's sequence numbers and ids are its own, and orders are acknowledged before they are confirmed.
"""

import arms
import pytest
from honest import Honest
from storms import SCENARIOS
from wired import WiredWorld

from sim.plan import expand
from sim.runs.job import Job
from sim.runs.judge import FAIL
from sim.runs.seed import run_seed
from sim.runs.summary import summarise
from sim.scenario.load import load_scenarios
from strategy.core import Core

STORMS = ("clock_skew", "exchange_downtime", "memory_pressure", "network_partition")
OTHERS = (
    "batch_latency",
    "calm",
    "crash_restart",
    "fast_market",
    "feed_gap",
    "fine_print",
    "frozen_feed",
    "graceful_stop",
    "lost_acknowledgement",
    "lost_fills",
    "lost_request",
    "low_tier",
    "rest_only",
    "slow_host",
)
# A ban by address lasts ten minutes on this venue, whatever the scenario says: nothing is quoted after it.
BANNED = "rate_limited"
QUICK_S = 45


@pytest.fixture(autouse=True)
def _live(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(arms.install(tmp_path, arms.declared()))


def played(name, until_s, through="live"):
    (scenario,) = load_scenarios([SCENARIOS / f"{name}.yaml"])
    return scenario, run_seed(Job(scenario, 1, through=through, until_s=until_s))


def test_every_shipped_scenario_is_on_one_list():
    assert sorted((*STORMS, *OTHERS, BANNED)) == sorted(path.stem for path in SCENARIOS.glob("*.yaml"))


@pytest.mark.parametrize("name", STORMS)
def test_a_storm_through_the_adapter_is_the_same_twice_and_breaks_no_promise(name, is_deep):
    until_s = None if is_deep else QUICK_S
    (_, one), (_, two) = played(name, until_s), played(name, until_s)
    assert ("", ()) == (one.error, one.breaches)
    assert one.checks["S5"] > 0
    assert one.metrics["fills"]["value"] > 10
    assert one.digest == two.digest
    assert one.checkpoints == two.checkpoints


@pytest.mark.parametrize("name", STORMS)
def test_what_the_adapter_tells_of_orders_is_what_the_venue_did(name, is_deep):
    (scenario,) = load_scenarios([SCENARIOS / f"{name}.yaml"])
    world = WiredWorld(scenario, expand(scenario, 2, None if is_deep else QUICK_S), Core)
    honest = Honest(world)
    assert "" == world.run().error
    assert [] == honest.finish()
    assert honest.checks > 20


@pytest.mark.parametrize("name", (*STORMS, *OTHERS))
def test_its_verdict_is_that_of_the_simulated_driver(name, is_deep):
    if not is_deep:
        pytest.skip("slow: with --chaos")
    verdicts = []
    for through in ("", "live"):
        scenario, result = played(name, None, through)
        summary = summarise(scenario, name, [result], ())
        failed = [gate.gate for gate in summary.gates if gate.verdict == FAIL]
        verdicts.append((result.error, result.breaches, failed, summary.failed))
    assert [("", (), [], False)] * 2 == verdicts


def test_who_is_shut_out_stays_away_and_breaks_no_promise(is_deep):
    if not is_deep:
        pytest.skip("slow: with --chaos")
    (scenario,) = load_scenarios([SCENARIOS / f"{BANNED}.yaml"])
    world = WiredWorld(scenario, expand(scenario, 1), Core)
    outcome = world.run()
    assert ("", []) == (outcome.error, world.oracle.breaches)
    assert "nothing is sent for 600 s" in [alert.detail for alert in world.driver.alerts]
