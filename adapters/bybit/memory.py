"""What we asked of each order and what the venue last told of it, so that a change can be told from an echo.

Rows of the order stream do not say why they were pushed: a create, an amend, a fill, an order that the
venue moved to another price by itself all look alike. Compared with the last row and with what was
asked, each says what it is. Shared by the calls and the private stream of one account. Bounded: the
oldest orders are forgotten first, and a row of one that was forgotten is told as if it were the first.
"""

from typing import Final

import msgspec

from strategy.batching import Group
from strategy.commands import AmendOrder, CreateOrder

ORDERS_MAX: Final = 4096


class Known(msgspec.Struct):
    """One order: price and size as last asked, as last told, and until which instant each word holds.

    Sizes are whole sizes, fills included. ``told_ns`` is the venue's instant of the latest row,
    ``acked_ns`` that of the latest acknowledgement. ``is_moved``: a row since the last question left
    showed another price or size than the row before it. ``is_shown``: the stream has spoken of it.
    """

    asked: tuple[int, int] = (0, 0)
    told: tuple[int, int] = (0, 0)
    told_ns: int = 0
    acked_ns: int = 0
    is_moved: bool = False
    is_shown: bool = False


class Memory(msgspec.Struct):
    """Orders by name, the one touched last at the end."""

    orders: dict[str, Known] = {}

    def of(self, name: str) -> Known:
        """Give what is known of an order, beginning with nothing."""
        known = self.orders.pop(name, None) or Known()
        self.orders[name] = known
        while len(self.orders) > ORDERS_MAX:
            del self.orders[next(iter(self.orders))]
        return known

    def leaving(self, one: Group) -> None:
        """Note what creates and amends ask, as they leave."""
        for command in one:
            if isinstance(command, CreateOrder | AmendOrder):
                known = self.of(command.client_id)
                known.asked, known.is_moved = (command.price_ticks, command.size_lots), False

    def unshown(self, since_ns: int, until_ns: int) -> str:
        """Name an order that was acknowledged in between and that the stream has not spoken of; else empty."""
        late = (
            name for name, known in self.orders.items() if since_ns < known.acked_ns < until_ns and not known.is_shown
        )
        return next(late, "")
