"""The market itself becomes wilder or calmer."""

from typing import TYPE_CHECKING, Final

from sim.faults.installing import Install, during
from sim.plan import PlannedFault

if TYPE_CHECKING:
    from sim.exchange import Exchange


def _volatility(fault: PlannedFault, world: "Exchange") -> None:
    """Multiply volatility and flow of the markets that are hit while the fault lasts."""
    factor = fault.params["factor"]
    for market in world.markets:
        if not fault.params["symbols"] or market.symbol in fault.params["symbols"]:
            during(fault, world, lambda one=market: _scale(one, factor), lambda one=market: _scale(one, 1.0 / factor))


def _scale(market: object, factor: float) -> None:
    market.factor *= factor  # type: ignore[attr-defined]


INSTALL: Final[dict[str, Install]] = {"volatility": _volatility}
