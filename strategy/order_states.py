"""The order machine: one table. What each word does to an order in each state, and nothing else.

CREATING    the create left; nobody has answered
WORKING     the venue works it, and nothing asked of it is in flight
AMENDING    an amend is in flight
CANCELLING  a cancel is in flight
IN_DOUBT    silence, or words that contradict each other: counted at its worst, asked about
ABSENT      we concluded that it never was or is no more; a late word re-opens the question
CLOSED      we were told that it is over; absorbs every late word
"""

from enum import StrEnum, unique
from typing import Final


@unique
class State(StrEnum):
    """Where an order stands."""

    CREATING = "CREATING"
    WORKING = "WORKING"
    AMENDING = "AMENDING"
    CANCELLING = "CANCELLING"
    IN_DOUBT = "IN_DOUBT"
    ABSENT = "ABSENT"
    CLOSED = "CLOSED"


@unique
class Word(StrEnum):
    """What can happen to an order: words from the venue, silence, and our own requests."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    AMENDED = "amended"
    AMEND_REFUSED = "amend_refused"
    PART_FILLED = "part_filled"
    FULLY_FILLED = "fully_filled"
    CANCELLED = "cancelled"
    CANCEL_REFUSED = "cancel_refused"
    FOUND_OPEN = "found_open"
    FOUND_OPEN_EARLY = "found_open_early"  # read before what is in flight had to be through
    FOUND_DONE = "found_done"
    ABSENT_FOR_NOW = "absent_for_now"  # read before the create had to be through
    ABSENT_FOR_GOOD = "absent_for_good"
    SILENCE = "silence"
    UNANSWERED = "unanswered"  # the request ended without a verdict
    NOT_SENT = "not_sent"  # the create certainly never left
    CHANGE_NOT_SENT = "change_not_sent"  # an amend or a cancel certainly never left
    SEND_AMEND = "send_amend"
    SEND_CANCEL = "send_cancel"


OURS: Final = (Word.SEND_AMEND, Word.SEND_CANCEL)

TRANSITIONS: Final[dict[State, dict[Word, State]]] = {
    State.CREATING: {
        Word.ACCEPTED: State.WORKING,
        Word.REJECTED: State.CLOSED,
        Word.AMENDED: State.WORKING,  # the venue moved it by itself
        Word.AMEND_REFUSED: State.CREATING,
        Word.PART_FILLED: State.WORKING,  # a fill may outrun its acknowledgement
        Word.FULLY_FILLED: State.CLOSED,
        Word.CANCELLED: State.CLOSED,
        Word.CANCEL_REFUSED: State.CREATING,
        Word.FOUND_OPEN: State.WORKING,
        Word.FOUND_OPEN_EARLY: State.WORKING,
        Word.FOUND_DONE: State.CLOSED,
        Word.ABSENT_FOR_NOW: State.CREATING,
        Word.ABSENT_FOR_GOOD: State.ABSENT,
        Word.SILENCE: State.IN_DOUBT,
        Word.UNANSWERED: State.IN_DOUBT,
        Word.NOT_SENT: State.CLOSED,
        Word.CHANGE_NOT_SENT: State.CREATING,
        Word.SEND_CANCEL: State.CANCELLING,
    },
    State.WORKING: {
        Word.ACCEPTED: State.WORKING,
        Word.REJECTED: State.IN_DOUBT,  # it worked; somebody is wrong
        Word.AMENDED: State.WORKING,
        Word.AMEND_REFUSED: State.WORKING,
        Word.PART_FILLED: State.WORKING,
        Word.FULLY_FILLED: State.CLOSED,
        Word.CANCELLED: State.CLOSED,
        Word.CANCEL_REFUSED: State.IN_DOUBT,
        Word.FOUND_OPEN: State.WORKING,
        Word.FOUND_OPEN_EARLY: State.WORKING,
        Word.FOUND_DONE: State.CLOSED,
        Word.ABSENT_FOR_NOW: State.IN_DOUBT,
        Word.ABSENT_FOR_GOOD: State.IN_DOUBT,  # it worked; one read is not enough to bury it
        Word.SILENCE: State.WORKING,  # only an audit went unanswered
        Word.UNANSWERED: State.WORKING,
        Word.NOT_SENT: State.IN_DOUBT,
        Word.CHANGE_NOT_SENT: State.WORKING,
        Word.SEND_AMEND: State.AMENDING,
        Word.SEND_CANCEL: State.CANCELLING,
    },
    State.AMENDING: {
        Word.ACCEPTED: State.AMENDING,
        Word.REJECTED: State.IN_DOUBT,
        Word.AMENDED: State.WORKING,
        Word.AMEND_REFUSED: State.WORKING,  # as it was, or gone: audited at once
        Word.PART_FILLED: State.AMENDING,
        Word.FULLY_FILLED: State.CLOSED,
        Word.CANCELLED: State.CLOSED,
        Word.CANCEL_REFUSED: State.IN_DOUBT,
        Word.FOUND_OPEN: State.WORKING,
        Word.FOUND_OPEN_EARLY: State.AMENDING,
        Word.FOUND_DONE: State.CLOSED,
        Word.ABSENT_FOR_NOW: State.IN_DOUBT,
        Word.ABSENT_FOR_GOOD: State.IN_DOUBT,
        Word.SILENCE: State.IN_DOUBT,
        Word.UNANSWERED: State.IN_DOUBT,
        Word.NOT_SENT: State.IN_DOUBT,
        Word.CHANGE_NOT_SENT: State.WORKING,
        Word.SEND_CANCEL: State.CANCELLING,
    },
    State.CANCELLING: {
        Word.ACCEPTED: State.CANCELLING,
        Word.REJECTED: State.CLOSED,  # cancelled before the create was answered
        Word.AMENDED: State.CANCELLING,
        Word.AMEND_REFUSED: State.CANCELLING,
        Word.PART_FILLED: State.CANCELLING,
        Word.FULLY_FILLED: State.CLOSED,
        Word.CANCELLED: State.CLOSED,
        Word.CANCEL_REFUSED: State.IN_DOUBT,  # filled, gone, or not there yet
        Word.FOUND_OPEN: State.CANCELLING,  # the cancel is sent again
        Word.FOUND_OPEN_EARLY: State.CANCELLING,
        Word.FOUND_DONE: State.CLOSED,
        Word.ABSENT_FOR_NOW: State.IN_DOUBT,
        Word.ABSENT_FOR_GOOD: State.ABSENT,
        Word.SILENCE: State.IN_DOUBT,
        Word.UNANSWERED: State.IN_DOUBT,
        Word.NOT_SENT: State.CLOSED,
        Word.CHANGE_NOT_SENT: State.IN_DOUBT,
        Word.SEND_CANCEL: State.CANCELLING,
    },
    State.IN_DOUBT: {
        Word.ACCEPTED: State.IN_DOUBT,  # it was there; whether it still is, the question will tell
        Word.REJECTED: State.CLOSED,
        Word.AMENDED: State.IN_DOUBT,
        Word.AMEND_REFUSED: State.IN_DOUBT,
        Word.PART_FILLED: State.IN_DOUBT,
        Word.FULLY_FILLED: State.CLOSED,
        Word.CANCELLED: State.CLOSED,
        Word.CANCEL_REFUSED: State.IN_DOUBT,
        Word.FOUND_OPEN: State.WORKING,
        Word.FOUND_OPEN_EARLY: State.IN_DOUBT,
        Word.FOUND_DONE: State.CLOSED,
        Word.ABSENT_FOR_NOW: State.IN_DOUBT,
        Word.ABSENT_FOR_GOOD: State.ABSENT,
        Word.SILENCE: State.IN_DOUBT,
        Word.UNANSWERED: State.IN_DOUBT,
        Word.NOT_SENT: State.CLOSED,
        Word.CHANGE_NOT_SENT: State.IN_DOUBT,
        Word.SEND_CANCEL: State.CANCELLING,  # a cancel is always allowed
    },
    State.ABSENT: {
        Word.ACCEPTED: State.IN_DOUBT,  # an orphan: we concluded too soon
        Word.REJECTED: State.CLOSED,
        Word.AMENDED: State.IN_DOUBT,
        Word.AMEND_REFUSED: State.ABSENT,
        Word.PART_FILLED: State.IN_DOUBT,
        Word.FULLY_FILLED: State.CLOSED,
        Word.CANCELLED: State.CLOSED,
        Word.CANCEL_REFUSED: State.ABSENT,
        Word.FOUND_OPEN: State.IN_DOUBT,
        Word.FOUND_OPEN_EARLY: State.IN_DOUBT,
        Word.FOUND_DONE: State.CLOSED,
        Word.ABSENT_FOR_NOW: State.ABSENT,
        Word.ABSENT_FOR_GOOD: State.ABSENT,
        Word.SILENCE: State.ABSENT,
        Word.UNANSWERED: State.ABSENT,
        Word.NOT_SENT: State.CLOSED,
        Word.CHANGE_NOT_SENT: State.ABSENT,
    },
    State.CLOSED: {word: State.CLOSED for word in Word if word not in OURS},
}

# What we never do. The venue may say anything at any time; only our own requests can be impossible.
IMPOSSIBLE: Final = (
    (State.CREATING, Word.SEND_AMEND),
    (State.AMENDING, Word.SEND_AMEND),
    (State.CANCELLING, Word.SEND_AMEND),
    (State.IN_DOUBT, Word.SEND_AMEND),
    (State.ABSENT, Word.SEND_AMEND),
    (State.ABSENT, Word.SEND_CANCEL),
    (State.CLOSED, Word.SEND_AMEND),
    (State.CLOSED, Word.SEND_CANCEL),
)
