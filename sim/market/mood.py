"""The mood of a market: how busy it is, and which way its uninformed takers lean, for a while each.

Activity that varies makes arrivals cluster and returns heavy-tailed (Clark, "A subordinated
stochastic process model with finite variance for speculative prices", Econometrica 41, 1973);
a lean that lasts is what large orders traded in pieces look like (Lillo, Mike and Farmer, "Theory
for long memory in supply and demand", Physical Review E 71, 2005). Each spell draws by its number.
"""

import math
from typing import Final

from sim.dice import Dice, normal
from sim.market.flow_model import Moods
from strategy.units import NS_PER_S

_NEVER: Final = 2**62
_WORDS: Final = 2


class Mood:
    """``activity`` multiplies rates and is 1 on average; ``lean`` is a share, above 0 towards buying."""

    def __init__(self, dice: Dice, symbol: str, moods: Moods | None) -> None:
        """Be in the first spells; without ``moods`` it stays even for ever."""
        self.activity = 1.0
        self.lean = 0.0
        self.next_ns = _NEVER
        self._moods = moods
        if moods is None:
            return
        self._activities = dice.stream("mood", symbol, "activity")
        self._leans = dice.stream("mood", symbol, "lean")
        self._activity_ns = round(moods.activity_s * NS_PER_S)
        self._lean_ns = round(moods.lean_s * NS_PER_S)
        self.change(0)

    def change(self, now_ns: int) -> None:
        """Be in the spells of this instant; the next change is at ``next_ns``."""
        moods = self._moods
        if moods is None:
            return
        busy, leaning = now_ns // self._activity_ns, now_ns // self._lean_ns
        sigma = moods.activity_sigma
        first, second = self._activities.words(_WORDS * busy, _WORDS)
        self.activity = math.exp(sigma * normal(first, second) - sigma * sigma / 2)
        self.lean = moods.lean if self._leans.word(leaning) & 1 else -moods.lean
        self.next_ns = min((busy + 1) * self._activity_ns, (leaning + 1) * self._lean_ns)
