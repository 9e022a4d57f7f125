"""The core: one class, one verb, one number.

    what happened                  what we ask
    (now_ns, event) ──► Core.step ──► (commands)          Core.wake_at_ns ──► the driver's alarm

A step does the same four things for every event. *Absorb*: what it says changes what we know.
*Chase*: what is overdue becomes a question; silence is never an answer. *Decide*: the pipeline
runs for the symbols whose inputs changed, when their time has come, and at once on danger.
*Place*: the fewest commands that bring what works to what is wanted.

Placing is not tied to deciding: an acknowledgement frees a slot, and the quote that waited for it
leaves in the same step. Deciding is not tied to market data: a lost stream, a doubt, an order of
ours filled are inputs like any other.

The core is a reducer. It owns its state, and nothing else decides what it does: no clock, no dice,
no I/O. ``snapshot`` writes the state down; ``restore`` continues from it to the same commands. A
step that raises sends nothing and poisons the core: its state can no longer be trusted, so the
driver cancels everything by its own path and builds a new one.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from strategy import closures, commands, events, health, order_restart, pipeline, reads, terms
from strategy.account_words import take_account_word
from strategy.asking import ask_overdue, heard
from strategy.belief import Belief
from strategy.book_cache import came, is_any_by_rest, look_up
from strategy.context import QuoteContext
from strategy.core_state import CoreState, fresh_state
from strategy.desk import Desk
from strategy.errors import OurMistake
from strategy.footprint import footprint_of
from strategy.instrument import Instrument
from strategy.journal import Record
from strategy.knobs import Knobs
from strategy.order import Order
from strategy.order_fills import audit
from strategy.order_states import State
from strategy.order_words import Absorbed, absorb
from strategy.recovery import recover
from strategy.retreat import catch_up, is_empty, look
from strategy.rounds import decide_due, place_all
from strategy.setbacks import take_setback
from strategy.shedding import shed
from strategy.stages import guard, order_placement
from strategy.testimony import belief_of
from strategy.units import NS_PER_MS
from strategy.waking import next_wake_ns


class Core:
    """The bot. Feed it ``(now_ns, event)``, carry out what it returns, ring at ``wake_at_ns``."""

    def __init__(
        self, knobs: Knobs, state: CoreState | None = None, stopwatch: pipeline.Stopwatch = pipeline.no_stopwatch
    ) -> None:
        """Start from nothing, or from a state read back by ``restore``.

        ``stopwatch`` is told the name of each lap of a step as it ends; it decides nothing.
        """
        self._stopwatch = stopwatch
        self._knobs = knobs
        self._state = state if state is not None else fresh_state(knobs)
        self._model = pipeline.pipeline_of(knobs.model)
        self._index = {desk.symbol: place for place, desk in enumerate(self._state.desks)}
        self._is_poisoned = False

    @property
    def wake_at_ns(self) -> int | None:
        """The instant at which the driver must say ``Woke``, always in the future; None: not needed."""
        return self._state.wake_at_ns

    @property
    def decisions(self) -> int:
        """How many decisions were made, for those who measure."""
        return self._state.decisions

    @property
    def refusals(self) -> dict[str, int]:
        """What our own limits said no to, counted by code."""
        return dict(self._state.refusals)

    @property
    def wanted_ns(self) -> int:
        """Since when what the last step decided had waited for its book; 0 where it had not."""
        return self._state.wanted_ns

    @property
    def cache_figures(self) -> tuple[int, int]:
        """How often a book by REST was looked up, and how often a fresh one was there."""
        return self._state.cache_reads, self._state.cache_hits

    @property
    def is_done(self) -> bool:
        """Say whether a stop is over: a read has shown nothing left, and no order of ours may be alive."""
        return self._state.watch.is_stopped and is_empty(self._state)

    def step(self, now_ns: int, event: events.Event) -> tuple[commands.Command, ...]:
        """Absorb what happened, chase what is overdue, decide what we want, place it.

        ``now_ns`` never falls. Raises ``OurMistake`` for a bug of ours, and on every step after
        one: nothing is ever sent from a state that cannot be trusted.
        """
        if self._is_poisoned:
            raise OurMistake("the core is poisoned: a step before this one raised")
        self._is_poisoned = True
        self._stopwatch(pipeline.BEGUN)
        state = self._state
        if now_ns < state.now_ns:
            raise OurMistake(f"time went back from {state.now_ns} to {now_ns}")
        state.now_ns = now_ns
        take_in = _ABSORB.get(type(event))
        if take_in is not None:
            take_in(self, now_ns, event)
        state.wanted_ns = 0
        is_scheduled = now_ns - state.scheduled_ns >= self._knobs.decide_every_ns
        if is_scheduled and is_any_by_rest(state):
            look_up(state, self._knobs, now_ns)
        leaving = look(state, self._knobs, now_ns) if now_ns >= state.watch.due_ns else []
        leaving += ask_overdue(state, self._knobs, now_ns)
        self._stopwatch(pipeline.TAKEN_IN)
        decided = decide_due(state, self._knobs, self._model, now_ns, is_scheduled, self._stopwatch)
        place_all(state, self._knobs, now_ns, decided, leaving)
        if state.alarms.pending:
            leaving += state.alarms.take()
        state.wake_at_ns = next_wake_ns(state, self._knobs, now_ns)
        self._stopwatch(order_placement.NAME)
        answer = tuple(leaving)
        self._is_poisoned = False
        return answer

    def snapshot(self) -> bytes:
        """Write down everything the core remembers."""
        return msgspec.json.encode(self._state)

    @classmethod
    def restore(cls, knobs: Knobs, data: bytes) -> "Core":
        """Continue from a snapshot: the same events lead to the same commands."""
        return cls(knobs, msgspec.json.decode(data, type=CoreState))

    def twin(self) -> "Core":
        """Make another core of what this one has written down."""
        return type(self).restore(self._knobs, self.snapshot())

    def resume(self, snapshot: bytes, records: Iterable[Record], units: Iterable[Instrument] = ()) -> None:
        """Take over from a process that died, before ``Started``: what its journal kept, written in these units.

        An empty journal is the worst case: all that can be known is then read from the venue.
        """
        self._state = recover(self._knobs, snapshot, records, units)

    def venue_now_ns(self, now_ns: int) -> int:
        """Give the venue's time to sign a request with: a bound it has certainly reached."""
        return self._state.clock.venue_ns(now_ns)

    def last_context(self, symbol: str) -> QuoteContext | None:
        """Give the last decision about a symbol, each stage's share of its prices included."""
        return self._state.desks[self._index[symbol]].context

    def footprint(self) -> dict[str, int]:
        """Count the records of every container that grows, for those who watch over memory."""
        return footprint_of(self._state)

    def belief(self) -> Belief:
        """Say what the core believes, for those who compare it with the truth."""
        return belief_of(self._state)

    # Absorb

    def _started(self, now_ns: int, event: events.Started) -> None:
        state = self._state
        state.health.absorb(now_ns, event, self._knobs.feed.steady_after_ns)
        symbols = tuple(desk.symbol for desk in state.desks)
        order_restart.start(state.orders, now_ns, event.session, symbols, self._knobs.orders)
        state.pacing.started(now_ns)
        state.health.unread, state.health.fills_unread = list(symbols), list(symbols)
        for key in (reads.CLOCK, reads.MARGIN):
            state.reads.want(key, now_ns)
        for desk in state.desks:
            if desk.rules is not None:  # told to the process before this one
                state.reads.want(reads.TERMS_OF + desk.symbol, now_ns)

    def _fact(self, now_ns: int, event: events.Event) -> None:
        state = self._state
        if isinstance(event, events.RegimeChanged) and not closures.is_news(state, self._knobs, now_ns, event):
            return
        state.health.absorb(now_ns, event, self._knobs.feed.steady_after_ns)
        match event:
            case events.StreamDown(stream=events.PUBLIC):
                for desk in state.desks:
                    desk.book.lose()
            case events.StreamUp(stream=events.PRIVATE) if state.health.private_up:
                catch_up(state, now_ns)
            case events.StreamUp(stream=events.PUBLIC):
                for desk in state.desks:
                    desk.hear_stream(now_ns, now_ns, self._knobs.feed)
                    state.reads.want(reads.BOOK_OF + desk.symbol, now_ns + self._knobs.feed.book_wait_ns_max)
            case events.RegimeChanged():
                # The silence of a closed market counts for nothing.
                self._desk(event.symbol).hear_stream(now_ns, now_ns, self._knobs.feed)
            case events.MemoryPressure():
                shed(state, now_ns, event.level)
            case events.OperatorSaid(word=health.CLEAR_LATCH):
                for desk in state.desks:
                    desk.memory = guard.clear_latch(desk.memory)
            case _:
                pass
        state.watch.due_ns = 0
        state.all_urgent()

    def _regime_ahead(self, now_ns: int, event: events.RegimePlanned) -> None:
        closures.plan(self._state, self._knobs, now_ns, event)
        self._desk(event.symbol).is_urgent = True

    def _snapshot(self, now_ns: int, event: events.BookSnapshot) -> None:
        desk, late_ns = self._desk(event.symbol), self._late_ns(now_ns, event.venue_ns)
        if event.asked_ns:
            heard(self._state, now_ns)
        if not event.asked_ns:
            desk.on_snapshot(now_ns, now_ns - late_ns, event, self._knobs)
        elif late_ns <= self._knobs.feed.age_ns_max:
            # Its age counts from its arrival; a copy that is too old already proves nothing.
            desk.on_snapshot(now_ns, now_ns, event, self._knobs)
        came(self._state, desk, self._knobs, now_ns, event)

    def _delta(self, now_ns: int, event: events.BookDelta) -> None:
        desk = self._desk(event.symbol)
        desk.on_delta(now_ns, now_ns - self._late_ns(now_ns, event.venue_ns), event, self._knobs)
        self._want_book(now_ns, desk)

    def _heartbeat(self, now_ns: int, event: events.BookHeartbeat) -> None:
        desk = self._desk(event.symbol)
        desk.on_heartbeat(now_ns, now_ns - self._late_ns(now_ns, event.venue_ns), event, self._knobs)
        self._want_book(now_ns, desk)

    def _late_ns(self, now_ns: int, stamp_ns: int) -> int:
        """Say how late a word certainly is; where it would be too late, see that it is not the clock that moved."""
        state, age_ns_max = self._state, self._knobs.feed.age_ns_max
        late_ns = state.clock.late_ns(now_ns, stamp_ns)
        # One that may stay late for ever: the clock is asked about now and then, not with every word.
        is_asked = state.reads.asked_ns.get(reads.CLOCK) or now_ns - state.clock.sampled_ns < 2 * age_ns_max
        if late_ns > age_ns_max and not is_asked:
            state.reads.want(reads.CLOCK, now_ns)
        return late_ns

    def _want_book(self, now_ns: int, desk: Desk) -> None:
        key = reads.BOOK_OF + desk.symbol
        if not desk.book.ok and not self._state.reads.is_wanted(key):
            self._state.reads.want(key, now_ns)

    def _trade(self, now_ns: int, event: events.PublicTrade) -> None:
        self._desk(event.symbol).on_trade(now_ns, event)

    def _order_word(self, now_ns: int, event: events.Event) -> None:
        state = self._state
        if isinstance(event, _ANSWERS):
            heard(self._state, now_ns)
        take_setback(state, now_ns, event, self._knobs)
        absorbed = absorb(state.orders, now_ns, event, self._knobs.orders)
        closures.meet(state, self._knobs, now_ns, event, absorbed.order)
        self._took_in(now_ns, absorbed)
        match event:
            case events.OpenOrdersReport():
                self._open_orders_read(now_ns, event)
            case events.FillsReport() if event.symbol in state.health.fills_unread:
                state.health.fills_unread.remove(event.symbol)
            case _:
                pass

    def _took_in(self, now_ns: int, absorbed: Absorbed) -> None:
        """Pass on what a word about orders meant: fills, round trips, verdicts, queue places."""
        state = self._state
        for fill in absorbed.fills:
            if fill.symbol in self._index:
                index = self._index[fill.symbol]
                state.desks[index].on_fill(now_ns, fill, self._knobs.symbols[index])
                state.desks[index].must_place = True
            if fill.liquidity == "taker":
                state.signals.take(now_ns)
        if absorbed.round_trip_ns is not None:
            state.signals.round_trip(now_ns, absorbed.round_trip_ns / NS_PER_MS)
        if absorbed.is_rejected is not None:
            state.signals.order_answered(now_ns, absorbed.is_rejected)
        order = absorbed.order
        if order is not None and order.symbol in self._index:
            desk = state.desks[self._index[order.symbol]]
            if absorbed.is_rejected is False:
                desk.unsent = 0
                state.clock.taken()
            self._stand(desk, order)
            desk.must_place = True
        # What one symbol's orders leave of the account's room the others learn as they decide: to
        # place all of them anew at every word would cost the square of the number of symbols.
        state.all_dirty()

    def _stand(self, desk: Desk, order: Order) -> None:
        if order.state is State.WORKING:
            desk.stand(order.client_id, order.side, order.price_ticks, order.size_lots - order.filled_lots)
        elif not order.is_open:
            desk.leave(order.client_id)
        if order.state is State.IN_DOUBT:
            self._state.all_urgent()

    def _open_orders_read(self, now_ns: int, event: events.OpenOrdersReport) -> None:
        state = self._state
        again_ns = now_ns + self._knobs.orders.open_every_ns
        key = reads.OPEN_ORDERS_OF + event.symbol
        if state.reads.answered(key, event.asked_ns, again_ns):
            audit(state.orders, now_ns, event.symbol)
        elif not state.reads.is_wanted(key):
            state.reads.want(key, again_ns)  # a sweep's own read: from here on they are compared now and then
        if event.symbol in state.health.unread and event.symbol not in state.orders.sweeps:
            state.health.unread.remove(event.symbol)

    def _account_word(self, now_ns: int, event: events.Event) -> None:
        take_account_word(self._state, self._knobs, now_ns, event)

    def _terms_seen(self, now_ns: int, event: events.TermsSeen) -> None:
        if event.asked_ns:
            heard(self._state, now_ns)
        index = self._index[event.symbol]
        terms.take(self._state, self._state.desks[index], self._knobs.symbols[index], now_ns, event)

    def _funding(self, now_ns: int, event: events.FundingPaid) -> None:
        self._desk(event.symbol).position.fund(event)
        self._state.all_dirty()

    # Small things

    def _desk(self, symbol: str) -> Desk:
        return self._state.desks[self._index[symbol]]


# Words that only an answer to a question of ours can be.
_ANSWERS: Final = (
    events.OrderReport,
    events.OpenOrdersReport,
    events.FillsReport,
    events.CancelAllAnswered,
    events.CancelTaken,
)

# Which part of the core takes in which event; an event that is not here only lets time pass.
_ABSORB: Final[dict[type, Callable[[Core, int, Any], None]]] = {
    events.Started: Core._started,
    events.BookSnapshot: Core._snapshot,
    events.BookDelta: Core._delta,
    events.BookHeartbeat: Core._heartbeat,
    events.PublicTrade: Core._trade,
    events.FundingPaid: Core._funding,
    events.RegimePlanned: Core._regime_ahead,
    events.TermsSeen: Core._terms_seen,
    **dict.fromkeys((events.ClockSampled, events.MarginSeen, events.BudgetSeen), Core._account_word),
    **dict.fromkeys(
        (
            events.Stopping,
            events.StreamUp,
            events.StreamDown,
            events.RegimeChanged,
            events.MemoryPressure,
            events.OperatorSaid,
        ),
        Core._fact,
    ),
    **dict.fromkeys(
        (
            events.OrderAccepted,
            events.OrderRejected,
            events.OrderAmended,
            events.AmendRefused,
            events.OrderCancelled,
            events.CancelTaken,
            events.CancelRefused,
            events.OrderFilled,
            events.OrderReport,
            events.OpenOrdersReport,
            events.FillsReport,
            events.Unanswered,
            events.NotSent,
            events.CancelAllAnswered,
        ),
        Core._order_word,
    ),
}
