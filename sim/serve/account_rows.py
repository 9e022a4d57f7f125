"""Rows of our positions and our wallet: every field that the venue documents."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from sim.serve import texts
from sim.serve.order_rows import side_text
from sim.serve.site import Site, coins
from strategy.instrument import SPOT, notional_cash
from strategy.units import BUY, PPM

# Averages and rates may have no end.
_PLACES: Final = 8
# What is in every row of a position and never says anything else here.
_NAMES: Final = (
    *("liqPrice", "bustPrice", "sessionAvgPrice", "delta", "gamma", "vega", "theta", "mmrSysUpdatedTime"),
    *("leverageSysUpdatedTime", "breakEvenPrice"),
)
_ALWAYS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        **dict.fromkeys(_NAMES, ""),
        **dict.fromkeys(("takeProfit", "stopLoss", "trailingStop"), "0"),
        "positionIdx": 0,
        "tradeMode": 0,
        "riskId": 1,
        "riskLimitValue": "2000000",
        "positionStatus": "Normal",
        "autoAddMargin": 0,
        "tpslMode": "Full",
        "isReduceOnly": False,
    }
)


def position_row(site: Site, symbol: str, *, is_stream: bool) -> dict[str, Any]:
    """Write a position, as the stream tells it or as a read shows it: flat ones too."""
    venue, holding = site.venue, site.venue.account.holdings[symbol]
    instrument, mid2 = holding.instrument, site.venue.mids2()[symbol]
    lots, worth = abs(holding.lots), abs(holding.worth_cash(mid2))
    entry = Decimal(instrument.tick) * abs(holding.entry_cash) / (max(1, lots) * instrument.cash_per_ticklot)
    initial = texts.amount(worth // site.leverage_of(symbol))
    maintenance = texts.amount(worth * venue.account.maintenance_ppm // PPM)
    realised = texts.amount(holding.cash + holding.entry_cash)
    moved_ms = texts.millis(site.slips.moved_ns.get(symbol, site.exchange.start_wall_ns))
    return {
        **_ALWAYS,
        "category": instrument.kind,
        "symbol": symbol,
        "side": side_text(1 if holding.lots > 0 else -1) if lots else "",
        "size": texts.size(instrument, lots),
        "entryPrice" if is_stream else "avgPrice": texts.plain(entry, _PLACES),
        "positionValue": texts.amount(abs(holding.entry_cash)),
        "adlRankIndicator": 2 if lots else 0,
        "leverage": site.leverage[symbol],
        "positionBalance": texts.amount(holding.margin_cash),
        "markPrice": texts.half_price(instrument, mid2),
        "positionIM": initial,
        "positionMM": maintenance,
        "positionIMByMp": initial,
        "positionMMByMp": maintenance,
        "unrealisedPnl": texts.amount(holding.worth_cash(mid2) - holding.entry_cash),
        "curRealisedPnl": realised,
        "cumRealisedPnl": realised,
        "seq": len(site.slips.executions),
        "openTime": int(moved_ms) if lots else 0,
        "createdTime": texts.millis(site.exchange.start_wall_ns),
        "updatedTime": moved_ms,
    }


def wallet_row(site: Site, wanted: tuple[str, ...] = ()) -> dict[str, Any]:
    """Write the account: totals in quote currency, and its coins (all, or those wanted)."""
    account, mids2 = site.venue.account, site.venue.mids2()
    equity, maintenance = account.margin_cash(mids2)
    contracts = {symbol: one for symbol, one in account.holdings.items() if one.instrument.kind != SPOT}
    pairs = {symbol: one for symbol, one in account.holdings.items() if one.instrument.kind == SPOT}
    profit = sum(one.worth_cash(mids2[symbol]) - one.entry_cash for symbol, one in contracts.items())
    realised = sum(one.cash + one.entry_cash for one in contracts.values())
    balance = account.start_cash + realised + sum(one.cash for one in pairs.values())
    initial = sum(abs(one.worth_cash(mids2[symbol])) // site.leverage_of(symbol) for symbol, one in contracts.items())
    resting = _resting_cash(site)
    money = _coin("USDT", texts.amount(balance + profit), texts.amount(balance), texts.amount(balance + profit))
    money |= {
        "unrealisedPnl": texts.amount(profit),
        "cumRealisedPnl": texts.amount(realised),
        "totalOrderIM": texts.amount(resting),
        "totalPositionIM": texts.amount(initial),
        "totalPositionMM": texts.amount(maintenance),
        "locked": texts.amount(_locked_cash(site)),
    }
    listed = [money]
    for symbol, one in pairs.items():
        held = texts.plain(Decimal(one.instrument.lot) * one.lots)
        listed.append(_coin(coins(symbol)[0], held, held, texts.amount(one.worth_cash(mids2[symbol]))))
    free = max(0, equity - initial - resting)
    base = max(1, equity)
    return {
        "accountType": "UNIFIED",
        "accountIMRate": texts.plain(Decimal(initial) / base, _PLACES),
        "accountMMRate": texts.plain(Decimal(maintenance) / base, _PLACES),
        "accountIMRateByMp": texts.plain(Decimal(initial) / base, _PLACES),
        "accountMMRateByMp": texts.plain(Decimal(maintenance) / base, _PLACES),
        "accountLTV": "0",
        "totalEquity": texts.amount(equity),
        "totalWalletBalance": texts.amount(balance),
        "totalMarginBalance": texts.amount(equity),
        "totalAvailableBalance": texts.amount(free),
        "totalPerpUPL": texts.amount(profit),
        "totalInitialMargin": texts.amount(initial),
        "totalMaintenanceMargin": texts.amount(maintenance),
        "totalInitialMarginByMp": texts.amount(initial),
        "totalMaintenanceMarginByMp": texts.amount(maintenance),
        "coin": [one for one in listed if not wanted or one["coin"] in wanted],
    }


def _coin(name: str, equity: str, balance: str, value: str) -> dict[str, Any]:
    return {
        "coin": name,
        "equity": equity,
        "usdValue": value,
        "walletBalance": balance,
        "free": "",
        "locked": "0",
        "spotHedgingQty": "0",
        "borrowAmount": "0",
        "availableToWithdraw": "",
        "availableToBorrow": "",
        "accruedInterest": "0",
        "totalOrderIM": "0",
        "totalPositionIM": "0",
        "totalPositionMM": "0",
        "unrealisedPnl": "0",
        "cumRealisedPnl": "0",
        "bonus": "0",
        "collateralSwitch": True,
        "marginCollateral": True,
        "spotBorrow": "0",
    }


def _resting_cash(site: Site) -> int:
    """Count the margin that open orders hold."""
    return sum(
        notional_cash(one, order.price_ticks, order.leaves_lots) // site.leverage_of(order.symbol)
        for order in site.venue.open_orders()
        if (one := site.venue.instruments[order.symbol]).kind != SPOT and not order.reduce_only
    )


def _locked_cash(site: Site) -> int:
    """Count the money that spot bids hold."""
    return sum(
        notional_cash(one, order.price_ticks, order.leaves_lots)
        for order in site.venue.open_orders()
        if (one := site.venue.instruments[order.symbol]).kind == SPOT and order.side == BUY
    )
