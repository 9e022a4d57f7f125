"""``live status`` and ``live stop``."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from emptied import FullVenue
from live_files import write_live
from stub_bot import stub_bot

from adapters import lockfile, venues
from adapters.bar import Bar, Reason
from adapters.endings import Ended
from adapters.health import GUARD, status_of
from adapters.heartbeat import QUOTING, Beat, Heart, Told
from adapters.sweeping import sweep
from adapters.verbs import status, stop
from strategy.exit_codes import ExitCode

S = 10**9


def ask(path: Path, *words: str) -> Result:
    return CliRunner().invoke(status.command, ["--config", str(path), *words])


def end(path: Path, *words: str) -> Result:
    return CliRunner().invoke(stop.command, ["--config", str(path), *words])


def ended(result: Result) -> tuple[str, int]:
    assert isinstance(result.exception, Ended), result.output
    return result.exception.code, result.exception.exit_code


# Status


def test_where_nothing_ever_ran_it_says_so_and_ends_well(tmp_path: Path) -> None:
    result = ask(write_live(tmp_path))
    assert (ExitCode.OK, ["running: false", "guard: none", "heartbeat: none"]) == (
        result.exit_code,
        result.output.splitlines(),
    )
    assert json.loads(ask(tmp_path / "live.yaml", "--format", "json").stdout)["running"] is False


def test_a_running_bot_is_shown_with_what_it_holds(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    with stub_bot(tmp_path / "state") as bot, stub_bot(tmp_path / "state" / GUARD) as guard:
        said = json.loads(ask(path, "--format", "json").stdout)
        plain = ask(path).output
    assert {
        "running": True,
        "pid": bot.pid,
        "guard_pid": guard.pid,
        "state": QUOTING,
        "mode": "real",
    }.items() <= said.items()
    assert ("BTCUSDT", "0.010", "49999.5", 2) == tuple(
        said["symbols"][0][key] for key in ("symbol", "position", "bid", "open_orders")
    )
    assert said["age_s"] < 5
    assert f"running: true, process {bot.pid}" in plain
    assert "nothing runs" not in plain
    assert "BTCUSDT" in plain


def test_a_bot_that_is_gone_is_shown_as_it_was(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    with stub_bot(tmp_path / "state"):
        pass
    said = json.loads(ask(path, "--format", "json").stdout)
    assert (False, QUOTING, None) == (said["running"], said["state"], said["up_s"])
    assert "; nothing runs, and what follows is as of then" in ask(path).output


def test_what_was_told_in_the_last_ten_minutes_is_shown_and_no_more(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    (tmp_path / "state").mkdir()
    now_ns = time.time_ns()
    told = (Told(now_ns - 700 * S, "SQ-R001", "long ago"), Told(now_ns - S, "SQ-O002", "just now"))
    heart = Heart(tmp_path / "state")
    heart.beat(
        Beat(
            state=QUOTING,
            mode="real",
            session="s",
            venue="v",
            pnl_today="-1.50",
            loss_budget="100",
            told=told,
            gates={"net_bps": 0.61},
        )
    )
    heart.close()
    lines = ask(path).output
    assert "just now" in lines
    assert "long ago" not in lines
    assert "today: -1.50, loss budget 100" in lines
    assert "so far: net_bps 0.61" in lines


def test_a_bar_is_shown_with_its_reason(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    Bar(tmp_path / "state").put_down(Reason("kill", 0, "fat finger"))
    assert "barred: kill: fat finger" in ask(path).output
    (tmp_path / "state" / "BARRED").write_text("", encoding="utf-8")
    assert "barred: a person: no reason given" in ask(path).output


def test_a_beat_from_before_the_hosts_last_start_has_no_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_live(tmp_path)
    (tmp_path / "state").mkdir()
    heart = Heart(tmp_path / "state")
    heart.beat(Beat(state=QUOTING, mode="real", session="s", venue="v"))
    heart.close()
    monkeypatch.setattr("adapters.heartbeat.boot_id", lambda: "another")
    assert "before the host's last start" in ask(path).output


def test_a_broken_config_does_not_hide_the_bot(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    path.write_text("symbols: [\n", encoding="utf-8")
    with stub_bot(tmp_path / "state"):
        assert "running: true" in ask(path, "--state-dir", str(tmp_path / "state")).output


def test_a_lock_that_cannot_be_read_is_nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(lockfile, "holder", refuse)
    assert not status_of(tmp_path).running


def test_watching_looks_again_until_it_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []

    def look(folder: Path) -> object:
        looks.append(folder)
        if len(looks) == 3:
            raise KeyboardInterrupt
        return status_of(folder)

    monkeypatch.setattr(status, "_EVERY_S", 0.0)
    monkeypatch.setattr("adapters.health.status_of", look)
    assert 2 == ask(write_live(tmp_path), "--watch").output.count("running: false")


# Stop


def test_a_bot_that_stops_is_waited_for(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    with stub_bot(tmp_path / "state") as bot:
        result = end(path)
        assert (ExitCode.OK, 0) == (result.exit_code, bot.wait(5))
    assert f"process {bot.pid} has stopped" in result.output


def test_where_nothing_runs_there_is_nothing_to_stop(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    assert ("SQ-O031", ExitCode.NOT_RUNNING) == ended(end(path))


def test_a_process_id_that_is_used_again_is_never_signalled(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    with stub_bot(tmp_path / "elsewhere", manners="hasty") as innocent:
        (tmp_path / "state").mkdir()
        (tmp_path / "state" / "lock").write_text(f"{innocent.pid}\n", encoding="utf-8")
        heart = Heart(tmp_path / "state")
        heart.beat(Beat(state=QUOTING, mode="real", session="s", venue="v"))
        heart.close()
        assert ("SQ-O031", ExitCode.NOT_RUNNING) == ended(end(path, "--force"))
        assert innocent.poll() is None


def test_a_bot_that_takes_too_long_is_told_of_and_left_alone(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    with stub_bot(tmp_path / "state", manners="deaf") as bot:
        assert ("SQ-O032", ExitCode.FAILED) == ended(end(path, "--timeout", "0.2"))
        assert bot.poll() is None


def test_a_bot_that_ends_without_a_proof_is_told_of(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    with stub_bot(tmp_path / "state", manners="hasty"):
        assert ("SQ-V031", ExitCode.PREFLIGHT) == ended(end(path))


@pytest.mark.parametrize(("stubborn", "code"), [(0, None), (9999, "SQ-V031")])
def test_by_force_the_process_is_ended_and_its_orders_are_taken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stubborn: int, code: str | None
) -> None:
    async def sweep_at_once(visit, within_s):
        return await sweep(visit.venue, visit.symbols, visit.clock, within_s=0.3)

    venue = FullVenue(stubborn, BTCUSDT=("s-1",))
    monkeypatch.setattr(venues, "make_venue", lambda settings, keys, clock, told: venue)
    monkeypatch.setattr("adapters.visit.Visit.sweep", sweep_at_once)
    path = write_live(tmp_path)
    with stub_bot(tmp_path / "state", manners="deaf") as bot:
        os.kill(bot.pid, signal.SIGSTOP)
        result = end(path, "--timeout", "0.1", "--force")
        assert -signal.SIGKILL == bot.wait(5)
    assert code == (ended(result)[0] if result.exception is not None else None)
    assert (code is None) == (venue.open == {})
    assert not Bar(tmp_path / "state").is_barred()


def test_a_process_that_cannot_be_seen_from_here_cannot_be_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lockfile, "holder", lambda folder: 0)
    assert ("SQ-O037", ExitCode.FAILED) == ended(end(write_live(tmp_path)))
