"""Orders with a clock and short words, the same in every story of them."""

from strategy import commands, events
from strategy.knobs import OrderKnobs
from strategy.order import Order
from strategy.order_chase import chase
from strategy.order_states import State
from strategy.order_words import absorb
from strategy.orders import Orders
from strategy.units import BUY, NS_PER_MS

MS = NS_PER_MS
KNOBS = OrderKnobs(
    ack_wait_ns_max=600 * MS, query_every_ns=500 * MS, send_within_ns=150 * MS, window_ns=1000 * MS,
    read_lag_ns_max=3000 * MS, margin_ns=2000 * MS, audit_every_ns=15_000 * MS, forget_after_ns=120_000 * MS, closed_kept_max=5,
)  # fmt: skip
THROUGH_MS = 150 + 1000 + 3000


class Ledger:
    """Orders with a clock and short words."""

    def __init__(self) -> None:
        self.orders, self.now = Orders(session="s"), 0

    def create(self, side=BUY, price=100, lots=10, slot="bid0", **kinds) -> str:
        order = Order("", "X", slot, side, price, lots, **kinds)
        return self.orders.create(self.now * MS, order, KNOBS, 1).client_id

    def amend(self, client_id, price, lots):
        return self.orders.amend(self.now * MS, client_id, price, lots, KNOBS, 1)

    def cancel(self, client_id):
        return self.orders.cancel(self.now * MS, client_id, KNOBS, 1)

    def hear(self, event):
        return absorb(self.orders, self.now * MS, event, KNOBS)

    def at(self, now_ms: int) -> list[commands.Command]:
        """Let time pass and give what is asked then."""
        self.now = now_ms
        return chase(self.orders, now_ms * MS, KNOBS, 100)

    def accept(self, client_id, price=100, lots=10, side=BUY):
        return self.hear(events.OrderAccepted(client_id, "v", price, lots, self.now * MS, side))

    def fill(self, client_id, lots, total, fill_id="f1", side=BUY):
        return self.hear(events.OrderFilled(client_id, "X", side, fill_id, 100, lots, total, "maker", 1, self.now * MS))

    def report(self, client_id, status, asked_ms, price=0, lots=0, filled=0):
        return self.hear(events.OrderReport(client_id, asked_ms * MS, status, price, lots, filled, self.now * MS))

    def bury(self, client_id, asked_ms):
        """Let a late read not find the order, its fills be read and hold none, and a second look find nothing."""
        self.report(client_id, events.MISSING, asked_ms)
        since = [one for one in self.at(self.now) if isinstance(one, commands.QueryFills)]
        for one in since:
            self.hear(events.FillsReport("X", one.asked_ns, (), self.now * MS))
        self.report(client_id, events.MISSING, self.now)

    def state(self, client_id) -> State:
        return self.orders.find(client_id).state

    def worst(self) -> list[int]:
        return list(self.orders.worst_of("X"))


def working(book: Ledger, **kinds) -> str:
    client_id = book.create(**kinds)
    book.accept(client_id, kinds.get("price", 100), kinds.get("lots", 10))
    assert State.WORKING is book.state(client_id)
    return client_id
