"""Markets of rates, as numbers a person writes: three published models, one engine (``rates``)."""

from typing import Annotated, Literal

from pydantic import Field

from sim.market.rates import Rates, cont_stoikov_talreja, queue_reactive, santa_fe
from strategy.file_model import AboveZero, CountAboveZero, DecimalAboveZero, FromZero, Written

Several = Annotated[list[FromZero], Field(min_length=1)]


class _RateFlow(Written):
    """What all of them have."""

    price: DecimalAboveZero
    """The bid at the start, in quote currency."""
    order_lots: CountAboveZero
    """Size of every order of the others."""
    source: Annotated[str, Field(min_length=1)]
    """Where these numbers come from, or the word `synthetic`."""


class ContStoikovTalreja(_RateFlow):
    """Rates by distance from the opposite best price, 1 first; per second and side."""

    model: Literal["cont_stoikov_talreja"]
    """The name of the model."""
    arrive_per_s: Several
    """Limit orders at each distance."""
    cancel_per_s: Several
    """Cancels of each order at each distance; beyond the last as there."""
    take_per_s: AboveZero
    """Market orders."""

    def rates(self) -> Rates:
        """Give the engine's rates."""
        return cont_stoikov_talreja(self.arrive_per_s, self.cancel_per_s, self.take_per_s)


class SantaFe(_RateFlow):
    """The same rates at every distance; per second and side."""

    model: Literal["santa_fe"]
    """The name of the model."""
    arrive_per_s: AboveZero
    """Limit orders at each price."""
    cancel_per_s: AboveZero
    """Cancels of each order."""
    take_per_s: AboveZero
    """Market orders."""
    depth_ticks: CountAboveZero
    """Nobody quotes further from the opposite best price than this."""

    def rates(self) -> Rates:
        """Give the engine's rates."""
        return santa_fe(self.arrive_per_s, self.cancel_per_s, self.take_per_s, self.depth_ticks)


class QueueReactive(_RateFlow):
    """Rates by distance and by the queue's size in orders, 0 first; the last size holds for all above."""

    model: Literal["queue_reactive"]
    """The name of the model."""
    arrive_per_s: Annotated[list[Several], Field(min_length=1)]
    """Limit orders at each distance, by the size of the queue they join."""
    cancel_per_s: Annotated[list[Several], Field(min_length=1)]
    """Cancels of each whole queue, by its size; the first, of an empty queue, means nothing."""
    take_per_s: Several
    """Market orders by the size of the queue they meet; the first, of an empty queue, means nothing."""

    def rates(self) -> Rates:
        """Give the engine's rates."""
        arrive, cancel = ([tuple(by_size) for by_size in queues] for queues in (self.arrive_per_s, self.cancel_per_s))
        return queue_reactive(arrive, cancel, tuple(self.take_per_s))


RateFlow = Annotated[ContStoikovTalreja | SantaFe | QueueReactive, Field(discriminator="model")]
