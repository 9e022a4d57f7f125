"""S1: limits that are somebody else's."""

from msgspec.structs import replace

from strategy.core import Core
from strategy.knobs import Knobs

_TOO_MUCH = 20


def over_limit(knobs: Knobs) -> Core:
    """Quote and hold many times what was configured: the limits are not the ones it was given."""
    symbols = tuple(
        replace(one, quote_lots=one.quote_lots * _TOO_MUCH, position_lots_max=one.position_lots_max * _TOO_MUCH)
        for one in knobs.symbols
    )
    return Core(replace(knobs, symbols=symbols))
