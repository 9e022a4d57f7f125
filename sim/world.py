"""One run: a plan, an exchange, links, a host with a bot on it, and those who look on.

The world is assembled once and runs to its end; it is never copied. Everything that happens is a
control event in the kernel's queue (a message arriving, a timer, a publication) or a background
event in a market's own loop. Nothing else moves time.

Who touches whom: the driver feeds the core and puts its commands on ``rest_up``; the gateway hands
them to the venue's engine and puts answers on ``rest_down``; the venue speaks to ``private`` and
``public``. Faults are rules on those four links, or a factor on the market. The core never sees
anything but events; the oracle sees everything and touches nothing.

True time begins at 0. The bot's clock shows the scenario's ``start_utc`` then: its monotonic
clock with the wall anchor folded in, as ``Started`` tells the core.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from sim.bot import Bot
from sim.calls import Calls
from sim.connection import Connection
from sim.driver import SimDriver
from sim.exchange import Exchange, Lingering
from sim.faults import install_all
from sim.host.host import INBOX_MAX, Host
from sim.host.process import Process
from sim.host.steady import Steady
from sim.lines import OneLine, RequestLine
from sim.measures import SAMPLE_NS, Measures, Standing, is_stale
from sim.oracle.memory import HEAP
from sim.oracle.oracle import Oracle
from sim.oracle.outside import Outside
from sim.oracle.recoverable import Ways
from sim.oracle.sometimes import DOWN
from sim.plan import Plan
from sim.scenario.load import Ready
from sim.streams import Streams
from sim.trace import Trace
from sim.wire import PRIVATE, PUBLIC, REST, REST_DOWN, REST_UP, STREAMS, Message, Stage
from strategy import commands, events
from strategy.batching import Group, of_size
from strategy.belief import Belief
from strategy.config_knobs import knobs as make_knobs
from strategy.footprint import bounds_of
from strategy.knobs import Knobs
from strategy.units import NS_PER_MS, NS_PER_S, PPM

_MARKET_HASH_NS: Final = NS_PER_S
_PPM_PER_PCT: Final = PPM // 100
_PPM_PER_BPS: Final = 100
_RATE_STEPS: Final = 100
# A call is given up after five seconds, so no more are under way than a budget lets leave in that time.
_CALLS_S: Final = 5

CoreFactory = Callable[[Knobs], Any]


class Outcome(msgspec.Struct, frozen=True):
    """How a run ended: its digest, and the error that ended it early, if one did."""

    digest: str
    checkpoints: tuple[str, ...]
    error: str
    error_code: str
    ended_ns: int


class World(Exchange):
    """Assembled from a scenario, a plan and a core; ``run`` takes it to its end, once."""

    driver: Bot

    def __init__(
        self, scenario: Ready, plan: Plan, factory: CoreFactory, pits: Callable[..., Any] | None = None
    ) -> None:
        """Build everything; nothing moves yet. ``pits`` replaces the modelled market by another."""
        super().__init__(scenario, plan, scenario.run.start_wall_ns, pits)
        self.trace = Trace()
        batches = of_size(scenario.profile.rates.batch_max, per_item=True)
        self.knobs = make_knobs(scenario.config, scenario.instruments, batches)
        self.host = Host(self.kernel, self.start_wall_ns)
        self.open_bot()
        self.factory = factory
        self.core = factory(self.knobs)
        self.process = Process(self)
        last_context = self._last_context if hasattr(self.core, "last_context") else None
        self.measures = Measures(last_context, self._triggered_ns, lambda: self.kernel.now_ns)
        self.oracle = self._oracle()
        self.driver.watchers = (self.measures, Steady(self.oracle, self.host))
        self.driver.take_step = self.oracle.purity.step
        self.watch_requests(
            lambda _now_ns, command: self.oracle.leaving(self.host.steady_ns(), command), self.measures.loop.called
        )
        self.driver.ended = lambda: self.oracle.process_died(self.host.steady_ns())
        self.standing = {symbol: Standing() for symbol in scenario.market.traded}
        self.mids: dict[str, list[tuple[int, int]]] = {symbol: [] for symbol in scenario.market.traded}
        self.is_over = False
        self._failure: tuple[str, str] | None = None

    # Assembly

    def open_bot(self) -> None:
        """Put a driver on the host, and its connections at the other end of the links."""
        driver = SimDriver(self.kernel, self.host, self.trace)
        self.driver = driver
        self.calls = driver.calls = self._open_wire()
        offered = STREAMS if self.scenario.profile.venue.public_stream else (PRIVATE,)
        self.streams = Streams(self.kernel, self.dice, self.links, self.driver.feed, self.told_first, offered)
        self.rest = self.calls
        self.lines = {REST: RequestLine(self.calls.connection)}
        for name, connection in self.streams.connections.items():
            self.lines[name] = OneLine(connection, partial(self.streams.reset, name))

    def watch_requests(
        self, leaving: Callable[[int, commands.Command], None], over: Callable[[Group, int, int], None]
    ) -> None:
        """Have somebody told of each command as it goes out, and of each request that is over."""
        self.calls.leaving, self.calls.over = leaving, over

    def connect_requests(self) -> None:
        """Have requests of a process that takes over connected before it begins."""
        self.calls.connection.assume()

    def connect_streams(self) -> None:
        """Have streams from now on."""
        self.streams.connect()

    def hang_up(self) -> None:
        """Have no connection any more: the process is gone."""
        self.calls.connection.shut()
        self.streams.drop()

    def heard_ns(self) -> int:
        """Say when an answer to a request was last heard, true time."""
        return self.calls.connection.heard_ns

    def _open_wire(self) -> Calls:
        """Join the driver and the venue by requests and answers."""
        connection = Connection(REST, self.kernel, self.dice, self.links[REST_DOWN])
        connection.assume()
        return Calls(
            self.kernel,
            self.host,
            self.links[REST_UP],
            self.gateway.arrive,
            self.driver.feed,
            connection,
            self.knobs.capability,
            self.knobs.dispatch,
        )

    def _answered(self, message: Message) -> None:
        self.calls.answered(message)

    def _passes(self, stage: Stage, message: Message) -> bool:
        return self.calls.passes(stage, message)

    def _oracle(self) -> Oracle:
        bounds = self.scenario.invariants
        calm_ns = self.plan.calm_ns
        return Oracle(
            self.venue,
            self._belief,
            self.knobs.symbols,
            self.knobs.account,
            self.knobs.orders,
            self.knobs.feed,
            self.knobs.pacing,
            self.knobs.guard,
            self.knobs.signals,
            bounds.bounds,
            bounds.off,
            None if calm_ns is None else self.start_wall_ns + calm_ns,
            self._outside(),
            self.knobs.capability,
        )

    def _outside(self) -> Outside:
        kernel, ways = self.kernel, Ways(self.plan)
        lost = ways.why_unrecoverable()
        return Outside(
            true_ns=lambda: kernel.now_ns,
            is_safe=self.host.disk.is_safe,
            why_cut=lambda links: ways.why_cut(kernel.now_ns, links),
            why_stormy=lambda: ways.why_stormy(kernel.now_ns),
            why_lost=lambda: lost,
            why_mute=lambda symbol: "the venue knows no such symbol" if symbol in self.venue.delisted else "",
            is_dead_man_armed=lambda: self.venue.is_dead_man_armed,
            sizes=self._sizes,
            regime_of=self._regime_of,
            shot_ticks=lambda symbol: self.venue.pits[symbol].shot_ticks,
            twin=_twin,
        )

    def _regime_of(self, symbol: str) -> str:
        return DOWN if self.venue.is_silent else self.venue.regime.get(symbol, "")

    def noted(self, point: str) -> None:
        """Count a rare state that was reached."""
        self.oracle.sometimes.note(point)

    def _sizes(self) -> Iterator[tuple[str, int, int]]:
        """Count what grows at the bot: its tables, what waits for it and what it waits for, its heap."""
        driver, host, pacing = self.driver, self.host, self.knobs.pacing
        if not driver.is_alive:
            return
        counts = host.heap.footprint()
        for name, most in bounds_of(self.knobs).items():
            if name in counts:
                yield name, counts[name], most
        yield "inbox", host.waiting(), INBOX_MAX
        a_second = pacing.orders_per_s + pacing.queries_per_s
        yield "calls under way", driver.under_way(), _CALLS_S * a_second + pacing.burst + a_second
        if host.heap.budget is not None:
            yield HEAP, host.heap.used_bytes(), host.heap.budget.hard_bytes

    def _belief(self) -> Belief | None:
        """Ask the core of the process that lives now what it believes; not every core says."""
        if not self.driver.is_alive:
            return None
        belief: Belief | None = getattr(self.driver.core, "belief", lambda: None)()
        return belief

    def _triggered_ns(self) -> int:
        """Give when the cycle of the step that is going on began: as its event came, or as its book was wanted."""
        wanted_ns: int = getattr(self.driver.core, "wanted_ns", 0)
        return min(self.driver.arrived_ns, wanted_ns or self.driver.arrived_ns)

    def _last_context(self, symbol: str) -> Any:
        return self.driver.core.last_context(symbol)  # type: ignore[attr-defined]

    # Running

    def run(self) -> Outcome:
        """Run to the end of the plan, or to the first broken invariant, or until something raises."""
        self.begin()
        self.advance(self.plan.duration_ns)
        return self.end()

    def begin(self) -> None:
        """Put everything in motion; nothing has moved yet."""
        self._schedule()

    def advance(self, until_ns: int) -> None:
        """Run up to and including an instant, and no further than the run goes. Where it is cut changes nothing.

        Whether an invariant broke is looked at once a simulated second; whatever raises ends the run.
        """
        end_ns = self.plan.duration_ns
        while not self.is_over and self.kernel.now_ns < until_ns:
            second_ns = (self.kernel.now_ns // NS_PER_S + 1) * NS_PER_S
            self._guarded(self.kernel.run, min(second_ns, until_ns, end_ns))
            is_look_due = self.kernel.now_ns in (second_ns, end_ns)
            self.is_over |= is_look_due and (bool(self.oracle.breaches) or self.kernel.now_ns == end_ns)

    def end(self) -> Outcome:
        """Judge what can only be judged at the end, and say how it ended."""
        if not self._failure:
            self._guarded(self._finish)
        error, code = self._failure or ("", "")
        ended_ns = self.kernel.now_ns
        self.trace.record("end", ended_ns, self._final_truth())
        return Outcome(self.trace.digest(), tuple(self.trace.checkpoints), error, code, ended_ns)

    @property
    def raised(self) -> str:
        """What raised and ended the run, with its code on the last line; empty while nothing did."""
        error, code = self._failure or ("", "")
        return f"{error} ({code})" if error else ""

    def _finish(self) -> None:
        self.oracle.finish(self.host.steady_ns())

    def _guarded(self, function: Callable[..., None], *args: Any) -> None:
        """Call something of the world: what raises in it is a result, and the end of the run."""
        try:
            function(*args)
        except Exception as raised:  # noqa: BLE001 - the edge of the world
            self.driver.is_alive = False
            self.is_over, self._failure = True, _told(raised)
            self.venue.cancel_everything(self.kernel.now_ns)
            self.trace.record("raised", self.kernel.now_ns, (self._failure[1], type(raised).__name__))

    def _schedule(self) -> None:
        kernel = self.kernel
        kernel.at(0, self.process.start, self.core)
        self.publish_regularly()
        kernel.at(SAMPLE_NS, self._sample)
        kernel.at(_MARKET_HASH_NS, self._hash_markets)
        self.fund_regularly()
        install_all(self)

    def told_first(self) -> list[events.Event]:
        """Give what a new subscriber hears: regimes, and the book as it is; what led to it was for others."""
        now_ns = self.kernel.now_ns
        venue_ns = self.venue.venue_ns(now_ns)
        told: list[events.Event] = [*self.venue.regime_words(now_ns)]
        for symbol in self.scenario.market.traded:
            *_, book = self.venue.feeds[symbol].snapshot(now_ns, venue_ns, 0)
            told.append(merged(book, self.lingering(symbol)))
        return told

    # The wire

    def tell_books(self, symbols: Sequence[str]) -> None:
        """Tell whole books once more; what changed until now comes first."""
        now_ns = self.kernel.now_ns
        for symbol in symbols:
            self.venue.say(symbol, self.venue.feeds[symbol].snapshot(now_ns, self.venue.venue_ns(now_ns), 0))

    def restart_books(self, symbols: Sequence[str], *, is_told: bool) -> None:
        """Count the books' messages from 1 again."""
        now_ns = self.kernel.now_ns
        for symbol in symbols:
            feed = self.venue.feeds[symbol]
            self.venue.say(symbol, feed.publish(now_ns, self.venue.venue_ns(now_ns)))
            feed.restart()
        if is_told:
            self.tell_books(symbols)

    def _say_privately(self, event: Any) -> None:
        self.streams.tell(PRIVATE, event)
        self.truth_changed()

    def _say_publicly(self, _symbol: str, told: Sequence[events.Event]) -> None:
        for event in told:
            self.streams.tell(PUBLIC, event)

    def truth_changed(self) -> None:
        """Have the oracle look: the venue did something with an order of ours."""
        self.oracle.truth_changed(self.host.steady_ns())

    # Looking on

    def _sample(self) -> None:
        """Look at what stands in the book, and at the mid, ten times a second."""
        now_ns = self.kernel.now_ns
        age_ns = round(self.scenario.invariants.bounds.quote_age_ms_max * NS_PER_MS)
        quotes: dict[str, dict[int, list[int]]] = {symbol: {} for symbol in self.standing}
        for order in self.venue.open_orders():
            if order.symbol in quotes:
                quotes[order.symbol].setdefault(order.side, []).append(order.price_ticks)
        for one in self.knobs.symbols:
            symbol = one.instrument.symbol
            mid2 = self.venue.pits[symbol].book.mid2_ticks
            self.mids[symbol].append((now_ns, mid2))
            blind_ns = now_ns - self.measures.proved_ns.get(symbol, now_ns)
            fair = self.venue.pits[symbol].fair_ticks
            stale = is_stale(quotes[symbol], fair, is_blind=blind_ns > age_ns)
            self.standing[symbol].sample(now_ns, quotes[symbol], mid2, one.spread.width_bps_ceiling, is_stale=stale)
        self.kernel.at(now_ns + SAMPLE_NS, self._sample)

    def _hash_markets(self) -> None:
        now_ns = self.kernel.now_ns
        self.trace.record("market", now_ns, tuple(market.hash_so_far() for market in self.markets))
        self.kernel.at(now_ns + _MARKET_HASH_NS, self._hash_markets)

    def _final_truth(self) -> Any:
        symbols = self.scenario.market.traded
        return (
            tuple((symbol, self.venue.position_lots(symbol), self.venue.cash(symbol)) for symbol in symbols),
            tuple(order.client_id for order in self.venue.open_orders()),
            tuple(market.hash_so_far() for market in self.markets),
            tuple((breach.code, breach.now_ns) for breach in self.oracle.breaches),
        )


def merged(book: events.Event, lingering: Lingering) -> events.Event:
    """Give a book together with levels that are gone and linger."""
    old_bids, old_asks = lingering
    if not isinstance(book, events.BookSnapshot) or not (old_bids or old_asks):
        return book
    bids, asks = dict(old_bids) | dict(book.bids), dict(old_asks) | dict(book.asks)
    return replace(book, bids=tuple(sorted(bids.items(), reverse=True)), asks=tuple(sorted(asks.items())))


def _told(raised: Exception) -> tuple[str, str]:
    """Give the traceback as text, without addresses or paths that differ between machines, and a code."""
    import traceback

    frames = traceback.extract_tb(raised.__traceback__)
    lines = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    text = "\n".join([*lines, f"{type(raised).__name__}: {raised}"])
    return text, str(getattr(raised, "code", "SQ-S001"))


def _twin(core: Any) -> Any:
    """Make another core of what one has written down; a foreign one has none unless its own class says how."""
    twin = vars(type(core)).get("twin")
    return None if twin is None else twin(core)
