"""Pages of HTML, halves of answers and lists for numbers, through the real adapter: what cannot be read is silence."""

import arms
import pytest
from storms import SCENARIOS

from sim.runs.job import Job
from sim.runs.seed import run_seed
from sim.scenario.load import load_scenarios


@pytest.fixture(autouse=True)
def _live(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(arms.install(tmp_path, arms.declared()))


def test_the_adapter_keeps_its_promises_over_bytes_that_are_spoilt(is_deep):
    (scenario,) = load_scenarios([SCENARIOS / "regressions" / "spoilt_answers.yaml"])
    one = run_seed(Job(scenario, 1, through="live", until_s=None if is_deep else 60))
    assert ("", ()) == (one.error, one.breaches)
    assert one.checks["S5"] > 0
    assert one.metrics["fills"]["value"] > 10
