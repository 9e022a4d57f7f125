"""``sim shrink`` as a person and a script meet it: what it prints, writes and exits with."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_world import CONFIG

from sim.oracle.identity import Identity
from sim.runs.engine import Gathered
from sim.runs.failing import Failure, Wanted
from sim.runs.job import SeedResult
from sim.scenario.load import load_scenarios
from sim.shrink.shrinking import Options, Shrinking
from strategy.errors import OurMistake
from strategy.exit_codes import ExitCode

SIM = Path(sys.executable).parent / "sim"
TESTS = Path(__file__).resolve().parent.parent
# A fill that is not counted shows within seconds; the faults have no part in it.
TEXT = """\
schema_version: 1
name: small
description: A short run with faults that are not the cause.
run: {{duration_s: 40, seeds: 1, calm: {{after_s: 30}}}}
market: {{profile: synthetic, symbols: [BTCUSDT]}}
strategy: {{config: {config}}}
faults:
  - {{at_s: 5, for_s: 1, kind: pause}}
  - {{at_s: 7, kind: feed_gap, lost_messages: 2}}
gates:
  - {{metric: fills, min: 100000}}
"""
FORGETS = ("--core", "planted.fills:forgets_fill")


@pytest.fixture
def scenario(tmp_path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(TEXT.format(config=CONFIG))
    return path


def command(*arguments: object, cwd: Path, verb: str = "shrink") -> tuple[list, dict]:
    paths = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    return [SIM, verb, *map(str, arguments)], {"cwd": cwd, "env": {**os.environ, "PYTHONPATH": paths}, "text": True}


def sim(*arguments: object, cwd: Path, verb: str = "shrink") -> subprocess.CompletedProcess:
    words, how = command(*arguments, cwd=cwd, verb=verb)
    return subprocess.run(words, capture_output=True, timeout=300, **how)


def test_what_it_writes_fails_in_the_same_way_by_sim_run_alone(tmp_path, scenario):
    done = sim(scenario, "--seed", 3, "--max-runs", 40, *FORGETS, "-w", 1, cwd=tmp_path)
    assert 0 == done.returncode, done.stdout + done.stderr
    written = tmp_path / "runs" / "shrink-small-3" / "shrunk.yaml"
    assert "seed 3 fails S5 at believing.stepped at " in done.stdout
    assert f"wrote {written.relative_to(tmp_path)} " in done.stdout
    (ready,) = load_scenarios([written])
    assert ((3,), ()) == (ready.run.seed_numbers, ready.faults)
    assert ready.run.duration_s < 30
    assert "# Fails S5 at believing.stepped at " in written.read_text()
    again = sim(*done.stdout.split("again sim run ")[1].split(), "--out", "out", cwd=tmp_path, verb="run")
    assert (1, True) == (again.returncode, "which    S5 at believing.stepped" in again.stdout)
    assert not list(tmp_path.rglob("*.unfinished"))


def test_an_error_and_a_gate_are_made_smaller_too(tmp_path, scenario):
    (tmp_path / "broken.py").write_text(
        "from strategy.core import Core\n"
        "class Broken(Core):\n"
        "    def step(self, now_ns, event):\n"
        "        if self.decisions > 30: raise ZeroDivisionError('a bug')\n"
        "        return super().step(now_ns, event)\n"
    )
    words = ("--seed", 1, "--max-runs", 12, "-w", 1)
    done = sim(scenario, *words, "--code", "SQ-S001", "--core", "broken:Broken", "-o", "e.yaml", cwd=tmp_path)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "fails SQ-S001 at broken.py.step ZeroDivisionError at " in done.stdout
    done = sim(scenario, *words, "--gate", "fills", "-o", "g.yaml", cwd=tmp_path)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "fails gate fills at below: >= 100000, got " in done.stdout
    (ready,) = load_scenarios([tmp_path / "g.yaml"])
    assert ("fills", 1) == (ready.gates[0].metric, len(ready.gates))
    assert (40, ()) == (ready.run.duration_s, ready.faults)
    assert "40 s, kept" in done.stdout


def test_a_seed_that_does_not_fail_exits_5_and_says_what_it_does(tmp_path, scenario):
    done = sim(scenario, "--seed", 1, "--invariant", "S3", *FORGETS, "-w", 1, cwd=tmp_path)
    assert (5, True) == (done.returncode, "error[SQ-S022]: seed 1 of small does not fail S3" in done.stderr)
    assert "  it fails S5 at believing.stepped at " in done.stderr
    calm = sim(scenario, "--seed", 1, "--code", "SQ-S001", "-w", 1, cwd=tmp_path)
    assert (5, True) == (calm.returncode, "does not fail SQ-S001" in calm.stderr)
    assert not list(tmp_path.rglob("shrunk.yaml"))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--seed", "1", "--gate", "fillz"), 2, "unknown 'fillz', did you mean 'fills'?"),
        (("--seed", "1", "--gate", "net_bps"), 2, "small has no gate on 'net_bps'; its gates are on fills"),
        (("--seed", "1", "--invariant", "S99"), 2, "unknown 'S99'"),
        (("--seed", "1", "--invariant", "s3", "-o", "small.yaml"), 2, "small.yaml is there already"),
        (("--seed", "1", "--code", "sq-s001", "-o", "small.yaml"), 2, "small.yaml is there already"),
        (("--seed", "1", "--code", "SQ-X999"), 2, "unknown 'SQ-X999'"),
        (("--seed", "1", "--gate", "fills", "--code", "SQ-S001"), 2, "one failure at a time"),
        ((), 2, "--seed"),
        (("--seed", "-1"), 2, "--seed"),
        (("--seed", "1", "--max-runs", "0"), 2, "--max-runs"),
        (("--seed", "1", "-o", "small.yaml"), 2, "small.yaml is there already"),
        (("--seed", "1", "-o", "/proc/nowhere/x.yaml"), 2, "cannot write to"),
        (("--seed", "1", "--core", "nothing:here"), 3, "error[SQ-S020]"),
        (("--seed", "1", "--set", "spread.bass_bps=1"), 3, "did you mean"),
        (("--seed", "1", "-w", "many"), 2, "is not a number of workers"),
    ],
)
def test_absurd_requests_get_a_clear_answer_and_the_right_code(tmp_path, scenario, arguments, code, words):
    done = sim(scenario, *arguments, cwd=tmp_path)
    assert (code, True) == (done.returncode, words in done.stderr), done.stdout + done.stderr


def test_a_file_that_is_not_there_or_is_bad_exits_3(tmp_path):
    assert 3 == sim("nothing.yaml", "--seed", 1, cwd=tmp_path).returncode
    (tmp_path / "bad.yaml").write_text("schema_version: 1\nname: bad\n")
    assert 3 == sim("bad.yaml", "--seed", 1, cwd=tmp_path).returncode


def test_a_regression_says_what_broke_and_where_it_came_from_and_is_never_written_over(tmp_path, scenario):
    words = (scenario, "--seed", 3, "--max-runs", 4, "--promote", *FORGETS, "-w", 1)
    done = sim(*words, cwd=tmp_path)
    assert 0 == done.returncode, done.stdout + done.stderr
    path = tmp_path / "scenarios" / "regressions" / "small_s5_3.yaml"
    text = path.read_text()
    assert "# Fails S5 at believing.stepped" in text
    assert "Cash, position and fees agree with the venue" in " ".join(text.replace("\n# ", " ").split())
    assert "# From seed 3 of small.yaml" in text
    assert "tags: [regression]" in text
    assert "all 4 runs are used" in done.stderr
    assert 0 == sim(path, "--out", "out", cwd=tmp_path, verb="run").returncode
    twice = sim(*words, cwd=tmp_path)
    assert (2, True) == (twice.returncode, "a regression is never written over" in twice.stderr)
    assert text == path.read_text()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_writes_the_smallest_that_was_found_and_exits_130(tmp_path, scenario, how):
    words, kwargs = command(scenario, "--seed", 3, *FORGETS, "-w", 1, cwd=tmp_path)
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs)
    written = tmp_path / "runs" / "shrink-small-3" / "shrunk.yaml"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (written.exists() and "duration_s: 40" not in written.read_text()):
        assert running.poll() is None, running.communicate()
        time.sleep(0.05)
    running.send_signal(how)
    _, talk = running.communicate(timeout=60)
    assert (130, True) == (running.returncode, "the smallest that was found is written" in talk), talk
    (ready,) = load_scenarios([written])
    assert ready.run.duration_s < 40


class OneAnswer:
    """A crew that gives one answer, whatever it is to run."""

    def __init__(self, gathered: Gathered) -> None:
        self.gathered = gathered

    def carry(self, jobs, progress) -> Gathered:
        return self.gathered


def written(tmp_path, scenario) -> Shrinking:
    """A shrinking whose outcome is written, and about to be proven."""
    out = tmp_path / "out" / "shrunk.yaml"
    shrinking = Shrinking(Options(scenario, 3, Wanted(), 9, out, False, "1", "local", (), "", "", ""))
    out.write_text(scenario.read_text())
    return shrinking


@pytest.mark.parametrize(
    ("gathered", "code"),
    [
        (Gathered(interrupted=True), ExitCode.INTERRUPTED),
        (Gathered(lost=[0]), ExitCode.WORKER_LOST),
        (Gathered(lost=[0], why="the cluster is gone"), ExitCode.WORKER_LOST),
    ],
)
def test_a_proof_that_did_not_come_back_is_no_proof_that_it_passes(tmp_path, scenario, gathered, code):
    failure = Failure(Identity("L5", "", "quiet.look"), 30.0, "12 cancels")
    assert code is written(tmp_path, scenario)._prove(OneAnswer(gathered), failure)


def test_a_proof_that_fails_of_something_else_says_of_what(tmp_path, scenario):
    failure = Failure(Identity("L5", "", "quiet.look"), 30.0, "12 cancels")
    other = SeedResult("small", 3, digest="abcd", error="KeyError: 1", error_code="SQ-S001")
    with pytest.raises(OurMistake, match=r"but with SQ-S001 at KeyError.*KeyError: 1 \(digest abcd\)"):
        written(tmp_path, scenario)._prove(OneAnswer(Gathered({0: other})), failure)
