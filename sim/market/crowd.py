"""Takers who come because others just did: buyers and sellers as one Hawkes process of two kinds.

Order flow that excites itself, with exponential kernels, as it is fitted to trades by Bacry,
Mastromatteo and Muzy, "Hawkes processes in finance", Market Microstructure and Liquidity 1 (2015),
sections 2 and 4. A whole number of takers comes at each event: so one that comes while twice as
many are asked for brings one more, and moves nobody else's instant.
"""

from typing import Final, NamedTuple

from sim.dice import Dice, unit
from sim.market.flow_model import Takers
from sim.market.hawkes import Hawkes
from sim.market.shared import NEVER
from strategy.units import BUY, SELL

_SIDES: Final = (BUY, SELL)


class Comer(NamedTuple):
    """One taker: its side, and the words that decide about it."""

    side: int
    kind_word: int
    place_word: int
    size_word: int


class Crowd:
    """The takers of one symbol, if they excite each other; otherwise nobody ever comes.

    Nothing has happened before time 0, so the first few means of a delay are quieter than the rest.
    """

    def __init__(self, dice: Dice, symbol: str, takers: Takers) -> None:
        """``takers.orders_per_s`` is the mean of all that come, those that others brought included."""
        self.next_ns = NEVER
        self._dice = dice
        self._symbol = symbol
        found = takers.excitement
        if found is None:
            return
        children = ((found.same_side, found.other_side), (found.other_side, found.same_side))
        by_itself_per_s = takers.orders_per_s / 2 * (1.0 - found.same_side - found.other_side)
        self._events = Hawkes(dice, f"crowd {symbol}", (by_itself_per_s, by_itself_per_s), children, found.decay_per_s)
        self.next_ns = self._events.next_ns

    def come(self, busy: float) -> tuple[int, tuple[Comer, ...]]:
        """Give the name of the event that is next, and its takers: ``busy`` of them on average."""
        _, kind, name = self._events.pop()
        self.next_ns = self._events.next_ns
        how_many = int(busy + self._dice.unit("crowd", self._symbol, name))
        return name, tuple(self._comer(_SIDES[kind], name, turn) for turn in range(how_many))

    def _comer(self, side: int, name: int, turn: int) -> Comer:
        kind_word, place_word = self._dice.pair("crowd", self._symbol, name, turn, "who")
        return Comer(side, kind_word, place_word, self._dice.u64("crowd", self._symbol, name, turn, "size"))


def chosen(comer: Comer, share: float) -> bool:
    """Say whether a taker is of those who are a share of all."""
    return unit(comer.kind_word) < share
