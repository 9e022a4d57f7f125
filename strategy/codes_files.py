"""Codes about the files a person writes."""

from typing import Final

from strategy.error_code import NOTHING_STARTS, ErrorCode

FILES: Final = (
    ErrorCode(
        "SQ-C001",
        "A file cannot be read",
        "It does not exist, is a folder, may not be opened, or is not UTF-8 text.",
        NOTHING_STARTS,
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
        NOTHING_STARTS,
        "Keep one of the two.",
    ),
    ErrorCode(
        "SQ-C010",
        "A file does not fit its model",
        "A value has the wrong type or lies outside its range, a key is unknown or missing.",
        NOTHING_STARTS,
        "Change the value under the caret; `sim schema` writes a schema that lets an editor tell you while you type.",
    ),
    ErrorCode(
        "SQ-C011",
        "Two values contradict each other",
        "Each is possible, both together are not: thresholds that cross, a lower bound above its upper bound.",
        NOTHING_STARTS,
        "Read the relation in the message and change one of the two values.",
    ),
    ErrorCode(
        "SQ-C012",
        "A unit is wrong",
        "A key carries another unit than the one it is counted in, or a value carries a unit of its own.",
        NOTHING_STARTS,
        "Write the key with the unit named in the message, and the bare number in that unit.",
    ),
    ErrorCode(
        "SQ-C020",
        "The file is newer than this program",
        "Its `schema_version` is above every version this program knows.",
        NOTHING_STARTS,
        "Use the program the file was written for, or write the file for this one.",
    ),
    ErrorCode(
        "SQ-C021",
        "The file is older than this program",
        "Its `schema_version` has been replaced; reading it as it stands would guess at units and names.",
        NOTHING_STARTS,
        "Run `sim migrate FILE`: it raises the version and keeps your comments.",
    ),
    ErrorCode(
        "SQ-C022",
        "A file names something that does not exist",
        "A market profile, a strategy config or a tape named in the file is nowhere to be found.",
        NOTHING_STARTS,
        "Correct the name; the message lists the nearest known one.",
    ),
    ErrorCode(
        "SQ-C023",
        "Two scenarios have one name",
        "Results, seeds and baselines are filed by scenario name, so two with one name would overwrite each other.",
        NOTHING_STARTS,
        "Rename one of them.",
    ),
    ErrorCode(
        "SQ-C030",
        "The config does not fit the instrument",
        "A size is off the lot grid, below the venue's minimum or above its maximum, or a symbol is not configured.",
        NOTHING_STARTS,
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
