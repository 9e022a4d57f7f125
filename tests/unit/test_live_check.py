"""``live check``: each row tells one fact, and what to do about it."""

import json
import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from kept import Kept, hurt_in_the_middle, state_with
from live_files import KEY, SECRET, write_live
from msgspec.structs import replace
from processes import python
from scripted_venue import ScriptedVenue

from adapters import preflight, venues
from adapters.bar import Bar, Reason
from adapters.endings import Ended
from adapters.heartbeat import QUOTING, Beat, Heart
from adapters.journal_store import Store
from adapters.preflight import FAIL, OK, WARN, Row, host_rows
from adapters.settings import load
from adapters.venue import VenueUnusable
from adapters.verbs import check
from strategy.errors import OperatorError
from strategy.events import OperatorSaid
from strategy.exit_codes import ExitCode


def run(path: Path, *words: str) -> Result:
    return CliRunner().invoke(check.command, ["--config", str(path), "--offline", *words])


def row(path: Path, name: str) -> Row:
    rows = {each.check: each for each in host_rows(load(path))}
    return rows[name]


def test_a_whole_installation_passes(tmp_path: Path) -> None:
    result = run(write_live(tmp_path))
    assert result.exit_code == ExitCode.OK, result.output
    assert FAIL not in result.output
    assert SECRET not in result.output
    assert KEY not in result.output


def test_the_table_names_state_and_fix(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    (tmp_path / "keys" / "api_key").chmod(0o644)
    result = run(path)
    assert isinstance(result.exception, Ended)
    assert result.exception.code == "SQ-O034"
    assert result.exception.exit_code == ExitCode.PREFLIGHT
    assert "rows failed: keys" in str(result.exception)
    lines = [line for line in result.output.splitlines() if line.startswith(" keys ")]
    assert len(lines) == 1
    assert " FAIL " in lines[0]
    assert "SQ-C041" in lines[0]
    assert "Fix: " in lines[0]


def test_json_says_the_same(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    said = json.loads(run(path, "--format", "json").stdout)
    assert said["ok"] is True
    assert {each["check"] for each in said["rows"]} >= {"program", "config", "keys", "instance", "bar", "disk"}
    (tmp_path / "keys" / "api_key").unlink()
    assert json.loads(run(path, "--format", "json").stdout)["ok"] is False


def test_a_bad_file_is_a_bad_file(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    path.write_text("schema_version: 99\n", encoding="utf-8")
    assert isinstance(run(path).exception, OperatorError)


def test_the_venue_can_be_named_to_be_sure(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    assert run(path, "--venue", "bybit-custom").exit_code == ExitCode.OK
    result = run(path, "--venue", "bybit-mainnet")
    assert result.exit_code == ExitCode.USAGE
    assert "bybit-custom" in result.output


def test_a_living_instance_is_named(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    code = (
        "import sys, signal; from pathlib import Path; from adapters.lockfile import Lock\n"
        "lock = Lock(Path(sys.argv[1])); print('ready', flush=True); signal.pause()"
    )
    with python(code, tmp_path / "state") as other:
        found = row(path, "instance")
        assert found.state == FAIL
        assert str(other.pid) in found.detail
        assert "SQ-O030" in found.detail
    assert row(path, "instance").state == OK


def test_a_stale_process_id_is_no_instance(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "lock").write_text(f"{os.getpid()}\n", encoding="utf-8")
    heart = Heart(tmp_path / "state")
    heart.beat(Beat(state=QUOTING, mode="real", session="s", venue="v"))
    heart.close()
    found = row(path, "instance")
    assert found.state == OK
    assert "ended while quoting" in found.detail


def test_a_bar_fails_with_its_reason(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    Bar(tmp_path / "state").put_down(Reason("guard", 0, "silent for 7 s"))
    found = row(path, "bar")
    assert (found.state, found.fix) == (FAIL, "see that nothing is left, then live run --lift-bar")
    assert "by guard: silent for 7 s" in found.detail
    assert "SQ-R030" in found.detail


def test_a_state_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    (tmp_path / "state").write_text("", encoding="utf-8")
    found = row(path, "state folder")
    assert found.state == FAIL
    assert "SQ-O033" in found.detail
    assert row(path, "instance").state == FAIL


def test_a_read_only_state_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_live(tmp_path)

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    # A superuser may write anywhere, so the system's answer is given here.
    monkeypatch.setattr(Path, "write_bytes", refuse)
    found = row(path, "state folder")
    assert (found.state, found.detail) == (FAIL, f"{tmp_path / 'state'}: Read-only file system (SQ-O033)")


def test_a_state_folder_for_everybody_is_warned_of(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o777)
    assert row(path, "state folder").state == WARN


@pytest.mark.parametrize(("free", "state"), [(50_000_000, FAIL), (500_000_000, WARN), (5_000_000_000, OK)])
def test_disk_space_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    path = write_live(tmp_path)
    real = preflight.shutil.disk_usage(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda _: real._replace(free=free))
    assert row(path, "disk").state == state


def test_a_whole_journal_is_ok_and_a_damaged_one_is_not(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    (tmp_path / "state").mkdir()
    journal = tmp_path / "state" / "journal.sqlite"
    Store(journal).close()  # of a process that ended before it began
    assert row(path, "journal").state == OK
    kept = Kept(journal, state_with())
    for number in range(200):
        kept.hear(number, OperatorSaid("OrderFilled" * 20))
    kept.turn(300, state_with())
    kept.close()
    assert row(path, "journal").state == OK
    hurt_in_the_middle(journal)
    found = row(path, "journal")
    assert found.state == FAIL
    assert "SQ-O010" in found.detail
    assert "\n" not in found.detail
    assert "--set-journal-aside" in found.fix
    journal.write_bytes(b"this was never a database" * 100)
    assert row(path, "journal").state == FAIL


def test_another_database_is_no_journal(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    (tmp_path / "state").mkdir()
    with closing(sqlite3.connect(tmp_path / "state" / "journal.sqlite")) as connection:
        connection.execute("create table t (x)")
    assert ("SQ-O010" in row(path, "journal").detail, row(path, "journal").state) == (True, FAIL)


@pytest.mark.parametrize(("name", "mode", "state"), [("journal", "real", FAIL), ("journal.paper", "paper", WARN)])
def test_a_budget_that_is_spent_is_told_with_what_begins_it_anew(
    tmp_path: Path, name: str, mode: str, state: str
) -> None:
    path = write_live(tmp_path)
    assert row(path, "budget").state == OK
    latched = state_with()
    kept = Kept(tmp_path / "state" / f"{name}.sqlite", latched)
    assert row(path, "budget").state == OK
    latched.desks[0].memory = replace(latched.desks[0].memory, latched=True)
    kept.turn(5, latched)
    words = f"spent, {mode}: BTCUSDT (SQ-R033)"
    assert row(path, "budget") == Row("budget", state, words, "find out why, then live run --clear-latch")
    kept.hear(6, OperatorSaid("clear_latch"))
    kept.close()
    assert row(path, "budget").state == OK


def test_a_journal_that_may_not_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_live(tmp_path)
    (tmp_path / "state").mkdir()
    Kept(tmp_path / "state" / "journal.sqlite", state_with()).close()
    monkeypatch.setattr("os.access", lambda name, mode: mode != os.W_OK)
    assert "may not be written" in row(path, "journal").detail


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("port: 0", f"port: {port}"), encoding="utf-8")
        assert row(path, "metrics").state == FAIL
    assert row(path, "metrics").state == OK


def test_a_program_that_is_not_ours_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_live(tmp_path)
    assert row(path, "program").state in (OK, WARN)
    monkeypatch.setattr("adapters.__file__", str(tmp_path / "adapters" / "__init__.py"))
    found = row(path, "program")
    assert found.state == FAIL
    assert "SQ-S030" in found.detail


# With the venue


def test_with_keys_the_venue_is_asked_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = ScriptedVenue()

    async def look(symbols: list[str]) -> None:
        raise VenueUnusable("SQ-V030", "nobody there")

    monkeypatch.setattr(venue, "look", look)
    monkeypatch.setattr(venues, "make_venue", lambda settings, keys: venue)
    result = CliRunner().invoke(check.command, ["--config", str(write_live(tmp_path))])
    assert isinstance(result.exception, Ended)
    assert "rows failed: venue" in str(result.exception)
    assert "nobody there" in result.output
    assert venue.is_closed


def test_without_keys_there_is_nobody_to_ask(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    (tmp_path / "keys" / "api_key").unlink()
    result = CliRunner().invoke(check.command, ["--config", str(path)])
    assert isinstance(result.exception, Ended)
    assert "rows failed: keys" in str(result.exception)
