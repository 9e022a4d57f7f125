"""What a market looks like in numbers: one definition for recorded and for simulated ones.

    recorded = figures_of(*recorded_market(tape))
    simulated = figures_of(*played_market(market, until_ns))

The windows that are recorded are minutes around midnight UTC: their figures are bands for
plausibility, not averages of a year. All times are the venue's.
"""

import math
from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise
from typing import Final, NamedTuple

import msgspec

from sim.dice import Dice
from sim.market.flow import FlowMarket
from sim.market.flow_model import Flow
from sim.market.tape.records import Tape
from sim.venue.matching import Match
from strategy.units import BPS, NS_PER_MS, NS_PER_S

_SIGN_LAGS: Final = (1, 5, 20)


class Quote(NamedTuple):
    """The best bid and ask from ``at_ns`` on, in ticks and lots."""

    at_ns: int
    bid_ticks: int
    bid_lots: int
    ask_ticks: int
    ask_lots: int


class Print(NamedTuple):
    """One trade; ``side`` is the aggressor's."""

    at_ns: int
    side: int
    price_ticks: int
    size_lots: int


class Figures(msgspec.Struct, frozen=True):
    """The figures by which markets are compared.

    A cluster is a run of trades of one side in one millisecond: mostly one aggressor's order.
    ``realised_bps`` is what makers keep a second after a trade, weighted by volume: the price against
    the mid at that time. ``fano`` is variance over mean of the clusters counted in 10 s, and 1 for
    arrivals without memory.
    """

    span_s: float
    clusters_per_s: float
    cluster_lots: float
    share_at_one_tick: float
    touch_lots: float
    rms_1s_bps: float
    rms_10s_bps: float
    sign_acf_1: float
    sign_acf_5: float
    sign_acf_20: float
    fano_10s: float
    realised_bps: float


def recorded_market(tape: Tape) -> tuple[list[Quote], list[Print]]:
    """Give the tickers and trades of a tape by the venue's clock; spot's tickers carry no time."""
    bbos = sorted((bbo for bbo in tape.bbos() if bbo.venue_ns), key=lambda bbo: bbo.venue_ns)
    quotes = [Quote(bbo.venue_ns, bbo.bid_ticks, bbo.bid_lots, bbo.ask_ticks, bbo.ask_lots) for bbo in bbos]
    trades = [Print(trade.venue_ns, trade.side, trade.price_ticks, trade.size_lots) for trade in tape.trades()]
    return quotes, trades


def played_market(symbol: str, flow: Flow, start_ticks: int, seed: int, for_s: int) -> tuple[list[Quote], list[Print]]:
    """Let a market of models play alone, after one life of its book, and give what was to be seen."""
    trades: list[Print] = []

    def traded(_: FlowMarket, matches: list[Match], side: int, _mid2: int, now_ns: int) -> None:
        trades.extend(Print(now_ns, side, price, lots) for _maker, price, lots in matches)

    market = FlowMarket(symbol, flow, start_ticks, Dice(seed), traded)
    market.fill_book()
    from_ns = round(flow.makers.life_s * NS_PER_S)
    until_ns = from_ns + for_s * NS_PER_S
    market.advance(from_ns)
    trades.clear()
    quotes: list[Quote] = []
    book, now_ns, seen = market.book, from_ns, (0, 0, 0, 0)
    while True:
        bid, ask = book.best_bid_ticks, book.best_ask_ticks
        best = (bid, book.lots[0].get(bid, 0), ask, book.lots[1].get(ask, 0))
        if bid and ask and best != seen:
            quotes.append(Quote(now_ns, *best))
            seen = best
        now_ns = market.next_ns
        if now_ns > until_ns:
            return quotes, trades
        market.do_next(now_ns)


def figures_of(quotes: list[Quote], trades: list[Print]) -> Figures:
    """Measure a market; one without two quotes or without two clusters has nothing to measure."""
    clusters = _clusters(trades)
    if len(quotes) <= 1 or len(clusters) <= 1:
        raise ValueError(f"{len(quotes)} quotes and {len(clusters)} clusters of trades are too few to measure")
    from_ns, until_ns = quotes[0].at_ns, quotes[-1].at_ns
    span_s = (until_ns - from_ns) / NS_PER_S
    mid2_at = _mids(quotes)
    signs = [float(side) for _, side in clusters]
    acf = {lag: _autocorrelation(signs, lag) for lag in _SIGN_LAGS}
    one_tick, touch_lots = _time_averages(quotes)
    return Figures(
        span_s=span_s,
        clusters_per_s=len(clusters) / span_s,
        cluster_lots=sum(trade.size_lots for trade in trades) / len(clusters),
        share_at_one_tick=one_tick,
        touch_lots=touch_lots,
        rms_1s_bps=_rms_return_bps(mid2_at, from_ns, until_ns, NS_PER_S),
        rms_10s_bps=_rms_return_bps(mid2_at, from_ns, until_ns, 10 * NS_PER_S),
        sign_acf_1=acf[1],
        sign_acf_5=acf[5],
        sign_acf_20=acf[20],
        fano_10s=_fano([at_ns for at_ns, _ in clusters], from_ns, until_ns, 10 * NS_PER_S),
        realised_bps=_realised_bps(trades, mid2_at, until_ns),
    )


def _clusters(trades: list[Print]) -> list[tuple[int, int]]:
    """Give the time of the first trade, and the side, of each run of one side in one millisecond."""
    clusters: list[tuple[int, int]] = []
    last = (-1, 0)
    for trade in trades:
        key = (trade.at_ns // NS_PER_MS, trade.side)
        if key != last:
            clusters.append((trade.at_ns, trade.side))
            last = key
    return clusters


def _mids(quotes: list[Quote]) -> Callable[[int], int]:
    times = [quote.at_ns for quote in quotes]
    mids = [quote.bid_ticks + quote.ask_ticks for quote in quotes]
    return lambda at_ns: mids[max(bisect_right(times, at_ns) - 1, 0)]


def _time_averages(quotes: list[Quote]) -> tuple[float, float]:
    """Average over time whether the spread is one tick, and the size at the touch."""
    whole_ns = one_tick_ns = lots_ns = 0
    for now, after in pairwise(quotes):
        for_ns = after.at_ns - now.at_ns
        whole_ns += for_ns
        one_tick_ns += for_ns * (now.ask_ticks - now.bid_ticks == 1)
        lots_ns += for_ns * (now.bid_lots + now.ask_lots)
    return one_tick_ns / whole_ns, lots_ns / whole_ns / 2


def _rms_return_bps(mid2_at: Callable[[int], int], from_ns: int, until_ns: int, step_ns: int) -> float:
    mids = [mid2_at(at_ns) for at_ns in range(from_ns, until_ns + 1, step_ns)]
    squares = [math.log(after / before) ** 2 for before, after in pairwise(mids)]
    return BPS * math.sqrt(math.fsum(squares) / len(squares)) if squares else 0.0


def _autocorrelation(values: list[float], lag: int) -> float:
    mean = math.fsum(values) / len(values)
    centred = [value - mean for value in values]
    variance = math.fsum(value * value for value in centred)
    products = (before * after for before, after in zip(centred, centred[lag:], strict=False))
    return math.fsum(products) / variance if variance else 0.0


def _fano(times: list[int], from_ns: int, until_ns: int, bin_ns: int) -> float:
    counts = [0] * ((until_ns - from_ns) // bin_ns)
    for at_ns in times:
        index = (at_ns - from_ns) // bin_ns
        if 0 <= index < len(counts):
            counts[index] += 1
    if len(counts) <= 1 or not sum(counts):
        return 0.0
    mean = sum(counts) / len(counts)
    return math.fsum((count - mean) ** 2 for count in counts) / (len(counts) - 1) / mean


def _realised_bps(trades: list[Print], mid2_at: Callable[[int], int], until_ns: int) -> float:
    """Average over volume what the maker keeps a second later; the last second's trades have no later."""
    earned: list[float] = []
    traded = 0
    for trade in trades:
        later_ns = trade.at_ns + NS_PER_S
        if later_ns <= until_ns:
            ticks2 = trade.side * (2 * trade.price_ticks - mid2_at(later_ns))
            earned.append(ticks2 / 2 * trade.size_lots)
            traded += trade.price_ticks * trade.size_lots
    return BPS * math.fsum(earned) / traded if traded else 0.0
