"""``sim run --out`` into a folder that holds something: the same scenarios are run again, nothing else is replaced."""

import json
from pathlib import Path

import pytest
from replayed import NAME, said
from small_world import small_scenario

SECONDS = 2


def run(folder: Path, *flags: object, name: str = NAME, code: int = 0) -> str:
    """Run a short scenario of a name into a folder; give what was said of it, on one line."""
    place = folder / name
    place.mkdir(exist_ok=True)
    small_scenario(place, SECONDS)
    file = place / "small.yaml"
    file.write_text(file.read_text().replace(f"name: {NAME}", f"name: {name}"))
    done = said("run", file, "-w", 1, "--out", folder / "out", *flags)
    assert code == done.exit_code, done.output
    return " ".join(done.stderr.split())


def files_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_scenario_is_run_again_into_the_same_folder_and_nothing_of_before_stays(tmp_path):
    run(tmp_path, "--seed", "1-2")
    (tmp_path / "out" / NAME / "1" / "error.txt").write_text("of a bug that is mended by now\n")
    run(tmp_path, "--seed", 1)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert [1] == [seed["seed"] for seed in summary["scenarios"][0]["seeds"]]
    assert {"1", "scenario.json"} == {path.name for path in (tmp_path / "out" / NAME).iterdir()}
    assert not (tmp_path / "out" / NAME / "1" / "error.txt").exists()


def test_what_nobody_wrote_as_a_run_stays(tmp_path):
    (tmp_path / "out" / NAME / "7").mkdir(parents=True)
    (tmp_path / "out" / NAME / "7" / "mine").touch()
    run(tmp_path, "--seed", 1)
    assert (tmp_path / "out" / NAME / "7" / "mine").exists()


def test_a_run_of_another_scenario_is_not_left_beside_a_summary_that_does_not_know_of_it(tmp_path):
    run(tmp_path, "--seed", 1)
    before = files_in(tmp_path / "out")
    told = run(tmp_path, "--seed", 1, name="other", code=2)
    assert f"holds a run of {NAME} too, which is not run now: name another folder, or delete it" in told
    assert before == files_in(tmp_path / "out")
    (tmp_path / "out" / NAME / "scenario.json").unlink()  # as a program wrote it that kept none
    assert f"holds a run of {NAME} too" in run(tmp_path, "--seed", 1, name="other", code=2)


def test_a_fork_is_not_replaced_by_a_run(tmp_path):
    run(tmp_path, "--seed", 1)
    (tmp_path / "out" / "manifest.json").unlink()
    assert f"holds a fork of {NAME}: name another folder" in run(tmp_path, "--seed", 1, code=2)


def test_a_pinned_run_is_not_replaced(tmp_path):
    run(tmp_path, "--seed", 1)
    (tmp_path / "out" / "pinned").touch()
    assert "is pinned, to be kept for good" in run(tmp_path, "--seed", 1, code=2)


@pytest.mark.parametrize("manifest", ["", "[]", '{"seeds": 3}', '{"seeds": {"small--/../..": [1]}}'])
def test_a_manifest_that_is_nonsense_leads_nowhere(tmp_path, manifest):
    (tmp_path / "1").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text(manifest)
    run(tmp_path, "--seed", 1)
    assert (tmp_path / "1").is_dir()
