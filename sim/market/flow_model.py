"""Who else trades, as numbers a person writes: the zero-intelligence market with a latent price."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from strategy.file_model import (
    CONTRADICTION,
    AboveZero,
    Complaint,
    CountAboveZero,
    DecimalAboveZero,
    FromZero,
    Share,
    Written,
    relation,
)


class Latent(Written):
    """The price nobody sees and everybody leans on: a random walk with rare jumps."""

    volatility_bps_per_sqrt_s: AboveZero
    """Standard deviation of its return over one second, jumps not counted, in bps."""
    jumps_per_hour: FromZero
    """How often it jumps."""
    jump_bps: FromZero
    """Standard deviation of a jump, in bps."""


class Makers(Written):
    """Background quotes: placed behind the latent price, living for a while."""

    orders_per_s: AboveZero
    """Arrivals of limit orders, both sides together."""
    offset_ticks: Annotated[int, Field(ge=0)]
    """Nobody quotes nearer to the latent price than this."""
    depth_ticks: AboveZero
    """Mean distance beyond the offset, geometric."""
    life_s: AboveZero
    """Mean life of an order that does not trade, exponential."""
    size_lots: AboveZero
    """Mean size, geometric, at least one lot."""


class Excitement(Written):
    """How takers bring takers: each has so many children on average, of whom each has children again."""

    same_side: Share
    """Mean number of children who take on the same side."""
    other_side: Share
    """Mean number of children who take on the other side."""
    decay_per_s: AboveZero
    """One over the mean delay of a child, which is exponential."""

    @relation("same_side", "other_side")
    def _calms_down(self) -> Iterator[Complaint]:
        if self.same_side + self.other_side >= 1:
            yield Complaint(
                CONTRADICTION,
                ("other_side",),
                "with same_side it must stay below 1: every taker brings one more for ever",
            )


class Takers(Written):
    """Background aggressors without information: they need to trade now."""

    orders_per_s: AboveZero
    """Arrivals, both sides together."""
    size_lots: AboveZero
    """Mean size of an ordinary one, geometric."""
    sweep_share: Share
    """Share of those that are ``sweep_factor`` times larger."""
    sweep_factor: AboveZero
    """How much larger a sweep is."""
    excitement: Excitement | None = None
    """How they bring each other; without it each comes by itself."""


class Informed(Written):
    """Aggressors who know the latent price and take what is better than it."""

    looks_per_s: FromZero
    """How often one of them looks."""
    margin_ticks: Annotated[int, Field(ge=0)]
    """They take prices better than the latent price by more than this."""
    size_lots: AboveZero
    """Mean size, geometric."""
    lead_ms: FromZero = 0
    """How long before everybody else they know the latent price, in milliseconds, in steps of 50."""


class Moods(Written):
    """Spells of more and of less activity, and of takers on one side more than on the other."""

    activity_s: Annotated[float, Field(ge=0.05, le=86_400)]
    """Length of a spell of activity, in seconds."""
    activity_sigma: Annotated[float, Field(ge=0, le=1.2)]
    """Spread of the logarithm of activity, whose mean is 1; at most four times the ordinary rate trades."""
    lean_s: Annotated[float, Field(ge=0.05, le=86_400)]
    """Length of a spell of one lean, in seconds."""
    lean: Share
    """Share of the uninformed takers who are on the side of the spell, whatever their own."""


class Sniper(Written):
    """One adversary with a fixed reaction time who takes any quote of ours left stale."""

    enabled: bool = True
    """Whether it is there; without it every fault looks harmless."""
    reaction_ms: FromZero
    """From a quote being stale to the sniper's order at the venue, in milliseconds."""
    stale_ticks: CountAboveZero
    """A quote this many ticks better than the latent price is stale."""


class Flow(Written):
    """One symbol's market."""

    price: DecimalAboveZero
    """The latent price at the start, in quote currency."""
    latent: Latent
    """The price everybody leans on."""
    makers: Makers
    """Background quotes."""
    takers: Takers
    """Background aggressors."""
    informed: Informed
    """Informed aggressors."""
    moods: Moods | None = None
    """How activity and lean vary; even without it."""
    sniper: Sniper
    """The adversary."""
    fitted_to: str | None = None
    """The recorded window, under the data folder, that `sim fit` has fitted this to."""
    source: Annotated[str, Field(min_length=1)]
    """Where these numbers come from, or the word `synthetic`."""
