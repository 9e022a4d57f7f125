"""Everything the core keeps of one symbol: its book, beliefs, position, and its last decision.

A desk absorbs what concerns its symbol and remembers what was decided. It sends nothing, and of
orders it knows only where they stand in their queues.
"""

from typing import Final

import msgspec

from strategy.book import APPLIED, GAP, OLD, Book
from strategy.context import QuoteContext, StageMemory
from strategy.events import BookDelta, BookHeartbeat, BookSnapshot, OrderFilled, PublicTrade
from strategy.instrument import Instrument
from strategy.knobs import FeedKnobs, Knobs, SymbolKnobs
from strategy.position import Position, is_odd_fee
from strategy.queue import QueuePlace, join
from strategy.signals import Signals, make_signals
from strategy.units import BPS

BOOK_GAP: Final = "book_gap"
STALE_BOOK: Final = "stale_book"
ONE_SIDED: Final = "one_sided_book"


class Desk(msgspec.Struct):
    """One symbol. ``decided_ns`` and ``decided_mid2`` are 0 before the first decision.

    ``is_dirty``: an input changed, decide when due. ``is_urgent``: danger, decide at once.
    ``must_place``: orders or wishes changed since they were last compared; ``place_at_ns``: when
    the rate budget lets a move that found no token leave (0: none waits), ``lacks_ns`` since when
    what needs one has been waiting, a cancel since it was last tried (0: nothing does). ``unsent`` counts requests
    in a row that never left our host, ``misfits`` those refused by a rule we do not know; no create or
    amend is made before ``hold_ns``. ``odd_fees`` counts fills in a row that were charged another fee
    than the instrument's. ``awaits_ns``: the scheduled instant whose decision waits for a book by REST
    (0: none does). ``told_ns`` is of when the last word of the stream about this book was; ``is_frozen``: so long
    ago that, for this symbol, there is no stream. ``rules`` is the instrument as it is listed since the process
    began, where that is another (``terms``); ``grid_ns`` since when its grid has been in doubt (0: it is not),
    ``grid_rest_ns`` before which a refusal raises no doubt again, ``grid_idle`` how many answers in a row said
    nothing new.
    """

    symbol: str
    book: Book
    signals: Signals
    position: Position
    memory: StageMemory = StageMemory()
    context: QuoteContext | None = None
    decided_ns: int = 0
    decided_mid2: int = 0
    is_dirty: bool = False
    is_urgent: bool = False
    must_place: bool = False
    place_at_ns: int = 0
    lacks_ns: int = 0
    hold_ns: int = 0
    unsent: int = 0
    misfits: int = 0
    odd_fees: int = 0
    awaits_ns: int = 0
    told_ns: int = 0
    is_frozen: bool = False
    places: dict[str, QueuePlace] = {}
    rules: Instrument | None = None
    grid_ns: int = 0
    grid_rest_ns: int = 0
    grid_idle: int = 0

    def on_snapshot(self, now_ns: int, told_ns: int, event: BookSnapshot, knobs: Knobs) -> None:
        """Take a snapshot of the book, said at ``told_ns``: our places are held against it, and a jump is danger."""
        was_ok = self.book.ok
        if not event.asked_ns:
            self.hear_stream(now_ns, told_ns, knobs.feed)
        if self.book.snapshot(told_ns, event) == APPLIED:
            for place in self.places.values():
                lots = self.book.lots_at(place.side, place.price_ticks)
                place.on_level(lots, lots, knobs.queue.cancel_power)
            self.is_dirty = True
            self.is_urgent |= self._has_jumped(knobs)
        self.is_urgent |= self.book.ok is not was_ok

    def on_delta(self, now_ns: int, told_ns: int, event: BookDelta, knobs: Knobs) -> None:
        """Take a delta, said at ``told_ns``: the queues move with it, and a jump or a gap is danger."""
        book = self.book
        self.hear_stream(now_ns, told_ns, knobs.feed)
        before = [(place, book.lots_at(place.side, place.price_ticks)) for place in self.places.values()]
        outcome = book.delta(told_ns, event)
        if outcome == OLD and self._counts_anew(now_ns, knobs):
            book.lose()
            outcome = book.delta(told_ns, event)
            self.is_urgent = True
        if outcome == GAP:
            self.is_urgent = True
        elif outcome == APPLIED:
            for place, old_lots in before:
                new_lots = book.lots_at(place.side, place.price_ticks)
                place.on_level(old_lots, new_lots, knobs.queue.cancel_power)
            self.is_dirty = True
            self.is_urgent |= self._has_jumped(knobs)

    def on_heartbeat(self, now_ns: int, told_ns: int, event: BookHeartbeat, knobs: Knobs) -> None:
        """Take a proof of life, given at ``told_ns``; one that names what we missed is danger."""
        self.hear_stream(now_ns, told_ns, knobs.feed)
        outcome = self.book.heartbeat(told_ns, event)
        if outcome == OLD and self._counts_anew(now_ns, knobs):
            self.book.lose()
            outcome = GAP
        self.is_urgent |= outcome == GAP
        self.is_dirty = True

    def hear_stream(self, now_ns: int, told_ns: int, feed: FeedKnobs) -> None:
        """Note that the stream spoke of this book at ``told_ns``: nobody waits for one by REST any more.

        A word too late to quote on is none, as if the stream were silent: the book goes on being fetched, or soon is.
        """
        if now_ns - told_ns <= min(feed.age_ns_max, feed.retreat_after_ns):
            self.told_ns = max(self.told_ns, told_ns)
            self.is_frozen, self.awaits_ns = False, 0

    def on_trade(self, now_ns: int, event: PublicTrade) -> None:
        """Take a public trade: it eats the queues we stand in."""
        self.signals.on_trade(now_ns, event.side, event.size_lots, event.venue_ns)
        for place in self.places.values():
            place.on_trade(event.price_ticks, event.size_lots, event.side)

    def on_fill(self, now_ns: int, fill: OrderFilled, symbol: SymbolKnobs) -> None:
        """Book a fill of ours (seen for the first time) at the mid as we know it."""
        mid2 = self.book.mid2_ticks or self.position.mid2_ticks or 2 * fill.price_ticks
        self.position.fill(symbol.instrument, fill, mid2)
        if fill.client_id:  # what others did to our position has prices and fees of its own
            self.odd_fees = self.odd_fees + 1 if is_odd_fee(symbol.instrument, fill) else 0
        self.signals.on_fill(now_ns, fill.side, mid2)
        place = self.places.get(fill.client_id)
        if place is not None:
            place.on_fill(fill.size_lots)
        self.is_urgent = True

    def place_by(self, at_ns: int) -> None:
        """Have the moves looked at again at ``at_ns`` at the latest."""
        self.place_at_ns = min(at_ns, self.place_at_ns or at_ns)

    def stand(self, client_id: str, side: int, price_ticks: int, own_lots: int) -> None:
        """Note where an order of ours rests: last in its queue, unless it stood at that price before."""
        place = self.places.get(client_id)
        if place is not None and place.price_ticks == price_ticks and own_lots <= place.own_lots:
            place.own_lots = own_lots
            return
        self.places[client_id] = join(side, price_ticks, own_lots, self.book.lots_at(side, price_ticks))

    def leave(self, client_id: str) -> None:
        """Forget the place of an order that rests no more."""
        self.places.pop(client_id, None)

    def why_blind(self, now_ns: int, knobs: Knobs) -> str:
        """Say why the book is no ground to quote on; empty when it is."""
        if not self.book.ok:
            return BOOK_GAP
        if now_ns - self.book.proof_ns > knobs.feed.age_ns_max:
            return STALE_BOOK
        return "" if self.book.is_two_sided else ONE_SIDED

    def exit2_ticks(self) -> int:
        """Give twice the price at which the position could be closed now, or the last mid without a book.

        Before there was any book, the mark of the last fill: a position is never worth nothing.
        """
        exit_ticks = self.book.best_bid_ticks if self.position.lots > 0 else self.book.best_ask_ticks
        return 2 * exit_ticks or self.decided_mid2 or self.position.mid2_ticks

    def _counts_anew(self, now_ns: int, knobs: Knobs) -> bool:
        """Say whether a word that seems old comes of another count: for too long nothing has joined ours.

        A service that was restarted counts from 1 again; whoever missed its first whole book would take all
        that follows for old, and never ask for another.
        """
        return self.book.ok and now_ns - self.book.proof_ns > knobs.feed.age_ns_max

    def _has_jumped(self, knobs: Knobs) -> bool:
        """Say whether the mid has moved through the fast-cancel threshold since we decided."""
        mid2 = self.book.mid2_ticks
        moved_bps = abs(mid2 - self.decided_mid2) * BPS
        return not mid2 or moved_bps >= knobs.placement.fast_cancel_bps * self.decided_mid2


def make_desk(knobs: Knobs, symbol: SymbolKnobs) -> Desk:
    """Start a symbol without a book, a position or an opinion."""
    name = symbol.instrument.symbol
    return Desk(name, Book(symbol=name), make_signals(knobs.signals), Position(symbol=name))
