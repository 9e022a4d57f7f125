"""A venue small enough to be right by reading: orders, fills, reads that lag, and a memory that ends.

It holds the truth that an order ledger is compared with. What it says may be lost, late or
doubled: that is the caller's to do. All times are whole milliseconds.
"""

from dataclasses import dataclass, field

from strategy import commands, events
from strategy.units import NS_PER_MS

SYMBOL = "X"


@dataclass
class Resting:
    """One order as the venue knows it; ``views`` is what a read as of an instant shows."""

    side: int
    price: int
    size: int
    filled: int = 0
    is_open: bool = True
    ended_ms: int = 0
    views: list[tuple[int, int, int, int, bool]] = field(default_factory=list)

    def note(self, now_ms: int) -> None:
        self.views.append((now_ms, self.price, self.size, self.filled, self.is_open))

    def view(self, at_ms: int) -> tuple[int, int, int, int, bool] | None:
        seen = [one for one in self.views if one[0] <= at_ms]
        return seen[-1] if seen else None


class ModelVenue:
    """Takes requests, gives the words they cause. A request after its window is dead."""

    def __init__(self, window_ms: int) -> None:
        self.window_ms = window_ms
        self.orders: dict[str, Resting] = {}
        self.forgotten: dict[str, Resting] = {}
        self.fills: list[tuple[int, events.OrderFilled]] = []

    @property
    def position(self) -> int:
        return sum(fill.side * fill.size_lots for _, fill in self.fills)

    def is_dead(self, now_ms: int, request: commands.Command) -> bool:
        send_by_ns = getattr(request, "send_by_ns", None)
        return send_by_ns is not None and now_ms * NS_PER_MS > send_by_ns + self.window_ms * NS_PER_MS

    def take(self, now_ms: int, request: commands.Command, lag_ms: int, is_refused: bool) -> list[events.Event]:
        """Carry out one request; a read shows what held ``lag_ms`` ago."""
        venue_ns, then_ms = now_ms * NS_PER_MS, now_ms - lag_ms
        if self.is_dead(now_ms, request):
            return []
        match request:
            case commands.CreateOrder():
                if is_refused:
                    return [events.OrderRejected(request.client_id, "would_cross", venue_ns)]
                order = Resting(request.side, request.price_ticks, request.size_lots)
                order.note(now_ms)
                self.orders[request.client_id] = order
                return [events.OrderAccepted(request.client_id, "v", order.price, order.size, venue_ns, order.side)]
            case commands.AmendOrder():
                found = self.orders.get(request.client_id)
                if found is None or not found.is_open or request.size_lots <= found.filled or is_refused:
                    return [events.AmendRefused(request.client_id, "no", venue_ns)]
                found.price, found.size = request.price_ticks, request.size_lots
                found.note(now_ms)
                return [events.OrderAmended(request.client_id, found.price, found.size, venue_ns)]
            case commands.CancelOrder():
                found = self.orders.get(request.client_id)
                if found is None or not found.is_open:
                    return [events.CancelRefused(request.client_id, "gone", venue_ns)]
                return [self.end(now_ms, request.client_id)]
            case commands.CancelAll():
                gone = [client_id for client_id, one in self.orders.items() if one.is_open]
                ended: list[events.Event] = [self.end(now_ms, client_id) for client_id in gone]
                return [events.CancelAllAnswered(request.symbol, venue_ns), *ended]
            case commands.QueryOrder():
                return [self._report(request, then_ms, venue_ns)]
            case commands.QueryOpenOrders():
                seen = {client_id: one.view(then_ms) for client_id, one in self.orders.items()}
                names = tuple(client_id for client_id, view in seen.items() if view is not None and view[4])
                return [events.OpenOrdersReport(SYMBOL, request.asked_ns, names, venue_ns)]
            case commands.QueryFills():
                fills = tuple(
                    fill for at_ms, fill in self.fills if at_ms <= then_ms and fill.venue_ns >= request.since_venue_ns
                )
                return [events.FillsReport(SYMBOL, request.asked_ns, fills, venue_ns)]
        raise AssertionError(request)

    def end(self, now_ms: int, client_id: str) -> events.OrderCancelled:
        order = self.orders[client_id]
        order.is_open, order.ended_ms = False, now_ms
        order.note(now_ms)
        return events.OrderCancelled(client_id, order.filled, "cancelled", now_ms * NS_PER_MS)

    def trade(self, now_ms: int, client_id: str, lots: int) -> events.OrderFilled:
        """Fill an open order, by at most what is left of it."""
        order = self.orders[client_id]
        lots = min(lots, order.size - order.filled)
        order.filled += lots
        if order.filled == order.size:
            order.is_open, order.ended_ms = False, now_ms
        order.note(now_ms)
        fill = events.OrderFilled(
            client_id, SYMBOL, order.side, f"f{len(self.fills)}", order.price, lots, order.filled, "maker", 0,
            now_ms * NS_PER_MS,
        )  # fmt: skip
        self.fills.append((now_ms, fill))
        return fill

    def forget(self, now_ms: int, after_ms: int) -> None:
        """Remember no more what ended long enough ago; fills are kept for good."""
        for client_id, order in list(self.orders.items()):
            if not order.is_open and now_ms - order.ended_ms > after_ms:
                self.forgotten[client_id] = self.orders.pop(client_id)

    def reach_lots(self, side: int, now_ms: int, coming: list[commands.Command]) -> int:
        """Give the furthest the position can get by ``side`` with what is open and what is on its way."""
        alive = [request for request in coming if not self.is_dead(now_ms, request)]
        sizes = {client_id: one.size for client_id, one in self.orders.items() if one.is_open and one.side == side}
        for request in alive:
            if isinstance(request, commands.AmendOrder) and request.client_id in sizes:
                sizes[request.client_id] = max(sizes[request.client_id], request.size_lots)
        leaves = sum(size - self.orders[client_id].filled for client_id, size in sizes.items())
        creates = [one for one in alive if isinstance(one, commands.CreateOrder) and one.side == side]
        return side * self.position + leaves + sum(one.size_lots for one in creates)

    def _report(self, request: commands.QueryOrder, then_ms: int, venue_ns: int) -> events.OrderReport:
        order = self.orders.get(request.client_id)
        view = None if order is None else order.view(then_ms)
        if order is None or view is None:
            return events.OrderReport(request.client_id, request.asked_ns, events.MISSING, 0, 0, 0, venue_ns)
        _, price, size, filled, is_open = view
        status = events.OPEN if is_open else events.DONE
        return events.OrderReport(
            request.client_id, request.asked_ns, status, price, size, filled, venue_ns, order.side
        )
