"""Zero-intelligence markets: everybody acts at a rate that only the book knows.

One engine, three published models, which differ in their rates alone:

* Cont, Stoikov and Talreja, "A stochastic model for order book dynamics", Operations Research 58
  (2010): rates by distance from the opposite best price, cancels proportional to the queue;
* Smith, Farmer, Gillemot and Krishnamurthy, "Statistical theory of the continuous double auction",
  Quantitative Finance 3 (2003), the Santa Fe model: the same rates at every distance;
* Huang, Lehalle and Rosenbaum, "Simulating and analyzing order book data: the queue-reactive
  model", JASA 110 (2015), model I: rates by distance and by the queue's own size. The reference
  price is the opposite best; it is never drawn anew.

Arrivals and takers are proposals on a clock of their own at the largest rates there are, thinned by
the book; an order's cancel rings at the largest rate from its birth on, keyed by that birth.
"""

from bisect import bisect_right
from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import accumulate
from typing import Final

import msgspec

from sim.dice import Dice, exponential_ns, unit
from sim.market.shared import DIE, NEVER, REST, OnTrade, SharedPit
from sim.venue.matching import Resting
from strategy.units import BUY, NS_PER_S, SELL

_WORDS: Final = 4
_FACTOR_MAX: Final = 4.0  # takers are thinned from this many times their ordinary rate
_SEED_MAX: Final = 50  # orders of a queue at the start

# Rates per second by the number of orders in the queue; the last one holds for all longer queues.
BySize = tuple[float, ...]


class Rates(msgspec.Struct, frozen=True):
    """How often what happens, per second and side.

    ``arrive`` and ``cancel_each`` begin at distance 1, which is one tick from the opposite best;
    beyond the last distance nothing arrives, and orders are cancelled as at the last. ``cancel_each``
    is the rate of each order of a queue, ``take`` that of market orders by the queue they meet.
    """

    arrive: tuple[BySize, ...]
    cancel_each: tuple[BySize, ...]
    take: BySize


def cont_stoikov_talreja(arrive: Sequence[float], cancel: Sequence[float], take: float) -> Rates:
    """Give rates by distance; ``cancel`` is of each order."""
    return Rates(tuple((rate,) for rate in arrive), tuple((rate,) for rate in cancel), (take,))


def santa_fe(arrive: float, cancel: float, take: float, depth_ticks: int) -> Rates:
    """Give rates equal at all of ``depth_ticks`` distances; ``cancel`` is of each order."""
    return Rates(((arrive,),) * depth_ticks, ((cancel,),), (take,))


def queue_reactive(arrive: Sequence[BySize], cancel: Sequence[BySize], take: BySize) -> Rates:
    """Give rates by distance and size; ``cancel`` is of whole queues, as that paper prints it."""
    each = tuple((0.0, *(rate / n for n, rate in enumerate(whole) if n)) for whole in cancel)
    return Rates(tuple(arrive), each, take)


def _at(rates: BySize, orders: int) -> float:
    return rates[orders] if orders < len(rates) else rates[-1]


class RateMarket(SharedPit):
    """A market of such rates around one book; every order of the others has one size."""

    def __init__(
        self, symbol: str, rates: Rates, mid_ticks: int, order_lots: int, dice: Dice, on_trade: OnTrade
    ) -> None:
        """Start with an empty book: until it has two sides, distances count from around ``mid_ticks``."""
        super().__init__(symbol, on_trade)
        self._rates = rates
        self._dice = dice
        self._order_lots = order_lots
        # The best price of each side, or the last there was.
        self._bests = [mid_ticks, mid_ticks + 1]
        caps = [max(by_size) for by_size in rates.arrive]
        take = max(rates.take) * _FACTOR_MAX
        self._cumulative = list(accumulate([*caps, take] * 2))
        self._caps = [*caps, take]
        self._gap_ns = NS_PER_S / self._cumulative[-1]
        self._ring_rate = max(max(by_size) for by_size in rates.cancel_each)
        self._ring_ns = NS_PER_S / self._ring_rate if self._ring_rate else 0.0
        self._stream = dice.stream("rates", symbol)
        self._proposal = 0
        self.next_proposal_ns = exponential_ns(self._stream.word(0), self._gap_ns)
        self._rings: list[tuple[int, int, int, Resting]] = []
        self._seeded = 0
        self.factor = 1.0
        self.sniped = 0  # nobody here knows a fair price

    @property
    def next_ns(self) -> int:
        """The instant of the next event of any kind."""
        return min(self.next_proposal_ns, self._rings[0][0] if self._rings else NEVER)

    def do_next(self, now_ns: int) -> None:
        """Process the one event that is next, which is at ``now_ns``."""
        if self._rings and self._rings[0][0] == now_ns:
            self._ring(now_ns)
        else:
            self._propose(now_ns)

    def seed(self, side: int, price_ticks: int, orders: int) -> None:
        """Rest so many orders of others at a price, before anything happens."""
        for _ in range(orders):
            # Births of the stream count from 0, so these come before any of them.
            self._seeded += 1
            self._rest(0, -self._seeded, side, price_ticks)

    def fill_book(self) -> None:
        """Give each queue at time 0 as many orders as an endless one holds on average, the first at least one."""
        bests = tuple(self._bests)
        for place, arrive in enumerate(self._rates.arrive):
            cancel = self._rates.cancel_each[min(place, len(self._rates.cancel_each) - 1)]
            rate = max(cancel)
            orders = min(_SEED_MAX, round(arrive[0] / rate)) if rate else _SEED_MAX
            for side in (BUY, SELL):
                self.seed(side, bests[1 if side == BUY else 0] - side * (place + 1), max(orders, place == 0))

    def _propose(self, now_ns: int) -> None:
        k = self._proposal
        _, pick, accept, _ = self._stream.words(_WORDS * k, _WORDS)
        self._note_proposal(now_ns, pick ^ accept)
        self._proposal = k + 1
        self.next_proposal_ns = now_ns + 1 + exponential_ns(self._stream.word(_WORDS * (k + 1)), self._gap_ns)
        place = bisect_right(self._cumulative, unit(pick) * self._cumulative[-1])
        half, index = divmod(min(place, len(self._cumulative) - 1), len(self._caps))
        side = BUY if half == 0 else SELL
        wanted = unit(accept) * self._caps[index]
        self._look()
        if index == len(self._caps) - 1:
            best = self._bests[1 if side == BUY else 0]
            if wanted < self.factor * _at(self._rates.take, self._orders(-side, best)):
                self._trade(now_ns, side, self._order_lots, best)
        elif self.quotes:
            price = self._bests[1 if side == BUY else 0] - side * (index + 1)
            if price > 0 and wanted < _at(self._rates.arrive[index], self._orders(side, price)):
                self._rest(now_ns, k, side, price)

    def _rest(self, now_ns: int, birth: int, side: int, price_ticks: int) -> None:
        order = Resting(side, price_ticks, self._order_lots)
        self.book.rest(order)
        self._note(now_ns, REST, side * price_ticks, order.lots)
        if self._ring_rate:
            self._wind(now_ns, birth, 0, order)

    def _wind(self, now_ns: int, birth: int, turn: int, order: Resting) -> None:
        word = self._dice.pair("ring", self.symbol, birth, turn)[0]
        heappush(self._rings, (now_ns + 1 + exponential_ns(word, self._ring_ns), birth, turn, order))

    def _ring(self, now_ns: int) -> None:
        """An order may be cancelled now; if it is not, it rings again."""
        _, birth, turn, order = heappop(self._rings)
        if not order.lots:
            return
        self._look()
        distance = order.side * (self._bests[1 if order.side == BUY else 0] - order.price_ticks)
        by_size = self._rates.cancel_each[min(max(distance, 1), len(self._rates.cancel_each)) - 1]
        rate = _at(by_size, self._orders(order.side, order.price_ticks))
        if self._dice.pair("ring", self.symbol, birth, turn)[1] < rate / self._ring_rate * 2.0**64:
            self._note(now_ns, DIE, order.side * order.price_ticks, order.lots)
            self.book.shrink(order, order.lots)
        else:
            self._wind(now_ns, birth, turn + 1, order)

    def _orders(self, side: int, price_ticks: int) -> int:
        """Count the orders of a queue in sizes of the others' orders, rounded up."""
        return -(-self.book.lots[0 if side == BUY else 1].get(price_ticks, 0) // self._order_lots)

    def _look(self) -> None:
        """Note the best prices, where there are any."""
        self._bests[0] = self.book.best_bid_ticks or self._bests[0]
        self._bests[1] = self.book.best_ask_ticks or self._bests[1]
