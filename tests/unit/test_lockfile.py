"""One bot per state folder, and no signal to a stranger."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import python

from adapters.lockfile import NAME, Lock, Taken, holder, signal_holder

HOLD = """
import sys
from pathlib import Path
from adapters.lockfile import Lock
lock = Lock(Path(sys.argv[1]))
print("ready", flush=True)
import signal; signal.pause()
"""
WAIT = "print('ready', flush=True); import signal; signal.pause()"


@pytest.fixture
def other(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    with python(HOLD, tmp_path) as process:
        yield process


def test_the_kernel_names_the_holder(tmp_path: Path, other: "subprocess.Popen[str]") -> None:
    assert holder(tmp_path) == other.pid


def test_asking_needs_no_disk_that_can_be_written(
    tmp_path: Path, other: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    really_open = os.open

    def read_only(path: Path, flags: int, *more: int) -> int:
        if flags & (os.O_RDWR | os.O_WRONLY):
            raise OSError(30, "Read-only file system")
        return really_open(path, flags, *more)

    # A superuser may write anywhere, so the system's answer is given here.
    monkeypatch.setattr(os, "open", read_only)
    assert holder(tmp_path) == other.pid
    assert signal_holder(tmp_path, signal.SIGTERM)


def test_a_second_instance_is_refused_and_told_who_the_first_is(tmp_path: Path, other: "subprocess.Popen[str]") -> None:
    with pytest.raises(Taken) as caught:
        Lock(tmp_path)
    assert caught.value.pid == other.pid
    assert str(other.pid) in str(caught.value)


def test_the_lock_ends_with_its_process_however_that_ends(tmp_path: Path, other: "subprocess.Popen[str]") -> None:
    other.kill()
    other.wait()
    assert holder(tmp_path) is None
    Lock(tmp_path).release()


def test_nobody_holds_what_is_not_there(tmp_path: Path) -> None:
    assert holder(tmp_path) is None
    assert not signal_holder(tmp_path, signal.SIGTERM)


def test_the_holder_can_be_signalled(tmp_path: Path, other: "subprocess.Popen[str]") -> None:
    assert signal_holder(tmp_path, signal.SIGTERM)
    assert other.wait() == -signal.SIGTERM


def test_a_written_process_id_is_never_signalled(tmp_path: Path) -> None:
    # The id that a dead bot left behind belongs to somebody else now.
    with python(WAIT) as stranger:
        (tmp_path / NAME).write_text(f"{stranger.pid}\n", encoding="utf-8")
        assert holder(tmp_path) is None
        assert not signal_holder(tmp_path, signal.SIGKILL)
        assert stranger.poll() is None


def test_a_process_that_changed_between_two_looks_is_not_signalled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with python(WAIT) as stranger:
        answers = iter([stranger.pid, None])
        monkeypatch.setattr("adapters.lockfile.holder", lambda _: next(answers))
        assert not signal_holder(tmp_path, signal.SIGKILL)
        assert stranger.poll() is None


def test_a_process_that_is_gone_or_out_of_sight_is_not_signalled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    monkeypatch.setattr("adapters.lockfile.holder", lambda _: gone.pid)
    assert not signal_holder(tmp_path, signal.SIGKILL)
    monkeypatch.setattr("adapters.lockfile.holder", lambda _: 0)
    assert not signal_holder(tmp_path, signal.SIGKILL)
    assert str(Taken(0)) == "a process not visible from here holds the lock"


def test_a_child_does_not_inherit_the_lock(tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    with python("import os; print('ready', flush=True); import signal; signal.pause()"):
        lock.release()
        assert holder(tmp_path) is None


def test_a_folder_that_cannot_be_made_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OSError):
        Lock(tmp_path / "file" / "state")


def test_a_file_system_without_locks_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, os.strerror(95))

    monkeypatch.setattr("fcntl.lockf", refuse)
    with pytest.raises(OSError, match="not supported"):
        Lock(tmp_path)
