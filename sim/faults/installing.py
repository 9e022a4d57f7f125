"""How a planned fault gets into a world: as a rule on its links, or as a change with a beginning and an end."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim.dice import Dice
from sim.plan import PlannedFault
from sim.wire import Fate, Message, Rule
from strategy.units import NS_PER_S

if TYPE_CHECKING:
    from sim.exchange import Exchange

# What happens to the bot's own host needs a whole world, everything else only its exchange.
Install = Callable[[PlannedFault, Any], None]


def ns_of(span_s: float) -> int:
    """Turn seconds of a plan into nanoseconds."""
    return round(span_s * NS_PER_S)


def is_on(fault: PlannedFault, now_ns: int) -> bool:
    """Say whether a fault lasts at an instant."""
    return fault.start_ns <= now_ns < fault.end_ns


def symbols_of(fault: PlannedFault, world: "Exchange") -> list[str]:
    """List the symbols that a fault hits: those it names, else all."""
    named = fault.params["symbols"]
    return [symbol for symbol in world.scenario.market.traded if not named or symbol in named]


def as_rule(make: Callable[[PlannedFault, Dice], Rule]) -> Install:
    """Install by adding a rule that the world's links ask about every message."""

    def install(fault: PlannedFault, world: "Exchange") -> None:
        rule(fault, world, make(fault, world.dice))

    return install


def rule(fault: PlannedFault, world: "Exchange", opinions: Rule) -> None:
    """Have a world's links ask a rule about every message; what it has an opinion about, the fault has bitten."""
    world.rules.append(_Counted(fault, world, opinions))


class _Counted:
    """A rule whose opinions are counted."""

    def __init__(self, fault: PlannedFault, world: "Exchange", opinions: Rule) -> None:
        self._fault, self._world, self._opinions = fault, world, opinions

    def fate(self, link: str, message: Message, now_ns: int) -> Fate | None:
        """Pass the question on."""
        fate = self._opinions.fate(link, message, now_ns)
        if fate is not None:
            self._world.bit(self._fault)
        return fate


def during(
    fault: PlannedFault,
    world: "Exchange",
    begin: Callable[..., Any],
    end: Callable[..., Any] | None,
    *,
    bites: bool = True,
) -> None:
    """Have ``begin`` called when a fault starts and ``end`` when it is over, if that is before the run is.

    ``bites``: that it begins is felt; otherwise it bites where something meets it.
    """
    if bites:
        world.kernel.at(fault.start_ns, world.bit, fault)
    world.kernel.at(fault.start_ns, begin)
    if end is not None and fault.end_ns < world.plan.duration_ns:
        world.kernel.at(fault.end_ns, end)
