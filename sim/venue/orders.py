"""An account's order as the venue holds it: the truth about it."""

from typing import Final

from strategy.events import OrderFilled

OPEN: Final = "open"
FILLED: Final = "filled"
CANCELLED: Final = "cancelled"
REJECTED: Final = "rejected"
# How the names begin that the venue gives to orders without a client id; no id of a client begins like that.
NAMELESS: Final = "~"


class VenueOrder:
    """One order of the account, kept for the whole run: truth does not forget."""

    __slots__ = (
        "client_id",
        "code",
        "filled_lots",
        "is_aimed_at",
        "is_known",
        "number",
        "post_only",
        "price_ticks",
        "reduce_only",
        "side",
        "size_lots",
        "slot",
        "state",
        "symbol",
    )

    def __init__(
        self,
        number: int,
        client_id: str,
        symbol: str,
        slot: str,
        side: int,
        price_ticks: int,
        size_lots: int,
        *,
        post_only: bool,
        reduce_only: bool,
    ) -> None:
        """Begin open, with nothing filled."""
        self.number = number
        self.client_id = client_id
        self.symbol = symbol
        self.slot = slot
        self.side = side
        self.price_ticks = price_ticks
        self.size_lots = size_lots
        self.filled_lots = 0
        self.post_only = post_only
        self.reduce_only = reduce_only
        self.state = OPEN
        self.code = ""
        self.is_aimed_at = False
        self.is_known = True  # False once the venue itself does not remember it

    @property
    def leaves_lots(self) -> int:
        """What is still to trade while it is open."""
        return self.size_lots - self.filled_lots if self.state == OPEN else 0


class Fill:
    """The truth about one of our fills: the event, and twice the mid just before the aggressor."""

    __slots__ = ("event", "mid2_ticks", "true_ns")

    def __init__(self, event: OrderFilled, mid2_ticks: int, true_ns: int) -> None:
        """Keep what happened and when (true time)."""
        self.event = event
        self.mid2_ticks = mid2_ticks
        self.true_ns = true_ns
