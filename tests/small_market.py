"""A market that moves by itself, with no account: a live bot's tests put paper in front of it."""

import asyncio
import random

from quoting import INSTRUMENT

from adapters.clock import HostClock
from adapters.venue import Seen
from strategy import commands, events
from strategy.batching import of_size
from strategy.requests import unanswered
from strategy.units import BUY, SELL

SYMBOL = INSTRUMENT.symbol
MID_TICKS = 600_000


class SmallMarket:
    """Speaks of one symbol on the running loop until it is closed."""

    name = "market"
    capability = of_size(10, per_item=True)

    def __init__(self, seed=1, every_s=0.02, clock=None) -> None:
        self._dice, self._every_s = random.Random(seed), every_s
        self.clock = clock or HostClock()
        self.seq, self.mid = 1, MID_TICKS
        self._task, self._feed = None, None

    def count_in(self, units):
        """Count in its own."""

    async def look(self, symbols):
        return Seen((INSTRUMENT,), self.clock.now_ns())

    async def connect(self, feed):
        self._feed = feed
        for stream in (events.PUBLIC, events.PRIVATE):
            feed(events.StreamUp(stream))
        feed(self.book(0))
        self._task = asyncio.get_running_loop().create_task(self._move())

    def send(self, one, signed_venue_ns, answered):
        asked_ns = getattr(one[0], "asked_ns", 0)
        match one[0]:
            case commands.RequestBook():
                said = [self.book(asked_ns)]
            case commands.SampleClock():
                said = [events.ClockSampled(asked_ns, self.clock.now_ns() // 1_000_000 * 1_000_000)]
            case _:
                said = [unanswered(command, "no account here") for command in one]
        asyncio.get_running_loop().call_later(0.002, answered, tuple(said))

    async def close(self):
        if self._task is not None:
            self._task.cancel()
        self._task = None

    def book(self, asked_ns):
        bids, asks = self._levels()
        return events.BookSnapshot(SYMBOL, self.seq, bids, asks, self.clock.now_ns(), asked_ns)

    def _levels(self):
        lots = 400
        bids = tuple((self.mid - step, lots) for step in range(4, 44))
        return bids, tuple((self.mid + step, lots) for step in range(4, 44))

    async def _move(self):
        while True:
            await asyncio.sleep(self._every_s)
            self.step()

    def step(self):
        """One move: somebody trades through a few levels, and the book follows or comes back."""
        now_ns, side = self.clock.now_ns(), self._dice.choice((BUY, SELL))
        reach = self._dice.choice((4, 6, 44))
        self._feed(events.PublicTrade(SYMBOL, self.mid + side * reach, self._dice.randrange(1, 400), side, now_ns))
        old_bids, old_asks = self._levels()
        self.mid += side * self._dice.choice((0, 0, 0, 0, 1))
        bids, asks = self._levels()
        changed = [
            (*((price, 0) for price, _ in old if price not in dict(new)), *new)
            for old, new in ((old_bids, bids), (old_asks, asks))
        ]
        self.seq += 1
        self._feed(events.BookDelta(SYMBOL, self.seq - 1, self.seq, *changed, now_ns))
