"""What the market itself does."""

from typing import Annotated, Final, Literal

from pydantic import Field

from sim.scenario.faults.base import Lasting, Symbols


class Volatility(Lasting):
    """The market becomes wilder or calmer: its own volatility and flow are multiplied."""

    kind: Literal["volatility"]
    """`volatility`: a market regime."""
    factor: Annotated[float, Field(gt=0, le=100)]
    """What volatility and flow are multiplied by; 1 changes nothing."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""


MODELS: Final = (Volatility,)
EXAMPLES: Final = {"volatility": "{at_s: 10, for_s: 20, kind: volatility, factor: 3}"}
