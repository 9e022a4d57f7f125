"""The committed baseline: this program is no worse a market maker than it was, and a worse one is found out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.runs.job import SeedResult
from sim.runs.judge import FAIL, verdicts_of
from sim.runs.recorded import Recorded, read_run
from sim.scenario.load import load_scenarios

SIM = Path(sys.executable).parent / "sim"
FOLDER = Path("scenarios") / "economics"


def judged(repository: Path, tmp_path: Path, *settings: str, name: str = "no_worse") -> subprocess.CompletedProcess:
    command = ["run", FOLDER / f"{name}.yaml", "--baseline", FOLDER / "baselines", "--workers", "1"]
    return subprocess.run(
        [SIM, *command, *settings, "--out", tmp_path / "out"],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=repository,
        env={**os.environ, "STORMQUOTE_DATA": ""},
    )


@pytest.mark.parametrize(("name", "gates"), [("no_worse", 4), ("no_worse_fast", 5)])
def test_nothing_is_worse_than_when_the_baseline_was_saved(repository, tmp_path, name, gates):
    done = judged(repository, tmp_path, "--confirm", "2", name=name)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert f"{gates} of {gates}" in done.stdout


def test_a_spread_that_earns_less_is_told_with_its_reason(repository, tmp_path):
    done = judged(repository, tmp_path, "--set", "spread.base_bps=0.6", "--set", "spread.width_bps_min=0.3")
    assert 1 == done.returncode, done.stdout + done.stderr
    assert "net_ex_fees_bps, drop: net_ex_fees_bps fell from" in done.stdout
    assert "two_sided_uptime_pct, drop: two_sided_uptime_pct fell from" in done.stdout


def test_a_weight_that_quotes_too_wide_is_told_where_the_scores_decide(repository, tmp_path):
    """Ten times the weight of a thin book: fewer fills, later ones, and both are said."""
    worse = ("--set", "spread.thinness_ratio.weight_bps=6")
    done = judged(repository, tmp_path, *worse, name="no_worse_fast")
    assert 1 == done.returncode, done.stdout + done.stderr
    assert "fills, drop: fills fell from" in done.stdout
    assert "slippage_bps, drop: slippage_bps rose from" in done.stdout


@pytest.mark.parametrize("name", ["no_worse", "no_worse_fast"])
def test_the_luck_of_other_seeds_is_no_drop(repository, name):
    """The second eight seeds of the baseline in the place of the first: nothing is paired away."""
    (ready,) = load_scenarios([repository / FOLDER / f"{name}.yaml"])
    recorded = read_run(repository / FOLDER / "baselines" / f"{name}.json")[name]
    first, second = recorded.seeds[:8], recorded.seeds[8:]
    assert 8 == len(first) == len(second)
    then = Recorded(name, recorded.world, first)
    now = [SeedResult(name, one.seed, metrics=other.metrics) for one, other in zip(first, second, strict=True)]
    verdicts = [one for gate in ready.gates for one in verdicts_of(name, gate, now, then)]
    assert len(ready.gates) == len(verdicts)
    assert [] == [one.gate for one in verdicts if one.verdict == FAIL]
