"""What the venue answers to questions: the truth as of an instant, with the question's own instant in it."""

from collections.abc import Container, Iterable, Sequence
from typing import Final, Protocol

from sim.venue.accounts import Account
from sim.venue.orders import OPEN, Fill
from sim.venue.rules import terms_of
from strategy import commands, events

READS: Final = (
    commands.QueryOrder,
    commands.QueryOpenOrders,
    commands.QueryFills,
    commands.QueryMargin,
    commands.SampleClock,
    commands.QueryTerms,
)


class Shown(Protocol):
    """What a read shows of an order, as it is or as it was."""

    @property
    def client_id(self) -> str:
        """Its id."""

    @property
    def symbol(self) -> str:
        """What it is in."""

    @property
    def side(self) -> int:
        """Which way it goes."""

    @property
    def state(self) -> str:
        """Where it stands."""

    @property
    def price_ticks(self) -> int:
        """At which price."""

    @property
    def size_lots(self) -> int:
        """Its whole size."""

    @property
    def filled_lots(self) -> int:
        """What of it has traded."""

    @property
    def is_known(self) -> bool:
        """Whether the venue remembers it."""


class Index(Protocol):
    """Orders by client id."""

    def get(self, client_id: str, /) -> Shown | None:
        """Give one."""


class Ledger(Protocol):
    """What is read."""

    @property
    def orders(self) -> Index:
        """Give all orders by client id."""

    @property
    def fills(self) -> Sequence[Fill]:
        """Give all fills, in order."""

    @property
    def unlisted(self) -> Container[str]:
        """Give the ids of fills that no list shows yet."""

    @property
    def account(self) -> Account:
        """Give the account."""

    def open_orders(self) -> Iterable[Shown]:
        """Give the orders on the book."""

    def mids2(self) -> dict[str, int]:
        """Give twice the mid of every symbol."""


def answer_of(ledger: Ledger, command: commands.Command, venue_ns: int) -> events.Event:
    """Answer a question."""
    match command:
        case commands.QueryOrder():
            return _report(ledger.orders, command, venue_ns)
        case commands.QueryOpenOrders():
            ids = tuple(order.client_id for order in ledger.open_orders() if order.symbol == command.symbol)
            return events.OpenOrdersReport(command.symbol, command.asked_ns, ids, venue_ns)
        case commands.QueryFills():
            return events.FillsReport(command.symbol, command.asked_ns, _since(ledger, command), venue_ns)
        case commands.QueryMargin():
            equity, maintenance = ledger.account.margin_cash(ledger.mids2())
            return events.MarginSeen(command.asked_ns, equity, maintenance, venue_ns)
        case commands.QueryTerms():
            return terms_of(ledger.account.holdings[command.symbol].instrument, command.asked_ns, venue_ns)
        case commands.SampleClock():
            return events.ClockSampled(command.asked_ns, venue_ns)
        case _:
            raise TypeError(f"{type(command).__name__} is not a question")


def funding_beside(
    funded: Iterable[tuple[int, events.FundingPaid]], command: commands.QueryFills, as_of_ns: int
) -> tuple[events.FundingPaid, ...]:
    """Give the funding that a read of fills shows as well: a venue lists both as executions, by when they were.

    Each comes with its true instant: what was settled by ``as_of_ns`` is shown, whatever a clock that was set back
    since has stamped it with.
    """
    return tuple(
        paid
        for true_ns, paid in funded
        if paid.symbol == command.symbol and paid.venue_ns >= command.since_venue_ns and true_ns <= as_of_ns
    )


def _since(ledger: Ledger, command: commands.QueryFills) -> tuple[events.OrderFilled, ...]:
    return tuple(
        fill.event
        for fill in ledger.fills
        if fill.event.symbol == command.symbol
        and fill.event.venue_ns >= command.since_venue_ns
        and fill.event.fill_id not in ledger.unlisted
    )


def _report(orders: Index, command: commands.QueryOrder, venue_ns: int) -> events.OrderReport:
    order = orders.get(command.client_id)
    if order is None or not order.is_known:
        return events.OrderReport(command.client_id, command.asked_ns, events.MISSING, 0, 0, 0, venue_ns)
    return events.OrderReport(
        order.client_id,
        command.asked_ns,
        events.OPEN if order.state == OPEN else events.DONE,
        order.price_ticks,
        order.size_lots,
        order.filled_lots,
        venue_ns,
        order.side,
    )
