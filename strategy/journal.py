"""The journal's format: one line a record, so that a whole run is a list and a replay a loop.

A line is ``<crc32 hex> <json>\\n``. The JSON is ``[kind, now_ns, record]``. What a process wrote
before it died is trusted up to the first line whose checksum fails; a *last* line that fails is a
torn tail and expected, an earlier one is damage and said so.
"""

import zlib
from typing import Final

import msgspec

from strategy.commands import Command
from strategy.events import Event

EVENT: Final = "event"
INTENT: Final = "intent"

_CRC_DIGITS: Final = 8


class EventRecord(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=EVENT):
    """Something that happened, as the core was told."""

    now_ns: int
    event: Event


class IntentRecord(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=INTENT):
    """A command, written before it leaves."""

    now_ns: int
    command: Command


Record = EventRecord | IntentRecord


class Read(msgspec.Struct, frozen=True):
    """What a journal held: its records, whether its tail was torn, and the first damaged line (0: none)."""

    records: tuple[Record, ...]
    torn: bool
    damaged_line: int


_decoder: Final[msgspec.json.Decoder[Record]] = msgspec.json.Decoder(Record)


def line_of(record: Record) -> bytes:
    """Write a record as one line, checksum first."""
    body = msgspec.json.encode(record)
    return b"%08x %s\n" % (zlib.crc32(body), body)


def read(data: bytes) -> Read:
    """Read a journal up to the first line that cannot be trusted."""
    records: list[Record] = []
    lines = data.split(b"\n")
    tail = lines.pop()  # empty after a whole last line
    for number, line in enumerate(lines, start=1):
        record = _record(line)
        if record is None:
            is_last = number == len(lines) and not tail
            return Read(tuple(records), torn=is_last, damaged_line=0 if is_last else number)
        records.append(record)
    return Read(tuple(records), torn=bool(tail), damaged_line=0)


def _record(line: bytes) -> Record | None:
    crc, body = line[:_CRC_DIGITS], line[_CRC_DIGITS + 1 :]
    if b"%08x" % zlib.crc32(body) != crc:
        return None
    try:
        return _decoder.decode(body)
    except msgspec.MsgspecError:
        return None
