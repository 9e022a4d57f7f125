"""A journal as others read it: whole or not at all, and also while it is written."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from kept import Kept, hurt_in_the_middle, state_with

from adapters.journal_reader import JournalReader, NoneYet
from sim.journal_file import NotAJournal, opened
from strategy import events
from strategy import journal_table as table


def fill(fill_id: str, lots: int) -> events.OrderFilled:
    return events.OrderFilled("s-1", "BTCUSDT", 1, fill_id, 100, lots, lots, "maker", 0, 5)


def test_the_last_state_is_what_a_restart_would_take_over_then_and_now(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "j", state_with(1), at_ns=10)
    kept.hear(20, fill("a", 2))
    kept.turn(30, state_with(3, fills={"a": 5}))
    kept.hear(40, fill("b", 4))
    with JournalReader(tmp_path / "j") as reader:
        lots = [reader.last_state(until).desks[0].position.lots for until in (15, 25, 35, 2**62)]
        assert [1, 3, 3, 7] == lots
        assert [10, 30] == [head.now_ns for head in reader.heads(0, 2**62)]
        with pytest.raises(table.Damaged):
            reader.last_state(5)
    kept.close()


def test_a_file_that_is_no_journal_is_told_so_and_not_what_table_it_has_not(tmp_path: Path) -> None:
    for name in ("empty", "foreign", "text"):
        (tmp_path / name).touch()
    other = sqlite3.connect(tmp_path / "foreign")
    other.execute("CREATE TABLE mine (a)")
    other.commit()
    other.close()
    (tmp_path / "text").write_text("this was never a database\n" * 100)
    for name, words in (
        ("empty", "is no journal: it is empty"),
        ("foreign", "is no journal of `live run`: "),
        ("text", "is no journal of `live run`: file is not a database"),
    ):
        with pytest.raises(NotAJournal) as wrong, opened(tmp_path / name):
            pass
        assert f"{tmp_path / name} {words}" in str(wrong.value)


def test_a_journal_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    for content in (None, b""):
        if content is not None:
            (tmp_path / "j").write_bytes(content)
        with pytest.raises(NoneYet, match="there is no journal at"):
            JournalReader(tmp_path / "j")


@contextmanager
def taking_nothing(folder: Path) -> Iterator[None]:
    """Have a disk that takes nothing; a superuser may write anywhere, so we become somebody else."""
    user = os.geteuid()
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o555)
    if not user:
        os.seteuid(65534)
    try:
        with pytest.raises(PermissionError):
            (folder / "other").write_bytes(b"")
        yield
    finally:
        os.seteuid(user)
        folder.chmod(0o700)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that is not below one of the superuser's own."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def test_on_a_disk_that_takes_nothing_a_journal_at_rest_is_read(open_folder: Path) -> None:
    Kept(open_folder / "j", state_with(3)).close()
    with taking_nothing(open_folder):
        with JournalReader(open_folder / "j") as reader:
            assert 3 == reader.last_state().desks[0].position.lots
        with opened(open_folder / "j") as file:
            assert 1 == len(file.boots)


def test_there_it_is_not_read_without_what_stands_in_its_log(open_folder: Path) -> None:
    kept = Kept(open_folder / "k", state_with(3))
    for tail in ("", "-wal"):
        shutil.copy(open_folder / f"k{tail}", open_folder / f"j{tail}")
    kept.close()
    with taking_nothing(open_folder):
        with pytest.raises(table.Damaged, match=r"unable to open|readonly"):
            JournalReader(open_folder / "j")
        with pytest.raises(NotAJournal), opened(open_folder / "j"):
            pass


def test_a_journal_with_a_page_that_was_hurt_is_not_proven(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "j", state_with())
    for number in range(200):
        kept.hear(number, fill(f"{number}", 1))
    kept.turn(300, state_with(3))
    kept.close()
    with JournalReader(tmp_path / "j") as reader:
        reader.prove()
    hurt_in_the_middle(tmp_path / "j")
    with JournalReader(tmp_path / "j") as reader, pytest.raises(table.Damaged):
        reader.prove()


def test_what_is_written_meanwhile_is_not_seen_in_part(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "j", state_with(), at_ns=10)
    with JournalReader(tmp_path / "j") as reader:
        assert 0 == reader.last_ns(2**62)
        kept.hear(20, fill("a", 2))
        assert 0 == reader.last_ns(2**62)
    with JournalReader(tmp_path / "j") as reader:
        assert 20 == reader.last_ns(2**62)
    kept.close()


@pytest.mark.parametrize(
    "hurt",
    [
        "UPDATE meta SET value = 99 WHERE key = 'format'",
        "DROP TABLE meta",
        "DELETE FROM boots",
        "UPDATE boots SET session = 'other'",
        "DROP TABLE boots",
    ],
)
def test_what_cannot_be_believed_is_damaged(tmp_path: Path, hurt: str) -> None:
    Kept(tmp_path / "j", state_with()).close()
    with closing(sqlite3.connect(tmp_path / "j")) as db, db:
        db.execute(hurt)
    with pytest.raises(table.Damaged), JournalReader(tmp_path / "j") as reader:
        reader.knobs()


def test_reading_changes_nothing(tmp_path: Path) -> None:
    Kept(tmp_path / "j", state_with()).close()
    before = (tmp_path / "j").read_bytes()
    with JournalReader(tmp_path / "j") as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._db.execute("DELETE FROM boots")
    assert before == (tmp_path / "j").read_bytes()
