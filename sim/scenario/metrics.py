"""The figures a gate may judge: name, unit, which way is good, what it means, which statistics it has."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Stat = Literal["value", "p50", "p95", "p99", "max"]
Better = Literal["higher", "lower", "neither"]

_ONE: Final[tuple[Stat, ...]] = ("value",)
_SPREAD: Final[tuple[Stat, ...]] = ("value", "p50", "p95", "p99", "max")


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure per seed. ``value`` of a distribution is its mean; ``needs_faults`` where nothing else makes it."""

    name: str
    unit: str
    better: Better
    meaning: str
    stats: tuple[Stat, ...] = _ONE
    needs_faults: bool = False


_ALL: Final = (
    Metric("net_bps", "bps", "higher", "Total PnL after fees and funding, per traded notional."),
    Metric("net_ex_fees_bps", "bps", "higher", "Total PnL before fees and rebates, per traded notional."),
    Metric("pnl_usdt", "USDT", "higher", "Total PnL, inventory marked to the mid."),
    Metric("net_usdt_per_h", "USDT/h", "higher", "Total PnL after fees and funding, per hour that counts."),
    Metric("drawdown_usdt", "USDT", "lower", "Greatest fall of the total PnL from its highest, funding left out."),
    Metric("capture_bps", "bps", "higher", "Distance of our fills from the mid when they happened."),
    Metric("markout_100ms_bps", "bps", "higher", "What the mid moved our way 0.1 s after our fills."),
    Metric("markout_1s_bps", "bps", "higher", "What the mid moved our way 1 s after our fills."),
    Metric("markout_5s_bps", "bps", "higher", "What the mid moved our way 5 s after our fills."),
    Metric("markout_30s_bps", "bps", "higher", "What the mid moved our way 30 s after our fills."),
    Metric("inventory_bps", "bps", "higher", "PnL of holding, per traded notional."),
    Metric("fees_bps", "bps", "higher", "Fees as income, per traded notional: a rebate is above zero."),
    Metric("funding_bps", "bps", "higher", "Funding as income, per traded notional."),
    Metric("slippage_bps", "bps", "lower", "Price of our fills against the mid they were decided at.", _SPREAD),
    Metric("slippage_maker_bps", "bps", "lower", "The same of the fills that we made alone.", _SPREAD),
    Metric("slippage_taker_bps", "bps", "lower", "The same of the fills that we took alone.", _SPREAD),
    Metric("taker_share_pct", "%", "lower", "Share of the traded notional that we took."),
    Metric("taker_share_of_fills_pct", "%", "lower", "Share of our fills that we took."),
    Metric("takes", "count", "neither", "Fills that we took."),
    Metric("fills", "count", "higher", "Fills in all."),
    Metric("fills_per_h", "1/h", "higher", "Fills, per hour that counts."),
    Metric("traded_notional_usdt", "USDT", "higher", "Notional of all our fills."),
    Metric("quotes", "count", "neither", "Creates and amends that were acknowledged."),
    Metric("quotes_per_s", "1/s", "higher", "Creates and amends that were acknowledged, per second."),
    Metric("two_sided_uptime_pct", "%", "higher", "Time with both quotes in the book, no wider than the ceiling."),
    Metric(
        "stale_quote_s",
        "s",
        "lower",
        "Time a quote of ours stood that was better than the fair price by a tick or more, or whose owner had heard "
        "nothing of its book for longer than quote_age_ms_max; summed over symbols, sampled ten times a second.",
    ),
    Metric("order_to_trade", "ratio", "lower", "Requests sent for each fill."),
    Metric("cycle_ms", "ms", "lower", "From a trigger to the last known outcome of its commands.", _SPREAD),
    Metric("cache_hit_pct", "%", "higher", "Books by REST that were looked up for a decision and found fresh."),
    Metric("quote_age_ms", "ms", "lower", "Age of the inputs behind a quote when it is sent.", _SPREAD),
    Metric("round_trip_ms", "ms", "lower", "From a request to its answer.", _SPREAD),
    Metric("doubts", "count", "lower", "Orders that were ever in doubt."),
    Metric("bans", "count", "lower", "Times the venue banned us because we asked too often."),
    Metric("doubt_s", "s", "lower", "How long a doubt lasted: from the first order in doubt until none was.", _SPREAD),
    Metric("max_exposure_pct", "%", "lower", "Greatest worst-case exposure, in percent of its limit."),
    Metric("end_inventory_pct", "%", "lower", "Position left at the end, in percent of its limit, without its sign."),
    Metric("halts", "count", "lower", "Times the guard stopped all quoting."),
    Metric("memory_kills", "count", "lower", "Times the process was killed for its memory."),
    Metric("restarts", "count", "neither", "Times a process took over from one that had died."),
    Metric("refused_stamps", "count", "lower", "Signed requests that the venue refused for their time."),
    Metric("recovery_s", "s", "lower", "From the end of a fault to quotes on both sides.", _SPREAD, needs_faults=True),
    Metric(
        "recovered_s",
        "s",
        "lower",
        "From the calm until belief had been truth, doubt none and both quotes back: the latest of L1 to L3.",
        needs_faults=True,
    ),
)

METRICS: Final[Mapping[str, Metric]] = MappingProxyType({metric.name: metric for metric in _ALL})
