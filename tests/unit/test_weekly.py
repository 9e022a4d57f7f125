"""The weekly workflow: every part of it is a target that exists, its seeds are fresh, and its canary can die."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import canary
import pytest
from canary import CORE, SOUND, Sung, found_by, sing, why_dead
from ruamel.yaml import YAML
from swarm_base import own_base

from sim.runs.selection import seeds_of

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "weekly.yml"
OWN = {"seed": 1, "identity": "S3 IN_DOUBT/live at sending._no_doubt", "detail": "own"}
OTHER = {"seed": 1, "identity": "L1 at liveness.look", "detail": "another's"}
CRASH = {"seed": 1, "identity": "SQ-X001", "detail": "raised"}


def short_base(folder: Path, bounds: str = "") -> str:
    path = own_base(folder, calm=", calm: {after_s: 25}", faults="{at_s: 3, for_s: 20, kind: ack_lost, prob: 0.5}")
    text = path.read_text().replace("duration_s: 60", "duration_s: 30")
    path.write_text(text + (f"invariants: {{bounds: {{{bounds}}}}}\n" if bounds else ""))
    return str(path)


def job():
    return YAML(typ="safe").load(WORKFLOW.read_text())["jobs"]["weekly"]


def swarm_of(*words: str) -> list[str]:
    """Give the command line that the swarm of the week would have."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("SWARM_")}
    done = subprocess.run(["make", "-n", "weekly-swarm", *words], cwd=ROOT, env=env, capture_output=True, text=True)
    said = done.stdout.replace("\\\n", " ").splitlines()
    return next(line.split() for line in said if "/sim swarm " in line)


def after(words: list[str], flag: str) -> str:
    return words[words.index(flag) + 1]


def test_every_part_of_the_week_is_a_target():
    targets = (ROOT / "Makefile").read_text()
    parts = job()["strategy"]["matrix"]["part"]
    assert ["canary", "swarm", "sweep", "rlimit", "scoreboard", "deep"] == parts
    assert all(f"\nweekly-{part}:" in targets for part in parts)
    assert "weekly: " + " ".join(f"weekly-{part}" for part in parts) in targets


def test_a_week_has_five_hundred_seeds_of_its_own_and_goes_on_with_no_other_weeks():
    first, second = swarm_of("SWARM_WEEK=202653"), swarm_of("SWARM_WEEK=202701")
    for words, seeds in ((first, "202653001-202653500"), (second, "202701001-202701500")):
        assert seeds == after(words, "--seeds")
        assert 500 == len(seeds_of(seeds))
        assert f"swarms/weekly-{seeds}" == after(words, "--out")
        assert "--resume" in words


def test_the_week_is_todays_unless_seeds_are_named():
    weeks = [datetime.now(UTC).strftime("%G%V")]
    seeds = after(swarm_of(), "--seeds")
    weeks += [datetime.now(UTC).strftime("%G%V")]
    assert seeds in [f"{week}001-{week}500" for week in weeks]
    named = swarm_of("SWARM_SEEDS=7-9")
    assert ("7-9", "swarms/weekly-7-9") == (after(named, "--seeds"), after(named, "--out"))


def test_the_workflow_asks_for_no_seeds_but_those_it_was_given():
    step = next(step for step in job()["steps"] if "make" in step.get("run", ""))
    assert '${GIVEN:+"SWARM_SEEDS=$GIVEN"}' in step["run"]
    assert 1 == WORKFLOW.read_text().count("SWARM_SEEDS")


def test_a_planted_bug_is_found_by_what_it_breaks_and_a_sound_bot_passes(tmp_path, capsys):
    assert 0 == canary.main("1", base=short_base(tmp_path))
    assert "the canary lives: seed 1: S" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("core", "why"),
    [
        (SOUND, "was not found"),
        ("planted.quotes:too_small", "found by nothing that it breaks: seed 1: S8"),
        ("raising:AfterAWhile", "was not found (exit 4)"),
    ],
)
def test_a_harness_that_finds_nothing_or_something_else_is_noticed(tmp_path, capsys, core, why):
    assert 1 == canary.main("1", core, base=short_base(tmp_path))
    said = capsys.readouterr().err
    assert said.startswith("THE CANARY IS DEAD: ")
    assert why in said


def test_an_oracle_that_blames_everybody_does_not_pass_for_alive(tmp_path):
    base = short_base(tmp_path, bounds="quote_age_ms_max: 0.001")
    sound = sing("1", SOUND, base)
    assert sound.failures
    assert why_dead(Sung(1, [OWN]), sound).startswith("a sound bot was blamed (exit 1): seed 1: S4")


@pytest.mark.parametrize(
    ("planted", "sound", "why"),
    [
        (Sung(1, [OTHER, OWN]), Sung(0, []), ""),
        (
            Sung(1, [OTHER]),
            Sung(0, []),
            "a planted bug was found by nothing that it breaks: seed 1: L1 at liveness.look",
        ),
        (Sung(4, [CRASH]), Sung(0, []), "a planted bug was not found (exit 4)"),
        (Sung(1, [CRASH]), Sung(0, []), "a planted bug was found by nothing that it breaks: seed 1: SQ-X001"),
        (Sung(1, []), Sung(0, []), "a planted bug was not found (exit 1)"),
        (Sung(1, [OWN]), Sung(1, []), "a sound bot was blamed (exit 1): nothing failed"),
    ],
)
def test_only_what_a_planted_bug_breaks_counts_beside_a_sound_bot_that_breaks_nothing(planted, sound, why):
    said = why_dead(planted, sound)
    assert said.startswith(why)
    assert bool(why) == bool(said)
    assert [] == found_by(Sung(1, [OTHER, CRASH]))


def test_a_swarm_that_gives_no_answer_is_told_as_that(tmp_path, capsys):
    assert 2 == canary.main("1", base=str(tmp_path / "nowhere.yaml"))
    said = capsys.readouterr().err
    assert said.startswith("the canary could not be asked: ")
    assert CORE in said
    assert "wrote no swarm.json" in said
    assert "nowhere.yaml" in said
