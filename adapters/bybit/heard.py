"""What one frame of a stream holds, and nothing of it lost: events, small talk, rows, what was strange."""

from typing import ClassVar

import msgspec

from adapters.bybit.control import Control
from adapters.bybit.rows import PositionRow, WalletRow
from strategy.events import Event


class Band(msgspec.Struct, frozen=True, gc=False):
    """A symbol's price band in ticks: no buy above the one, no sell below the other."""

    symbol: str
    buy_ticks_max: int
    sell_ticks_min: int


class Heard(msgspec.Struct, frozen=True):
    """One frame. ``topic`` is empty for small talk, which is then in ``control``.

    ``positions`` and ``wallets`` are checks for whoever compares; they are no events, since positions
    come from our own fills. ``strange`` says of each thing that could not be told why.
    """

    NO_TOPIC: ClassVar[str] = "a message without a topic"

    topic: str = ""
    events: tuple[Event, ...] = ()
    control: Control | None = None
    positions: tuple[PositionRow, ...] = ()
    wallets: tuple[WalletRow, ...] = ()
    bands: tuple[Band, ...] = ()
    strange: tuple[str, ...] = ()
