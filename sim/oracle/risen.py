"""Orders that live though their end was told: a venue took the same create twice, or came back from an old state.

Nobody can know of one before a read shows it, and where a venue makes them over and over one or another is always
there: so each has a clock of its own, and what else there is to believe must be true meanwhile.
"""

from collections.abc import Mapping, Sequence

from sim.oracle.evidence import Evidence
from sim.oracle.known import TOLD
from sim.oracle.truth import Truth


class Risen:
    """Remembers, by symbol, since when each such order has been seen to live."""

    def __init__(self, truth: Truth, evidence: Evidence, symbols: Sequence[str]) -> None:
        """``evidence`` says whose end was delivered."""
        self._truth = truth
        self._evidence = evidence
        self._since_ns: dict[str, dict[str, int]] = {symbol: {} for symbol in symbols}

    def start_over(self) -> None:
        """Give all that there are the time from the next look on: nobody could read until then."""
        for since_ns in self._since_ns.values():
            since_ns.clear()

    def look(self, now_ns: int) -> None:
        """See which there are now."""
        before, self._since_ns = self._since_ns, {symbol: {} for symbol in self._since_ns}
        for order in self._truth.open_orders():
            known = self._evidence.orders.get(order.client_id)
            if known is not None and known.over == TOLD:
                since_ns = before[order.symbol].get(order.client_id, now_ns)
                self._since_ns[order.symbol][order.client_id] = since_ns

    def of(self, symbol: str) -> Mapping[str, int]:
        """Give those of a symbol, each with the instant at which it was first seen so."""
        return self._since_ns[symbol]
