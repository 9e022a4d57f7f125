"""The weekly workflow: every part of it is a target that exists, and its canary can die."""

from pathlib import Path

import canary
from ruamel.yaml import YAML
from swarm_base import own_base

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "weekly.yml"


def short_base(folder: Path) -> str:
    path = own_base(folder, calm=", calm: {after_s: 25}", faults="{at_s: 3, for_s: 20, kind: ack_lost, prob: 0.5}")
    path.write_text(path.read_text().replace("duration_s: 60", "duration_s: 30"))
    return str(path)


def test_every_part_of_the_week_is_a_target():
    job = YAML(typ="safe").load(WORKFLOW.read_text())["jobs"]["weekly"]
    targets = (ROOT / "Makefile").read_text()
    parts = job["strategy"]["matrix"]["part"]
    assert ["canary", "swarm", "sweep", "rlimit", "deep"] == parts
    assert all(f"\nweekly-{part}:" in targets for part in parts)
    assert "weekly: " + " ".join(f"weekly-{part}" for part in parts) in targets


def test_a_planted_bug_is_found(tmp_path):
    assert "seed 1: S" in canary.sing("1", base=short_base(tmp_path))


def test_a_harness_that_finds_nothing_is_noticed(tmp_path):
    assert "" == canary.sing("1", core="strategy.core:Core", base=short_base(tmp_path))
