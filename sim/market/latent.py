"""The latent price: a random walk on a fixed grid of time, in millionths of a tick, with rare jumps.

Step k depends on the seed and k alone, and on the volatility factor in force at its instant. A
factor rescales a step; it never consumes or spares a draw. Those who know the price some steps ahead
of everybody see ``ahead_ticks``; for the others it stands still that long at the start.
"""

import math
from collections import deque
from typing import Final

from sim.dice import Dice, normal, unit
from strategy.units import BPS, NS_PER_MS, NS_PER_S

STEP_NS: Final = 50 * NS_PER_MS
_MICRO: Final = 1_000_000
_WORDS: Final = 4
_S_PER_HOUR: Final = 3600


class LatentPrice:
    """Walks when told to; ``ticks`` is the price rounded down, ``micro`` the price itself."""

    def __init__(
        self,
        dice: Dice,
        symbol: str,
        start_ticks: int,
        volatility_bps_per_sqrt_s: float,
        jumps_per_hour: float,
        jump_bps: float,
        lead_steps: int = 0,
    ) -> None:
        """Stand at the start price; the first step comes one grid step later."""
        self._stream = dice.stream("latent", symbol)
        step_s = STEP_NS / NS_PER_S
        self._sigma = volatility_bps_per_sqrt_s * math.sqrt(step_s) / BPS
        self._jump_chance = jumps_per_hour * step_s / _S_PER_HOUR
        self._jump = jump_bps / BPS
        self._drift = 0.0  # per step, as a share of the price
        self._pushed = 0.0  # by the next step alone
        self._step = 0
        self.micro = start_ticks * _MICRO
        # Prices that are known to some and not yet to all, the one known last at the end.
        self._ahead = deque([self.micro] * (lead_steps + 1))
        self.next_ns = STEP_NS

    @property
    def ticks(self) -> int:
        """The price in whole ticks, rounded down."""
        return self.micro // _MICRO

    @property
    def ahead_ticks(self) -> int:
        """The price that the informed know, in whole ticks, rounded down."""
        return self._ahead[-1] // _MICRO

    def drift(self, bps_per_s: float) -> None:
        """Go one way from the next step on, by so much more than until now."""
        self._drift += bps_per_s / BPS * STEP_NS / NS_PER_S

    def push(self, bps: float) -> None:
        """Jump by so much with the next step, besides what it does by itself."""
        self._pushed += bps / BPS

    def step(self, factor: float) -> None:
        """Take the next step, its size multiplied by ``factor``."""
        first, second, chance, size = self._stream.words(_WORDS * self._step, _WORDS)
        moved = self._sigma * normal(first, second)
        if unit(chance) < self._jump_chance:
            moved += self._jump * normal(size, first)
        shift = factor * moved + self._drift + self._pushed
        self._pushed = 0.0
        self._ahead.append(max(_MICRO, round(self._ahead[-1] * (1.0 + shift))))
        self._ahead.popleft()
        self.micro = self._ahead[0]
        self._step += 1
        self.next_ns += STEP_NS
