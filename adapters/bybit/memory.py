"""What we asked of each order and what the venue last told of it, so that a change can be told from an echo.

Rows of the order stream do not say why they were pushed: a create, an amend, a fill, an order that the
venue moved to another price by itself all look alike. Compared with the last row and with what was
asked, each says what it is. Rows come in the order in which the venue did what we asked, but may lag
behind its answers by several requests: so each request waits for its own row. Shared by the calls and
the private stream of one account. Bounded: the oldest orders are forgotten first, and a row of one that
was forgotten is told as if it were the first.
"""

from typing import Final

import msgspec

from strategy.batching import Group
from strategy.commands import AmendOrder, CreateOrder

ORDERS_MAX: Final = 4096
# Requests of one order without a row: of those that were lost there never is one.
_ASKS_MAX: Final = 64


class Ask(msgspec.Struct):
    """A create or an amend without a row yet, and the instant of its acknowledgement (0: none)."""

    command: CreateOrder | AmendOrder
    acked_ns: int = 0

    @property
    def stands(self) -> tuple[int, int]:
        """Give price and size as asked."""
        return self.command.price_ticks, self.command.size_lots


class Known(msgspec.Struct):
    """One order: price and size as asked, as last told, and until which instant each word holds.

    Sizes are whole sizes, fills included. ``asks`` are in the order they left. ``told_ns`` is the venue's
    instant of the latest row, ``filled_lots`` what had traded by then; ``acked_ns`` that of the latest
    acknowledgement, ``shown_ns`` that of the latest one whose request has a row. ``is_shown``: the stream
    has spoken of it.
    """

    asks: list[Ask] = []
    told: tuple[int, int] = (0, 0)
    told_ns: int = 0
    filled_lots: int = 0
    acked_ns: int = 0
    shown_ns: int = 0
    is_shown: bool = False

    def show(self, stands: tuple[int, int], at_ns: int) -> tuple[bool, int]:
        """Take in where a row shows the order; give whether that is not just its create, and as of which instant.

        A row that no request asked for is the oldest one's, moved by the venue: it must win against the
        acknowledgement of that request, but not against those of later ones.
        """
        self.told, self.told_ns = stands, at_ns
        place = next((number for number, ask in enumerate(self.asks) if ask.stands == stands), None)
        count = 1 if place is None else place + 1
        done, self.asks = self.asks[:count], self.asks[count:]
        self.shown_ns = max([self.shown_ns, *(ask.acked_ns for ask in done)])
        is_as_created = place == 0 and isinstance(done[0].command, CreateOrder)
        return not is_as_created, at_ns if place is not None else max(at_ns, self.shown_ns)


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
                known.asks = [*known.asks[1 - _ASKS_MAX :], Ask(command)]

    def is_overtaken(self, command: AmendOrder) -> bool:
        """Say whether rows have told already that an amend ended otherwise, or what came after it."""
        known = self.of(command.client_id)
        is_waiting = _ask_of(known, command) is not None
        return not is_waiting and known.told_ns > 0 and known.told != (command.price_ticks, command.size_lots)

    def acked(self, command: CreateOrder | AmendOrder, venue_ns: int) -> Known:
        """Note an acknowledgement."""
        known = self.of(command.client_id)
        known.acked_ns = max(known.acked_ns, venue_ns)
        ask = _ask_of(known, command)
        if ask is None:
            known.shown_ns = max(known.shown_ns, venue_ns)
        else:
            ask.acked_ns = venue_ns
        return known

    def refused(self, command: CreateOrder | AmendOrder) -> None:
        """Expect no row of a request: it was refused."""
        known = self.of(command.client_id)
        known.asks = [ask for ask in known.asks if ask.command != command]

    def unshown(self, since_ns: int, until_ns: int) -> str:
        """Name an order that was acknowledged in between and that the stream has not spoken of; else empty."""
        late = (
            name for name, known in self.orders.items() if since_ns < known.acked_ns < until_ns and not known.is_shown
        )
        return next(late, "")


def _ask_of(known: Known, command: CreateOrder | AmendOrder) -> Ask | None:
    """Find a request that has no row yet; None where it has one."""
    return next((ask for ask in known.asks if ask.command == command), None)
