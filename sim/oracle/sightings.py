"""Rare states that show in what is delivered, sent and believed: noted here, judged nowhere."""

from collections.abc import Callable, Mapping
from typing import Final

from sim.oracle.evidence import Evidence
from sim.oracle.feed import Feed
from sim.oracle.known import ABSENT, NEVER_LEFT, Known
from sim.oracle.sometimes import Sometimes
from strategy import commands, events
from strategy.belief import Belief, OrderBelief
from strategy.order_states import State
from strategy.pacing import ACCOUNT, BANNED, RATE_LIMIT
from strategy.units import NS_PER_S

_CANCEL_ONLY: Final = "cancel_only"
_TIMESTAMP: Final = "timestamp"
# So long after a restart it is still one.
_AFTER_RESTART_NS: Final = 10 * NS_PER_S
_CANCELS: Final = (events.CANCEL, events.CANCEL_ALL)
_FOUND: Final = (State.WORKING, State.CLOSED)
_UNANSWERED: Final = (State.CREATING, State.IN_DOUBT)


class Sightings:
    """Watches one run. It is told of an event before the evidence takes it in, and of a step when it is over."""

    def __init__(
        self,
        sometimes: Sometimes,
        evidence: Evidence,
        feeds: Mapping[str, Feed],
        regime_of: Callable[[str], str],
        quote_age_ns: int,
    ) -> None:
        """A book older than ``quote_age_ns`` is stale.

        ``regime_of`` tells the regime a symbol is in, in truth; empty where nobody knows.
        """
        self._sometimes = sometimes
        self._evidence = evidence
        self._feeds = feeds
        self._regime_of = regime_of
        self._quote_age_ns = quote_age_ns
        self._acked: dict[str, None] = {}  # orders whose cancel was acknowledged
        self._gaps: dict[str, None] = {}  # symbols whose sequence broke
        self._windows: dict[str, None] = {}  # symbols that are cancel-only over a position
        self._doubts = 0
        self._restarted_ns: int | None = None
        self._is_calm = self._is_heavy = False

    # What arrives

    def hearing(self, now_ns: int, event: events.Event) -> None:
        """See an event of any kind but the book's, before anybody has taken it in."""
        match event:
            case events.OrderFilled():
                self._fill(event)
            case events.FillsReport():
                for fill in event.fills:
                    if fill.symbol in self._feeds and fill.fill_id not in self._evidence.money[fill.symbol].fill_ids:
                        self._new_fill(fill)
            case events.OrderCancelled() | events.CancelTaken():
                self._cancelled(event)
            case events.OrderReport() if event.status == events.OPEN and self._is_thought_gone(event.client_id):
                self._sometimes.note("orphan_found")
            case events.OpenOrdersReport():
                if any(self._is_orphan(client_id) for client_id in event.client_ids):
                    self._sometimes.note("orphan_found")
            case events.OrderRejected() | events.AmendRefused() | events.CancelRefused():
                self._refused(now_ns, event.code, is_create=isinstance(event, events.OrderRejected))
            case events.Unanswered():
                self._unanswered(event)
            case events.BudgetSeen(bucket=bucket, remaining=0) if bucket == ACCOUNT:
                self._sometimes.note("ban_in_force")
            case events.RegimeChanged():
                self._regime(event)
            case _:
                pass

    def taking(
        self, now_ns: int, event: events.BookDelta | events.BookHeartbeat | events.BookSnapshot, late_ns: int = 0
    ) -> None:
        """Give a word of a book, so late, to its feed, and see what that changes."""
        feed = self._feeds[event.symbol]
        was_whole = feed.is_whole
        match event:
            case events.BookDelta():
                feed.delta(now_ns, event, late_ns)
            case events.BookHeartbeat():
                feed.heartbeat(now_ns, event, late_ns)
            case events.BookSnapshot():
                if feed.kept and event.seq < feed.kept[0].prev_seq:
                    self._sometimes.note("snapshot_older_than_buffer")
                feed.snapshot(now_ns, event, late_ns)
        if was_whole and not feed.is_whole:
            self._gaps[event.symbol] = None
        elif feed.is_whole and event.symbol in self._gaps:
            del self._gaps[event.symbol]
            self._sometimes.note("gap_resynced")

    def _fill(self, fill: events.OrderFilled) -> None:
        money = self._evidence.money.get(fill.symbol)
        if money is None:
            return
        if fill.fill_id in money.fill_ids:
            self._sometimes.note("duplicate_fill")
        else:
            self._new_fill(fill)

    def _new_fill(self, fill: events.OrderFilled) -> None:
        order = self._evidence.orders.get(fill.client_id)
        if order is not None and order.is_ours and not order.seen_ns:
            self._sometimes.note("fill_before_ack")
        if fill.client_id in self._acked:
            self._sometimes.note("cancel_acked_but_filled")

    def _cancelled(self, event: events.OrderCancelled | events.CancelTaken) -> None:
        order = self._evidence.orders.get(event.client_id)
        if order is None or not order.cancel_ns:
            return
        self._acked[event.client_id] = None
        if isinstance(event, events.OrderCancelled) and event.filled_lots_total > max(
            order.filled_lots, order.told_lots
        ):
            self._sometimes.note("cancel_acked_but_filled")

    def _is_thought_gone(self, client_id: str) -> bool:
        order = self._evidence.orders.get(client_id)
        return order is not None and order.over in (ABSENT, NEVER_LEFT)

    def _is_orphan(self, client_id: str) -> bool:
        return client_id not in self._evidence.orders or self._is_thought_gone(client_id)

    def _refused(self, now_ns: int, code: str, *, is_create: bool) -> None:
        if code == _TIMESTAMP:
            self._sometimes.note("timestamp_refused")
        is_fresh = self._restarted_ns is not None and now_ns - self._restarted_ns <= _AFTER_RESTART_NS
        if is_create and is_fresh and code == events.WOULD_CROSS:
            self._sometimes.note("post_only_refused_after_restart")

    def _unanswered(self, event: events.Unanswered) -> None:
        if event.code == _TIMESTAMP:
            self._sometimes.note("timestamp_refused")
        elif event.code == BANNED:
            self._sometimes.note("ban_in_force")
        elif event.code == RATE_LIMIT and event.request in _CANCELS:
            self._sometimes.note("rate_limited_while_cancelling")

    def _regime(self, event: events.RegimeChanged) -> None:
        money = self._evidence.money.get(event.symbol)
        if event.regime == _CANCEL_ONLY and money is not None and money.position_lots:
            self._windows[event.symbol] = None
        elif event.regime != _CANCEL_ONLY and self._windows.pop(event.symbol, "") is None:
            self._sometimes.note("cancel_only_with_inventory")

    # What leaves

    def sent(self, now_ns: int, command: commands.Command) -> None:
        """See a command that the core gives, before the evidence takes it in."""
        match command:
            case commands.AmendOrder():
                order = self._evidence.orders.get(command.client_id)
                if order is not None and order.filled_lots and not order.over:
                    self._sometimes.note("partial_fill_then_amend")
            case commands.CancelOrder():
                order = self._evidence.orders.get(command.client_id)
                if order is not None and not order.over:
                    self._pulled(now_ns, order)
            case _:
                pass

    def _pulled(self, now_ns: int, order: Known) -> None:
        feed = self._feeds.get(order.symbol)
        is_blind = feed is not None and feed.proof_ns and feed.blind_since_ns(now_ns, self._quote_age_ns)
        if is_blind and not order.cancel_ns:
            self._sometimes.note("stale_feed_pull")

    # What is believed

    def moved(self, before: str, order: OrderBelief, event: events.Event) -> None:
        """See an order that something was heard of or asked for; ``before`` is empty where it is new."""
        regime, state = self._regime_of(order.symbol), order.state
        if regime:
            for each in dict.fromkeys((before or state, state)):
                self._sometimes.note_state(regime, each)
        if before == State.IN_DOUBT and state in _FOUND and isinstance(event, events.OrderReport):
            self._sometimes.note("ack_lost_and_found")
        if before in _UNANSWERED and state == State.ABSENT:
            self._sometimes.note("timed_out_and_absent")

    def stepped(self, belief: Belief) -> None:
        """See what is believed after a step that was about orders."""
        self._doubts = belief.doubts

    def calm(self, belief: Belief, *, is_heavy: bool) -> None:
        """Look at the calm: how it began, the first time, and whether there was inventory to shed."""
        if not self._is_calm and belief.doubts:
            self._sometimes.note("liveness_entered_with_doubt")
        if self._is_heavy and not is_heavy:
            self._sometimes.note("inventory_shed")
        self._is_calm, self._is_heavy = True, is_heavy

    # The process

    def died(self) -> None:
        """See that the process is over."""
        if self._doubts:
            self._sometimes.note("kill_with_unknown_orders")
        self._doubts = 0

    def restarted(self, now_ns: int) -> None:
        """See that another process begins."""
        self._restarted_ns = now_ns
