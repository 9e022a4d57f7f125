"""Rows of our orders and executions: every field that the venue documents."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Protocol

from sim.serve import texts
from sim.serve.site import Site, coins
from sim.serve.slips import Execution, Slip
from sim.venue import codes
from sim.venue.orders import CANCELLED, FILLED, OPEN, REJECTED
from strategy.instrument import MAKER, SPOT, Instrument, move_cash, notional_cash
from strategy.units import BUY, SELL

# Why an order is over: how it was cancelled, and the reason that the venue gives.
_ENDS: Final = {
    codes.BY_CLIENT: ("CancelByUser", "EC_PerCancelRequest"),
    codes.BY_VENUE: ("CancelByAdmin", "EC_NoError"),
    codes.SELF_TRADE: ("CancelBySmp", "EC_BySelfMatch"),
    codes.REDUCE_ONLY: ("CancelByReduceOnly", "EC_NoError"),
    codes.WOULD_CROSS: ("UNKNOWN", "EC_PostOnlyWillTakeLiquidity"),
    codes.NOT_FILLED: ("UNKNOWN", "EC_NoImmediateQtyToFill"),
}
# Averages and rates may have no end.
_PLACES: Final = 8
_NOT_ENDED: Final = ("UNKNOWN", "EC_NoError")
_KILLED: Final = ("UNKNOWN", "EC_CancelForNoFullFill")

# What is in every row of an order and never says anything here.
_NAMES: Final = (
    *("blockTradeId", "stopOrderType", "orderIv", "slippageTolerance", "triggerPrice", "takeProfit", "stopLoss"),
    *("tpslMode", "ocoTriggerBy", "tpLimitPrice", "slLimitPrice", "tpTriggerBy", "slTriggerBy", "triggerBy"),
    *("placeType", "smpOrderId", "extraFees"),
)
_ALWAYS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        **dict.fromkeys(_NAMES, ""),
        "positionIdx": 0,
        "closedPnl": "0",
        "slippageToleranceType": "UNKNOWN",
        "triggerDirection": 0,
        "closeOnTrigger": False,
        "smpGroup": 0,
        "rpiTakerAccess": False,
    }
)


class Standing(Protocol):
    """How an order stands, or stood."""

    state: str
    price_ticks: int
    size_lots: int
    filled_lots: int


def side_text(side: int) -> str:
    """Write a side."""
    return "Buy" if side == BUY else "Sell"


def status_of(order: Standing, *, is_spot: bool) -> str:
    """Give the wire's word for the state of an order."""
    if order.state == FILLED:
        return "Filled"
    if order.state == OPEN:
        return "PartiallyFilled" if order.filled_lots else "New"
    return "PartiallyFilledCanceled" if order.filled_lots and is_spot else "Cancelled"


def is_shown(slip: Slip) -> bool:
    """Say whether an order was ever taken: what was refused at once leaves no row."""
    order = slip.order
    return order.is_known and (order.state != REJECTED or order.code == codes.WOULD_CROSS)


def order_row(site: Site, slip: Slip, stood: Standing | None = None) -> dict[str, Any]:
    """Write an order as it is, or as it stood."""
    order, terms = slip.order, slip.terms
    stands: Standing = order if stood is None else stood
    instrument = site.venue.instruments[order.symbol]
    is_spot = instrument.kind == SPOT
    cancel_type, reason = _end_of(slip, stands)
    mid = texts.half_price(instrument, slip.mid2_ticks)
    return {
        **_ALWAYS,
        "category": instrument.kind,
        "symbol": order.symbol,
        "orderId": slip.order_id,
        "orderLinkId": slip.link_id,
        "side": side_text(order.side),
        "orderStatus": status_of(stands, is_spot=is_spot),
        "cancelType": cancel_type,
        "rejectReason": reason,
        "timeInForce": terms.time_in_force,
        "isLeverage": "0" if is_spot else "",
        "price": texts.price(instrument, stands.price_ticks),
        "qty": texts.size(instrument, stands.size_lots),
        **_traded(slip, instrument, stands),
        "feeCurrency": coins(order.symbol)[1] if is_spot else "",
        "orderType": terms.order_type,
        "marketUnit": "baseCoin" if is_spot and terms.order_type == "Market" else "",
        "lastPriceOnCreated": mid,
        "basePrice": mid,
        "reduceOnly": order.reduce_only,
        "smpType": terms.smp_type,
        "createType": "CreateByUser" if order.client_id else "CreateByLiq",
        "createdTime": texts.millis(slip.first_ns),
        "updatedTime": texts.millis(slip.last_ns),
    }


def _end_of(slip: Slip, stands: Standing) -> tuple[str, str]:
    """Say how an order was cancelled and why, if it was."""
    if stands.state not in (CANCELLED, REJECTED):
        return _NOT_ENDED
    if slip.order.code == codes.NOT_FILLED and slip.terms.time_in_force == "FOK":
        return _KILLED
    return _ENDS.get(slip.order.code, _NOT_ENDED)


def _traded(slip: Slip, instrument: Instrument, stands: Standing) -> dict[str, Any]:
    """Sum up what an order had traded when so much of it was filled, and what was left of it then."""
    value = fee = lots = 0
    for execution in slip.executions:
        fill = execution.fill
        if fill is None or lots >= stands.filled_lots:
            break
        lots += fill.size_lots
        value += notional_cash(instrument, fill.price_ticks, fill.size_lots)
        fee -= fill.fee_cash
    average = Decimal(instrument.tick) * value / (instrument.cash_per_ticklot * max(1, lots))
    left = stands.size_lots - stands.filled_lots if stands.state == OPEN else 0
    return {
        "avgPrice": texts.plain(average, _PLACES) if lots else "",
        "leavesQty": texts.size(instrument, left),
        "leavesValue": texts.amount(notional_cash(instrument, stands.price_ticks, left)),
        "cumExecQty": texts.size(instrument, stands.filled_lots),
        "cumExecValue": texts.amount(value),
        "cumExecFee": texts.amount(fee),
        "cumFeeDetail": {coins(instrument.symbol)[1]: texts.amount(fee)} if lots else {},
    }


def exec_type(one: Execution) -> str:
    """Give the wire's word for what an execution is: a trade, one that nobody ordered, funding."""
    if one.fill is None:
        return "Funding"
    return "Trade" if one.fill.client_id else "BustTrade"


def execution_row(site: Site, one: Execution) -> dict[str, Any]:
    """Write a trade of ours, or a funding payment."""
    instrument = site.venue.instruments[one.symbol]
    row = _funding(site, one, instrument) if one.fill is None else _trade(one, one.fill, instrument)
    mark = texts.half_price(instrument, one.mid2_ticks)
    blank = dict.fromkeys(("tradeIv", "markIv", "underlyingPrice", "blockTradeId"), "")
    return {
        "category": instrument.kind,
        "symbol": one.symbol,
        "execType": exec_type(one),
        **row,
        **blank,
        "markPrice": mark,
        "indexPrice": mark,
        "marketUnit": "",
        "extraFees": "",
        "execTime": texts.millis(one.venue_ns),
        "seq": one.number,
    }


def _trade(one: Execution, fill: Any, instrument: Instrument) -> dict[str, Any]:
    slip = one.slip
    assert slip is not None, "a fill has an order"
    is_maker = fill.liquidity == MAKER
    return {
        "orderId": slip.order_id,
        "orderLinkId": slip.link_id,
        "side": side_text(fill.side),
        "orderPrice": texts.price(instrument, one.order_ticks),
        "orderQty": texts.size(instrument, one.order_lots),
        "leavesQty": texts.size(instrument, one.order_lots - fill.filled_lots_total),
        "createType": "CreateByUser" if fill.client_id else "CreateByLiq",
        "orderType": slip.terms.order_type,
        "stopOrderType": "UNKNOWN",
        "execFee": texts.amount(-fill.fee_cash),
        "execFeeV2": "",
        "feeRate": texts.rate(instrument.maker_fee_ppm if is_maker else instrument.taker_fee_ppm),
        "feeCurrency": coins(one.symbol)[1] if instrument.kind == SPOT else "",
        "execId": one.exec_id,
        "execPrice": texts.price(instrument, fill.price_ticks),
        "execQty": texts.size(instrument, fill.size_lots),
        "execPnl": "0",
        "execValue": texts.amount(notional_cash(instrument, fill.price_ticks, fill.size_lots)),
        "isLeverage": "0",
        "isMaker": is_maker,
        "closedSize": texts.size(instrument, one.closed_lots),
    }


def _funding(site: Site, one: Execution, instrument: Instrument) -> dict[str, Any]:
    paid, mid2 = one.funding, one.mid2_ticks
    assert paid is not None, "an execution is a trade or funding"
    held = one.held_lots
    worth = abs(move_cash(instrument, held, mid2))
    return {
        "orderId": site.slips.unique("order", paid.funding_id),
        "orderLinkId": "",
        "side": side_text(SELL if held > 0 else BUY),
        "orderPrice": "0",
        "orderQty": "0",
        "leavesQty": "0",
        "createType": "",
        "orderType": "UNKNOWN",
        "stopOrderType": "UNKNOWN",
        "execFee": texts.amount(-paid.cash),
        "execFeeV2": "",
        "feeRate": texts.plain(Decimal(-paid.cash) / worth, _PLACES) if worth else "0",
        "feeCurrency": "",
        "execId": one.exec_id,
        "execPrice": texts.price(instrument, mid2 // 2),
        "execQty": texts.size(instrument, abs(held)),
        "execPnl": "0",
        "execValue": texts.amount(worth),
        "isLeverage": "0",
        "isMaker": False,
        "closedSize": "",
    }


def fast_row(site: Site, one: Execution) -> dict[str, Any]:
    """Write a trade as the fast topic does: few fields, and no client id for makers."""
    whole = execution_row(site, one)
    kept = ("category", "symbol", "execId", "execPrice", "execQty", "orderId", "isMaker", "side", "execTime", "seq")
    link_id = "" if whole["isMaker"] else whole["orderLinkId"]
    return {name: whole[name] for name in kept} | {"orderLinkId": link_id}
