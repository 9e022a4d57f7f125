"""``sim replay`` of what was kept and then spoilt, cut or edited: told for what it is, before anything runs."""

import json

import pytest
from replayed import SECONDS, refused, said

from sim.scenario.faults import KINDS


def plan_of(folder, **changes):
    plan = json.loads((folder / "plan.json").read_text()) | changes
    (folder / "plan.json").write_text(json.dumps(plan))


def faults_of(seed, **changes):
    plan = json.loads((seed / "plan.json").read_text())
    plan["faults"][0] |= changes
    (seed / "plan.json").write_text(json.dumps(plan))


def test_a_run_without_a_recipe_cannot_be_run_again(seed):
    (seed.parent / "scenario.json").unlink()
    assert refused(seed) == (
        3,
        f"error[SQ-S040]: {seed.parent} keeps no scenario.json: it was written by a program that kept none",
    )


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("digest.txt", ""),
        ("digest.txt", "abc\n"),
        ("digest.txt", "0" * 32),
        ("checkpoints.txt", "0" * 32 + "\n" + "0" * 31),
        ("plan.json", "{"),
        ("plan.json", "\xff\xfe"),
        ("plan.json", "[]"),
        ("../scenario.json", "{}"),
        ("../scenario.json", '{"schema_version": 9, "program": {}}'),
    ],
)
def test_a_file_that_is_cut_or_nonsense_is_refused_by_its_name(seed, file, content):
    (seed / file).write_text(content, encoding="latin-1")
    code, words = refused(seed)
    assert 3 == code
    assert words.startswith("error[SQ-S041]: ")
    assert file.removeprefix("../") in words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "ack_lots"}, "faults.0: unknown kind 'ack_lots'"),
        ({"end_ns": 1}, "faults.0: it ends at 0.000000001 s and begins at 3 s"),
        ({"start_ns": -5}, "faults.0: it begins 0.000000005 s before the run does"),
        ({"end_ns": 3 * 10**9}, "faults.0: it ends at 3 s and begins at 3 s"),
        ({"start_ns": -2_500_000_000}, "faults.0: it begins 2.5 s before the run does"),
        ({"params": {"links": ["rest_sideways"], "extra_p50_ms": 1, "extra_p99_ms": 2}}, "faults.0: "),
        ({"id": "lost"}, "faults.1: id 'lost' is there twice"),
        ({"params": {}}, "faults.0: params has no 'links'"),
        ({"at_s": -5}, "unknown field `at_s` - at `$.faults[0]`"),
        ({"start_ns": 10**18, "end_ns": 10**18 + 1}, f"start_ns {10**18} is not within the run's {SECONDS} s"),
    ],
)
def test_a_plan_edited_into_nonsense_says_where(seed, changes, words):
    faults_of(seed, **changes)
    code, told = refused(seed)
    assert (3, True) == (code, words in told), told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"extra": 1}, "holds no plan: Object contains unknown field `extra`"),
        ({"calm_ns": 10**17}, f"calm_ns {10**17} is not within the run's {SECONDS} s"),
        ({"seed": 2**63}, f"seed {2**63} is not within 0 and {2**63 - 1}"),
    ],
)
def test_what_no_plan_can_say_of_itself_is_refused(seed, changes, words):
    plan_of(seed, **changes)
    code, told = refused(seed)
    assert (3, True) == (code, words in told), told


def test_a_plan_with_two_of_a_kind_that_exclude_each_other_is_refused(seed):
    fault = KINDS["downtime"].model_validate({"kind": "downtime", "at_s": 0})
    away = {"kind": "downtime", "params": fault.model_dump(mode="json", exclude={"id", "kind", "at_s", "for_s"})}
    second_ns = 10**9
    one = away | {"id": "one", "start_ns": 3 * second_ns, "end_ns": 5 * second_ns}
    other = away | {"id": "other", "start_ns": 4 * second_ns, "end_ns": 6 * second_ns}
    plan_of(seed, faults=[one, other])
    code, told = refused(seed)
    assert (3, True) == (code, "'other' begins at 4 s while 'one' lasts: two of downtime at once cannot be" in told), (
        told
    )
    plan_of(seed, faults=[one, other | {"start_ns": 5 * second_ns}])
    assert "was edited" in said("replay", seed, "--at", 1, "--quick").stderr


def test_a_fault_that_ends_with_its_own_steps_may_be_followed_by_another(seed):
    fault = KINDS["maintenance"].model_validate(
        {"kind": "maintenance", "at_s": 0, "steps": [{"regime": "closed", "for_s": 1}]}
    )
    shut = {"kind": "maintenance", "params": fault.model_dump(mode="json", exclude={"id", "kind", "at_s"})}
    one = shut | {"id": "one", "start_ns": 3 * 10**9, "end_ns": 4 * 10**9}
    other = shut | {"id": "other", "start_ns": 4 * 10**9, "end_ns": 5 * 10**9}
    plan_of(seed, faults=[one, other])
    assert "was edited" in said("replay", seed, "--at", 1, "--quick").stderr
    plan_of(seed, faults=[one, other | {"start_ns": 4 * 10**9 - 1}])
    _, told = refused(seed)
    assert "two of maintenance at once on" in told


def test_a_plan_of_another_length_or_scenario_is_refused(seed):
    plan_of(seed, duration_ns=10**15, scenario="calm", seed=-1, calm_ns=-1)
    _, told = refused(seed)
    for words in ("it is a plan of 'calm'", "duration_ns", "seed -1", "calm_ns"):
        assert words in told


def test_a_plan_that_was_edited_runs_and_is_told_to_be_another_run(seed):
    faults_of(seed, end_ns=3_500_000_000)
    done = said("replay", seed, "--at", 5)
    assert 6 == done.exit_code
    assert "was edited" in done.stderr
    assert "error[SQ-S043]: the traces part in records" in done.stderr


def test_a_digest_of_another_run_is_found_out(seed):
    (seed / "digest.txt").write_text("0" * 32 + "\n")
    done = said("replay", seed, "--at", 5)
    assert 6 == done.exit_code
    assert "kept was 00000000" in done.stderr


@pytest.mark.parametrize("left", [0, 1])
def test_checkpoints_that_are_cut_at_a_line_are_told_before_anything_runs(seed, left):
    lines = (seed / "checkpoints.txt").read_text().splitlines(keepends=True)
    (seed / "checkpoints.txt").write_text("".join(lines[:left]))
    told = f"holds {left} checkpoints, of {len(lines)} that manifest.json speaks of: it was cut short"
    assert (3, f"error[SQ-S041]: {seed / 'checkpoints.txt'} {told}") == refused(seed, "--at", 1, "--quick")


def test_where_no_manifest_counts_them_a_cut_is_seen_at_the_end(seed):
    lines = (seed / "checkpoints.txt").read_text().splitlines(keepends=True)
    (seed / "checkpoints.txt").write_text("".join(lines[:-1]))
    (seed.parent.parent / "manifest.json").write_text("{}")
    told = f"was cut short: it holds {len(lines) - 1} of {len(lines)} checkpoints, and the digest is the same"
    assert (3, f"error[SQ-S041]: {seed / 'checkpoints.txt'} {told}") == refused(seed)
    (seed / "checkpoints.txt").write_text("")
    done = said("replay", seed, "--at", SECONDS - 1, "--quick")
    assert 6 == done.exit_code
    assert "only 0 were kept in all" in done.stderr


def test_a_manifest_that_is_missing_is_told_and_one_that_is_cut_is_refused(seed):
    manifest = seed.parent.parent / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:50])
    code, words = refused(seed)
    assert (3, True) == (code, words.startswith(f"error[SQ-S041]: {manifest} does not say what the run holds: "))
    manifest.unlink()
    done = said("replay", seed, "--at", 1, "--quick")
    assert (0, True) == (done.exit_code, f"{seed.parent.parent} keeps no manifest.json: " in done.stderr)
