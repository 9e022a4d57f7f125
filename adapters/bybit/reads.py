"""Answers to questions, page by page, and one order looked for in two places.

A read of many rows is worth nothing with one of them missing: a row that cannot be read, or more
pages than any honest account has, leaves the question unanswered.
"""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Final

import msgspec

from adapters.bybit.executions import FUNDING, TRADES, fill_of, funding_of
from adapters.bybit.levels import levels_of
from adapters.bybit.listing import listed, terms_of
from adapters.bybit.market import Market, Unreadable, cash, name_of, number, side_of, whole
from adapters.bybit.requests import Call, next_page, order_call
from adapters.bybit.rows import BookData, ExecutionRow, OrderRow, Page, VenueTime, WalletRow, read
from adapters.bybit.words import UNKNOWN_SYMBOL
from adapters.venue import Stock
from strategy import commands, events
from strategy.events import Event, FundingPaid, OrderFilled
from strategy.instrument import Instrument
from strategy.requests import unanswered
from strategy.units import CASH_PER_QUOTE, NS_PER_MS

PAGES_MAX: Final = 40
OPEN_STATES: Final = frozenset({"New", "PartiallyFilled", "Untriggered", "Triggered", "Created", "Active"})
OVER_STATES: Final = frozenset({"Filled", "Cancelled", "Rejected", "PartiallyFilledCanceled", "Deactivated"})
TOO_MANY: Final = "too_many_pages"


class Pages(msgspec.Struct, frozen=True):
    """What earlier pages of a read held, and how many there were; ``venue_ns`` is the first one's instant."""

    count: int = 0
    names: tuple[str, ...] = ()
    fills: tuple[OrderFilled, ...] = ()
    funding: tuple[FundingPaid, ...] = ()
    venue_ns: int = 0


FIRST: Final = Pages()


class Outcome(msgspec.Struct, frozen=True):
    """What a reply means. ``events``: one for each command of the request, in its order.

    ``aside`` comes before them: what the reply said besides (a budget, a ban, funding found by a read).
    While ``more`` is a call, ``events`` is empty. ``stop`` says in words why a person has to help
    (a key refused, trading not allowed); empty otherwise.
    """

    events: tuple[Event, ...] = ()
    aside: tuple[Event, ...] = ()
    more: Call | None = None
    pages: Pages = FIRST
    stop: str = ""


def outcome_of(
    market: Market, command: commands.Command, call: Call, result: msgspec.Raw, venue_ns: int, pages: Pages
) -> Outcome:
    """Read the result of a question that the venue answered; raises ``Unreadable``."""
    match command:
        case commands.QueryOrder():
            return _order(market, command, call, result, venue_ns)
        case commands.QueryOpenOrders():
            return _open(market, command, call, result, venue_ns, pages)
        case commands.QueryFills():
            return _fills(market, command, call, result, venue_ns, pages)
        case commands.RequestBook():
            return Outcome((_book(market, command, result),))
        case commands.SampleClock():
            nano = read(result, VenueTime).nano
            return Outcome((events.ClockSampled(command.asked_ns, whole("timeNano", nano) if nano else venue_ns),))
        case commands.QueryTerms():
            return Outcome((_terms(market, command, result, venue_ns),))
        case commands.QueryMargin():
            return Outcome((_margin(market, command, result, venue_ns),))
        case _:
            raise Unreadable(f"{type(command).__name__} is no question")


def _order(market: Market, command: commands.QueryOrder, call: Call, result: msgspec.Raw, venue_ns: int) -> Outcome:
    """Look for one order among those of late, then in the history; missing is what neither holds."""
    for raw in read(result, Page).items:
        row = read(raw, OrderRow)
        if name_of(row.order_link_id, row.order_id) == command.client_id:
            return Outcome((_report(market, command, row, venue_ns),))
    if call.path.endswith("realtime"):
        return Outcome(more=order_call(market, command, "history"))
    missing = events.OrderReport(command.client_id, command.asked_ns, events.MISSING, 0, 0, 0, venue_ns)
    return Outcome((missing,))


def _report(market: Market, command: commands.QueryOrder, row: OrderRow, venue_ns: int) -> events.Event:
    grid = market.grids.get(row.symbol)
    if grid is None or row.order_status not in OPEN_STATES | OVER_STATES:
        raise Unreadable(f"{row.symbol[:40]} {row.order_status[:40]}")
    return events.OrderReport(
        client_id=command.client_id,
        asked_ns=command.asked_ns,
        status=events.OPEN if row.order_status in OPEN_STATES else events.DONE,
        price_ticks=grid.ticks(row.price or "0"),
        size_lots=grid.lots(row.qty),
        filled_lots_total=grid.lots(row.cum_exec_qty or "0"),
        venue_ns=venue_ns,
        side=side_of(row.side),
    )


def _open(
    market: Market, command: commands.QueryOpenOrders, call: Call, result: msgspec.Raw, venue_ns: int, pages: Pages
) -> Outcome:
    page = read(result, Page)
    names = dict.fromkeys(pages.names)
    for raw in page.items:
        row = read(raw, OrderRow)
        if row.symbol == command.symbol and row.order_status not in OVER_STATES:
            names[name_of(row.order_link_id, row.order_id)] = None
    so_far = Pages(pages.count + 1, tuple(names), venue_ns=pages.venue_ns or venue_ns)
    if page.items and page.cursor:
        return _turned(command, call, page.cursor, so_far)
    return Outcome((events.OpenOrdersReport(command.symbol, command.asked_ns, so_far.names, so_far.venue_ns),))


def _fills(
    market: Market, command: commands.QueryFills, call: Call, result: msgspec.Raw, venue_ns: int, pages: Pages
) -> Outcome:
    page = read(result, Page)
    fills = {fill.fill_id: fill for fill in pages.fills}
    funding = {one.funding_id: one for one in pages.funding}
    for raw in page.items:
        row = read(raw, ExecutionRow)
        if row.symbol != command.symbol:
            continue
        if row.exec_type == FUNDING:
            funding[row.exec_id] = funding_of(market, row)
        elif row.exec_type in TRADES:
            fills[row.exec_id] = fill_of(market, row)
        else:
            raise Unreadable(f"execType {row.exec_type[:40]}")
    so_far = Pages(
        pages.count + 1, (), tuple(fills.values()), tuple(funding.values()), venue_ns=pages.venue_ns or venue_ns
    )
    if page.items and page.cursor:
        return _turned(command, call, page.cursor, so_far)
    report = events.FillsReport(
        command.symbol, command.asked_ns, tuple(sorted(so_far.fills, key=_when)), so_far.venue_ns
    )
    return Outcome((report,), so_far.funding)


def _when(fill: events.OrderFilled) -> tuple[int, int, str]:
    return fill.venue_ns, fill.filled_lots_total, fill.fill_id


def _turned(command: commands.Command, call: Call, cursor: str, so_far: Pages) -> Outcome:
    if so_far.count >= PAGES_MAX:
        return Outcome((unanswered(command, TOO_MANY),))
    return Outcome(more=next_page(call, cursor), pages=so_far)


def stock_of(market: Market, instruments: Sequence[Instrument], result: msgspec.Raw) -> Stock:
    """Read a wallet as what spot is traded from; raises ``Unreadable``. What is not in it is not held.

    Base coins are named by their symbols: on this venue a pair is its base coin followed by its quote coin.
    """
    for raw in read(result, Page).items:
        held = {row.coin: number("walletBalance", row.balance or "0") for row in read(raw, WalletRow).coin}
        base = {one.symbol: held.get(one.symbol.removesuffix(market.settle_coin), Decimal(0)) for one in instruments}
        lots = {
            one.symbol: int((base[one.symbol] / Decimal(one.lot)).to_integral_value(ROUND_FLOOR)) for one in instruments
        }
        return Stock(lots, int(held.get(market.settle_coin, Decimal(0)) * CASH_PER_QUOTE))
    raise Unreadable("a wallet without an account")


def _book(market: Market, command: commands.RequestBook, result: msgspec.Raw) -> events.Event:
    book = read(result, BookData)
    grid = market.grids.get(book.symbol)
    if grid is None or book.symbol != command.symbol:
        raise Unreadable(f"book of {book.symbol[:40]}")
    bids, asks = levels_of(grid, book.bids), levels_of(grid, book.asks)
    return events.BookSnapshot(book.symbol, book.u, bids, asks, (book.ts or book.cts) * NS_PER_MS, command.asked_ns)


def _terms(market: Market, command: commands.QueryTerms, result: msgspec.Raw, venue_ns: int) -> events.Event:
    """Read a symbol's rules; one that is not listed any more has none."""
    row = listed(read(result, Page).items, (command.symbol,)).get(command.symbol)
    if row is None:
        return unanswered(command, UNKNOWN_SYMBOL)
    return terms_of(market.grids[command.symbol].instrument, row, command.asked_ns, venue_ns)


def _margin(market: Market, command: commands.QueryMargin, result: msgspec.Raw, venue_ns: int) -> events.Event:
    """Read the account's totals; where its margin mode has none, those of the coin that is settled in."""
    for raw in read(result, Page).items:
        wallet = read(raw, WalletRow)
        equity, maintenance = wallet.equity, wallet.maintenance
        for coin in wallet.coin:
            if coin.coin == market.settle_coin and not (equity and maintenance):
                equity, maintenance = coin.equity, coin.maintenance or "0"
        return events.MarginSeen(
            command.asked_ns, cash("totalEquity", equity), cash("totalMaintenanceMargin", maintenance), venue_ns
        )
    raise Unreadable("a wallet without an account")
