"""Noise and jumps: the market of a race between the maker who withdraws and the sniper who takes.

The value jumps up or down by a fixed size, at a Poisson rate; noise takers come at another, one lot
each, on a side of a coin's choice. Everybody sees a jump at once (``on_jump``); what counts is who
acts first. Jump k and taker k depend on the seed and k alone.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from sim.dice import Dice, exponential_ns
from sim.market.shared import NEVER, STEP, OnTrade, SharedPit
from sim.market.sniper import MICRO, Sniper
from strategy.units import BUY, NS_PER_S, SELL


class Jumps(msgspec.Struct, frozen=True):
    """How often noise takes, how often and how far the value jumps, and how fast the sniper is."""

    takes_per_s: float
    jumps_per_s: float
    jump_ticks: int
    reaction_ns: int


class JumpMarket(SharedPit):
    """A value that jumps; the book holds nothing but what is entered."""

    def __init__(
        self, symbol: str, jumps: Jumps, start_ticks: int, dice: Dice, on_trade: OnTrade, on_jump: Callable[[int], Any]
    ) -> None:
        """Start at a value, with an empty book; ``on_jump`` is told the instant."""
        super().__init__(symbol, on_trade)
        self._jumps = jumps
        self._on_jump = on_jump
        self._sniper = Sniper(jumps.reaction_ns, 1)
        self._noise = dice.stream("noise", symbol)
        self._leaps = dice.stream("jumps", symbol)
        self._gaps_ns = NS_PER_S / jumps.takes_per_s, NS_PER_S / jumps.jumps_per_s
        self._taken = self._jumped = 0
        self._take_ns = 1 + exponential_ns(self._noise.word(0), self._gaps_ns[0])
        self._jump_ns = 1 + exponential_ns(self._leaps.word(0), self._gaps_ns[1])
        self.value_ticks = start_ticks

    @property
    def next_ns(self) -> int:
        """The instant of the next event of any kind."""
        shot_ns = self._sniper.aims[0][0] if self._sniper.aims else NEVER
        return min(self._take_ns, self._jump_ns, shot_ns)

    @property
    def sniped(self) -> int:
        """How many lots of ours the sniper has taken."""
        return self._sniper.sniped

    def enter(self, order: Any, lots: int, now_ns: int) -> None:
        """Rest an order of ours; the sniper sees it."""
        super().enter(order, lots, now_ns)
        self._look(now_ns)

    def do_next(self, now_ns: int) -> None:
        """Process the one event that is next: a jump before a shot before a taker."""
        if self._jump_ns == now_ns:
            self._jump(now_ns)
        elif self._sniper.aims and self._sniper.aims[0][0] == now_ns:
            shot = self._sniper.shoot(self.book, self.value_ticks * MICRO, self.trades)
            if shot is not None:
                self._shoot(now_ns, *shot, self.value_ticks)
        else:
            side = BUY if self._noise.word(2 * self._taken + 1) & 1 else SELL
            self._taken += 1
            self._take_ns = now_ns + 1 + exponential_ns(self._noise.word(2 * self._taken), self._gaps_ns[0])
            self._trade(now_ns, side, 1, NEVER if side == BUY else 0)

    def _jump(self, now_ns: int) -> None:
        up = self._leaps.word(2 * self._jumped + 1) & 1
        self._jumped += 1
        self._jump_ns = now_ns + 1 + exponential_ns(self._leaps.word(2 * self._jumped), self._gaps_ns[1])
        self.value_ticks += self._jumps.jump_ticks if up else -self._jumps.jump_ticks
        self._note(now_ns, STEP, self.value_ticks, 0)
        self._look(now_ns)
        self._on_jump(now_ns)
        self.touched = True

    def _look(self, now_ns: int) -> None:
        self._sniper.look(self.ours.values(), self.value_ticks * MICRO, now_ns)
