"""``sim swarm``: what fails is told on one line with its command, grouped, and nothing of it is lost."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from processes import environment
from swarm_base import own_base

from sim.oracle.identity import Identity
from sim.oracle.sometimes import POINTS, Point
from sim.runs.job import BreachSeen, SeedResult
from sim.scenario.bounds import Bounds
from sim.scenario.load import Ready
from sim.swarm.failures import failures_of, groups_of
from sim.swarm.report import report_of
from sim.swarm.screen import annotations_of
from sim.swarm.worlds import path_of, read_base, write_worlds
from sim.verbs.swarm import command

BOUNDS = Bounds()
ROOT = Path(__file__).resolve().parents[2]
FORGETS = ("--core", "planted.fills:forgets_fill")


def short_base(folder: Path) -> Path:
    path = own_base(folder, calm=", calm: {after_s: 8}")
    path.write_text(path.read_text().replace("duration_s: 60", "duration_s: 12"))
    return path


def swarm(folder: Path, *arguments: object, code: int = 0, seeds: str = "1-3"):
    given = list(map(str, arguments))
    out = [] if "--out" in given else ["--out", str(folder / "out")]
    done = CliRunner().invoke(command, [str(short_base(folder)), "-w", "1", "--seeds", seeds, *out, *given])
    assert code == done.exit_code, done.output
    return done


def table_of(folder: Path, out: str = "out") -> dict:
    return json.loads((folder / out / "swarm.json").read_text())


def test_a_swarm_runs_each_seed_once_and_says_which_storms_there_were(tmp_path):
    done = swarm(tmp_path)
    table = table_of(tmp_path)
    assert [1, 2, 3] == [row["seed"] for row in table["rows"]]
    assert all(row["digest"] for row in table["rows"])
    assert [] == table["failures"]
    assert sum(kind["faults"] for kind in table["kinds"].values()) == sum(row["faults"] for row in table["rows"])
    assert "3 of 3 runs" in done.stderr
    assert "exit 0" in done.stderr
    again = swarm(tmp_path, "--resume", "--format", "json", seeds="1-4")
    assert "4 of 4 runs (3 were there already)" in again.stderr
    assert table["rows"] == json.loads(again.stdout)["rows"][:3]


def test_a_swarm_that_must_reach_everything_fails_where_it_did_not(tmp_path):
    done = swarm(tmp_path, "--must-reach", code=1, seeds="1")
    assert "never" in done.stdout
    assert [] == table_of(tmp_path)["failures"]


def test_a_folder_with_results_is_not_written_over_unasked(tmp_path):
    swarm(tmp_path, seeds="1")
    assert "say --resume" in swarm(tmp_path, seeds="2", code=2).stderr


def test_a_swarm_does_not_go_on_with_another_base_or_core(tmp_path):
    swarm(tmp_path, seeds="1")
    told = swarm(tmp_path, "--resume", *FORGETS, seeds="1", code=2).stderr
    told = " ".join(told.split())
    assert (
        f"{tmp_path / 'out'} holds worlds of base mine with our own core, not of base mine with core planted.f" in told
    )
    assert "name another folder with --out" in told
    edited = short_base(tmp_path).read_text().replace("base_bps: 1.5", "base_bps: 1.6")
    for text, words in (
        (edited, "holds worlds of base mine with our own core as it was before it was edited"),
        (edited.replace("name: mine", "name: other"), "with our own core, not of base other with our own core"),
    ):
        (tmp_path / "other.yaml").write_text(text)
        given = ["-w", "1", "--seeds", "2", "--out", str(tmp_path / "out"), "--resume"]
        done = CliRunner().invoke(command, [str(tmp_path / "other.yaml"), *given])
        assert (2, True) == (done.exit_code, words in " ".join(done.stderr.split())), done.output
    assert ["1.yaml"] == [path.name for path in (tmp_path / "out" / "worlds").iterdir()]


def test_what_fails_is_told_with_the_command_that_shows_it_again(tmp_path):
    # Which seeds have fills to forget depends on all kinds there are.
    done = swarm(tmp_path, *FORGETS, code=1, seeds="1-6")
    table = table_of(tmp_path)
    first = table["failures"][0]
    assert "S5" == first["what"]
    assert 0 < first["at_s"] < 12
    (line,) = [line for line in done.stderr.splitlines() if line.startswith(f"seed {first['seed']} ")]
    assert line.endswith(f"again: {first['again']}")
    assert table["groups"][0]["first"]["again"] in done.stdout.replace("\n", "")
    group = next(group for group in table["groups"] if group["identity"] == first["identity"])
    assert group["seeds"] == [row["seed"] for row in table["failures"] if row["identity"] == first["identity"]]
    run = subprocess.run(
        [sys.executable, "-c", "from sim.cli import main; main()", *first["again"].split()[1:], "-w", "1", "--out", "r"],
        cwd=tmp_path, env=environment() | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert run.returncode == 1, run.stderr
    (breach, *_) = json.loads((tmp_path / "r" / "summary.json").read_text())["scenarios"][0]["seeds"][0]["breaches"]
    assert (first["at_s"], first["detail"]) == (breach["at_s"], breach["detail"])


def test_a_workflow_gets_a_line_for_each_group(tmp_path):
    done = swarm(tmp_path, *FORGETS, "--format", "github", code=1, seeds="1-6")
    lines = [line for line in done.stdout.splitlines() if line]
    assert lines
    assert all(line.startswith(("::error title=", "::warning title=", "::notice title=")) for line in lines)
    assert "S5" in lines[0]
    assert "again%3A" not in lines[0]


def test_two_workers_find_the_same(tmp_path):
    swarm(tmp_path, seeds="1-4")
    swarm(tmp_path, "-w", "2", "--out", tmp_path / "other", seeds="1-4")
    assert (tmp_path / "out" / "swarm.json").read_bytes() == (tmp_path / "other" / "swarm.json").read_bytes()


def test_a_killed_swarm_goes_on_where_it_was(tmp_path):
    base, out = short_base(tmp_path), tmp_path / "out"
    words = ["swarm", str(base), "--seeds", "1-4", "-w", "1", "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-c", "from sim.cli import main; main()", *words], env=environment(), cwd=tmp_path,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    ledger = out / "results.ndjson"
    give_up_s = time.monotonic() + 120
    while not (ledger.exists() and ledger.read_bytes().count(b"\n") >= 1) and time.monotonic() < give_up_s:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    had = ledger.read_bytes().count(b"\n")
    assert 1 <= had
    done = swarm(tmp_path, "--resume", seeds="1-4")
    assert f"4 of 4 runs ({had} were there already)" in done.stderr
    swarm(tmp_path, "--out", tmp_path / "whole", seeds="1-4")
    assert (tmp_path / "whole" / "swarm.json").read_bytes() == (out / "swarm.json").read_bytes()


def test_some_seeds_go_through_the_real_adapter_as_well(tmp_path):
    swarm(tmp_path, "--through", "live", "--every", "2", seeds="4-6")
    assert [(4, ""), (4, "live"), (5, ""), (6, ""), (6, "live")] == [
        (row["seed"], row["through"]) for row in table_of(tmp_path)["rows"]
    ]


@pytest.mark.parametrize(
    "arguments, code, told",
    [
        (("--seeds", "x"), 2, "Invalid value for --seeds: 'x' is not a list of seeds"),
        (("--seeds", "9" * 23), 2, f"Invalid value for --seeds: '{'9' * 23}' is beyond the last seed"),
        (("--seeds", "2-1"), 2, "Invalid value for --seeds: '2-1' selects no seed"),
        (("--seeds", "1-9999999"), 2, "Invalid value for --seeds: '1-9999999' selects more than"),
        (("--workers", "0"), 2, "not a number of workers"),
        (("--every", "0"), 2, "--every"),
        (("--engine", "cloud"), 2, "none of local, dask"),
        (("--format", "xml"), 2, "--format"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_written(tmp_path, arguments, code, told):
    done = swarm(tmp_path, *arguments, code=code)
    assert told in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words, told", [(["nowhere.yaml"], "no such file"), (["--core", "no.such:core"], "no core")])
def test_what_is_not_there_is_an_invalid_file(tmp_path, words, told):
    done = subprocess.run(
        [sys.executable, "-c", "from sim.cli import main; main()", "swarm", *words, "--seeds", "1", "--out", "out"],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert 3 == done.returncode
    assert told in done.stderr
    assert not (tmp_path / "out").exists()


def trading(folder: Path) -> Ready:
    """A world in which something is to trade."""
    base = short_base(folder)
    base.write_text(base.read_text().replace("min: 0", "min: 1"))
    (one,) = write_worlds(read_base(base), [1], folder / "out")
    return one


def test_failures_are_grouped_by_what_broke_where_and_gates_count(tmp_path):
    one = trading(tmp_path)
    file = path_of(tmp_path / "out", 1).as_posix()
    broken = BreachSeen("S5", 3.0, "lost", "CLOSED/live", "truth.look")
    seen = [
        SeedResult(
            "a", 1, breaches=(broken, BreachSeen("S5", 4.0, "once more"), BreachSeen("L1", 5.0, "late")), was_cut=True
        ),
        SeedResult("b", 2, breaches=(BreachSeen("S5", 2.0, "too", "CLOSED/live", "truth.look"),), was_cut=True),
        SeedResult("c", 3, error="core.py:7 step\nValueError: no", error_code="SQ-S001", error_at_s=1.5),
        SeedResult("d", 4, metrics={"fills": {"value": 0.0}}, lost="cut cuts rest_up for ever"),
        SeedResult("e", 5, metrics={"fills": {"value": 9.0}}, lost="cut cuts rest_up for ever"),
    ]
    failures = [failure for result in seen for failure in failures_of(one, file, "", result)]
    assert ["S5", "L1", "S5", "SQ-S001", "gate fills"] == [failure.what for failure in failures]
    groups = groups_of(failures)
    assert (str(Identity("S5", "CLOSED/live", "truth.look")), (1, 2)) == (groups[0].identity, groups[0].seeds)
    assert 2 == groups[0].first.seed, "the shortest run stands for its group"
    report = report_of([(one, "", result) for result in seen], failures, 5)
    assert (1, 2, 3, 4) == report.failed_seeds
    assert 40 == report.excused_pct
    assert report.is_excused_too_often
    assert len(groups) + 3 == len(list(annotations_of(report))), (
        "a line a group, one for what was never reached, one an excuse"
    )


def idle(**fields) -> SeedResult:
    """A run in which nothing traded, and nobody could quote for 20 s of the calm; the rest is no longer than the bound."""
    seen = {
        "metrics": {"fills": {"value": 0.0}},
        "excused_why_s": {"L3": {"a side of the book is empty": 15.0, "told not to": 5.0}},
        "waited_s": {"L3": 20.0 + BOUNDS.requote_s},
        "held": (),
    }
    return SeedResult("a", 1, **(seen | fields))


def test_where_nobody_could_quote_a_gate_on_fills_excuses_the_run(tmp_path):
    one = trading(tmp_path)
    assert [] == list(failures_of(one, "", "", idle()))
    (excuse,) = report_of([(one, "", idle())], (), 1).excused
    assert "nobody could quote: a side of the book is empty" == excuse.why
    broken = idle(breaches=(BreachSeen("L5", 9.0, "63 asks"),))
    assert ["L5"] == [failure.what for failure in failures_of(one, "", "", broken)]


@pytest.mark.parametrize(
    "fields",
    [
        {"waited_s": {"L3": 20.0 + BOUNDS.requote_s + 0.1}},
        {"waited_s": {}, "excused_why_s": {}},
        {"held": ("L3",)},
        {"excused_why_s": {"L3": {"a side of the book is empty": 15.0, "risk says halt: silence": 5.0}}},
        {"excused_why_s": {"L3": {"a side of the book is empty": 15.0, "it was told to be slower": 5.0}}},
    ],
)
def test_where_a_quote_was_to_stand_for_a_moment_a_gate_on_fills_holds(tmp_path, fields):
    one = trading(tmp_path)
    assert ["gate fills"] == [failure.what for failure in failures_of(one, "", "", idle(**fields))]
    assert () == report_of([(one, "", idle(**fields))], (), 1).excused


def test_one_excused_run_is_not_too_many(tmp_path):
    (one, *_rest) = write_worlds(read_base(short_base(tmp_path)), [1], tmp_path / "out")
    results = [SeedResult("a", 1, lost="cut"), *(SeedResult("a", seed) for seed in range(2, 20))]
    assert not report_of([(one, "", result) for result in results], (), 19).is_excused_too_often
    results = [SeedResult("a", seed, lost="cut" if seed < 3 else "") for seed in range(1, 301)]
    assert not report_of([(one, "", result) for result in results], (), 300).is_excused_too_often
    assert report_of([(one, "", result) for result in results[:199]], (), 199).is_excused_too_often


def test_what_was_never_reached_is_reported(tmp_path):
    (one, *_rest) = write_worlds(read_base(short_base(tmp_path)), [2], tmp_path / "out")
    first, second = one.faults[0], next(fault for fault in one.faults if fault.kind != one.faults[0].kind)
    reached = {"ban_in_force": 2}
    result = SeedResult(
        "a", 2, sometimes=reached, regime_states={"halted x WORKING": 3}, bites={first.id: 1, second.id: 2}
    )
    coverage = report_of([(one, "", result), (one, "", result)], (), 2).coverage
    assert (4, 0) == (coverage.sometimes["ban_in_force"], coverage.sometimes["duplicate_fill"])
    assert "duplicate_fill" in coverage.never
    assert "ban_in_force" not in coverage.never
    assert not set(coverage.never) & set(coverage.out_of_reach)
    assert {"halted x WORKING": 6} == coverage.regime_states
    assert 48 == len(coverage.regime_states_never)
    assert 1 == coverage.kind_pairs
    assert coverage.kind_pairs_of == 1 + len(coverage.kind_pairs_never)


def test_what_no_fault_can_reach_is_not_asked_for(tmp_path, monkeypatch):
    (one, *_rest) = write_worlds(read_base(short_base(tmp_path)), [2], tmp_path / "out")
    unreachable = Point("moon", "The moon fell.", "falling_moon")
    monkeypatch.setattr("sim.swarm.report.POINTS", {"moon": unreachable, "ban_in_force": POINTS["ban_in_force"]})
    coverage = report_of([(one, "", SeedResult("a", 2))], (), 1).coverage
    assert (("ban_in_force",), ("moon",)) == (coverage.never, coverage.out_of_reach)
    coverage = report_of([(one, "", SeedResult("a", 2, sometimes={"moon": 1}))], (), 1).coverage
    assert () == coverage.out_of_reach, "something did reach it"
