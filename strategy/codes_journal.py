"""Codes about the journal of a live process and about taking it over."""

from typing import Final

from strategy.error_code import NOTHING_STARTS, ErrorCode

JOURNAL: Final = (
    ErrorCode(
        "SQ-O010",
        "The journal is damaged",
        "It is no journal of ours, of another version, or a record in it is not what was written: a disk that fails, "
        "a file that was copied while it was in use, or edited by hand.",
        "Nothing starts: what an earlier process had on the book, and what it lost today, cannot be known.",
        "Bring back a good copy. Or set it aside on request: then everything open is cancelled, every fill is read "
        "from the venue, and a loss limit that was reached before is forgotten.",
        recoverable=False,
    ),
    ErrorCode(
        "SQ-O011",
        "The journal belongs to a process that lives",
        "Another instance holds the lock of this journal.",
        "Nothing starts: two bots on one account would cancel each other's orders and count each other's fills.",
        "Stop the other one first, or name another journal for another account.",
        recoverable=False,
    ),
    ErrorCode(
        "SQ-O012",
        "The journal cannot be written",
        "The disk is full or fails, the folder is missing or read-only, or somebody else locks the file.",
        "At the start nothing starts. Later no create and no amend leaves, cancels and questions do; once the disk "
        "takes a snapshot again, so do quotes.",
        "Make room, or mend the disk, its mount or the permissions.",
        retry_after_s=1,
    ),
    ErrorCode(
        "SQ-O013",
        "The stop could not be proven",
        "The time for a graceful stop is over, and no read has shown that no order of ours is left.",
        "Cancel-all was sent again and again until the last moment; the process ends all the same.",
        "Look at the venue for open orders and cancel them there. The next start cancels what it finds.",
    ),
    ErrorCode(
        "SQ-O014",
        "A replay differs from its journal",
        "The same words led to other commands than the journal says: other code, another config, or a core that "
        "depends on something it was not told.",
        "The first step that differs is named, with what was decided then and now.",
        "Replay with the version that wrote the journal; if it still differs, report it.",
        recoverable=False,
    ),
    ErrorCode(
        "SQ-O015",
        "Not a journal",
        "There is no file of that name, it is no journal, or it holds nothing of what was asked for.",
        NOTHING_STARTS,
        "Name the file that `live run` wrote; each mode has one of its own, and before its first start there is none.",
    ),
)
