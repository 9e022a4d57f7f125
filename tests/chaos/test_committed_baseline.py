"""The committed baseline: this program is no worse a market maker than it was, and a worse one is found out."""

import os
import subprocess
import sys
from pathlib import Path

SIM = Path(sys.executable).parent / "sim"
FOLDER = Path("scenarios") / "economics"


def judged(repository: Path, tmp_path: Path, *settings: str) -> subprocess.CompletedProcess:
    command = ["run", FOLDER / "no_worse.yaml", "--baseline", FOLDER / "baselines", "--workers", "1"]
    return subprocess.run(
        [SIM, *command, *settings, "--out", tmp_path / "out"],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=repository,
        env={**os.environ, "STORMQUOTE_DATA": ""},
    )


def test_nothing_is_worse_than_when_the_baseline_was_saved(repository, tmp_path):
    done = judged(repository, tmp_path, "--confirm", "2")
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "4 of 4" in done.stdout


def test_a_spread_that_earns_less_is_told_with_its_reason(repository, tmp_path):
    done = judged(repository, tmp_path, "--set", "spread.base_bps=0.6", "--set", "spread.width_bps_min=0.3")
    assert 1 == done.returncode, done.stdout + done.stderr
    assert "net_ex_fees_bps, drop: net_ex_fees_bps fell from" in done.stdout
    assert "two_sided_uptime_pct, drop: two_sided_uptime_pct fell from" in done.stdout
