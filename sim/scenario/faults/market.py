"""What the market itself does."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from sim.scenario.faults.base import Fault, Lasting, Symbols
from sim.scenario.faults.ranges import AnySymbols, Draw, LogUniform, Signed, TimesField, Uniform
from strategy.file_model import AboveZero, Share

_Move = Annotated[float, Field(ge=-5_000, le=5_000)]


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


class PriceJump(Fault):
    """The price jumps across our quotes at once; several symbols jump together, which doubles what we hold."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "by_bps": Signed(LogUniform(2, 200)),
        "symbols": AnySymbols(),
    }

    kind: Literal["price_jump"]
    """`price_jump`: the price everybody leans on is another from one instant to the next."""
    by_bps: _Move
    """How far, in bps of the price; below zero it falls."""
    symbols: Symbols = ()
    """Which symbols jump; none named means all, by the same."""


class FlashCrash(Lasting):
    """The price falls fast and far, and comes back."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 60),
        "depth_bps": LogUniform(20, 500),
        "recover_s": TimesField("for_s", LogUniform(0.5, 10)),
        "symbols": AnySymbols(),
    }

    kind: Literal["flash_crash"]
    """`flash_crash`: it falls while the fault lasts, and recovers afterwards."""
    depth_bps: Annotated[float, Field(gt=0, le=5_000)]
    """How deep it falls, in bps of the price at the start."""
    recover_s: AboveZero
    """How long it takes to come back, in simulated seconds."""
    symbols: Symbols = ()
    """Which symbols fall; none named means all."""


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


class LiquidityVanishes(Lasting):
    """Most of the others withdraw their quotes, and place few new ones."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(2, 120),
        "kept": Uniform(0, 0.5),
        "symbols": AnySymbols(),
    }
    ALONE_BY = "symbols"

    kind: Literal["liquidity_vanishes"]
    """`liquidity_vanishes`: a thin book, or none."""
    kept: Share
    """Which share of the others' quotes stays, and goes on arriving; 0 is an empty book."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""


class ToxicFlow(Lasting):
    """Takers learn what the price is about to be, and hit only quotes that are stale."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 180),
        "share": Uniform(0.2, 1),
        "symbols": AnySymbols(),
    }
    ALONE_BY = "symbols"

    kind: Literal["toxic_flow"]
    """`toxic_flow`: takers who know."""
    share: Share
    """Which share of the takers without information has it now."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""


class FundingShock(Fault):
    """Funding is settled once, out of turn and at an extreme rate."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "rate_bps": Signed(LogUniform(1, 75)),
        "symbols": AnySymbols(),
    }

    kind: Literal["funding_shock"]
    """`funding_shock`: who is long pays a rate above zero, who is short receives it."""
    rate_bps: Annotated[float, Field(ge=-400, le=400)]
    """The rate, in bps of the position."""
    symbols: Symbols = ()
    """Which symbols are settled; none named means all."""


MODELS: Final = (Volatility, PriceJump, FlashCrash, Trend, LiquidityVanishes, ToxicFlow, FundingShock)
EXAMPLES: Final = {
    "volatility": "{at_s: 10, for_s: 20, kind: volatility, factor: 3}",
    "price_jump": "{at_s: 10, kind: price_jump, by_bps: -30}",
    "flash_crash": "{at_s: 10, for_s: 30, kind: flash_crash, depth_bps: 120, recover_s: 60}",
    "trend": "{at_s: 10, for_s: 60, kind: trend, bps_per_s: 0.5}",
    "liquidity_vanishes": "{at_s: 10, for_s: 20, kind: liquidity_vanishes, kept: 0.1}",
    "toxic_flow": "{at_s: 10, for_s: 60, kind: toxic_flow, share: 0.8}",
    "funding_shock": "{at_s: 10, kind: funding_shock, rate_bps: 25}",
}
