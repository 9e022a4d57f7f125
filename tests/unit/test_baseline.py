"""Gates on a drop: a run judged against an earlier one, and what a person and a script see of it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from small_world import CONFIG

from sim.runs.job import SeedResult
from sim.runs.judge import FAIL, NOT_COMPARED, NOT_JUDGED, PASS, WARN, GateVerdict, verdicts_of
from sim.runs.recorded import Recorded, RecordedSeed
from sim.runs.summary import ScenarioSummary
from sim.scenario.gates import Gate

SIM = Path(sys.executable).parent / "sim"
TEXT = """\
schema_version: 1
name: short
description: A short run.
run: {{duration_s: {duration}, warmup_s: 2, seeds: 6}}
market: {{profile: synthetic, symbols: [BTCUSDT]}}
strategy: {{config: {config}}}
gates:
  - {{metric: net_bps, vs_baseline_max_drop: 0.01, why: not worse than before}}
  - {{metric: fills, min: 1}}
"""
WORSE = ("--set", "spread.base_bps=0.5", "--set", "spread.width_bps_min=0.2")


def sim(*arguments: object, cwd: Path) -> subprocess.CompletedProcess:
    env = {**os.environ, "STORMQUOTE_DATA": ""}
    return subprocess.run([SIM, *map(str, arguments)], capture_output=True, text=True, timeout=120, cwd=cwd, env=env)


def git(folder: Path, *words: str) -> None:
    name = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    subprocess.run(["git", *name, *words], cwd=folder, check=True, capture_output=True, timeout=20)


def write(folder: Path, duration: float = 20) -> None:
    (folder / "short.yaml").write_text(TEXT.format(config=CONFIG, duration=duration))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scenario, its baseline committed, and the run it was made from."""
    folder = tmp_path_factory.mktemp("saved")
    write(folder)
    done = sim("run", "short.yaml", "--save-baseline", "--out", "before", cwd=folder)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "short: baseline of 6 seeds saved to baselines/short.json" in done.stderr
    assert "not judged" in done.stdout
    git(folder, "init", "-q")
    git(folder, "add", "baselines")
    git(folder, "commit", "-qm", "a baseline")
    git(folder, "tag", "good")
    return folder


def test_a_deliberate_regression_exits_1_with_a_reason_a_person_can_read(saved):
    done = sim("run", "short.yaml", "--baseline", "good", "--out", "worse", *WORSE, cwd=saved)
    assert 1 == done.returncode, done.stdout + done.stderr
    assert "baseline good@" in done.stdout
    row = next(line for line in done.stdout.splitlines() if line.startswith(" net_bps, drop"))
    assert row.split()[-1] == FAIL
    assert "net_bps, drop: net_bps fell from" in done.stdout
    assert "with 95 % certainty by" in done.stdout
    assert "again    sim run short.yaml --baseline good --set spread.base_bps=0.5" in done.stdout
    suite = ElementTree.parse(saved / "worse" / "junit.xml").getroot()[0]
    (failure,) = suite.findall("testcase/failure")
    assert "net_bps fell from" in str(failure.get("message"))
    assert "--baseline good" in str(failure.text)
    gate = json.loads((saved / "worse" / "summary.json").read_text())["scenarios"][0]["gates"][0]
    assert (FAIL, True) == (gate["verdict"], gate["is_drop"])
    assert gate["interval"][0] > 0.01
    assert json.loads((saved / "worse" / "manifest.json").read_text())["baseline"].startswith("good@")
    compared = sim("compare", "before", "worse", "--metric", "net_bps", "--format", "json", cwd=saved)
    (effect,) = json.loads(compared.stdout)[0]["effects"]
    assert ("worse", -gate["got"]) == (effect["verdict"], effect["change"])


@pytest.mark.parametrize("given", ["baselines", "baselines/short.json", "before", "HEAD"])
def test_a_baseline_is_found_wherever_it_is(saved, given):
    done = sim("run", "short.yaml", "--baseline", given, "--until", "99", "--dry-run", cwd=saved)
    assert (0, "short seed 1") == (done.returncode, done.stdout.splitlines()[0]), done.stderr


def test_equal_figures_pass_and_the_baseline_stands_beside_them(saved, tmp_path):
    done = sim("run", "short.yaml", "--baseline", "baselines", "--out", tmp_path / "out", cwd=saved)
    assert 0 == done.returncode, done.stdout + done.stderr
    drop, fills = json.loads((tmp_path / "out" / "summary.json").read_text())["scenarios"][0]["gates"]
    assert (PASS, 0.0, [0.0, 0.0]) == (drop["verdict"], drop["got"], drop["interval"])
    assert fills["got"] == fills["baseline"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--baseline", "nowhere"), "SQ-G010", "'nowhere' is neither a file, nor a folder, nor a commit"),
        (("--baseline", "empty"), "SQ-G010", "short: empty has no baseline of it"),
        (("--baseline", "short.yaml"), "SQ-G011", "short.yaml holds no figures of a run"),
        (("--baseline", "baselines", "--until", "5"), "SQ-G011", "market, faults or length are not those of baselines"),
        (("--baseline", "baselines", "--seed", "5-20"), "SQ-G011", "2 seeds in common with baselines, 6 are needed"),
    ],
)
def test_a_baseline_that_is_missing_or_does_not_fit_exits_7_before_anything_runs(saved, arguments, code, words):
    (saved / "empty").mkdir(exist_ok=True)
    done = sim("run", "short.yaml", "--out", "never", *arguments, cwd=saved)
    assert 7 == done.returncode, done.stdout + done.stderr
    assert f"error[{code}]: " in done.stderr
    assert words in done.stderr
    assert not (saved / "never").exists()


@pytest.fixture(scope="module")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scenario whose gate is on fills, and the true figures of twice its seeds."""
    folder = tmp_path_factory.mktemp("twelve")
    text = TEXT.format(config=CONFIG, duration=6)
    text = text.replace("net_bps, vs_baseline_max_drop: 0.01", "fills, vs_baseline_max_drop: 5")
    (folder / "short.yaml").write_text(text)
    assert 0 == sim("run", "short.yaml", "--seed", "1-12", "--save-baseline", "--quiet", cwd=folder).returncode
    return folder


@pytest.mark.parametrize(
    ("added", "code", "seeds", "words"),
    [
        # The first seeds were lucky then, the others were not: over all of them nothing fell.
        ([20] * 6 + [-20] * 6, 0, 12, "short: a drop, to be confirmed by 6 seeds more"),
        ([20] * 12, 1, 12, "short: a drop, to be confirmed by 6 seeds more"),
        ([20] * 6, 1, 6, "short: a drop, to be confirmed by no more seeds in the baseline: it stands"),
        ([0] * 12, 0, 6, ""),
    ],
)
def test_a_drop_counts_when_more_seeds_confirm_it(twelve, tmp_path, added, code, seeds, words):
    baseline = json.loads((twelve / "baselines" / "short.json").read_text())
    (one,) = baseline["scenarios"]
    one["seeds"] = one["seeds"][: len(added)]
    for seed, more in zip(one["seeds"], added, strict=True):
        seed["metrics"]["fills"]["value"] += more
    (tmp_path / "then.json").write_text(json.dumps(baseline))
    told = ("--baseline", tmp_path / "then.json", "--confirm", "2", "--out", tmp_path / "out")
    done = sim("run", "short.yaml", *told, cwd=twelve)
    assert code == done.returncode, done.stdout + done.stderr
    assert words in done.stderr
    assert ("confirmed" in done.stderr) == bool(words)
    (summary,) = json.loads((tmp_path / "out" / "summary.json").read_text())["scenarios"]
    assert list(range(1, seeds + 1)) == [result["seed"] for result in summary["seeds"]]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert {"short": list(range(1, seeds + 1))} == manifest["seeds"]


def test_there_is_nothing_to_confirm_without_a_baseline(tmp_path):
    done = sim("run", "short.yaml", "--confirm", "2", cwd=tmp_path)
    assert (2, True) == (done.returncode, "it needs --baseline" in done.stderr)


def test_a_scenario_without_a_gate_on_a_drop_needs_no_baseline(saved, tmp_path):
    text = (saved / "short.yaml").read_text()
    plain = "".join(line for line in text.splitlines(keepends=True) if "vs_baseline" not in line)
    (tmp_path / "plain.yaml").write_text(plain)
    (tmp_path / "empty").mkdir()
    done = sim("run", "plain.yaml", "--baseline", "empty", "--dry-run", cwd=tmp_path)
    assert 0 == done.returncode, done.stderr


def test_no_baseline_is_saved_of_a_run_that_raised(tmp_path):
    write(tmp_path, 8)
    (tmp_path / "bad.py").write_text("def core(*_a, **_k):\n    raise ValueError('no')\n")
    done = sim("run", "short.yaml", "--save-baseline", "--core", "bad:core", "--seed", "1", cwd=tmp_path)
    assert (4, True) == (done.returncode, "no baseline saved" in done.stderr)
    assert [] == list((tmp_path / "baselines").iterdir())


def test_a_baseline_that_cannot_be_written_is_told_before_anything_runs(tmp_path):
    write(tmp_path, 8)
    (tmp_path / "baselines").write_text("in the way")
    done = sim("run", "short.yaml", "--save-baseline", "--out", "out", cwd=tmp_path)
    assert (2, True) == (done.returncode, "cannot write to baselines" in done.stderr)
    assert "seeds" not in done.stderr


def results(values: list[float], metric: str = "net_bps") -> list[SeedResult]:
    return [SeedResult("s", seed, metrics={metric: {"value": value}}) for seed, value in enumerate(values, 1)]


def recorded(values: list[float], metric: str = "net_bps") -> Recorded:
    return Recorded(
        "s", "w", tuple(RecordedSeed(seed, {metric: {"value": value}}) for seed, value in enumerate(values, 1))
    )


BEFORE = [1.0, 3.0, -2.0, 0.5, 4.0, 2.0, -1.0]
NOISE = [0.1, -0.1, 0.05, 0.0, -0.05, 0.1, -0.1]


def drop(by: float, *, allowed: float = 0.5, metric: str = "net_bps", severity: str = "error"):
    gate = Gate(metric=metric, vs_baseline_max_drop=allowed, severity=severity)
    after = [value - by + noise for value, noise in zip(BEFORE, NOISE, strict=True)]
    (verdict,) = verdicts_of("s", gate, results(after, metric), recorded(BEFORE, metric))
    return verdict


def test_a_drop_fails_only_where_its_whole_interval_lies_beyond_what_is_allowed():
    assert [PASS, PASS, FAIL] == [drop(by).verdict for by in (0.3, 0.51, 0.8)]
    assert pytest.approx(0.8) == drop(0.8).got
    assert drop(0.8, severity="warn").verdict == WARN
    assert "<= 0.5" == drop(0.8).limit


def test_more_of_what_is_better_when_lower_is_a_drop():
    assert [FAIL, PASS] == [drop(by, metric="slippage_bps").verdict for by in (-0.8, 0.8)]
    assert "slippage_bps rose from" in drop(-0.8, metric="slippage_bps").why


def test_a_figure_missing_now_fails_and_one_missing_before_cannot_be_compared():
    gate = Gate(metric="net_bps", vs_baseline_max_drop=0.5)
    (now,) = verdicts_of("s", gate, [*results(BEFORE), SeedResult("s", 8)], recorded(BEFORE))
    assert (FAIL, "no sample in 1 of 8 seeds") == (now.verdict, now.why)
    (before,) = verdicts_of("s", gate, results(BEFORE), recorded(BEFORE, "fills"))
    assert NOT_COMPARED == before.verdict
    (cut,) = verdicts_of("s", gate, [], recorded(BEFORE))
    (without,) = verdicts_of("s", gate, results(BEFORE))
    assert [NOT_JUDGED, NOT_JUDGED] == [cut.verdict, without.verdict]


def test_a_gate_may_limit_a_figure_and_its_drop():
    gate = Gate(metric="net_bps", min=0.0, vs_baseline_max_drop=0.5, across_seeds="ci_low")
    first, second = verdicts_of("s", gate, results(BEFORE), recorded(BEFORE))
    assert ("net_bps, low end", "net_bps, drop") == (first.gate, second.gate)
    assert (first.got, [False, True]) == (first.baseline, [first.is_drop, second.is_drop])


def test_a_drop_that_seeds_join_otherwise_is_a_mistake_in_the_file():
    with pytest.raises(ValueError, match="a drop is the mean over seeds"):
        Gate(metric="net_bps", vs_baseline_max_drop=0.5, across_seeds="worst")


@pytest.mark.parametrize(
    ("verdicts", "word"), [((NOT_JUDGED,) * 2, NOT_JUDGED), ((NOT_JUDGED, PASS), PASS), ((), PASS)]
)
def test_where_no_gate_was_judged_nothing_has_passed(verdicts, word):
    gates = tuple(GateVerdict("net_bps, drop", "<= 0.1", None, None, None, None, one, "") for one in verdicts)
    result = SeedResult("one", 1, digest="d")
    summary = ScenarioSummary("one", "one.yaml", 10.0, "d", gates, {}, (result,), "")
    assert word == summary.verdict
