"""What is claimed of the profiles, at a size for the suite; as shipped in the long one."""

from pathlib import Path

import pytest

from sim.runs.job import Job
from sim.runs.judge import FAIL
from sim.runs.seed import run_seed
from sim.runs.summary import ScenarioSummary, summarise
from sim.runs.viability import NOT_SHOWN, NOT_VIABLE, VIABLE
from sim.scenario.load import load_scenarios

ECONOMICS = Path(__file__).resolve().parents[2] / "scenarios" / "economics"
# What the short one can tell: figures that minutes of six seeds are far from.
SHORT = {"btc_rebate": 60, "btc_vip0": 60, "thin_alt": 300}
CLAIMS = {"btc_rebate": (VIABLE,), "btc_vip0": (NOT_VIABLE,), "thin_alt": (NOT_VIABLE, NOT_SHOWN)}


@pytest.fixture(scope="module", params=SHORT)
def summary(request, is_deep) -> ScenarioSummary:
    name = request.param
    settings = [] if is_deep else [f"run.duration_s={SHORT[name]}", "run.seeds=6"]
    (ready,) = load_scenarios([ECONOMICS / f"{name}.yaml"], settings=settings)
    seeds = range(1, ready.run.seeds + 1)
    rivals = {one.name: [run_seed(Job(ready.of_control(one.name), seed)) for seed in seeds] for one in ready.controls}
    return summarise(ready, name, [run_seed(Job(ready, seed)) for seed in seeds], (), rivals=rivals)


def test_every_claim_that_is_a_gate_holds_and_whether_it_pays_is_said(summary):
    assert [] == [gate.gate for gate in summary.gates if gate.verdict == FAIL]
    assert not summary.failed
    assert summary.viability is not None
    assert summary.viability.verdict in CLAIMS[summary.name]


def test_where_the_ordinary_fee_is_paid_nothing_is_called_a_pass(summary):
    if summary.name != "btc_rebate":
        assert summary.verdict in CLAIMS[summary.name]


def test_a_strategy_that_does_no_better_than_the_touch_fails(summary):
    """The gates can fail: with the control in its place there is nothing that it adds."""
    (ready,) = load_scenarios([ECONOMICS / f"{summary.name}.yaml"])
    results = summary.controls["touch"].results
    as_touch = summarise(ready, summary.name, results, (), rivals={"touch": summary.results})
    assert FAIL in {gate.verdict for gate in as_touch.gates}
