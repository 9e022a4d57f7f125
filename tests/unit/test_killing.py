"""``live kill``: bar, process, venue, and no failure of one keeps from the next."""

import asyncio
import json
import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from emptied import FullVenue
from live_files import KEY, SECRET, write_live
from stub_bot import stub_bot

from adapters import killing, lockfile, venues
from adapters.bar import Bar
from adapters.endings import Ended
from adapters.health import GUARD
from adapters.journal_notes import notes_of
from adapters.sweeping import sweep
from adapters.venue import VenueUnusable
from adapters.verbs import kill
from adapters.watchdog import Marker
from strategy.commands import Alert
from strategy.errors import OperatorError
from strategy.exit_codes import ExitCode


@pytest.fixture
def venue(monkeypatch: pytest.MonkeyPatch) -> FullVenue:
    full = FullVenue(BTCUSDT=("s-1", "venue:7"))
    monkeypatch.setattr(venues, "make_venue", lambda settings, keys, clock, told: full)
    # Reads are believed at once: how late one must be asked is the sweep's own test.
    monkeypatch.setattr("adapters.visit.Visit.sweep", _sweep_at_once)
    return full


async def _sweep_at_once(visit, within_s):
    return await sweep(visit.venue, visit.symbols, visit.clock, within_s=within_s, ahead_ns=visit.ahead_ns)


def run(path: Path, *words: str) -> Result:
    return CliRunner().invoke(kill.command, ["--config", str(path), *words])


def states(result: Result) -> dict[str, str]:
    return {line.split()[0]: line.split()[1] for line in result.output.splitlines()[1:]}


def test_everything_is_done_where_nothing_runs(tmp_path: Path, venue: FullVenue) -> None:
    path = write_live(tmp_path)
    result = run(path, "--reason", "fat finger")
    assert result.exit_code == ExitCode.OK, result.output
    assert (venue.open, venue.is_closed) == ({}, True)
    assert {"bar": "ok", "orders": "ok", "process": "ok", "journal": "warn"} == states(result)
    reason = Bar(tmp_path / "state").reason()
    assert reason is not None
    assert ("kill", "fat finger") == (reason.who, reason.words)
    assert SECRET not in result.output
    assert KEY not in result.output


def test_the_first_cancel_all_waits_for_nothing_and_later_requests_are_signed_with_the_venues_time(
    tmp_path: Path, venue: FullVenue
) -> None:
    venue.ahead_ns = 10**12
    run(write_live(tmp_path))
    assert ["CancelAll", "SampleClock"] == sorted(venue.kinds[:2])
    assert ["CancelAll", "QueryOpenOrders"] == venue.kinds[2:4]
    ahead = [at - venue.signed[0] for at in venue.signed]
    assert all(one < 10**11 for one in ahead[:2])
    assert all(one > 10**11 for one in ahead[2:])


def test_what_is_done_is_not_left_for_a_guard_to_do(tmp_path: Path, venue: FullVenue) -> None:
    path = write_live(tmp_path)
    marker = Marker(tmp_path / "state" / GUARD)
    (tmp_path / "state" / GUARD).mkdir(parents=True)
    marker.set()
    venue.stubborn = 99
    run(path, "--timeout", "1")
    assert marker.is_set()
    venue.stubborn = 0
    run(path)
    assert not marker.is_set()


def test_a_process_that_hangs_is_ended(tmp_path: Path, venue: FullVenue) -> None:
    path = write_live(tmp_path)
    with stub_bot(tmp_path / "state", manners="deaf") as bot:
        os.kill(bot.pid, signal.SIGSTOP)
        result = run(path)
        assert result.exit_code == ExitCode.OK, result.output
        assert -signal.SIGKILL == bot.wait(5)
        assert f"process {bot.pid} ended" in result.output


def test_the_reason_is_noted_in_the_journal(tmp_path: Path, venue: FullVenue) -> None:
    path = write_live(tmp_path)
    (tmp_path / "state").mkdir()
    journal = tmp_path / "state" / "journal.sqlite"
    with closing(sqlite3.connect(journal)) as db:
        db.execute("create table t (x)")
        assert () == notes_of(db, 0, 2**62)
    assert "ok" == states(run(path, "--reason", "why not"))["journal"]
    with closing(sqlite3.connect(journal)) as db:
        assert [("kill", "why not")] == [(one.who, one.words) for one in notes_of(db, 0, 2**62)]
        assert () == notes_of(db, 0, 1)


def test_a_journal_that_is_none_keeps_no_reason_and_nothing_from_being_done(tmp_path: Path, venue: FullVenue) -> None:
    path = write_live(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "journal.sqlite").write_bytes(b"this was never a database" * 100)
    result = run(path)
    assert (ExitCode.OK, "warn") == (result.exit_code, states(result)["journal"])


def test_orders_that_stay_are_told_and_the_bar_stays_down(tmp_path: Path, venue: FullVenue) -> None:
    path = write_live(tmp_path)
    venue.stubborn = 99
    result = run(path, "--timeout", "1", "--format", "json")
    assert isinstance(result.exception, Ended)
    assert ("SQ-V031", ExitCode.PREFLIGHT) == (result.exception.code, result.exception.exit_code)
    said = json.loads(result.stdout)
    assert not said["ok"]
    assert {"bar": "ok", "orders": "FAIL"} == {row["check"]: row["state"] for row in said["rows"][:2]}
    assert Bar(tmp_path / "state").is_barred()


def test_a_key_that_the_venue_refuses_is_told_as_the_reason(
    tmp_path: Path, venue: FullVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(settings: object, keys: object, clock: object, told: Callable[[Alert], None]) -> FullVenue:
        told(Alert("SQ-V040", "the key is expired"))
        return venue

    venue.stubborn = 99
    monkeypatch.setattr(venues, "make_venue", make)
    assert "within 1 s: the key is expired (SQ-V031)" in run(write_live(tmp_path), "--timeout", "1").output


def test_why_no_read_came_is_told(tmp_path: Path, venue: FullVenue, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(symbols: object) -> None:
        raise VenueUnusable("SQ-V030", "connection refused")

    async def hang(symbols: object) -> None:
        await asyncio.sleep(99)

    venue.stubborn = 99
    monkeypatch.setattr(killing, "_WHY_S", 0.05)
    for look, words in ((refuse, "connection refused"), (hang, "it does not answer")):
        monkeypatch.setattr(venue, "look", look)
        assert f"within 1 s: {words} (SQ-V031)" in run(write_live(tmp_path), "--timeout", "1").output


def test_a_venue_that_is_gone_keeps_neither_bar_nor_process_from_being_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(settings: object, keys: object, clock: object, told: object) -> None:
        raise VenueUnusable("SQ-V030", "nobody there")

    monkeypatch.setattr(venues, "make_venue", refuse)
    path = write_live(tmp_path)
    with stub_bot(tmp_path / "state") as bot:
        result = run(path)
        assert -signal.SIGKILL == bot.wait(5)
    assert {"bar": "ok", "orders": "FAIL", "process": "ok"}.items() <= states(result).items()
    assert "nobody there" in result.output


def test_a_bar_that_cannot_be_put_down_keeps_nothing_else_from_being_done(
    tmp_path: Path, venue: FullVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Bar, "put_down", refuse)
    result = run(write_live(tmp_path))
    assert {"bar": "FAIL", "orders": "ok"}.items() <= states(result).items()
    assert ({}, ExitCode.PREFLIGHT) == (venue.open, result.exception.exit_code)  # type: ignore[union-attr]


def test_a_lock_that_cannot_be_read_is_told_after_the_orders_are_off(
    tmp_path: Path, venue: FullVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(lockfile, "holder", refuse)
    result = run(write_live(tmp_path))
    assert {"orders": "ok", "process": "FAIL"}.items() <= states(result).items()
    assert "SQ-O037" in result.output


def test_a_process_that_stays_is_told(tmp_path: Path, venue: FullVenue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(killing, "_END_S", 0.05)
    monkeypatch.setattr(lockfile, "holder", lambda folder: 0)
    result = run(write_live(tmp_path))
    assert "FAIL" == states(result)["process"]
    assert "a process that cannot be seen from here is still there" in result.output


# Files that are half broken


def test_a_strategy_config_that_is_gone_is_told_and_not_needed(tmp_path: Path, venue: FullVenue) -> None:
    path = write_live(tmp_path)
    (tmp_path / "strategy.yaml").unlink()
    result = run(path)
    assert (ExitCode.OK, {}) == (result.exit_code, venue.open)
    assert "warn" == states(result)["files"]


def test_a_live_config_with_mistakes_is_used_for_what_is_right_in_it(tmp_path: Path, venue: FullVenue) -> None:
    path = write_live(tmp_path)
    path.write_text(path.read_text() + "wachdog: {silence_s: five}\n", encoding="utf-8")
    assert (ExitCode.OK, {}) == (run(path).exit_code, venue.open)


def test_keys_that_others_may_read_are_used_all_the_same(tmp_path: Path, venue: FullVenue) -> None:
    path = write_live(tmp_path)
    (tmp_path / "keys" / "api_secret").chmod(0o644)
    assert (ExitCode.OK, {}) == (run(path).exit_code, venue.open)


@pytest.mark.parametrize("text", [None, "", "two words\n"])
def test_without_keys_nothing_is_cancelled_and_that_is_told(tmp_path: Path, venue: FullVenue, text: str | None) -> None:
    path = write_live(tmp_path)
    secret = tmp_path / "keys" / "api_secret"
    secret.unlink()
    if text is not None:
        secret.write_text(text, encoding="utf-8")
    result = run(path)
    assert {"bar": "ok", "orders": "FAIL"}.items() <= states(result).items()
    assert "nothing was cancelled" in result.output


def test_another_venue_than_the_one_typed_is_left_alone(tmp_path: Path, venue: FullVenue) -> None:
    assert ExitCode.USAGE == run(write_live(tmp_path), "--venue", "bybit-mainnet").exit_code
    assert [] == venue.sent


def test_files_that_name_no_venue_are_a_bad_file(tmp_path: Path, venue: FullVenue) -> None:
    path = write_live(tmp_path)
    path.write_text("symbols: [BTCUSDT]\n", encoding="utf-8")
    assert isinstance(run(path).exception, OperatorError)
    path.unlink()
    assert isinstance(run(path).exception, OperatorError)
