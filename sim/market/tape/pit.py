"""A recorded market that our orders are entered into, though nobody in it ever saw them.

The book and the trades are the tape's. An order of ours waits in its level's queue by one named
model (``queue_model.MODELS``): it fills when recorded trades have consumed what stood before it,
when they print through its price, or when the other side comes to stand through it; never at a
mere touch. Our takes consume the level as recorded, at most once until the tape tells it anew.

What is published is the recorded book, less what we took and with our own lots on top, as a venue would show it. The
tape does not react to us: that is the limit of every replay, and small orders are its remedy.
"""

import hashlib
import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

from sim.market.tape.book import TapeBook
from sim.market.tape.exact_queue import Arrivals
from sim.market.tape.load import load
from sim.market.tape.net_book import NetBook
from sim.market.tape.queue_model import (
    EXACT,
    MODELS,
    PROB_POWER,
    QueuedOrder,
    QueueModel,
    join,
    on_level_change,
    on_opposite,
    on_trade,
    share_trade,
)
from sim.market.tape.records import L3, PERP, SPOT, TapeDelta, TapeSnapshot, TapeTrade
from sim.market.tape.timeline import Timed, timeline
from sim.venue.matching import Match, Resting
from sim.venue.orders import VenueOrder
from strategy.errors import OperatorError, Problem
from strategy.instrument import Instrument
from strategy.units import BUY, NS_PER_S, SELL

SHORT_TAPE: Final = "SQ-S110"
NO_ORDERS: Final = "SQ-S111"
_NEVER: Final = 2**62
_Level = tuple[int, int]

OnTrade = Callable[[Any, list[Match], int, int, int], None]
OnMade = Callable[[VenueOrder, int, int, int, int], None]


class TapeTop:
    """The recorded book's best prices, as the venue reads them."""

    def __init__(self) -> None:
        """Start without a price."""
        self.best_bid_ticks = 0
        self.best_ask_ticks = 0
        self.last_mid2_ticks = 0

    @property
    def mid2_ticks(self) -> int:
        """Twice the mid; the last two-sided one while a side is empty."""
        if self.best_bid_ticks and self.best_ask_ticks:
            self.last_mid2_ticks = self.best_bid_ticks + self.best_ask_ticks
        return self.last_mid2_ticks

    def crosses(self, side: int, price_ticks: int) -> bool:
        """Say whether an order at this price would trade at once."""
        best = self.best_ask_ticks if side == BUY else self.best_bid_ticks
        return best != 0 and side * (price_ticks - best) >= 0


class Held:
    """An order of ours in the tape's book: the venue's order and its place by the model."""

    __slots__ = ("order", "queued")

    def __init__(self, order: VenueOrder, queued: QueuedOrder) -> None:
        """Keep both together."""
        self.order = order
        self.queued = queued


class TapeMarket:
    """One symbol's recorded window, in the venue's order of time, from its snapshot at t = 0."""

    def __init__(
        self,
        symbol: str,
        items: tuple[Timed, ...],
        on_trade: OnTrade,
        on_made: OnMade,
        model: QueueModel = PROB_POWER,
    ) -> None:
        """``items`` begin with the snapshot, which is the book at time 0."""
        self.symbol = symbol
        self.model = model
        self.book = TapeTop()
        self.ours: dict[str, Held] = {}
        self.factor = 1.0
        self.trades = self.quotes = True
        self.sniped, self.shot_ticks = 0, None
        self._items = items
        self._next = 1
        self._on_trade = on_trade
        self._on_made = on_made
        self.touched = False
        self._changed: tuple[dict[int, None], dict[int, None]] = ({}, {})
        self._hash = hashlib.blake2b(digest_size=16)
        snapshot = items[0][1]
        assert isinstance(snapshot, TapeSnapshot)
        recorded = TapeBook()
        recorded.fill(snapshot)
        self._net = NetBook(recorded)
        self._arrivals = Arrivals()
        self._arrivals.change(snapshot.orders, ())
        self._look()

    # Time

    @property
    def next_ns(self) -> int:
        """The instant of the next record."""
        return self._items[self._next][0] if self._next < len(self._items) else _NEVER

    @property
    def fair_ticks(self) -> None:
        """Nobody in a recording knows a fair price."""
        return

    @property
    def events(self) -> int:
        """How many records have been played."""
        return self._next

    def advance(self, until_ns: int) -> int:
        """Play records up to ``until_ns``; stop right after one that filled an order of ours."""
        self.touched = False
        while self.next_ns <= until_ns:
            now_ns, record = self._items[self._next]
            self._next += 1
            if isinstance(record, TapeTrade):
                self._trade(now_ns, record)
            elif isinstance(record, TapeDelta):
                self._apply(now_ns, record)
            if self.touched:
                return now_ns
        return until_ns

    def proposals_so_far(self) -> tuple[int, int]:
        """Count the records played: what is recorded asks nobody."""
        return self._next, 0

    def hash_so_far(self) -> str:
        """Give the hash of how far the tape has played."""
        whole = self._hash.copy()
        whole.update(self._next.to_bytes(8, "little"))
        return whole.hexdigest()

    # The tape's own doing

    def _trade(self, now_ns: int, trade: TapeTrade) -> None:
        if not self.trades:
            return
        mid2 = self.book.mid2_ticks
        print_ = Resting(-trade.side, trade.price_ticks, trade.size_lots)
        self._on_trade(self, [(print_, trade.price_ticks, trade.size_lots)], trade.side, mid2, now_ns)
        resting = {id_: held for id_, held in self.ours.items() if held.queued.left_lots}
        reach = self._arrivals.on_trade if self.model is EXACT else on_trade
        filled = share_trade([held.queued for held in resting.values()], trade, reach)
        for queued, lots in filled:
            held = next(one for one in resting.values() if one.queued is queued)
            self._made(held, lots, mid2, now_ns)

    def _apply(self, now_ns: int, delta: TapeDelta) -> None:
        mid2 = self.book.mid2_ticks
        before = {id_: self._level(held.queued) for id_, held in self.ours.items()}
        self._net.apply(delta)
        self._arrivals.change(delta.orders, [held.queued for held in self.ours.values()] if self.model is EXACT else ())
        for index, levels in enumerate((delta.bids, delta.asks)):
            for price, _ in levels:
                self._changed[index][price] = None
        self._look()
        taken = 0
        for id_, old_lots in before.items():
            held = self.ours.get(id_)
            if held is None:
                continue
            if self.model is not EXACT:
                on_level_change(held.queued, old_lots, self._level(held.queued), self.model)
            if not self.trades:
                continue
            through = self._net.lots_through(held.queued.side, held.queued.price_ticks)
            lots = on_opposite(held.queued, through, taken)
            if lots:
                taken += lots
                self._made(held, lots, mid2, now_ns)

    def _made(self, held: Held, lots: int, mid2_ticks: int, now_ns: int) -> None:
        self.touched = True
        self._show(held.queued.side, held.queued.price_ticks)
        self._on_made(held.order, held.order.price_ticks, lots, mid2_ticks, now_ns)

    def _level(self, queued: QueuedOrder) -> int:
        return self._net.lots(queued.side, queued.price_ticks)

    def _look(self) -> None:
        self.book.best_bid_ticks = self._net.best_ticks(BUY)
        self.book.best_ask_ticks = self._net.best_ticks(SELL)

    # Our orders

    def enter(self, order: VenueOrder, lots: int, now_ns: int) -> None:
        """Rest an order of ours behind everything recorded at its price."""
        queued = join(order.side, order.price_ticks, lots, 0)
        queued.ahead_lots = self._level(queued)
        self._arrivals.joins(queued)
        self.ours[order.client_id] = Held(order, queued)
        self._show(order.side, order.price_ticks)

    def leave(self, order: VenueOrder) -> None:
        """Take an order of ours away."""
        held = self.ours.pop(order.client_id)
        self._show(held.queued.side, held.queued.price_ticks)

    def shrink(self, order: VenueOrder, by_lots: int) -> None:
        """Make an order of ours smaller; it keeps its place."""
        self.ours[order.client_id].queued.size_lots -= by_lots
        self._show(order.side, order.price_ticks)

    def ahead_lots(self, order: VenueOrder) -> int:
        """Count what stands before an order of ours, by the model of its queue."""
        return math.ceil(self.ours[order.client_id].queued.ahead_lots)

    def take(self, side: int, lots: int, limit_ticks: int, now_ns: int) -> list[Match]:
        """Take what the tape shows, best first, what we took before left out."""
        matches: list[Match] = []
        mid2 = self.book.mid2_ticks
        for price, size in self._within(side, limit_ticks):
            got = min(size, lots)
            if not got:
                break
            lots -= got
            self._net.take(-side, price, got)
            self._show(-side, price)
            matches.append((Resting(-side, price, 0), price, got))
        if matches:
            self._look()
            self._on_trade(self, matches, side, mid2, now_ns)
        return matches

    def fillable_lots(self, side: int, limit_ticks: int) -> int:
        """Count what ``take`` would find up to a limit."""
        return sum(size for _, size in self._within(side, limit_ticks))

    def _within(self, side: int, limit_ticks: int) -> list[_Level]:
        shown = self._net.levels(-side, _TAKE_LEVELS)
        return [(price, size) for price, size in shown if side * (limit_ticks - price) >= 0]

    # What is shown

    def changed_levels(self) -> tuple[list[_Level], list[_Level]]:
        """Give the levels that changed since the last call, our own lots included."""
        told: list[list[_Level]] = []
        for index, changed in enumerate(self._changed):
            side = BUY if index == 0 else SELL
            own = self._own(side)
            told.append([(price, self._net.lots(side, price) + own.get(price, 0)) for price in changed])
            changed.clear()
        return told[0], told[1]

    def levels(self, depth: int = _NEVER) -> tuple[list[_Level], list[_Level]]:
        """Give the best levels of each side, best first, our own lots included."""
        told: list[list[_Level]] = []
        for side in (BUY, SELL):
            lots = dict(self._net.levels(side, depth))
            for price, own in self._own(side).items():
                lots[price] = self._net.lots(side, price) + own
            told.append(sorted(lots.items(), reverse=side == BUY)[:depth])
        return told[0], told[1]

    def _own(self, side: int) -> dict[int, int]:
        own: dict[int, int] = {}
        for held in self.ours.values():
            queued = held.queued
            if queued.side == side and queued.left_lots > 0:
                own[queued.price_ticks] = own.get(queued.price_ticks, 0) + queued.left_lots
        return own

    def _show(self, side: int, price_ticks: int) -> None:
        self._changed[0 if side == BUY else 1][price_ticks] = None


# A take looks no deeper into the tape than this many levels.
_TAKE_LEVELS: Final = 50


def open_tape(scenario: Any, data_dir: str) -> Callable[..., TapeMarket] | str:
    """Open a scenario's tape; text says why it is skipped, a bad tape raises ``OperatorError``."""
    tape = scenario.market.tape
    folder = Path(data_dir) / tape.folder if data_dir else None
    if folder is None or not folder.exists():
        where = "set --data or STORMQUOTE_DATA" if folder is None else f"no {tape.folder} under the data folder"
        return f"no recorded data: {where}"
    (instrument,) = scenario.instruments
    recorded = load(
        folder, tick=Decimal(tape.tick or instrument.tick), lot=Decimal(instrument.lot), **_which(instrument)
    )
    if tape.queue == EXACT.name and recorded.level != L3:
        words = f"queue: exact needs a tape that tells of every order, this one is {recorded.level}"
        raise OperatorError([Problem(NO_ORDERS, tape.folder, 0, 0, words)])
    items = timeline(recorded).items
    if items[-1][0] < (scenario.run.duration_s - _END_SLACK_S) * NS_PER_S:
        words = f"run.duration_s is {scenario.run.duration_s:g} s, the tape ends at {items[-1][0] / NS_PER_S:.1f} s"
        raise OperatorError([Problem(SHORT_TAPE, tape.folder, 0, 0, words)])
    model = _model(tape)

    def pit(instrument: Instrument, venue: Any) -> TapeMarket:
        return TapeMarket(instrument.symbol, items, venue.traded, venue.made, model)

    return pit


_END_SLACK_S: Final = 2


def _which(instrument: Any) -> dict[str, str]:
    """Say which market of a recording of many is meant."""
    return {"symbol": instrument.symbol, "market": SPOT if instrument.kind == SPOT else PERP}


def _model(tape: Any) -> QueueModel:
    """Give the queue model a scenario asks for, with its exponent."""
    model = MODELS[tape.queue]
    return model if tape.queue_exponent is None else msgspec.structs.replace(model, exponent=tape.queue_exponent)
