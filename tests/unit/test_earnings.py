"""The tables of what is earned: that nothing is run twice, that only pairs count, and what is said of bad input."""

import earnings
import pytest
from small_world import small_scenario

from sim.runs.engine import Gathered
from sim.runs.job import SeedResult
from sim.search.ledger import Ledger


def table(folder, *arguments, code=0, capsys):
    small_scenario(folder, 3)
    given = ["table", str(folder / "small.yaml"), "--seeds", "1-2", "--hours", "0.001", "--workers", "1"]
    assert code == earnings.main([*given, "--out", str(folder / "out"), *arguments])
    return capsys.readouterr()


def test_what_was_run_is_found_again_after_a_kill(tmp_path, capsys):
    first = table(tmp_path, capsys=capsys)
    assert "4 of 4 runs" in first.err
    path = tmp_path / "out" / earnings.LEDGER
    whole = path.read_bytes()
    # Killed while it wrote: the last line is half there, and only its run is made again.
    path.write_bytes(whole[:-99])
    so_far = table(tmp_path, "--so-far", capsys=capsys)
    assert "3 of 4 runs" in so_far.err
    assert "| small | the strategy | 1 |" in so_far.out
    assert first.out == table(tmp_path, capsys=capsys).out
    with Ledger(path):
        assert len(path.read_bytes().splitlines()) == 5, "three lines, the torn one, and what it was again"


def test_the_control_is_told_beside_the_strategy_and_their_difference(tmp_path, capsys):
    lines = table(tmp_path, capsys=capsys).out.splitlines()
    assert ["the strategy", "the touch"] == [line.split(" | ")[1] for line in lines[2:4]]
    assert "too few seeds" in lines[-1]


def result(seed, ex_fees, **more):
    return SeedResult("small", seed, metrics={"net_ex_fees_bps": {"value": ex_fees}}, **more)


def played(tmp_path, results):
    arms = (earnings.STRATEGY, earnings.CONTROL)
    small_scenario(tmp_path, 3)
    jobs = earnings._jobs([tmp_path / "small.yaml"], arms, range(1, 9), 0.001)
    return earnings._played(jobs, arms, Gathered(results))


def test_a_seed_counts_only_where_every_arm_came_to_its_end(tmp_path):
    found = {place: result(place // 2 + 1, 0.1 * place) for place in range(16)}
    del found[3]
    found[4] = result(3, 0.0, was_cut=True)
    found[7] = result(4, 0.0, error="raised")
    (one,) = played(tmp_path, found)
    for arm in ("the strategy", "the touch"):
        assert [1, 5, 6, 7, 8] == [kept.seed for kept in one.results[arm]]


def test_a_difference_is_paired_and_says_what_it_shows(tmp_path):
    better = {place: result(place // 2 + 1, place // 2 - 0.2 * (place % 2)) for place in range(16)}
    (one,) = played(tmp_path, better)
    assert "0.200 [0.200, 0.200], better" == one.change("the touch", "the strategy", "net_ex_fees_bps", 3)
    assert "-" == one.change("the touch", "the strategy", "net_usdt_per_h", 1), "nobody measured it"


def test_every_stage_can_be_removed(tmp_path):
    small_scenario(tmp_path, 3)
    arms = (earnings.STRATEGY, *earnings.REMOVED, *earnings.OFFERED)
    jobs = earnings._jobs([tmp_path / "small.yaml"], arms, [1], 0.001)
    assert len(arms) == len({job.scenario.model_dump_json() for job in jobs})


@pytest.mark.parametrize(
    "wrong", [("--seeds", "x"), ("--arm", "x"), ("--hours", "0"), ("--hours", "nan"), ("--workers", "0")]
)
def test_bad_input_is_wrong_usage(tmp_path, capsys, wrong):
    with pytest.raises(SystemExit) as stopped:
        table(tmp_path, *wrong, capsys=capsys)
    assert 2 == stopped.value.code


def test_a_scenario_that_is_not_there_is_named(tmp_path, capsys):
    assert 3 == earnings.main(["ablation", str(tmp_path / "no.yaml"), "--out", str(tmp_path / "out")])
    assert "no.yaml" in capsys.readouterr().err


def test_nothing_so_far_is_said(tmp_path, capsys):
    assert "0 of 4 runs" in table(tmp_path, "--so-far", code=5, capsys=capsys).err


def test_one_stage_can_be_asked_for_alone(tmp_path, capsys):
    small_scenario(tmp_path, 3)
    given = ["ablation", str(tmp_path / "small.yaml"), "--arm", "skew", "--seeds", "1", "--hours", "0.001"]
    assert 0 == earnings.main([*given, "--workers", "1", "--out", str(tmp_path / "out")])
    said = capsys.readouterr()
    assert "2 of 2 runs" in said.err
    assert ["inventory skew"] == [line.split(" | ")[1] for line in said.out.splitlines()[2:]]


def test_a_worker_that_was_lost_is_no_empty_table(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(earnings, "_gather", lambda *_: Gathered(lost=[0, 1]))
    table(tmp_path, code=8, capsys=capsys)


def test_what_is_offered_is_compared_the_other_way_round(tmp_path):
    (offered,), removed = earnings.OFFERED, earnings.REMOVED[0]
    gains = {earnings.STRATEGY.name: 1.0, offered.name: 1.5, removed.name: 0.8}
    results = {name: [result(seed, ex_fees) for seed in range(1, 9)] for name, ex_fees in gains.items()}
    rows = [row.split(" | ")[1:4:2] for row in earnings.ablation_of([earnings.Played("small", results)])][2:]
    assert [[offered.name, "0.500 [0.500, 0.500], better"], [removed.name, "0.200 [0.200, 0.200], better"]] == rows
