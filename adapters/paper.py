"""A venue whose market is real and whose account is paper: what leaves us never reaches it.

Market data, the venue's time and its trading regimes are those of the venue underneath; orders go to a
desk of our own, after the time a request takes. The account's own private words are kept away: they
are about other orders than ours.

*Paper* fills by a queue model. *Shadow* is the same desk with nobody to trade with: the bot decides
exactly as it would, its orders rest, and nothing is ever bought or sold.
"""

import asyncio
import math
import random
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from adapters.clock import Clock
from adapters.paper_desk import PaperDesk
from adapters.venue import Answered, Feed, Seen, Venue
from strategy import commands, events
from strategy.batching import Capability, Group
from strategy.instrument import Instrument
from strategy.requests import not_sent, unanswered
from strategy.units import CASH_PER_QUOTE, NS_PER_MS, NS_PER_S

# A round trip of an order request: the reference of every latency figure.
_ROUND_TRIP_MS: Final = 66.0
_ROUND_TRIP_SIGMA: Final = 0.3
_EQUITY_CASH: Final = 1_000_000 * CASH_PER_QUOTE
_UNKNOWN_SYMBOL: Final = "unknown_symbol"

_MARKET: Final = (events.BookSnapshot, events.BookDelta, events.BookHeartbeat, events.PublicTrade)
_REAL: Final = (
    *_MARKET,
    *(events.StreamUp, events.StreamDown),
    *(events.RegimeChanged, events.RegimePlanned, events.TermsSeen),
    *(events.ClockSampled, events.BudgetSeen),
)
# What is asked of the venue itself, since it is about the market.
_ASKED: Final = (commands.RequestBook, commands.SampleClock, commands.QueryTerms)


def reference_latency(dice: random.Random) -> Callable[[], int]:
    """Draw one way of a request in ns: half of a lognormal round trip, median 66 ms, sigma 0.3."""

    def one_way_ns() -> int:
        return round(dice.lognormvariate(math.log(_ROUND_TRIP_MS), _ROUND_TRIP_SIGMA) * NS_PER_MS / 2)

    return one_way_ns


class PaperVenue:
    """One paper account on a real market."""

    def __init__(self, venue: Venue, clock: Clock, one_way_ns: Callable[[], int], *, is_trading: bool = True) -> None:
        """``one_way_ns`` draws how long a request, an answer or a private word is on its way."""
        self._venue = venue
        self._clock = clock
        self._one_way_ns = one_way_ns
        self._is_trading = is_trading
        self._prefix = f"paper-{clock.now_ns():x}"
        self._desks: dict[str, PaperDesk] = {}
        self._feed: Feed
        self._waiting: deque[tuple[events.Event, ...]] = deque()
        self._is_open = False

    @property
    def name(self) -> str:
        """The venue's own name: the market is real."""
        return self._venue.name

    @property
    def capability(self) -> Capability:
        """What one request to the real venue may carry."""
        return self._venue.capability

    def count_in(self, units: Sequence[Instrument]) -> None:
        """Have the venue underneath count in these units."""
        self._venue.count_in(units)

    async def look(self, symbols: Sequence[str]) -> Seen:
        """Read instruments and fees at the venue; settings of the real account are nobody's concern here."""
        seen = await self._venue.look(symbols)
        self._desks = {
            one.symbol: PaperDesk(one, f"{self._prefix}-{place}", is_trading=self._is_trading)
            for place, one in enumerate(seen.instruments)
        }
        return Seen(seen.instruments, seen.venue_ns)

    async def connect(self, feed: Feed) -> None:
        """Be connected to the venue underneath; its market goes to ``feed``, and paper fills besides."""
        self._feed = feed
        self._is_open = True
        self._loop = asyncio.get_running_loop()
        await self._venue.connect(self._heard)

    def send(self, one: Group, signed_venue_ns: int, answered: Answered) -> None:
        """Have a request arrive at the desk a moment later; questions about the market go to the venue."""
        if isinstance(one[0], _ASKED):
            self._venue.send(one, signed_venue_ns, partial(self._fetched, answered))
        elif not self._is_open:
            answered(tuple(not_sent(command, events.NO_CONNECTION) for command in one))
        else:
            up_ns = self._one_way_ns()
            self._loop.call_later(up_ns / NS_PER_S, self._arrive, one, signed_venue_ns + up_ns, answered)

    async def close(self) -> None:
        """Leave the venue; paper orders end with their desk."""
        self._is_open = False
        await self._venue.close()

    # The market

    def _heard(self, event: events.Event) -> None:
        if not isinstance(event, _REAL):
            return
        self._feed(event)
        self._mirror(event)

    def _fetched(self, answered: Answered, said: tuple[events.Event, ...]) -> None:
        answered(said)
        for event in said:
            self._mirror(event)

    def _mirror(self, event: events.Event) -> None:
        if isinstance(event, events.StreamDown) and event.stream == events.PUBLIC:
            for desk in self._desks.values():
                desk.lose_book()
        if isinstance(event, _MARKET) and event.symbol in self._desks:
            self._tell(self._desks[event.symbol].hear(self._clock.now_ns(), event))

    # The account

    def _arrive(self, one: Group, venue_ns: int, answered: Answered) -> None:
        """Carry out what a request asks: verdicts go back as its answer, fills by the private stream."""
        if not self._is_open:
            answered(tuple(unanswered(command, events.NO_CONNECTION) for command in one))
            return
        verdicts: list[events.Event] = []
        told: list[events.Event] = []
        for command in one:
            verdict, *more = self._carried_out(command, venue_ns)
            verdicts.append(verdict)
            told += more
        self._tell(told)
        self._loop.call_later(self._one_way_ns() / NS_PER_S, answered, tuple(verdicts))

    def _carried_out(self, command: commands.Command, venue_ns: int) -> Sequence[events.Event]:
        """Give the verdict on one command, and behind it what else it caused."""
        if isinstance(command, commands.QueryMargin):
            return [events.MarginSeen(command.asked_ns, _EQUITY_CASH, 0, venue_ns)]
        if isinstance(command, commands.CancelAll):
            desks = [desk for symbol, desk in self._desks.items() if command.symbol in ("", symbol)]
            ended = [event for desk in desks for event in desk.cancel_all(venue_ns)]
            return [events.CancelAllAnswered(command.symbol, venue_ns), *ended]
        desk = self._desks.get(getattr(command, "symbol", ""))
        if desk is None:
            return [unanswered(command, _UNKNOWN_SYMBOL)]
        match command:
            case commands.CreateOrder():
                return desk.create(command, venue_ns)
            case commands.AmendOrder():
                return desk.amend(command, venue_ns)
            case commands.CancelOrder():
                return desk.cancel(command.client_id, venue_ns)
            case commands.QueryOpenOrders():
                return [events.OpenOrdersReport(command.symbol, command.asked_ns, desk.open_ids(), venue_ns)]
            case commands.QueryFills():
                fills = desk.fills_since(command.since_venue_ns)
                return [events.FillsReport(command.symbol, command.asked_ns, fills, venue_ns)]
            case commands.QueryOrder():
                return [_report(desk, command, venue_ns)]
            case _:
                return [unanswered(command, "not on paper")]

    def _tell(self, said: Sequence[events.Event]) -> None:
        """Send words by the private stream: a moment later, and never one before another."""
        if not said:
            return
        # The oldest is said first, whichever of their alarms rings first.
        self._waiting.append(tuple(said))
        self._loop.call_later(self._one_way_ns() / NS_PER_S, self._say)

    def _say(self) -> None:
        said = self._waiting.popleft()
        if self._is_open:
            for event in said:
                self._feed(event)


def _report(desk: PaperDesk, command: commands.QueryOrder, venue_ns: int) -> events.OrderReport:
    order = desk.find(command.client_id)
    if order is None:
        return events.OrderReport(command.client_id, command.asked_ns, events.MISSING, 0, 0, 0, venue_ns)
    return events.OrderReport(
        client_id=order.client_id,
        asked_ns=command.asked_ns,
        status=events.OPEN if order.is_open else events.DONE,
        price_ticks=order.price_ticks,
        size_lots=order.size_lots,
        filled_lots_total=order.filled_lots,
        venue_ns=venue_ns,
        side=order.side,
    )
