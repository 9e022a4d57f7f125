"""Takers of whom some know the value: the market of Glosten and Milgrom (1985), round by round.

In every round the value is drawn, one taker comes and takes one lot at the best price, and then
everybody is told the value. Round k depends on the seed and k alone; quotes decide nothing but
what the taker pays.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from sim.dice import Dice, exponential_ns, unit
from sim.market.shared import NEVER, OnTrade, SharedPit
from strategy.units import BUY, NS_PER_S, SELL

_WORDS: Final = 4


class Knowledge(msgspec.Struct, frozen=True):
    """What is known by whom: the value is ``high_ticks`` with the chance ``prior``, else ``low_ticks``.

    A share ``informed`` of the takers trades by the value, the others toss a coin.
    """

    prior: float
    informed: float
    low_ticks: int
    high_ticks: int
    rounds_per_s: float


class InformedMarket(SharedPit):
    """One taker a round; ``on_value`` hears the value and when, right after the trade."""

    def __init__(
        self,
        symbol: str,
        knowledge: Knowledge,
        dice: Dice,
        on_trade: OnTrade,
        on_value: Callable[[int, int], Any],
    ) -> None:
        """Start with an empty book before the first round."""
        super().__init__(symbol, on_trade)
        self._knowledge = knowledge
        self._on_value = on_value
        self._stream = dice.stream("informed", symbol)
        self._gap_ns = NS_PER_S / knowledge.rounds_per_s
        self._round = 0
        self._round_ns = 1 + exponential_ns(self._stream.word(0), self._gap_ns)

    @property
    def mid2_ticks(self) -> int:
        """Twice the value that is believed before a trade, to the nearest half tick."""
        known = self._knowledge
        return round(2 * (known.prior * known.high_ticks + (1.0 - known.prior) * known.low_ticks))

    @property
    def next_ns(self) -> int:
        """The instant of the next round."""
        return self._round_ns

    def do_next(self, now_ns: int) -> None:
        """Play the round that is next, which is at ``now_ns``."""
        known = self._knowledge
        _, value_word, knows_word, coin_word = self._stream.words(_WORDS * self._round, _WORDS)
        self._round += 1
        self._round_ns = now_ns + 1 + exponential_ns(self._stream.word(_WORDS * self._round), self._gap_ns)
        is_high = unit(value_word) < known.prior
        buys = is_high if unit(knows_word) < known.informed else bool(coin_word & 1)
        self._trade(now_ns, BUY if buys else SELL, 1, NEVER if buys else 0)
        self._on_value(known.high_ticks if is_high else known.low_ticks, now_ns)
