"""``sim replay RUN/SCENARIO/SEED``: a kept seed is run again from its folder alone, proven, and looked into."""

import json
import shlex
import shutil

import pytest
from replayed import NAME, SECONDS, keep_run, refused, said, shown

from sim.runs.recipe import Unreadable, recipe_in

# It is the same run


def test_a_kept_seed_is_proven_from_its_folder_alone(kept):
    proof = shown(kept / NAME / "1", "--at", 5)["proof"]
    digest = (kept / NAME / "1" / "digest.txt").read_text().strip()
    assert (True, "", digest) == (proof["is_whole"], proof["differs"], proof["digest"])
    assert 0 < proof["checkpoints"] == proof["of"]


def test_whoever_looks_on_changes_nothing_however_closely(kept):
    for words in (("--print",), ("--at", 4.2, "--for", 1), ("--until-invariant", "S4")):
        done = said("replay", kept / NAME / "1", *words)
        assert done.exit_code == (5 if "S4" in words else 0), done.output
        assert "proven: the run that was kept" in done.output


def test_quick_goes_no_further_than_what_is_shown(kept):
    proof = shown(kept / NAME / "1", "--at", 5, "--quick")["proof"]
    assert (False, "") == (proof["is_whole"], proof["differs"])
    assert proof["checkpoints"] < proof["of"]


def test_a_run_may_be_named_without_the_folder_of_runs(kept, tmp_path, monkeypatch):
    shutil.copytree(kept, tmp_path / "runs" / "mine")
    monkeypatch.chdir(tmp_path)
    assert 0 == said("replay", f"mine/{NAME}/1", "--at", 1, "--quick").exit_code


# What is shown


def test_the_world_at_an_instant_has_truth_and_belief_and_what_is_between_them(kept):
    seen = shown(kept / NAME / "1", "--at", 4.5)["moment"]
    assert (4.5, NAME, 1, "") == (seen["at_s"], seen["scenario"], seen["seed"], seen["ended"])
    assert ["late", "lost"] == [one["id"] for one in seen["faults"] if one["is_active"]]
    assert ["gone"] == [one["id"] for one in seen["faults"] if not one["is_active"]]
    (symbol,) = seen["symbols"]
    assert {"position", "believed_position"} <= set(symbol["holding"])
    stages = [part["stage"] for part in symbol["decisions"][-1]["parts"]]
    assert ["guard", "adaptive_spread", "inventory_skew"] == stages[:3]
    assert {"orders", "queries"} == {one["name"] for one in seen["budgets"]}
    assert seen["bot"]["is_alive"]
    for message in seen["in_flight"]:
        assert message["sent_s"] <= 4.5 < message["arrives_s"]


def test_a_fault_that_outlives_a_run_that_was_cut_ends_when_it_was_to_end(tmp_path):
    faults = "{id: lost, at_s: 2, for_s: 7, kind: ack_lost, prob: 0.5}, {id: late, at_s: 3, kind: feed_frozen}"
    kept = keep_run(tmp_path, "--until", "5", faults=faults)
    done = said("replay", kept / NAME / "1", "--at", 4)
    assert "lost (ack_lost) since 2 s, until 9 s" in done.output
    assert f"late (feed_frozen) since 3 s, until {SECONDS * 0.75:g} s" in done.output


def test_our_orders_stand_in_the_ladder_at_their_place(kept):
    seen = shown(kept / NAME / "1", "--at", 2.5)["moment"]
    (symbol,) = seen["symbols"]
    ours = {
        one["client_id"]: (level["price"], level["lots"], one)
        for side in ("bids", "asks")
        for level in symbol[side]
        for one in level["ours"]
    }
    open_orders = [one for one in seen["orders"] if one["truth"] and one["truth"]["state"] == "open"]
    assert open_orders
    assert {one["client_id"] for one in open_orders} == set(ours)
    for one in open_orders:
        price, lots, mine = ours[one["client_id"]]
        assert one["truth"]["price"] == price
        assert 0 <= mine["ahead_lots"] <= lots - mine["lots"]


def test_a_lost_answer_shows_as_a_difference_between_truth_and_belief(kept):
    """Somewhere in four seconds of lost answers, truth and belief of some order part."""
    parted = [
        one["differs"]
        for at_s in (4.3, 4.9, 5.5, 6.1, 6.7)
        for one in shown(kept / NAME / "1", "--at", at_s, "--quick")["moment"]["orders"]
        if one["differs"]
    ]
    assert parted


def test_a_dead_process_is_shown_dead_and_believes_nothing(kept):
    seen = shown(kept / NAME / "1", "--at", 9.2)["moment"]
    assert not seen["bot"]["is_alive"]
    assert None is seen["symbols"][0]["holding"]["believed_position"]
    assert {"rest": False, "public": False, "private": False} == seen["bot"]["connections"]


def test_the_seconds_after_an_instant_are_listed_in_order(kept):
    told = shown(kept / NAME / "1", "--at", 8.5, "--for", 2)
    times = [line["at_s"] for line in told["lines"]]
    assert times == sorted(times)
    assert 8.5 <= times[0] <= times[-1] <= 10.5
    texts = [f"{line['kind']} {line['text']}" for line in told["lines"]]
    assert any(text.startswith("fault gone (crash") for text in texts)
    assert "bot crash 1" in texts
    assert "bot boot 2" in texts


def test_printing_gives_the_time_line_from_an_instant_on_and_no_picture(kept):
    told = shown(kept / NAME / "1", "--print", "--at", 12, "--for", 1)
    assert None is told["moment"]
    assert 12 <= told["lines"][0]["at_s"] <= told["lines"][-1]["at_s"] <= 13


def test_the_story_of_one_order_has_every_side_of_it(kept):
    seen = shown(kept / NAME / "1", "--at", 2.5, "--quick")["moment"]
    order = next(one["client_id"] for one in seen["orders"] if one["truth"])
    told = shown(kept / NAME / "1", "--order", order)
    assert None is told["moment"]
    assert all(order in line["about"] for line in told["lines"])
    assert {"step", "wire", "venue", "order"} <= {line["kind"] for line in told["lines"]}
    first = told["lines"][0]
    assert f"create_order {order}" in first["text"]


def test_a_person_reads_the_same_as_a_table(kept):
    done = said("replay", kept / NAME / "1", "--at", 4.5)
    for words in ("fault", "pacing", "BTCUSDT", "adaptive_spread", "truth", "belief", "on its way", "behind"):
        assert words in done.output


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A run that a planted bug ends: quotes below the least size, which S8 forbids."""
    return keep_run(tmp_path_factory.mktemp("broken"), "--core", "planted.quotes:TooSmall", faults="", seconds=6)


def test_a_broken_promise_is_stopped_at(broken):
    summary = json.loads((broken / "summary.json").read_text())["scenarios"][0]
    (result,) = summary["seeds"]
    breach = result["breaches"][0]
    told = shown(broken / NAME / "1", "--until-invariant", breach["code"].lower())
    assert breach["code"] == told["moment"]["broken"][0]["code"]
    # The run goes on to the whole second; where it broke is sooner.
    assert breach["at_s"] == pytest.approx(told["moment"]["at_s"], abs=0.001)
    assert told["moment"]["at_s"] < result["simulated_s"]
    assert told["proof"]["is_whole"]


def test_the_line_that_a_failed_run_prints_shows_its_breach_as_typed(broken):
    (line,) = [line for line in (broken / "junit.xml").read_text().splitlines() if "sim replay" in line][:1]
    words = shlex.split(line.partition("<")[0])
    assert ["sim", "replay"] == words[:2]
    told = shown(*words[2:])
    assert told["moment"]["broken"]
    assert "" == told["proof"]["differs"]


def test_an_instant_after_the_end_of_a_run_that_broke_off_shows_its_end(broken):
    seen = shown(broken / NAME / "1", "--at", 5.5)["moment"]
    assert seen["at_s"] < 5.5
    assert seen["ended"].endswith(" broke")


def test_a_run_in_which_something_raised_says_what(tmp_path):
    kept = keep_run(tmp_path, "--core", "raising:AfterAWhile", faults="", seconds=6)
    done = said("replay", kept / NAME / "1", "--at", 6)
    assert 0 == done.exit_code
    assert "the run ends here: ValueError: on purpose (SQ-S001)" in done.output
    assert "is dead" in done.output


# What is wrong with the input


def test_what_is_not_there_is_named_with_what_is(kept):
    assert (3, f"error[SQ-S040]: {kept / NAME} has no 7; there are 1") == refused(kept / NAME / "7")
    assert (3, f"error[SQ-S040]: {kept} has no smal, did you mean 'small'?; there are small") == refused(
        kept / "smal/1"
    )
    assert (3, f"error[SQ-S040]: {kept / NAME} is no seed of a run; below it there are 1") == refused(kept / NAME)
    assert 3 == refused("no/such/run")[0]


def test_a_seed_that_is_no_number_is_no_journal_and_is_told_with_the_seeds_there_are(kept, tmp_path, monkeypatch):
    expected = f"error[SQ-S040]: {kept / NAME} has no seed 'x': a seed is a number; there are 1"
    assert (3, expected) == refused(kept / NAME / "x") == refused(kept / NAME / "x" / "y")
    shutil.copytree(kept, tmp_path / "runs" / "mine")
    monkeypatch.chdir(tmp_path)
    assert (3, f"error[SQ-S040]: runs/mine/{NAME} has no 7; there are 1") == refused(f"mine/{NAME}/7")
    assert (3, True) == ((told := refused(f"mine/{NAME}/first"))[0], "runs/mine/small has no seed 'first'" in told[1])


def test_a_seed_in_the_folder_of_another_is_refused(seed):
    other = seed.rename(seed.parent / "2")
    words = f"error[SQ-S041]: {other / 'plan.json'} is the plan of seed 1, its folder is that of seed 2"
    assert (3, words) == refused(other)
    assert (3, words) == ((done := said("fork", other, "--without", "late")).exit_code, done.stderr.strip())
    named = other.rename(seed.parent / "the-one-that-fails")
    assert 0 == said("replay", named, "--at", 1, "--quick").exit_code


def test_an_instant_outside_the_run_is_wrong_usage(kept):
    expected = (2, f"error[SQ-S040]: --at 17: the run is {SECONDS} s long")
    assert expected == refused(kept / NAME / "1", "--at", 17)


@pytest.mark.parametrize("words", [("--at", "nan"), ("--at", "inf"), ("--for", "nan")])
def test_no_number_of_seconds_is_wrong_usage(kept, words):
    done = said("replay", kept / NAME / "1", *words)
    assert (2, True) == (done.exit_code, "is no number of seconds" in done.output), done.output


@pytest.mark.parametrize(("seconds", "words"), [("1e305", "more than a billion"), ("1e-12", "less than a nanosecond")])
def test_seconds_that_no_run_can_count_are_wrong_usage(kept, seconds, words):
    done = said("replay", kept / NAME / "1", "--at", seconds)
    assert (2, True) == (done.exit_code, words in done.output), done.output


def test_another_program_is_told_and_compared_all_the_same(seed):
    made = json.loads((seed.parent / "scenario.json").read_text())
    made["program"]["code"] = "0123456789abcdef"
    (seed.parent / "scenario.json").write_text(json.dumps(made))
    done = said("replay", seed, "--at", 5)
    assert 0 == done.exit_code
    assert "warning[SQ-S042]: made by another program: code 0123456789abcdef then" in done.stderr


def test_a_scenario_that_is_none_says_what_is_wrong_with_it(seed):
    made = json.loads((seed.parent / "scenario.json").read_text())
    made["scenario"]["run"]["duration_s"] = -1
    with pytest.raises(Unreadable, match=r"run.duration_s"):
        recipe_in(json.dumps(made).encode(), "scenario.json")


def test_an_order_nobody_knows_is_told_with_those_there_were(kept):
    code, words = refused(kept / NAME / "1", "--order", "nobody-1")
    assert 3 == code
    assert "nothing is said of an order 'nobody-1'; the venue's first is small-1-1" in words


@pytest.mark.parametrize(
    "words", [("--until-invariant", "S99"), ("--boot", 1), ("--at", -1), ("--for", 0), ("--format", "xml")]
)
def test_wrong_usage_is_told_before_anything_runs(kept, words):
    assert 2 == said("replay", kept / NAME / "1", *words).exit_code


def test_a_promise_that_was_never_looked_at_did_not_hold(kept):
    done = said("replay", kept / NAME / "1", "--until-invariant", "L8")
    assert (5, True) == (done.exit_code, "L8 was not judged in this run" in done.stderr)
