"""What is measured of a bot while it quotes: a watcher of the driver that counts, and never decides.

In the hot path there are only sums: a counter is an int in a dict, a histogram a list of them. Whatever
the core can say when it is asked is read when somebody asks (``exposition``), not before.

The driver tells of every event, command and step, as the simulated one tells its watchers, and of two
things more: that a command left, and how long the journal took to make it safe.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol

from adapters.laps import Laps
from adapters.money import Money
from strategy import alarms, commands, events
from strategy.belief import Belief
from strategy.breakdown import DECODE, JOURNAL, REST, Breakdown, Histogram
from strategy.context import QuoteContext
from strategy.cycles import Cycle, Cycles
from strategy.instrument import MAKER, TAKER
from strategy.knobs import Knobs
from strategy.pacing import ACCOUNT, ORDERS, QUERIES
from strategy.units import NS_PER_MS

OTHER: Final = "other"
ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"
UNANSWERED: Final = "unanswered"
NOT_SENT: Final = "not_sent"
OUTCOMES: Final = (ACCEPTED, REFUSED, UNANSWERED, NOT_SENT)
REQUESTS: Final = (
    *(events.CREATE, events.AMEND, events.CANCEL),
    *(events.CANCEL_ALL, events.QUERY, events.BOOK),
    OTHER,
)
BUCKETS: Final = (ORDERS, QUERIES, ACCOUNT)
STREAMS: Final = (events.PUBLIC, events.PRIVATE)

# A label's values come from the venue: more kinds of them than this are one.
_CODES_MAX: Final = 64
_WAITING_MAX: Final = 1024
_PROOFS: Final = (events.BookSnapshot, events.BookDelta, events.BookHeartbeat)

# What only those around the core know, by the name of its metric: what it is.
OUTSIDE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "kill_bar_present": "Whether the file that forbids every create and amend is there (1) or not (0).",
        "guard_watching": "Whether a guard watches over this bot (1); only where it trades for real.",
        "heartbeat_timestamp_seconds": "When the last heartbeat for the guard was written, unix time.",
        "journal_ok": "Whether the disk takes the journal (1); without it nothing is placed, and cancels leave.",
        "journal_lag_records": "Records that were handed to the journal and are not safe yet.",
        "journal_bytes": "Size of the journal that is being written.",
        "restarts": "Processes before this one in the same journal.",
        "inbox_events": "Events that wait to be taken in.",
        "requests_under_way": "Requests that left and have no outcome yet.",
    }
)


class Watched(Protocol):
    """What is asked of a core."""

    @property
    def decisions(self) -> int:
        """Decisions made."""

    @property
    def wanted_ns(self) -> int:
        """Since when what the last step decided had waited for its book."""

    @property
    def refusals(self) -> dict[str, int]:
        """What its own limits said no to."""

    @property
    def cache_figures(self) -> tuple[int, int]:
        """Books by REST looked up, and found fresh."""

    def belief(self) -> Belief:
        """What it believes."""

    def last_context(self, symbol: str) -> QuoteContext | None:
        """Give the last decision about a symbol."""

    def venue_now_ns(self, now_ns: int) -> int:
        """Give the venue's time, at least."""

    def footprint(self) -> dict[str, int]:
        """Count its records."""


class Driver(Protocol):
    """What a driver offers those who look on."""

    watchers: tuple[Any, ...]
    leaving: Callable[[int, commands.Command], None]
    committed: Callable[[int, int], None]


def watch(metrics: "Metrics", driver: Driver) -> None:
    """Have a driver tell of everything; who listened before still hears it first."""
    heard_before = driver.leaving

    def left(now_ns: int, command: commands.Command) -> None:
        heard_before(now_ns, command)
        metrics.left(now_ns, command)

    driver.watchers = (*driver.watchers, metrics)
    driver.leaving, driver.committed = left, metrics.committed


class Metrics:
    """Counts of one process. ``knobs`` name the symbols and the thresholds.

    ``laps`` is the stopwatch the core was given. ``arrived_ns`` says, during a step, when what it takes
    in came to the host. ``outside`` reads what the core cannot know, by the names in ``OUTSIDE``.
    """

    def __init__(
        self,
        knobs: Knobs,
        laps: Laps,
        arrived_ns: Callable[[], int],
        outside: Mapping[str, Callable[[], float]] = MappingProxyType({}),
    ) -> None:
        """Make every child that has a fixed name, so that none is made while quoting."""
        unknown = [name for name in outside if name not in OUTSIDE]
        if unknown:
            raise ValueError(f"no such metric: {', '.join(unknown)}")
        self.knobs, self.outside = knobs, outside
        self._laps, self._arrived_ns = laps, arrived_ns
        symbols = [one.instrument.symbol for one in knobs.symbols]
        self.core: Watched | None = None
        self.session = ""
        self.now_ns = self.began_ns = 0
        self.steps = 0
        self.breakdown = Breakdown()
        self.cycle_ms, self.round_trip_ms = Histogram(), Histogram()
        self.inbox_wait_ms, self.step_ms, self.commit_ms = Histogram(), Histogram(), Histogram()
        self.commands: dict[type, int] = dict.fromkeys(commands.Command.__args__, 0)
        self.events: dict[type, int] = dict.fromkeys(events.Event.__args__, 0)
        self.outcomes = {(request, outcome): 0 for request in REQUESTS for outcome in OUTCOMES}
        self.codes: dict[tuple[str, str], int] = {}
        self.alerts = dict.fromkeys(alarms.CODES, 0)
        self.fills = {(symbol, liquidity): 0 for symbol in symbols for liquidity in (MAKER, TAKER)}
        self.money = Money(knobs)
        self.streams = dict.fromkeys(STREAMS, False)
        self.stream_losses = dict.fromkeys(STREAMS, 0)
        self.proof_ns = dict.fromkeys(symbols, 0)
        self.budgets: dict[str, events.BudgetSeen] = {}
        self.clock_samples = 0
        self.doubted_ns: dict[str, int] = {}  # since when scrapes have found which order in doubt
        self._book_venue_ns = dict.fromkeys(symbols, 0)
        self._contexts: dict[str, QuoteContext | None] = dict.fromkeys(symbols)
        self._has_fills = False
        self._loop = Cycles()
        self._spans: dict[int, tuple[int, dict[str, int]]] = {}

    def begin(self, core: Watched) -> None:
        """Watch this core from now on."""
        self.core = core
        self._contexts = dict.fromkeys(self._contexts)
        self._loop, self._spans = Cycles(), {}
        self.streams = dict.fromkeys(STREAMS, False)

    @property
    def quotes(self) -> int:
        """How many creates and amends were acknowledged, since the process began."""
        return self._loop.quotes

    # What the driver tells

    def delivered(self, now_ns: int, event: events.Event) -> None:
        """See an event just before the core does."""
        self.now_ns = now_ns
        kind = type(event)
        self.events[kind] += 1
        request = self._loop.heard(now_ns, event)
        if request:
            if isinstance(event, events.OrderRejected | events.AmendRefused | events.CancelRefused):
                self._count(request, REFUSED, event.code)
            else:
                self.outcomes[request, ACCEPTED] += 1
        note = _NOTES.get(kind)
        if note is not None:
            note(self, now_ns, event)

    def sent(self, now_ns: int, command: commands.Command) -> None:
        """See a command that the core gave."""
        self.commands[type(command)] += 1
        arrived_ns = self._arrived_ns()
        # A decision that waited for its book began when the book was wanted.
        wanted_ns = self.core.wanted_ns if self.core is not None else 0
        self._loop.asked(now_ns, min(arrived_ns, wanted_ns or arrived_ns), command)

    def left(self, now_ns: int, command: commands.Command) -> None:
        """See a command leave, now."""
        self._loop.left(now_ns, command)

    def committed(self, span_ns: int, _quotes: int) -> None:
        """See creates and amends made safe by the journal, in so long."""
        self.commit_ms.add(span_ns)

    def stepped(self, now_ns: int, leaving: tuple[commands.Command, ...], event: events.Event) -> None:
        """See that the step is over."""
        self.steps += 1
        spans = self._laps.spans_ns
        self.step_ms.add(sum(spans.values()))
        self.inbox_wait_ms.add(max(0, now_ns - self._arrived_ns()))
        if self.core is not None:
            for symbol, last in self._contexts.items():
                context = self.core.last_context(symbol)
                if context is not last and context is not None:
                    self._contexts[symbol] = context
                    self._decided(now_ns, symbol, context)
        if self._has_fills:
            self._has_fills = False
            self.money.book(now_ns)
        for command in leaving:
            self._gave(now_ns, command, spans)
        # Now and then also while nothing ends: what never does is forgotten then.
        if self._loop.ended or self._loop.round_trips_ms or not self.steps % _WAITING_MAX:
            self._drain()

    # Details

    def _decided(self, now_ns: int, symbol: str, context: QuoteContext) -> None:
        """Take in a decision: the mid, and the orders whose price it kept."""
        if context.now_ns != now_ns or not context.mid2_ticks:
            return
        self.money.purses[symbol].on_mid(now_ns, self._book_venue_ns[symbol], context)
        for working in (context.working_bid, context.working_ask):
            if working is not None and working.is_settled:
                self.money.choose(working.client_id, context)

    def _gave(self, now_ns: int, command: commands.Command, spans: dict[str, int]) -> None:
        if isinstance(command, commands.Alert):
            self.alerts[command.code] = self.alerts.get(command.code, 0) + 1
            return
        cycle_id = getattr(command, "cycle_id", 0)
        if cycle_id:
            self._spans[cycle_id] = (now_ns, spans)
        if isinstance(command, commands.CreateOrder | commands.AmendOrder):
            context = self._contexts[command.symbol]
            if context is not None and context.mid2_ticks:
                self.money.choose(command.client_id, context)

    def _drain(self) -> None:
        """Count the cycles and round trips that ended."""
        cycles, round_trips_ms = self._loop.drain(_WAITING_MAX)
        for ms in round_trips_ms:
            self.round_trip_ms.add(round(ms * NS_PER_MS))
        for cycle in cycles:
            self.cycle_ms.add(cycle.ended_ns - cycle.started_ns)
            self.breakdown.add(parts_of(cycle, *self._spans.pop(cycle.number, (cycle.started_ns, {}))))
        while len(self._spans) > _WAITING_MAX:
            del self._spans[next(iter(self._spans))]

    def _count(self, request: str, outcome: str, code: str) -> None:
        """Count an outcome that has a reason, and the reason."""
        if request not in REQUESTS:
            request = OTHER
        self.outcomes[request, outcome] += 1
        key = (request, code)
        if key not in self.codes and len(self.codes) >= _CODES_MAX:
            key = (request, OTHER)
        self.codes[key] = self.codes.get(key, 0) + 1

    def _without_verdict(self, _now_ns: int, event: events.Unanswered) -> None:
        self._count(event.request, UNANSWERED, event.code)

    def _never_left(self, _now_ns: int, event: events.NotSent) -> None:
        self._count(event.request, NOT_SENT, event.reason)

    def _filled(self, _now_ns: int, fill: events.OrderFilled) -> None:
        key = (fill.symbol, fill.liquidity)
        if key in self.fills and self.money.hear(fill):
            self.fills[key] += 1
            self._has_fills = True

    def _fills_read(self, now_ns: int, event: events.FillsReport) -> None:
        for fill in event.fills:
            self._filled(now_ns, fill)

    def _funded(self, _now_ns: int, event: events.FundingPaid) -> None:
        self.money.on_funding(event)

    def _proof(self, now_ns: int, event: Any) -> None:
        if event.symbol in self.proof_ns:
            self.proof_ns[event.symbol] = now_ns
            self._book_venue_ns[event.symbol] = event.venue_ns

    def _stream(self, _now_ns: int, event: events.StreamUp | events.StreamDown) -> None:
        is_up = isinstance(event, events.StreamUp)
        if event.stream in STREAMS:
            self.stream_losses[event.stream] += self.streams[event.stream] and not is_up
            self.streams[event.stream] = is_up

    def _budget(self, _now_ns: int, event: events.BudgetSeen) -> None:
        if event.bucket in BUCKETS:
            self.budgets[event.bucket] = event

    def _clock(self, _now_ns: int, _event: events.ClockSampled) -> None:
        self.clock_samples += 1

    def _started(self, now_ns: int, event: events.Started) -> None:
        self.session, self.began_ns = event.session, now_ns


def parts_of(cycle: Cycle, step_ns: int, spans: Mapping[str, int]) -> dict[str, int]:
    """Share a cycle that is over out among its components, in ns; together they are the whole cycle.

    ``step_ns`` is when the step that made it began, ``spans`` are that step's laps. What the event
    waited for its turn belongs to ``decode``, what the quotes waited to be written down to ``journal``.
    """
    left_ns = cycle.quoted_ns or cycle.left_ns or cycle.ended_ns
    return {
        **spans,
        DECODE: spans.get(DECODE, 0) + max(0, step_ns - cycle.started_ns),
        JOURNAL: max(0, left_ns - step_ns - sum(spans.values())),
        REST: max(0, cycle.ended_ns - left_ns),
    }


_NOTES: Final[dict[type, Callable[[Metrics, int, Any], None]]] = {
    events.Started: Metrics._started,
    events.Unanswered: Metrics._without_verdict,
    events.NotSent: Metrics._never_left,
    events.OrderFilled: Metrics._filled,
    events.FillsReport: Metrics._fills_read,
    events.FundingPaid: Metrics._funded,
    events.StreamUp: Metrics._stream,
    events.StreamDown: Metrics._stream,
    events.BudgetSeen: Metrics._budget,
    events.ClockSampled: Metrics._clock,
    **dict.fromkeys(_PROOFS, Metrics._proof),
}
