"""Settings from files that may be broken."""

from pathlib import Path

import pytest
from live_files import SECRET, write_live
from scripted_venue import HandClock

from adapters.ground import taken
from adapters.salvage import COPY, keep_copy, salvage
from adapters.settings import load
from adapters.terms import Terms
from strategy.errors import OperatorError


def test_whole_files_give_what_they_always_give(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    found = salvage(path)
    assert () == found.wrong
    assert load(path).live == found.settings.live
    assert load(path).config == found.settings.config
    assert tmp_path / "state" == found.settings.state_dir


def test_the_copy_of_the_last_start_stands_in_for_a_file_that_is_gone(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    settings = load(path)
    settings.state_dir.mkdir()
    keep_copy(settings)
    path.unlink()
    found = salvage(path)
    assert (settings.live, tmp_path / "keys") == (found.settings.live, found.settings.keys_dir)
    assert ["SQ-C001"] == [each.code for each in found.wrong]
    assert SECRET not in (settings.state_dir / COPY).read_text()


def test_the_copy_is_found_where_a_person_says_the_state_is(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    text = path.read_text().replace("state_dir: state", "state_dir: elsewhere")
    path.write_text(text, encoding="utf-8")
    settings = load(path)
    settings.state_dir.mkdir()
    keep_copy(settings)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(OperatorError):
        salvage(path)
    assert tmp_path / "elsewhere" == salvage(path, tmp_path / "elsewhere").settings.state_dir


@pytest.mark.parametrize("text", ["{", '{"path": "x", "text": "name: [}"}', '{"path": "x", "text": "name: a"}'])
def test_a_copy_that_says_nothing_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / COPY).write_text(text, encoding="utf-8")
    with pytest.raises(OperatorError):
        salvage(tmp_path / "live.yaml")


def test_a_bot_that_starts_keeps_the_copy(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    settings = load(path)
    with taken(settings, Terms("real", settings.journal, 0), HandClock()):
        pass
    path.unlink()
    assert settings.live == salvage(path).settings.live
