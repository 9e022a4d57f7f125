"""What the market itself does."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from sim.scenario.faults.base import Lasting, Symbols
from sim.scenario.faults.ranges import AnySymbols, Draw, LogUniform


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


MODELS: Final = (Volatility,)
EXAMPLES: Final = {"volatility": "{at_s: 10, for_s: 20, kind: volatility, factor: 3}"}
