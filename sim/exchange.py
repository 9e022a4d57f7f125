"""The exchange of a run: its venue, markets, links and gateway, and no bot.

Somebody has to be at the other end of the links: a simulated process (``sim.world``), or whoever
speaks the venue's wire (``sim.serve``). What a fault may touch of that other end is named here:
the request side as a whole (``rest``), and each kind of connection (``lines``).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from sim.clocks import Clock
from sim.connection import Bar
from sim.dice import Dice
from sim.kernel import Kernel
from sim.market.flow import FlowMarket
from sim.market.markets import Markets
from sim.market.rates import RateMarket
from sim.plan import Plan, PlannedFault
from sim.scenario.load import Ready
from sim.scenario.profiles import Delay as DelayModel
from sim.venue.engine import Rules, Venue
from sim.venue.gateway import Gateway
from sim.wire import PRIVATE, PUBLIC, REST_DOWN, REST_UP, Delay, Link, Message, Rule, Stage, Watcher
from strategy import events
from strategy.instrument import Instrument, price_ticks_of
from strategy.units import CASH_PER_QUOTE, NS_PER_MS, NS_PER_S, PPM

_PPM_PER_PCT: Final = PPM // 100
_PPM_PER_BPS: Final = 100
_RATE_STEPS: Final = 100
# How many turns there are in an instant where ties are drawn.
_TURNS: Final = 5

# Bids and asks.
Lingering = tuple[Sequence[tuple[int, int]], Sequence[tuple[int, int]]]
# Makes a recorded market; without one every market is modelled.
Pits = Callable[..., Any]


class Line(Protocol):
    """Connections of one kind, as a fault sees them: requests, or one of the streams."""

    barred: dict[str, Bar]
    # What keeps those who have connected from signing in.
    keyless: dict[str, Bar]

    def alive(self) -> tuple[int, ...]:
        """Give the numbers of the connections that are up."""

    def carrier(self, message: Message) -> int:
        """Give the number of the connection that a message is on."""

    def reset(self, epoch: int | None = None) -> None:
        """Break one connection, or all of this kind; one that is gone by now is not touched."""


class Requests(Protocol):
    """The side that asks, as a fault sees it."""

    cutters: list[Callable[[Stage, Message], bool]]

    def fail(self, number: int, code: str) -> None:
        """End a request without a verdict."""


class Exchange(ABC):
    """Assembled from a scenario and a plan; whoever inherits is at the other end of the links."""

    rest: Requests
    lines: dict[str, Line]

    def __init__(
        self,
        scenario: Ready,
        plan: Plan,
        start_wall_ns: int,
        pits: Pits | None = None,
        make_venue: Callable[[Sequence[Instrument], Rules, Clock], Venue] = Venue,
    ) -> None:
        """Build everything; nothing moves yet. ``start_wall_ns`` is what the venue's clock shows at 0."""
        self.scenario, self.plan = scenario, plan
        self.dice = Dice(plan.seed)
        self.kernel = Kernel(tie=self._tie if scenario.run.ties == "keyed" else None)
        self.start_wall_ns = start_wall_ns
        self.venue = self._venue(make_venue)
        self.markets = self._open_markets(pits)
        self.rules: list[Rule] = []
        self.bites: dict[str, int] = {}
        # Told of every message on every link.
        self.link_watchers: list[Watcher] = []
        # Levels of a symbol that linger in the first book somebody is told, though they are gone.
        self.lingering: Callable[[str], Lingering] = _nothing_lingers
        self.links = {name: self.link(name) for name in (REST_UP, REST_DOWN, PUBLIC, PRIVATE)}
        self.gateway = Gateway(
            self.kernel,
            self.venue,
            round(scenario.profile.venue.engine_ms * NS_PER_MS),
            self.links[REST_DOWN],
            self._answered,
            self.truth_changed,
            self._passes,
        )

    def _tie(self, lane: str, time_ns: int) -> int:
        """Draw the turn of what arrives by a link at an instant: before everything else of it, among it, or after."""
        return self.dice.u64("tie", lane, time_ns) % _TURNS - _TURNS // 2

    def link(self, name: str, *, is_stream: bool = False, also: str = "") -> Link:
        """Make a link of the scenario's kind, ruled by its faults; ``also`` is a second name of it."""
        model = getattr(self.scenario.profile.links, name)
        return Link(
            name,
            self.kernel,
            self.dice,
            delay_of(model),
            self.rules,
            is_stream=is_stream,
            also=also,
            watchers=self.link_watchers,
        )

    def bit(self, fault: PlannedFault, times: int = 1) -> None:
        """Note that a fault has changed something: one that never does is no storm."""
        self.bites[fault.id] = self.bites.get(fault.id, 0) + times

    def _venue(self, make_venue: Callable[[Sequence[Instrument], Rules, Clock], Venue]) -> Venue:
        profile = self.scenario.profile
        rules = Rules(
            start_cash=int(float(profile.venue.deposit_usdt) * _RATE_STEPS) * (CASH_PER_QUOTE // _RATE_STEPS),
            maintenance_ppm=round(profile.venue.maintenance_pct * _PPM_PER_PCT),
            orders_per_s=profile.rates.orders_per_s,
            burst=profile.rates.burst,
            reads_per_s=profile.venue.reads_per_s,
            window_ns=profile.venue.window_ms * NS_PER_MS,
            leverage=profile.venue.leverage or 0,
            band_ppm=round((profile.venue.band_pct or 0) * _PPM_PER_PCT),
            book_levels=profile.venue.book_levels,
        )
        venue = make_venue(self.scenario.instruments, rules, Clock(self.start_wall_ns))
        venue.private = self._say_privately
        venue.public = self._say_publicly
        venue.unheard = self.truth_changed
        venue.reached = self.kernel.reach
        return venue

    def _open_markets(self, pits: Pits | None) -> list[Any]:
        markets = []
        for instrument in self.scenario.instruments:
            if pits is not None:
                market = pits(instrument, self.venue)
            else:
                market = self._modelled(instrument)
                market.fill_book()
            self.venue.open_market(market)
            markets.append(market)
        self.kernel.market = Markets(markets)
        return markets

    def _modelled(self, instrument: Instrument) -> FlowMarket | RateMarket:
        chosen, symbol = self.scenario.profile.symbols[instrument.symbol], instrument.symbol
        if chosen.rates is not None:
            rates, ticks = chosen.rates, price_ticks_of(instrument, chosen.rates.price)
            return RateMarket(symbol, rates.rates(), ticks, rates.order_lots, self.dice, self.venue.traded)
        assert chosen.flow is not None, "loading has checked that a modelled market has a flow"
        return FlowMarket(
            symbol, chosen.flow, price_ticks_of(instrument, chosen.flow.price), self.dice, self.venue.traded
        )

    # What goes on by itself

    def publish_regularly(self) -> None:
        """Have market data published from now on."""
        publish_ns = self.scenario.profile.venue.publish_every_ms * NS_PER_MS
        for place, symbol in enumerate(self.scenario.market.traded):
            # Symbols take turns within an interval, as the shards of a venue do.
            first_ns = publish_ns + place * publish_ns // len(self.scenario.market.traded)
            self.kernel.at(first_ns, self._publish, symbol, publish_ns)

    def fund_regularly(self) -> None:
        """Have funding settled from now on, where the profile has any."""
        funding = self.scenario.profile.venue.funding
        if funding is not None:
            self.kernel.at(round(funding.every_s * NS_PER_S), self._fund, funding)

    def _publish(self, symbol: str, every_ns: int) -> None:
        now_ns = self.kernel.now_ns
        self.venue.publish(symbol, now_ns)
        self.kernel.at(now_ns + every_ns, self._publish, symbol, every_ns)

    def _fund(self, funding: Any) -> None:
        now_ns = self.kernel.now_ns
        for symbol in self.scenario.market.traded:
            self.venue.fund(symbol, round(funding.rate_bps * _PPM_PER_BPS), now_ns)
        self.kernel.at(now_ns + round(funding.every_s * NS_PER_S), self._fund, funding)

    # The other end

    @abstractmethod
    def noted(self, point: str) -> None:
        """Hear that a rare state was reached (``sim.oracle.sometimes``)."""

    @abstractmethod
    def truth_changed(self) -> None:
        """Hear that the venue did something with an order of ours."""

    @abstractmethod
    def tell_books(self, symbols: Sequence[str]) -> None:
        """Tell whole books once more on the public stream, to whoever listens."""

    @abstractmethod
    def restart_books(self, symbols: Sequence[str], *, is_told: bool) -> None:
        """Have the service that tells of books begin anew: it counts from 1, and may tell its first book, or not."""

    @abstractmethod
    def _say_privately(self, event: Any) -> None:
        """Tell an event on the private stream."""

    @abstractmethod
    def _say_publicly(self, symbol: str, told: Sequence[events.Event]) -> None:
        """Tell what a symbol's public feed has to tell."""

    @abstractmethod
    def _answered(self, message: Message) -> None:
        """Take the answer to a request to whoever asked."""

    @abstractmethod
    def _passes(self, stage: Stage, message: Message) -> bool:
        """Say whether a request gets past a stage of its way."""


def delay_of(model: DelayModel) -> Delay:
    """Give a link's delay as the links take it."""
    return Delay(round(model.median_ms * NS_PER_MS), model.sigma)


def _nothing_lingers(_symbol: str) -> Lingering:
    return (), ()
