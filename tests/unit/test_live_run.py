"""``live run``: what must be said before it trades, and how its process ends."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from live_files import NOBODY, QUICK, STRATEGY, write_live
from processes import ROOT, environment
from small_market import SmallMarket
from stub_bot import stub_bot

from adapters import cli, heartbeat, venues
from adapters.health import GUARD
from adapters.paper import PaperVenue
from adapters.settings import load
from adapters.terms import PAPER, journal_of
from strategy.exit_codes import ExitCode

# The command as it is, but for the venue: a market that moves by itself.
ON_A_SMALL_MARKET = """\
import sys
sys.path.insert(0, sys.argv.pop(1))
import adapters.venues
from small_market import SmallMarket
adapters.venues.make_venue = lambda *_: SmallMarket()
from adapters.cli import main
main()
"""


@pytest.fixture
def config(tmp_path):
    path = write_live(tmp_path, NOBODY)
    (tmp_path / "strategy.yaml").write_text(STRATEGY + QUICK)
    return path


def ended(monkeypatch, config, *words):
    monkeypatch.setattr(sys, "argv", ["live", "run", "--config", str(config), *words])
    try:
        cli.main()
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return 0


@pytest.mark.parametrize(
    "words, complaint",
    [
        (["--mode", "real"], "needs --max-loss-usdt"),
        (["--mode", "real", "--max-loss-usdt", "5"], "needs --confirm bybit-custom"),
        (["--mode", "real", "--max-loss-usdt", "5", "--confirm", "bybit-mainnet"], "needs --confirm bybit-custom"),
        (["--mode", "real", "--max-loss-usdt", "0"], "not above zero"),
        (["--mode", "real", "--max-loss-usdt", "much"], "not a decimal number"),
        (["--mode", "real", "--max-loss-usdt", "inf"], "not above zero"),
        (["--duration", "soon"], "no length of time"),
        (["--duration", "0"], "no length of time"),
        (["--venue", "bybit-testnet"], "about 'bybit-custom'"),
    ],
)
def test_what_was_not_meant_is_wrong_usage_and_nothing_begins(monkeypatch, capsys, config, words, complaint):
    assert ExitCode.USAGE == ended(monkeypatch, config, *words)
    assert complaint in capsys.readouterr().err
    assert not (config.parent / "state").exists()


def test_where_the_preflight_fails_nothing_begins_and_the_fix_is_named(monkeypatch, capsys, config):
    (config.parent / "keys" / "api_key").chmod(0o644)
    assert ExitCode.PREFLIGHT == ended(monkeypatch, config)
    said = capsys.readouterr().err
    assert "want 0600" in said
    assert "error[SQ-O034]: preflight failed: keys" in said


def test_a_log_that_cannot_be_opened_starts_nothing(monkeypatch, capsys, config):
    (config.parent / "a file").write_text("")
    assert ExitCode.PREFLIGHT == ended(monkeypatch, config, "--log", str(config.parent / "a file" / "live.ndjson"))
    assert "error[SQ-O033]" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words, sent, exit_code",
    [
        (["--duration", "1s"], None, ExitCode.OK),
        (["--mode", "real", "--max-loss-usdt", "5", "--confirm", "bybit-custom"], signal.SIGINT, ExitCode.INTERRUPTED),
    ],
)
def test_it_runs_in_this_process_too(monkeypatch, capsys, config, words, sent, exit_code):
    made = []

    def make_venue(settings, keys, clock, told):
        made.append(PaperVenue(SmallMarket(), clock, lambda: 1_000_000))
        return made[-1]

    monkeypatch.setattr(venues, "make_venue", make_venue)
    if sent is not None:
        threading.Timer(1.5, os.kill, (os.getpid(), sent)).start()
    assert exit_code == ended(monkeypatch, config, *words)
    assert made
    assert words[1] in capsys.readouterr().err or sent is None


def test_where_a_damaged_journal_is_put_is_told(monkeypatch, capsys, config):
    monkeypatch.setattr(
        venues, "make_venue", lambda settings, keys, clock, told: PaperVenue(SmallMarket(), clock, lambda: 1_000_000)
    )
    state = load(config).state_dir
    state.mkdir(exist_ok=True)
    (state / "journal.paper.sqlite").write_bytes(b"nothing of ours" * 1000)
    assert ExitCode.OK == ended(monkeypatch, config, "--duration", "0.2s", "--set-journal-aside")
    (aside,) = state.glob("*.damaged-*")
    assert f"the damaged journal is kept as {aside}" in capsys.readouterr().err


@contextmanager
def running(config, *words):
    """Run it as a process, once its heartbeat shows that it quotes."""
    command = [sys.executable, "-c", ON_A_SMALL_MARKET, str(ROOT / "tests"), "run", "--config", str(config), *words]
    process = subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def wait_until_it_quotes(process, config):
    state = load(config).state_dir
    for _ in range(600):
        beat = heartbeat.last_beat(state)
        if beat is not None and beat.pid == process.pid and beat.state == heartbeat.QUOTING:
            return beat
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(process.stderr.read())


@pytest.mark.parametrize(
    "sent, exit_code", [(signal.SIGTERM, ExitCode.OK), (signal.SIGINT, ExitCode.INTERRUPTED)], ids=["term", "int"]
)
def test_a_signal_stops_it_and_the_stop_is_proven(config, sent, exit_code):
    with running(config) as process:
        wait_until_it_quotes(process, config)
        process.send_signal(sent)
        assert exit_code == process.wait(30)
        said = process.stderr.read()
    settings = load(config)
    assert heartbeat.STOPPED == heartbeat.last_beat(settings.state_dir).state
    assert f"paper on bybit-custom: BTCUSDT, journal {journal_of(settings, PAPER)}" in said
    (end,) = [one for one in map(json.loads, settings.log.read_text().splitlines()) if one["event"] == "ends"]
    assert (True, "stopped") == (end["proven"], end["ending"])


def test_real_orders_without_a_guard_are_told_of(monkeypatch, capsys, config):
    words = ["--mode", "real", "--max-loss-usdt", "5", "--confirm", "bybit-custom", "--duration", "0.2"]
    monkeypatch.setattr(venues, "make_venue", lambda *_: SmallMarket())
    # This venue proves nothing at the end, and that is not what is asked here.
    monkeypatch.setattr("adapters.bot.STOP_WITHIN_S", 0.5)
    monkeypatch.setattr("adapters.life._SWEEP_S", 0.5)
    ended(monkeypatch, config, *words)
    assert "start `live guard`" in capsys.readouterr().err
    with stub_bot(config.parent / "state" / GUARD):
        ended(monkeypatch, config, *words)
    assert "live guard" not in capsys.readouterr().err


def test_it_stops_by_itself_when_its_time_is_over_and_in_the_shadow_it_quotes_too(config):
    with running(config, "--duration", "4s", "--mode", "shadow", "--log", str(config.parent / "other.log")) as process:
        wait_until_it_quotes(process, config)
        assert ExitCode.OK == process.wait(30)
    assert (config.parent / "state" / "journal.shadow.sqlite").exists()
    assert '"begins"' in (config.parent / "other.log").read_text()
    assert "fill" not in [json.loads(line)["event"] for line in (config.parent / "other.log").read_text().splitlines()]


def test_a_second_process_is_refused_while_one_runs(config):
    with running(config) as process:
        wait_until_it_quotes(process, config)
        with running(config) as other:
            assert ExitCode.PREFLIGHT == other.wait(30)
            assert f"error[SQ-O030]: process {process.pid} holds the lock" in other.stderr.read()
        process.send_signal(signal.SIGTERM)
        assert ExitCode.OK == process.wait(30)
