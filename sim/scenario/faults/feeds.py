"""What happens to market data."""

from typing import Final, Literal

from sim.scenario.faults.base import Fault, Symbols
from strategy.file_model import CountAboveZero


class FeedGap(Fault):
    """The book feed skips messages: the next one does not join what was seen last."""

    STAYS = True

    kind: Literal["feed_gap"]
    """`feed_gap`: book updates in a row are lost."""
    lost_messages: CountAboveZero
    """How many updates in a row are lost, a count per symbol."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""


MODELS: Final = (FeedGap,)
EXAMPLES: Final = {"feed_gap": "{at_s: 45, kind: feed_gap, lost_messages: 40, symbols: [BTCUSDT]}"}
