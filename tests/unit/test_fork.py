"""``sim fork``: two worlds that differ from an instant on, share everything before it, and the others' flow throughout."""

import json

import pytest
from replayed import NAME, keep_run, said, shown

from sim.market.flow import FlowMarket
from sim.plan import without
from sim.replay.fork import first_change_ns, fork, forked
from sim.replay.stored import stored
from sim.scenario.faults import KINDS
from strategy.units import NS_PER_S


@pytest.fixture(scope="module")
def seed(tmp_path_factory):
    return keep_run(tmp_path_factory.mktemp("run"), seconds=12, calm_s=10) / NAME / "1"


def told(seed, *words, code=0):
    done = said("fork", seed, *words, "--format", "json")
    assert code == done.exit_code, done.output
    return json.loads(done.stdout)


def figures(found):
    return {one["metric"]: (one["then"], one["now"]) for one in found["figures"]}


def test_without_a_fault_the_past_and_the_flow_of_others_are_the_same_and_the_effect_is_told(seed):
    found = told(seed, "--without", "gone")
    assert ("", "", True) == (found["wrong"], found["proof"]["differs"], found["proof"]["is_whole"])
    assert (9.0, 12.0) == (found["from_s"], found["flow_s"])
    assert found["shared_records"] > 100
    assert 9.0 == found["parting"]["at_s"]
    assert found["parting"]["then"].startswith('["crash",9000000000')
    assert (1.0, 0.0) == figures(found)["restarts"]
    assert {"pnl_usdt", "fills", "stale_quote_s"} <= set(figures(found))


def test_a_fault_that_had_begun_ends_at_the_instant_of_the_fork(seed):
    found = told(seed, "--without", "lost", "--at", 6)
    assert 6.0 == found["from_s"]
    assert found["parting"] is None or found["parting"]["at_s"] >= 6.0


def test_what_is_put_in_acts_from_its_start_on(seed):
    found = told(seed, "--at", 5, "--with", "{id: dark, at_s: 6, for_s: 2, kind: feed_frozen}")
    assert ("", 6.0, ["with dark"]) == (found["wrong"], found["from_s"], found["changed"])
    assert 6.0 <= found["parting"]["at_s"] < 8.0


def test_both_at_once_and_a_fault_without_an_id_gets_one(seed):
    found = told(seed, "--without", "late", "--with", "{at_s: 2, for_s: 1, kind: feed_frozen}")
    assert ["without late", "with feed_frozen.with1"] == found["changed"]
    assert 2.0 == found["from_s"]


def test_a_fault_that_is_named_twice_is_taken_out_once(seed):
    assert ["without late"] == told(seed, "--without", "late", "--without", "late")["changed"]


def test_a_person_reads_what_is_proven_and_what_changed(seed):
    done = said("fork", seed, "--without", "gone")
    for words in ("proven: the run that was kept", "shared", "others propose the same for 12 s", "parted", "pnl_usdt"):
        assert words in done.output


@pytest.fixture(scope="module")
def cut(tmp_path_factory):
    """A stream falls at the very instant at which the markets are taken down in the trace."""
    falls = "{id: cut, at_s: 10, kind: reset, connections: [private]}"
    return keep_run(tmp_path_factory.mktemp("cut"), seconds=12, faults=falls, calm_s=11) / NAME / "1"


def test_where_worlds_part_at_a_step_and_at_a_record_of_the_markets_each_tells_its_own_time(cut):
    parting = told(cut, "--without", "cut")["parting"]
    assert ["step", "market"] == [json.loads(parting[side])[0] for side in ("then", "now")]
    assert 10.0 == parting["at_s"]


def test_where_worlds_part_at_a_step_in_both_the_bots_clock_is_told_from_the_start(cut):
    parting = told(cut, "--with", "{at_s: 9.02, kind: reset, connections: [private]}")["parting"]
    assert ["step", "step"] == [json.loads(parting[side])[0] for side in ("then", "now")]
    assert 9.02 <= parting["at_s"] < 9.1


def test_a_person_reads_the_records_at_which_worlds_part_as_a_time_line_has_them(cut):
    lines = said("fork", cut, "--without", "cut").output.splitlines()
    place = lines.index("parted  at t = 10.000000 s")
    assert lines[place + 1].startswith("  then  step stream_down stream=private  ->  ")
    assert lines[place + 2].startswith('  now   market ["')


def test_a_fork_is_kept_and_looked_into_like_any_run(seed, tmp_path):
    done = said("fork", seed, "--without", "gone", "--out", tmp_path / "forked")
    assert f"look  sim replay {tmp_path}/forked/{NAME}/1" in done.stderr
    seen = shown(tmp_path / "forked" / NAME / "1", "--at", 9.2)
    assert seen["moment"]["bot"]["is_alive"], "the crash at 9 s is gone"
    assert (True, "") == (seen["proof"]["is_whole"], seen["proof"]["differs"])


def test_a_fork_never_takes_the_place_of_the_run_it_is_of(seed):
    done = said("fork", seed, "--without", "gone", "--out", seed.parent.parent)
    assert (2, True) == (done.exit_code, "the run that was kept is there" in done.output)


def test_a_fork_never_takes_the_place_of_another_fork_or_run(seed, tmp_path):
    out = tmp_path / "forked"
    assert 0 == said("fork", seed, "--without", "gone", "--out", out).exit_code
    kept = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    done = said("fork", seed, "--without", "late", "--out", out)
    assert 2 == done.exit_code
    assert f"{out} holds a fork of {NAME}: name another folder, or delete it" in " ".join(done.stderr.split())
    assert kept == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    run = keep_run(tmp_path, seconds=2, faults="", calm_s=1)
    done = said("fork", seed, "--without", "late", "--out", run)
    assert (2, True) == (done.exit_code, f"holds a run of {NAME}" in " ".join(done.stderr.split()))


def test_a_fork_that_cannot_be_kept_is_told_before_anything_runs(seed, tmp_path):
    (tmp_path / "file").write_text("")
    done = said("fork", seed, "--without", "gone", "--out", tmp_path / "file" / "below")
    assert (2, True) == (done.exit_code, "cannot write to" in done.output)


# The proof can fail


def test_a_draw_that_depends_on_a_fault_is_found_out(seed, monkeypatch):
    """Others who look at our orders before they propose are no common random numbers any more."""
    propose = FlowMarket._propose

    def leaky(market, now_ns):
        propose(market, now_ns)
        market.next_proposal_ns += len(market.ours)

    monkeypatch.setattr(FlowMarket, "_propose", leaky)
    kept = stored(str(seed))
    found, _ = fork(kept, without(kept.plan, ("gone",)), ("without gone",), "")
    assert "others propose something else in the 0.1 s before t = " in found.wrong


def test_a_past_that_is_not_shared_is_found_out(seed, monkeypatch):
    monkeypatch.setattr("sim.replay.fork.first_change_ns", lambda one, other: 11 * NS_PER_S)
    kept = stored(str(seed))
    found, _ = fork(kept, without(kept.plan, ("gone",)), ("without gone",), "")
    assert "before t = 11 s" in found.wrong


def test_what_is_wrong_exits_6(seed, monkeypatch):
    monkeypatch.setattr("sim.replay.fork.first_change_ns", lambda one, other: 11 * NS_PER_S)
    done = said("fork", seed, "--without", "gone")
    assert 6 == done.exit_code
    assert "error[SQ-S044]: " in done.stderr
    assert "nothing follows from it" in done.output


# Plans


def test_the_first_change_is_where_a_fault_begins_or_ends_otherwise(seed):
    kept = stored(str(seed))
    assert 9 * NS_PER_S == first_change_ns(kept.plan, forked(kept, 0, ("gone",), ()))
    assert 4 * NS_PER_S == first_change_ns(kept.plan, forked(kept, 0, ("gone", "lost"), ()))
    assert 6 * NS_PER_S == first_change_ns(kept.plan, forked(kept, 6 * NS_PER_S, ("lost",), ()))
    assert None is first_change_ns(kept.plan, kept.plan)


# What is wrong with the asking


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "say what to change"),
        (("--without", "late", "--at", 6), "late was over at 5 s"),
        (("--without", "gone", "--at", 99), "the run is 12 s long"),
    ],
)
def test_a_change_that_changes_nothing_is_wrong_usage(seed, words, told):
    done = said("fork", seed, *words)
    assert (2, True) == (done.exit_code, told in done.output), done.output


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{at_s: 6, kind: feed_frosen}", "unknown kind 'feed_frosen', did you mean 'feed_frozen'?\n"),
        ("{at_s: 6, kind: qqqq}", f"unknown kind 'qqqq'; {len(KINDS)} are known, and `sim faults` lists them"),
        ("{at_s: 6, kind: feed_frozen, prob: 1}", "unknown key 'prob'"),
        ("{at_s: 6", "--with:1:"),
        ("{kind: feed_frozen}", "missing key 'at_s'"),
        ("{at_s: 1, kind: feed_frozen}", "the past cannot be changed"),
        ("{at_s: 99, kind: feed_frozen}", "the storm is over at 10 s"),
        ("{id: lost, at_s: 6, kind: feed_frozen}", "id 'lost' is taken"),
        ("{at_s: 6, kind: feed_frozen, symbols: [ETHUSDT]}", "ETHUSDT is not traded here"),
        ("", "--with:1:"),
    ],
)
def test_a_fault_that_is_none_is_a_bad_file_with_its_place(seed, text, told):
    from sim.replay.changes import put_in
    from strategy.errors import OperatorError

    with pytest.raises(OperatorError) as wrong:
        put_in(stored(str(seed)), [text], 5 * NS_PER_S)
    assert told in str(wrong.value)


def test_two_of_a_kind_that_exclude_each_other_are_refused_unless_one_is_taken_out(seed):
    from sim.replay.changes import put_in
    from strategy.errors import OperatorError

    away = ["{at_s: 6, for_s: 3, kind: downtime}", "{at_s: 8, for_s: 1, kind: downtime}"]
    with pytest.raises(OperatorError, match=r"while 'downtime\.with1' lasts") as wrong:
        put_in(stored(str(seed)), away, 0)
    assert [("SQ-S014", away[1])] == [(one.code, one.source_line) for one in wrong.value.problems]
    assert 2 == len(put_in(stored(str(seed)), [away[0], "{at_s: 9, for_s: 1, kind: downtime}"], 0))


def test_the_caret_stands_in_what_was_written(seed):
    from sim.replay.changes import put_in
    from strategy.errors import OperatorError

    text = "{at_s: 6, kind: feed_frozen, prob: 1}"
    with pytest.raises(OperatorError) as wrong:
        put_in(stored(str(seed)), [text], 0)
    (problem,) = wrong.value.problems
    assert (text, text.index("prob") + 1) == (problem.source_line, problem.col)


def test_a_fault_to_take_out_that_is_not_there_is_told_like_a_seed_that_is_not(seed):
    done = said("fork", seed, "--without", "gon")
    told = "error[SQ-S040]: no fault 'gon', did you mean 'gone'?; there are late, lost, gone"
    assert (3, told) == (done.exit_code, done.stderr.strip())


def test_a_fork_of_what_is_not_there_says_so(tmp_path):
    done = said("fork", tmp_path / "none" / "1", "--without", "x")
    assert (3, True) == (done.exit_code, "error[SQ-S040]" in done.stderr)
