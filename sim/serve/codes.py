"""The venue's short words as the numbers and texts of its wire; contracts and spot have their own.

Where the real venue takes a request first and cancels it on the stream, so does this one: a post-only
order that would take is acknowledged (``rows`` says how its end looks).
"""

from types import MappingProxyType
from typing import Final

import msgspec

from sim.venue import codes, regimes
from strategy.instrument import SPOT


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What an answer says: its number and its text."""

    code: int
    text: str


OK: Final = Verdict(0, "OK")
PARAMETERS: Final = 10001
BAD_KEY: Final = Verdict(10003, "API key is invalid.")
KEY_EXPIRED: Final = Verdict(33004, "Your api key has expired.")
BAD_SIGNATURE: Final = Verdict(10004, "error sign! please check your signature generation algorithm.")
NO_ROUTE: Final = Verdict(10017, "Route not found.")
SERVER_ERROR: Final = Verdict(10016, "Server error.")
TOO_MANY_VISITS: Final = Verdict(10006, "Too many visits. Exceeded the API Rate Limit.")
SIGNED_IN_TWICE: Final = Verdict(20001, "Repeat auth")
DOUBLE_REQUEST_ID: Final = Verdict(20006, "Duplicated reqId")
UNKNOWN_OP: Final = Verdict(10404, "op type is not found")
NOT_AUTHORISED: Final = Verdict(10004, "Unauthorised")
BAD_ITEM: Final = Verdict(PARAMETERS, "params error: an item is no object")

_NOT_LIVE: Final = Verdict(110074, "This contract is not live")
_CONTRACTS: Final = MappingProxyType(
    {
        codes.RATE_LIMIT: TOO_MANY_VISITS,
        codes.DOWN: SERVER_ERROR,
        codes.BANNED: Verdict(10018, "Exceeded the IP Rate Limit."),
        codes.BUSY: Verdict(110079, "The order is processing and can not be operated, please try again later"),
        codes.KEY: KEY_EXPIRED,
        codes.TIMESTAMP: Verdict(10002, "invalid request, please check your server timestamp or recv_window param."),
        codes.UNKNOWN_SYMBOL: Verdict(10029, "The requested symbol is invalid."),
        codes.DUPLICATE_ID: Verdict(110072, "OrderLinkedID is duplicate"),
        codes.BAD_SIZE: Verdict(PARAMETERS, "Qty or price outside the limits of the instrument."),
        codes.OFF_GRID: Verdict(PARAMETERS, "params error: price or qty is not a multiple of its step"),
        codes.REDUCE_ONLY: Verdict(110017, "current position is zero, cannot fix reduce-only order qty"),
        codes.PRICE_BAND: Verdict(110003, "Order price exceeds the allowable range."),
        codes.MARGIN: Verdict(110007, "ab not enough for new order"),
        codes.WOULD_CROSS: Verdict(170218, "The LIMIT-MAKER order is rejected due to invalid price."),
        codes.GONE: Verdict(110001, "order not exists or too late to cancel"),
        codes.BELOW_FILLED: Verdict(
            110064, "The order will be cancelled: the new quantity is not above what was filled"
        ),
        "too_many_orders": Verdict(110020, "You can't have more than 500 active orders."),
        regimes.POST_ONLY: Verdict(110103, "Only Post-Only orders are available at this stage"),
        regimes.AUCTION: Verdict(110095, "You cannot place or modify orders during the call auction"),
        regimes.CANCEL_ONLY: _NOT_LIVE,
        regimes.HALTED: _NOT_LIVE,
        regimes.CLOSED: _NOT_LIVE,
    }
)
_NO_SPOT: Final = Verdict(170157, "The trading pair is not available for api trading")
_SPOT: Final = MappingProxyType(
    {
        **_CONTRACTS,
        codes.BUSY: Verdict(170212, "Cancel order request processing"),
        codes.UNKNOWN_SYMBOL: Verdict(170121, "Invalid symbol."),
        codes.DUPLICATE_ID: Verdict(170141, "Duplicate clientOrderId"),
        codes.BAD_SIZE: Verdict(170136, "Order quantity outside the limits."),
        codes.OFF_GRID: Verdict(170134, "Order price or quantity has too much precision."),
        codes.PRICE_BAND: Verdict(
            170193, "Buy order price cannot be higher, or sell order price lower, than the limit"
        ),
        codes.MARGIN: Verdict(170131, "Insufficient balance."),
        codes.GONE: Verdict(170213, "Order does not exist."),
        codes.BELOW_FILLED: Verdict(170313, "The new quantity must be above what was filled"),
        "too_many_orders": Verdict(170810, "Cannot exceed maximum of 500 active orders."),
        regimes.POST_ONLY: Verdict(170217, "Only LIMIT-MAKER order is supported for the current pair."),
        regimes.AUCTION: _NO_SPOT,
        regimes.CANCEL_ONLY: _NO_SPOT,
        regimes.HALTED: _NO_SPOT,
        regimes.CLOSED: _NO_SPOT,
    }
)


def verdict(code: str, category: str) -> Verdict:
    """Give the wire's number and text for a word of the venue; an unknown one is a server error."""
    return (_SPOT if category == SPOT else _CONTRACTS).get(code, SERVER_ERROR)
