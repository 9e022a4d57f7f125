"""The journal on a disk: what was safe is found again, what fails is said so, and nothing else is believed."""

import asyncio
import os
import resource
import sqlite3

import pytest
from quoting import KNOBS
from recording import BEAT, FRESH, begun, hear, reopened, safe
from scripted_venue import create

from adapters.journal_store import CannotWrite, Store, set_aside
from adapters.recorder import GATHERED_MAX, BackgroundRecorder, Recorder
from strategy import journal_table as table


def test_what_was_committed_is_found_again_in_its_order_and_what_was_not_is_gone(tmp_path):
    store = begun(tmp_path)
    recorder = Recorder(store)
    records = [*hear(recorder, 1, create(1)), *hear(recorder, 2), *hear(recorder, 3, create(2), create(3))]
    assert [True] == safe(recorder)
    hear(recorder, 4)
    kept = reopened(store).kept
    assert (FRESH, tuple(records), 1) == (kept.snapshot, kept.records, kept.boots)


def test_a_snapshot_ends_what_a_restart_must_read(tmp_path):
    store = begun(tmp_path)
    recorder = Recorder(store)
    hear(recorder, 1, create(1))
    recorder.rotate(2, b"{}")
    later = hear(recorder, 3)
    safe(recorder)
    kept = reopened(store).kept
    assert (b"{}", tuple(later)) == (kept.snapshot, kept.records)


def test_a_new_file_holds_nothing_and_every_process_counts(tmp_path):
    path = tmp_path / "journal"
    first = Store(path)
    assert (None, 0) == (first.kept, first.boots)
    for number in (1, 2):
        first.begin_boot(f"s{number}", number, "real", KNOBS, FRESH)
    assert 2 == reopened(first).boots


def test_the_digest_tells_commands_apart_and_nothing_from_something():
    assert b"" == table.digest_of(())
    assert table.digest_of((create(1),)) == table.digest_of((create(1),))
    assert table.digest_of((create(1), create(2))) != table.digest_of((create(2), create(1)))


# What a disk does


def test_a_full_disk_refuses_and_has_a_hole_until_it_takes_a_snapshot(tmp_path):
    store = begun(tmp_path)
    recorder = Recorder(store)
    first = hear(recorder, 1)
    assert [True] == safe(recorder)
    store._db.execute(f"PRAGMA max_page_count = {store._pragma('page_count')}")
    for number in range(2, 400):
        hear(recorder, number, create(number))
    assert [False] == safe(recorder)
    assert (True, True) == (recorder.has_hole, "full" in recorder.failure)
    recorder.rotate(400, b"x" * 100_000)
    assert recorder.has_hole
    store._db.execute("PRAGMA max_page_count = 1000000")
    hear(recorder, 401, create(401))
    assert [False] == safe(recorder)  # behind a hole nothing is safe
    recorder.rotate(402, b"{}")
    later = hear(recorder, 403, create(403))
    assert ([True], False, "") == (safe(recorder), recorder.has_hole, recorder.failure)
    heads = store._db.execute("SELECT why FROM segments ORDER BY segment").fetchall()
    assert [("boot",), ("hole",)] == heads
    kept = reopened(store).kept
    assert (tuple(later), True) == (kept.records, first[0] not in kept.records)


def test_a_disk_that_errs_is_said_so_and_what_was_safe_stays(tmp_path):
    store = begun(tmp_path)
    recorder = Recorder(store)
    records = hear(recorder, 1, create(1))
    assert [True] == safe(recorder)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = os.stat(f"{store.path}-wal").st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, before[1]))
    try:
        for number in range(2, 200):
            hear(recorder, number, create(number))
        assert [False] == safe(recorder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert recorder.has_hole
    assert tuple(records) == reopened(store).kept.records


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_file_that_was_taken_away_is_not_written_to_as_if_it_were_there(tmp_path, is_replaced):
    store = begun(tmp_path)
    recorder = Recorder(store)
    hear(recorder, 2, create(2))
    assert [True] == safe(recorder)
    aside = store.path.rename(tmp_path / "aside")
    if is_replaced:
        store.path.write_bytes(aside.read_bytes())
    hear(recorder, 3, create(3))
    assert [False] == safe(recorder)
    recorder.rotate(4, FRESH)
    assert recorder.has_hole
    aside.replace(store.path)
    recorder.rotate(5, FRESH)
    hear(recorder, 6, create(6))
    assert [True] == safe(recorder)
    recorder.close()


def test_a_file_that_somebody_locks_is_refused_at_once_and_taken_later(tmp_path):
    store = begun(tmp_path)
    recorder = Recorder(store)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    hear(recorder, 1, create(1))
    assert [False] == safe(recorder)
    assert "locked" in recorder.failure
    other.execute("ROLLBACK")
    other.close()
    recorder.rotate(2, b"{}")
    hear(recorder, 3, create(3))
    assert [True] == safe(recorder)
    store.close()


def test_a_folder_that_is_not_there_is_not_made_up(tmp_path):
    with pytest.raises(CannotWrite) as caught:
        Store(tmp_path / "nowhere" / "journal")
    assert "SQ-O012" == caught.value.code


# What is not ours


def test_a_file_that_is_no_journal_is_damage_and_set_aside_only_on_request(tmp_path):
    path = tmp_path / "journal"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(table.Damaged) as caught:
        Store(path)
    assert ("SQ-O010", True) == (caught.value.code, path.exists())
    aside = set_aside(path, 7)
    assert (False, True) == (path.exists(), aside.exists())
    Store(path).close()


def test_another_database_and_another_format_are_damage(tmp_path):
    path = tmp_path / "other"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE cats (name)")
    db.close()
    with pytest.raises(table.Damaged, match="no journal"):
        Store(path)
    store = begun(tmp_path)
    store._db.execute("UPDATE meta SET value = 99 WHERE key = 'format'")
    store.close()
    with pytest.raises(table.Damaged, match="format 99"):
        Store(store.path)


@pytest.mark.parametrize(
    "edit, words",
    [
        ("UPDATE records SET body = replace(body, 'word 2', 'word 7') WHERE seq = 2", "record 2 is not"),
        ("UPDATE records SET digest = x'00' WHERE seq = 2", "record 2 is not"),
        ("UPDATE records SET now_ns = 9 WHERE seq = 2", "record 2 is not"),
        ("DELETE FROM records WHERE seq = 2", "record 2 is missing"),
        ("UPDATE segments SET snapshot = x'7b7d'", "the snapshot of segment 1 is not"),
        ("UPDATE segments SET snapshot = NULL", "the snapshot of segment 1 is missing"),
        ("UPDATE segments SET first_seq = 2", "the snapshot of segment 1 is not"),
    ],
)
def test_a_row_that_is_not_what_was_written_is_damage(tmp_path, edit, words):
    store = begun(tmp_path)
    recorder = Recorder(store)
    for number in (1, 2, 3):
        hear(recorder, number)
    safe(recorder)
    store._db.execute(edit)
    store.close()
    with pytest.raises(table.Damaged, match=words):
        Store(store.path)


def test_knobs_are_read_back_as_they_were_or_not_at_all(tmp_path):
    store = begun(tmp_path)
    boot = table.Boot(*store._db.execute(table.ALL_BOOTS).fetchone())
    store.close()
    assert KNOBS == table.knobs_of(boot)
    with pytest.raises(table.Damaged):
        table.knobs_of(boot._replace(session="t"))


# Room


def test_what_is_old_goes_market_words_first_and_the_last_segment_never(tmp_path):
    store = begun(tmp_path, bytes_max=400_000)
    recorder = Recorder(store)
    sizes = []
    for segment in range(60):
        for number in range(100):
            hear(recorder, number, event=BEAT)
            hear(recorder, number, create(segment * 100 + number))
        recorder.rotate(segment, b"{}" * 1000)
        sizes.append(store.used_bytes())
    last = hear(recorder, 9, create(9))
    safe(recorder)
    # It may grow over by what comes between two snapshots, and goes on being about the same.
    assert max(sizes) < 700_000
    assert max(sizes[40:]) <= max(sizes[20:40])
    kept = reopened(store).kept
    assert (b"{}" * 1000, tuple(last)) == (kept.snapshot, kept.records)
    db = sqlite3.connect(store.path)
    rows = db.execute("SELECT kind, count(*) FROM records GROUP BY kind").fetchall()
    snapshots = db.execute("SELECT count(*) FROM segments WHERE snapshot IS NOT NULL").fetchone()
    db.close()
    counts = dict(rows)
    assert counts.get(table.MARKET, 0) < counts[table.INTENT]
    assert 1 <= snapshots[0] < 60


# In the background


def in_background(story, folder):
    async def main():
        store = begun(folder)
        recorder = BackgroundRecorder(store)
        try:
            await story(recorder, store)
        finally:
            recorder.close()

    asyncio.run(asyncio.wait_for(main(), 30))


async def committed(recorder):
    answer = asyncio.get_running_loop().create_future()
    recorder.commit(answer.set_result)
    return await answer


def test_a_thread_writes_the_same_and_answers_in_order(tmp_path):
    records = []

    async def story(recorder, store):
        order = []
        for number in range(1, 20):
            records.extend(hear(recorder, number, create(number)))
            recorder.commit(lambda is_safe, number=number: order.append((number, is_safe)))
        assert [] == order  # nothing is said in the turn that asked
        assert await committed(recorder)
        assert [(number, True) for number in range(1, 20)] == order

    in_background(story, tmp_path)
    assert tuple(records) == reopened(Store(tmp_path / "journal")).kept.records


def test_behind_a_hole_the_thread_writes_nothing_until_a_snapshot(tmp_path):
    later = []

    async def story(recorder, store):
        store._db.execute(f"PRAGMA max_page_count = {store._pragma('page_count')}")
        for number in range(2, 400):
            hear(recorder, number, create(number))
        assert not await committed(recorder)
        assert recorder.has_hole
        assert "full" in (why := recorder.failure)
        store._db.execute("PRAGMA max_page_count = 1000000")
        hear(recorder, 401)
        assert not await committed(recorder)
        assert why == recorder.failure  # a person is told once, of the cause
        recorder.rotate(402, b"{}")
        # What comes while the snapshot is on its way is behind it, and safe.
        later.extend(hear(recorder, 403, create(403)))
        assert await committed(recorder)
        assert not recorder.has_hole

    in_background(story, tmp_path)
    kept = reopened(Store(tmp_path / "journal")).kept
    assert (b"{}", tuple(later)) == (kept.snapshot, kept.records)


def test_a_disk_that_hangs_is_given_up_before_memory_is(tmp_path):
    async def story(recorder, store):
        import threading

        hangs, plain = threading.Event(), store.append
        store.append = lambda written: (hangs.wait(20), plain(written))
        said = []
        hear(recorder, 1, create(1))
        recorder.commit(lambda is_safe: said.append(is_safe))
        for number in range(GATHERED_MAX):
            hear(recorder, number)
        recorder.commit(lambda is_safe: said.append(is_safe))
        hangs.set()
        store.append = plain
        assert not await committed(recorder)
        assert ([True, False], True) == (said, recorder.has_hole)

    in_background(story, tmp_path)
