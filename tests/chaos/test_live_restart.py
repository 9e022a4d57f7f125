"""A live process killed at any instant: the next one adopts, books each fill once, and leaves no orphan.

Real processes and a real disk; the venue lives on in this one. What was killed is never asked.
"""

import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import msgspec
import pytest
from live_files import NOBODY, QUICK, STRATEGY, write_live
from processes import ROOT, environment
from remote_venue import Account

from adapters import heartbeat
from adapters.journal_store import Store
from adapters.settings import load
from strategy import journal_table as table
from strategy.core import Core
from strategy.instrument import notional_cash

AT_A_REMOTE_VENUE = """\
import sys
sys.path.insert(0, sys.argv.pop(1))
port = int(sys.argv.pop(1))
import adapters.venues
from remote_venue import RemoteVenue
adapters.venues.make_venue = lambda *_: RemoteVenue(port)
from adapters.cli import main
main()
"""
REAL = ("--mode", "real", "--max-loss-usdt", "400", "--confirm", "bybit-custom")


@pytest.fixture
def settings(tmp_path):
    path = write_live(tmp_path, NOBODY)
    (tmp_path / "strategy.yaml").write_text(STRATEGY + QUICK)
    return load(path)


@contextmanager
def running(settings, account, *words):
    command = [sys.executable, "-c", AT_A_REMOTE_VENUE, str(ROOT / "tests"), str(account.port)]
    process = subprocess.Popen(
        [*command, "run", "--config", str(settings.path), *(words or REAL)],
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def until(is_so, process, settings, within_s=30):
    """Wait until it is so; the process must live."""
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s and process.poll() is None:
        if is_so():
            return
        time.sleep(0.01)
    said = process.stderr.read() if process.poll() is not None else "it did not come to that"
    raise AssertionError(f"{said}\n{heartbeat.last_beat(settings.state_dir)}\n{settings.log.read_text()[-2000:]}")


def lives(settings, process):
    beat = heartbeat.last_beat(settings.state_dir)
    return beat is not None and beat.pid == process.pid


def resumed(settings):
    """Take over from the journal as the next process would, and say what it then believes."""
    store = Store(settings.journal)
    boot = store._db.execute(table.ALL_BOOTS).fetchall()[-1]
    store.close()
    core = Core(table.knobs_of(table.Boot(*boot)))
    core.resume(store.kept.snapshot, store.kept.records)
    return core.belief().symbols[0], store


def stopped(settings, account):
    with running(settings, account) as process:
        until(lambda: lives(settings, process), process, settings)
        time.sleep(2)
        process.send_signal(signal.SIGTERM)
        assert 0 == process.wait(40), process.stderr.read()


def agree(settings, account):
    """Hold what the journal leads to against the truth at the venue."""
    belief, store = resumed(settings)
    fills = account.fills
    assert () == account.desk.open_ids()
    assert sum(fill.side * fill.size_lots for fill in fills) == belief.position_lots
    instrument = account.seen.instruments[0]
    cash = sum(
        fill.fee_cash - fill.side * notional_cash(instrument, fill.price_ticks, fill.size_lots) for fill in fills
    )
    assert cash == belief.cash
    return store


def days_of(settings):
    """Give where the day began, as every process found it."""
    store = Store(settings.journal)
    heads = [table.Segment(*row) for row in store._db.execute(table.ALL_SEGMENTS)]
    store.close()
    days = [msgspec.json.decode(table.snapshot_of(head))["signals"]["day"] for head in heads]
    return {(day["number"], day["start_cash"]) for day in days if day["number"] >= 0}


def test_kills_at_any_instant_lose_and_double_nothing(settings, is_deep):
    dice, kills = random.Random(4), 25 if is_deep else 5
    with Account(seed=3) as account:
        for _ in range(kills):
            with running(settings, account) as process:
                if dice.random() < 0.8:
                    until(lambda process=process: lives(settings, process), process, settings)
                    time.sleep(dice.random() * 4)
                else:
                    time.sleep(dice.random())
                process.kill()
                process.wait()
        stopped(settings, account)
        store = agree(settings, account)
        assert kills // 2 < store.boots <= kills + 1
        assert 5 < len(account.fills)
        assert 1 == len(days_of(settings))  # a restart renews no budget
        ids = [*account.desk._ended]
        assert len(ids) == len({*ids})
        assert 2 < len({name.rsplit("-", 1)[0] for name in ids})  # orders of many processes


def test_what_traded_while_nobody_lived_is_booked_by_the_next(settings):
    with Account(seed=5) as account:
        with running(settings, account) as process:
            until(lambda: account.desk.open_ids(), process, settings)
            process.kill()
            process.wait()
        before = len(account.fills)
        open_ids = account.desk.open_ids()
        deadline = time.monotonic() + 20
        while len(account.fills) == before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert before < len(account.fills)
        assert account.fills[-1].client_id in open_ids
        stopped(settings, account)
        agree(settings, account)


def test_a_journal_older_than_the_orders_at_the_venue_still_leads_to_the_truth(settings, tmp_path):
    """Somebody brought an old copy back: what it does not know is found out by reads, and swept."""
    with Account(seed=7) as account:
        stopped(settings, account)
        old = {path.name: path.read_bytes() for path in settings.journal.parent.glob("journal.sqlite*")}
        with running(settings, account) as process:
            until(lambda: len(account.fills) > 10 and account.desk.open_ids(), process, settings)
            process.kill()
            process.wait()
        for path in settings.journal.parent.glob("journal.sqlite*"):
            path.unlink()
        for name, data in old.items():
            (settings.journal.parent / name).write_bytes(data)
        stopped(settings, account)
        agree(settings, account)
