"""What happens to market data."""

from collections.abc import Mapping
from typing import ClassVar, Final, Literal

from sim.scenario.faults.base import Fault, Lasting, Symbols
from sim.scenario.faults.ranges import AnySymbols, Choice, Draw, LogUniform
from strategy.file_model import CountAboveZero


class FeedGap(Fault):
    """The book feed skips messages: the next one does not join what was seen last."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "lost_messages": LogUniform(1, 3000, whole=True),
        "symbols": AnySymbols(),
    }

    kind: Literal["feed_gap"]
    """`feed_gap`: book updates in a row are lost."""
    lost_messages: CountAboveZero
    """How many updates in a row are lost, a count per symbol."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""


class FeedFrozen(Lasting):
    """The book of a symbol falls silent while its stream stays up and answers pings."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(0.5, 120),
        "symbols": AnySymbols(),
        "reads": Choice((False, True)),
    }

    kind: Literal["feed_frozen"]
    """`feed_frozen`: socket up, pongs fine, book silent."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""
    reads: bool = False
    """Books that are asked for get no answer either: there is none by any road."""


MODELS: Final = (FeedGap, FeedFrozen)
EXAMPLES: Final = {
    "feed_gap": "{at_s: 10, kind: feed_gap, lost_messages: 40, symbols: [BTCUSDT]}",
    "feed_frozen": "{at_s: 10, for_s: 20, kind: feed_frozen, symbols: [BTCUSDT]}",
}
