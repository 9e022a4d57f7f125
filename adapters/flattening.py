"""Trading a position to zero without a core: one order at a time, each seen to its end before the next.

Every order only reduces, so that no mistake about what is held can open a position. None is dearer than
the bound, counted from the mid as it was first seen: a market that runs away is not run after. How an
order ended is asked until the venue says so; one that nobody finds is over once nothing of it can be
under way any more.
"""

import asyncio
from typing import Final

import msgspec

from adapters.venue import VenueUnusable
from adapters.visit import Visit
from strategy import commands, events
from strategy.book import Book
from strategy.instrument import Instrument
from strategy.units import BPS, BUY, NS_PER_MS, NS_PER_S, SELL, ceil_to_ticks, floor_to_ticks

_PAUSE_S: Final = 0.25
# How long a resting order is given before it is taken off and placed anew at the touch.
_REST_S: Final = 3.0
_REFUSALS_MAX: Final = 3
_ASK_NS_MAX: Final = 60 * NS_PER_S
_SLOT: Final = "flatten"


class Terms(msgspec.Struct, frozen=True):
    """How to trade. ``is_taking``: across the spread at once, not resting at our side of it."""

    slippage_bps_max: float
    is_taking: bool
    within_s: float


class Leg(msgspec.Struct):
    """One symbol. ``held_lots`` is signed and falls to zero; ``why`` says what keeps it from that."""

    instrument: Instrument
    held_lots: int
    mid2_ticks: int = 0
    refusals: int = 0
    why: str = ""

    @property
    def side(self) -> int:
        """Which side reduces it."""
        return SELL if self.held_lots > 0 else BUY


class Flattener:
    """Flattens legs at one venue; ``session`` names its orders and was never used."""

    def __init__(self, visit: Visit, terms: Terms, session: str) -> None:
        """Nothing is sent yet."""
        self._visit, self._terms, self._session = visit, terms, session
        self._orders = visit.settings.config.orders
        self._number = 0

    async def run(self, legs: list[Leg]) -> None:
        """Trade each leg to zero, or as far as the bound and the time allow."""
        clock = self._visit.clock
        end_ns = clock.now_ns() + round(self._terms.within_s * NS_PER_S)
        while open_legs := [leg for leg in legs if leg.held_lots and leg.refusals < _REFUSALS_MAX]:
            for leg in open_legs:
                if clock.now_ns() >= end_ns:
                    leg.why = leg.why or "time is up"
                    leg.refusals = _REFUSALS_MAX
                    continue
                await self._trade(leg)

    async def _trade(self, leg: Leg) -> None:
        """Place one order, see it to its end, and count what it filled."""
        order = await self._order(leg)
        if order is None:
            await asyncio.sleep(_PAUSE_S)
            return
        word = await self._visit.ask(order)
        if isinstance(word, events.OrderRejected | events.NotSent):
            leg.why = word.code if isinstance(word, events.OrderRejected) else word.reason
            leg.refusals += 1
            return
        if order.post_only:
            await asyncio.sleep(_REST_S)
            await self._visit.ask(commands.CancelOrder(order.client_id, order.symbol, 0))
        filled_lots = await self._ended(order)
        leg.held_lots += order.side * filled_lots
        leg.why = "" if filled_lots else "nobody traded with it"
        leg.refusals = 0

    async def _order(self, leg: Leg) -> commands.CreateOrder | None:
        """Make the order that the market of now allows; None where it allows none."""
        instrument = leg.instrument
        if abs(leg.held_lots) < instrument.lots_min:
            leg.why, leg.refusals = f"less than the venue's smallest order, {instrument.lots_min} lots", _REFUSALS_MAX
            return None
        book = await self._book(instrument.symbol)
        if book is None or not book.is_two_sided:
            leg.why = "there is no book of both sides"
            return None
        leg.mid2_ticks = leg.mid2_ticks or book.mid2_ticks
        price_ticks = self._price_ticks(leg, book)
        if price_ticks is None:
            leg.why = f"the market is more than {self._terms.slippage_bps_max:g} bps away"
            return None
        self._number += 1
        now_ns = self._visit.clock.now_ns()
        return commands.CreateOrder(
            client_id=f"{self._session}-{self._number}",
            symbol=instrument.symbol,
            slot=_SLOT,
            side=leg.side,
            price_ticks=price_ticks,
            size_lots=min(abs(leg.held_lots), instrument.lots_max),
            post_only=not self._terms.is_taking,
            reduce_only=True,
            taking=self._terms.is_taking,
            send_by_ns=now_ns + round(self._orders.send_within_ms * NS_PER_MS),
            cycle_id=0,
        )

    def _price_ticks(self, leg: Leg, book: Book) -> int | None:
        """Give the bound for an order that takes, our own touch for one that rests; None beyond the bound."""
        reach = leg.mid2_ticks / 2 * self._terms.slippage_bps_max / BPS
        bound = leg.mid2_ticks / 2 + leg.side * reach
        limit_ticks = floor_to_ticks(bound) if leg.side == BUY else ceil_to_ticks(bound)
        if self._terms.is_taking:
            touch_ticks = book.best_ask_ticks if leg.side == BUY else book.best_bid_ticks
            return limit_ticks if leg.side * (limit_ticks - touch_ticks) >= 0 else None
        own_ticks = book.best_bid_ticks if leg.side == BUY else book.best_ask_ticks
        return own_ticks if leg.side * (limit_ticks - own_ticks) >= 0 else None

    async def _book(self, symbol: str) -> Book | None:
        now_ns = self._visit.clock.now_ns()
        word = await self._visit.ask(commands.RequestBook(symbol, now_ns))
        if not isinstance(word, events.BookSnapshot):
            return None
        book = Book(symbol=symbol)
        book.snapshot(now_ns, word)
        return book

    async def _ended(self, order: commands.CreateOrder) -> int:
        """Ask until the venue says how an order ended; give what it filled in all.

        Raises ``VenueUnusable`` where it does not say for a minute: nothing more is sent in the dark.
        """
        orders, clock = self._orders, self._visit.clock
        gone_ns = order.send_by_ns + round((orders.window_ms + orders.read_lag_ms_max) * NS_PER_MS)
        while (asked_ns := clock.now_ns()) < gone_ns + _ASK_NS_MAX:
            word = await self._visit.ask(commands.QueryOrder(order.client_id, order.symbol, asked_ns))
            if isinstance(word, events.OrderReport):
                if word.status == events.DONE:
                    return word.filled_lots_total
                if word.status == events.MISSING and asked_ns > gone_ns:
                    return 0
                if word.status == events.OPEN:
                    await self._visit.ask(commands.CancelOrder(order.client_id, order.symbol, 0))
            await asyncio.sleep(_PAUSE_S)
        raise VenueUnusable("SQ-V030", f"what became of {order.client_id} could not be learnt")
