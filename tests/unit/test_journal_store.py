"""The journal's file where something stands in its way: nothing half written, nothing made up."""

import os
import sqlite3
from pathlib import Path

import pytest
from recording import begun, hear, reopened, safe
from scripted_venue import create

from adapters.journal_store import CannotWrite, Store
from adapters.recorder import GATHERED_MAX, Recorder
from strategy import events
from strategy import journal_table as table
from strategy.errors import OurMistake


def test_a_file_system_without_a_write_ahead_log_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CannotWrite, match="no write-ahead log"):
        Store(Path(":memory:"))


def test_a_journal_and_its_log_are_its_users_own(tmp_path):
    before = os.umask(0)
    try:
        store = begun(tmp_path)
    finally:
        os.umask(before)
    assert {0o600} == {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert (tmp_path / "journal-wal").exists()
    store.close()


def test_a_journal_that_somebody_holds_altogether_cannot_be_opened(tmp_path):
    store = begun(tmp_path)
    store.close()
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(CannotWrite, match="locked"):
        Store(store.path)
    other.execute("ROLLBACK")
    other.close()
    Store(store.path).close()


def test_what_is_no_disks_fault_is_raised_as_it_is_and_nothing_of_it_is_written(tmp_path):
    store = begun(tmp_path)
    with pytest.raises(TypeError):
        store.append([("not", "a", "record")])
    assert () == reopened(store).kept.records


def test_a_commit_that_the_disk_refuses_is_rolled_back(tmp_path):
    store = begun(tmp_path)

    class Refuses:
        in_transaction = True

        def __init__(self, db):
            self._db, self.said = db, []

        def execute(self, statement, *more):
            self.said.append(statement)
            if statement in ("COMMIT", "ROLLBACK"):
                raise sqlite3.OperationalError("disk I/O error")
            return self._db.execute(statement, *more)

        def executemany(self, *what):
            return self._db.executemany(*what)

    real, store._db = store._db, Refuses(store._db)
    recorder = Recorder(store)
    hear(recorder, 1)
    assert [False] == safe(recorder)
    assert "disk I/O error" in recorder.failure
    assert ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"] == store._db.said
    real.execute("ROLLBACK")
    store._db = real
    assert () == reopened(store).kept.records


def test_a_decision_without_a_word_is_a_mistake_of_ours(tmp_path):
    recorder = Recorder(begun(tmp_path))
    with pytest.raises(OurMistake, match="without a word"):
        recorder.decided(())
    recorder.close()


def test_closing_writes_what_was_gathered_and_the_lag_counts_it(tmp_path):
    store = begun(tmp_path)
    recorder = Recorder(store)
    records = hear(recorder, 1, create(1))
    assert 2 == recorder.lag
    recorder.close()
    assert tuple(records) == Store(store.path).kept.records


def test_a_word_over_which_a_core_raised_is_kept_as_that(tmp_path):
    store = begun(tmp_path)
    recorder = Recorder(store)
    recorder.heard(1, events.Woke())
    recorder.raised()
    assert [True] == safe(recorder)
    (row,) = store._db.execute(table.RECORDS_BETWEEN, (0, table.SEQ_MAX)).fetchall()
    assert table.RAISED == row[4]
    store.close()


def test_more_than_was_ever_heard_between_two_commits_is_a_hole(tmp_path):
    store = begun(tmp_path)
    recorder = Recorder(store)
    recorder._gathered = [("x",)] * GATHERED_MAX
    hear(recorder, 1)
    assert (True, GATHERED_MAX) == (recorder.has_hole, recorder.lag)
    store.close()
