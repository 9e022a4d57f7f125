"""A whole bot, real sockets, a served venue: what paper sends (nothing), and what a journal proves afterwards."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Serving, serving
from trading import CALM, Trading

from sim.incident.writing import write_incident
from sim.journal_file import opened
from sim.replay.journal import Replay
from sim.scenario.load import load_scenarios
from strategy import journal_table as table
from strategy.exit_codes import ExitCode
from strategy.journal import EventRecord, IntentRecord


@pytest.fixture(scope="module")
def venue() -> Iterator[Serving]:
    with serving(CALM, "--speed", "1") as running:
        yield running


def words_of(journal: Path) -> Counter[str]:
    """Count what a journal holds, by name."""
    with opened(journal) as file:
        records = [table.record_of(row) for row in file.rows(0, table.SEQ_MAX)]
    names = [type(one.event).__name__ for one in records if isinstance(one, EventRecord)]
    return Counter([*names, *(type(one.command).__name__ for one in records if isinstance(one, IntentRecord))])


@pytest.mark.parametrize("mode", ["paper", "shadow"])
def test_on_paper_it_quotes_on_the_real_market_and_nothing_reaches_the_account(
    tmp_path: Path, venue: Serving, mode: str
) -> None:
    trading = Trading(tmp_path, venue)
    before = venue.truth()["orders_count"]
    with trading.started("run", "--mode", mode, "--duration", "12s") as process:
        assert ExitCode.OK == process.wait(60), trading.said("run")
    assert before == venue.truth()["orders_count"]
    words = words_of(trading.state / f"journal.{mode}.sqlite")
    assert min(words["BookDelta"], words["CreateOrder"], words["OrderAccepted"]) > 0
    if mode == "shadow":
        assert 0 == words["OrderFilled"]


def test_a_journal_of_two_processes_proves_every_decision_and_becomes_a_scenario(
    tmp_path: Path, venue: Serving
) -> None:
    """The first is killed as it quotes, the second takes over and is stopped."""
    trading = Trading(tmp_path, venue)
    with trading.quoting() as first:
        time.sleep(3)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    with trading.quoting() as second:
        time.sleep(2)
        second.send_signal(signal.SIGTERM)
        assert ExitCode.OK == second.wait(60), trading.said("run")
    journal = trading.state / "journal.sqlite"
    with opened(journal) as file:
        found = Replay(file).run()
        assert (None, 2, 0) == (found.difference, found.boots, found.left_out)
        (scenario,) = load_scenarios([write_incident(file, tmp_path / "incident")])
    assert ["crash"] == [fault.kind for fault in scenario.faults if fault.kind == "crash"]
    assert words_of(journal)["Started"] == 2
    sessions = {line["session"] for line in log_of(trading) if line["event"] == "begins"}
    assert 2 == len(sessions)


def log_of(trading: Trading) -> list[dict[str, str]]:
    return [json.loads(line) for line in (trading.state / "live.ndjson").read_text().splitlines()]
