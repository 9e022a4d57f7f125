"""Codes of the simulator: its scenarios, its gates, its tapes."""

from typing import Final

from strategy.error_code import NOTHING_STARTS, ErrorCode

SIMULATOR: Final = (
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
        NOTHING_STARTS,
        "Give one of them another `id`; a fault without an id is called by its kind and number.",
    ),
    ErrorCode(
        "SQ-S011",
        "A time lies outside the run",
        "A fault begins after the end of the run, or the warm-up or the calm leaves nothing to judge.",
        NOTHING_STARTS,
        "Move it inside `run.duration_s`, or make the run longer.",
    ),
    ErrorCode(
        "SQ-S012",
        "A symbol the market does not have",
        "A fault or the scenario's market names a symbol that its profile or its symbol list lacks.",
        NOTHING_STARTS,
        "Use one of the symbols named in the message.",
    ),
    ErrorCode(
        "SQ-S013",
        "An unknown invariant",
        "A scenario switches off an invariant by a name that none has.",
        NOTHING_STARTS,
        "`sim explain --list` shows every invariant.",
    ),
    ErrorCode(
        "SQ-S040",
        "No such run, scenario or seed",
        "What should be run again, or the fault to be taken out of it, is not there, or was written by a program that "
        "did not keep what it takes.",
        "Nothing runs.",
        "Write RUN/SCENARIO/SEED; the message says what there is. `sim runs` lists run folders.",
    ),
    ErrorCode(
        "SQ-S041",
        "A file of a run folder cannot be used",
        "A plan, a scenario, a digest or the checkpoints in a run folder are cut short, edited into nonsense, or of "
        "another version.",
        "Nothing runs: half a plan would be another run.",
        "Run the scenario again: `sim run` writes the folder anew, and one seed and program give one result.",
    ),
    ErrorCode(
        "SQ-S042",
        "A run was made by another program",
        "Code, Python, libraries or machine are not those that made the run.",
        "It is run again all the same, and compared: another program may rightly do otherwise.",
        "To prove the run, take the commit that `manifest.json` names; to see what your change does, read on.",
    ),
    ErrorCode(
        "SQ-S043",
        "A run came out differently",
        "The same scenario, seed and plan gave another trace: the program is another one, the plan was edited, or "
        "something from outside leaks in.",
        "What was shown is of the run that was made now, not of the one that was kept; exit 6.",
        "If the program is the same, `sim run --check-determinism` finds between which records the runs part.",
    ),
    ErrorCode(
        "SQ-S044",
        "A fork does not share its past",
        "Two worlds that differ from an instant on have another flow of others' orders, or another trace before it.",
        "Nothing is concluded from their difference; exit 6.",
        "Report it with the command: draws that depend on a fault are a mistake of ours.",
        recoverable=False,
    ),
)

TAPES: Final = (
    ErrorCode(
        "SQ-S014",
        "Two faults exclude each other",
        "Two faults of one kind hold the same place at the same time, where there can be one state only: a venue away"
        " twice, a symbol in two regimes, a clock that stands still and stands still.",
        NOTHING_STARTS,
        "Let one begin after the other has ended, or make one longer fault of them.",
    ),
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
        "The sequence numbers of two book updates, or of two trades, do not join.",
        "The tape is refused whole: after a hole the book is a guess.",
        "Use a window without a hole, or one that begins with a snapshot.",
    ),
    ErrorCode(
        "SQ-S106",
        "A tape's book is crossed",
        "After an update, or in a ticker, the best bid is not below the best ask.",
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
        "Timestamps are not in the unit the format says, or a time or a price is not in the unit of the rest.",
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
        "SQ-S111",
        "A tape does not tell of orders",
        "The scenario asks for our exact place in the queues, and the tape tells only the sizes of levels.",
        "The scenario is refused.",
        "Name one of the models that estimate it, or play an L3 tape; `sim explain --list` has the models.",
    ),
    ErrorCode(
        "SQ-S020",
        "No such core",
        "What --core names cannot be imported, or has no such factory.",
        NOTHING_STARTS,
        "Write module:factory; the working directory is importable.",
    ),
    ErrorCode(
        "SQ-S021",
        "No such arm",
        "What --through names is not among the installed entry points of stormquote.arms, or cannot be loaded.",
        NOTHING_STARTS,
        "Install this project (pip install -e .); its own arm is called live.",
    ),
    ErrorCode(
        "SQ-S022",
        "A seed does not fail like that",
        "`sim shrink` was asked to make a failure smaller that this seed does not have.",
        "Nothing is written; what the seed fails instead is listed below the message.",
        "Name the seed, the settings and the core of the failing run, or another of its failures.",
    ),
)

GATES: Final = (
    ErrorCode(
        "SQ-G001",
        "A gate names an unknown metric",
        "No metric has that name, so the gate could never fail.",
        NOTHING_STARTS,
        "Use the nearest name in the message, or look at `sim explain --list`.",
    ),
    ErrorCode(
        "SQ-G002",
        "A gate can never be judged",
        "What it asks for cannot exist there: a recovery time where nothing breaks, a control in a study.",
        NOTHING_STARTS,
        "Remove the gate, or add what it measures.",
    ),
    ErrorCode(
        "SQ-G003",
        "A gate asks for a figure its metric does not have",
        "A metric that is one number per run has no percentile.",
        NOTHING_STARTS,
        "Use one of the `stat` values named in the message.",
    ),
    ErrorCode(
        "SQ-G004",
        "A gate's limits are missing or crossed",
        "None of `min`, `max` and `vs_baseline_max_drop` is there, or `min` lies above `max`: it would always pass "
        "or never.",
        NOTHING_STARTS,
        "Write at least one limit, the lower one as `min`.",
    ),
    ErrorCode(
        "SQ-G005",
        "A figure has no side to fall to",
        "A drop is asked of a metric that is neither better when higher nor when lower, of a control, or over seeds "
        "in a way that a drop is not: it is the mean over paired seeds. Or viability is asked of a metric that is "
        "not better when higher.",
        NOTHING_STARTS,
        "Choose a metric with a better side (`sim explain METRIC`), or leave `across_seeds` to `min` and `max`.",
    ),
    ErrorCode(
        "SQ-G006",
        "A gate names an unknown control",
        "Its `of` or `over` is the name of no control of this scenario, so there is nothing to measure against.",
        NOTHING_STARTS,
        "Use the nearest name in the message, or add it to `controls`.",
    ),
    ErrorCode(
        "SQ-G010",
        "There is no baseline",
        "What a run should be compared with is not there: no such file, commit or scenario in it.",
        "Nothing is compared; exit 7.",
        "Correct the name, or save one: `sim run SCENARIO --save-baseline`.",
    ),
    ErrorCode(
        "SQ-G011",
        "Two runs cannot be compared",
        "Market, faults or length differ, too few seeds are in both, or the file holds no figures of a run: "
        "a difference would say nothing of the strategy.",
        "Nothing is compared; exit 7.",
        "Run both on the same scenario and seeds; after a change of the scenario, save its baseline again.",
    ),
)
