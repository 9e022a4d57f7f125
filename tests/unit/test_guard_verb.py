"""``live guard``: it steps in for a bot that traded and fell silent, and for no other."""

import os
import signal
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from emptied import FullVenue
from live_files import write_keys, write_live
from msgspec.structs import replace
from stub_bot import stub_bot

from adapters import venues
from adapters.bar import Bar
from adapters.endings import Ended
from adapters.health import GUARD
from adapters.heartbeat import HALTED, QUOTING, STARTING, STOPPED, STOPPING, Beat, SymbolState
from adapters.lockfile import Lock
from adapters.sweeping import sweep
from adapters.venue import VenueUnusable
from adapters.verbs import guard
from adapters.watchdog import Marker, Watchdog
from strategy.errors import OperatorError
from strategy.exit_codes import ExitCode

FRESH, OLD = 0.5, 6.0


HELD, OTHER = 7, 8


def beat(state: str = QUOTING, mode: str = "real") -> Beat:
    return Beat(state=state, mode=mode, session="s", venue="v", pid=HELD)


def heard(*looks: tuple[Beat | None, float, int | None]) -> list[bool]:
    watchdog = Watchdog(5.0)
    return [watchdog.is_silent(*look) for look in looks]


def test_a_bot_that_traded_and_falls_silent_is_taken_for_dead() -> None:
    assert [False, False, True] == heard((None, 0.0, None), (beat(), FRESH, HELD), (beat(), OLD, HELD))


def test_silence_is_what_is_as_old_as_it_may_be_at_most() -> None:
    assert [False, False, True] == heard((beat(), FRESH, HELD), (beat(), 4.999, HELD), (beat(), 5.0, HELD))


def test_it_does_not_matter_whether_its_process_still_lives() -> None:
    assert [False, True] == heard((beat(), FRESH, HELD), (beat(), OLD, None))


def test_before_a_bot_has_started_nothing_happens() -> None:
    assert [False] * 3 == heard((None, 0.0, None), (beat(), OLD, None), (beat(), float("inf"), None))


def test_a_bot_that_hangs_while_it_starts_has_sent_nothing() -> None:
    assert [False, False] == heard((beat(STARTING), FRESH, HELD), (beat(STARTING), OLD, HELD))


def test_a_bot_that_starts_again_and_hangs_left_orders_the_first_time() -> None:
    assert [False, False, True] == heard(
        (beat(), FRESH, HELD), (beat(STARTING), FRESH, HELD), (beat(STARTING), OLD, HELD)
    )


@pytest.mark.parametrize("state", [QUOTING, HALTED, STOPPING])
def test_a_guard_that_begins_late_sees_by_the_lock_that_the_silent_one_lives(state: str) -> None:
    assert [True] == heard((beat(state), OLD, HELD))
    assert [False] == heard((beat(state), OLD, None))


def test_a_silent_one_that_shows_nothing_may_still_have_sent_something() -> None:
    showing = replace(beat(STARTING), symbols=(SymbolState(symbol="BTCUSDT", open_orders=1),))
    assert [True] == heard((showing, OLD, HELD))


def test_a_bot_that_starts_is_not_taken_for_the_dead_one_before_it() -> None:
    assert [False] == heard((beat(), OLD, OTHER))
    assert [False] == heard((beat(), float("inf"), HELD))
    assert [False, True] == heard((beat(), FRESH, HELD), (beat(), OLD, OTHER))


def test_a_bot_that_stopped_by_itself_is_left_in_peace() -> None:
    assert [False] * 3 == heard((beat(), FRESH, HELD), (beat(STOPPED), FRESH, HELD), (beat(STOPPED), OLD, None))


def test_what_was_done_about_a_silence_is_not_done_again_until_the_bot_is_heard_and_silent_again() -> None:
    watchdog, silent = Watchdog(5.0), replace(beat(), monotonic_ns=1)
    assert watchdog.is_silent(silent, OLD, HELD)
    watchdog.step_in(silent)
    assert not watchdog.is_silent(silent, 2 * OLD, HELD)
    again = replace(silent, monotonic_ns=2)
    assert [False, True] == [watchdog.is_silent(again, age, HELD) for age in (FRESH, OLD)]


@pytest.mark.parametrize("mode", ["paper", "shadow"])
def test_a_bot_without_orders_is_none_to_step_in_for(mode: str) -> None:
    assert [False, False] == heard((beat(mode=mode), FRESH, HELD), (beat(mode=mode), OLD, HELD))


# The verb


@pytest.fixture
def venue(monkeypatch: pytest.MonkeyPatch) -> FullVenue:
    full = FullVenue(BTCUSDT=("s-1",))
    monkeypatch.setattr(venues, "make_venue", lambda settings, keys, clock, told: full)
    monkeypatch.setattr("adapters.visit.Visit.sweep", _one_round)
    return full


async def _one_round(visit, within_s):
    return await sweep(visit.venue, visit.symbols, visit.clock, within_s=0.2)


def run(path: Path, *words: str) -> Result:
    return CliRunner().invoke(guard.command, ["--config", str(path), *words])


def test_a_bot_that_was_killed_has_its_orders_taken_off(tmp_path: Path, venue: FullVenue) -> None:
    path = write_live(tmp_path)
    with stub_bot(tmp_path / "state") as bot:
        threading.Timer(0.6, bot.kill).start()
        result = run(path, "--silence-s", "1", "--once")
    assert isinstance(result.exception, Ended)
    assert ("SQ-R032", ExitCode.LIMIT_STOPPED) == (result.exception.code, result.exception.exit_code)
    assert {} == venue.open
    reason = Bar(tmp_path / "state").reason()
    assert reason is not None
    assert "guard" == reason.who
    assert f"process {bot.pid} has been silent for 1." in reason.words


def test_a_bot_that_was_stopped_by_a_signal_is_barred_before_its_orders_are_taken_off(
    tmp_path: Path, venue: FullVenue
) -> None:
    path = write_live(tmp_path)
    barred = []
    say = venue.at_once
    venue.at_once = lambda one: barred.append(Bar(tmp_path / "state").is_barred()) or say(one)
    with stub_bot(tmp_path / "state") as bot:
        os.kill(bot.pid, signal.SIGSTOP)
        run(path, "--silence-s", "1", "--once")
        # It is not the guard's to end: what it holds in its memory may say why.
        assert bot.poll() is None
    assert ({}, True) == (venue.open, all(barred) and len(barred) > 0)


def test_it_goes_on_until_a_read_shows_none(tmp_path: Path, venue: FullVenue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_AGAIN_S", 0.0)
    tries = []

    def make(settings: object, keys: object, clock: object, told: object) -> FullVenue:
        tries.append(1)
        if len(tries) == 1:
            raise VenueUnusable("SQ-V030", "nobody there")
        return venue

    monkeypatch.setattr(venues, "make_venue", make)
    venue.stubborn = 3
    path = write_live(tmp_path)
    with stub_bot(tmp_path / "state") as bot:
        os.kill(bot.pid, signal.SIGSTOP)
        result = run(path, "--silence-s", "1", "--once")
    assert {} == venue.open
    assert "nobody there" in result.output
    assert result.output.count("tries again") >= 2


def test_a_bar_that_cannot_be_put_down_is_told_and_the_orders_are_taken_off(
    tmp_path: Path, venue: FullVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Bar, "put_down", refuse)
    path = write_live(tmp_path)
    with stub_bot(tmp_path / "state") as bot:
        os.kill(bot.pid, signal.SIGSTOP)
        assert "No space left on device" in run(path, "--silence-s", "1", "--once").output
    assert {} == venue.open


def test_it_says_when_the_bot_begins_and_when_it_stops(
    tmp_path: Path, venue: FullVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_live(tmp_path)
    said: list[str] = []

    def say(words: str) -> None:
        said.append(words)
        if "has stopped" in words:
            raise KeyboardInterrupt

    monkeypatch.setattr(guard, "_say", say)
    with stub_bot(tmp_path / "state") as bot:
        threading.Timer(0.6, bot.terminate).start()
        run(path, "--silence-s", "5")
    assert ["watches", "the bot has stopped; waits for the next"] == said[1:]
    assert not Marker(tmp_path / "state" / GUARD).is_set()
    assert [] == venue.sent


def leave_when(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    def say(words: str) -> None:
        if word in words:
            raise KeyboardInterrupt

    monkeypatch.setattr(guard, "_say", say)


def test_a_guard_that_comes_back_knows_whom_it_was_there_for(
    tmp_path: Path, venue: FullVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_live(tmp_path)
    with monkeypatch.context() as patched, stub_bot(tmp_path / "state"):
        leave_when(patched, "watches")
        run(path, "--silence-s", "1")
    assert ExitCode.LIMIT_STOPPED == run(path, "--silence-s", "1", "--once").exception.exit_code  # type: ignore[union-attr]
    assert {} == venue.open


def test_a_guard_that_went_in_the_middle_of_its_work_takes_it_up_again(
    tmp_path: Path, venue: FullVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_live(tmp_path)
    with monkeypatch.context() as patched, stub_bot(tmp_path / "state") as bot:
        threading.Timer(0.6, bot.kill).start()
        leave_when(patched, "bars it")
        run(path, "--silence-s", "1")
    assert [] == venue.sent
    run(path, "--silence-s", "1", "--once")
    assert {} == venue.open


def test_a_guard_forgets_a_bot_that_stopped_and_one_of_an_earlier_boot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = Marker(tmp_path)
    assert not marker.is_set()
    marker.set()
    assert marker.is_set()
    monkeypatch.setattr("adapters.watchdog.boot_id", lambda: "another")
    assert not marker.is_set()
    monkeypatch.undo()
    marker.clear()
    marker.clear()
    assert not marker.is_set()


def test_on_a_disk_that_is_full_nothing_is_remembered_and_the_guard_goes_on(tmp_path: Path) -> None:
    marker = Marker(tmp_path / "gone")
    marker.set()
    marker.clear()
    assert not marker.is_set()


def test_one_guard_is_enough(tmp_path: Path, venue: FullVenue) -> None:
    path = write_live(tmp_path)
    with stub_bot(tmp_path / "state" / GUARD):
        result = run(path)
    assert isinstance(result.exception, Ended)
    assert ("SQ-O030", ExitCode.PREFLIGHT) == (result.exception.code, result.exception.exit_code)


def test_a_state_folder_that_cannot_be_is_told(tmp_path: Path, venue: FullVenue) -> None:
    path = write_live(tmp_path)
    (tmp_path / "state").write_text("", encoding="utf-8")
    result = run(path)
    assert isinstance(result.exception, Ended)
    assert ("SQ-O033", ExitCode.PREFLIGHT) == (result.exception.code, result.exception.exit_code)


def test_it_lets_go_of_its_lock(tmp_path: Path, venue: FullVenue) -> None:
    path = write_live(tmp_path)
    with stub_bot(tmp_path / "state") as bot:
        os.kill(bot.pid, signal.SIGSTOP)
        run(path, "--silence-s", "1", "--once")
    Lock(tmp_path / "state" / GUARD).release()


def test_a_state_folder_that_it_makes_is_its_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(words: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(guard, "_say", interrupt)
    run(write_live(tmp_path))
    assert 0o700 == (tmp_path / "state").stat().st_mode & 0o777


def test_it_does_not_begin_without_its_keys(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    write_keys(tmp_path / "keys")
    (tmp_path / "keys" / "api_key").unlink()
    assert isinstance(run(path).exception, OperatorError)
