"""Whether trading pays at all: said in words of its own, and never called a pass where it does not."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from click.testing import CliRunner
from small_world import CONFIG

from sim.runs.job import Job, SeedResult
from sim.runs.judge import FAIL, NOT_JUDGED, PASS, verdicts_of
from sim.runs.recipe import recipe_in, recipe_of, this_program
from sim.runs.summary_file import RunSummary
from sim.runs.viability import BEATEN, NOT_SHOWN, NOT_VIABLE, VIABLE, viability_of
from sim.scenario.gates import Gate
from sim.scenario.load import load_scenarios
from sim.scenario.strategies import Viability
from sim.verbs.schema import command as schema_command
from strategy.errors import OperatorError

SIM = Path(sys.executable).parent / "sim"
GAIN = (2.0, 3.0, 2.5, 4.0, 2.2, 3.1)
LOSS = tuple(-one for one in GAIN)
MIXED = (-1.0, 1.0, -2.0, 2.0, 0.5, -0.5)
ASKED = Viability(metric="net_usdt_per_h")


def results(values, metric="net_usdt_per_h"):
    return [SeedResult("s", seed, metrics={metric: {"value": value}}) for seed, value in enumerate(values, 1)]


@pytest.mark.parametrize(
    ("strategy", "controls", "verdict", "why"),
    [
        (GAIN, {}, VIABLE, ""),
        (GAIN, {"touch": LOSS}, VIABLE, ""),
        (LOSS, {}, NOT_VIABLE, "it does not pay the strategy"),
        (LOSS, {"touch": LOSS}, NOT_VIABLE, "it does not pay the strategy nor touch"),
        (LOSS, {"touch": LOSS, "wide": GAIN}, BEATEN, "it pays wide"),
        (
            LOSS,
            {"touch": MIXED},
            NOT_SHOWN,
            "it does not pay the strategy; whether it pays touch does not show in 6 seeds",
        ),
        (
            LOSS,
            {"touch": ()},
            NOT_SHOWN,
            "it does not pay the strategy; 0 seeds of touch are too few to say, 6 are needed",
        ),
        (MIXED, {"touch": LOSS}, NOT_SHOWN, "whether it pays the strategy does not show in 6 seeds"),
        (LOSS[:5], {}, NOT_SHOWN, "5 seeds of the strategy are too few to say, 6 are needed"),
        (GAIN[:5], {}, NOT_SHOWN, "5 seeds of the strategy are too few to say, 6 are needed"),
    ],
)
def test_it_takes_everybody_s_loss_to_be_not_viable_and_a_clear_gain_to_be_viable(strategy, controls, verdict, why):
    rivals = {name: results(values) for name, values in controls.items()}
    found = viability_of("s", ASKED, results(strategy), rivals)
    assert (verdict, why) == (found.verdict, found.why)


def test_what_it_has_to_be_more_than_is_the_scenario_s_to_say():
    asked = Viability(metric="net_usdt_per_h", least=5)
    assert NOT_VIABLE == viability_of("s", asked, results(GAIN), {}).verdict


def test_one_wild_seed_is_luck_and_no_loss():
    """Its interval lies below zero where few signs would not."""
    values = (-9.0, -0.1, -0.1, -0.2, -0.1, 0.05)
    assert NOT_SHOWN == viability_of("s", ASKED, results(values), {}).verdict


def judged(gate: Gate, mine, theirs, metric="net_bps"):
    (verdict,) = verdicts_of("s", gate, results(mine, metric), None, {"touch": results(theirs, metric)})
    return verdict


def test_a_gate_of_a_control_judges_the_control():
    gate = Gate(metric="net_bps", of="touch", max=-1.5, across_seeds="ci_high")
    found = judged(gate, GAIN, LOSS)
    assert (PASS, "net_bps of touch, high end") == (found.verdict, found.gate)
    assert found.worst == -2.0
    assert FAIL == judged(gate, LOSS, GAIN).verdict


def test_a_gate_over_a_control_judges_what_lies_between_seed_by_seed():
    gate = Gate(metric="net_bps", over="touch", min=0.05, across_seeds="ci_low")
    better = [one + 0.1 for one in MIXED]
    found = judged(gate, better, MIXED)
    assert (PASS, "net_bps over touch, low end") == (found.verdict, found.gate)
    assert found.got == pytest.approx(0.1)
    assert FAIL == judged(gate, MIXED, better).verdict


def test_a_control_that_has_no_sample_fails_the_gate_and_one_that_was_cut_is_not_judged():
    gate = Gate(metric="net_bps", over="touch", min=0)
    found = judged(gate, GAIN[:1], ())
    assert NOT_JUDGED == found.verdict
    (absent,) = verdicts_of("s", gate, results(GAIN, "net_bps"), None, {"touch": results(GAIN, "fills")})
    assert (FAIL, "no sample in 6 of 6 seeds") == (absent.verdict, absent.why)


TEXT = """\
schema_version: 1
name: {name}
description: Eight seconds at a fee of {fee} bps.
run: {{duration_s: 10, warmup_s: 2, seeds: 6}}
market:
  profile: synthetic
  symbols: [BTCUSDT]
  overrides: {{symbols.BTCUSDT.instrument.maker_fee_bps: "{fee}"}}
strategy: {{config: {config}}}
controls:
  - {{name: touch, config: {config}, overrides: {{model: symmetric}}}}
gates:
  - {{metric: fills, min: {fills}}}
viability: {{metric: net_usdt_per_h}}
"""


def written(folder: Path, name: str, fee: str, fills: int = 1) -> str:
    (folder / f"{name}.yaml").write_text(TEXT.format(name=name, fee=fee, fills=fills, config=CONFIG))
    return f"{name}.yaml"


def sim(*arguments: object, cwd: Path) -> subprocess.CompletedProcess:
    env = {**os.environ, "STORMQUOTE_DATA": ""}
    return subprocess.run([SIM, *map(str, arguments)], capture_output=True, text=True, timeout=300, cwd=cwd, env=env)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """One market with a dear fee and one with a rich rebate, run as a person would."""
    folder = tmp_path_factory.mktemp("viability")
    files = [written(folder, "dear", "8"), written(folder, "rich", "-8")]
    return folder, sim("run", *files, "--workers", "1", "--format", "github", "--out", "out", cwd=folder)


def test_where_nothing_pays_nothing_fails_and_nothing_is_called_a_pass(ran):
    _, done = ran
    assert 0 == done.returncode, done.stdout + done.stderr
    dear, rich = (done.stdout.split("\ndear ")[1].split("\nrich ")[0], done.stdout.split("\nrich ")[1])
    assert "not viable   digest" in dear
    assert "viability    not viable: it does not pay the strategy nor touch" in dear
    assert "passed" not in dear
    assert "viability    viable" in rich
    overview = {line.split()[0]: line.split()[-1] for line in done.stdout.splitlines() if "x  " in line}
    assert {"dear": "viable", "rich": "pass"} == overview
    assert "\n1 scenarios passed, 1 not viable in " in done.stdout
    assert "::notice file=dear.yaml,title=dear%2C viability net_usdt_per_h::not viable: " in done.stdout


def test_its_files_say_so_as_well(ran):
    folder, _ = ran
    dear, rich = json.loads((folder / "out" / "summary.json").read_text())["scenarios"]
    assert (False, NOT_VIABLE, NOT_VIABLE) == (dear["failed"], dear["verdict"], dear["viability"]["verdict"])
    assert (PASS, VIABLE) == (rich["verdict"], rich["viability"]["verdict"])
    assert [1, 2, 3, 4, 5, 6] == [seed["seed"] for seed in dear["controls"]["touch"]["seeds"]]
    assert dear["controls"]["touch"]["digest"] != dear["digest"]
    suites = ElementTree.parse(folder / "out" / "junit.xml").getroot()
    skipped = [case.get("name") for case in suites.iter("testcase") if case.find("skipped") is not None]
    assert ["viability net_usdt_per_h"] == skipped
    assert (folder / "out" / "dear--touch" / "3" / "digest.txt").is_file()


def test_the_summary_is_what_its_schema_says_and_nothing_else(ran):
    folder, _ = ran
    content = (folder / "out" / "summary.json").read_bytes()
    read = msgspec.json.decode(content, type=RunSummary)
    assert json.loads(content) == json.loads(msgspec.json.encode(read))
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(content.replace(b'"missing_seeds"', b'"missed"'), type=RunSummary)


def test_the_summary_is_valid_by_its_published_schema(ran):
    jsonschema = pytest.importorskip("jsonschema")
    folder, _ = ran
    schema = json.loads(CliRunner().invoke(schema_command, ["summary"]).output)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    plain = json.loads((folder / "out" / "summary.json").read_text())
    assert [] == [error.message for error in validator.iter_errors(plain)]
    plain["scenarios"][0]["gates"][0]["got"] = "many"
    assert not validator.is_valid(plain)


def test_two_runs_are_compared_with_their_verdicts(ran):
    folder, _ = ran
    done = sim("compare", "out", "out", cwd=folder)
    assert 2 == done.stdout.count(" is not viable: it does not pay the strategy nor touch")
    plain = json.loads(sim("compare", "out", "out", "--format", "json", cwd=folder).stdout)
    assert {"dear": [NOT_VIABLE] * 2, "rich": [VIABLE] * 2} == {one["scenario"]: one["viability"] for one in plain}


def test_a_gate_that_fails_fails_whatever_pays(tmp_path):
    path = written(tmp_path, "dear", "8", fills=10_000_000)
    done = sim("run", path, "--workers", "1", "--out", "out", cwd=tmp_path)
    assert 1 == done.returncode
    assert "viability    not viable" in done.stdout
    assert "1 of 1 scenarios failed" in done.stdout


def test_too_few_seeds_show_nothing_and_that_is_no_pass_either(tmp_path):
    done = sim("run", written(tmp_path, "rich", "-8"), "--seed", "1", "--out", "out", cwd=tmp_path)
    assert 0 == done.returncode
    assert "0 scenarios passed, 1 not shown" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("metric: fills, min: 1", "metric: fills, of: tuch, min: 1", "SQ-G006]: gates.0.of: no control 'tuch', did you mean 'touch'? (known are touch)"),
        ("metric: fills, min: 1", "metric: fills, of: touch, over: touch, min: 1", "SQ-C011]: gates.0.over: say either 'of' or 'over'"),
        ("min: 1}", "over: touch, min: 1, vs_baseline_max_drop: 1}", "SQ-G005]: gates.0.vs_baseline_max_drop: a baseline holds"),
        ("metric: net_usdt_per_h", "metric: takes", "SQ-G005]: viability.metric: takes is not better when higher"),
        ("{model: symmetric}", "{modle: symmetric}", "SQ-C010]: unknown key 'modle', did you mean 'model'?"),
        ("name: touch, config: ", "name: touch, config: gone-", "SQ-C022]: no config at "),
        ("gates:", "  - {name: touch, config: c.yaml}\ngates:", "SQ-C011]: controls.1.name: control 'touch' is named twice"),
    ],
)  # fmt: skip
def test_a_file_that_asks_for_what_is_not_there_is_told_where(tmp_path, old, new, told):
    path = tmp_path / written(tmp_path, "bad", "2")
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(OperatorError) as raised:
        load_scenarios([path])
    assert told in str(raised.value)
    assert "bad.yaml:" in str(raised.value)


def test_a_scenario_is_made_longer_or_shorter_from_the_command_line(tmp_path):
    path = tmp_path / written(tmp_path, "rich", "-8")
    (ready,) = load_scenarios([path], settings=["run.duration_s=3600", "run.seeds=64", "spread.base_bps=2"])
    assert (3600, 64, 2) == (ready.run.duration_s, ready.run.seeds, ready.config.spread.base_bps)
    assert (3600, 1.2) == (ready.of_control("touch").run.duration_s, ready.of_control("touch").config.spread.base_bps)
    with pytest.raises(OperatorError, match="unknown key 'sees', did you mean 'seeds'"):
        load_scenarios([path], settings=["run.sees=3"])
    with pytest.raises(OperatorError, match="leaves nothing of duration_s"):
        load_scenarios([path], settings=["run.duration_s=1"])


def test_the_worlds_of_a_control_are_a_scenario_that_can_be_kept_and_read_again(tmp_path):
    (ready,) = load_scenarios([tmp_path / written(tmp_path, "rich", "-8")])
    control = ready.of_control("touch")
    assert ("rich--touch", "symmetric") == (control.name, control.config.model)
    kept = recipe_in(recipe_of(Job(control, 1), this_program()), "scenario.json")
    assert control.model_dump() == kept.scenario.model_dump()
