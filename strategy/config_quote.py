"""The part of the config that makes a price: width, skew, queue and placement. Widths are full widths."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from strategy.file_model import (
    CONTRADICTION,
    AboveZero,
    Complaint,
    DecimalAboveZero,
    FromZero,
    Percent,
    Share,
    Written,
    ordered,
    relation,
)


class Ramp(Written):
    """A score from 0 at `low` to 1 at `high`, in the unit the score's own name ends in."""

    low: FromZero
    """The score is 0 up to this value."""
    high: FromZero
    """The score is 1 from this value on."""
    weight_bps: FromZero
    """What the score adds to the width from its lowest to its highest, in bps; 0 switches it off."""

    @relation("low", "high")
    def _rises(self) -> Iterator[Complaint]:
        yield from ordered("low", {"low": self.low, "high": self.high})


class Spread(Written):
    """The full bid-ask width: a base, five scores that move it, and what it may never leave."""

    base_bps: AboveZero = 1.2
    """Full width when every score is neutral, in bps of the mid."""
    width_bps_min: AboveZero = 0.6
    """The narrowest full width, in bps."""
    width_bps_max: AboveZero = 2.5
    """The widest full width the scores can ask for, in bps; costs and SOFT may exceed it."""
    width_bps_ceiling: AboveZero = 8.0
    """Above this full width nothing is quoted at all, in bps."""
    narrow_bps_per_s: AboveZero = 0.5
    """How fast the width may narrow, in bps per second; widening is immediate."""
    respect_costs: bool = False
    """Never quote narrower than twice the maker fee and twice the expected adverse move."""
    neutral: Share = 0.5
    """The score that changes nothing: below it the width narrows, above it widens."""
    volatility_bps_per_sqrt_s: Ramp = Ramp(low=0.2, high=4.0, weight_bps=1.2)
    """Volatility, in bps per square root of a second."""
    thinness_ratio: Ramp = Ramp(low=0.0, high=0.8, weight_bps=0.6)
    """How much of the symbol's own usual liquidity near the mid is missing: 0 none, 1 all."""
    round_trip_ms: Ramp = Ramp(low=80, high=300, weight_bps=0.4)
    """Order round trip, 95th percentile, in milliseconds."""
    pnl_deviation_sigma: Ramp = Ramp(low=0.0, high=2.5, weight_bps=0.4)
    """Loss against its own window, in standard deviations."""
    adverse_markout_bps: Ramp = Ramp(low=0.0, high=1.0, weight_bps=0.6)
    """What the mid moves against us after our fills, in bps."""

    @relation("width_bps_min", "width_bps_max", "width_bps_ceiling")
    def _widths_rise(self) -> Iterator[Complaint]:
        yield from ordered("width_bps_min", {"width_bps_min": self.width_bps_min, "width_bps_max": self.width_bps_max})
        limits = {"width_bps_max": self.width_bps_max, "width_bps_ceiling": self.width_bps_ceiling}
        yield from ordered("width_bps_max", limits, strictly=False)


class SpreadOverride(Written):
    """What one symbol has different from `spread`; a key that is absent is as it is there."""

    base_bps: AboveZero | None = None
    """Full width when every score is neutral, in bps of the mid."""
    width_bps_min: AboveZero | None = None
    """The narrowest full width, in bps."""
    width_bps_max: AboveZero | None = None
    """The widest full width the scores can ask for, in bps."""
    width_bps_ceiling: AboveZero | None = None
    """Above this full width nothing is quoted at all, in bps."""
    narrow_bps_per_s: AboveZero | None = None
    """How fast the width may narrow, in bps per second."""
    respect_costs: bool | None = None
    """Never quote narrower than twice the maker fee and twice the expected adverse move."""
    neutral: Share | None = None
    """The score that changes nothing."""
    volatility_bps_per_sqrt_s: Ramp | None = None
    """Volatility, in bps per square root of a second."""
    thinness_ratio: Ramp | None = None
    """How much of the symbol's own usual liquidity near the mid is missing."""
    round_trip_ms: Ramp | None = None
    """Order round trip, 95th percentile, in milliseconds."""
    pnl_deviation_sigma: Ramp | None = None
    """Loss against its own window, in standard deviations."""
    adverse_markout_bps: Ramp | None = None
    """What the mid moves against us after our fills, in bps."""


class Fair(Written):
    """Where the mid is thought to go: the quotes are put around it, not around the mid of now."""

    taker_bps: FromZero = 0.0
    """Shift for each taker by which buyers lead sellers (`signals.takers_half_life_s`), in bps of the mid."""
    imbalance_bps: FromZero = 0.0
    """Shift where all that rests at the touch is on the bid, in bps; in proportion where it is not."""
    shift_bps_max: FromZero = 0.3
    """The most the fair value is away from the mid, in bps."""


class Skew(Written):
    """How far inventory moves both quotes: down when long, up when short."""

    slope_bps_per_pct: FromZero = 0.1
    """Skew per percent of the limit beyond the dead band, in bps."""
    dead_band_pct: Percent = 5.0
    """Inventory that moves nothing, in percent of the limit."""
    skew_bps_max: FromZero = 0.6
    """The most the reservation price is moved, in bps."""


class UniformCancels(Written):
    """Cancels fall on every lot of a queue alike."""

    model: Literal["prob_uniform"]
    """The name of the model."""


class PowerCancels(Written):
    """Cancels fall rather on the back of a queue, by a power of the place in it."""

    model: Literal["prob_power"]
    """The name of the model."""
    power: AboveZero
    """The exponent; 1 is uniform, above 1 the front is left alone."""


class Queue(Written):
    """What a place in the queue is worth when a better price beckons."""

    enabled: bool = True
    """Weigh the place in the queue at all."""
    place_worth_bps: FromZero = 0.15
    """What standing first is worth, in bps; a move must gain more than the place it gives up."""
    headroom_ms: FromZero = 400
    """Keep a place that should fill within this time, in milliseconds."""
    cancels: Annotated[UniformCancels | PowerCancels, Field(discriminator="model")] = UniformCancels(
        model="prob_uniform"
    )
    """How cancels of others are shared out before and behind our order."""


class Placement(Written):
    """How working orders may be moved, and when we may take."""

    book_time_ms_min: FromZero = 250
    """The least time an order stays in the book before it may be moved, in milliseconds."""
    move_bps_min: FromZero = 0.05
    """Moves smaller than this are not worth a message, in bps."""
    fast_cancel_bps: AboveZero = 0.5
    """A quote that fair value has passed by this much is cancelled at once, in bps."""
    taking: bool = True
    """Allow taking to unwind inventory above its HARD mark."""
    taker_slippage_bps_max: AboveZero = 5.0
    """The worst price a take accepts, in bps from the mid."""
    unwind_after_s: FromZero = 20.0
    """How long inventory may stay above its HARD mark before it is unwound, in seconds."""


class Symmetric(Written):
    """The control, used when `model` is `symmetric`: no scores, no skew."""

    quote_at: Literal["touch", "width"] = "touch"
    """Join the best prices, or quote a fixed width around the mid."""
    width_bps: AboveZero = 1.2
    """The fixed full width when `quote_at` is `width`, in bps."""


class ClosedForm(Written):
    """The published formulas, used when `model` is `avellaneda_stoikov` or `glft`.

    Prices are in bps of the mid, positions in quotes of the symbol's size, the volatility is measured.
    """

    aversion: AboveZero = 0.05
    """Risk aversion (gamma), per bps and quote."""
    fill_rate_per_s: AboveZero = 2.0
    """How often a quote at the mid would be taken (A)."""
    fill_decay_per_bps: AboveZero = 2.0
    """How fast that falls with the distance from the mid (k)."""
    horizon_s: AboveZero = 1.0
    """How far away `avellaneda_stoikov` takes the end of trading to be, always."""


class SymbolSizes(Written):
    """How much of one symbol is shown and how much may be held."""

    quote_size: DecimalAboveZero
    """Size of each quote, as decimal text in base currency, a multiple of the lot."""
    position_max: DecimalAboveZero
    """The most that may be held either way, as decimal text in base currency."""
    beta: float = 1.0
    """Weight of this symbol in the account's net exposure."""
    spread: SpreadOverride = SpreadOverride()
    """What this symbol has different from `spread`."""

    @relation("quote_size", "position_max")
    def _quote_fits(self) -> Iterator[Complaint]:
        if float(self.quote_size) > float(self.position_max):
            words = f"quote_size ({self.quote_size}) must be at most position_max ({self.position_max})"
            yield Complaint(CONTRADICTION, ("quote_size",), words)
