"""Why the venue says no, in its own short words, and what each means."""

from types import MappingProxyType
from typing import Final

from sim.venue.regimes import REGIMES

RATE_LIMIT: Final = "rate_limit"
BANNED: Final = "banned"
DOWN: Final = "down"
TOO_EARLY: Final = "too_early"
SERVER_ERROR: Final = "server_error"
BUSY: Final = "busy"
TIMESTAMP: Final = "timestamp"
UNKNOWN_SYMBOL: Final = "unknown_symbol"
DUPLICATE_ID: Final = "duplicate_id"
BAD_SIZE: Final = "bad_size"
OFF_GRID: Final = "off_grid"
REDUCE_ONLY: Final = "reduce_only"
PRICE_BAND: Final = "price_band"
MARGIN: Final = "margin"
WOULD_CROSS: Final = "would_cross"
SELF_TRADE: Final = "self_trade"
NOT_FILLED: Final = "not_filled"
GONE: Final = "gone"
BELOW_FILLED: Final = "below_filled"
KEY: Final = "key"
BY_CLIENT: Final = "by_client"
BY_VENUE: Final = "by_venue"

MEANINGS: Final = MappingProxyType(
    {
        RATE_LIMIT: "too many requests; whether this one was carried out is not said",
        BANNED: "too many requests too often: for a while none is read",
        DOWN: "the venue is overloaded or away; whether this one was carried out is not said",
        TOO_EARLY: "the venue is not ready for it; whether this one was carried out is not said",
        SERVER_ERROR: "an error inside the venue; whether this one was carried out is not said",
        BUSY: "this item of a batch was not taken, though the batch was",
        TIMESTAMP: "signed outside the receive window",
        **{regime: f"the trading regime {regime} does not allow it" for regime in REGIMES},
        UNKNOWN_SYMBOL: "nothing of that name is traded here",
        DUPLICATE_ID: "the client id was used before",
        BAD_SIZE: "price, size or value outside the instrument's rules",
        OFF_GRID: "price or size off the grid that holds now",
        REDUCE_ONLY: "it would not only reduce the position",
        PRICE_BAND: "a buy too far above the mid, or a sell too far below it",
        MARGIN: "the equity cannot post the margin of the worst case",
        WOULD_CROSS: "post-only, and it would trade at once",
        SELF_TRADE: "it would trade with an order of the same account",
        NOT_FILLED: "immediate-or-cancel or fill-or-kill, and this much found no counterparty",
        GONE: "no such order is open",
        BELOW_FILLED: "the new size is not above what has traded",
        KEY: "the key is not good, or not any more",
        BY_CLIENT: "cancelled on request",
        BY_VENUE: "cancelled by the venue",
    }
)
