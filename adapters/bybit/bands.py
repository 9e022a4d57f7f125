"""The venue's price bands: a create outside of one stays here, instead of being refused or silently moved.

Amends are let pass: what they are told is told of by the venue, and the stream says where the order
really stands. A band is known only while the public stream tells it.
"""

from collections.abc import Mapping

from adapters.bybit.heard import Band
from adapters.bybit.words import PRICE_BAND
from adapters.venue import Answered
from strategy import commands, events
from strategy.batching import Group
from strategy.requests import not_sent
from strategy.units import BUY


def parted(bands: Mapping[str, Band], one: Group) -> tuple[Group, Group]:
    """Part what may leave from the creates whose price the venue would not take."""
    outside = tuple(command for command in one if _is_outside(bands, command))
    return (tuple(command for command in one if command not in outside), outside) if outside else (one, ())


def joined(one: Group, outside: Group, answered: Answered) -> Answered:
    """Answer for a request of which only a part left: every command in its place."""

    def answer(said: tuple[events.Event, ...]) -> None:
        places = len(said) - (len(one) - len(outside))
        outcomes = iter(said[places:])
        whole = (not_sent(each, PRICE_BAND) if each in outside else next(outcomes) for each in one)
        answered((*said[:places], *whole))

    return answer


def _is_outside(bands: Mapping[str, Band], command: commands.Command) -> bool:
    if not isinstance(command, commands.CreateOrder):
        return False
    band = bands.get(command.symbol)
    if band is None:
        return False
    if command.side == BUY:
        return command.price_ticks > band.buy_ticks_max
    return command.price_ticks < band.sell_ticks_min
