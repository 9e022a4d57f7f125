"""S16: what the sniper takes is explained by size, reaction time and knowable staleness, to the last fill.

Whatever a quote loses until somebody could know that it stands on nothing, nobody could have saved; nor what
it loses until he has reacted. So the budget of a quote is its size times the worst move of the price that
the sniper knows, from the quote's last price on to ``known + reaction``:

- *known* is when delivered evidence has shown that there is no ground to quote on (``sim.oracle.feed``): a
  broken sequence, or a last proof of life of the greatest age;
- *reaction* is ``staleness_cancel_ms`` to the attempt to cancel, and for as long as one is under way its outcome:
  the deadline for an answer, and the longest pause between two tries.

A fill before that is inside its part of the sum by itself, and one after it has no part in it. So the sum is
kept where each fill is inside, and each is judged alone, with no number to be tuned. What left with no ground
for its price (S4) has no budget at all. Nobody is asked for a cancel while he sleeps, is banned, or the market is shut.
"""

from collections.abc import Mapping

from sim.oracle.evidence import Evidence
from sim.oracle.feed import Feed
from sim.oracle.findings import Findings
from sim.oracle.hindrance import Hindrance
from sim.oracle.known import Known
from sim.oracle.tolerance import Tolerance
from strategy import events
from strategy.units import NS_PER_MS


class Sniped:
    """Judges each fill of ours in which the sniper took. Instants are the bot's clock."""

    def __init__(
        self,
        evidence: Evidence,
        feeds: Mapping[str, Feed],
        hindrance: Hindrance,
        tolerance: Tolerance,
        findings: Findings,
    ) -> None:
        """Whether anybody could know is a matter of ``feeds``, whether he could act of ``hindrance``."""
        self._evidence = evidence
        self._feeds = feeds
        self._hindrance = hindrance
        self._tolerance = tolerance
        self._findings = findings

    def taken(self, now_ns: int, fill: events.OrderFilled, fair_ticks: float) -> None:
        """See that the sniper, who knew a price, took an order of ours by a fill that nobody was told of yet."""
        order = self._evidence.orders.get(fill.client_id)
        lost_ticks = fill.side * (fill.price_ticks - fair_ticks)
        if order is None or not order.is_ours or order.over or lost_ticks <= 0:
            return  # not this bot's, over by all it was told, or no loss
        self._findings.checked("S16")
        what = f"{fill.size_lots} lots of {fill.client_id} were sniped for {lost_ticks:.1f} ticks each"
        stale = order.baseless.get(fill.price_ticks, "")
        if stale:
            self._outside(now_ns, fill, f"{what}, and left with no ground for their price", stale)
            return
        feed = self._feeds[fill.symbol]
        known_ns = feed.blind_since_ns(now_ns, self._tolerance.quote_age_ns)
        if not known_ns:
            return
        due_ns = self._due_ns(order, known_ns)
        if now_ns > due_ns and not self._hindrance.is_shut(fill.symbol):
            late_ms = (now_ns - due_ns) // NS_PER_MS
            seen = feed.why_blind(now_ns, self._tolerance.quote_age_ns)
            self._outside(now_ns, fill, f"{what}, {late_ms} ms after a cancel had to be under way", seen)
            return
        lasted_ms = (now_ns - known_ns) // NS_PER_MS
        self._findings.cost("S16", now_ns, f"{what}, {lasted_ms} ms after it could be known", fill.size_lots)

    def _due_ns(self, order: Known, known_ns: int) -> int:
        """Give until when an attempt to cancel an order has to have left, where none is under way."""
        since_ns = max(known_ns, self._hindrance.over_ns(order.symbol))
        if order.cancel_ns:
            since_ns = max(since_ns, order.cancel_ns + self._tolerance.retry_ns)
        elif order.free_ns > order.seen_ns:
            since_ns = max(since_ns, order.free_ns)  # shown to have outlived a cancel
        return since_ns + self._tolerance.staleness_cancel_ns

    def _outside(self, now_ns: int, fill: events.OrderFilled, detail: str, seen: str) -> None:
        self._findings.breach("S16", now_ns, fill.client_id, detail, seen, order=fill.client_id)
