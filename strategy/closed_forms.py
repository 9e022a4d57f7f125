"""Published formulas for where a maker should quote: pure, and equal to their tables.

Avellaneda and Stoikov, "High-frequency trading in a limit order book", Quantitative Finance 8
(2008); Guéant, Lehalle and Fernandez-Tapia, "Dealing with the inventory risk", Mathematics and
Financial Economics 7 (2013). Both think of one market: a mid that walks without drift, and takers
who reach a quote at distance d from it with rate A·exp(-k·d). Distances and prices share one unit,
times another; the caller chooses both. A position counts trades of the one size there is.
"""

import math
from typing import Final

import msgspec

# Steps of the linear system are so short that a power series of so many terms is exact.
_TURNS_PER_STEP: Final = 4.0
_TERMS: Final = 40


class Crowd(msgspec.Struct, frozen=True, gc=False):
    """The market as the formulas see it, and how much we mind its risk.

    ``volatility`` is the standard deviation of the mid over one unit of time; ``fill_rate`` (A) how
    often a quote at the mid would be taken, ``fill_decay`` (k) how fast that falls with distance;
    ``aversion`` (gamma) the exponential utility's. All are above zero.
    """

    volatility: float
    fill_rate: float
    fill_decay: float
    aversion: float


class Distances(msgspec.Struct, frozen=True, gc=False):
    """How far each quote stands from the mid, in the unit of prices; a negative one is beyond it."""

    bid: float
    ask: float

    @property
    def spread(self) -> float:
        """From bid to ask."""
        return self.bid + self.ask


def certain_half(crowd: Crowd) -> float:
    """Give the half-spread that is right where there is no inventory to fear: ln(1 + gamma/k) / gamma."""
    return math.log1p(crowd.aversion / crowd.fill_decay) / crowd.aversion


def avellaneda_stoikov(crowd: Crowd, position: float, remaining: float) -> Distances:
    """Give the quotes around the reservation price, ``remaining`` before the end of trading."""
    feared = crowd.aversion * crowd.volatility**2 * remaining
    half = feared / 2 + certain_half(crowd)
    return Distances(half + position * feared, half - position * feared)


def symmetric(crowd: Crowd, horizon: float) -> Distances:
    """Give the benchmark of that paper: the same spread on average over the horizon, around the mid."""
    return avellaneda_stoikov(crowd, 0.0, horizon / 2)


def inventory_weight(crowd: Crowd) -> float:
    """Give by how much one trade more moves both quotes when the end is far away."""
    ratio = crowd.aversion / crowd.fill_decay
    power = (1.0 + ratio) ** (1.0 + 1.0 / ratio)
    return math.sqrt(crowd.volatility**2 * crowd.aversion / (2 * crowd.fill_decay * crowd.fill_rate) * power)


def gueant_lehalle_tapia(crowd: Crowd, position: float) -> Distances:
    """Give the asymptotic quotes in closed form: good near a flat position, far from the end."""
    half, weight = certain_half(crowd), inventory_weight(crowd)
    return Distances(half + (2 * position + 1) / 2 * weight, half - (2 * position - 1) / 2 * weight)


def gueant_lehalle_tapia_exact(crowd: Crowd, position_max: int, remaining: float) -> dict[int, Distances]:
    """Give the optimal quotes for every position up to ``position_max`` either way.

    A side that would go beyond it is infinitely far away: it is not quoted.
    """
    values = _values(crowd, position_max, remaining)
    half = certain_half(crowd)

    def distance(here: int, there: int) -> float:
        if abs(there) > position_max:
            return math.inf
        return half + math.log(values[here + position_max] / values[there + position_max]) / crowd.fill_decay

    return {q: Distances(distance(q, q + 1), distance(q, q - 1)) for q in range(-position_max, position_max + 1)}


def _values(crowd: Crowd, position_max: int, remaining: float) -> list[float]:
    """Solve v' = -alpha·q²·v + eta·(v of both neighbours) from v = 1, up to a common factor.

    The whole matrix is shifted by its largest diagonal, so that every term of the series is
    positive: nothing cancels, and a common factor leaves no trace in what the values are for.
    """
    ratio = crowd.aversion / crowd.fill_decay
    alpha = crowd.fill_decay * crowd.aversion * crowd.volatility**2 / 2
    eta = crowd.fill_rate * (1.0 + ratio) ** -(1.0 + 1.0 / ratio)
    stays = [alpha * (position_max**2 - q * q) for q in range(-position_max, position_max + 1)]
    steps = max(1, math.ceil(remaining * (max(stays) + 2 * eta) / _TURNS_PER_STEP))
    length = remaining / steps
    values = [1.0] * len(stays)
    for _ in range(steps):
        term = values
        for n in range(1, _TERMS):
            left, right = [0.0, *term], [*term[1:], 0.0]
            term = [
                length / n * (stay * here + eta * (below + above))
                for stay, here, below, above in zip(stays, term, left, right, strict=False)
            ]
            values = [value + more for value, more in zip(values, term, strict=True)]
        largest = max(values)
        values = [value / largest for value in values]
    return values


def glosten_milgrom(prior: float, informed: float, low: float, high: float) -> tuple[float, float]:
    """Give the bid and the ask that neither earn nor lose, in prices.

    Glosten and Milgrom, J. Financial Economics 14 (1985): the value is ``high`` with the chance
    ``prior``, else ``low``; a share ``informed`` of the takers knows which, the others toss a coin.
    """
    knows, guesses = (1.0 + informed) / 2, (1.0 - informed) / 2
    buys_if_high, buys_if_low = prior * knows, (1.0 - prior) * guesses
    sells_if_high, sells_if_low = prior * guesses, (1.0 - prior) * knows
    return (
        (high * sells_if_high + low * sells_if_low) / (sells_if_high + sells_if_low),
        (high * buys_if_high + low * buys_if_low) / (buys_if_high + buys_if_low),
    )
