"""The registry of error codes: what each means, what the system does about it, what you do.

A code is ``SQ-Lnnn``; the letter is the area: C files a person writes, S simulator, V venue,
R risk, O orders, G gates. Codes are never reused and never change their meaning. ``sim explain``
and the docs page are printed from here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

AREAS: Final[Mapping[str, str]] = MappingProxyType(
    {"C": "files a person writes", "S": "simulator", "V": "venue", "R": "risk", "O": "orders", "G": "gates"}
)
_FORM: Final = re.compile(r"SQ-[CSVROG]\d{3}")


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code in words. ``retry_after_s`` is ``None`` where trying again changes nothing."""

    code: str
    title: str
    cause: str
    what_system_does: str
    what_you_do: str
    recoverable: bool = True
    retry_after_s: int | None = None

    def __post_init__(self) -> None:
        if not _FORM.fullmatch(self.code):
            raise ValueError(f"{self.code!r} is not of the form SQ-Lnnn")


_NOTHING_STARTS: Final = "Nothing starts. Every mistake found in every file is listed, each with its place."

_FILES: Final = (
    ErrorCode(
        "SQ-C001",
        "A file cannot be read",
        "It does not exist, is a folder, may not be opened, or is not UTF-8 text.",
        _NOTHING_STARTS,
        "Check the path (a path inside a scenario is relative to that scenario's own folder) and its permissions.",
    ),
    ErrorCode(
        "SQ-C002",
        "A file is not YAML",
        "The text breaks YAML's own rules: an unclosed bracket or quote, a tab used to indent, a second document, "
        "a tag, or nesting too deep to be meant.",
        "Nothing starts. A file that cannot be read as YAML shows its first mistake only.",
        "Mend the line under the caret; the cause is often one line above it.",
    ),
    ErrorCode(
        "SQ-C003",
        "A key is written twice",
        "Two entries of one mapping have the same key, so one of them would be lost.",
        _NOTHING_STARTS,
        "Keep one of the two.",
    ),
    ErrorCode(
        "SQ-C010",
        "A file does not fit its model",
        "A value has the wrong type or lies outside its range, a key is unknown or missing.",
        _NOTHING_STARTS,
        "Change the value under the caret; `sim schema` writes a schema that lets an editor tell you while you type.",
    ),
    ErrorCode(
        "SQ-C011",
        "Two values contradict each other",
        "Each is possible, both together are not: thresholds that cross, a lower bound above its upper bound.",
        _NOTHING_STARTS,
        "Read the relation in the message and change one of the two values.",
    ),
    ErrorCode(
        "SQ-C012",
        "A unit is wrong",
        "A key carries another unit than the one it is counted in, or a value carries a unit of its own.",
        _NOTHING_STARTS,
        "Write the key with the unit named in the message, and the bare number in that unit.",
    ),
    ErrorCode(
        "SQ-C020",
        "The file is newer than this program",
        "Its `schema_version` is above every version this program knows.",
        _NOTHING_STARTS,
        "Use the program the file was written for, or write the file for this one.",
    ),
    ErrorCode(
        "SQ-C021",
        "The file is older than this program",
        "Its `schema_version` has been replaced; reading it as it stands would guess at units and names.",
        _NOTHING_STARTS,
        "Run `sim migrate FILE`: it raises the version and keeps your comments.",
    ),
    ErrorCode(
        "SQ-C022",
        "A file names something that does not exist",
        "A market profile, a strategy config or a tape named in the file is nowhere to be found.",
        _NOTHING_STARTS,
        "Correct the name; the message lists the nearest known one.",
    ),
    ErrorCode(
        "SQ-C023",
        "Two scenarios have one name",
        "Results, seeds and baselines are filed by scenario name, so two with one name would overwrite each other.",
        _NOTHING_STARTS,
        "Rename one of them.",
    ),
    ErrorCode(
        "SQ-C030",
        "The config does not fit the instrument",
        "A size is off the lot grid, below the venue's minimum or above its maximum, or a symbol is not configured.",
        _NOTHING_STARTS,
        "Write the size as a multiple of the instrument's lot, or add the symbol under `symbols`.",
    ),
    ErrorCode(
        "SQ-C031",
        "A committed schema is out of date",
        "The models changed and the schema files were not written again.",
        "`sim schema --check` fails; nothing is written.",
        "Run `sim schema --write` and commit the result.",
    ),
)

_SIMULATOR: Final = (
    ErrorCode(
        "SQ-S001",
        "A mistake of ours",
        "The program met a state that its own rules exclude. This is a bug, not something you did.",
        "The step sends nothing; the driver cancels every order by its own path and stops.",
        "Keep the trace or journal and report it with the first line of the output: it says how to repeat the run.",
        recoverable=False,
    ),
    ErrorCode(
        "SQ-S010",
        "Two faults have one id",
        "Fault ids name the dice of a fault and survive shrinking, so each must be its own.",
        _NOTHING_STARTS,
        "Give one of them another `id`; a fault without an id is called by its kind and number.",
    ),
    ErrorCode(
        "SQ-S011",
        "A time lies outside the run",
        "A fault begins after the end of the run, or the warm-up or the calm leaves nothing to judge.",
        _NOTHING_STARTS,
        "Move it inside `run.duration_s`, or make the run longer.",
    ),
    ErrorCode(
        "SQ-S012",
        "A symbol the market does not have",
        "A fault or the scenario's market names a symbol that its profile or its symbol list lacks.",
        _NOTHING_STARTS,
        "Use one of the symbols named in the message.",
    ),
    ErrorCode(
        "SQ-S013",
        "An unknown invariant",
        "A scenario switches off an invariant by a name that none has.",
        _NOTHING_STARTS,
        "`sim explain --list` shows every invariant.",
    ),
)

_TAPES: Final = (
    ErrorCode(
        "SQ-S101",
        "A tape cannot be read",
        "The file is missing, cannot be opened or is damaged.",
        "The tape is refused whole; nothing is replayed from half a tape.",
        "Check the path, or fetch the recording again.",
    ),
    ErrorCode(
        "SQ-S102",
        "Not a tape",
        "The file's first line fits none of the known recording formats.",
        "The tape is refused whole.",
        "`sim tape info FILE` says what the file holds and which formats are known.",
    ),
    ErrorCode(
        "SQ-S103",
        "A tape's line is malformed",
        "A field is missing, empty or not the number it should be.",
        "The tape is refused whole, with the line's number.",
        "Look at that line; a recording that was cut off ends in a torn one.",
    ),
    ErrorCode(
        "SQ-S104",
        "A tape runs backwards",
        "A record is stamped earlier than the one before it.",
        "The tape is refused whole: replaying it would let the bot see the future.",
        "Sort the recording by arrival, or record again with one clock.",
    ),
    ErrorCode(
        "SQ-S105",
        "A tape has a hole",
        "The sequence numbers of two book updates do not join.",
        "The tape is refused whole: after a hole the book is a guess.",
        "Use a window without a hole, or one that begins with a snapshot.",
    ),
    ErrorCode(
        "SQ-S106",
        "A tape's book is crossed",
        "After an update the best bid is not below the best ask.",
        "The tape is refused whole.",
        "The recording mixed two feeds or lost an update; use another window.",
    ),
    ErrorCode(
        "SQ-S107",
        "A tape holds a value that is not positive",
        "A price or a traded size is zero or negative.",
        "The tape is refused whole.",
        "Look at that line; columns may have been swapped.",
    ),
    ErrorCode(
        "SQ-S108",
        "A tape is off the instrument's grid",
        "A price or size is not a multiple of the tick or the lot.",
        "The tape is refused whole: rounding it would invent a market.",
        "Name the instrument whose rules were in force when it was recorded.",
    ),
    ErrorCode(
        "SQ-S109",
        "A tape counts in another unit",
        "Timestamps are not in the unit the format says.",
        "The tape is refused whole.",
        "Convert the recording; the message says which unit it expects.",
    ),
    ErrorCode(
        "SQ-S110",
        "A tape is shorter than the run",
        "The scenario asks for more simulated time than was recorded.",
        "The scenario is refused.",
        "Lower run.duration_s to the length `sim tape info` tells.",
    ),
    ErrorCode(
        "SQ-S020",
        "No such core",
        "What --core names cannot be imported, or has no such factory.",
        _NOTHING_STARTS,
        "Write module:factory; the working directory is importable.",
    ),
)

_GATES: Final = (
    ErrorCode(
        "SQ-G001",
        "A gate names an unknown metric",
        "No metric has that name, so the gate could never fail.",
        _NOTHING_STARTS,
        "Use the nearest name in the message, or look at `sim explain --list`.",
    ),
    ErrorCode(
        "SQ-G002",
        "A gate can never be judged",
        "Its metric cannot exist in this scenario: a recovery time where nothing breaks, for instance.",
        _NOTHING_STARTS,
        "Remove the gate, or add what it measures.",
    ),
    ErrorCode(
        "SQ-G003",
        "A gate asks for a figure its metric does not have",
        "A metric that is one number per run has no percentile.",
        _NOTHING_STARTS,
        "Use one of the `stat` values named in the message.",
    ),
    ErrorCode(
        "SQ-G004",
        "A gate's limits are missing or crossed",
        "Neither `min` nor `max` is there, or `min` lies above `max`: it would always pass or never.",
        _NOTHING_STARTS,
        "Write at least one limit, the lower one as `min`.",
    ),
)


_ALERTS: Final = (
    ErrorCode(
        "SQ-R001",
        "A loss or drawdown budget is spent",
        "The day's loss, or the fall from the day's peak, has reached its budget.",
        "Quotes of the symbol are taken off, and none is placed until a person says so. A restart changes nothing.",
        "Find out why, then say `clear_latch`.",
        recoverable=False,
    ),
    ErrorCode(
        "SQ-R002",
        "Our own limits refuse orders again and again",
        "For a minute orders were wanted that the position or account limits did not allow to leave.",
        "Each is refused and counted; quoting goes on within the limits.",
        "Look at the position and at orders in doubt: both count in full. Sizes may be too large for the limits.",
    ),
    ErrorCode(
        "SQ-O001",
        "An order has been in doubt for long",
        "Nobody has said what became of it, and every question about it went unanswered or proved nothing.",
        "It counts at its worst in every limit, its side gets no new order, and it is asked about until it is known.",
        "Look at the venue whether it is open. Cancelling it there by hand is safe: the bot will read it.",
    ),
    ErrorCode(
        "SQ-O002",
        "Orders that are not ours were found",
        "The venue told of open orders whose ids we do not know: of another process, or from before a lost journal.",
        "They count as ours, at their worst, and are cancelled.",
        "Make sure that no second instance uses the account.",
    ),
    ErrorCode(
        "SQ-O003",
        "The stop is done",
        "A read has shown that no order of ours is left, after a stop was asked for.",
        "Nothing is sent any more that could add risk; the process may end.",
        "Nothing.",
    ),
    ErrorCode(
        "SQ-O004",
        "Orders do not leave our host",
        "Several creates or amends in a row were never sent: no connection, or a journal that cannot be written.",
        "The symbol waits before it tries again, up to five seconds; cancels and questions go on.",
        "Look at the connection and at the disk of the journal.",
        retry_after_s=5,
    ),
    ErrorCode(
        "SQ-O005",
        "The journal of an earlier process is lost",
        "A process took over from another and found neither a snapshot nor a record that could be read.",
        "All that stands is cancelled and every fill is read before anything is quoted. A latched loss is forgotten.",
        "Look why the journal was lost. Halt by hand if a loss limit had been reached.",
    ),
    ErrorCode(
        "SQ-V001",
        "The venue refused our time stamp",
        "Our estimate of the venue's clock was wrong: it was set, it stands still, or the way to it became slow.",
        "The clock is asked at once, and nothing is placed before a sample asked after the refusal is in.",
        "Nothing, unless it goes on: then look at the clock of this host and at the venue's status page.",
        retry_after_s=1,
    ),
    ErrorCode(
        "SQ-V002",
        "The venue has banned us for a while",
        "It answered too many requests with a ban of the account or the address.",
        "Nothing is sent until it ends. Then cancels leave first, questions next, quotes last and at half the rate.",
        "Lower `pacing.orders_per_s`, and make sure that nothing else uses the same account or address.",
        retry_after_s=600,
    ),
    ErrorCode(
        "SQ-V003",
        "The venue told of something we cannot explain",
        "A fill of no order we remember: a liquidation, an order of another process, or one forgotten long ago.",
        "It moves our position like any fill, and is counted.",
        "Compare the account's fills with the run's; a liquidation shows in the margin.",
    ),
    ErrorCode(
        "SQ-V004",
        "There is no way to be healthy",
        "A stream, a book or every answer of the venue has been missing for longer than `feed.retreat_after_s`.",
        "Every order is taken off: cancel-all again and again, by whatever path works, until a read shows none. "
        "Quoting comes back by itself.",
        "Look at the network and at the venue's status page; check there that no order is left.",
        retry_after_s=5,
    ),
)


def _table(*groups: tuple[ErrorCode, ...]) -> Mapping[str, ErrorCode]:
    table: dict[str, ErrorCode] = {}
    for entry in (entry for group in groups for entry in group):
        if entry.code in table:
            raise ValueError(f"{entry.code} is registered twice")
        table[entry.code] = entry
    return MappingProxyType(dict(sorted(table.items())))


REGISTRY: Final[Mapping[str, ErrorCode]] = _table(_FILES, _SIMULATOR, _TAPES, _GATES, _ALERTS)
