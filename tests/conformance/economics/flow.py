"""Self-exciting flow against its theory; and Poisson flow, which must not look like it."""

import math
from collections.abc import Iterator, Sequence

from conformance.economics.table import Row

from sim.dice import Dice
from sim.market.flow import FlowMarket
from sim.market.flow_model import Excitement, Flow, Informed, Latent, Makers, Sniper, Takers
from sim.market.hawkes import Hawkes
from sim.venue.matching import Match
from strategy.units import NS_PER_S

_HAWKES = "5 Hawkes"
_WARM_S = 100
_FULL_S, _QUICK_S = 100_000, 10_000


def times(source: Hawkes, until_s: float) -> list[list[float]]:
    """Give the instants of each kind, in seconds, from a warm start."""
    found: list[list[float]] = [[] for _ in source.mean_per_s]
    while source.next_ns < (until_s + _WARM_S) * NS_PER_S:
        now_ns, kind, _ = source.pop()
        if now_ns >= _WARM_S * NS_PER_S:
            found[kind].append(now_ns / NS_PER_S - _WARM_S)
    return found


def fano(instants: Sequence[float], window_s: float, until_s: float) -> float:
    """Give the variance of counts per window over their mean: 1 for Poisson."""
    counts = [0] * int(until_s / window_s)
    for instant in instants:
        counts[min(len(counts) - 1, int(instant / window_s))] += 1
    mean = sum(counts) / len(counts)
    return sum((count - mean) ** 2 for count in counts) / (len(counts) - 1) / mean


def compensated(instants: Sequence[float], base: float, jump: float, decay: float) -> list[float]:
    """Give what the intensity gathered between events: exponential with mean 1, if the model is true."""
    excited, last, gathered = 0.0, 0.0, []
    for instant in instants:
        faded = math.exp(-decay * (instant - last))
        gathered.append(base * (instant - last) + excited / decay * (1.0 - faded))
        excited, last = excited * faded + jump, instant
    return gathered


def exponential_p(values: Sequence[float]) -> float:
    """Give the probability of a Kolmogorov–Smirnov distance this large from Exp(1)."""
    from scipy.stats import kstest

    return float(kstest(values, "expon").pvalue)


def taken(excitement: Excitement | None, until_s: int) -> list[float]:
    """Give when somebody took, once a second on average, in a market where nobody knows anything."""
    flow = Flow(
        price="120000",
        latent=Latent(volatility_bps_per_sqrt_s=0.01, jumps_per_hour=0, jump_bps=0),
        makers=Makers(orders_per_s=4, offset_ticks=0, depth_ticks=3, life_s=60, size_lots=50),
        takers=Takers(orders_per_s=1, size_lots=1, sweep_share=0, sweep_factor=1, excitement=excitement),
        informed=Informed(looks_per_s=0, margin_ticks=0, size_lots=1),
        sniper=Sniper(enabled=False, reaction_ms=0, stale_ticks=1),
        source="synthetic",
    )
    found: list[float] = []

    def traded(_: FlowMarket, _matches: list[Match], _side: int, _mid2: int, now_ns: int) -> None:
        found.append(now_ns / NS_PER_S - _WARM_S)

    market = FlowMarket("BTCUSDT", flow, 120_000, Dice(14), traded)
    market.fill_book()
    market.advance((until_s + _WARM_S) * NS_PER_S)
    return [instant for instant in found if instant >= 0]


def rows(quick: bool) -> Iterator[Row]:
    """Give rates, dispersion and residuals."""
    until_s = _QUICK_S if quick else _FULL_S
    wider = math.sqrt(_FULL_S / until_s)
    (instants,) = times(Hawkes(Dice(11), "one", [0.5], [[0.5]], 1.6), until_s)
    yield Row(_HAWKES, "rate per s", 1.0, len(instants) / until_s, 0.0253 * wider)
    for window_s, expected, tolerance in ((1, 1.935, 0.06), (10, 3.625, 0.34), (100, 3.963, 0.72)):
        measured = fano(instants, window_s, until_s)
        yield Row(_HAWKES, f"Fano factor, {window_s} s", expected, measured, tolerance * wider)
    increments = compensated(instants[1000:], 0.5, 0.8, 1.6)[1000:]
    yield Row(_HAWKES, "compensator increments, KS p", 1e-4, exponential_p(increments), 0.0, is_floor=True)
    pair = times(Hawkes(Dice(12), "two", [0.1, 0.1], [[0.1, 0.6], [0.6, 0.1]], 1.6), until_s)
    for kind, found in enumerate(pair):
        # The variance of a count, per second, is that of (I-K)^-1 diag(rate) (I-K)^-T.
        tolerance = 4 * math.sqrt(_variance_rate() / until_s)
        yield Row(_HAWKES, f"rate per s, kind {kind} of two", 1 / 3, len(found) / until_s, tolerance)
    (poisson,) = times(Hawkes(Dice(13), "none", [1.0], [[0.0]], 1.6), until_s)
    through = taken(Excitement(same_side=0.3, other_side=0.2, decay_per_s=1.6), until_s)
    yield Row(_HAWKES, "takers of a whole market, per s", 1.0, len(through) / until_s, 0.0253 * wider)
    yield Row(_HAWKES, "the same, Fano factor, 10 s", 3.625, fano(through, 10, until_s), 0.34 * wider)
    alone = taken(None, until_s)
    yield Row(_HAWKES, "control: takers by themselves, 10 s", 1.0, fano(alone, 10, until_s), 0.057 * wider)
    yield Row(_HAWKES, "control: Poisson has Fano factor 1, 10 s", 1.0, fano(poisson, 10, until_s), 0.057 * wider)


def _variance_rate() -> float:
    """Give the diagonal of (I-K)^-1 diag(1/3) (I-K)^-T for K = [[.1, .6], [.6, .1]]."""
    determinant = 0.9 * 0.9 - 0.6 * 0.6
    return ((0.9 / determinant) ** 2 + (0.6 / determinant) ** 2) / 3
