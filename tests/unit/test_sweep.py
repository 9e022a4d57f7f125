"""``sim sweep``: which points, that nothing is run twice, and what is said of them."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from small_world import small_scenario

from sim.runs.engine import Gathered
from sim.runs.job import Job, SeedResult
from sim.search.ledger import Ledger, key_of
from sim.search.points import drawn, grid, parameter_of
from sim.verbs.sweep import command

WIDTHS = ("-p", "spread.base_bps=1:2:2", "-p", "skew.slope_bps_per_pct=0.05,0.1")


def sweep(folder: Path, *arguments: object, code: int = 0):
    small_scenario(folder, 3)
    common = [str(folder / "small.yaml"), "-w", "1", "--seeds", "1-2"]
    given = list(map(str, arguments))
    out = [] if "--out" in given else ["--out", str(folder / "out")]
    done = CliRunner().invoke(command, [*common, *out, *given])
    assert code == done.exit_code, done.output
    return done


def table_of(folder: Path, out: str = "out") -> dict:
    return json.loads((folder / out / "sweep.json").read_text())


def test_a_grid_is_every_combination_with_even_steps():
    parameters = [parameter_of("spread.base_bps=0.6:2.5:3"), parameter_of("model=pipeline,symmetric")]
    assert ("0.6", "1.55", "2.5") == parameters[0].values
    assert [
        ("spread.base_bps=0.6", "model=pipeline"), ("spread.base_bps=0.6", "model=symmetric"),
        ("spread.base_bps=1.55", "model=pipeline"), ("spread.base_bps=1.55", "model=symmetric"),
        ("spread.base_bps=2.5", "model=pipeline"), ("spread.base_bps=2.5", "model=symmetric"),
    ] == list(grid(parameters))  # fmt: skip


def test_a_drawn_point_lies_inside_and_more_points_move_none():
    parameters = [parameter_of("a.b=0.6:2.5"), parameter_of("c=x,y")]
    few, many = drawn(parameters, 3, 7), drawn(parameters, 50, 7)
    assert few == many[:3]
    assert few != drawn(parameters, 3, 8)
    assert {"c=x", "c=y"} == {point[1] for point in many}
    numbers = [float(point[0].partition("=")[2]) for point in many]
    assert 0.6 <= min(numbers) < 1.0
    assert 2.1 < max(numbers) <= 2.5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a=",
        "=1:2:3",
        "a=1:2:1",
        "a=2:1:3",
        "a=1:b:3",
        "a=1:2:3:4",
        "a=1,,2",
        "a=1:2:2.5",
        "a=1:2:100000000",
        "a=1:1.0000000001:5",
    ],
)
def test_a_parameter_that_cannot_be_meant_is_wrong_usage(text):
    with pytest.raises(click.BadParameter):
        parameter_of(text)


def test_a_grid_needs_counts_and_has_a_bound():
    with pytest.raises(click.BadParameter, match="'a=1:2': a grid needs a COUNT"):
        grid([parameter_of("a=1:2")])
    with pytest.raises(click.UsageError, match="--random"):
        grid([parameter_of("a=1:2:1000"), parameter_of("b=1:2:1000")])


def test_each_point_is_run_with_its_settings_over_the_same_seeds(tmp_path):
    done = sweep(tmp_path, *WIDTHS, "--metric", "quotes", "--metric", "fills")
    assert "spread.base_bps" in done.output
    assert [f"{many} of 8 runs" for many in range(1, 9)] == [
        line for line in done.stderr.splitlines() if " runs" in line
    ][:-1]
    made = table_of(tmp_path)
    assert [["spread.base_bps=1", "skew.slope_bps_per_pct=0.05"], ["spread.base_bps=1", "skew.slope_bps_per_pct=0.1"],
            ["spread.base_bps=2", "skew.slope_bps_per_pct=0.05"], ["spread.base_bps=2", "skew.slope_bps_per_pct=0.1"],
            ] == [point["settings"] for point in made["points"]]  # fmt: skip
    assert all([1, 2] == [seed["seed"] for seed in point["seeds"]] for point in made["points"])
    first, last = made["points"][0], made["points"][-1]
    assert first["seeds"][0]["digest"] != last["seeds"][0]["digest"]
    quotes = [seed["metrics"]["quotes"]["value"] for seed in first["seeds"]]
    assert sum(quotes) / 2 == first["means"]["quotes"]


def test_two_workers_give_the_same_bytes_as_one(tmp_path):
    sweep(tmp_path, *WIDTHS)
    sweep(tmp_path, *WIDTHS, "-w", "2", "--out", str(tmp_path / "two"))
    assert (tmp_path / "out" / "sweep.json").read_bytes() == (tmp_path / "two" / "sweep.json").read_bytes()


def test_going_on_runs_only_what_is_missing_and_comes_to_the_same(tmp_path):
    sweep(tmp_path, *WIDTHS)
    whole, ledger = (tmp_path / "out" / "sweep.json").read_bytes(), tmp_path / "out" / "results.ndjson"
    lines = ledger.read_bytes().splitlines(keepends=True)
    assert 8 == len(lines)
    ledger.write_bytes(b"".join(lines[:3]) + lines[3][:40])
    refused = sweep(tmp_path, *WIDTHS, code=2)
    assert "--resume" in refused.output
    done = sweep(tmp_path, *WIDTHS, "--resume")
    assert "8 of 8 runs (3 were there already)" in done.output
    assert whole == (tmp_path / "out" / "sweep.json").read_bytes()
    assert "(8 were there already)" in sweep(tmp_path, *WIDTHS, "--resume").output


def test_a_result_is_only_found_for_the_very_same_job(tmp_path):
    scenario = small_scenario(tmp_path, 3)
    wider = small_scenario(tmp_path, 3, overrides="spread.base_bps: 2.0")
    with Ledger(tmp_path / "ledger") as ledger:
        ledger.keep(key_of(Job(scenario, 1)), SeedResult("small", 1, digest="d"))
    again = Ledger(tmp_path / "ledger")
    assert "d" == again.find(key_of(Job(scenario, 1))).digest
    for other in (Job(scenario, 2), Job(wider, 1), Job(scenario, 1, until_s=1.0), Job(scenario, 1, core="a:b")):
        assert again.find(key_of(other)) is None


def test_every_point_is_checked_before_any_is_run(tmp_path):
    done = sweep(tmp_path, "-p", "spread.base_bps=1,-1", "-p", "skew.sloppe=1,2", code=1)
    words = str(done.exception)
    assert "spread.base_bps" in words
    assert "skew.sloppe" in words
    assert not (tmp_path / "out").exists()


def test_an_unknown_figure_is_wrong_usage(tmp_path):
    assert "did you mean" in sweep(tmp_path, *WIDTHS, "--metric", "net_bp", code=2).output


def test_no_seeds_at_all_are_not_those_of_the_scenario(tmp_path):
    assert "'' selects no seed" in sweep(tmp_path, *WIDTHS, "--seeds", "", code=2).output
    assert not (tmp_path / "out").exists()


class MadeUp:
    """A bench without worlds: a wide quote earns more, and is not filled in seed 3."""

    reused = 0

    def run(self, jobs):
        return Gathered({place: self._one(job) for place, job in enumerate(jobs)})

    def _one(self, job) -> SeedResult:
        width = job.scenario.config.spread.base_bps
        is_filled = width < 2 or job.seed != 3
        figures = {"net_bps": {"value": width + job.seed / 100}} if is_filled else {}
        return SeedResult(job.scenario.name, job.seed, metrics=figures)


def made_up(folder: Path, monkeypatch, seeds: str, *arguments: str):
    monkeypatch.setattr("sim.search.sweep.Bench", lambda crew, ledger, say: MadeUp())
    return sweep(folder, *arguments, "--seeds", seeds, "--metric", "net_bps")


def test_a_point_without_the_figure_in_some_seed_says_so_and_is_never_the_best(tmp_path, monkeypatch):
    done = made_up(tmp_path, monkeypatch, "1-6", "-p", "spread.base_bps=1,1.5,2")
    assert "best net_bps: spread.base_bps=1.5\n" in done.stdout
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert "(5 of 6)" in rows["2"]
    assert " of 6" not in rows["1"] + rows["1.5"]
    assert "not compared: 1 point has no net_bps in some seed, such as spread.base_bps=2: 5 of 6" in done.stdout
    assert [{"net_bps": 6}, {"net_bps": 6}, {"net_bps": 5}] == [one["counts"] for one in table_of(tmp_path)["points"]]


def test_where_no_point_has_the_figure_in_every_seed_there_is_no_best(tmp_path, monkeypatch):
    done = made_up(tmp_path, monkeypatch, "1-6", "-p", "spread.base_bps=2,2.5")
    assert "best net_bps" not in done.stdout
    assert "not compared: 2 points have no net_bps in some seed" in done.stdout


def test_fewer_seeds_than_a_comparison_judges_give_no_interval(tmp_path, monkeypatch):
    few = made_up(tmp_path, monkeypatch, "1-5", "-p", "spread.base_bps=1,1.5")
    assert "no interval: 6 seeds are needed" in few.stdout
    assert [None, None] == [one["interval"] for one in table_of(tmp_path)["points"]]
    more = made_up(tmp_path, monkeypatch, "1-6", "-p", "spread.base_bps=1,1.5,2", "--resume")
    assert "no interval" not in more.stdout
    # The last has a value in five seeds of the six.
    assert [True, True, False] == [one["interval"] is not None for one in table_of(tmp_path)["points"]]
