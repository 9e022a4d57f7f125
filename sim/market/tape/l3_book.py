"""From words about orders to records: who made each trade, what stood at the start, what has gone unseen."""

from bisect import bisect_left, bisect_right
from typing import Final

import msgspec

from sim.market.tape.l3_format import CREATED, DELETED, LogReader, Print, Word
from sim.market.tape.records import Level, TapeBbo, TapeDelta, TapeOrder, TapeRecord, TapeSnapshot, TapeTrade
from sim.market.tape.refusal import CHAIN_GAP, TapeRefused

# A trade is told a few milliseconds after the words about its orders, now and then before the last of them.
_BEFORE_NS: Final = 400_000_000
_AFTER_NS: Final = 100_000_000
# A book is told this long after it stood so, at most: 999 of 1000 within 2.6 s.
_LAG_NS: Final = 3_000_000_000


class _Part(msgspec.Struct, frozen=True):
    """A word's part in a trade."""

    print_: Print
    is_maker: bool


def parts_of(words: list[Word], prints: list[Print], path: str) -> dict[int, _Part]:
    """Find the words, by their index, of each trade's two orders; a trade without a maker is refused."""
    times = [word.local_ns for word in words]
    found: dict[int, _Part] = {}
    for each in prints:
        start, end = bisect_left(times, each.local_ns - _BEFORE_NS), bisect_right(times, each.local_ns + _AFTER_NS)
        falls = [at for at in range(start, end) if at not in found and words[at].fell_lots in (-1, each.size_lots)]
        makers = [at for at in falls if words[at].price_ticks == each.price_ticks and not words[at].has_moved]
        if not makers:
            words_ = f"no order shrinks by what trade {each.trade_id} took, at its price"
            raise TapeRefused(CHAIN_GAP, path, each.line, words_)
        nearest: dict[int, int] = {}  # of each side, by the lines of the log
        for at in sorted(makers, key=lambda at: abs(words[at].line - each.line)):
            nearest.setdefault(words[at].side, at)
        # Of two orders at one price the older one rested.
        maker = min(nearest.values(), key=lambda at: words[at].order_id)
        found[maker] = _Part(each, is_maker=True)
        takers = [at for at in falls if words[at].side != words[maker].side]
        if takers:
            taker = min(takers, key=lambda at: (words[at].fell_lots < 0, abs(at - maker)))
            found[taker] = _Part(each, is_maker=False)
    return found


class _Resting(msgspec.Struct):
    side: int
    price_ticks: int
    size_lots: int


def makers_first(words: list[Word], parts: dict[int, _Part]) -> tuple[list[Word], dict[int, _Part]]:
    """Put a taker's word behind its maker's where they came the other way round.

    Else what is left of the taker would rest against a maker that seems to be there still.
    """
    maker_at = {part.print_.trade_id: at for at, part in parts.items() if part.is_maker}
    behind = {
        at: maker_at[part.print_.trade_id]
        for at, part in parts.items()
        if not part.is_maker and maker_at[part.print_.trade_id] > at
    }
    order = sorted(range(len(words)), key=lambda at: (behind.get(at, at), at in behind))
    moved = [
        msgspec.structs.replace(words[at], local_ns=words[behind[at]].local_ns) if at in behind else words[at]
        for at in order
    ]
    return moved, {now: parts[was] for now, was in enumerate(order) if was in parts}


class L3Book:
    """Follows the words of a log and writes what they do to the book as records.

    ``stale`` counts orders that were dropped as gone unseen, ``late`` the words about orders that are not there.
    """

    def __init__(self, read: LogReader, path: str) -> None:
        """``path`` names the log in a refusal."""
        self.records: list[TapeRecord] = []
        self.stale = self.late = 0
        self._path = path
        self._trades = 0
        self._shown = read.shown
        self._words, self._parts = makers_first(read.words, parts_of(read.words, read.prints, path))
        self._orders: dict[int, _Resting] = {}  # in order of arrival
        self._levels: dict[tuple[int, int], int] = {}
        self._at_ns = self._update_id = self._at_shown = 0
        self._stood: list[tuple[int, int]] = []  # when each update was made, and its id
        self._takes_until = self._last_takes()

    def _last_takes(self) -> dict[int, int]:
        """Give of each order that comes to take the index of the last word before it can rest."""
        found: dict[int, int] = {}
        rests: dict[int, None] = {}
        for at, word in enumerate(self._words):
            part = self._parts.get(at)
            # What traded whole and was nobody's maker took, though the sizes of its trades fit no word.
            took = word.kind == DELETED and word.size_lots == 0 and word.fell_lots > 0
            if word.kind == CREATED or word.order_id in rests:
                continue
            if part is not None and part.is_maker:
                rests[word.order_id] = None
            elif part is not None or took:
                found[word.order_id] = at
        return found

    def write(self) -> list[TapeRecord]:
        """Write the book at the start, then every word."""
        self._start()
        for at, word in enumerate(self._words):
            self._show_until(word.local_ns)
            self._at_ns = max(self._at_ns + 1, word.local_ns)
            part = self._parts.get(at)
            if part is not None and part.is_maker:
                self._trade(word, part.print_)
            changes: list[TapeOrder] = []
            self._word(at, word, changes)
            if changes:
                self._delta(word, changes)
        self._show_until(2**62)
        return self.records

    def _start(self) -> None:
        told: dict[int, None] = {}
        for at, word in enumerate(self._words):
            if word.order_id not in told and word.kind != CREATED:
                part = self._parts.get(at)
                size = word.size_lots + (part.print_.size_lots if part is not None else 0)
                if size:
                    self._orders[word.order_id] = _Resting(word.side, word.price_ticks, size)
            told[word.order_id] = None
        # A word that came before that of its creation tells of no order from before the log.
        for word in self._words:
            if word.kind == CREATED:
                self._orders.pop(word.order_id, None)
        self._orders = dict(sorted(self._orders.items()))
        for each in self._orders.values():
            self._add_level(each.side, each.price_ticks, each.size_lots)
        orders = tuple(
            TapeOrder(id_, each.side, each.price_ticks, each.size_lots) for id_, each in self._orders.items()
        )
        bids = tuple(sorted(((price, lots) for (side, price), lots in self._levels.items() if side > 0), reverse=True))
        asks = tuple(sorted((price, lots) for (side, price), lots in self._levels.items() if side < 0))
        first = self._words[0] if self._words else None
        self._at_ns = first.local_ns if first is not None else 0
        self._update_id = 1
        line = first.line if first is not None else 1
        self.records.append(TapeSnapshot(self._at_ns, self._at_ns, 0, line, 1, bids, asks, orders))
        self._stood.append((self._at_ns, 1))

    def _word(self, at: int, word: Word, changes: list[TapeOrder]) -> None:
        resting = self._orders.get(word.order_id)
        if at <= self._takes_until.get(word.order_id, -1) and resting is None:
            # It is taking; what is left rests once it has taken the last it will.
            if at == self._takes_until[word.order_id] and word.kind != DELETED:
                self._rest(word, changes)
        elif word.kind == CREATED:
            self._rest(word, changes)
        elif resting is not None:
            if word.kind == DELETED:
                if word.size_lots < resting.size_lots:
                    self._require_trade(at, word)
                self._drop(word.order_id, changes)
            elif word.price_ticks != resting.price_ticks or word.size_lots > resting.size_lots:
                self._drop(word.order_id, changes)
                self._rest(word, changes)
            elif word.size_lots < resting.size_lots:
                self._require_trade(at, word)
                self._add_level(resting.side, resting.price_ticks, word.size_lots - resting.size_lots)
                resting.size_lots = word.size_lots
                changes.append(TapeOrder(word.order_id, resting.side, resting.price_ticks, resting.size_lots))
        else:
            self.late += 1

    def _require_trade(self, at: int, word: Word) -> None:
        if at not in self._parts:
            words = f"order {word.order_id} shrinks by {word.fell_lots} lots and no trade says so"
            raise TapeRefused(CHAIN_GAP, self._path, word.line, words)

    def _rest(self, word: Word, changes: list[TapeOrder]) -> None:
        """Put an order last into its queue; what it would have traded with is not there any more."""
        side, price = word.side, word.price_ticks
        gone = [
            id_ for id_, each in self._orders.items() if each.side == -side and side * (price - each.price_ticks) >= 0
        ]
        self._drop_stale(gone, changes)
        self._orders[word.order_id] = _Resting(side, price, word.size_lots)
        self._add_level(side, price, word.size_lots)
        changes.append(TapeOrder(word.order_id, side, price, word.size_lots))

    def _trade(self, word: Word, print_: Print) -> None:
        """Write a trade; who stood before its maker and was not hit is not there any more."""
        place = word.local_ns, self._at_ns, 0, print_.line
        changes: list[TapeOrder] = []
        if word.order_id in self._orders:
            gone: list[int] = []
            behind = False
            for id_, each in self._orders.items():
                behind = behind or id_ == word.order_id
                better = each.side * (each.price_ticks - word.price_ticks)
                if each.side == word.side and (better > 0 or (better == 0 and not behind)):
                    gone.append(id_)
            self._drop_stale(gone, changes)
        if changes:
            self._delta(word, changes)
            self._at_ns += 1
            place = word.local_ns, self._at_ns, 0, print_.line
        # The venue's numbers skip, though no order shrinks between them: they are counted anew.
        self._trades += 1
        sizes = print_.price_ticks, print_.size_lots
        self.records.append(TapeTrade(*place, self._trades, *sizes, -word.side, word.order_id))

    def _drop_stale(self, ids: list[int], changes: list[TapeOrder]) -> None:
        self.stale += len(ids)
        for id_ in ids:
            self._drop(id_, changes)

    def _drop(self, order_id: int, changes: list[TapeOrder]) -> None:
        gone = self._orders.pop(order_id)
        self._add_level(gone.side, gone.price_ticks, -gone.size_lots)
        changes.append(TapeOrder(order_id, gone.side, gone.price_ticks, 0))

    def _add_level(self, side: int, price: int, lots: int) -> None:
        left = self._levels.get((side, price), 0) + lots
        if left:
            self._levels[side, price] = left
        else:
            self._levels.pop((side, price), None)

    def _delta(self, word: Word, changes: list[TapeOrder]) -> None:
        before, self._update_id = self._update_id, self._update_id + 1
        told: dict[tuple[int, int], None] = {(each.side, each.price_ticks): None for each in changes}
        sides: dict[int, list[Level]] = {1: [], -1: []}
        for side, price in told:
            sides[side].append((price, self._levels.get((side, price), 0)))
        ids = self._update_id, self._update_id, before
        levels = tuple(sides[1]), tuple(sides[-1])
        self.records.append(TapeDelta(word.local_ns, self._at_ns, 0, word.line, *ids, *levels, tuple(changes)))
        self._stood.append((self._at_ns, self._update_id))

    def _show_until(self, local_ns: int) -> None:
        """Write the books that were told by then, with the updates between which they may have stood so."""
        while self._at_shown < len(self._shown) and self._shown[self._at_shown].local_ns <= local_ns:
            each = self._shown[self._at_shown]
            self._at_shown += 1
            since = max(0, bisect_left(self._stood, (each.local_ns - _LAG_NS, 0)) - 1)
            place = each.local_ns, max(self._at_ns, each.local_ns), 0, each.line
            ids = self._update_id, *each.bid, *each.ask, self._stood[since][1]
            self.records.append(TapeBbo(*place, *ids))
