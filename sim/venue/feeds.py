"""One symbol's public feed: a snapshot, then what changed, with numbers that join.

Changes are gathered between publications: a level that moved twice is told once, as it stands.
Only the best levels of each side are shown. So a level may leave the view without being traded or
cancelled (a better one came), or enter it without being placed (a better one went); a reader is
told of both, and after every message holds exactly what is in view, never a level too many.

A feed may show another book than there is (``show_as``), tell more messages than there is news
(``echoes``), or be the feed of a service that has just begun (``restart``): that is for faults.
"""

from collections.abc import Callable
from typing import Any, Protocol

from strategy import events

_Level = tuple[int, int]
_Sides = tuple[list[_Level], list[_Level]]
# Makes another book of the best levels of each side.
Shows = Callable[[list[_Level], list[_Level]], _Sides]


class Shown(Protocol):
    """A market whose book can be shown."""

    symbol: str

    def changed_levels(self) -> tuple[list[_Level], list[_Level]]:
        """Give bid and ask levels changed since the last call."""

    def levels(self, depth: int) -> tuple[list[_Level], list[_Level]]:
        """Give the best levels of each side, best first."""


class View:
    """What the readers of one side hold, ``sign`` +1 for bids: the higher the better, or -1."""

    __slots__ = ("_depth", "_edge", "_sign", "told")

    def __init__(self, sign: int, depth: int) -> None:
        self._sign = sign
        self._depth = depth
        self._edge: int | None = None  # the worst price in a full view; beyond it nothing is told
        self.told: dict[int, int] = {}

    def needs_look(self, changed: list[_Level]) -> bool:
        """Say whether a change may have moved levels into the view or out of it."""
        told, edge, sign = self.told, self._edge, self._sign
        for price, lots in changed:
            if price in told:
                if not lots:
                    return True
            elif lots and (edge is None or sign * (price - edge) > 0):
                return True
        return False

    def resized(self, changed: list[_Level]) -> list[_Level]:
        """Tell the new sizes of levels that are in view and stay there."""
        told = self.told
        news = [level for level in changed if level[0] in told]
        told.update(news)
        return news

    def moved(self, changed: list[_Level], best: list[_Level]) -> list[_Level]:
        """Tell all there is to tell when the view is ``best`` from now on."""
        old, new = self.told, dict(best)
        news = [(price, new.get(price, 0)) for price, _ in changed if price in new or price in old]
        named = dict(news)
        news += [(price, 0) for price in old if price not in new and price not in named]
        news += [level for level in best if level[0] not in old and level[0] not in named]
        self.told = new
        self._edge = best[-1][0] if len(best) >= self._depth else None
        return news


class Feed:
    """Publishes one market. ``seq`` is the number of the last message that changed anything."""

    def __init__(self, market: Shown, heartbeat_ns: int, depth: int) -> None:
        """Number the empty book 1; ``depth`` is how many levels of a side are shown."""
        self._market = market
        self._heartbeat_ns = heartbeat_ns
        self._depth = depth
        self._views = View(1, depth), View(-1, depth)
        self._trades: list[events.PublicTrade] = []
        self._last_ns = 0
        self.seq = 1
        # How many more messages follow each time something may be told: levels told once more as they are.
        self.echoes = 0
        self._shows: dict[str, Shows] = {}
        self._looks_anew = False

    def show_as(self, why: str, shows: Shows | None) -> None:
        """Have another book shown than there is, for a reason: ``shows`` makes it of the best levels; None: no more."""
        self._shows.pop(why, None)
        if shows is not None:
            self._shows[why] = shows
        self._looks_anew = True

    def levels(self, depth: int) -> _Sides:
        """Give the best levels of each side as they are shown, best first."""
        sides = self._market.levels(depth)
        for shows in self._shows.values():
            sides = shows(*sides)
        return sides

    def as_told(self, venue_ns: int, asked_ns: int = 0) -> events.BookSnapshot:
        """Give the book as its readers hold it, as of the last number; nothing is told by that."""
        bids, asks = (view.told for view in self._views)
        best_bids, best_asks = tuple(sorted(bids.items(), reverse=True)), tuple(sorted(asks.items()))
        return events.BookSnapshot(self._market.symbol, self.seq, best_bids, best_asks, venue_ns, asked_ns)

    def restart(self) -> None:
        """Number the book 1 again: what is told next is of another count."""
        self.seq = 1

    def traded(self, matches: list[Any], side: int, venue_ns: int) -> None:
        """Note trades of one aggressor; those at one price are one print."""
        lots_at: dict[int, int] = {}
        for _, price, lots in matches:
            lots_at[price] = lots_at.get(price, 0) + lots
        symbol = self._market.symbol
        self._trades += [events.PublicTrade(symbol, price, lots, side, venue_ns) for price, lots in lots_at.items()]

    def publish(self, now_ns: int, venue_ns: int) -> list[events.Event]:
        """Give what is to be told now: trades, then the change of the book, or a sign of life."""
        told: list[events.Event] = list(self._trades)
        self._trades.clear()
        bids, asks = self._news()
        symbol = self._market.symbol
        if bids or asks:
            self.seq += 1
            self._last_ns = now_ns
            told.append(events.BookDelta(symbol, self.seq - 1, self.seq, tuple(bids), tuple(asks), venue_ns))
        elif now_ns - self._last_ns >= self._heartbeat_ns:
            self._last_ns = now_ns
            told.append(events.BookHeartbeat(symbol, self.seq, venue_ns))
        return told + self._echoed(venue_ns)

    def _echoed(self, venue_ns: int) -> list[events.Event]:
        """Tell the best bid again and again, as it is: messages that are numbered, and say nothing new."""
        bids = self._views[0].told
        if not self.echoes or not bids:
            return []
        best = max(bids.items())
        first, self.seq = self.seq, self.seq + self.echoes
        return [
            events.BookDelta(self._market.symbol, seq, seq + 1, (best,), (), venue_ns) for seq in range(first, self.seq)
        ]

    def _news(self) -> tuple[list[_Level], list[_Level]]:
        """Give what changed in view, each side's levels in the order in which they were touched."""
        bids, asks = self._market.changed_levels()
        bid_view, ask_view = self._views
        if not (self._looks_anew or bid_view.needs_look(bids) or ask_view.needs_look(asks)):
            return bid_view.resized(bids), ask_view.resized(asks)
        self._looks_anew = bool(self._shows)
        best_bids, best_asks = self.levels(self._depth)
        return bid_view.moved(bids, best_bids), ask_view.moved(asks, best_asks)

    def snapshot(self, now_ns: int, venue_ns: int, asked_ns: int) -> list[events.Event]:
        """Give the book in view as of the last number; what changed since is published first.

        The messages before the snapshot, if any, belong on the stream.
        """
        told = self.publish(now_ns, venue_ns)
        bids, asks = self.levels(self._depth)
        for view, best in zip(self._views, (bids, asks), strict=True):
            view.moved([], best)  # a market may begin with a book that never changed
        told.append(events.BookSnapshot(self._market.symbol, self.seq, tuple(bids), tuple(asks), venue_ns, asked_ns))
        return told
