"""What the venue lets an account do, regime by regime, as data."""

from types import MappingProxyType
from typing import Final

from strategy import commands

OPEN: Final = "open"
POST_ONLY: Final = "post_only"
CANCEL_ONLY: Final = "cancel_only"
AUCTION: Final = "auction"
HALTED: Final = "halted"
CLOSED: Final = "closed"

_ADDS: Final = (commands.CreateOrder, commands.AmendOrder)
_CANCELS: Final = (commands.CancelOrder, commands.CancelAll)

# Regime -> kinds of command refused. Reads are always answered; a taker order needs ``open``.
REFUSED: Final = MappingProxyType(
    {
        OPEN: (),
        POST_ONLY: (),
        CANCEL_ONLY: _ADDS,
        AUCTION: _ADDS,
        HALTED: (*_ADDS, *_CANCELS),
        CLOSED: (*_ADDS, *_CANCELS),
    }
)
REGIMES: Final = tuple(REFUSED)
# Where anybody trades, and where others may rest an order.
TRADING: Final = (OPEN,)
QUOTING: Final = (OPEN, POST_ONLY, AUCTION)


def refuses(regime: str, command: object) -> bool:
    """Say whether a regime refuses a command."""
    if regime == POST_ONLY and isinstance(command, commands.CreateOrder):
        return not command.post_only
    return isinstance(command, REFUSED[regime])
