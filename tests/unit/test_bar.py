"""The bar: no create and no amend while a file is there."""

import errno
import os
from pathlib import Path

import pytest

from adapters.bar import NAME, Bar, Reason

WHY = Reason("kill", 5, "the market is odd")


def test_without_a_bar_nothing_is_barred(tmp_path: Path) -> None:
    bar = Bar(tmp_path)
    assert not bar.is_barred()
    assert bar.reason() is None
    bar.lift()
    assert not bar.is_barred()


def test_a_bar_holds_until_it_is_lifted_for_every_process(tmp_path: Path) -> None:
    Bar(tmp_path / "state").put_down(WHY)
    another = Bar(tmp_path / "state")
    assert another.is_barred()
    assert another.reason() == WHY
    another.lift()
    assert not Bar(tmp_path / "state").is_barred()


def test_the_first_reason_stays(tmp_path: Path) -> None:
    Bar(tmp_path).put_down(WHY)
    Bar(tmp_path).put_down(Reason("guard", 6, "silent"))
    assert Bar(tmp_path).reason() == WHY


@pytest.mark.parametrize(("text", "words"), [("", "no reason given"), ("odd prices\n", "odd prices")])
def test_a_person_needs_no_program_to_put_it_down(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / NAME).write_text(text, encoding="utf-8")
    assert Bar(tmp_path).is_barred()
    assert Bar(tmp_path).reason() == Reason("a person", 0, words)


def test_what_cannot_be_looked_at_is_barred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "state").mkdir()
    bar = Bar(tmp_path / "state")
    assert not bar.is_barred()
    (tmp_path / "state").rmdir()
    assert bar.is_barred()

    def refuse(path: str) -> None:
        raise PermissionError(errno.EACCES, "no", path)

    (tmp_path / "state").mkdir()
    monkeypatch.setattr("os.stat", refuse)
    assert bar.is_barred()


def test_a_bar_that_cannot_be_read_is_still_a_bar(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    assert Bar(tmp_path).is_barred()
    reason = Bar(tmp_path).reason()
    assert reason is not None
    assert "cannot be read" in reason.words


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_full_disk_costs_the_reason_not_the_bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def full(*_: object) -> None:
        raise OSError(number, "full")

    with monkeypatch.context() as patched:
        patched.setattr("os.write", full)
        Bar(tmp_path).put_down(WHY)
    assert Bar(tmp_path).is_barred()


def test_a_bar_that_could_not_be_put_down_is_not_a_secret(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OSError):
        Bar(tmp_path / "file" / "state").put_down(WHY)


def test_an_error_of_another_kind_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EBADF, "broken")

    with monkeypatch.context() as patched:
        patched.setattr("os.write", broken)
        with pytest.raises(OSError, match="broken"):
            Bar(tmp_path).put_down(WHY)


def test_a_file_system_that_cannot_sync_folders_is_good_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync

    def only_files(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.EINVAL, "not here")
        real(descriptor)

    monkeypatch.setattr("os.fsync", only_files)
    Bar(tmp_path).put_down(WHY)
    assert Bar(tmp_path).is_barred()
