"""A journal whose bytes were torn, turned or lost: what some commit had made safe is found, or nothing."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recording import BEAT, FRESH, begun, hear, safe
from scripted_venue import create

from adapters.journal_store import CannotWrite, Store
from adapters.recorder import Recorder
from strategy import journal_table as table


class Written:
    """Journals written once, and every state a reader may find: after the commit of each step."""

    def __init__(self, folder, *, in_log: bool) -> None:
        store = begun(folder)
        store._db.execute("PRAGMA wal_autocheckpoint = 0")
        recorder = Recorder(store)
        self.states = [(FRESH, ())]
        for number in range(1, 31):
            snapshot, records = self.states[-1]
            more = hear(recorder, number, create(number)) if number % 3 else hear(recorder, number, event=BEAT)
            if number % 11:
                safe(recorder)
                self.states.append((snapshot, (*records, *more)))
            else:
                recorder.rotate(number, f'{{"n": {number}}}'.encode())
                self.states.append((f'{{"n": {number}}}'.encode(), ()))
        if not in_log:
            store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.folder = Path(folder) / "kept"
        self.folder.mkdir()
        for part in Path(folder).glob("journal*"):
            shutil.copy(part, self.folder / part.name.replace("-shm", "-gone"))
        store.close()

    def hurt(self, part, change):
        """Give what a reader finds once some bytes of a part are changed; None where it refuses."""
        with tempfile.TemporaryDirectory() as folder:
            for one in self.folder.glob("journal*"):
                shutil.copy(one, folder)
            path = Path(folder) / part
            path.write_bytes(change(path.read_bytes()))
            try:
                store = Store(Path(folder) / "journal")
            except (table.Damaged, CannotWrite):
                return None
            store.close()
            kept = store.kept
            return None if kept is None else (kept.snapshot, kept.records)


@pytest.fixture(scope="module")
def in_log(tmp_path_factory):
    return Written(tmp_path_factory.mktemp("log"), in_log=True)


@pytest.fixture(scope="module")
def in_pages(tmp_path_factory):
    return Written(tmp_path_factory.mktemp("pages"), in_log=False)


@given(share=st.floats(0, 1))
def test_a_log_torn_at_any_byte_gives_what_some_commit_had_made_safe(in_log, share):
    found = in_log.hurt("journal-wal", lambda data: data[: int(share * len(data))])
    assert found is None or found in in_log.states
    assert share < 1 or found == in_log.states[-1]


@given(place=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_a_byte_turned_anywhere_in_the_log_gives_no_state_that_never_was(in_log, place, mask):
    def turn(data):
        at = int(place * len(data))
        return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]

    found = in_log.hurt("journal-wal", turn)
    assert found is None or found in in_log.states


@given(place=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_a_byte_turned_anywhere_in_the_file_gives_no_state_that_never_was(in_pages, place, mask):
    def turn(data):
        at = int(place * len(data))
        return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]

    found = in_pages.hurt("journal", turn)
    assert found is None or found in in_pages.states


@given(page=st.floats(0, 1, exclude_max=True), byte=st.sampled_from([0, 255]))
def test_a_page_lost_anywhere_in_the_file_gives_no_state_that_never_was(in_pages, page, byte):
    def lose(data):
        at = int(page * (len(data) // 4096)) * 4096
        return data[:at] + bytes([byte]) * 4096 + data[at + 4096 :]

    found = in_pages.hurt("journal", lose)
    assert found is None or found in in_pages.states
