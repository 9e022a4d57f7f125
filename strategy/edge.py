"""What was earned, and by what: the one definition of every figure, in simulation and live alike.

Side s is +1 for a buy, -1 for a sell. Per fill: capture = s * (mid - price) * size, the fee as
income, the markout after h = s * (mid at h later - mid). What a fold over the fills cannot say is
inventory: what the position earned as the mid moved. The identity is exact, in whole cash:

    PnL = sum of captures + fees + funding + sum of position * change of mid

A capture has parts as well, exact too: what each stage added to the price, and what the mid did between
the last decision on it and the fill.

Ratios are made at the very end. Widths and costs: slippage is positive when it cost us.
"""

from typing import Final

import msgspec

from strategy.context import Share
from strategy.instrument import MAKER, TAKER, Instrument, capture_cash, move_cash, notional_cash
from strategy.units import BPS, NS_PER_MS, NS_PER_S, PCT

HORIZONS_NS: Final = (100 * NS_PER_MS, NS_PER_S, 5 * NS_PER_S, 30 * NS_PER_S)

# Parts of a capture that no stage made: what the mid did since the price was decided on, the price of an
# order that took, and what nobody noted (a fill at a price that was being changed, a core that tells nothing).
SINCE_DECIDED: Final = "since_decided"
TAKEN: Final = "taken"
UNEXPLAINED: Final = "unexplained"

_P95: Final = 0.95
# A sum of fractions of ticks is the price to within so much of a tick.
_ROUNDING: Final = 1000


class Traded(msgspec.Struct, frozen=True, gc=False):
    """One fill of ours with what is needed to explain it.

    ``mid2_ticks`` is twice the mid just before the aggressor's first match, shared by all its
    fills; ``decided_mid2_ticks`` the one when the core last chose or kept the price (0: unknown).
    """

    at_ns: int
    side: int
    price_ticks: int
    size_lots: int
    liquidity: str
    fee_cash: int
    mid2_ticks: int
    decided_mid2_ticks: int = 0
    shares: tuple[Share, ...] = ()


class Pending(msgspec.Struct, gc=False):
    """A fill whose markouts are not all due yet; ``done`` counts those that are, ``markout_cash`` holds them."""

    fill: Traded
    done: int = 0
    markout_cash: list[int] = []


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one symbol: exact cash, and the values its ratios are made of."""

    pnl_cash: int
    capture_cash: int
    fee_cash: int
    funding_cash: int
    inventory_cash: int
    traded_cash: int
    taker_cash: int
    fills: int
    takes: int
    markout_cash: tuple[int, ...]
    marked_cash: tuple[int, ...]
    slips: tuple[tuple[float, int, str], ...]  # bps, notional as weight, liquidity
    stage_cash: dict[str, int]


class EdgeLedger(msgspec.Struct):
    """A fold over fills, mids and funding of one symbol, in order of time.

    ``told`` keeps every fill with its markouts, where somebody wants them one by one.
    """

    instrument: Instrument
    lots: int = 0
    mid2_ticks: int = 0
    captured: int = 0
    fees: int = 0
    funding: int = 0
    moved: int = 0
    cash: int = 0
    traded: int = 0
    taken: int = 0
    fills: int = 0
    takes: int = 0
    markouts: list[int] = msgspec.field(default_factory=lambda: [0] * len(HORIZONS_NS))
    marked: list[int] = msgspec.field(default_factory=lambda: [0] * len(HORIZONS_NS))
    pending: list[Pending] = []
    slips: list[tuple[float, int, str]] = []
    stages: dict[str, int] = {}
    told: list[Pending] | None = None

    def on_mid(self, now_ns: int, mid2_ticks: int) -> None:
        """Take in twice the mid as from ``now_ns``; what came due before is marked with the one until then."""
        self._settle(now_ns)
        self.moved += move_cash(self.instrument, self.lots, mid2_ticks - self.mid2_ticks)
        self.mid2_ticks = mid2_ticks

    def on_fill(self, fill: Traded) -> None:
        """Take in a fill; the mid moves to the fill's own first."""
        self.on_mid(fill.at_ns, fill.mid2_ticks)
        instrument, side, price, lots = self.instrument, fill.side, fill.price_ticks, fill.size_lots
        value = notional_cash(instrument, price, lots)
        self.captured += capture_cash(instrument, side, fill.mid2_ticks, price, lots)
        self.fees += fill.fee_cash
        self.cash += fill.fee_cash - side * value
        self.lots += side * lots
        self.traded += value
        self.fills += 1
        if fill.liquidity == TAKER:
            self.taken += value
            self.takes += 1
        self.pending.append(Pending(fill))
        if self.told is not None:
            self.told.append(self.pending[-1])
        if fill.decided_mid2_ticks:
            self.slips.append((slippage_bps(fill), value, fill.liquidity))
        for stage, gained in parts_of_capture(instrument, fill).items():
            self.stages[stage] = self.stages.get(stage, 0) + gained

    def on_funding(self, cash: int) -> None:
        """Take in a funding payment, income when positive."""
        self.funding += cash
        self.cash += cash

    @property
    def pnl_cash(self) -> int:
        """Give what was earned up to now, what is held counted at the mid."""
        return self.cash + move_cash(self.instrument, self.lots, self.mid2_ticks)

    def figures(self, now_ns: int) -> Figures:
        """Give everything as of now. Markouts that are not due yet are in no figure."""
        self._settle(now_ns)
        return Figures(
            pnl_cash=self.pnl_cash,
            capture_cash=self.captured,
            fee_cash=self.fees,
            funding_cash=self.funding,
            inventory_cash=self.moved,
            traded_cash=self.traded,
            taker_cash=self.taken,
            fills=self.fills,
            takes=self.takes,
            markout_cash=tuple(self.markouts),
            marked_cash=tuple(self.marked),
            slips=tuple(self.slips),
            stage_cash=dict(self.stages),
        )

    def _settle(self, now_ns: int) -> None:
        """Mark every fill whose next horizon has come with the mid that held then."""
        for one in self.pending:
            fill = one.fill
            while one.done < len(HORIZONS_NS) and fill.at_ns + HORIZONS_NS[one.done] <= now_ns:
                change2 = self.mid2_ticks - fill.mid2_ticks
                gained = move_cash(self.instrument, fill.side * fill.size_lots, change2)
                one.markout_cash.append(gained)
                self.markouts[one.done] += gained
                self.marked[one.done] += notional_cash(self.instrument, fill.price_ticks, fill.size_lots)
                one.done += 1
        self.pending = [one for one in self.pending if one.done < len(HORIZONS_NS)]


def parts_of_capture(instrument: Instrument, fill: Traded) -> dict[str, int]:
    """Say which stage made how much of a fill's capture, in cash; the parts sum to it to the last unit.

    A price is half of twice the mid it was decided at and the shares of all stages; what is between that mid
    and the fill's is ``since_decided``. Nothing of a fill that took is a stage's.
    """
    side, lots = fill.side, fill.size_lots
    whole = capture_cash(instrument, side, fill.mid2_ticks, fill.price_ticks, lots)
    parts: dict[str, int] = {}
    if fill.decided_mid2_ticks and fill.decided_mid2_ticks != fill.mid2_ticks:
        parts[SINCE_DECIDED] = move_cash(instrument, side * lots, fill.mid2_ticks - fill.decided_mid2_ticks)
    left = whole - parts.get(SINCE_DECIDED, 0)
    if fill.liquidity == TAKER:
        return {**parts, TAKEN: left}
    ticks, booked, stage = 0.0, 0, ""
    for share in fill.shares:
        stage = share.stage
        # The running sum is what is rounded, so that what a fraction loses here is in the next one.
        ticks += share.bid_ticks if side > 0 else share.ask_ticks
        until = round(-side * ticks * lots * instrument.cash_per_ticklot)
        parts[stage] = parts.get(stage, 0) + until - booked
        booked = until
    rest = left - booked
    if stage and _ROUNDING * abs(rest) < lots * instrument.cash_per_ticklot:
        parts[stage] += rest
    elif rest:
        parts[UNEXPLAINED] = rest
    return parts


def slippage_bps(fill: Traded) -> float:
    """Give what it cost to be filled against the mid the price was decided at; positive is a cost.

    Maker: how far the mid had moved against us. Taker: how far beyond that mid we paid.
    """
    decided = fill.decided_mid2_ticks
    if fill.liquidity == MAKER:
        return BPS * fill.side * (decided - fill.mid2_ticks) / decided
    return BPS * fill.side * (2 * fill.price_ticks - decided) / decided


def ratios(figures: tuple[Figures, ...]) -> dict[str, dict[str, float]]:
    """Make the account's figures, by metric and statistic; what has no sample is left out.

    All are in bps of traded notional unless their name says otherwise.
    """
    traded = sum(one.traded_cash for one in figures)
    fills = sum(one.fills for one in figures)
    made: dict[str, dict[str, float]] = {"fills": {"value": float(fills)}}
    made["takes"] = {"value": float(sum(one.takes for one in figures))}
    if not traded:
        return made
    sums = {
        "net_bps": sum(one.pnl_cash for one in figures),
        "net_ex_fees_bps": sum(one.pnl_cash - one.fee_cash for one in figures),
        "capture_bps": sum(one.capture_cash for one in figures),
        "inventory_bps": sum(one.inventory_cash for one in figures),
        "fees_bps": sum(one.fee_cash for one in figures),
        "funding_bps": sum(one.funding_cash for one in figures),
    }
    made |= {name: {"value": BPS * cash / traded} for name, cash in sums.items()}
    made["taker_share_of_fills_pct"] = {"value": PCT * made["takes"]["value"] / fills}
    made["taker_share_pct"] = {"value": PCT * sum(one.taker_cash for one in figures) / traded}
    for place, name in enumerate(("100ms", "1s", "5s", "30s")):
        marked = sum(one.marked_cash[place] for one in figures)
        if marked:
            value = BPS * sum(one.markout_cash[place] for one in figures) / marked
            made[f"markout_{name}_bps"] = {"value": value}
    slips = [slip for one in figures for slip in one.slips]
    if slips:
        made["slippage_bps"] = weighted_stats([(bps, weight) for bps, weight, _ in slips])
    for liquidity in (MAKER, TAKER):
        of_role = [(bps, weight) for bps, weight, role in slips if role == liquidity]
        if of_role:
            made[f"slippage_{liquidity}_bps"] = weighted_stats(of_role)
    return made


def weighted_stats(samples: list[tuple[float, int]]) -> dict[str, float]:
    """Give mean, percentiles and maximum of values with weights (not empty, not all zero)."""
    total = sum(weight for _, weight in samples)
    ordered = sorted(samples)
    return {
        "value": sum(value * weight for value, weight in samples) / total,
        "p50": _weighted_quantile(ordered, total, 0.5),
        "p95": _weighted_quantile(ordered, total, _P95),
        "p99": _weighted_quantile(ordered, total, 0.99),
        "max": ordered[-1][0],
    }


def _weighted_quantile(ordered: list[tuple[float, int]], total: int, share: float) -> float:
    """Give the smallest value that at least ``share`` of the weight does not exceed."""
    gathered = 0
    for value, weight in ordered:
        gathered += weight
        if gathered >= share * total:
            return value
    return ordered[-1][0]
