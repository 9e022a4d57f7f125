"""A venue that holds a position for us and a book to trade it on, for tests of what flattens."""

from emptied import FullVenue

from adapters.venue import Seen
from strategy import commands, events
from strategy.instrument import make_instrument
from strategy.units import BUY

INSTRUMENT = make_instrument(
    symbol="BTCUSDT",
    kind="linear",
    tick="0.5",
    lot="0.001",
    size_min="0.002",
    size_max="0.1",
    notional_min="0",
    maker_fee_bps="2",
    taker_fee_bps="5.5",
)


class HeldVenue(FullVenue):
    """One symbol. Orders that may take trade ``depth`` lots at the touch; resting ones ``drip`` each.

    ``silent`` creates are carried out and not answered for; ``lost`` ones are neither.
    """

    def __init__(self, lots: int, depth: int = 10**6, drip: int = 0, **kinds) -> None:
        super().__init__(**kinds)
        self.lots, self.depth, self.drip = lots, depth, drip
        self.bid, self.ask = 99_999, 100_001
        self.silent = self.lost = self.refused = 0
        self.lag = 0  # looks that still show what was held first
        self._first = lots
        self.orders = {}
        self.created = []

    def count_in(self, units):
        """Count in its own."""

    async def look(self, symbols):
        self.lag -= 1
        lots = self.lots if self.lag < 0 or not self.created else self._first
        return Seen((INSTRUMENT,), 1, (), {"BTCUSDT": lots})

    def _say(self, one):
        match one[0]:
            case commands.RequestBook(symbol, asked_ns):
                sides = (((self.bid, 500),) if self.bid else ()), (((self.ask, 500),) if self.ask else ())
                return [events.BookSnapshot(symbol, 1, *sides, 1, asked_ns)]
            case commands.CreateOrder() as order:
                return self._create(order)
            case commands.CancelOrder(client_id):
                if client_id in self.orders:
                    self.orders[client_id][0] = events.DONE
                return [events.CancelTaken(client_id, 1)]
            case commands.QueryOrder(client_id, _, asked_ns):
                status, filled = self.orders.get(client_id, (events.MISSING, 0))
                return [events.OrderReport(client_id, asked_ns, status, 1, 1, filled, 1)]
        return super()._say(one)

    def _create(self, order):
        self.created.append(order)
        if self.refused:
            self.refused -= 1
            return [events.OrderRejected(order.client_id, "reduce_only", 1)]
        if self.lost:
            self.lost -= 1
            return [events.Unanswered(events.CREATE, order.client_id, order.symbol, "timeout")]
        touch = self.ask if order.side == BUY else self.bid
        crosses = order.side * (order.price_ticks - touch) >= 0
        can = min(order.size_lots, self.depth if crosses else self.drip, abs(self.lots))
        self.lots += order.side * can
        self.orders[order.client_id] = [events.DONE if order.taking or can == order.size_lots else events.OPEN, can]
        if self.silent:
            self.silent -= 1
            return [events.Unanswered(events.CREATE, order.client_id, order.symbol, "timeout")]
        return [events.OrderAccepted(order.client_id, "v", order.price_ticks, order.size_lots, 1, order.side)]
