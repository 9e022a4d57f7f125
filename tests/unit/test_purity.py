"""``strategy`` has no clock, no dice, no I/O and no set: checked by fences, and the fences by plants."""

import subprocess
import sys
from pathlib import Path

import pytest
from fences.call_fence import watched
from fences.planted import PLANTED
from fences.source_fence import complaints

STRATEGY = sorted((Path(__file__).resolve().parents[2] / "strategy").rglob("*.py"))


@pytest.mark.parametrize("path", STRATEGY, ids=lambda path: path.stem)
def test_nothing_impure_stands_in_the_source(path):
    assert [] == complaints(path.read_text())


def test_there_is_something_to_read():
    assert len(STRATEGY) > 30


@pytest.mark.parametrize(("name", "source", "fences"), PLANTED, ids=[name for name, _, _ in PLANTED])
def test_every_planted_impurity_is_caught(name, source, fences):
    caught = []
    if complaints(source):
        caught.append("source")
    if "call" in fences:
        scope: dict = {}
        exec(compile(source, "planted.py", "exec"), scope)
        with watched(lambda file: file == "planted.py") as seen:
            scope["run"]()
        if seen:
            caught.append("call")
    assert list(fences) == caught


def test_a_constant_frozenset_may_be_tested_with_in():
    assert [] == complaints("_ALL = frozenset({'a'})\ndef run(x): return x in _ALL")


def test_the_run_time_fence_sees_nothing_in_a_real_run(tmp_path):
    from small_world import small_world

    world = small_world(tmp_path, seconds=6)
    with watched(lambda file: "/strategy/" in file) as seen:
        world.run()
    assert [] == seen
    assert world.core.decisions > 10


def test_import_contracts_hold(repository):
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=120)
    assert 0 == done.returncode, done.stdout


def test_a_broken_contract_is_noticed(tmp_path, repository):
    """The contracts themselves can fail: a copy in which ``strategy`` imports ``sim`` is refused."""
    import shutil

    for name in ("strategy", "sim", "adapters", "pyproject.toml"):
        source = repository / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    with (tmp_path / "strategy" / "units.py").open("a") as file:
        file.write("\nfrom sim import dice  # noqa\n")
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
    )
    assert (1, True) == (done.returncode, "strategy knows no driver" in done.stdout)
