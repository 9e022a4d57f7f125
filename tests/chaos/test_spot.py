"""A spot pair through the real adapter: the same promises, in calm and with answers lost."""

import arms
import pytest
from small_world import small_scenario

from sim.runs.job import Job
from sim.runs.seed import run_seed

FAULTS = {
    "calm": "",
    "answers and requests are lost": (
        "{at_s: 4, for_s: 8, kind: ack_lost, prob: 0.3}, {at_s: 4, for_s: 8, kind: ack_lost_not_applied, prob: 0.2}"
    ),
    "its streams break": "{at_s: 6, kind: reset, connections: [public, private]}",
}


@pytest.mark.parametrize("what", FAULTS)
def test_spot_keeps_every_promise_through_the_adapter(tmp_path, monkeypatch, what):
    monkeypatch.syspath_prepend(arms.install(tmp_path, arms.declared()))
    scenario = small_scenario(
        tmp_path,
        50,
        faults=FAULTS[what],
        calm_s=14,
        profile="reference",
        market="symbols.BTCUSDT.instrument.kind: spot",
    )
    result = run_seed(Job(scenario, 1, through="live"))
    assert ("", ()) == (result.error, result.breaches)
    assert result.metrics["fills"]["value"] > 5
    assert min(result.checks[promise] for promise in ("S1", "S2", "S5", "L1")) > 0
