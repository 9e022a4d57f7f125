"""One symbol's background market: everybody but us, and the book we share with them.

Limit orders, takers and informed takers are *proposals* on a clock of their own, at a rate that
does not depend on the book, on us or on any fault: proposal k draws its words by k, and only then
the book decides what becomes of it. An order's life is drawn with its birth. So two worlds that
differ in one fault, or in our behaviour, get the same proposals, and a difference between them
has a cause.

``advance`` is the tight loop: it processes events in order of time until told to stop, and stops
by itself right after one that touched an order of ours. Several things at one instant go in a
fixed order: the latent step, then lives that end, the sniper, takers whom others brought, and the
next proposal.
"""

import math
from heapq import heappop, heappush
from typing import Any, Final

from sim.dice import Dice, exponential_ns, geometric, unit
from sim.market.crowd import Crowd, chosen
from sim.market.flow_model import Flow
from sim.market.latent import STEP_NS, LatentPrice
from sim.market.mood import Mood
from sim.market.shared import DIE, DROP, NEVER, REST, STEP, OnTrade, SharedPit
from sim.market.sniper import MICRO, Sniper
from sim.venue.matching import Resting
from strategy.units import BUY, NS_PER_MS, NS_PER_S, SELL

_WORDS: Final = 4
_FACTOR_MAX: Final = 4.0  # takers are thinned from this many times their ordinary rate
# The low bits of a kind word: the high ones chose the kind.
_LOW_BITS: Final = 0xFFFF_FFFF
_LOW_SCALE: Final = 2**32


class FlowMarket(SharedPit):
    """A market of models around one book; the pit our orders are entered into."""

    def __init__(self, symbol: str, flow: Flow, start_ticks: int, dice: Dice, on_trade: OnTrade) -> None:
        """Start with an empty book; ``fill_book`` gives it its first orders."""
        super().__init__(symbol, on_trade)
        self._dice = dice
        self._flow = flow
        latent = flow.latent
        makers, takers, informed = flow.makers, flow.takers, flow.informed
        self.latent = LatentPrice(
            dice,
            symbol,
            start_ticks,
            latent.volatility_bps_per_sqrt_s,
            latent.jumps_per_hour,
            latent.jump_bps,
            round(informed.lead_ms * NS_PER_MS) // STEP_NS,
        )
        self._mood = Mood(dice, symbol, flow.moods)
        # Only activity thins the looks of the informed: where it never varies, every one is a look.
        self._looks_max = 1.0 if flow.moods is None else _FACTOR_MAX
        self._crowd = Crowd(dice, symbol, takers)
        alone_per_s = 0.0 if takers.excitement else takers.orders_per_s
        rate = makers.orders_per_s + alone_per_s * _FACTOR_MAX + informed.looks_per_s * self._looks_max
        self._gap_ns = NS_PER_S / rate
        self._maker_share = makers.orders_per_s / rate
        self._taker_share = alone_per_s * _FACTOR_MAX / rate
        self._life_ns = makers.life_s * NS_PER_S
        self._stream = dice.stream("flow", symbol)
        self._proposal = 0
        self.next_proposal_ns = exponential_ns(self._stream.word(0), self._gap_ns)
        self._deaths: list[tuple[int, int, Resting]] = []
        self._sniper = Sniper(round(flow.sniper.reaction_ms * NS_PER_MS), flow.sniper.stale_ticks)
        self.factor = 1.0
        # What a fault makes of the others: the share of quotes that are placed, of takers who know the price.
        self.kept, self.toxic = 1.0, 0.0

    # Time

    @property
    def next_ns(self) -> int:
        """The instant of the next event of any kind."""
        death = self._deaths[0][0] if self._deaths else NEVER
        snipe = self._sniper.aims[0][0] if self._sniper.aims else NEVER
        return min(self.latent.next_ns, death, snipe, self._crowd.next_ns, self.next_proposal_ns)

    def advance(self, until_ns: int) -> int:
        """Process events up to ``until_ns``; stop right after one that touched an order of ours."""
        self.touched = False
        latent, deaths, snipes, crowd = self.latent, self._deaths, self._sniper.aims, self._crowd
        while True:
            now_ns = self.next_proposal_ns
            if crowd.next_ns < now_ns:
                now_ns = crowd.next_ns
            if latent.next_ns < now_ns:
                now_ns = latent.next_ns
            if deaths and deaths[0][0] < now_ns:
                now_ns = deaths[0][0]
            if snipes and snipes[0][0] < now_ns:
                now_ns = snipes[0][0]
            if now_ns > until_ns:
                return until_ns
            self.do_next(now_ns)
            if self.touched:
                return now_ns

    def do_next(self, now_ns: int) -> None:
        """Process the one event that is next, which is at ``now_ns``."""
        if self.latent.next_ns == now_ns:
            self._walk(now_ns)
        elif self._deaths and self._deaths[0][0] == now_ns:
            self._die(now_ns)
        elif self._sniper.aims and self._sniper.aims[0][0] == now_ns:
            self._snipe(now_ns)
        elif self._crowd.next_ns == now_ns:
            self._crowd_in(now_ns)
        else:
            self._propose(now_ns)

    def fill_book(self) -> None:
        """Give the book at time 0 as many orders as it holds on average, each with the life left to it."""
        makers = self._flow.makers
        stream = self._dice.stream("book", self.symbol)
        for k in range(round(makers.orders_per_s * makers.life_s)):
            place_word, size_word, life_word, side_word = stream.words(_WORDS * k, _WORDS)
            side = BUY if side_word & 1 else SELL
            # Births of the stream count from 1, so these come before any of them.
            self._quote(0, k - NEVER, side, place_word, size_word, life_word)

    def withdraw(self, kept: float, now_ns: int) -> None:
        """Take off all but a share of the others' quotes, each by a draw of its own."""
        stream = self._dice.stream("withdraw", self.symbol)
        for _, birth, order in self._deaths:
            if order.lots and unit(stream.word(birth % NEVER)) >= kept:
                self._note(now_ns, DIE, order.side * order.price_ticks, order.lots)
                self.book.shrink(order, order.lots)

    @property
    def fair_ticks(self) -> float:
        """The latent price, in fractional ticks."""
        return self.latent.micro / MICRO

    # Our orders

    def enter(self, order: Any, lots: int, now_ns: int) -> None:
        """Rest an order of ours at the back of its queue; the sniper sees it."""
        super().enter(order, lots, now_ns)
        self.look_for_stale(now_ns)

    # Who else trades

    def _propose(self, now_ns: int) -> None:
        k = self._proposal
        _, kind_word, place_word, size_word = self._stream.words(_WORDS * k, _WORDS)
        self._note_proposal(now_ns, kind_word ^ place_word ^ size_word)
        self._proposal = k = k + 1
        self.next_proposal_ns = now_ns + exponential_ns(self._stream.word(_WORDS * k), self._gap_ns)
        share = unit(kind_word)
        side = BUY if place_word & 1 else SELL
        if share < self._maker_share:
            if share >= self.kept * self._maker_share:
                return
            self._quote(now_ns, k, side, place_word, size_word, kind_word)
        elif share < self._maker_share + self._taker_share:
            # The place in the interval is uniform again: it thins the dominating rate.
            accept = (share - self._maker_share) / self._taker_share
            busy = self.factor * self._mood.activity
            if accept * _FACTOR_MAX < busy * self.toxic:
                self._inform(now_ns, size_word)
            elif accept * _FACTOR_MAX < busy:
                self._aggress(now_ns, self._leaning(side, kind_word), place_word, size_word)
        else:
            informed_share = 1.0 - self._maker_share - self._taker_share
            accept = (share - self._maker_share - self._taker_share) / informed_share
            if accept * self._looks_max < self._mood.activity:
                self._inform(now_ns, size_word)

    def _crowd_in(self, now_ns: int) -> None:
        """Have those take whom others brought; their number, not their instants, is what moods and faults change."""
        name, comers = self._crowd.come(min(self.factor * self._mood.activity, _FACTOR_MAX))
        self._note_proposal(now_ns, name)
        for comer in comers:
            if chosen(comer, self.toxic):
                self._inform(now_ns, comer.size_word)
            else:
                side = self._leaning(comer.side, comer.kind_word)
                self._aggress(now_ns, side, comer.place_word, comer.size_word)

    def _quote(self, now_ns: int, k: int, side: int, place_word: int, size_word: int, life_word: int) -> None:
        """Rest a background order behind the latent price, never crossing."""
        if not self.quotes:
            return
        makers, book = self._flow.makers, self.book
        distance = makers.offset_ticks + geometric(place_word, makers.depth_ticks)
        if side == BUY:
            price = self.latent.ticks - distance
            if book.best_ask_ticks and price >= book.best_ask_ticks:
                price = book.best_ask_ticks - 1
        else:
            price = self.latent.ticks + 1 + distance
            if price <= book.best_bid_ticks:
                price = book.best_bid_ticks + 1
        if price <= 0:
            return
        lots = 1 + geometric(size_word, makers.size_lots - 1)
        order = Resting(side, price, lots)
        book.rest(order)
        life_ns = exponential_ns((life_word & _LOW_BITS) << 32 | place_word >> 32, self._life_ns)
        heappush(self._deaths, (now_ns + 1 + life_ns, k, order))
        self._note(now_ns, REST, side * price, lots)

    def _leaning(self, side: int, kind_word: int) -> int:
        """Give a taker's side: its own, or for a share of them the one the market leans to."""
        lean = self._mood.lean
        if (kind_word & _LOW_BITS) < abs(lean) * _LOW_SCALE:
            return BUY if lean > 0 else SELL
        return side

    def _aggress(self, now_ns: int, side: int, place_word: int, size_word: int) -> None:
        """Take with no limit but the book's end: an order without information."""
        takers = self._flow.takers
        mean = takers.size_lots
        if unit(place_word) < takers.sweep_share:
            mean *= takers.sweep_factor
        lots = 1 + geometric(size_word, mean - 1)
        self._trade(now_ns, side, lots, NEVER if side == BUY else 0)

    def _inform(self, now_ns: int, size_word: int) -> None:
        """Take whatever is better than the latent price by more than the margin."""
        informed, book = self._flow.informed, self.book
        lots = 1 + geometric(size_word, informed.size_lots - 1)
        fair = self.latent.ahead_ticks
        if book.best_ask_ticks and book.best_ask_ticks < fair - informed.margin_ticks:
            self._trade(now_ns, BUY, lots, fair - informed.margin_ticks - 1)
        elif book.best_bid_ticks > fair + 1 + informed.margin_ticks:
            self._trade(now_ns, SELL, lots, fair + 2 + informed.margin_ticks)

    def _walk(self, now_ns: int) -> None:
        """Move the latent price; makers it has passed withdraw, and the sniper looks at ours."""
        mood = self._mood
        if now_ns >= mood.next_ns:
            mood.change(now_ns)
        self.latent.step(self.factor * math.sqrt(mood.activity))
        book, fair = self.book, self.latent.ticks
        while book.best_bid_ticks > fair and book.drop_background(BUY, book.best_bid_ticks):
            self._note(now_ns, DROP, book.best_bid_ticks, 0)
        while book.best_ask_ticks and book.best_ask_ticks <= fair and book.drop_background(SELL, book.best_ask_ticks):
            self._note(now_ns, DROP, -book.best_ask_ticks, 0)
        self._note(now_ns, STEP, self.latent.micro, 0)
        if self.ours:
            self.look_for_stale(now_ns)

    def _die(self, now_ns: int) -> None:
        _, _, order = heappop(self._deaths)
        if order.lots:
            self._note(now_ns, DIE, order.side * order.price_ticks, order.lots)
            self.book.shrink(order, order.lots)

    # The sniper

    def look_for_stale(self, now_ns: int) -> None:
        """Have the sniper start towards every quote of ours that is stale and not yet aimed at."""
        if self._flow.sniper.enabled:
            self._sniper.look(self.ours.values(), self.latent.micro, now_ns)

    @property
    def sniped(self) -> int:
        """How many lots of ours the sniper has taken."""
        return self._sniper.sniped

    def _snipe(self, now_ns: int) -> None:
        shot = self._sniper.shoot(self.book, self.latent.micro, self.trades)
        if shot is not None:
            self._shoot(now_ns, *shot, self.fair_ticks)
