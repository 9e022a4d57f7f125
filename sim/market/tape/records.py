"""What a recorded tape holds: compact records of whole ticks, lots and nanoseconds.

``local_ns`` is the recorder's clock and ``venue_ns`` the venue's; the two are offset from each
other by an unknown amount, so they are never subtracted for anything but a variation.
``venue_ns`` is 0 where the venue did not stamp the message (spot snapshots and spot tickers).
``source`` is an index into ``Tape.files`` and ``line`` counts from 1 in that file.
"""

from decimal import Decimal
from typing import Final

import msgspec

Level = tuple[int, int]
Levels = tuple[Level, ...]

# The two chains of depth messages we know: perpetuals name the message before (`pu`), spot
# counts on without a hole (`U` is one more than the last `u`).
# What a tape tells of: the size of each level, or every order (and each change as a message of its own).
L2: Final = "L2"
L3: Final = "L3"

PERP: Final = "perp"
SPOT: Final = "spot"


class TapeOrder(msgspec.Struct, frozen=True, gc=False):
    """An order as it rests after a record; 0 lots: it is gone. One that grows or moves goes to the back."""

    order_id: int
    side: int
    price_ticks: int
    size_lots: int


class TapeSnapshot(msgspec.Struct, frozen=True, gc=False):
    """The whole book as a REST call returned it, best level first; on an L3 tape its orders, oldest first."""

    local_ns: int
    venue_ns: int
    source: int
    line: int
    last_update_id: int
    bids: Levels
    asks: Levels
    orders: tuple[TapeOrder, ...] = ()


class TapeDelta(msgspec.Struct, frozen=True, gc=False):
    """One depth message: absolute sizes, 0 removes. ``prev_last_id`` names the message before.

    Spot does not say it; there it is ``first_id - 1``, which is the same claim. On an L3 tape
    ``orders`` are those that changed, in order.
    """

    local_ns: int
    venue_ns: int
    source: int
    line: int
    first_id: int
    last_id: int
    prev_last_id: int
    bids: Levels
    asks: Levels
    orders: tuple[TapeOrder, ...] = ()


class TapeTrade(msgspec.Struct, frozen=True, gc=False):
    """One print; ``side`` is the aggressor's (+1 bought, -1 sold), ``maker_id`` the resting order's on an L3 tape."""

    local_ns: int
    venue_ns: int
    source: int
    line: int
    trade_id: int
    price_ticks: int
    size_lots: int
    side: int
    maker_id: int = 0


class TapeBbo(msgspec.Struct, frozen=True, gc=False):
    """The best bid and ask after book update ``update_id``.

    Where ``since_id`` is not 0 the ticker is sampled apart from the book: it shows what the book was
    at some instant between those two updates.
    """

    local_ns: int
    venue_ns: int
    source: int
    line: int
    update_id: int
    bid_ticks: int
    bid_lots: int
    ask_ticks: int
    ask_lots: int
    since_id: int = 0


TapeRecord = TapeSnapshot | TapeDelta | TapeTrade | TapeBbo


class Tape(msgspec.Struct, frozen=True):
    """A whole recorded window in memory, in the order in which it was received.

    ``ignored`` counts the messages read past by the name of their stream, so nothing is lost
    without a trace. ``level`` is L2 or L3. ``local_unit`` is the unit in which the files wrote local
    time. ``files`` are relative to ``folder``.
    """

    folder: str
    format: str
    market: str
    symbol: str
    tick: Decimal
    lot: Decimal
    grid_inferred: bool
    local_unit: str
    files: tuple[str, ...]
    records: tuple[TapeRecord, ...]
    ignored: tuple[tuple[str, int], ...] = ()
    level: str = L2

    def snapshots(self) -> list[TapeSnapshot]:
        """List the snapshots, in order."""
        return [record for record in self.records if type(record) is TapeSnapshot]

    def deltas(self) -> list[TapeDelta]:
        """List the depth messages, in order."""
        return [record for record in self.records if type(record) is TapeDelta]

    def trades(self) -> list[TapeTrade]:
        """List the trades, in order."""
        return [record for record in self.records if type(record) is TapeTrade]

    def bbos(self) -> list[TapeBbo]:
        """List the best bids and asks, in order."""
        return [record for record in self.records if type(record) is TapeBbo]

    def where(self, record: TapeRecord) -> str:
        """Name the file, relative to ``folder``, and the line a record came from."""
        return f"{self.files[record.source]}:{record.line}"
