"""What the market itself does."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from sim.scenario.faults.base import Lasting, Symbols
from sim.scenario.faults.ranges import AnySymbols, Draw, LogUniform, Signed


class Volatility(Lasting):
    """The market becomes wilder or calmer: its own volatility and flow are multiplied."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 240),
        "factor": LogUniform(0.3, 6),
        "symbols": AnySymbols(),
    }

    kind: Literal["volatility"]
    """`volatility`: a market regime."""
    factor: Annotated[float, Field(gt=0, le=100)]
    """What volatility and flow are multiplied by; 1 changes nothing."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""


class Trend(Lasting):
    """The price goes one way beside its ordinary walk: whoever quotes both sides is hit on one."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 120),
        "bps_per_s": Signed(LogUniform(0.1, 3)),
        "symbols": AnySymbols(),
    }

    kind: Literal["trend"]
    """`trend`: one way, for a while."""
    bps_per_s: Annotated[float, Field(ge=-100, le=100)]
    """How fast the latent price goes, in bps a second; below 0 it falls. Only a market that has one is hit."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""


MODELS: Final = (Volatility, Trend)
EXAMPLES: Final = {
    "volatility": "{at_s: 10, for_s: 20, kind: volatility, factor: 3}",
    "trend": "{at_s: 10, for_s: 20, kind: trend, bps_per_s: 1.5}",
}
