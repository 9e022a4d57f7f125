"""Links that are cut, slowed or jammed, and released again."""

from typing import TYPE_CHECKING, Final

from sim.dice import Dice
from sim.faults.installing import Install, as_rule, rule
from sim.plan import PlannedFault
from sim.wire import LOST, STREAMS, Fate, Message
from strategy.units import NS_PER_MS

if TYPE_CHECKING:
    from sim.exchange import Exchange


class Partition:
    """Stops, slows or holds back what its links carry while it lasts."""

    def __init__(self, fault: PlannedFault, _dice: Dice) -> None:
        """Take a planned fault; there is nothing to draw."""
        self._fault = fault
        self._links = tuple(fault.params["links"])
        self._mode = fault.params["mode"]
        # The connections of each stream that lost something: they cannot skip that, so they are silent.
        self._gagged: dict[str, dict[int, None]] = {}

    def fate(self, link: str, message: Message, now_ns: int) -> Fate | None:
        """Say what becomes of a message on a link that is hit."""
        if link not in self._links:
            return None
        fault = self._fault
        if not fault.start_ns <= now_ns < fault.end_ns:
            return LOST if message.number in self._gagged.get(link, ()) else None
        if self._mode == "slow":
            return Fate(extra_ns=round(fault.params["slow_ms"] * NS_PER_MS))
        if self._mode == "jam":
            return Fate(extra_ns=fault.end_ns - now_ns)
        if link in STREAMS:
            self._gagged.setdefault(link, {})[message.number] = None
        return LOST


class Clog:
    """Jams links, each for a stretch of its own within the fault."""

    def __init__(self, fault: PlannedFault, world: "Exchange") -> None:
        """Choose the links, and when each is clogged and released."""
        self._fault = fault
        dice, links = world.dice, tuple(fault.params["links"])
        drawn = {link: dice.unit("fault", fault.id, link, "clogged") for link in links}
        least = min(drawn.values())
        end_ns = min(fault.end_ns, world.plan.duration_ns)
        third_ns = max(0, end_ns - fault.start_ns) // 3
        self.stretches: dict[str, tuple[int, int]] = {}
        for link in links:
            # At least one is hit, or the fault would be none.
            if drawn[link] < fault.params["prob"] or drawn[link] == least:
                begin_ns = fault.start_ns + int(dice.unit("fault", fault.id, link, "begin") * third_ns)
                released_ns = end_ns - int(dice.unit("fault", fault.id, link, "end") * third_ns)
                self.stretches[link] = begin_ns, released_ns

    def fate(self, link: str, _message: Message, now_ns: int) -> Fate | None:
        """Hold a message back until its link is released."""
        begin_ns, released_ns = self.stretches.get(link, (0, 0))
        return Fate(extra_ns=released_ns - now_ns) if begin_ns <= now_ns < released_ns else None


def _clog(fault: PlannedFault, world: "Exchange") -> None:
    rule(fault, world, Clog(fault, world))


INSTALL: Final[dict[str, Install]] = {"partition": as_rule(Partition), "clog": _clog}
