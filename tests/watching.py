"""A stage for the oracle: a hand-made venue, hand-made beliefs, and a clock one can turn.

Events and commands are the real ones; what the core believes and what the venue holds is said by
the test. So each promise can be broken by hand, with and without the evidence that it was.
"""

from typing import Any

from msgspec.structs import replace
from quoting import INSTRUMENT, KNOBS, NOW_NS, SYMBOL

from sim.oracle.oracle import Oracle
from sim.oracle.outside import Outside
from sim.scenario.bounds import Bounds
from strategy import commands, events
from strategy.belief import Belief, OrderBelief, SymbolBelief
from strategy.knobs import AccountKnobs, FeedKnobs, OrderKnobs, PacingKnobs
from strategy.units import BUY, CASH_PER_QUOTE, NS_PER_MS, NS_PER_S, SELL

NAME = INSTRUMENT.symbol
PRICE = 10_000

ACCOUNT = AccountKnobs(
    gross_cash_max=1_000_000 * CASH_PER_QUOTE,
    net_cash_max=1_000_000 * CASH_PER_QUOTE,
    loss_budget_cash=CASH_PER_QUOTE,
    drawdown_budget_cash=CASH_PER_QUOTE,
)
ORDERS = OrderKnobs(
    ack_wait_ns_max=600 * NS_PER_MS,
    query_every_ns=500 * NS_PER_MS,
    send_within_ns=150 * NS_PER_MS,
    window_ns=1000 * NS_PER_MS,
    read_lag_ns_max=1000 * NS_PER_MS,
    margin_ns=1000 * NS_PER_MS,
    audit_every_ns=15 * NS_PER_S,
    forget_after_ns=120 * NS_PER_S,
    closed_kept_max=100,
)
FEED = FeedKnobs(
    expected_interval_ns=500 * NS_PER_MS,
    age_ns_max=2500 * NS_PER_MS,
    rest_ttl_ns=100 * NS_PER_MS,
    book_wait_ns_max=1000 * NS_PER_MS,
    clock_every_ns=10 * NS_PER_S,
    margin_every_ns=10 * NS_PER_S,
)
NOBODY = Outside()  # a stage has no disk, no links and no time of its own
PACING = PacingKnobs(orders_per_s=10, burst=20, cancel_share_pct=30, queries_per_s=5)


class LiveOrder:
    """An order on the book of the hand-made venue."""

    def __init__(self, client_id: str, slot: str, side: int, size_lots: int, price_ticks: int) -> None:
        self.client_id, self.slot, self.side, self.symbol = client_id, slot, side, NAME
        self.size_lots, self.price_ticks, self.filled_lots = size_lots, price_ticks, 0


class TrueFill:
    """A fill in the venue's ledger."""

    def __init__(self, event: events.OrderFilled) -> None:
        self.event = event


class Venue:
    """The truth, as the test says it is."""

    def __init__(self) -> None:
        self.open: dict[str, LiveOrder] = {}
        self.instruments = {NAME: INSTRUMENT}
        self.fills: list[TrueFill] = []
        self.unlisted: dict[str, int] = {}
        self.self_trades = self.lots = self.money = self.from_nothing = 0

    def rest(
        self, client_id: str, slot: str = "bid0", side: int = BUY, size_lots: int = 10, price: int = PRICE
    ) -> None:
        self.open[client_id] = LiveOrder(client_id, slot, side, size_lots, price)

    def open_orders(self) -> list[LiveOrder]:
        return list(self.open.values())

    def position_lots(self, symbol: str) -> int:
        return self.lots

    def cash(self, symbol: str) -> int:
        return self.money

    def zero_sum_cash(self) -> int:
        return self.from_nothing


class Scene:
    """An oracle, its venue, and a bot whose every word the test speaks."""

    def __init__(
        self,
        *,
        off: tuple[str, ...] = (),
        calm_s: float | None = 0.0,
        believes: bool = False,
        account: AccountKnobs = ACCOUNT,
        book: bool = True,
        notional_min_cash: int = 0,
        outside: Outside = NOBODY,
        **bounds: float,
    ) -> None:
        self.now_ns = NOW_NS
        self.venue = Venue()
        self.lots = self.cash = self.worst = 0
        self.action = "none"
        self.orders: dict[str, OrderBelief] = {}
        calm_ns = None if calm_s is None else NOW_NS + round(calm_s * NS_PER_S)
        instrument = replace(INSTRUMENT, notional_min_cash=notional_min_cash)
        self.oracle = Oracle(
            self.venue,
            self.belief if believes else lambda: None,
            (replace(SYMBOL, instrument=instrument),),
            account,
            ORDERS,
            FEED,
            PACING,
            KNOBS.guard,
            KNOBS.signals,
            Bounds(**bounds),
            off,
            calm_ns,
            outside,
        )
        self.seq = 1
        if book:
            self.step(events.BookSnapshot(NAME, 1, ((PRICE - 1, 5),), ((PRICE + 1, 5),), 0))

    # The bot

    def belief(self) -> Belief:
        doubts = sum(order.state == "IN_DOUBT" for order in self.orders.values())
        one = SymbolBelief(NAME, self.lots, self.cash, self.worst, 1, True, "NONE", self.action, 1.0, None, None)
        return Belief((one,), tuple(self.orders.values()), doubts, False)

    def believe(self, client_id: str, state: str, filled_lots: int = 0, size_lots: int = 10) -> None:
        self.orders[client_id] = OrderBelief(client_id, NAME, "bid0", BUY, state, PRICE, size_lots, filled_lots)

    def forget(self, client_id: str) -> None:
        del self.orders[client_id]

    def step(self, event: events.Event, *leaving: commands.Command) -> None:
        self.oracle.delivered(self.now_ns, event)
        for command in leaving:
            if not isinstance(command, commands.Alert):
                self.oracle.sent(self.now_ns, command)
        self.oracle.stepped(self.now_ns, leaving, event)

    def send(self, *leaving: commands.Command) -> None:
        self.step(events.Woke(), *leaving)

    def wait(self, ms: float, *, alive: bool = True) -> None:
        """Let time pass; the feed shows that it is ``alive`` at its end."""
        self.now_ns += round(ms * NS_PER_MS)
        if alive:
            self.step(events.BookHeartbeat(NAME, self.seq, 0))

    def pass_s(self, seconds: int) -> None:
        """Let whole seconds pass, one at a time."""
        for _ in range(seconds):
            self.wait(1000)

    def end(self) -> None:
        self.oracle.finish(self.now_ns)

    # What was found

    @property
    def codes(self) -> list[str]:
        return [breach.code for breach in self.oracle.breaches]

    @property
    def costs(self) -> list[str]:
        return [cost.code for cost in self.oracle.costs]

    # Commands

    def create(self, client_id: str, side: int = BUY, **other: Any) -> commands.CreateOrder:
        fields: dict[str, Any] = {
            "client_id": client_id,
            "symbol": NAME,
            "slot": "bid0" if side == BUY else "ask0",
            "side": side,
            "price_ticks": PRICE - 5 * side,
            "size_lots": 10,
            "post_only": True,
            "reduce_only": False,
            "taking": False,
            "send_by_ns": self.now_ns + ORDERS.send_within_ns,
            "cycle_id": 1,
        }
        return commands.CreateOrder(**{**fields, **other})

    def amend(self, client_id: str, price_ticks: int, size_lots: int) -> commands.AmendOrder:
        return commands.AmendOrder(client_id, NAME, price_ticks, size_lots, self.now_ns + ORDERS.send_within_ns, 1)

    def cancel(self, client_id: str) -> commands.CancelOrder:
        return commands.CancelOrder(client_id, NAME, 1)

    def placed(self, client_id: str, side: int = BUY, **other: Any) -> None:
        """Send a create and have it accepted."""
        command = self.create(client_id, side, **other)
        self.send(command)
        self.wait(50)
        self.step(accepted(client_id, command.price_ticks, command.size_lots))


def quoting(**fields: Any) -> Scene:
    """Give a scene in which both quotes stand and the core knows it."""
    scene = Scene(believes=True, off=("S6",), **fields)
    scene.venue.rest("b")
    scene.believe("b", "WORKING")
    scene.venue.rest("a", slot="ask0", side=SELL)
    scene.believe("a", "WORKING")
    return scene


def without_a_bid(requote_s: float = 10, **fields: Any) -> Scene:
    """Give a scene in which one quote is missing, and somebody may be to blame."""
    scene = quoting(requote_s=requote_s, **fields)
    del scene.venue.open["b"], scene.orders["b"]
    return scene


def accepted(client_id: str, price: int = PRICE, size_lots: int = 10, venue_ns: int = 1) -> events.OrderAccepted:
    return events.OrderAccepted(client_id, "v", price, size_lots, venue_ns)


def cancelled(client_id: str, filled_lots: int = 0) -> events.OrderCancelled:
    return events.OrderCancelled(client_id, filled_lots, "by_client", 2)


def filled(client_id: str, fill_id: str, lots: int = 10, total: int = 10, side: int = BUY) -> events.OrderFilled:
    return events.OrderFilled(client_id, NAME, side, fill_id, PRICE, lots, total, "maker", 7, 2)


def read(client_id: str, asked_ns: int, status: str, total: int = 0, price: int = 0, size: int = 0, venue_ns: int = 3):
    return events.OrderReport(client_id, asked_ns, status, price, size, total, venue_ns)


def cash_of(fill: events.OrderFilled) -> int:
    return fill.fee_cash - fill.side * fill.price_ticks * fill.size_lots * INSTRUMENT.cash_per_ticklot


__all__ = [
    "BUY",
    "NAME",
    "PRICE",
    "SELL",
    "Scene",
    "accepted",
    "cancelled",
    "cash_of",
    "filled",
    "quoting",
    "read",
    "without_a_bid",
]
