"""What the venue lets an account do, regime by regime, as data."""

from types import MappingProxyType
from typing import Final

from strategy import commands

OPEN: Final = "open"
POST_ONLY: Final = "post_only"
CANCEL_ONLY: Final = "cancel_only"
HALTED: Final = "halted"

_CANCELS: Final = (commands.CancelOrder, commands.CancelAll)

# Regime -> kinds of command refused. Reads are always answered; a taker order needs ``open``.
REFUSED: Final = MappingProxyType(
    {
        OPEN: (),
        POST_ONLY: (),
        CANCEL_ONLY: (commands.CreateOrder, commands.AmendOrder),
        HALTED: (commands.CreateOrder, commands.AmendOrder, *_CANCELS),
    }
)


def refuses(regime: str, command: object) -> bool:
    """Say whether a regime refuses a command."""
    if regime == POST_ONLY and isinstance(command, commands.CreateOrder):
        return not command.post_only
    return isinstance(command, REFUSED[regime])
