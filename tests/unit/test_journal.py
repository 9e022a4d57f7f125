"""A journal is read back exactly, up to the first line that cannot be trusted."""

import pytest

from strategy.commands import CancelAll
from strategy.events import BookSnapshot, FundingPaid, Woke
from strategy.journal import EventRecord, IntentRecord, line_of, read

RECORDS = (
    EventRecord(1, Woke()),
    EventRecord(2, BookSnapshot(symbol="X", seq=1, bids=((1, 2),), asks=(), venue_ns=3)),
    IntentRecord(2, CancelAll(symbol="X")),
    EventRecord(3, FundingPaid(symbol="X", funding_id="f", cash=-(2**80), venue_ns=4)),
)
DATA = b"".join(line_of(record) for record in RECORDS)


def test_what_was_written_is_read_back_whole():
    got = read(DATA)
    assert (RECORDS, False, 0) == (got.records, got.torn, got.damaged_line)


def test_an_empty_journal_is_whole():
    assert ((), False, 0) == (read(b"").records, read(b"").torn, read(b"").damaged_line)


@pytest.mark.parametrize("cut", range(1, len(line_of(RECORDS[3]))))
def test_a_torn_tail_loses_only_the_last_record_at_every_cut(cut):
    got = read(DATA[:-cut])
    assert (RECORDS[:3], True, 0) == (got.records, got.torn, got.damaged_line)


def test_a_last_line_with_a_wrong_checksum_is_a_torn_tail():
    got = read(DATA[:-2] + b"?\n")
    assert (RECORDS[:3], True, 0) == (got.records, got.torn, got.damaged_line)


def test_damage_before_the_end_is_named_by_its_line():
    lines = DATA.splitlines(keepends=True)
    lines[1] = lines[1].replace(b"1", b"7", 1)
    got = read(b"".join(lines))
    assert (RECORDS[:1], False, 2) == (got.records, got.torn, got.damaged_line)


def test_a_line_that_is_whole_but_not_ours_is_not_trusted():
    import zlib

    body = b'["event",1,{"type":"Tomorrow"}]'
    got = read(b"%08x %s\n" % (zlib.crc32(body), body) + line_of(RECORDS[0]))
    assert ((), 1) == (got.records, got.damaged_line)
