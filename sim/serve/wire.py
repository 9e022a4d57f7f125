"""The served venue as a network shows it: connections, requests and streams, on the kernel's time.

It stands at the other end of an exchange's links: whoever owns the exchange passes on what the venue
says (``say_privately``, ``say_publicly``, ``answered``, ``passes``), and gives faults ``rest`` and
``lines``. ``Served`` is an exchange that does just that, and has no bot.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from sim.exchange import Exchange
from sim.plan import Plan
from sim.scenario.load import Ready
from sim.serve import asked
from sim.serve.envelopes import http_answer
from sim.serve.market_reads import MarketReads
from sim.serve.orders import Desk
from sim.serve.prints import Prints
from sim.serve.private import PrivateStream
from sim.serve.public import PublicStream, PublicTalk
from sim.serve.roads import Down, RestLine, Roads, Told
from sim.serve.routes import Routes
from sim.serve.settings import Settings
from sim.serve.signing import Key, key_of
from sim.serve.site import Site
from sim.serve.spoiling import spoilt_answer
from sim.serve.talks import Talk
from sim.serve.trade import TradeTalk
from sim.through.exchanged import Answered, Cut, Request, Speaker
from sim.venue.orders import FILLED
from sim.wire import PRIVATE, PUBLIC, REST, Message, Stage
from strategy import commands, events
from strategy.units import NS_PER_MS, NS_PER_S

PUBLIC_PATH: Final = "/v5/public/"
PRIVATE_PATH: Final = "/v5/private"
TRADE_PATH: Final = "/v5/trade"
_TICK_NS: Final = 100 * NS_PER_MS
# A cancel this long after a fill may have raced it.
_RACE_NS: Final = NS_PER_S
_NO_STREAM: Final = "no such stream"
_CATEGORIES: Final = ("linear", "spot", "inverse", "option")


class ServedWire:
    """One venue's wire. It matches ``sim.through.exchanged.Wire``."""

    def __init__(self, exchange: Exchange, key: Key) -> None:
        """Stand at the other end of an exchange's links; nothing moves until ``begin``."""
        self.site = Site(exchange, key)
        asked.attend(self.site)
        self.prints = {symbol: Prints(self.site, one) for symbol, one in exchange.venue.instruments.items()}
        self._settings = Settings(self.site)
        self._desk = Desk(self.site)
        market = MarketReads(self.site, self.prints)
        self._routes = Routes(self.site, market, self._desk, self._settings)
        self._public = PublicStream(self.site, self.prints, market)
        self._private = PrivateStream(self.site, self._settings)
        self.rest = Roads(self.site)
        self._rest_line = RestLine(self.site, self.rest)
        exchange.gateway.down = Down(self.rest)
        self._cancel = exchange.venue.handlers[commands.CancelOrder]
        exchange.venue.handlers[commands.CancelOrder] = self._cancelled
        self.lines: dict[str, Any] = {
            REST: self._rest_line,
            PUBLIC: self._public.line,
            PRIVATE: self._private.line,
        }

    def begin(self) -> None:
        """Have what goes on by itself go on from now on."""
        kernel = self.site.kernel
        kernel.at(kernel.now_ns + _TICK_NS, self._tick)

    def _tick(self) -> None:
        self._public.tick()
        self._private.tick()
        self.begin()

    def _cancelled(self, command: commands.CancelOrder, now_ns: int, venue_ns: int) -> events.Event | None:
        """Carry out a cancel; one that came too late for a fill is told of on the private stream as well."""
        answer = self._cancel(command, now_ns, venue_ns)
        slip = self.site.slips.by_client_id.get(command.client_id)
        is_refused = isinstance(answer, events.CancelRefused) and slip is not None and slip.order.state == FILLED
        if is_refused and slip is not None and venue_ns - slip.last_ns <= _RACE_NS and not self.site.venue.is_silent:
            self._private.tell_cancel_too_late(slip)
        return answer

    # What clients do

    def connect(self, connected: Callable[[str], None]) -> None:
        """Want a connection for requests: ``connected("")`` as there is one, else with why there is none."""
        self._rest_line.connect(connected)

    def http(self, request: Request, answered: Answered) -> Callable[[], None]:
        """Carry a request; what it gives is called if the client gives the request up."""

        def finish(told: Told | Cut) -> None:
            answered(told if isinstance(told, Cut) else spoilt_answer(http_answer(told), told.spoilt))

        return self._rest_line.http(self._routes.plan(request), finish)

    def open(
        self, path: str, opened: Callable[[str], None], heard: Callable[[str], None], closed: Callable[[int, str], None]
    ) -> Speaker:
        """Open a stream: ``opened("")`` or why not, then frames, then perhaps its end."""
        where, _, query = path.partition("?")
        ends = opened, heard, closed
        talk: Talk
        if where == PRIVATE_PATH:
            talk = self._private.talk(dict(parse_qsl(query[:1000])), *ends)
        elif where == TRADE_PATH:
            talk = TradeTalk(self.site, self._rest_line, self.rest, self._desk, *ends)
        elif where.startswith(PUBLIC_PATH) and is_public(where):
            talk = PublicTalk(self._public, where.removeprefix(PUBLIC_PATH), *ends)
        else:
            return _Nobody(self.site, opened)
        talk.knock()
        return talk

    # What the venue says

    def say_privately(self, event: Any) -> None:
        """Hear the venue speak of our account."""
        self._private.tell(event)

    def say_publicly(self, symbol: str, told: Sequence[events.Event]) -> None:
        """Hear the venue speak of a symbol."""
        self._public.tell(symbol, told)

    def tell_books(self, symbols: Sequence[str]) -> None:
        """Tell whole books once more."""
        self._public.tell_books(symbols)

    def restart_books(self, symbols: Sequence[str], *, is_told: bool) -> None:
        """Begin books anew."""
        self._public.restart_books(symbols, is_told=is_told)

    def truth_changed(self) -> None:
        """Hear that something changed without a word."""
        self.site.slips.catch_up()

    def answered(self, message: Message) -> None:
        """Take an answer off the wire."""
        self.rest.answered(message)

    def heard_ns(self) -> int:
        """Say when an answer to a request last came to its client, true time."""
        return self.rest.heard_ns

    def passes(self, stage: Stage, message: Message) -> bool:
        """Note how far a request has come; True if its connection is lost there."""
        return self.rest.passes(stage, message)


class _Nobody:
    """The end of a stream that does not exist."""

    def __init__(self, site: Site, opened: Callable[[str], None]) -> None:
        site.kernel.at(site.now_ns(), opened, _NO_STREAM)

    def receive(self, text: str) -> None:
        """Hear nothing."""

    def close(self) -> None:
        """See nobody go."""


class Served(Exchange):
    """An exchange whose other end is its wire: whoever speaks it is served."""

    def __init__(self, scenario: Ready, plan: Plan, start_wall_ns: int, pits: Any | None = None) -> None:
        """Build everything; nothing moves until ``begin``. Its key is made from the seed."""
        super().__init__(scenario, plan, start_wall_ns, pits)
        self.wire = ServedWire(self, key_of(plan.seed))
        self.rest, self.lines = self.wire.rest, self.wire.lines

    def begin(self) -> None:
        """Have market, funding and streams go on from now on; faults are for whoever installs them."""
        self.publish_regularly()
        self.fund_regularly()
        self.wire.begin()

    def noted(self, point: str) -> None:
        """Hear of a rare state: nobody counts them here."""

    def truth_changed(self) -> None:
        """Hear that the venue did something with an order of ours."""
        self.wire.truth_changed()

    def tell_books(self, symbols: Sequence[str]) -> None:
        """Tell whole books once more."""
        self.wire.tell_books(symbols)

    def restart_books(self, symbols: Sequence[str], *, is_told: bool) -> None:
        """Begin books anew."""
        self.wire.restart_books(symbols, is_told=is_told)

    def _say_privately(self, event: Any) -> None:
        self.wire.say_privately(event)

    def _say_publicly(self, symbol: str, told: Sequence[events.Event]) -> None:
        self.wire.say_publicly(symbol, told)

    def _answered(self, message: Message) -> None:
        self.wire.answered(message)

    def _passes(self, stage: Stage, message: Message) -> bool:
        return self.wire.passes(stage, message)


def is_public(path: str) -> bool:
    """Say whether a path is a public stream's."""
    name = path.removeprefix(PUBLIC_PATH)
    return name in _CATEGORIES or name == "misc/status"
