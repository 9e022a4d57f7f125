"""``sim runs``: what run folders there are; which stay and which go."""

import json

import pytest
from replayed import said


@pytest.fixture
def shelf(tmp_path):
    """Four runs, the youngest last, and two things that are none."""
    folder = tmp_path / "runs"
    for day, is_failed in enumerate((False, True, False, False), 1):
        run = folder / f"2026010{day}-1200-aaaa"
        run.mkdir(parents=True)
        manifest = {"commit": f"c{day}", "host": {"started_utc": f"2026-01-0{day}T12:00:00+00:00"}}
        (run / "manifest.json").write_text(json.dumps(manifest))
        scenarios = [{"name": "calm", "failed": is_failed, "seeds": [{"seed": 1}, {"seed": 2}]}]
        (run / "summary.json").write_text(json.dumps({"schema_version": 1, "scenarios": scenarios}))
    (folder / "notes").mkdir()
    (folder / "notes" / "mine.txt").write_text("keep")
    (folder / "loose.txt").write_text("keep")
    return folder


def listed(shelf, *words):
    done = said("runs", "--folder", shelf, *words, "--format", "json")
    assert 0 == done.exit_code, done.output
    return json.loads(done.stdout)


def names(shelf, *words):
    return [one["name"][6:8] for one in listed(shelf, *words)]


def test_runs_are_listed_the_youngest_first_and_nothing_else_is(shelf):
    runs = listed(shelf)
    assert ["04", "03", "02", "01"] == [one["name"][6:8] for one in runs]
    assert ["passed", "passed", "failed", "passed"] == [one["verdict"] for one in runs]
    assert {(1, 2)} == {(one["scenarios"], one["seeds"]) for one in runs}
    assert all(one["size_bytes"] > 0 for one in runs)
    done = said("runs", "--folder", shelf)
    for words in ("20260102-1200-aaaa", "failed", "c2"):
        assert words in done.output


def test_all_but_the_youngest_go_and_those_pinned_stay(shelf):
    assert ["04", "03", "01"] == names(shelf, "--pin", "20260101-1200-aaaa", "--keep", 2)
    assert (shelf / "notes" / "mine.txt").exists()
    assert (shelf / "loose.txt").exists()
    assert ["04"] == names(shelf, "--unpin", "20260101-1200-aaaa", "--keep", 1)


def test_what_would_go_is_told_and_stays(shelf):
    done = said("runs", "--folder", shelf, "--keep", 0, "--dry-run")
    assert 4 == done.stderr.count("would delete")
    assert 4 == len(listed(shelf))


def test_one_run_is_deleted_and_a_pinned_one_is_not_with_all_that_was_named(shelf):
    assert ["04", "02", "01"] == names(shelf, "--delete", "20260103-1200-aaaa")
    said("runs", "--folder", shelf, "--pin", "20260101-1200-aaaa")
    done = said("runs", "--folder", shelf, "--delete", "20260102-1200-aaaa", "--delete", "20260101-1200-aaaa")
    assert 3 == done.exit_code
    assert "error[SQ-S040]: 20260101-1200-aaaa is pinned" in done.stderr
    assert 3 == len(listed(shelf))


def test_a_run_that_is_nearly_called_so_is_named(shelf):
    done = said("runs", "--folder", shelf, "--pin", "20260101-1200-aaab")
    assert (3, True) == (done.exit_code, "did you mean '20260101-1200-aaaa'?; there are " in done.stderr)


@pytest.mark.parametrize("name", ["nope", "notes", "loose.txt", "..", "../runs/20260101-1200-aaaa", "."])
def test_what_is_no_run_is_never_deleted(shelf, name):
    done = said("runs", "--folder", shelf, "--delete", name)
    assert 3 == done.exit_code
    assert "holds no run" in done.stderr
    assert 4 == len(listed(shelf))


def test_a_link_to_a_run_elsewhere_is_none(shelf, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "manifest.json").write_text("{}")
    (shelf / "linked").symlink_to(tmp_path / "elsewhere")
    assert 4 == len(listed(shelf))
    assert 3 == said("runs", "--folder", shelf, "--delete", "linked").exit_code
    assert (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"scenarios": 7}', '{"scenarios": [3]}'])
def test_a_damaged_run_is_listed_all_the_same(shelf, content):
    run = shelf / "20260104-1200-aaaa"
    (run / "summary.json").write_text(content)
    (run / "manifest.json").write_text(content)
    assert "damaged" == {one["name"]: one["verdict"] for one in listed(shelf)}["20260104-1200-aaaa"]


def test_an_empty_place_says_so(tmp_path):
    done = said("runs", "--folder", tmp_path / "none")
    assert (0, True) == (done.exit_code, "no run in" in done.stderr)


def test_wrong_usage_deletes_nothing(shelf):
    assert 2 == said("runs", "--folder", shelf, "--keep", -1).exit_code
    assert 4 == len(listed(shelf))
