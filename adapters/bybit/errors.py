"""Every code of the venue that a market maker meets, and what it means for the request that got it.

A code that is not in the rows is in doubt, on whatever request: it is never taken for a refusal.
"""

from typing import Final

from adapters.bybit.codes import MEANINGS
from adapters.bybit.words import DOWN, KEY, Meaning, Verdict
from strategy.pacing import BANNED, RATE_LIMIT

HTTP_OK: Final = 200
_HTTP: Final = "docs v5/error, HTTP codes"
_BAN: Final = "docs v5/rate-limit, IP limit"

_HTTP_STATUS: Final[dict[int, Meaning]] = {
    401: Meaning(Verdict.STOP, KEY, "the key was not accepted", _HTTP),
    403: Meaning(Verdict.SLOW_DOWN, BANNED, "this address is shut out for ten minutes or more", _BAN),
    429: Meaning(Verdict.SLOW_DOWN, RATE_LIMIT, "system protection", _HTTP),
}


def meaning_of_status(status: int) -> Meaning | None:
    """Say what an HTTP status other than 200 means; None for 200, whose body speaks for itself.

    What carries no verdict of the venue is in doubt: a proxy in between may have answered.
    """
    if status == HTTP_OK:
        return None
    return _HTTP_STATUS.get(status) or Meaning(Verdict.IN_DOUBT, DOWN, f"HTTP status {status}", _HTTP)


def meaning_of(code: int) -> Meaning:
    """Say what a code of the venue means; an unknown one is in doubt."""
    return MEANINGS.get(code) or Meaning(Verdict.IN_DOUBT, str(code), "not a code we know", "")
