"""Codes of a real venue: what it refuses us, and what it says that we cannot take in."""

from typing import Final

from strategy.error_code import ErrorCode

VENUE: Final = (
    ErrorCode(
        "SQ-V040",
        "The venue refuses the key",
        "A call was refused for its key, its signature, its permissions or its address, or trading is not allowed.",
        "What was refused is certainly not done. The refusals count, and quotes are halted for them.",
        "Look at the key on the venue's own page: is it valid, may it trade, is this host's address bound to it?",
        recoverable=False,
    ),
    ErrorCode(
        "SQ-V041",
        "The account or the symbol cannot be traded as it is",
        "The symbol is not listed, is not trading or has another PnL identity, or the account is in hedge mode.",
        "Nothing starts, and nothing is sent.",
        "Follow the words of the message: another symbol, one-way mode, a unified account.",
        recoverable=False,
    ),
    ErrorCode(
        "SQ-V042",
        "A stream was refused",
        "The venue did not take a sign-in or a subscription.",
        "The connection is given up and dialled again. While a stream is down, what it would say is asked for instead.",
        "The message names the stream and repeats the venue's words. A refused sign-in is a matter of the key.",
        retry_after_s=5,
    ),
    ErrorCode(
        "SQ-V043",
        "The venue said something that cannot be read",
        "A frame or a row of it is not what the venue documents, or is about a symbol that is not traded here.",
        "It is counted and let go of. Orders it may have been about are asked for when their next word is overdue.",
        "Once is nothing. If it repeats, compare the message with the venue's changelog.",
        retry_after_s=5,
    ),
    ErrorCode(
        "SQ-V044",
        "The venue changed the rules of a symbol",
        "Its grid, its sizes, its fees or its trading status are not what they were when the bot began.",
        "New quotes keep to the new grid and sizes, and what is off them is cancelled. Fees go on being the old ones.",
        "Stop and start the bot where the fees changed. A symbol that is not trading is quoted again when it is.",
        retry_after_s=60,
    ),
)
