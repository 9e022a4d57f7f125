"""The market itself becomes wilder or calmer, or goes one way."""

from typing import TYPE_CHECKING, Final

from sim.faults.installing import Install, during
from sim.market.flow import FlowMarket
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


def _trend(fault: PlannedFault, world: "Exchange") -> None:
    """Have the latent prices that are hit drift while the fault lasts; a market without one is left alone."""
    bps_per_s = fault.params["bps_per_s"]
    for market in world.markets:
        is_hit = not fault.params["symbols"] or market.symbol in fault.params["symbols"]
        if is_hit and isinstance(market, FlowMarket):
            latent = market.latent
            during(fault, world, lambda one=latent: one.drift(bps_per_s), lambda one=latent: one.drift(-bps_per_s))


INSTALL: Final[dict[str, Install]] = {"volatility": _volatility, "trend": _trend}
