"""Failure identity: the same promise broken by another mistake is another failure."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from planted.fills import forgets_fill

from sim.oracle.findings import Findings
from sim.oracle.identity import Identity, raised_at, states_of
from sim.oracle.patience import Patience
from sim.plan import expand
from sim.scenario.load import load_scenarios
from sim.world import World
from strategy.belief import Belief, OrderBelief


class Venue:
    """A truth with one order on the book."""

    def __init__(self, *live):
        self.live = live

    def open_orders(self):
        return [OrderBelief(one, "BTCUSDT", "bid", 1, "", 1, 1, 0) for one in self.live]


def belief(state):
    return Belief((), (OrderBelief("a-1", "BTCUSDT", "bid", 1, state, 1, 1, 0),), 0, False)


@pytest.mark.parametrize(
    ("believed", "live", "states"),
    [
        (belief("CLOSED"), ("a-1",), "CLOSED/live"),
        (belief("IN_DOUBT"), ("a-1", "a-2"), "IN_DOUBT/live"),
        (belief("IN_DOUBT"), (), "IN_DOUBT/gone"),
        (Belief((), (), 0, False), ("a-1",), "unknown/live"),
        (None, ("a-1",), "-/live"),
    ],
)
def test_an_order_is_seen_two_ways(believed, live, states):
    assert states == states_of("a-1", believed, Venue(*live))


def test_a_breach_is_told_with_the_states_of_its_order_and_the_check_that_found_it():
    findings = Findings((), lambda client_id: f"{client_id} seen twice")
    findings.breach("S3", 5, "a-2", "left", "in doubt", order="a-1")
    findings.breach("S6", 6, "a-3", "moved", "no word", states="WORKING/CLOSED")
    findings.breach("S1", 7, "BTCUSDT", "too much", "the limit")
    place = f"{__name__}.test_a_breach_is_told_with_the_states_of_its_order_and_the_check_that_found_it"
    assert [
        Identity("S3", "a-1 seen twice", place),
        Identity("S6", "WORKING/CLOSED", place),
        Identity("S1", "", place),
    ] == [breach.identity for breach in findings.breaches]


def test_the_check_behind_a_clock_is_named_not_the_clock():
    findings, clock = Findings(), Patience("L2", "BTCUSDT", 5, 0)
    clock.tick(10, "a-1 in doubt", "", findings)
    assert f"{__name__}.test_the_check_behind_a_clock_is_named_not_the_clock" == findings.breaches[0].place


def test_an_error_is_known_by_where_it_was_raised_whatever_its_line():
    text = "world.py:{} run\ncore.py:{} step\nKeyError: 'BTCUSDT'"
    assert "core.py.step KeyError" == raised_at(text.format(3, 70)) == raised_at(text.format(4, 99))
    assert "orders.py.step KeyError" == raised_at(text.format(3, 70).replace("core", "orders"))
    assert "TypeError" == raised_at("TypeError: core() takes no knobs")
    assert "" == raised_at("")


def test_identities_are_written_for_people():
    assert "S3 CLOSED/live at sending._no_doubt" == str(Identity("S3", "CLOSED/live", "sending._no_doubt"))
    assert "gate fills" == str(Identity("gate fills"))


def test_a_run_tells_which_failure_it_was(repository):
    (calm,) = load_scenarios([repository / "scenarios" / "calm.yaml"])
    world = World(calm, expand(calm, 1), forgets_fill)
    world.run()
    assert Identity("S5", "", "believing.stepped") == world.oracle.breaches[0].identity


def test_summary_and_console_tell_which_failure_it_was(tmp_path, repository):
    calm = (repository / "scenarios" / "calm.yaml").as_posix()
    command = [Path(sys.executable).parent / "sim", "run", calm, "--seed", "1", "--out", tmp_path / "out"]
    command += ["--core", "planted.fills:forgets_fill"]
    paths = os.pathsep.join([str(repository / "tests"), os.environ.get("PYTHONPATH", "")])
    env = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path, env=env)
    assert (1, "which    S5 at believing.stepped\n" in done.stdout) == (done.returncode, True), (
        done.stdout + done.stderr
    )
    assert f"smaller  sim shrink {calm} --seed 1 --core planted.fills:forgets_fill\n" in done.stdout
    (one,) = json.loads((tmp_path / "out" / "summary.json").read_text())["scenarios"]
    assert {"S5 at believing.stepped": 1} == one["invariants"]["S5"]["identities"]
    assert ("", "believing.stepped") == tuple(one["seeds"][0]["breaches"][0][key] for key in ("states", "place"))
