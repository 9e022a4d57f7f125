"""``sim replay``: what a live process decided is decided again, or the first difference is named."""

import asyncio
import json
import sqlite3

import click.testing
import pytest
from live_stage import Stage, until

from adapters import driver
from sim.cli import sim
from sim.journal_file import NotAJournal, opened, this_program
from sim.replay.journal import Replay
from strategy import commands, events
from strategy import journal_table as table
from strategy.core import Core
from strategy.exit_codes import ExitCode


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A journal of two processes: the first has several snapshots, and a core that raises; the second stops."""
    folder = tmp_path_factory.mktemp("written")
    patch = pytest.MonkeyPatch()
    patch.setattr(driver, "SNAPSHOT_EVERY_NS", 300_000_000)
    stage = Stage(folder)

    async def trip(bot):
        await until(lambda: stage.is_quoting() and len(stage.desk._ended) > 5)
        core = bot._life.core
        step = core.step

        def raises(now_ns, event):
            step(now_ns, event)
            raise MemoryError("once")

        core.step = raises
        await until(lambda: len(stage.venues) == 2 and stage.is_quoting() and len(stage.desk._ended) > 3)
        bot.stop()

    try:
        stage.run(trip)
    finally:
        patch.undo()
    db = sqlite3.connect(stage.terms.journal)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("PRAGMA journal_mode=DELETE")
    db.close()
    return stage.terms.journal


@pytest.fixture
def journal(written, tmp_path):
    """A copy that may be spoilt."""
    copy = tmp_path / "journal.sqlite"
    copy.write_bytes(written.read_bytes())
    return copy


def spoilt(path, *statements):
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(*statement) if isinstance(statement, tuple) else db.execute(statement)
    db.commit()
    db.close()


def rewritten(path, row, **changes):
    """Write a record anew, with its checksum right: what it says is a lie, not damage."""
    one = row._replace(**changes)
    again = table.make_row(one.seq, one.kind, one.now_ns, one.body, one.digest)
    spoilt(
        path,
        ("UPDATE records SET body = ?, digest = ?, crc = ? WHERE seq = ?", (one.body, one.digest, again.crc, one.seq)),
    )


def rows_of(path):
    with opened(path) as file:
        return list(file.rows(0, table.SEQ_MAX))


def replayed(path, boot=None, **kinds):
    with opened(path) as file:
        return Replay(file, **kinds).run(boot)


def said(*words):
    return click.testing.CliRunner().invoke(sim, ["replay", *map(str, words)])


def without_the_end_that_raised(path):
    """The process that raised did so by hand: what a core did not do by itself no core repeats."""
    raised = next(row.seq for row in rows_of(path) if row.digest == table.RAISED)
    spoilt(path, f"DELETE FROM records WHERE seq = {raised}")
    return raised


def test_every_decision_of_every_process_is_the_same(journal):
    without_the_end_that_raised(journal)
    found = replayed(journal)
    assert (None, 2, 0) == (found.difference, found.boots, found.left_out)
    assert found.segments > 4
    assert found.steps == sum(row.kind != table.INTENT for row in rows_of(journal))
    assert found.commands > 20
    assert found.digest == replayed(journal).digest


def test_one_process_is_replayed_alone(journal):
    without_the_end_that_raised(journal)
    parts = [replayed(journal, boot).steps for boot in (1, 2)]
    assert replayed(journal).steps == sum(parts)
    assert min(parts) > 0


def test_a_core_that_raised_and_does_not_now_is_a_difference(journal):
    found = replayed(journal)
    assert ("raised", "it raised then, and does not now") == (found.difference.kind, found.difference.words)


def test_another_decision_is_named_with_what_was_written_then_and_what_is_decided_now(journal):
    without_the_end_that_raised(journal)
    rows = rows_of(journal)
    place = next(at for at, row in enumerate(rows) if row.kind == table.INTENT)
    rewritten(journal, rows[place - 1], digest=b"something else..")
    result = said(journal)
    assert ExitCode.NOT_DETERMINISTIC == result.exit_code
    assert f"record {rows[place - 1].seq} at 20" in result.output
    assert " then       CreateOrder(" in result.output
    assert " now        CreateOrder(" in result.output
    assert "error[SQ-O014]: process 1 (demo-" in result.output


def test_an_intent_that_no_decision_led_to_and_one_that_is_not_there_are_differences(journal):
    without_the_end_that_raised(journal)
    rows = rows_of(journal)
    row = next(row for row in rows if row.kind == table.INTENT)
    rewritten(journal, row, body=row.body.replace(b'"size_lots":10', b'"size_lots":11'))
    found = replayed(journal)
    assert "wrote down to send what is not decided" in found.difference.words
    assert found.difference.step.seq < row.seq
    word = next(one for one in rows if one.kind == table.WORD and one.seq > row.seq)
    rewritten(journal, row, kind=word.kind, body=table.body_of(events.Woke()), digest=b"")
    spoilt(journal, f"UPDATE records SET kind = {table.WORD} WHERE seq = {row.seq}")
    again = table.make_row(row.seq, table.WORD, row.now_ns, table.body_of(events.Woke()), b"")
    spoilt(journal, ("UPDATE records SET crc = ? WHERE seq = ?", (again.crc, row.seq)))
    assert "did not write down" in replayed(journal).difference.words


def test_state_that_drifted_between_two_snapshots_is_a_difference(journal):
    without_the_end_that_raised(journal)
    with opened(journal) as file:
        head = file.segments(1)[2][0]
    other = table.make_segment(*head[:5], head.snapshot.replace(b'"decisions":', b'"decisions":1'))
    spoilt(
        journal,
        ("UPDATE segments SET snapshot = ?, crc = ? WHERE segment = ?", (other.snapshot, other.crc, head.segment)),
    )
    found = replayed(journal)
    assert ("state", f"segment {head.segment} begins with another state") == (
        found.difference.kind,
        found.difference.words,
    )


def test_another_core_is_found_out_at_its_first_different_step(journal):
    class Shy(Core):
        def step(self, now_ns, event):
            leaving = super().step(now_ns, event)
            return () if any(isinstance(one, commands.CreateOrder) for one in leaving) else leaving

    without_the_end_that_raised(journal)
    found = replayed(journal, factory=Shy)
    first = next(row.seq for row in rows_of(journal) if row.kind == table.INTENT)
    assert first - 1 == found.difference.step.seq
    assert isinstance(found.difference.intended[0], commands.CreateOrder)


def test_a_journal_of_another_program_is_said_to_be_before_the_verdict(journal):
    without_the_end_that_raised(journal)
    assert "process 1 was" not in said(journal).stderr
    ours, other = this_program(), table.Program("0.0.9", "0123456789abcdef")
    with opened(journal) as file:
        assert [ours.code] * 2 == [file.program(one.boot).code for one in file.boots]
    spoilt(journal, ("UPDATE programs SET body = ?, crc = ? WHERE boot = ?", (*table.make_program(1, other)[1:], 1)))
    result = said(journal)
    assert (ExitCode.OK, f"process 1 was {other}, this is {ours}: another") == (
        result.exit_code,
        result.stderr.splitlines()[0].removesuffix(" version may decide otherwise"),
    )
    assert "" == said(journal, "--boot", "2").stderr
    spoilt(journal, "UPDATE programs SET body = x'7b7d' WHERE boot = 1")
    assert "error[SQ-O010]: the program of process 1 is not what was written" in said(journal).stderr


def test_a_journal_from_before_programs_were_named_is_replayed_and_said_to_be_of_an_unknown_one(journal):
    without_the_end_that_raised(journal)
    spoilt(journal, "DROP TABLE programs")
    result = said(journal)
    assert (ExitCode.OK, True) == (result.exit_code, "does not say which program it was" in result.stderr)


def test_a_program_is_told_from_another_by_one_byte_or_one_name_of_its_code():
    codes = {table.program_of("1", files).code for files in ([("a", b"xy")], [("a", b"xz")], [("b", b"xy")], [])}
    assert 4 == len(codes)


def test_what_was_let_go_of_is_left_out_and_said_so(journal):
    without_the_end_that_raised(journal)
    rows = rows_of(journal)
    with opened(journal) as file:
        (_, first_end), (second, _), *_ = file.segments(1)
    spoilt(
        journal,
        f"DELETE FROM records WHERE kind = {table.MARKET} AND seq < {first_end}",
        f"UPDATE segments SET snapshot = NULL WHERE segment = {second.segment}",
    )
    found = replayed(journal)
    assert found.difference is None
    assert 0 < found.left_out < len(rows)
    assert "left out" in said(journal).output


def test_a_record_that_is_not_what_was_written_is_damage_and_a_bad_file(journal):
    spoilt(journal, "UPDATE records SET body = replace(body, 'BTCUSDT', 'ETHUSDT') WHERE seq = 9")
    result = said(journal)
    assert ExitCode.BAD_FILE == result.exit_code
    assert "error[SQ-O010]: record 9 is not what was written" in result.output


def test_what_is_no_journal_is_said_so(tmp_path, journal):
    (tmp_path / "text").write_text("no database " * 99)
    for path, words in ((tmp_path / "none", "no such file"), (tmp_path / "text", "not a database")):
        result = said(path)
        assert (ExitCode.BAD_FILE, True) == (result.exit_code, words in result.output)
    spoilt(journal, "UPDATE meta SET value = 9 WHERE key = 'format'")
    with pytest.raises(NotAJournal, match="of format 9"), opened(journal):
        pass
    spoilt(journal, "UPDATE meta SET value = 1 WHERE key = 'format'", "DELETE FROM segments")
    with pytest.raises(NotAJournal, match="holds no process"), opened(journal):
        pass


def test_the_timeline_shows_what_was_asked_for(journal):
    without_the_end_that_raised(journal)
    whole = said(journal, "--print").output
    assert "Started(session='demo-1-" in whole
    client_id = next(line for line in whole.splitlines() if "-> CreateOrder" in line).split("'")[1]
    about = said(journal, "--order", client_id).output.splitlines()
    assert all(client_id in line for line in about[:-3] if line.lstrip().startswith("->"))
    assert any("OrderAccepted" in line for line in about)
    window = said(journal, "--at", "1", "--for", "0.5").output.splitlines()
    assert all(1 <= float(line.split()[0]) <= 1.5 for line in window[:-3] if not line.lstrip().startswith("->"))
    found = json.loads(said(journal, "--format", "json").output)
    assert (2, None) == (found["boots"], found["difference"])


def test_a_process_that_is_not_there_is_wrong_usage(journal):
    result = said(journal, "--boot", "7")
    assert (ExitCode.USAGE, True) == (result.exit_code, "there are 2 processes" in result.output)


def test_a_journal_that_is_being_written_is_read_as_far_as_it_is_safe(tmp_path):
    stage = Stage(tmp_path)
    found = []

    async def read(bot):
        await until(stage.is_quoting)
        await asyncio.sleep(0.3)
        found.append(replayed(stage.terms.journal))
        bot.stop()

    stage.run(read)
    assert found[0].difference is None
    assert found[0].steps > 20
