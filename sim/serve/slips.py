"""What the wire says of an order besides what the venue holds: ids, instants, how it was asked for, its executions.

A slip is written as its order first changes and kept as long as the order is. Executions are taken
down in the order in which the venue booked them, each with how its order and the position stood then.
"""

import hashlib
from typing import Any, Final
from uuid import UUID

import msgspec

from sim.venue.history import History
from sim.venue.orders import NAMELESS as NAMELESS
from sim.venue.orders import OPEN, Fill, VenueOrder
from strategy import events
from strategy.instrument import SPOT

_SPOT_IDS: Final = 10**18


class Terms(msgspec.Struct, frozen=True, gc=False):
    """How an order was asked for, in the wire's words."""

    order_type: str = "Limit"
    time_in_force: str = "GTC"
    smp_type: str = "None"


class Execution(msgspec.Struct, frozen=True, gc=False):
    """One trade of ours, or one funding payment (``fill`` is None): as a row of the wire needs it."""

    number: int
    exec_id: str
    symbol: str
    venue_ns: int
    true_ns: int
    slip: "Slip | None"
    fill: events.OrderFilled | None = None
    funding: events.FundingPaid | None = None
    order_ticks: int = 0
    order_lots: int = 0
    held_lots: int = 0
    mid2_ticks: int = 0

    @property
    def closed_lots(self) -> int:
        """Count what of it closed a position."""
        if self.fill is None:
            return 0
        before = self.held_lots - self.fill.side * self.fill.size_lots
        return min(abs(before), self.fill.size_lots) if before * self.fill.side < 0 else 0


class Slip(msgspec.Struct):
    """What is known of one order here: ``first_ns`` and ``last_ns`` on the venue's clock, ``mid2_ticks`` at first."""

    order: VenueOrder
    order_id: str
    terms: Terms
    first_ns: int
    last_ns: int
    mid2_ticks: int
    executions: list[Execution] = []

    @property
    def link_id(self) -> str:
        """Give the client's own id, empty where he gave none."""
        client_id = self.order.client_id
        return "" if client_id.startswith(NAMELESS) else client_id


class Slips(History):
    """All slips of a venue. It stands in the place of the venue's history, which hears of every change."""

    def __init__(self, venue: Any, seed: int) -> None:
        """Know no order yet; ``seed`` makes ids differ from world to world."""
        super().__init__()
        self._venue = venue
        self._seed = seed
        # How the order that is being made was asked for; those that the venue makes were not.
        self.terms = Terms()
        self._fills = self._fundings = 0
        self.by_number: dict[int, Slip] = {}
        self.by_client_id: dict[str, Slip] = {}
        self.by_order_id: dict[str, Slip] = {}
        self.executions: list[Execution] = []
        self.by_fill_id: dict[str, Execution] = {}
        # When a position last changed, by symbol, on the venue's clock.
        self.moved_ns: dict[str, int] = {}
        # Closed orders before this number were forgotten by the service that shows orders in real time.
        self.shown_from = 0

    def note(self, order: VenueOrder, now_ns: int) -> None:
        """Hear that an order is, or is another than before."""
        super().note(order, now_ns)
        venue_ns = self._venue.venue_ns(now_ns)
        slip = self.by_number.get(order.number)
        if slip is None:
            order_id = self._order_id(order)
            mid2 = self._venue.mids2()[order.symbol]
            slip = Slip(order, order_id, self.terms, venue_ns, venue_ns, mid2)
            self.by_number[order.number] = self.by_client_id[order.client_id] = slip
            self.by_order_id[order_id] = slip
        slip.last_ns = venue_ns

    def renamed(self, order: VenueOrder, old_id: str, now_ns: int) -> None:
        """Hear that an order goes by another id: asked for by the old one, it is not there."""
        self.by_client_id[order.client_id] = self.by_client_id.pop(old_id)
        super().renamed(order, old_id, now_ns)

    def catch_up(self) -> None:
        """Take down what was traded and paid since the last time."""
        venue = self._venue
        for fill in venue.fills[self._fills :]:
            self._fills += 1
            self._book_fill(fill)
        for paid in venue.funded[self._fundings :]:
            self._fundings += 1
            exec_id = self.unique("funding", f"{paid.funding_id} {self._fundings}")
            execution = Execution(
                number=len(self.executions) + 1,
                exec_id=exec_id,
                symbol=paid.symbol,
                venue_ns=paid.venue_ns,
                true_ns=0,
                slip=None,
                funding=paid,
                held_lots=venue.position_lots(paid.symbol),
                mid2_ticks=venue.mids2()[paid.symbol],
            )
            self.executions.append(execution)

    def _book_fill(self, fill: Fill) -> None:
        event, venue = fill.event, self._venue
        slip = self.by_client_id[event.client_id]
        execution = Execution(
            number=len(self.executions) + 1,
            exec_id=self.exec_id(event),
            symbol=event.symbol,
            venue_ns=event.venue_ns,
            true_ns=fill.true_ns,
            slip=slip,
            fill=event,
            order_ticks=slip.order.price_ticks,
            order_lots=slip.order.size_lots,
            held_lots=venue.position_lots(event.symbol),
            mid2_ticks=fill.mid2_ticks,
        )
        self.executions.append(execution)
        self.by_fill_id[event.fill_id] = execution
        slip.executions.append(execution)
        self.moved_ns[event.symbol] = event.venue_ns

    def forget_closed(self) -> None:
        """Have the service that shows orders in real time begin anew: what is over by now is history."""
        self.shown_from = max(self.by_number, default=0) + 1

    def closed(self) -> list[Slip]:
        """Give the orders that are over, newest first."""
        return [slip for slip in reversed(self.by_number.values()) if slip.order.state != OPEN]

    def unique(self, what: str, name: str) -> str:
        """Make an id in the form of a UUID, the same in every run of this seed."""
        return str(UUID(bytes=hashlib.blake2b(f"{self._seed} {what} {name}".encode(), digest_size=16).digest()))

    def exec_id(self, fill: events.OrderFilled) -> str:
        """Name a fill on the wire."""
        if self._venue.instruments[fill.symbol].kind == SPOT:
            return str(2 * _SPOT_IDS + int(fill.fill_id.rpartition("-")[2]))
        return self.unique("fill", fill.fill_id)

    def _order_id(self, order: VenueOrder) -> str:
        if self._venue.instruments[order.symbol].kind == SPOT:
            return str(_SPOT_IDS + order.number)
        return self.unique("order", str(order.number))
