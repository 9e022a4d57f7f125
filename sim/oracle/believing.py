"""What the core says it believes, compared with what it could know: S1, S5 and late cancels (S4)."""

from collections.abc import Mapping

from sim.oracle.evidence import Evidence
from sim.oracle.feed import Feed
from sim.oracle.findings import Findings
from sim.oracle.hindrance import Hindrance
from sim.oracle.retold import Retold
from sim.oracle.tolerance import Tolerance
from strategy import commands, events
from strategy.belief import Belief
from strategy.knobs import SymbolKnobs


class Believing:
    """Compares belief with evidence, exactly, after every step that is about orders or money."""

    def __init__(
        self,
        evidence: Evidence,
        feeds: Mapping[str, Feed],
        symbols: tuple[SymbolKnobs, ...],
        tolerance: Tolerance,
        findings: Findings,
        hindrance: Hindrance,
    ) -> None:
        """Limits are those the bot was configured with."""
        self._evidence = evidence
        self._feeds = feeds
        self._limits = {one.instrument.symbol: one.position_lots_max for one in symbols}
        self._tolerance = tolerance
        self._findings = findings
        self._hindrance = hindrance
        # What a new process is still finding out: what it holds, and in which symbols it is in for too much.
        self._retold = Retold(evidence)
        self._beyond: dict[str, None] = {}

    def restarted(self) -> None:
        """Note that a new process knows only what its journal kept, until it has read its fills."""
        self._retold.restarted()
        self._beyond = dict.fromkeys(self._limits)

    def asked(self, command: commands.QueryFills) -> None:
        """Note which fills a process asks for."""
        self._retold.asked(command)

    def heard(self, event: events.Event) -> None:
        """Note which fills a process is told."""
        self._retold.heard(event)

    def stepped(self, now_ns: int, belief: Belief) -> None:
        """Hold every symbol of a belief against its limit and against the fills that were delivered."""
        self._findings.checked("S1")
        self._findings.checked("S5")
        for one in belief.symbols:
            money = self._evidence.money[one.symbol]
            is_apart = (one.position_lots, one.cash) != (money.position_lots, money.cash)
            if not is_apart:
                self._retold.agrees(one.symbol)
            elif not self._retold.is_untold(one.symbol):
                detail = (
                    f"{one.symbol}: the core holds {one.position_lots} lots and {one.cash} cash, "
                    f"what was delivered makes {money.position_lots} and {money.cash}"
                )
                seen = f"{len(money.fill_ids)} fills were delivered, each counted once"
                self._findings.breach("S5", now_ns, one.symbol, detail, seen)
            limit = self._limits[one.symbol]
            if one.worst_lots > limit:
                self._over_limit(now_ns, one.symbol, one.worst_lots, limit)
            elif not self._retold.is_untold(one.symbol):
                self._beyond.pop(one.symbol, None)

    def _over_limit(self, now_ns: int, symbol: str, worst: int, limit: int) -> None:
        """Past the limit by the core's own word; what strangers' orders did is not its fault."""
        foreign = self._evidence.money[symbol].foreign_worst_lots()
        if symbol in self._beyond:
            # What it sends is judged when it leaves; what it wakes up to is nobody's fault.
            self._findings.cost("S1", now_ns, f"{symbol}: {worst} lots at worst after a restart", worst - limit)
            return
        detail = f"{symbol}: the core counts {worst} lots at worst, the limit is {limit}"
        if worst - foreign > limit:
            self._findings.breach("S1", now_ns, symbol, detail, "the core's own belief")
        else:
            self._findings.cost("S1", now_ns, f"{detail}; {foreign} of them by orders this bot never sent", foreign)

    def late_cancels(self, now_ns: int) -> None:
        """S4: once it was knowable that the inputs are stale, quotes known live had to be cancelled."""
        for symbol, feed in self._feeds.items():
            blind_ns = feed.blind_since_ns(now_ns, self._tolerance.quote_age_ns)
            if (
                self._hindrance.is_shut(symbol)
                or not blind_ns
                or now_ns <= blind_ns + self._tolerance.staleness_cancel_ns
            ):
                continue
            self._findings.checked("S4")
            for order in self._evidence.money[symbol].open.values():
                if order.over or not order.free_ns or order.cancel_ns:
                    continue
                since_ns = max(blind_ns, order.free_ns, self._hindrance.over_ns(symbol))
                if now_ns > since_ns + self._tolerance.staleness_cancel_ns:
                    late_ms = (now_ns - since_ns) // 1_000_000
                    detail = f"{order.client_id} still stands {late_ms} ms after its inputs were known to be stale"
                    why = feed.why_blind(now_ns, self._tolerance.quote_age_ns)
                    self._findings.breach("S4", now_ns, order.client_id, detail, why, order=order.client_id)
