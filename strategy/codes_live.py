"""Codes of the command ``live``: keys, processes, files and the last resorts."""

from typing import Final

from strategy.error_code import NOTHING_STARTS, ErrorCode

_REFUSED: Final = "Nothing starts, and nothing is sent."

LIVE: Final = (
    ErrorCode(
        "SQ-C040",
        "The keys cannot be read",
        "The keys' folder or one of its two files is missing, empty, not a plain file, or holds no key.",
        NOTHING_STARTS,
        "Write the files `api_key` and `api_secret` into the folder, one line each, mode 0600.",
    ),
    ErrorCode(
        "SQ-C041",
        "The keys are not private",
        "A file of keys belongs to somebody else, or others may read or change it, or put another in its place.",
        NOTHING_STARTS,
        "Run `chmod 700` on the folder and `chmod 600` on both files. If others could read them, make new keys.",
    ),
    ErrorCode(
        "SQ-S030",
        "The program is not ours",
        "The package `adapters` that was loaded is not the one that was installed with this command.",
        _REFUSED,
        "Look which folder `live check` names, and install into a fresh virtual environment.",
    ),
    ErrorCode(
        "SQ-O030",
        "Another instance is running",
        "A living process holds the lock of this state folder: two bots on one account would trade on each other.",
        _REFUSED,
        "`live status` shows the other one, `live stop` ends it.",
    ),
    ErrorCode(
        "SQ-O031",
        "Nothing is running",
        "No living process holds the lock of this state folder.",
        "Nothing is signalled: a process id in a file proves nothing.",
        "Nothing, or check that --config names the same file the bot was started with.",
    ),
    ErrorCode(
        "SQ-O032",
        "The stop took longer than its deadline",
        "The bot was asked to stop, and was still there when the time was up.",
        "It goes on stopping; nothing else is done to it.",
        "Wait, ask again with --force, or use `live kill`.",
        retry_after_s=30,
    ),
    ErrorCode(
        "SQ-O033",
        "The state folder or its journal cannot be used",
        "It cannot be made, read or written, the disk is full, or the journal is damaged.",
        _REFUSED,
        "Mend what the message names. A damaged journal may be moved away: the bot then begins by asking the venue.",
    ),
    ErrorCode(
        "SQ-O034",
        "The preflight failed",
        "A row of `live check` says FAIL.",
        _REFUSED,
        "Follow the fix in the row.",
    ),
    ErrorCode(
        "SQ-O035",
        "Journal and venue differ",
        "Orders, fills or balances at the venue are not those that the journal accounts for.",
        "The differences are listed. With --fix what can be mended is: unknown orders are cancelled.",
        "Read the list. Fills that the journal lacks are booked when the bot starts again.",
    ),
    ErrorCode(
        "SQ-O037",
        "The process could not be ended",
        "It belongs to another user or container, or the kernel waits for a disk on its behalf.",
        "It is barred: no create and no amend leaves it. Its orders are cancelled by another connection.",
        "End it by hand, from where it was started.",
    ),
    ErrorCode(
        "SQ-O036",
        "The journal is of another venue, mode or bot",
        "An earlier process wrote it in another mode, at another venue, or under another `name` of the live config: "
        "its orders, fills and losses are not those of the account that is to be traded on.",
        _REFUSED,
        "Name another file with --journal, or leave it out: every mode has a file of its own. Where the bot was only "
        "given another name, give it the old one back, or begin a new journal once nothing of it is open.",
        recoverable=False,
    ),
    ErrorCode(
        "SQ-R033",
        "A budget of the day is spent",
        "The loss of the UTC day, or the fall from its peak, has reached its limit; or it had in an earlier process.",
        "Every order is cancelled, a read shows that none is left, and the process ends. What is held stays.",
        "Find out why. Then `live run --clear-latch`; on the same day it stops again unless the limit is raised.",
        recoverable=False,
    ),
    ErrorCode(
        "SQ-R030",
        "Trading is barred",
        "A kill, a guard or a person has put the bar down: a file in the state folder.",
        "No create and no amend leaves while it is there. Cancels do.",
        "Find out why, see that nothing is left at the venue, then `live run --lift-bar`.",
        recoverable=False,
    ),
    ErrorCode(
        "SQ-R031",
        "A position is left",
        "Flattening ended before the position was zero: the price would have been too far off, or time was up.",
        "Every order is off; what is left of the position stays.",
        "Run it again with a wider --max-slippage-bps, or with --taker, or close by hand.",
        retry_after_s=5,
    ),
    ErrorCode(
        "SQ-R032",
        "The bot is silent",
        "The heartbeat of a bot that was trading is older than the guard allows.",
        "The guard puts the bar down and cancels everything at the venue until a read shows none.",
        "Find out why it fell silent (the log's last lines, the host's load), then `live run --lift-bar`.",
    ),
    ErrorCode(
        "SQ-R034",
        "There is no position to flatten",
        "A spot account holds balances: which part of them is the bot's cannot be told from outside.",
        "Nothing is sent.",
        "Stop the bot, and sell or buy back by hand what is not to be kept.",
    ),
    ErrorCode(
        "SQ-V030",
        "The venue cannot be reached",
        "No answer came, or not one that could be read.",
        "It is tried again until the time is up; what became of a request that went unanswered is not known.",
        "Look at the network and at the venue's status page.",
        retry_after_s=5,
    ),
    ErrorCode(
        "SQ-V031",
        "Orders may be left at the venue",
        "A cancel-all was sent, and no read showed an empty account before the time was up.",
        "The bar stays down.",
        "Run `live kill` again, or cancel by hand on the venue's own page.",
        retry_after_s=5,
    ),
)
