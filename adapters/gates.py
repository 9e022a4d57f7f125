"""What scenarios have gates on, as a live bot shows it so far: the same names, the same definitions.

Percentiles are those of a histogram: the upper end of the bucket they fall into.
"""

import math
from collections.abc import Iterable
from typing import Final

from adapters.heartbeat import SymbolState
from adapters.metrics import Metrics
from strategy.breakdown import BUCKETS_MS, Histogram
from strategy.edge import ratios
from strategy.units import BPS, PCT, quote_from_cash

_SHOWN: Final = ("net_bps", "net_ex_fees_bps", "capture_bps", "markout_1s_bps", "taker_share_pct", "fills")
_P95: Final = 0.95


class Uptime:
    """How often both quotes of every symbol rested, of all times somebody looked."""

    def __init__(self) -> None:
        """Nobody has looked yet."""
        self._looks = self._two_sided = 0

    def look(self, symbols: Iterable[SymbolState]) -> None:
        """Look once."""
        self._looks += 1
        self._two_sided += all(one.bid and one.ask for one in symbols)

    @property
    def pct(self) -> float:
        """Give the share in percent."""
        return PCT * self._two_sided / self._looks if self._looks else 0.0


def gates_so_far(metrics: Metrics, uptime: Uptime, now_ns: int) -> dict[str, float]:
    """Give the figures since the process began; what has no sample is left out."""
    figures = metrics.money.figures(now_ns)
    told = ratios(tuple(figures.values()))
    made: dict[str, float] = {name: told[name]["value"] for name in _SHOWN if name in told}
    traded = quote_from_cash(sum(one.traded_cash for one in figures.values()))
    if traded:
        slipped = sum(sum(purse.slipped.values()) for purse in metrics.money.purses.values())
        made["slippage_bps"] = BPS * slipped / traded
    made["quotes"] = float(metrics.quotes)
    if metrics.cycle_ms.count:
        made["cycle_ms_p95"] = p95_ms(metrics.cycle_ms)
    made["two_sided_uptime_pct"] = uptime.pct
    # A heartbeat has no word for what is not finite, and must be read whatever it says.
    return {name: round(value, 3) for name, value in made.items() if math.isfinite(value)}


def p95_ms(histogram: Histogram) -> float:
    """Give the end of the bucket that 95 % of the samples do not exceed; infinity beyond the last."""
    gathered = 0
    for end_ms, count in zip(BUCKETS_MS, histogram.counts, strict=False):
        gathered += count
        if gathered >= _P95 * histogram.count:
            return end_ms
    return float("inf")
