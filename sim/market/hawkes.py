"""Events that beget events: a Hawkes process with exponential kernels, in several dimensions.

Hawkes, "Spectra of some self-exciting and mutually exciting point processes", Biometrika 58
(1971), drawn as the branching process of Hawkes and Oakes, J. Appl. Prob. 11 (1974): immigrants
come by themselves, and every event has children of its own. An event's descendants are keyed by
it, so when something takes one event away, everybody else's luck stays as it was.
"""

import math
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Final

from sim.dice import Dice, exponential_ns, unit
from strategy.units import NS_PER_S

_ROOT: Final = -1


class Explosive(ValueError):
    """Every event has at least one child on average: the process would never calm down."""


class Hawkes:
    """A source of instants, each of a kind 0, 1, …; starts at 0 without a past."""

    def __init__(
        self,
        dice: Dice,
        label: str,
        base_per_s: Sequence[float],
        children: Sequence[Sequence[float]],
        decay_per_s: float,
    ) -> None:
        """Take how often each kind comes by itself, and how its past brings more of it.

        ``children[i][j]`` is the mean number of children of kind i that an event of kind j has;
        their delays are exponential with rate ``decay_per_s``. A spectral radius of 1 or more
        raises ``Explosive``.
        """
        self.mean_per_s = _stationary(base_per_s, children)
        self._dice = dice
        self._label = label
        self._children = children
        self._decay_ns = NS_PER_S / decay_per_s
        self._gaps_ns = [NS_PER_S / rate if rate > 0 else 0.0 for rate in base_per_s]
        self._due: list[tuple[int, int, int, int]] = []
        for kind, rate in enumerate(base_per_s):
            if rate > 0:
                self._immigrate(0, kind, 0)

    @property
    def next_ns(self) -> int:
        """The instant of the next event."""
        return self._due[0][0]

    def pop(self) -> tuple[int, int, int]:
        """Give the next event: its instant, its kind, and the word that names it."""
        now_ns, kind, name, turn = heappop(self._due)
        if turn != _ROOT:
            self._immigrate(now_ns, kind, turn + 1)
        for child, row in enumerate(self._children):
            if row[kind] > 0:
                self._beget(now_ns, name, child, row[kind])
        return now_ns, kind, name

    def _immigrate(self, now_ns: int, kind: int, turn: int) -> None:
        gap, name = self._dice.pair("hawkes", self._label, kind, turn)
        heappush(self._due, (now_ns + 1 + exponential_ns(gap, self._gaps_ns[kind]), kind, name, turn))

    def _beget(self, now_ns: int, parent: int, kind: int, mean: float) -> None:
        """Draw children in order of birth: a unit Poisson process up to the whole kernel's mass."""
        mass, turn = 0.0, 0
        while True:
            word, name = self._dice.pair("hawkes", self._label, parent, kind, turn)
            mass -= math.log(1.0 - unit(word))
            if mass >= mean:
                return
            delay_ns = int(-math.log1p(-mass / mean) * self._decay_ns)
            heappush(self._due, (now_ns + 1 + delay_ns, kind, name, _ROOT))
            turn += 1


def _stationary(base: Sequence[float], children: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Solve rate = base + children · rate. Without exchange of rows every pivot is above zero
    exactly where the spectral radius of a non-negative matrix is below 1."""
    size = len(base)
    if len(children) != size or any(len(row) != size or min(row) < 0 for row in children) or min(base) < 0:
        raise ValueError("need a square matrix and a row of bases, nothing below zero")
    rows = [[float(i == j) - children[i][j] for j in range(size)] + [float(base[i])] for i in range(size)]
    for pivot in range(size):
        if rows[pivot][pivot] <= 0:
            raise Explosive("the spectral radius of the branching matrix is 1 or more")
        for row in range(size):
            if row != pivot:
                share = rows[row][pivot] / rows[pivot][pivot]
                rows[row] = [one - share * other for one, other in zip(rows[row], rows[pivot], strict=True)]
    return tuple(row[size] / row[place] for place, row in enumerate(rows))
