"""Fills that the private stream tells twice, or never."""

from sim.dice import Dice
from sim.plan import PlannedFault
from sim.wire import LOST, PRIVATE, Fate, Message
from strategy.units import NS_PER_S

_DROPPED = "fill_dropped"


class ToldOfFills:
    """Chooses fills by a draw keyed by the fill's own id."""

    def __init__(self, fault: PlannedFault, dice: Dice) -> None:
        """Take a planned fault: ``fill_dropped``, or else ``fill_duplicate``."""
        self._fault = fault
        self._dice = dice
        self._fate = LOST if fault.kind == _DROPPED else Fate(again_ns=round(fault.params["after_s"] * NS_PER_S))

    def fate(self, link: str, message: Message, now_ns: int) -> Fate | None:
        """Say what becomes of a word about a fill."""
        fault = self._fault
        if link != PRIVATE or message.kind != "order_filled" or not fault.start_ns <= now_ns < fault.end_ns:
            return None
        drawn = self._dice.unit("fault", fault.id, message.body.fill_id)
        return self._fate if drawn < fault.params["prob"] else None
