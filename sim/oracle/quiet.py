"""L5: the storm is over, so the traffic that it caused must be.

Judged once ``quiet_s`` of calm have passed, over the last twenty seconds (W). What is ordinary
follows from the config and from what happened in W:

    questions <= 2 x symbols x 3 slots x W / audit_every  +  2 x W / clock_every  +  2 x W / margin_every
                 + 4, and one for each create, amend and cancel that left, and one for each fill that came,
                 one for each question that came back without a verdict, where one has had one of late; one for
                 each word of where an order stands beyond those, and for each create or amend without a
                 verdict, or amended to what nobody asked for, as many as prove what became of it:
                 proof / query_every + 4; for each that was answered later than anybody waits, one more for
                 each query_every of that
    cancels   <= 2 x (creates + amends), as many again of those without a verdict: what may come to be there
                 still is cancelled ever more seldom; and six for each symbol,
                 and one for each that came back without a verdict or was refused, up to one a second for each side
                 of a symbol

Without the private stream fills and orders are polled: twice for each slot, W / poll_fills times. A
book is asked for only while evidence shows none (the budget for questions bounds how often), and
counts nowhere. A venue that fails some questions and answers others is asked again: the storm goes on there;
one that answers none is asked ever more seldom. Questions about an order that is over, as evidence goes, end
within ``quiet_s`` of the last question that failed.

The calm begins later for a process that begins in it, which was told nothing of what the one before it had asked and
sent, and for one that was banned: while a ban lasts that was told, nothing may be asked, and afterwards all is due.
"""

from collections import deque
from typing import Final

from sim.oracle.answers import OF_QUESTIONS
from sim.oracle.evidence import Evidence
from sim.oracle.findings import Findings
from sim.oracle.hindrance import Hindrance
from sim.oracle.tolerance import Tolerance
from strategy import commands, events
from strategy.knobs import FeedKnobs, OrderKnobs
from strategy.units import NS_PER_S

_WINDOW_NS: Final = 20 * NS_PER_S
_SLOTS: Final = 3
_SLACK: Final = 4
# A venue that has answered a question within so many windows does answer.
_OF_LATE: Final = 3
_CANCELS_PER_SYMBOL: Final = 6
_SIDES: Final = 2
_ASK, _ADD, _CANCEL, _FILL = "asks", "adds", "cancels", "fills"
_FAILED, _LOST = "failed asks", "failed cancels"
_WORD, _UNSURE, _LATE = "words", "unsure", "late"
_VERDICTS: Final = (events.OrderAccepted, events.OrderRejected, events.OrderAmended, events.AmendRefused)
_WORDS: Final = (events.OrderAccepted, events.OrderAmended, events.AmendRefused, events.CancelRefused)
_IN_VAIN: Final = {
    events.QUERY: _FAILED,
    events.CANCEL: _LOST,
    events.CANCEL_ALL: _LOST,
    events.CREATE: _UNSURE,
    events.AMEND: _UNSURE,
}
_KINDS: Final[dict[type, str]] = {
    commands.CreateOrder: _ADD,
    commands.AmendOrder: _ADD,
    commands.CancelOrder: _CANCEL,
    commands.CancelAll: _CANCEL,
    commands.QueryOrder: _ASK,
    commands.QueryOpenOrders: _ASK,
    commands.QueryFills: _ASK,
    commands.SampleClock: _ASK,
    commands.QueryMargin: _ASK,
    commands.QueryTerms: _ASK,
}


class Quiet:
    """Counts the last twenty seconds."""

    def __init__(
        self,
        evidence: Evidence,
        orders: OrderKnobs,
        feed: FeedKnobs,
        tolerance: Tolerance,
        findings: Findings,
        calm_ns: int,
        hindrance: Hindrance,
    ) -> None:
        """``calm_ns`` is the bot's clock when the storm is over."""
        self._evidence = evidence
        self._orders = orders
        self._feed = feed
        self._tolerance = tolerance
        self._findings = findings
        self._calm_ns = calm_ns
        self._hindrance = hindrance
        self._seen: deque[tuple[int, str]] = deque()
        self._counts = dict.fromkeys((_ASK, _ADD, _CANCEL, _FILL, *dict.fromkeys(_IN_VAIN.values()), _WORD, _LATE), 0)
        # Since when a dead order has been asked about, by client id.
        self._dead_ns: dict[str, int] = {}
        # What the latest amend of each order asked for, until the first word of it.
        self._amends: dict[str, tuple[int, int]] = {}
        # When the latest create or amend of each order left, until its first answer.
        self._left_ns: dict[str, int] = {}
        self._is_polling = False
        self._polled_ns = self._answered_ns = 0
        self._failed_ns = -_WINDOW_NS

    def heard(self, now_ns: int, event: events.Event) -> None:
        """Note fills, what became of questions, and whether there is a private stream."""
        if isinstance(event, OF_QUESTIONS):
            self._answered_ns = now_ns
        elif isinstance(event, _WORDS):
            self._count(now_ns, _WORD)
        if isinstance(event, _VERDICTS):
            self._answered(now_ns, event.client_id)
        match event:
            case events.OrderFilled():
                self._count(now_ns, _FILL)
            case events.OrderAmended(client_id=client_id, price_ticks=price_ticks, size_lots=size_lots):
                if self._amends.pop(client_id, (price_ticks, size_lots)) != (price_ticks, size_lots):
                    self._count(now_ns, _UNSURE)
            case events.CancelRefused():
                self._count(now_ns, _LOST)
            case events.Unanswered(request=request) if request in _IN_VAIN:
                self._count(now_ns, _IN_VAIN[request])
                self._failed_ns = now_ns if request == events.QUERY else self._failed_ns
            case events.StreamDown(stream=events.PRIVATE):
                self._is_polling = True
            case events.StreamUp(stream=events.PRIVATE):
                self._is_polling, self._polled_ns = False, now_ns
            case _:
                pass

    def sent(self, now_ns: int, command: commands.Command) -> None:
        """Count a request; look whether a question is about the dead."""
        kind = _KINDS.get(type(command))
        if kind is None:
            return
        self._count(now_ns, kind)
        if isinstance(command, commands.QueryOrder):
            self._asked_about(now_ns, command.client_id)
        elif isinstance(command, commands.CreateOrder):
            self._left_ns[command.client_id] = now_ns
        elif isinstance(command, commands.AmendOrder):
            self._left_ns[command.client_id] = now_ns
            self._amends[command.client_id] = (command.price_ticks, command.size_lots)
        elif isinstance(command, commands.CancelOrder):
            self._amends.pop(command.client_id, None)

    def restarted(self, now_ns: int) -> None:
        """Note that a process begins, which knows nothing of what the one before it asked and sent."""
        self._calm_ns = max(self._calm_ns, now_ns)
        self._seen.clear()
        self._counts = dict.fromkeys(self._counts, 0)
        self._dead_ns, self._amends, self._left_ns = {}, {}, {}

    def look(self, now_ns: int) -> None:
        """Compare the last seconds with what is ordinary."""
        self._forget(now_ns)
        if now_ns < self._quiet_from_ns() + _WINDOW_NS:
            return
        self._findings.checked("L5")
        counts, symbols = self._counts, len(self._evidence.money)
        asks_max = self._ordinary_asks(now_ns, symbols)
        cancels_max = 2 * (counts[_ADD] + counts[_UNSURE]) + _CANCELS_PER_SYMBOL * symbols
        cancels_max += min(counts[_LOST], symbols * _SIDES * _WINDOW_NS // NS_PER_S)
        for kind, most in ((_ASK, asks_max), (_CANCEL, cancels_max)):
            if counts[kind] > most:
                seconds = _WINDOW_NS // NS_PER_S
                detail = f"{counts[kind]} {kind} in the last {seconds} s of the calm, {most} are ordinary"
                self._findings.breach("L5", now_ns, kind, detail, f"what left and what came in those {seconds} s")

    def _ordinary_asks(self, now_ns: int, symbols: int) -> int:
        orders, feed, counts = self._orders, self._feed, self._counts
        often = 2 * (symbols * _SLOTS * _WINDOW_NS // orders.audit_every_ns)
        often += 2 * (_WINDOW_NS // feed.clock_every_ns + _WINDOW_NS // feed.margin_every_ns)
        often += _SLACK + counts[_ADD] + counts[_CANCEL] + counts[_FILL]
        often += counts[_FAILED] if now_ns - self._answered_ns <= _OF_LATE * _WINDOW_NS else 0
        often += max(0, counts[_WORD] - counts[_ADD] - counts[_CANCEL])
        often += counts[_LATE]
        often += counts[_UNSURE] * (self._tolerance.proof_ns // orders.query_every_ns + _SLACK)
        if self._is_polling or now_ns - self._polled_ns < _WINDOW_NS:
            often += 2 * symbols * _SLOTS * _WINDOW_NS // feed.poll_fills_ns
        return often

    def _answered(self, now_ns: int, client_id: str) -> None:
        """Count for how many pauses between questions an answer was late."""
        late_ns = min(_WINDOW_NS, now_ns - self._left_ns.pop(client_id, now_ns) - self._tolerance.silence_ns)
        for _ in range(-(-late_ns // self._orders.query_every_ns) if late_ns > 0 else 0):
            self._count(now_ns, _LATE)

    def _asked_about(self, now_ns: int, client_id: str) -> None:
        order = self._evidence.orders.get(client_id)
        if order is None or not order.over:
            self._dead_ns.pop(client_id, None)
            return
        if now_ns - self._failed_ns < _WINDOW_NS:
            return  # it may be the list of fills that is missing: an order that is not found may have traded
        since_ns = self._dead_ns.setdefault(client_id, now_ns)
        if now_ns > max(since_ns + self._tolerance.quiet_ns, self._quiet_from_ns()):
            detail = f"{client_id} is asked about for {(now_ns - since_ns) / NS_PER_S:.1f} s after its end"
            seen = f"its end was delivered: {order.over}"
            self._findings.breach("L5", now_ns, client_id, detail, seen, order=client_id)

    def _quiet_from_ns(self) -> int:
        return max(self._calm_ns, self._hindrance.asked_again_ns) + self._tolerance.quiet_ns

    def _count(self, now_ns: int, kind: str) -> None:
        self._seen.append((now_ns, kind))
        self._counts[kind] += 1
        self._forget(now_ns)

    def _forget(self, now_ns: int) -> None:
        while self._seen and self._seen[0][0] <= now_ns - _WINDOW_NS:
            self._counts[self._seen.popleft()[1]] -= 1
