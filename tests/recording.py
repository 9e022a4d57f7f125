"""A journal begun and written to: what the tests of recorder and store share."""

from pathlib import Path

from quoting import KNOBS

from adapters.journal_store import Store
from strategy import events
from strategy.core import Core
from strategy.journal import EventRecord, IntentRecord

FRESH = Core(KNOBS).snapshot()
BEAT = events.BookHeartbeat("BTCUSDT", 1, 5)


def begun(folder, **kinds):
    store = Store(Path(folder) / "journal", **kinds)
    store.begin_boot("s", 1, "real", KNOBS, FRESH)
    return store


def hear(recorder, number, *leaving, event=None):
    """Have a word and what it led to appended; give the records that should be read back."""
    word = event or events.OperatorSaid(f"word {number}")
    recorder.heard(number, word)
    recorder.decided(leaving)
    for command in leaving:
        recorder.intends(number, command)
    return [EventRecord(number, word), *(IntentRecord(number, command) for command in leaving)]


def safe(recorder):
    said = []
    recorder.commit(said.append)
    return said


def reopened(store):
    store.close()
    again = Store(store.path)
    again.close()
    return again
