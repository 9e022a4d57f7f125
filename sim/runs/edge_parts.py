"""What a run earned, part by part: by symbol, by the faults that were on, by hour, by stage, fill by fill.

The parts are made by the same ledger as the whole, and sum to it to the last unit of cash: each fill, each
payment of funding and each move of the mid belongs to the instant it happened at.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from sim import plan
from strategy.edge import HORIZONS_NS, EdgeLedger, Pending, Traded, parts_of_capture, slippage_bps
from strategy.instrument import TAKER, capture_cash, notional_cash
from strategy.units import NS_PER_S

CALM: Final = "calm"
STAGE: Final = "stage"
KEYS: Final = ("symbol", "window", "hour", STAGE)
SUMMED: Final = ("capture_cash", "fee_cash", "funding_cash", "inventory_cash", "pnl_cash", "traded_cash", "fills")
_NS_PER_HOUR: Final = 3600 * NS_PER_S


class EdgePart(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one symbol in one hour of a run while the same faults were on; cash is whole, income positive.

    ``window`` names those faults, joined by ``+``; ``calm`` where none was. ``hour`` counts from 0. ``stages``
    are the parts of ``capture_cash``. Of the notional, ``marked_cash`` knows its markout by horizon,
    ``slipped_cash`` what it slipped: ``slippage_cash``, a cost when positive.
    """

    symbol: str
    window: str
    hour: int
    capture_cash: int = 0
    fee_cash: int = 0
    funding_cash: int = 0
    inventory_cash: int = 0
    traded_cash: int = 0
    taker_cash: int = 0
    fills: int = 0
    takes: int = 0
    markout_cash: tuple[int, ...] = (0,) * len(HORIZONS_NS)
    marked_cash: tuple[int, ...] = (0,) * len(HORIZONS_NS)
    slippage_cash: int = 0
    slipped_cash: int = 0
    stages: dict[str, int] = {}

    @property
    def pnl_cash(self) -> int:
        """What it earned in all, what is held counted at the mid."""
        return self.capture_cash + self.fee_cash + self.funding_cash + self.inventory_cash


class EdgeFill(msgspec.Struct, frozen=True, kw_only=True):
    """One fill, explained; ``markout_cash`` by horizon, None where the run ended before; times from the start."""

    at_s: float
    symbol: str
    side: int
    price_ticks: int
    size_lots: int
    liquidity: str
    mid2_ticks: int
    decided_mid2_ticks: int
    capture_cash: int
    fee_cash: int
    markout_cash: tuple[int | None, ...]
    slippage_bps: float | None
    window: str
    stages: dict[str, int]


Window = Callable[[int], str]


def windows_of(planned: plan.Plan, symbol: str) -> Window:
    """Give what says which faults of a plan touch a symbol at an instant."""
    touching = [fault for fault in planned.faults if symbol in (fault.params.get("symbols") or [symbol])]
    edges = sorted({at_ns for fault in touching for at_ns in (fault.start_ns, fault.end_ns)})
    names = [
        "+".join(dict.fromkeys(plan.own_id(fault) for fault in touching if fault.start_ns <= at_ns < fault.end_ns))
        or CALM
        for at_ns in edges
    ]
    return lambda at_ns: ([CALM, *names])[bisect_right(edges, at_ns)]


class Split:
    """Feeds a ledger, and books what each word to it added where it belongs."""

    def __init__(self, ledger: EdgeLedger, window: Window) -> None:
        """``ledger`` may hold a position, and has earned nothing yet."""
        self.ledger = ledger
        ledger.told = []
        self._window = window
        self._cells: dict[tuple[str, int], dict[str, int]] = {}

    def on_mid(self, at_ns: int, mid2_ticks: int) -> None:
        """Take in a mid."""
        before = self.ledger.moved
        self.ledger.on_mid(at_ns, mid2_ticks)
        self._add(at_ns, "inventory_cash", self.ledger.moved - before)

    def on_fill(self, fill: Traded) -> None:
        """Take in a fill."""
        before = self.ledger.moved
        self.ledger.on_fill(fill)
        self._add(fill.at_ns, "inventory_cash", self.ledger.moved - before)

    def on_funding(self, at_ns: int, cash: int) -> None:
        """Take in a payment."""
        self.ledger.on_funding(cash)
        self._add(at_ns, "funding_cash", cash)

    def _add(self, at_ns: int, name: str, value: int) -> None:
        if not value:
            return
        cell = self._cells.setdefault(self._place(at_ns), {})
        cell[name] = cell.get(name, 0) + value

    def _place(self, at_ns: int) -> tuple[str, int]:
        return self._window(at_ns), at_ns // _NS_PER_HOUR

    def parts(self, now_ns: int) -> tuple[EdgePart, ...]:
        """Give the parts as of now, in the order in which they began."""
        self.ledger.figures(now_ns)  # marks what is due
        symbol = self.ledger.instrument.symbol
        fills: dict[tuple[str, int], list[Pending]] = {}
        for one in self.ledger.told or ():
            fills.setdefault(self._place(one.fill.at_ns), []).append(one)
        places = dict.fromkeys([*self._cells, *fills])
        return tuple(self._part(symbol, place, fills.get(place, [])) for place in places)

    def _part(self, symbol: str, place: tuple[str, int], told: list[Pending]) -> EdgePart:
        ledger, cell = self.ledger, self._cells.get(place, {})
        instrument = ledger.instrument
        values = [notional_cash(instrument, one.fill.price_ticks, one.fill.size_lots) for one in told]
        fills = [(one.fill, value) for one, value in zip(told, values, strict=True)]
        markouts, marked = [0] * len(HORIZONS_NS), [0] * len(HORIZONS_NS)
        stages: dict[str, int] = {}
        for one, value in zip(told, values, strict=True):
            for horizon, cash in enumerate(one.markout_cash):
                markouts[horizon] += cash
                marked[horizon] += value
            for stage, cash in parts_of_capture(instrument, one.fill).items():
                stages[stage] = stages.get(stage, 0) + cash
        return EdgePart(
            symbol=symbol,
            window=place[0],
            hour=place[1],
            capture_cash=sum(_captured(ledger, fill) for fill, _ in fills),
            fee_cash=sum(fill.fee_cash for fill, _ in fills),
            funding_cash=cell.get("funding_cash", 0),
            inventory_cash=cell.get("inventory_cash", 0),
            traded_cash=sum(values),
            taker_cash=sum(value for fill, value in fills if fill.liquidity == TAKER),
            fills=len(fills),
            takes=sum(fill.liquidity == TAKER for fill, _ in fills),
            markout_cash=tuple(markouts),
            marked_cash=tuple(marked),
            slippage_cash=sum(_slipped(ledger, fill) for fill, _ in fills if fill.decided_mid2_ticks),
            slipped_cash=sum(value for fill, value in fills if fill.decided_mid2_ticks),
            stages=stages,
        )

    def fills(self) -> list[EdgeFill]:
        """Give every fill, in order."""
        ledger = self.ledger
        return [
            EdgeFill(
                at_s=one.fill.at_ns / NS_PER_S,
                symbol=ledger.instrument.symbol,
                side=one.fill.side,
                price_ticks=one.fill.price_ticks,
                size_lots=one.fill.size_lots,
                liquidity=one.fill.liquidity,
                mid2_ticks=one.fill.mid2_ticks,
                decided_mid2_ticks=one.fill.decided_mid2_ticks,
                capture_cash=_captured(ledger, one.fill),
                fee_cash=one.fill.fee_cash,
                markout_cash=(*one.markout_cash, *(None,) * (len(HORIZONS_NS) - len(one.markout_cash))),
                slippage_bps=slippage_bps(one.fill) if one.fill.decided_mid2_ticks else None,
                window=self._window(one.fill.at_ns),
                stages=parts_of_capture(ledger.instrument, one.fill),
            )
            for one in ledger.told or ()
        ]


def _captured(ledger: EdgeLedger, fill: Traded) -> int:
    return capture_cash(ledger.instrument, fill.side, fill.mid2_ticks, fill.price_ticks, fill.size_lots)


def _slipped(ledger: EdgeLedger, fill: Traded) -> int:
    """Give what a fill slipped in cash, as ``slippage_bps`` does in bps."""
    decided = capture_cash(ledger.instrument, fill.side, fill.decided_mid2_ticks, fill.price_ticks, fill.size_lots)
    return -decided if fill.liquidity == TAKER else decided - _captured(ledger, fill)


def by_key(parts: Iterable[EdgePart], key: str) -> dict[str, dict[str, int]]:
    """Sum parts by ``symbol``, ``window`` or ``hour``: cash by figure; or what each ``stage`` captured."""
    found: dict[str, dict[str, int]] = {}
    for part in parts:
        if key == STAGE:
            for stage, cash in part.stages.items():
                cell = found.setdefault(stage, {"capture_cash": 0})
                cell["capture_cash"] += cash
            continue
        cell = found.setdefault(str(getattr(part, key)), dict.fromkeys(SUMMED, 0))
        for name in SUMMED:
            cell[name] += getattr(part, name)
    return found
