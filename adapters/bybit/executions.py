"""Executions as fills and funding: the same row comes by the private stream and by reads.

Trades that nobody asked for (a liquidation, an auto-deleveraging, a settlement) move our position like
any other: they become fills of an order named by the venue. ``filled_lots_total`` is a bound from
below: while something is left of the order, its size less what is left; else this fill alone, since
what is left is also shown as zero where it was cancelled. Fees in the base coin are valued at the price
of the fill, fees in a third coin by their rate: what that coin is worth is not known here.
"""

from typing import Final

from adapters.bybit.market import Grid, Market, Unreadable, cash, name_of, ns_of, number, side_of
from adapters.bybit.rows import ExecutionRow
from strategy.events import FundingPaid, OrderFilled
from strategy.instrument import MAKER, TAKER
from strategy.units import CASH_PER_QUOTE

FUNDING: Final = "Funding"
# Trades nobody ordered, trades by agreement, legs of a spread: they change the position all the same. What is
# not among them (a split of shares changes what a lot is) is nothing that can be counted: a person has to look.
TRADES: Final = frozenset(
    {"Trade", "AdlTrade", "BustTrade", "Delivery", "Settle", "BlockTrade", "MovePosition", "FutureSpread"}
)


def grid_of(market: Market, row_symbol: str, row_category: str) -> Grid:
    """Give the grid of a row's symbol; raises ``Unreadable`` where it is none that is traded here."""
    grid = market.grids.get(row_symbol)
    if grid is None or row_category not in ("", market.category):
        raise Unreadable(f"symbol {row_category[:20]} {row_symbol[:40]} is not traded here")
    return grid


def fill_of(market: Market, row: ExecutionRow) -> OrderFilled:
    """Read an execution as a fill; raises ``Unreadable``."""
    grid = grid_of(market, row.symbol, row.category)
    lots = grid.lots(row.exec_qty)
    if lots <= 0:
        raise Unreadable(f"execution of {row.exec_qty}")
    return OrderFilled(
        client_id=name_of(row.order_link_id, row.order_id),
        symbol=row.symbol,
        side=side_of(row.side),
        fill_id=row.exec_id,
        price_ticks=grid.ticks(row.exec_price),
        size_lots=lots,
        filled_lots_total=max(lots, _total(grid, row)),
        liquidity=MAKER if row.is_maker else TAKER,
        fee_cash=_fee_cash(market, row),
        venue_ns=ns_of("execTime", row.exec_time),
    )


def funding_of(market: Market, row: ExecutionRow) -> FundingPaid:
    """Read an execution as a funding payment; raises ``Unreadable``."""
    grid_of(market, row.symbol, row.category)
    return FundingPaid(row.symbol, row.exec_id, -cash("execFee", row.exec_fee), ns_of("execTime", row.exec_time))


def _total(grid: Grid, row: ExecutionRow) -> int:
    if not row.order_qty or not row.leaves_qty:
        return 0
    left = grid.lots(row.leaves_qty)
    return grid.lots(row.order_qty) - left if left > 0 else 0


def _fee_cash(market: Market, row: ExecutionRow) -> int:
    if row.fee_currency in ("", market.settle_coin):
        return -cash("execFee", row.exec_fee or "0")
    price = number("execPrice", row.exec_price)
    if row.symbol == row.fee_currency + market.settle_coin:
        return -int(number("execFee", row.exec_fee or "0") * price * CASH_PER_QUOTE)
    return -int(number("execQty", row.exec_qty) * price * number("feeRate", row.fee_rate or "0") * CASH_PER_QUOTE)
