"""Requests that the venue turns away at its door, and may carry out later all the same."""

from typing import TYPE_CHECKING, Final

from sim.faults.installing import is_on
from sim.plan import PlannedFault
from sim.venue.gateway import TurnedAway
from sim.wire import Message
from strategy import events

if TYPE_CHECKING:
    from sim.exchange import Exchange

_CHANGING: Final = (events.CREATE, events.AMEND, events.CANCEL, events.CANCEL_ALL)


class Away:
    """The doorman of a venue that is away, or says so: chosen requests get no verdict, some are applied later."""

    def __init__(self, fault: PlannedFault, world: "Exchange", code: str, kinds: tuple[str, ...] = ()) -> None:
        """Turn requests of some kinds away, all if none is named, with a code or without a word."""
        self._fault = fault
        self._world = world
        self._dice = world.dice
        self._code = code
        self._kinds = kinds
        self.prob = 1.0
        self.later_prob = 0.0
        self.later_ns = 0

    def at_the_door(self, message: Message, now_ns: int) -> TurnedAway | None:
        """Turn a request away while the fault lasts."""
        if not is_on(self._fault, now_ns) or (self._kinds and message.kind not in self._kinds):
            return None
        if not self._drawn(message, "away", self.prob):
            return None
        self._world.bit(self._fault)
        is_later = message.kind in _CHANGING and self._drawn(message, "later", self.later_prob)
        return TurnedAway(self._code, self.later_ns if is_later else None)

    def _drawn(self, message: Message, what: str, prob: float) -> bool:
        return self._dice.unit("fault", self._fault.id, message.number, what) < prob
