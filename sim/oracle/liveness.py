"""L1 to L3: after the storm belief is truth again, nothing is in doubt, and both quotes are back.

A promise here may be broken for a while; it is broken for good when it was broken without a pause
for longer than its bound. Before the calm nothing is judged. Each clock is kept per symbol, and
time during which a promise could not be asked for is counted as excused, not as kept.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from sim.oracle.feed import Feed
from sim.oracle.findings import Findings
from sim.oracle.tolerance import Tolerance
from sim.oracle.truth import Truth
from strategy.belief import Belief, SymbolBelief
from strategy.units import BUY, NS_PER_S

_RISK_SAYS_NO: Final = frozenset({"halt", "latched", "reduce_only"})
_OVER: Final = frozenset({"CLOSED", "ABSENT"})
_WORKING: Final = "WORKING"


class _Clock(msgspec.Struct):
    """How long a promise has been broken without a pause, excused time not counted."""

    code: str
    symbol: str
    bound_ns: int
    last_ns: int
    broken_ns: int = 0
    held_ns: int | None = None


class Liveness:
    """Looks at most as often as it is told to, from the calm on."""

    def __init__(
        self,
        truth: Truth,
        feeds: Mapping[str, Feed],
        tolerance: Tolerance,
        findings: Findings,
        may_quote: Callable[[str], bool],
        calm_ns: int,
    ) -> None:
        """``calm_ns`` is the bot's clock when the storm is over; ``may_quote``: nobody told it not to."""
        self._truth = truth
        self._feeds = feeds
        self._tolerance = tolerance
        self._findings = findings
        self._may_quote = may_quote
        self.calm_ns = calm_ns
        bounds = (("L1", tolerance.converge_ns), ("L2", tolerance.doubt_ns), ("L3", tolerance.requote_ns))
        self._clocks = {
            symbol: {code: _Clock(code, symbol, bound, calm_ns) for code, bound in bounds} for symbol in feeds
        }

    def look(self, now_ns: int, belief: Belief) -> None:
        """Compare belief with truth, and move every clock on."""
        if now_ns < self.calm_ns:
            return
        for one in belief.symbols:
            clocks = self._clocks[one.symbol]
            self._tick(clocks["L1"], now_ns, self._why_apart(one, belief), "")
            self._tick(clocks["L2"], now_ns, _why_in_doubt(one.symbol, belief), "")
            missing = self._missing_quotes(one.symbol)
            self._tick(clocks["L3"], now_ns, missing, self._excuse(now_ns, one) if missing else "")

    def recoveries_ns(self) -> dict[str, int | None]:
        """Give, by promise, how long after the calm it held for every symbol; None where it never did."""
        found: dict[str, int | None] = {}
        for code in ("L1", "L2", "L3"):
            held = [clocks[code].held_ns for clocks in self._clocks.values()]
            found[code] = None if None in held else max((each for each in held if each is not None), default=None)
        return found

    def _tick(self, clock: _Clock, now_ns: int, wrong: str, excuse: str) -> None:
        """Move one clock; a promise counts as checked when it held or its bound ran out."""
        passed_ns, clock.last_ns = now_ns - clock.last_ns, now_ns
        if not wrong:
            clock.broken_ns = 0
            if clock.held_ns is None:
                clock.held_ns = now_ns - self.calm_ns
            self._findings.checked(clock.code)
        elif excuse:
            clock.broken_ns = 0
            self._findings.excuse(clock.code, passed_ns)
        else:
            clock.broken_ns += passed_ns
            if clock.broken_ns > clock.bound_ns:
                self._findings.checked(clock.code)
                lasting = f"for {clock.broken_ns / NS_PER_S:.1f} s, the bound is {clock.bound_ns / NS_PER_S:g} s"
                self._findings.breach(clock.code, now_ns, clock.symbol, f"{clock.symbol}: {wrong}", lasting)

    def _why_apart(self, one: SymbolBelief, belief: Belief) -> str:
        """Say where belief and truth differ; words under way make them differ for a moment."""
        held = self._truth.position_lots(one.symbol), self._truth.cash(one.symbol)
        if held != (one.position_lots, one.cash):
            return f"the core believes in {one.position_lots} lots and {one.cash} cash, the venue holds {held}"
        mine = {order.client_id: order for order in belief.orders if order.symbol == one.symbol}
        for order in self._truth.open_orders():
            if order.symbol != one.symbol:
                continue
            believed = mine.pop(order.client_id, None)
            if believed is None or believed.state in _OVER:
                return f"{order.client_id} is live and the core does not know"
            there = (order.price_ticks, order.size_lots, order.filled_lots)
            if (believed.price_ticks, believed.size_lots, believed.filled_lots) != there:
                return f"{order.client_id} is {there} at the venue, the core believes otherwise"
        dead = next((order for order in mine.values() if order.state == _WORKING), None)
        return "" if dead is None else f"{dead.client_id} is believed to be working and is not there"

    def _missing_quotes(self, symbol: str) -> str:
        sides = {order.side: None for order in self._truth.open_orders() if order.symbol == symbol}
        if BUY in sides and -BUY in sides:
            return ""
        return "no quotes" if not sides else "a quote on one side only"

    def _excuse(self, now_ns: int, one: SymbolBelief) -> str:
        """Say why nobody may ask for both quotes now; empty when one may."""
        if not self._may_quote(one.symbol):
            return "told not to"
        feed = self._feeds[one.symbol]
        why = feed.why_blind(now_ns, self._tolerance.quote_age_ns)
        # Without a book nobody quotes; without having asked for one nobody is excused.
        if why and now_ns - feed.asked_ns <= self._tolerance.book_asked_ns:
            return why
        return f"risk says {one.guard_action}" if one.guard_action in _RISK_SAYS_NO else ""


def _why_in_doubt(symbol: str, belief: Belief) -> str:
    doubted = [order.client_id for order in belief.orders if order.symbol == symbol and order.state == "IN_DOUBT"]
    return f"{', '.join(doubted)} in doubt" if doubted else ""
