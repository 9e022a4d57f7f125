"""How our orders stood at an earlier instant: what a replica that lags shows, what an old snapshot restores.

Kept only where a planned fault needs it. A note is made whenever an order changed; looking back
finds the last note that is not younger than the instant asked for.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

import msgspec

from sim.venue.accounts import Account
from sim.venue.orders import OPEN, Fill, VenueOrder


class Version(msgspec.Struct, frozen=True, gc=False):
    """One order as it stood from ``at_ns`` (true time) on, in the words of ``VenueOrder``."""

    at_ns: int
    client_id: str
    symbol: str
    side: int
    state: str
    price_ticks: int
    size_lots: int
    filled_lots: int
    is_known: bool


class History:
    """Every version of every order since somebody began to keep them."""

    def __init__(self) -> None:
        """Keep nothing until told to."""
        self.is_kept = False
        self._versions: dict[str, list[Version]] = {}

    def note(self, order: VenueOrder, now_ns: int) -> None:
        """Write down how an order stands now."""
        if not self.is_kept:
            return
        version = Version(
            now_ns,
            order.client_id,
            order.symbol,
            order.side,
            order.state,
            order.price_ticks,
            order.size_lots,
            order.filled_lots,
            order.is_known,
        )
        self._versions.setdefault(order.client_id, []).append(version)

    def renamed(self, order: VenueOrder, old_id: str, now_ns: int) -> None:
        """Hear that an order goes by another id: of the old one nothing is known any more, then neither."""
        self._versions.pop(old_id, None)
        self.note(order, now_ns)

    def at(self, client_id: str, at_ns: int) -> Version | None:
        """Give an order as it stood at an instant; None where it was not there yet."""
        versions = self._versions.get(client_id, ())
        place = bisect_right(versions, at_ns, key=_at_ns)
        return versions[place - 1] if place else None

    def open_at(self, at_ns: int) -> Iterator[Version]:
        """Give the orders that were on the book at an instant, in the order in which they came."""
        for client_id in self._versions:
            version = self.at(client_id, at_ns)
            if version is not None and version.state == OPEN:
                yield version


class Past:
    """The ledger of a venue as it was at an instant, for whoever reads it; margins are as they are."""

    def __init__(self, venue: Any, at_ns: int) -> None:
        """Show a venue as it was at ``at_ns``, true time."""
        self._history: History = venue.history
        self._at_ns = at_ns
        self.account: Account = venue.account
        self.mids2 = venue.mids2
        self.unlisted: dict[str, int] = venue.unlisted
        self.orders = self
        self.fills: list[Fill] = [fill for fill in venue.fills if fill.true_ns <= at_ns]

    def get(self, client_id: str) -> Version | None:
        """Give an order as it was."""
        return self._history.at(client_id, self._at_ns)

    def open_orders(self) -> Iterator[Version]:
        """Give the orders that were on the book."""
        return self._history.open_at(self._at_ns)


def _at_ns(version: Version) -> int:
    return version.at_ns
