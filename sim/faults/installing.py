"""How a planned fault gets into a world: as a rule on its links, or as a change with a beginning and an end."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim.dice import Dice
from sim.plan import PlannedFault
from sim.wire import Rule

if TYPE_CHECKING:
    from sim.exchange import Exchange

# What happens to the bot's own host needs a whole world, everything else only its exchange.
Install = Callable[[PlannedFault, Any], None]


def as_rule(make: Callable[[PlannedFault, Dice], Rule]) -> Install:
    """Install by adding a rule that the world's links ask about every message."""

    def install(fault: PlannedFault, world: "Exchange") -> None:
        world.rules.append(make(fault, world.dice))

    return install


def during(fault: PlannedFault, world: "Exchange", begin: Callable[..., Any], end: Callable[..., Any] | None) -> None:
    """Have ``begin`` called when a fault starts and ``end`` when it is over, if that is before the run is."""
    world.kernel.at(fault.start_ns, begin)
    if end is not None and fault.end_ns < world.plan.duration_ns:
        world.kernel.at(fault.end_ns, end)
