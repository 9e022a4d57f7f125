"""What a tape holds, in numbers: counts, span, and the figures of its best bid and ask.

Averages over time use the venue's clock where tickers carry it (spot's don't), else the recorder's:
a recorder that stalls for a second makes the last spread before it look long.
"""

from itertools import pairwise
from typing import Final

import msgspec

from sim.market.tape.records import Tape, TapeBbo, TapeTrade

_NS_PER_S: Final = 1_000_000_000
_BPS: Final = 10_000


class Summary(msgspec.Struct, frozen=True):
    """Counts and statistics of one window; sizes and spreads are weighted by time."""

    span_s: float
    first_local_ns: int
    last_local_ns: int
    snapshots: int
    depth_messages: int
    depth_rows: int
    bbos: int
    trades: int
    trade_id_gaps: int
    trade_clusters: int
    bbos_crossed: int
    mean_spread_ticks: float
    mean_spread_bps: float
    share_at_one_tick: float
    mean_bid_lots: float
    mean_ask_lots: float


def summarise(tape: Tape) -> Summary:
    """Count and average; a tape without two tickers has averages of zero."""
    trades, bbos, deltas = tape.trades(), tape.bbos(), tape.deltas()
    first, last = (tape.records[0].local_ns, tape.records[-1].local_ns) if tape.records else (0, 0)
    spread_ticks, spread_bps, one_tick, bid_lots, ask_lots = _averages(bbos)
    return Summary(
        span_s=(last - first) / _NS_PER_S,
        first_local_ns=first,
        last_local_ns=last,
        snapshots=len(tape.snapshots()),
        depth_messages=len(deltas),
        depth_rows=sum(len(delta.bids) + len(delta.asks) for delta in deltas),
        bbos=len(bbos),
        trades=len(trades),
        trade_id_gaps=sum(b.trade_id != a.trade_id + 1 for a, b in pairwise(trades)),
        trade_clusters=_clusters(trades),
        bbos_crossed=sum(bbo.bid_ticks >= bbo.ask_ticks for bbo in bbos),
        mean_spread_ticks=spread_ticks,
        mean_spread_bps=spread_bps,
        share_at_one_tick=one_tick,
        mean_bid_lots=bid_lots,
        mean_ask_lots=ask_lots,
    )


def _clusters(trades: list[TapeTrade]) -> int:
    """Count runs of trades of one side in one venue millisecond: most are one aggressor's order."""
    keys = [(trade.venue_ns, trade.side) for trade in trades]
    return bool(keys) + sum(before != key for before, key in pairwise(keys))


def _averages(bbos: list[TapeBbo]) -> tuple[float, float, float, float, float]:
    whole_ns = ticks_ns = one_tick_ns = bid_ns = ask_ns = 0
    bps_ns = 0.0
    for now, after in pairwise(bbos):
        for_ns = (after.venue_ns - now.venue_ns) if now.venue_ns else (after.local_ns - now.local_ns)
        spread = now.ask_ticks - now.bid_ticks
        whole_ns += for_ns
        ticks_ns += for_ns * spread
        bps_ns += for_ns * 2 * _BPS * spread / (now.ask_ticks + now.bid_ticks)
        one_tick_ns += for_ns * (spread == 1)
        bid_ns += for_ns * now.bid_lots
        ask_ns += for_ns * now.ask_lots
    if whole_ns == 0:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    return (
        ticks_ns / whole_ns,
        bps_ns / whole_ns,
        one_tick_ns / whole_ns,
        bid_ns / whole_ns,
        ask_ns / whole_ns,
    )
