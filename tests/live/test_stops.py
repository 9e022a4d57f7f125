"""It can be stopped, at once, always: real processes, real sockets, the venue's own truth."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import LIVE, environment
from serving import Serving, serving
from trading import CALM, Trading

from strategy.exit_codes import ExitCode

SILENCE_S = 2
# A wait for anything that hangs (a process that does not end, a request without an answer) takes longer.
_LOOKS = 2.5


@pytest.fixture(scope="module")
def venue() -> Iterator[Serving]:
    with serving(CALM) as running:
        yield running


@pytest.fixture
def trading(tmp_path: Path, venue: Serving) -> Trading:
    return Trading(tmp_path, venue)


def one_second(trading: Trading) -> float:
    """Give a second, or on a busy host what stands for one there: a few times what a look at the venue takes."""
    began_s = time.monotonic()
    assert ExitCode.OK == trading.verb("check").returncode
    return max(1.0, _LOOKS * (time.monotonic() - began_s))


def is_empty(trading: Trading) -> bool:
    return not trading.orders()


def test_a_kill_empties_the_venue_at_once_although_the_process_hangs(trading: Trading) -> None:
    bound_s = one_second(trading)
    with trading.quoting() as bot:
        os.kill(bot.pid, signal.SIGSTOP)
        command = [*LIVE, "kill", "--config", str(trading.config), "--reason", "drill"]
        with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as kill:
            trading.until(lambda: is_empty(trading), bound_s)
            said, _ = kill.communicate(timeout=60)
        assert (ExitCode.OK, -signal.SIGKILL) == (kill.returncode, bot.wait(5)), said
    assert is_empty(trading)
    assert "kill: drill" == trading.status()["barred"]
    # It stays ended until a person says otherwise.
    again = trading.verb("run", "--mode", "real", "--max-loss-usdt", 5, "--confirm", "bybit-custom")
    assert (ExitCode.LIMIT_STOPPED, True) == (again.returncode, "SQ-R030" in again.stderr)


def test_a_guard_empties_the_venue_when_the_process_is_gone(trading: Trading) -> None:
    slack_s = one_second(trading)
    with trading.started("guard", "--silence-s", SILENCE_S), trading.quoting() as bot:
        trading.until(lambda: "guard watches" in trading.said("guard"))
        bot.kill()
        trading.until(lambda: is_empty(trading), SILENCE_S + slack_s)
        trading.until(lambda: "a read shows no order left" in trading.said("guard"))
    assert is_empty(trading)


def test_a_bot_that_was_barred_while_it_hung_sends_no_create_and_no_amend_when_it_goes_on(trading: Trading) -> None:
    with trading.started("guard", "--silence-s", SILENCE_S), trading.quoting() as bot:
        trading.until(lambda: "guard watches" in trading.said("guard"))
        os.kill(bot.pid, signal.SIGSTOP)
        trading.until(lambda: "a read shows no order left" in trading.said("guard"))
        assert is_empty(trading)
        ever = trading.venue.truth()["orders_count"]
        os.kill(bot.pid, signal.SIGCONT)
        # It lives, hears the market, decides again, and is refused: told in its heartbeat.
        trading.until(lambda: "SQ-O004" in str(trading.status()["told"]))
        assert (ever, True) == (trading.venue.truth()["orders_count"], is_empty(trading))
        # What it may do is leave, its orders seen off.
        stopped = trading.verb("stop")
        assert (ExitCode.OK, 0) == (stopped.returncode, bot.wait(5)), stopped.stderr
    assert ExitCode.NOT_RUNNING == trading.verb("stop").returncode


def test_flatten_stops_the_bot_and_trades_to_zero_what_it_holds(trading: Trading) -> None:
    with trading.quoting() as bot:
        trading.until(lambda: trading.held()["BTCUSDT"] != 0)
        flat = trading.verb("flatten", "--taker")
        assert (ExitCode.OK, 0) == (flat.returncode, bot.wait(5)), flat.stdout + flat.stderr
    assert (0, True) == (trading.held()["BTCUSDT"], is_empty(trading))


def test_journal_and_venue_agree_while_it_runs_and_after_a_crash(trading: Trading) -> None:
    with trading.quoting() as bot:
        trading.until(lambda: trading.held()["BTCUSDT"] != 0)
        assert "two_sided_uptime_pct" in trading.status()["gates"]
        agreed = trading.verb("reconcile")
        assert ExitCode.OK == agreed.returncode, agreed.stdout + agreed.stderr
        bot.kill()
    told = trading.verb("report", "--day", "--format", "json")
    assert (ExitCode.OK, True) == (told.returncode, '"BTCUSDT"' in told.stdout), told.stderr
    assert ExitCode.OK == trading.verb("kill").returncode
    assert is_empty(trading)


def test_a_kill_goes_on_until_a_venue_that_does_not_answer_does(trading: Trading) -> None:
    with trading.quoting():
        trading.venue.begin(kind="partition", for_s=4, links=["rest_up"], mode="stop")
        killed = trading.verb("kill")
    assert (ExitCode.OK, True) == (killed.returncode, is_empty(trading)), killed.stdout
