"""The words that refusals and silence are given, and the five things an answer can say of its request.

Where the core acts on a word, it is the core's own.
"""

from enum import StrEnum, unique
from typing import Final

import msgspec

from strategy import events


@unique
class Verdict(StrEnum):
    """What an answer says of the request it answers."""

    SUCCESS = "success"  # done, or already so
    REFUSED = "refused"  # certainly not done
    IN_DOUBT = "in_doubt"  # perhaps done: ask
    SLOW_DOWN = "slow_down"  # perhaps done, and we are too fast
    STOP = "stop"  # certainly not done, and nothing else will be until a person helps


# Words for refusals; those the core acts on come from the core.
DUPLICATE_ID: Final = events.DUPLICATE_ID
WOULD_CROSS: Final = events.WOULD_CROSS
GONE: Final = "gone"
BUSY: Final = "busy"
MARGIN: Final = "margin"
PRICE_BAND: Final = "price_band"
BAD_SIZE: Final = "bad_size"
BAD_REQUEST: Final = "bad_request"
REDUCE_ONLY: Final = "reduce_only"
TOO_MANY_ORDERS: Final = "too_many_orders"
UNKNOWN_SYMBOL: Final = "unknown_symbol"
BELOW_FILLED: Final = "below_filled"
NOT_MODIFIED: Final = "not_modified"
KEY: Final = "key"
NOT_ALLOWED: Final = "not_allowed"
# Words for silence.
UNREADABLE: Final = "unreadable"
DOWN: Final = "down"
# Trading regimes, in the core's words.
POST_ONLY: Final = "post_only"
AUCTION: Final = "auction"
CLOSED: Final = "closed"


class Meaning(msgspec.Struct, frozen=True, gc=False):
    """What a code means. ``source`` is the page of the venue's documentation, or who found out."""

    verdict: Verdict
    word: str
    text: str
    source: str
