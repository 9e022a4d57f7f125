"""One symbol's public feed: a snapshot, then what changed, with numbers that join.

Changes are gathered between publications: a level that moved twice is told once, as it stands.
"""

from typing import Any, Protocol

from strategy import events

_Level = tuple[int, int]


class Shown(Protocol):
    """A market whose book can be shown."""

    symbol: str

    def changed_levels(self) -> tuple[list[_Level], list[_Level]]:
        """Give bid and ask levels changed since the last call."""

    def levels(self) -> tuple[list[_Level], list[_Level]]:
        """Give the whole book, best first."""


class Feed:
    """Publishes one market. ``seq`` is the number of the last message that changed anything."""

    def __init__(self, market: Shown, heartbeat_ns: int) -> None:
        """Number the empty book 1."""
        self._market = market
        self._heartbeat_ns = heartbeat_ns
        self._trades: list[events.PublicTrade] = []
        self._last_ns = 0
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
        bids, asks = self._market.changed_levels()
        symbol = self._market.symbol
        if bids or asks:
            self.seq += 1
            self._last_ns = now_ns
            told.append(events.BookDelta(symbol, self.seq - 1, self.seq, tuple(bids), tuple(asks), venue_ns))
        elif now_ns - self._last_ns >= self._heartbeat_ns:
            self._last_ns = now_ns
            told.append(events.BookHeartbeat(symbol, self.seq, venue_ns))
        return told

    def snapshot(self, now_ns: int, venue_ns: int, asked_ns: int) -> list[events.Event]:
        """Give the whole book as of the last number; what changed since is published first.

        The messages before the snapshot, if any, belong on the stream.
        """
        told = self.publish(now_ns, venue_ns)
        bids, asks = self._market.levels()
        told.append(events.BookSnapshot(self._market.symbol, self.seq, tuple(bids), tuple(asks), venue_ns, asked_ns))
        return told
