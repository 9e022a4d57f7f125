"""The venue's ledger, as the oracle reads it, and what it shows that nobody told the bot.

S2 and S8 in truth are breaches only where the evidence was there when the order left; position
limits passed in truth alone are exposure cost. That the books balance is the world's own promise.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from sim.oracle.evidence import Evidence
from sim.oracle.findings import Findings
from strategy.instrument import Instrument
from strategy.knobs import SymbolKnobs
from strategy.units import BUY


class Truth(Protocol):
    """What a venue must show to be compared with."""

    self_trades: int

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """Give what is traded, as it is listed now."""

    @property
    def fills(self) -> Sequence[Any]:
        """Give the account's fills, in order."""

    @property
    def unlisted(self) -> Collection[str]:
        """Give the ids of fills that no list shows yet."""

    def open_orders(self) -> Iterable[Any]:
        """Give the account's orders on the book."""

    def position_lots(self, symbol: str) -> int:
        """Give what the account holds."""

    def cash(self, symbol: str) -> int:
        """Give what the account received and paid."""

    def zero_sum_cash(self) -> int:
        """Give what was made from nothing."""


class TruthWatch:
    """Looks at the venue whenever something of ours changed there."""

    def __init__(
        self,
        truth: Truth,
        evidence: Evidence,
        symbols: tuple[SymbolKnobs, ...],
        findings: Findings,
        traded: Callable[[int, Any], None],
    ) -> None:
        """Limits are those the bot was configured with. ``traded`` hears of each new fill of ours."""
        self._truth = truth
        self._evidence = evidence
        self._limits = {one.instrument.symbol: one.position_lots_max for one in symbols}
        self._findings = findings
        self._heard = traded
        self._self_trades = 0
        self._fills = 0
        self._sharing: dict[str, None] = {}
        # When each fill was first seen to exist, on the bot's clock, in the order of the ledger.
        self.filled_ns: list[int] = []

    def changed(self, now_ns: int) -> None:
        """Compare limits, slots and sums with what the venue holds now."""
        reach: dict[tuple[str, int], int] = {}
        holders: dict[tuple[str, str], str] = {}
        shared, self._sharing = self._sharing, {}
        for order in self._truth.open_orders():
            if not order.client_id:
                continue  # the venue's own, closing our position
            key = (order.symbol, order.side)
            reach[key] = reach.get(key, 0) + order.size_lots - order.filled_lots
            other_id = holders.setdefault((order.symbol, order.slot), order.client_id)
            if other_id != order.client_id:
                self._shared_slot(now_ns, order.symbol, order.slot, other_id, order.client_id)
        self._findings.checked("S2")
        for pair in shared:
            if pair not in self._sharing:
                self._findings.exposed("S2", now_ns, pair, 0, "")
        for symbol, limit in self._limits.items():
            lots = self._truth.position_lots(symbol)
            worst = max(abs(lots + reach.get((symbol, BUY), 0)), abs(lots - reach.get((symbol, -BUY), 0)))
            over = max(0, worst - limit)
            self._findings.exposed("S1", now_ns, symbol, over, f"{symbol}: past the limit in truth")
        if len(self._truth.fills) != self._fills:
            self._traded(now_ns)

    def _shared_slot(self, now_ns: int, symbol: str, slot: str, first: str, second: str) -> None:
        """Two orders live in one slot: at fault is who sent the later one knowing of the earlier."""
        for later, earlier in ((second, first), (first, second)):
            known = self._evidence.orders.get(later)
            if known is not None and earlier in known.rivals:
                detail = f"{earlier} and {later} are both live in {symbol} {slot}"
                seen = f"no end of {earlier} was delivered when {later} left"
                self._findings.breach("S2", now_ns, later, detail, seen, order=earlier)
                return
        pair = f"{first} {second}"
        self._sharing[pair] = None
        self._findings.exposed("S2", now_ns, pair, 1, f"{first} and {second} share {symbol} {slot}")

    def _traded(self, now_ns: int) -> None:
        new = len(self._truth.fills) - self._fills
        self._fills += new
        self.filled_ns += [now_ns] * new
        for fill in self._truth.fills[-new:]:
            self._heard(now_ns, fill)
        self._findings.checked("S5")
        made = self._truth.zero_sum_cash()
        if made:
            self._findings.breach("S5", now_ns, "zero sum", f"{made} was made from nothing", "the venue's own books")
        if self._truth.self_trades != self._self_trades:
            self._self_trades = self._truth.self_trades
            self._findings.cost("S8", now_ns, "the account traded with itself", 0)

    def missing_fills(self, now_ns: int, older_ns: int) -> list[str]:
        """List the fills that are older than ``older_ns`` and were never delivered."""
        return [
            fill.event.fill_id
            for fill, at_ns in zip(self._truth.fills, self.filled_ns, strict=False)
            if now_ns - at_ns > older_ns
            and fill.event.symbol in self._evidence.money
            and fill.event.fill_id not in self._evidence.money[fill.event.symbol].fill_ids
        ]
