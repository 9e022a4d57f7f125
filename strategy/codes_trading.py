"""Codes of what the core tells a person while it trades."""

from typing import Final

from strategy.error_code import ErrorCode

ALERTS: Final = (
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
        "A stream, a book or every answer of the venue has been missing for longer than `feed.retreat_after_s`, "
        "or the private stream breaks again and again before it has lasted for `feed.steady_after_s`.",
        "Every order is taken off: cancel-all again and again, by whatever path works, until a read shows none. "
        "Quoting comes back by itself.",
        "Look at the network and at the venue's status page; check there that no order is left.",
        retry_after_s=5,
    ),
    ErrorCode(
        "SQ-V005",
        "The public stream says nothing of a symbol",
        "It is connected and answers, but nothing of this symbol has come for longer than `feed.retreat_after_s`.",
        "The symbol's book is fetched by REST, again and again; quoting goes on. The stream's next word takes over.",
        "If it goes on, look at the venue's status page; other symbols show whether the stream as a whole is stuck.",
    ),
    ErrorCode(
        "SQ-V006",
        "The venue refuses orders by a rule that we do not know",
        "Orders that keep to all rules in the config were refused, three or more in a row and none taken between: for "
        "their price or size, as on another grid or outside a price band, or because the symbol is traded no more.",
        "The symbol waits before each further try, up to five seconds; cancels and questions go on.",
        "Compare tick, lot, limits and name of the instrument with the venue's; start anew with the new ones.",
        retry_after_s=5,
    ),
    ErrorCode(
        "SQ-V007",
        "Fills cost another fee than the config says",
        "Three or more fills in a row were charged, or paid, a fee that is not the instrument's.",
        "What was charged is booked, to the last unit. Quotes go on being made for the fees in the config.",
        "Look at the account's fee tier. Halt where a quote does not earn the new fee; start anew with it.",
    ),
    ErrorCode(
        "SQ-V008",
        "The venue trades a symbol by another grid or other sizes",
        "It was asked for its rules, since an order was refused or cancelled for a grid we did not know, or told them.",
        "New prices and sizes keep to the new rules; what is off them is cancelled. What we count in stays as it was.",
        "None needed. See whether the quotes are still worth it: a coarser tick makes them wider.",
    ),
)
