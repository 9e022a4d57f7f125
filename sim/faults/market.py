"""What the market itself does: wilder, calmer, elsewhere, one way, thin, or better informed than we are.

Nothing here draws for the market: its proposals stay what they are, and the price walks as it would
have, only from elsewhere. Where the market is a tape, or rates that only the book knows, nobody
leans on a price, and none of this bites but volatility and funding.
"""

from typing import TYPE_CHECKING, Any, Final

from sim.faults.installing import Install, during, symbols_of
from sim.market.flow import FlowMarket
from sim.market.latent import STEP_NS
from sim.plan import PlannedFault
from strategy.units import BPS, NS_PER_S

if TYPE_CHECKING:
    from sim.exchange import Exchange

_PPM_PER_BPS: Final = 100


def _volatility(fault: PlannedFault, world: "Exchange") -> None:
    """Multiply volatility and flow of the markets that are hit while the fault lasts."""
    factor = fault.params["factor"]
    for market in world.markets:
        if market.symbol in symbols_of(fault, world):
            during(fault, world, lambda one=market: _scale(one, factor), lambda one=market: _scale(one, 1.0 / factor))


def _scale(market: Any, factor: float) -> None:
    # Every kind of market a world plays has one: modelled, of rates, recorded.
    market.factor *= factor


def _hit(fault: PlannedFault, world: "Exchange") -> list[FlowMarket]:
    """List the markets of models that are hit."""
    hit = symbols_of(fault, world)
    return [market for market in world.markets if isinstance(market, FlowMarket) and market.symbol in hit]


def _price_jump(fault: PlannedFault, world: "Exchange") -> None:
    """Move the price of every market that is hit by the same share of it, at its next step."""
    for market in _hit(fault, world):
        during(fault, world, lambda one=market: one.latent.push(fault.params["by_bps"]), None)


def _flash_crash(fault: PlannedFault, world: "Exchange") -> None:
    """Let the price fall step by step while it lasts, then rise again by what brings it back."""
    left = 1.0 - fault.params["depth_bps"] / BPS
    rise_ns = round(fault.params["recover_s"] * NS_PER_S)
    fall = _drift_bps_per_s(left, fault.end_ns - fault.start_ns)
    rise = _drift_bps_per_s(1.0 / left, rise_ns)
    for market in _hit(fault, world):
        latent = market.latent
        during(fault, world, lambda one=latent: one.drift(fall), lambda one=latent: one.drift(rise - fall))
        if fault.end_ns + rise_ns < world.plan.duration_ns:
            world.kernel.at(fault.end_ns + rise_ns, latent.drift, -rise)


def _drift_bps_per_s(factor: float, length_ns: int) -> float:
    """Give the drift that multiplies a price by a factor over a length of time, step by step."""
    steps = max(1, length_ns // STEP_NS)
    return float((factor ** (1 / steps) - 1.0) * BPS * NS_PER_S / STEP_NS)


def _trend(fault: PlannedFault, world: "Exchange") -> None:
    """Have the latent prices that are hit drift while the fault lasts."""
    bps_per_s = fault.params["bps_per_s"]
    for market in _hit(fault, world):
        latent = market.latent
        during(fault, world, lambda one=latent: one.drift(bps_per_s), lambda one=latent: one.drift(-bps_per_s))


def _liquidity_vanishes(fault: PlannedFault, world: "Exchange") -> None:
    """Take off most of what rests, and let as few arrive."""
    kept = fault.params["kept"]

    def begin(market: FlowMarket) -> None:
        market.kept = kept
        market.withdraw(kept, world.kernel.now_ns)

    for market in _hit(fault, world):
        during(fault, world, lambda one=market: begin(one), lambda one=market: setattr(one, "kept", 1.0))


def _toxic_flow(fault: PlannedFault, world: "Exchange") -> None:
    """Tell a share of the takers the price ahead while it lasts."""
    share = fault.params["share"]
    for market in _hit(fault, world):
        during(
            fault, world, lambda one=market: setattr(one, "toxic", share), lambda one=market: setattr(one, "toxic", 0.0)
        )


def _funding_shock(fault: PlannedFault, world: "Exchange") -> None:
    """Settle funding at the rate, once."""
    rate_ppm = round(fault.params["rate_bps"] * _PPM_PER_BPS)
    for symbol in symbols_of(fault, world):
        during(fault, world, lambda one=symbol: world.venue.fund(one, rate_ppm, world.kernel.now_ns), None)


INSTALL: Final[dict[str, Install]] = {
    "volatility": _volatility,
    "price_jump": _price_jump,
    "flash_crash": _flash_crash,
    "trend": _trend,
    "liquidity_vanishes": _liquidity_vanishes,
    "toxic_flow": _toxic_flow,
    "funding_shock": _funding_shock,
}
