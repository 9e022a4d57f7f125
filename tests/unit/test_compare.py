"""``sim compare``: two runs, paired by seed."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_world import small_scenario

from sim.runs.pairing import BETTER, CHANGED, EQUAL, PAIRS_MIN, TOO_FEW, UNCERTAIN, WORSE, effect_of
from sim.runs.recorded import world_of
from sim.runs.resampling import interval_of_mean, luck_of
from sim.verbs.compare import command
from strategy.exit_codes import ExitCode

# A market that moves each seed by whole units, and a change of a hundredth on top.
MARKET = [3.0, -7.0, 12.0, 0.5, -2.0, 8.0, -11.0, 4.0]
FAULTS = ["{kind: reset, at_s: 3, connections: [rest]}", "{kind: dns_outage, at_s: 3, connections: [rest]}"]
JITTER = [0.001, -0.002, 0.0, 0.003, -0.001, 0.002, 0.0, -0.003]


def run_of(folder: Path, values: list[float], metric: str = "net_bps", **changes: object) -> Path:
    seeds = [{"seed": n, "was_cut": False, "metrics": {metric: {"value": v}}} for n, v in enumerate(values, 1)]
    scenario = {"name": "calm", "world": "w", "seeds": seeds, **changes}
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps({"schema_version": 1, "scenarios": [scenario]}))
    return folder


def shifted(by: float) -> list[float]:
    return [value + by + jitter for value, jitter in zip(MARKET, JITTER, strict=True)]


def figures(values: list[float], metric: str = "net_bps") -> dict[int, dict[str, dict[str, float]]]:
    return {seed: {metric: {"value": value}} for seed, value in enumerate(values, 1)}


@pytest.mark.parametrize(
    ("metric", "by", "verdict"),
    [
        ("net_bps", 0.01, BETTER),
        ("net_bps", -0.01, WORSE),
        ("slippage_bps", 0.01, WORSE),
        ("slippage_bps", -0.01, BETTER),
        ("takes", 0.01, CHANGED),
        ("net_bps", 0.0, UNCERTAIN),
    ],
)
def test_the_market_falls_out_of_paired_seeds_and_the_sign_says_what_is_good(metric, by, verdict):
    effect = effect_of("calm", metric, "value", figures(MARKET, metric), figures(shifted(by), metric))
    assert effect is not None
    assert verdict == effect.verdict
    assert by == pytest.approx(effect.change)
    assert effect.interval is not None
    assert effect.interval[0] < by < effect.interval[1]


def test_what_is_the_same_in_every_seed_is_equal_and_few_seeds_show_nothing():
    same = effect_of("calm", "net_bps", "value", figures(MARKET), figures(MARKET))
    assert same is not None
    assert EQUAL == same.verdict
    for count, verdict in ((PAIRS_MIN - 1, TOO_FEW), (PAIRS_MIN, WORSE), (1, TOO_FEW)):
        few = effect_of("calm", "net_bps", "value", figures(MARKET[:count]), figures(shifted(-1)[:count]))
        assert few is not None
        assert verdict == few.verdict


def test_an_interval_that_few_seeds_make_too_narrow_shows_nothing_by_itself():
    after = [value + change for value, change in zip(MARKET, (1, 1, 1, 1, 1, -0.1), strict=False)]
    effect = effect_of("calm", "net_bps", "value", figures(MARKET[:6]), figures(after))
    assert effect is not None
    assert effect.interval is not None
    assert effect.interval[0] > 0
    assert UNCERTAIN == effect.verdict


def test_luck_is_the_share_of_signs_that_give_as_much():
    assert [1 / 8, 2 / 8, 5 / 8, 1] == [
        luck_of("x", values) for values in ([1, 2, 3], [-1, 2, 3], [-1, -2, 2.5], [0, 0])
    ]
    many = [0.1 * place - 1 for place in range(40)]
    assert 1 / 10_000 == luck_of("x", many)
    assert luck_of("x", JITTER * 3) == luck_of("x", JITTER * 3)
    assert 0.4 < luck_of("x", JITTER * 3) < 0.6


def test_only_seeds_that_have_the_figure_in_both_are_paired():
    before, after = figures(MARKET), figures(shifted(1))
    del before[2]
    after[3] = {}
    effect = effect_of("calm", "net_bps", "value", before, after)
    assert effect is not None
    assert (1, 4, 5, 6, 7, 8) == effect.seeds
    assert effect_of("calm", "fills", "value", before, after) is None


def test_an_interval_is_the_same_in_another_process_and_depends_on_what_it_is_for():
    told = interval_of_mean("calm/net_bps/value", MARKET)
    code = f"from sim.runs.resampling import interval_of_mean as f\nprint(repr(f('calm/net_bps/value', {MARKET})))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert repr(told) == done.stdout.strip()
    assert told != interval_of_mean("calm/fills/value", MARKET)


def test_an_interval_holds_the_mean_of_a_skewed_sample_and_is_none_of_one_value():
    skewed = [math.exp(value / 4) for value in MARKET]
    found = interval_of_mean("skewed", skewed)
    assert found is not None
    mean = sum(skewed) / len(skewed)
    # A plain percentile interval would be about symmetric; this one leans to the long tail.
    assert mean - found[0] < found[1] - mean
    assert interval_of_mean("one", [1.0]) is None
    assert (0.3, 0.1 + 0.2) == interval_of_mean("rounding", [0.3, 0.1 + 0.2, 0.3])


def test_the_verb_tells_effect_interval_and_verdict(tmp_path):
    before, after = run_of(tmp_path / "a", MARKET), run_of(tmp_path / "b", shifted(-0.01))
    done = CliRunner().invoke(command, [str(before), str(after)])
    assert 0 == done.exit_code, done.output
    row = next(line for line in done.output.splitlines() if "net_bps" in line)
    assert row.split()[-1] == "worse"
    assert ["-0.01", "8"] == [word for word in row.split() if word in ("-0.01", "8")]
    done = CliRunner().invoke(command, [str(before), str(after / "summary.json"), "--format", "json"])
    (one,) = json.loads(done.output)
    (effect,) = one["effects"]
    assert ("calm", "net_bps", "worse", list(range(1, 9))) == (
        one["scenario"],
        effect["metric"],
        effect["verdict"],
        effect["seeds"],
    )


def test_equal_runs_have_nothing_to_list(tmp_path):
    before, after = run_of(tmp_path / "a", MARKET), run_of(tmp_path / "b", MARKET)
    done = CliRunner().invoke(command, [str(before), str(after)])
    assert "1 figures are the same in every seed" in done.output
    done = CliRunner().invoke(command, [str(before), str(after), "--metric", "net_bps"])
    assert "equal" in done.output


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"world": "other"}, "SQ-G011", "market, faults or length are not the same"),
        ({"name": "storm"}, "SQ-G010", "no scenario is in both: calm; storm"),
        ({"seeds": []}, "SQ-G011", "no seed ran to its end in both"),
        ({"seeds": 3}, "SQ-G011", "holds no figures of a run"),
    ],
)
def test_what_cannot_be_compared_exits_7_and_says_why(tmp_path, changes, code, words):
    before, after = run_of(tmp_path / "a", MARKET), run_of(tmp_path / "b", MARKET, **changes)
    done = CliRunner().invoke(command, [str(before), str(after)])
    assert (ExitCode.BASELINE, True) == (done.exit_code, f"error[{code}]" in done.output)
    assert words in done.output


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"seed": 2', '"seed": 1', "calm has seed 1 twice"),
        ('"value": 12.0', '"value": 1.7e308', "calm has a net_bps in seed 3 that no run can have"),
        ('"value": 12.0', '"value": 1e999', "out of range"),
        ('"value": 12.0', '"value": NaN', "malformed"),
        ('"scenarios": [', '"scenarios": [{"name": "calm", "world": "w", "seeds": []}, ', "calm is in it twice"),
    ],
)
def test_figures_that_no_run_writes_are_refused(tmp_path, old, new, words):
    before, after = run_of(tmp_path / "a", MARKET), run_of(tmp_path / "b", MARKET)
    text = (before / "summary.json").read_text()
    assert old in text
    (before / "summary.json").write_text(text.replace(old, new, 1))
    for pair in ((before, after), (after, before)):
        done = CliRunner().invoke(command, [str(one) for one in pair])
        assert (ExitCode.BASELINE, True) == (done.exit_code, "error[SQ-G011]" in done.output)
        assert words in done.output


def test_a_run_that_is_not_there_or_of_another_version_exits_7(tmp_path):
    before = run_of(tmp_path / "a", MARKET)
    done = CliRunner().invoke(command, [str(before), str(tmp_path / "none")])
    assert (ExitCode.BASELINE, True) == (done.exit_code, "error[SQ-G010]" in done.output)
    (tmp_path / "new.json").write_text('{"schema_version": 2, "scenarios": []}')
    done = CliRunner().invoke(command, [str(before), str(tmp_path / "new.json")])
    assert (ExitCode.BASELINE, True) == (done.exit_code, "is of version 2" in done.output)


def test_an_unknown_figure_is_wrong_usage_with_the_nearest_name(tmp_path):
    before = run_of(tmp_path / "a", MARKET)
    for figure, words in (("net_bp", "did you mean 'net_bps'"), ("net_bps.p95", "net_bps has no 'p95', only value")):
        done = CliRunner().invoke(command, [str(before), str(before), "--metric", figure])
        assert (ExitCode.USAGE, True) == (done.exit_code, words in done.output)
    done = CliRunner().invoke(command, [str(before), str(before), "--metric", "fills"])
    assert (ExitCode.BASELINE, True) == (done.exit_code, "no seed of both runs has fills" in done.output)


def test_the_strategy_is_no_part_of_the_world_and_everything_else_is(tmp_path):
    plain = small_scenario(tmp_path)
    assert world_of(plain, None) == world_of(small_scenario(tmp_path, overrides="spread.base_bps: 9"), None)
    said = plain.profile.model_copy(update={"description": "Other words."})
    assert world_of(plain, None) == world_of(plain.model_copy(update={"profile": said}), 20)
    others = [
        world_of(small_scenario(tmp_path, 21), None),
        world_of(small_scenario(tmp_path, market="venue.public_stream: false"), None),
        world_of(small_scenario(tmp_path, symbols="[ETHUSDT]"), None),
        *(world_of(small_scenario(tmp_path, faults=fault, calm_s=15), None) for fault in FAULTS),
        world_of(plain, 5),
    ]
    assert len({world_of(plain, None), *others}) == len(others) + 1


def test_what_each_fault_cost_is_laid_side_by_side(tmp_path):
    runs = [run_of(tmp_path / name, MARKET) for name in "ab"]
    for folder, usdt in zip(runs, (1.5, 2.5), strict=True):
        plain = json.loads((folder / "summary.json").read_text())
        cost = {"fault": "cut", "usdt": usdt, "interval": [usdt - 1, usdt + 1], "stale_quote_s": 3.0, "kind": "x"}
        plain["scenarios"][0]["fault_costs"] = {"faults": [cost]}
        (folder / "summary.json").write_text(json.dumps(plain))
    done = CliRunner().invoke(command, [*map(str, runs), "--by", "fault"])
    assert 0 == done.exit_code, done.output
    row = next(line for line in done.output.splitlines() if line.split()[:1] == ["cut"])
    assert ["cut", "1.5", "0.5", "..", "2.5", "2.5", "1.5", "..", "3.5", "3", "3"] == row.split()
    told = json.loads(CliRunner().invoke(command, [*map(str, runs), "--by", "fault", "--format", "json"]).output)
    assert [1.5, 2.5] == [one["usdt"] for one in told["calm"]["cut"]]


def test_runs_that_do_not_know_what_their_faults_cost_exit_7_and_say_how_to_learn_it(tmp_path):
    runs = [str(run_of(tmp_path / name, MARKET)) for name in "ab"]
    done = CliRunner().invoke(command, [*runs, "--by", "fault"])
    assert (ExitCode.BASELINE, True) == (done.exit_code, "--fault-costs" in done.output)
    done = CliRunner().invoke(command, [*runs, "--by", "fault", "--metric", "net_bps"])
    assert ExitCode.USAGE == done.exit_code
