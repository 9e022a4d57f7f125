"""Bybit v5 as a venue: one account, one category, four roads.

Market data and news of our orders come by two streams that are kept up, each with its own ``StreamUp``
and ``StreamDown``. Creates, amends and cancels go over the trade stream while it is up, as the fast
road, and over REST otherwise; everything else goes over REST, except a book that is asked for while
the public stream is up. Whatever road a request takes, it takes it once.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from adapters.bybit.alerts import Alerts, Told
from adapters.bybit.bands import joined, parted
from adapters.bybit.look import Look
from adapters.bybit.market import OFF_GRID, make_market
from adapters.bybit.memory import Memory
from adapters.bybit.private_part import PrivatePart
from adapters.bybit.public_part import PublicPart
from adapters.bybit.requests import capability_of
from adapters.bybit.rest import Rest, RestRoad
from adapters.bybit.rules import EVERY_S, Rules
from adapters.bybit.signing import WINDOW_MS, Signer
from adapters.bybit.trade_road import TradeRoad
from adapters.clock import Clock
from adapters.connection import Connection, Part, Waits
from adapters.transport import Http
from adapters.venue import Answered, Dial, Feed, Seen
from strategy import commands
from strategy.batching import Capability, Group
from strategy.errors import OurMistake
from strategy.instrument import Instrument

STREAM: Final = "stream"
REST: Final = "rest"

KEY_REFUSED: Final = "SQ-V040"
NOT_SUBSCRIBED: Final = "SQ-V042"
STRANGE: Final = "SQ-V043"

_RULES_LATER_S: Final = 30.0
# A ping more often than the venue asks for: a private stream that is dead is known in eight seconds.
WAITS: Final = Waits(ping_every_s=5.0, pong_s=3.0)


class Account(msgspec.Struct, frozen=True):
    """Where an account is and what of it is used. ``session`` names this process, never twice the same."""

    name: str
    streams_url: str
    category: str
    settle_coin: str
    session: str
    entry: str = STREAM
    window_ms: int = WINDOW_MS


class BybitVenue:
    """One account in one category."""

    def __init__(
        self,
        account: Account,
        signer: Signer,
        http: Http,
        dial: Dial,
        clock: Clock,
        told: Told,
        waits: Waits = WAITS,
        rules_every_s: float = EVERY_S,
    ) -> None:
        """Nothing is connected yet. ``told`` hears what a person should know."""
        self._account, self._signer, self._clock, self._waits = account, signer, clock, waits
        self._dial, self._rules_every_s = dial, rules_every_s
        self.alerts = Alerts(told)
        self._market = make_market(account.category, (), account.settle_coin)
        self._memory = Memory()
        self._rest = Rest(http, signer, clock, account.window_ms)
        self._road = RestRoad(self._rest, self._market, self._memory, clock, is_only_road=not self.is_streaming)
        self._road.stopped = self._stopped
        self._public: PublicPart | None = None
        self._trade: TradeRoad | None = None
        self._rules: Rules | None = None
        self._instruments: tuple[Instrument, ...] = ()
        self._units: dict[str, Instrument] = {}
        self._is_slow = False  # the look was: few questions are allowed
        self._connections: list[Connection] = []

    @property
    def name(self) -> str:
        """How a person names it."""
        return self._account.name

    @property
    def capability(self) -> Capability:
        """What one request may carry."""
        return capability_of(self._market)

    @property
    def is_streaming(self) -> bool:
        """Say whether orders go in over the trade stream, where it is up."""
        return self._account.entry == STREAM

    def count_in(self, units: Sequence[Instrument]) -> None:
        """Count in these ticks and lots where what is listed allows it, from the next look on."""
        self._units = {one.symbol: one for one in units}

    async def look(self, symbols: Sequence[str]) -> Seen:
        """Read instruments, fees and settings; raises ``VenueUnusable``."""
        look = Look(self._rest, self._market, self._clock)
        seen = await look.seen(symbols, self._units)
        self._is_slow = look.is_slow
        self._market = make_market(self._account.category, seen.instruments, self._account.settle_coin)
        self._road.market, self._instruments = self._market, seen.instruments
        return seen

    async def connect(self, feed: Feed) -> None:
        """Be connected from now on; the streams say themselves when they are up."""
        if not self._market.grids or self._connections:
            raise OurMistake("a venue is looked at before it is connected, and connected once")
        account = self._account
        self._public = public = PublicPart(self._market, feed, self._refused, self._surprised)
        public.connection = self._keep("public", f"public/{account.category}", public)
        private = PrivatePart(
            self._market, self._memory, self._signer, self._rest.venue_ns, feed, self._refused, self._surprised
        )
        private.connection = self._keep("private", "private", private)
        if self.is_streaming:
            self._trade = trade = TradeRoad(
                self._market,
                self._memory,
                self._signer,
                self._clock,
                self._rest.venue_ns,
                feed,
                self._refused,
                account.window_ms,
            )
            trade.stopped, trade.surprised = self._stopped, self._surprised
            trade.connection = self._keep("trade", "trade", trade)
            self._rest.has_other_road = lambda: trade.connection.is_up
        look = Look(self._rest, self._market, self._clock)
        self._rules = Rules(look, account.category, self._instruments, feed, self.alerts, self._rules_every_s)
        for connection in self._connections:
            connection.start()
        # Where few questions are allowed, those of a bot that takes over come first.
        self._rules.start(after_s=_RULES_LATER_S if self._is_slow else 0.0)

    def send(self, one: Group, signed_venue_ns: int, answered: Answered) -> None:
        """Put one request on the wire at once, by the road that is open."""
        self._rest.ahead_ns = signed_venue_ns - self._clock.now_ns()
        first = one[0]
        if isinstance(first, commands.RequestBook) and self._public is not None:
            if not self._public.resync(first, answered):
                self._road.send(one, self._public.unless_up(first, answered))
            return
        staying, outside = parted(self._public.bands() if self._public is not None else {}, one)
        if outside:
            answered = joined(one, outside, answered)
        if not staying:
            answered(())
        elif self._trade is None or not self._trade.send(staying, signed_venue_ns, answered):
            self._road.send(staying, answered)

    async def close(self) -> None:
        """Leave every connection; what is under way ends without a verdict."""
        if self._rules is not None:
            await self._rules.stop()
        for connection in self._connections:
            await connection.stop()
        await self._road.end()
        await self._rest.close()

    def _keep(self, name: str, path: str, part: Part) -> Connection:
        url = f"{self._account.streams_url}/v5/{path}"
        connection = Connection(name, url, self._dial, part, self._account.session, self._waits)
        self._connections.append(connection)
        return connection

    # What a person should know

    def _stopped(self, words: str) -> None:
        self.alerts.say(KEY_REFUSED, words)

    def _refused(self, words: str) -> None:
        self.alerts.say(NOT_SUBSCRIBED, words)

    def _surprised(self, words: str) -> None:
        self.alerts.say(STRANGE, words)
        if OFF_GRID in words and self._rules is not None:
            self._rules.look_soon()
