"""``sim calibrate``: what is searched on is not judged on, and only what was shown is proposed."""

import json
from pathlib import Path

import pytest
from click import BadParameter
from click.testing import CliRunner
from small_world import small_scenario

from sim.runs.engine import Gathered
from sim.runs.job import BreachSeen, SeedResult
from sim.search.asked import read_study
from sim.search.calibration import (
    NOT_SHOWN,
    NOTHING_FEASIBLE,
    PROPOSAL,
    Calibration,
    Unfinished,
    evidence_of,
    in_words,
    joined,
)
from sim.search.proposal import proposed_text
from sim.verbs.calibrate import command
from strategy.errors import OperatorError

pytest.importorskip("optuna", reason="the extra 'calibrate' is not installed")
pytest.importorskip("cmaes", reason="the extra 'calibrate' is not installed")

STUDY = """\
schema_version: 1
name: tiny
scenarios: [small.yaml]
train: 1-3
holdout: 101-108
objective: {metric: net_bps}
constraints: [{metric: slippage_bps, max: 1.8}]
parameters:
  spread.base_bps: {low: 0.7, high: 2.4}
  skew.slope_bps_per_pct: {low: 0.05, high: 0.2, scale: log}
search: {sampler: tpe, trials: 12, batch: 4, seed: 3}
"""


def study(folder: Path, *swaps: tuple[str, str]) -> Path:
    small_scenario(folder, 2)
    text = STUDY
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    (folder / "study.yaml").write_text(text)
    return folder / "study.yaml"


class MadeUp:
    """A bench without worlds: the best width is 2 in training; ``gain`` says what of it is left elsewhere."""

    def __init__(self, gain: float = 1.0, noise: float = 0.01, slippage: float = 1.0) -> None:
        self.gain, self.noise, self.slippage = gain, noise, slippage
        self.seeds: list[int] = []
        self.breaks = ()

    def run(self, jobs):
        self.seeds += [job.seed for job in jobs]
        return Gathered({place: self._one(job) for place, job in enumerate(jobs)})

    def _one(self, job) -> SeedResult:
        width = job.scenario.config.spread.base_bps
        net = 2.0 - (width - 2.0) ** 2
        net = net if job.seed < 100 else self.gain * net
        net = -net if job.scenario.name == "against" else net
        figures = {
            "net_bps": {"value": net + self.noise * (job.seed * 7 % 5)},
            "slippage_bps": {"value": self.slippage * width},
        }
        return SeedResult(job.scenario.name, job.seed, metrics=figures, breaches=self.breaks)


def found_by(folder: Path, bench: MadeUp, *swaps: tuple[str, str]):
    asked = read_study(study(folder, *swaps), None, None, None)
    said: list[str] = []
    found = joined(asked.study, [Calibration(asked, step, bench, "", said.append).find() for step in asked.steps])
    assert len(said) == len(asked.steps) * ((asked.study.search.trials + 3) // 4)
    return asked, found


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "random"])
def test_a_better_width_is_found_and_shown_on_seeds_that_were_not_searched(tmp_path, sampler):
    bench = MadeUp(slippage=0.5)
    asked, found = found_by(tmp_path, bench, ("sampler: tpe", f"sampler: {sampler}"))
    assert PROPOSAL == found.verdict
    assert found.effect.change > 0.3
    assert 1.6 < float(found.best.settings[0].partition("=")[2]) < 2.4
    assert 3 * 13 == sum(seed < 100 for seed in bench.seeds)
    assert 2 * 8 == sum(seed > 100 for seed in bench.seeds)
    again = found_by(tmp_path, MadeUp(slippage=0.5), ("sampler: tpe", f"sampler: {sampler}"))
    assert evidence_of(asked, found) == evidence_of(*again)


def test_what_was_only_luck_in_training_is_not_proposed(tmp_path):
    _, found = found_by(tmp_path, MadeUp(gain=0.0, slippage=0.5))
    assert (NOT_SHOWN, "equal") == (found.verdict, found.effect.verdict)
    _, found = found_by(tmp_path, MadeUp(gain=-1.0, slippage=0.5))
    assert (NOT_SHOWN, "worse") == (found.verdict, found.effect.verdict)


def test_a_gain_that_is_too_small_to_matter_is_not_proposed(tmp_path):
    more = ("train:", "gain_min: 5\ntrain:")
    _, found = found_by(tmp_path, MadeUp(slippage=0.5), more)
    assert (NOT_SHOWN, "better") == (found.verdict, found.effect.verdict)


def test_the_best_keeps_every_constraint_in_training(tmp_path):
    _, found = found_by(tmp_path, MadeUp(slippage=1.0))
    width = float(found.best.settings[0].partition("=")[2])
    assert 1.4 < width <= 1.8
    beyond = [trial for trial in found.trials if not trial.score.is_feasible]
    assert beyond
    assert all("slippage_bps <= 1.8, got" in trial.score.broken[0] for trial in beyond)


def test_where_every_point_breaks_a_promise_nothing_is_proposed(tmp_path):
    bench = MadeUp()
    bench.breaks = (BreachSeen("S1", 1.0, "seen"),)
    _, found = found_by(tmp_path, bench)
    assert (NOTHING_FEASIBLE, None) == (found.verdict, found.best)
    assert all("seed 1: S1" in trial.score.broken[0] for trial in found.trials)


def test_weights_that_exclude_each_other_are_a_bad_point_and_not_the_end(tmp_path):
    narrow = (
        "  skew.slope_bps_per_pct: {low: 0.05, high: 0.2, scale: log}",
        "  spread.width_bps_min: {low: 0.5, high: 2.4}\n  spread.width_bps_max: {low: 0.7, high: 3.0}",
    )
    _, found = found_by(tmp_path, MadeUp(slippage=0.5), narrow)
    refused = [trial for trial in found.trials if trial.score.mean is None]
    assert 0 < len(refused) < 12
    assert found.best.score.is_feasible


def test_lost_runs_end_the_study_instead_of_being_guessed(tmp_path):
    class Loses(MadeUp):
        def run(self, jobs):
            gathered = super().run(jobs)
            del gathered.results[0]
            return gathered

    with pytest.raises(Unfinished):
        found_by(tmp_path, Loses())


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("101-108", "3-8", "holdout", "seed 3 is trained on and judged on"),
        ("net_bps", "takes", "metric", "neither more nor less of takes is better"),
        ("low: 0.7, high: 2.4", "low: 2.7, high: 2.4", "low", "low (2.7) must be below high (2.4)"),
        ("low: 0.05", "low: 0.0", "low", "must be above zero on a log scale"),
        ("spread.base_bps", "spread.base_bpz", "spread.base_bpz", "unknown key"),
        ("low: 0.7", "low: -0.7", "spread.base_bps", "at -0.7:"),
        ("1-3", "1..3", "train", "should be seeds such as"),
        ("small.yaml", "gone.yaml", "gone.yaml", "no such file"),
        ("trials: 12", "trials: 0", "trials", "greater than 0"),
        ("max: 1.8}", "max: 1.8, of: touch}", "constraints.0.of", "it plays no control"),
    ],
)
def test_a_study_that_cannot_be_meant_says_where(tmp_path, old, new, place, words):
    with pytest.raises(OperatorError) as refused:
        read_study(study(tmp_path, (old, new)), None, None, None)
    told = str(refused.value)
    assert words in told
    assert place in told
    assert "--set" not in told


def test_a_key_that_a_scenario_overrides_cannot_be_calibrated(tmp_path):
    path = study(tmp_path)
    small_scenario(tmp_path, 2, overrides="spread.base_bps: 1.0")
    with pytest.raises(OperatorError, match=r"overrides spread\.base_bps"):
        read_study(path, None, None, None)


def test_a_proposal_keeps_comments_and_changes_the_found_weights_only(tmp_path):
    config = Path(small_scenario.__code__.co_filename).parents[1] / "scenarios/configs/default.yaml"
    old = config.read_text()
    new = proposed_text(old, ("spread.base_bps=1.75", "pacing.burst=7"), ["why"])
    changed = [line for line in new.splitlines() if line not in old.splitlines()]
    assert ["# why", "  base_bps: 1.75", "  burst: 7"] == changed
    assert len(new.splitlines()) == len(old.splitlines()) + 1
    short = proposed_text("schema_version: 2\nname: c\n", ("spread.base_bps=1.75",), [])
    assert "spread:\n  base_bps: 1.75\n" in short


def calibrate(path: Path, *arguments: str, code: int = 0):
    done = CliRunner().invoke(command, [str(path), *arguments])
    assert code == done.exit_code, done.output + str(done.exception)
    return done.output


def test_any_number_of_workers_finds_the_same_and_going_on_runs_nothing_again(tmp_path):
    path = study(tmp_path, ("101-108", "101-102"), ("trials: 12", "trials: 3"), ("net_bps", "two_sided_uptime_pct"),
                 ("constraints: [{metric: slippage_bps, max: 1.8}]\n", ""))  # fmt: skip
    one, two = tmp_path / "one", tmp_path / "two"
    assert "not proposed: equal" in calibrate(path, "-w", "1", "--out", str(one))
    calibrate(path, "-w", "2", "--out", str(two))
    assert (one / "evidence.json").read_bytes() == (two / "evidence.json").read_bytes()
    assert not (one / "proposed.yaml").exists()
    assert "--resume" in calibrate(path, "-w", "1", "--out", str(one), code=2)
    lines = (one / "results.ndjson").read_bytes().splitlines(keepends=True)
    assert 3 * 4 + 2 * 2 == len(lines)
    (one / "results.ndjson").write_bytes(b"".join(lines[:7]))
    config = Path(small_scenario.__code__.co_filename).parents[1] / "scenarios/configs/default.yaml"
    before = config.read_bytes()
    assert "left as it is" in calibrate(path, "-w", "1", "--out", str(one), "--resume", "--apply", code=1)
    assert (one / "evidence.json").read_bytes() == (two / "evidence.json").read_bytes()
    assert before == config.read_bytes()


def test_a_proposal_is_written_with_its_evidence_and_applied_only_when_that_is_said(tmp_path, monkeypatch):
    path = study(tmp_path)
    config = tmp_path / "mine.yaml"
    source = Path(small_scenario.__code__.co_filename).parents[1] / "scenarios/configs/default.yaml"
    config.write_text(source.read_text())
    scenario = tmp_path / "small.yaml"
    scenario.write_text(scenario.read_text().replace(str(source), "mine.yaml"))
    monkeypatch.setattr("sim.search.calibration.Bench", lambda crew, ledger: MadeUp(slippage=0.5))
    old = config.read_text()
    told = calibrate(path, "--out", str(tmp_path / "out"))
    assert "proposed: net_bps" in told
    assert old == config.read_text()
    evidence = json.loads((tmp_path / "out" / "evidence.json").read_text())
    assert (PROPOSAL, 8, 12) == (evidence["verdict"], evidence["holdout"]["runs"], len(evidence["training"]["trials"]))
    proposed = (tmp_path / "out" / "proposed.yaml").read_text()
    assert "Proposed by the calibration tiny" in proposed.splitlines()[0]
    calibrate(path, "--out", str(tmp_path / "out"), "--resume", "--apply")
    assert proposed == config.read_text()
    read_study(path, None, None, None)  # what was applied is a config again


def test_the_command_line_may_not_judge_on_training_seeds(tmp_path):
    assert "trained on" in calibrate(study(tmp_path), "--holdout", "2-9", code=2)
    assert "should be seeds such as" in calibrate(study(tmp_path), "--holdout", "some", code=2)


def test_what_the_command_line_says_takes_the_place_of_the_file_before_that_is_judged(tmp_path):
    path = study(tmp_path, ("101-108", "3-8"), ("trials: 12", "trials: 0"))
    asked = read_study(path, "101-102", 5, "random")
    assert ((101, 102), 5, "random") == (asked.holdout_seeds, asked.study.search.trials, asked.study.search.sampler)
    with pytest.raises(OperatorError, match=r"trials: Input should be greater than 0"):
        read_study(path, "101-102", None, None)
    with pytest.raises(OperatorError, match=r"seed 3 is trained on and judged on"):
        read_study(path, None, 5, None)
    with pytest.raises(BadParameter, match=r"seed 1 is trained on and judged on"):
        read_study(path, "1-2", 5, None)


def walk(folder: Path, *later: str) -> tuple[str, str]:
    """Write windows that follow small.yaml; give what makes the study walk over them."""
    small_scenario(folder, 2)
    for name in later:
        text = (folder / "small.yaml").read_text().replace("name: small", f"name: {name}")
        (folder / f"{name}.yaml").write_text(text)
    windows = ["small.yaml", *(f"{name}.yaml" for name in later)]
    steps = [f"  - {{train: [{windows[place]}], holdout: [{windows[place + 1]}]}}" for place in range(len(later))]
    return "scenarios: [small.yaml]", "walk_forward:\n" + "\n".join(steps)


def test_a_walk_forward_judges_each_search_on_what_came_after_it(tmp_path):
    asked, found = found_by(tmp_path, MadeUp(slippage=0.5), walk(tmp_path, "second", "third"))
    assert (PROPOSAL, 16, 2) == (found.verdict, len(found.effect.seeds), len(found.steps))
    assert found.best == found.steps[-1].best
    changes = [step.effect.change for step in found.steps]
    assert sum(changes) / 2 == pytest.approx(found.effect.change)
    assert 2 == len(evidence_of(asked, found)["steps"])


def test_a_walk_that_only_once_went_well_shows_nothing(tmp_path):
    asked, found = found_by(tmp_path, MadeUp(slippage=0.5), walk(tmp_path, "second", "against"))
    assert [PROPOSAL, NOT_SHOWN] == [step.verdict for step in found.steps]
    assert NOT_SHOWN == found.verdict
    assert "not proposed: zero is within the interval" in in_words(asked, found)


def test_a_walk_names_its_own_scenarios_and_a_study_names_some(tmp_path):
    old, new = walk(tmp_path, "second")
    with pytest.raises(OperatorError, match="the steps name their own scenarios"):
        read_study(study(tmp_path, (old, f"{old}\n{new}")), None, None, None)
    with pytest.raises(OperatorError, match="needs 'scenarios' or 'walk_forward'"):
        read_study(study(tmp_path, (f"{old}\n", "")), None, None, None)


def test_the_study_on_the_page_is_one(tmp_path, repository):
    page = (repository / "docs" / "calibration.md").read_text(encoding="utf-8")
    text = page.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "page.yaml").write_text(text.replace("../scenarios", str(repository / "scenarios")))
    asked = read_study(tmp_path / "page.yaml", None, None, None)
    assert (repository / "scenarios" / "configs" / "default.yaml").resolve() == asked.config
    assert (32, 64) == (len(asked.train_seeds), len(asked.holdout_seeds))


def test_without_the_extra_it_is_wrong_usage_and_names_it(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "stormquote[calibrate]" in calibrate(study(tmp_path), code=2)
