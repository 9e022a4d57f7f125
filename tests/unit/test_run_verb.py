"""``sim run`` as a person and a script meet it: what it prints, writes and exits with."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from small_world import CONFIG

from sim.runs.session import exact

SIM = Path(sys.executable).parent / "sim"
TEXT = """\
schema_version: 1
name: {name}
description: A short run.
tags: [{tag}]
run: {{duration_s: {duration}, warmup_s: 1, seeds: {seeds}}}
market: {{profile: synthetic, symbols: [BTCUSDT]}}
strategy: {{config: {config}}}
gates:
{gates}
"""
PASSING = "  - {metric: max_exposure_pct, max: 100}"


def write(
    folder: Path, name: str = "short", *, gates: str = PASSING, duration: float = 8, seeds: int = 2, tag: str = "smoke"
) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(TEXT.format(name=name, config=CONFIG, gates=gates, duration=duration, seeds=seeds, tag=tag))
    return path


def sim(*arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
    env = {**os.environ, "STORMQUOTE_DATA": "", **environment}
    return subprocess.run([SIM, *map(str, arguments)], capture_output=True, text=True, timeout=120, cwd=cwd, env=env)


def test_a_passing_run_says_so_and_writes_its_folder(tmp_path):
    done = sim("run", write(tmp_path), "--out", "out", cwd=tmp_path)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "max_exposure_pct" in done.stdout
    assert "1 scenarios passed" in done.stdout
    assert "short: 2 of 2 seeds" in done.stderr
    out = tmp_path / "out"
    summary = json.loads((out / "summary.json").read_text())
    (one,) = summary["scenarios"]
    assert (False, [1, 2]) == (one["failed"], [seed["seed"] for seed in one["seeds"]])
    assert all(result["broken"] == 0 for result in one["invariants"].values())
    assert {"digest.txt", "checkpoints.txt", "plan.json"} == {path.name for path in (out / "short" / "1").iterdir()}
    suite = ElementTree.parse(out / "junit.xml").getroot()[0]
    assert ("short", "0") == (suite.get("name"), suite.get("failures"))
    manifest = json.loads((out / "manifest.json").read_text())
    assert {"short": [1, 2]} == manifest["seeds"]
    assert next(iter(manifest["files"].values()))


def test_every_gate_shows_its_limit_and_its_measured_value(tmp_path):
    gates = "  - {metric: fills, min: 1, max: 100000}\n  - {metric: quotes, min: 1, across_seeds: worst}"
    done = sim("run", write(tmp_path, gates=gates), "--out", "out", cwd=tmp_path)
    lines = [line for line in done.stdout.splitlines() if line.lstrip().startswith(("fills", "quotes"))]
    assert [True, True] == [line.split()[-1] == "pass" for line in lines]
    assert ">= 1 and <= 100000" in lines[0]


def test_a_failed_gate_exits_1_and_says_how_to_run_it_again(tmp_path):
    path = write(tmp_path, gates="  - {metric: fills, min: 1000000, why: never}")
    done = sim("run", path, "--out", "out", "--format", "github", cwd=tmp_path)
    assert 1 == done.returncode
    assert "FAIL" in done.stdout
    assert f"\n::error file={path},title=short%2C gate fills::>= 1e+06: got " in done.stdout
    assert f"sim run {path} --seed" in done.stdout
    case = ElementTree.parse(tmp_path / "out" / "junit.xml").getroot()[0][0]
    assert f"sim run {path} --seed" in case.find("failure").text


def test_a_warning_does_not_fail(tmp_path):
    path = write(tmp_path, gates="  - {metric: fills, min: 1000000, severity: warn}")
    done = sim("run", path, "--out", "out", cwd=tmp_path)
    assert (0, True) == (done.returncode, "warn" in done.stdout)


def test_a_gate_without_a_sample_fails(tmp_path):
    (tmp_path / "mute.py").write_text(
        "class Mute:\n wake_at_ns = None\n def step(self, now_ns, event): return ()\ndef core(knobs): return Mute()\n"
    )
    path = write(tmp_path, gates="  - {metric: slippage_bps, max: 100}")
    done = sim("run", path, "--core", "mute:core", "--out", "out", cwd=tmp_path)
    assert 1 == done.returncode
    assert "no sample in 2 of 2 seeds" in done.stdout


def test_a_core_that_raises_exits_4_with_everything_cancelled_and_kept(tmp_path):
    (tmp_path / "broken.py").write_text(
        "from strategy.core import Core\n"
        "class Broken(Core):\n"
        "    def step(self, now_ns, event):\n"
        "        if self.decisions > 30: raise ZeroDivisionError('a bug')\n"
        "        return super().step(now_ns, event)\n"
        "def core(knobs): return Broken(knobs)\n"
    )
    done = sim("run", write(tmp_path), "--core", "broken:core", "--out", "out", cwd=tmp_path)
    assert 4 == done.returncode
    assert "seed 1 raised at t = " in done.stdout
    assert "ZeroDivisionError: a bug" in done.stdout
    kept = tmp_path / "out" / "short" / "1"
    assert "ZeroDivisionError" in (kept / "error.txt").read_text()
    lines = (kept / "last_events.ndjson").read_text().splitlines()
    record, before = json.loads(lines[-1]), json.loads(lines[-2])
    assert ("end", [], "raised") == (record[0], record[2][1], before[0])
    assert len((kept / "digest.txt").read_text()) > 30


def test_bad_files_are_all_told_before_anything_starts(tmp_path):
    bad = write(tmp_path, "bad", gates="  - {metric: net_bpss, min: 0}\n  - {metric: fills, minn: 1}")
    worse = write(tmp_path, "worse", duration=-5)
    done = sim("run", bad, worse, write(tmp_path), "--out", "out", cwd=tmp_path)
    assert (3, "") == (done.returncode, done.stdout)
    for words in ("did you mean 'net_bps'", "did you mean 'min'", "worse.yaml:5:", "^"):
        assert words in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("nowhere.yaml",), 3, "no such file"),
        (("short.yaml", "-k", "other"), 5, "nothing selected"),
        (("short.yaml", "--tag", "other"), 5, "nothing selected"),
        (("short.yaml", "--seed", "x"), 2, "not a list of seeds"),
        (("short.yaml", "--seed", "9-1"), 2, "selects no seed"),
        (("short.yaml", "--seed", "9" * 23), 2, f"Invalid value for --seed: '{'9' * 23}' is beyond the last seed"),
        (("short.yaml", "--seed", f"1-{2**63}"), 2, "is beyond the last seed, which is 9223372036854775807"),
        (("short.yaml", "--seed", "9" * 5000), 2, "is beyond the last seed"),
        (("short.yaml", "--seed", ""), 2, "'' selects no seed"),
        (("short.yaml", "--seed", " "), 2, "' ' selects no seed"),
        (("short.yaml", "--workers", "zero"), 2, "workers"),
        (("short.yaml", "--workers", "0"), 2, "workers"),
        (("short.yaml", "--core", "nosuch:core"), 3, "no core 'nosuch:core'"),
        (("short.yaml", "--core", "sim"), 3, "write module:factory"),
        (("short.yaml", "--set", "spread.base_bsp=1"), 3, "did you mean 'base_bps'"),
        (("short.yaml", "--until", "-1"), 2, "--until"),
        (("short.yaml", "--until", "nan"), 2, "no number of seconds"),
        (("short.yaml", "--until", "inf"), 2, "no number of seconds"),
        (("short.yaml", "--until", "1e-12"), 2, "'--until': 1e-12 is less than a nanosecond"),
        (("short.yaml", "--until", "1e305"), 2, "'--until': 1e305 is more than a billion seconds"),
        (("short.yaml", "--seed", "1-9999999"), 2, "more than 1,000,000 seeds"),
        (("short.yaml", "--junit", "short.yaml/below/x.xml"), 2, "cannot write to"),
        (("short.yaml", "--junit", "."), 2, "is a folder"),
        (("short.yaml", "--out", "short.yaml"), 2, "is a file"),
        (("short.yaml", "--out", "short.yaml/below"), 2, "cannot write to"),
        ((), 2, "sim run scenarios/*.yaml"),
    ],
)
def test_absurd_requests_get_a_clear_answer_and_the_right_code(tmp_path, arguments, code, words):
    write(tmp_path)
    done = sim("run", *arguments, cwd=tmp_path)
    assert code == done.returncode, done.stdout + done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_selection_by_seed_name_tag_and_folder(tmp_path):
    write(tmp_path, "one", tag="a")
    write(tmp_path, "two", tag="b")
    told = {
        "--seed 2,4-5": ["one seed 2", "one seed 4", "one seed 5", "two seed 2", "two seed 4", "two seed 5"],
        "-k wo": ["two seed 1", "two seed 2"],
        "--tag a": ["one seed 1", "one seed 2"],
    }
    for arguments, expected in told.items():
        done = sim("run", tmp_path, *arguments.split(), "--dry-run", cwd=tmp_path)
        assert expected == done.stdout.splitlines()


def test_json_goes_to_stdout_and_talk_to_stderr(tmp_path):
    done = sim("run", write(tmp_path), "--format", "json", "--out", "out", cwd=tmp_path)
    assert "short" == json.loads(done.stdout)["scenarios"][0]["name"]
    assert "passed" in done.stderr


def test_a_setting_from_the_command_line_changes_the_run(tmp_path):
    path = write(tmp_path, seeds=1)
    plain = sim("run", path, "--out", "plain", cwd=tmp_path)
    wide = sim("run", path, "--set", "spread.width_bps_min=2.4", "--out", "wide", cwd=tmp_path)
    assert (0, 0) == (plain.returncode, wide.returncode)
    quotes = [
        json.loads((tmp_path / out / "summary.json").read_text())["scenarios"][0]["digest"] for out in ("plain", "wide")
    ]
    assert quotes[0] != quotes[1]


def test_until_cuts_a_run_and_fail_fast_starts_no_more(tmp_path):
    path = write(tmp_path, seeds=1)
    sim("run", path, "--until", "3", "--out", "cut", cwd=tmp_path)
    assert 3 == json.loads((tmp_path / "cut" / "summary.json").read_text())["scenarios"][0]["seeds"][0]["simulated_s"]
    (tmp_path / "broken.py").write_text(
        "def core(knobs):\n class C:\n  wake_at_ns = None\n  def step(self, n, e): return 1/0\n return C()\n"
    )
    path = write(tmp_path, seeds=3)
    done = sim("run", path, "-x", "-w", "1", "--core", "broken:core", "--out", "fast", cwd=tmp_path)
    assert 4 == done.returncode
    one = json.loads((tmp_path / "fast" / "summary.json").read_text())["scenarios"][0]
    assert ([1], [2, 3]) == ([seed["seed"] for seed in one["seeds"]], one["missing_seeds"])


@pytest.mark.parametrize(
    ("gives", "words"),
    [("None", "the core's step gave None: it must give a tuple of commands"), ("(7,)", "gave 7 among its commands")],
)
def test_a_core_that_gives_no_commands_is_told_what_it_should_give(tmp_path, gives, words):
    (tmp_path / "silent.py").write_text(
        f"class core:\n wake_at_ns = None\n def __init__(self, knobs): pass\n def step(self, n, e): return {gives}\n"
    )
    done = sim("run", write(tmp_path, seeds=1), "-w", "1", "--core", "silent:core", "--out", "out", cwd=tmp_path)
    assert 4 == done.returncode
    assert words in " ".join(done.stdout.split())


def test_a_tape_without_data_is_skipped_visibly_and_exits_5_when_alone(tmp_path, repository):
    tape = repository / "scenarios" / "tape" / "btcusdt_2023.yaml"
    done = sim("run", tape, "--out", "out", cwd=tmp_path)
    assert (5, True) == (done.returncode, "skipped: no recorded data" in done.stdout)
    done = sim("run", tape, write(tmp_path), "--out", "out2", cwd=tmp_path)
    assert 0 == done.returncode
    assert "skipped" in (tmp_path / "out2" / "junit.xml").read_text()


def test_a_worker_that_dies_takes_only_its_own_run_and_exits_8(tmp_path):
    (tmp_path / "deadly.py").write_text(
        "import os\nfrom strategy.core import Core\n"
        "class Deadly(Core):\n"
        "    def step(self, now_ns, event):\n"
        "        if getattr(event, 'session', '').endswith('-2'): os._exit(9)\n"
        "        return super().step(now_ns, event)\n"
        "def core(knobs): return Deadly(knobs)\n"
    )
    path = write(tmp_path, seeds=4)
    done = sim("run", path, "-w", "2", "--core", "deadly:core", "--out", "out", cwd=tmp_path)
    assert 8 == done.returncode, done.stdout + done.stderr
    one = json.loads((tmp_path / "out" / "summary.json").read_text())["scenarios"][0]
    assert ([1, 3, 4], [2]) == ([seed["seed"] for seed in one["seeds"]], one["missing_seeds"])


@pytest.mark.parametrize(("workers", "how"), [("1", signal.SIGINT), ("2", signal.SIGINT), ("2", signal.SIGTERM)])
def test_an_interrupt_writes_what_had_finished_and_exits_130(tmp_path, workers, how):
    path = write(tmp_path, seeds=400, duration=60)
    (tmp_path / "counted.py").write_text(
        "from strategy.core import Core\n"
        "def core(knobs):\n"
        "    with open('begun', 'a') as begun: begun.write('.')\n"
        "    return Core(knobs)\n"
    )
    process = subprocess.Popen(
        [SIM, "run", str(path), str(write(tmp_path, "later")), "-w", workers, "--core", "counted:core", "--out", "out"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    begun, until_s = tmp_path / "begun", time.monotonic() + 60
    # With two at work, the fifth to begin means that three have ended.
    while time.monotonic() < until_s and not (begun.exists() and begun.stat().st_size > 4):
        time.sleep(0.05)
    os.killpg(process.pid, how)
    stdout, stderr = process.communicate(timeout=30)
    assert 130 == process.returncode, stdout + stderr
    assert "interrupted" in stdout
    assert "FAIL" not in stdout
    assert "later   not run" in stdout
    one = json.loads((tmp_path / "out" / "summary.json").read_text())["scenarios"][0]
    assert 0 < len(one["seeds"]) < 400
    assert "Traceback" not in stderr


def test_the_command_that_repeats_a_failure_names_all_that_decided_it(tmp_path):
    path = write(tmp_path, seeds=1)
    (tmp_path / "mute.py").write_text(
        "from strategy.core import Core\n"
        "class Raises(Core):\n"
        "    def step(self, now_ns, event): raise ValueError('on purpose')\n"
        "core = Raises\n"
    )
    flags = ["--set", "spread.base_bps=1.5", "--until", "5", "--core", "mute:core"]
    done = sim("run", path, "-w", "1", *flags, "--out", "out", cwd=tmp_path)
    assert 4 == done.returncode, done.stdout + done.stderr
    assert f"--seed 1 {' '.join(flags)}" in " ".join(done.stdout.split())


def test_without_an_argument_it_lists_what_is_there(tmp_path):
    (tmp_path / "scenarios").mkdir()
    write(tmp_path / "scenarios", "here")
    done = sim("run", cwd=tmp_path)
    assert (2, True) == (done.returncode, "scenarios/here.yaml" in done.stderr)


@pytest.mark.parametrize(
    ("reasons", "first"),
    [((1, 3), 3), ((1, 8, 7), 8), ((6, 4, 1), 4), ((1, 7), 7), ((3, 6), 6), ((), 0), ((1,), 1), ((5,), 5)],
)
def test_with_several_reasons_the_strongest_is_the_exit_code(reasons, first):
    from strategy.exit_codes import ExitCode, first_of

    assert first == first_of([ExitCode(reason) for reason in reasons])


def test_help_is_fast_because_it_imports_click_only(tmp_path):
    code = "import sys; sys.argv=['sim','--help']\nfrom sim.cli import main\ntry: main()\nexcept SystemExit: pass\n"
    code += "print([m for m in ('pydantic','simpy','rich','msgspec','numpy','pandas','ruamel') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.endswith("[]\n")
    assert "Verbs" in done.stdout


def test_an_unknown_verb_names_the_nearest(tmp_path):
    done = sim("chekc", cwd=tmp_path)
    assert (2, True) == (done.returncode, "did you mean 'check'" in done.stderr)


def test_the_length_that_is_told_is_the_one_that_was_run(tmp_path):
    write(tmp_path)
    done = sim("run", "short.yaml", "--seed", "1", "--until", "2.0001234", "--out", "out", cwd=tmp_path)
    (summary,) = json.loads((tmp_path / "out" / "summary.json").read_text())["scenarios"]
    assert 2.0001234 == summary["duration_s"]
    assert "short   2.00012 s x 1 seed" in done.stdout
    assert ["2.0001234", "630.4125", "60"] == [exact(one) for one in (2.0001234, 630.4125, 60.0)]
