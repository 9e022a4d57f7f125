"""L4: with no way to be healthy nothing of ours stays behind, and somebody is told.

A symbol is out of health while evidence shows no ground to quote on (its book is not fresh by any
road) or no private stream: it went down, it breaks again and again (each of its last two lives shorter than
the bot calls lasting, and this one as well so far), or a new process has waited for it longer than ``restart_s``.
From the calm on, out of health without a pause for ``clear_s``, no order
of the symbol rests in truth and an alert was raised since health was lost (or five seconds before: a bot may
see it first). Health that is back for a moment, less than five seconds, is no news to whoever was told that it
was lost. By whatever path works: where no request can reach the venue
at all, nobody can clear anything, and the time is excused. A dead-man switch that is armed at the
venue takes this excuse away: then the venue clears by itself.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from sim.oracle.feed import Feed
from sim.oracle.findings import Findings
from sim.oracle.patience import Patience
from sim.oracle.tolerance import Tolerance
from sim.oracle.truth import Truth
from sim.wire import REST_UP
from strategy import commands, events
from strategy.units import NS_PER_S

# That a process does not get there is judged first (L7).
_LATER_NS: Final = 5 * NS_PER_S
# Health that lasts for less does not end an episode of which somebody was told.
_BACK_NS: Final = 5 * NS_PER_S

# So many short lives in a row, and the next is no stream until it lasts.
_SHORT_LIVES: Final = 2

WhyCut = Callable[[tuple[str, ...]], str]


class Clearing:
    """One clock per symbol; it runs only while health is out of reach."""

    def __init__(
        self,
        truth: Truth,
        feeds: Mapping[str, Feed],
        tolerance: Tolerance,
        findings: Findings,
        why_cut: WhyCut,
        is_dead_man_armed: Callable[[], bool],
        calm_ns: int,
    ) -> None:
        """``why_cut`` names what cuts links now; ``calm_ns`` is the bot's clock when the storm is over."""
        self._truth = truth
        self._feeds = feeds
        self._tolerance = tolerance
        self._findings = findings
        self._why_cut = why_cut
        self._is_dead_man_armed = is_dead_man_armed
        self._calm_ns = calm_ns
        # What is wrong with the private stream, since when there is one, and how long its last two lives were.
        self._private_down = ""
        self._fell_ns = 0
        self._came_ns: int | None = None
        self._lives_ns: deque[int] = deque(maxlen=_SHORT_LIVES)
        self._awaited_ns: int | None = None
        self._born_ns = 0
        self._alert_ns: int | None = None
        self._out_ns: dict[str, int] = {}
        # Since when it has been lost but for moments, and the last look at which it was.
        self._lost_ns: dict[str, int] = {}
        self._seen_ns: dict[str, int] = {}
        self._clocks = {symbol: Patience("L4", symbol, tolerance.clear_ns, 0) for symbol in feeds}

    def heard(self, now_ns: int, event: events.Event) -> None:
        """Note whether there is a private stream."""
        match event:
            case events.StreamDown(stream=events.PRIVATE):
                self._private_down, self._fell_ns = "the private stream is down", now_ns
                if self._came_ns is not None:
                    self._lives_ns.append(now_ns - self._came_ns)
                self._came_ns = None
            case events.StreamUp(stream=events.PRIVATE):
                self._private_down, self._awaited_ns = "", None
                self._came_ns = now_ns if self._came_ns is None else self._came_ns
            case _:
                pass

    def restarted(self, now_ns: int) -> None:
        """Note that a new process begins: what was up was the old one's, and is down where it does not come in time."""
        self._awaited_ns, self._born_ns = now_ns + self._tolerance.restart_ns + _LATER_NS, now_ns
        self._came_ns = None
        self._lives_ns.clear()

    def sent(self, now_ns: int, command: commands.Command) -> None:
        """Note an alert."""
        if isinstance(command, commands.Alert):
            self._alert_ns = now_ns

    def why_out(self, now_ns: int, symbol: str) -> str:
        """Say why a symbol cannot be quoted, by evidence; empty where it can."""
        if self._awaited_ns is not None and now_ns > self._awaited_ns:
            return self._private_down or "the private stream of a new process never came"
        return (
            self._private_down
            or self._why_unsteady(now_ns)
            or self._feeds[symbol].why_blind(now_ns, self._tolerance.quote_age_ns)
        )

    def why_brief(self, now_ns: int) -> str:
        """Say that the private stream is away for a moment, as yet: nobody quotes, and it is no story of its own."""
        return self._private_down if now_ns - self._fell_ns < _BACK_NS else ""

    def look(self, now_ns: int) -> None:
        """Move every clock on."""
        resting: dict[str, int] = {}
        for order in self._truth.open_orders():
            resting[order.symbol] = resting.get(order.symbol, 0) + 1
        for symbol, clock in self._clocks.items():
            why = self.why_out(now_ns, symbol)
            if not why:
                self._out_ns.pop(symbol, None)
                continue
            out_ns = self._out_ns.setdefault(symbol, now_ns)
            lost_ns = self._lost_since(now_ns, symbol)
            since_ns = max(out_ns, self._calm_ns)
            if now_ns < since_ns or clock.last_ns < since_ns:
                clock.start(max(now_ns, since_ns))
                continue
            clock.tick(
                now_ns, self._wrong(symbol, lost_ns, resting.get(symbol, 0), why), self._excuse(), self._findings
            )

    def _why_unsteady(self, now_ns: int) -> str:
        if self._came_ns is None or len(self._lives_ns) < _SHORT_LIVES:
            return ""
        longest_ns = max(*self._lives_ns, now_ns - self._came_ns)
        return "the private stream breaks again and again" if longest_ns < self._tolerance.lasting_ns else ""

    def _lost_since(self, now_ns: int, symbol: str) -> int:
        """Note that health is lost now; give since when it has been, but for moments."""
        if now_ns - self._seen_ns.get(symbol, now_ns - _BACK_NS) >= _BACK_NS:
            self._lost_ns[symbol] = now_ns
        self._seen_ns[symbol] = now_ns
        # A process that never had a private stream knows that from its beginning, and may say so.
        return self._lost_ns[symbol] if self._awaited_ns is None else min(self._lost_ns[symbol], self._born_ns)

    def _wrong(self, symbol: str, lost_ns: int, resting: int, why: str) -> str:
        if resting:
            return f"{symbol}: {resting} orders still rest, and {why}"
        is_told = self._alert_ns is not None and self._alert_ns >= lost_ns - _BACK_NS
        return "" if is_told else f"{symbol}: nobody was told that {why}"

    def _excuse(self) -> str:
        return "" if self._is_dead_man_armed() else self._why_cut((REST_UP,))
