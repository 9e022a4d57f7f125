"""What the venue lists, as instruments of ours: grids, least and largest sizes, the account's own fees."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Final

import msgspec

from adapters.bybit.market import Unreadable, number
from adapters.bybit.rows import read
from strategy import events
from strategy.instrument import LINEAR, ImpossibleInstrument, Instrument, in_units_of, make_instrument
from strategy.units import BPS

TRADING: Final = "Trading"
_PPM_IN_BPS: Final = Decimal("0.01")


class _Row(msgspec.Struct, frozen=True, rename="camel"):
    """Common configuration only: no behaviour and no fields."""


class _Prices(_Row, frozen=True):
    tick_size: str


class _Sizes(_Row, frozen=True):
    """Contracts and spot name the same limits differently, so that both names of each are here."""

    qty_step: str = ""
    base_precision: str = ""
    min_order_qty: str = ""
    max_order_qty: str = ""
    max_limit_order_qty: str = ""
    min_notional_value: str = ""
    min_order_amt: str = ""


class ListingRow(_Row, frozen=True):
    """One symbol as the venue lists it."""

    symbol: str
    status: str
    price_filter: _Prices
    lot_size_filter: _Sizes
    quote_coin: str = ""
    settle_coin: str = ""
    contract_type: str = ""


class FeeRow(_Row, frozen=True):
    """What the account pays, as parts of the notional; negative is a rebate."""

    symbol: str
    taker_fee_rate: str
    maker_fee_rate: str


def names_of(items: Iterable[msgspec.Raw]) -> list[str]:
    """Name what is listed; raises ``Unreadable``."""
    return [read(raw, _Named).symbol for raw in items]


def listed(items: Sequence[msgspec.Raw], symbols: Sequence[str]) -> dict[str, ListingRow]:
    """Pick the rows of these symbols; what cannot be read of the others is nobody's."""
    named = zip(names_of(items), items, strict=True)
    return {symbol: read(raw, ListingRow) for symbol, raw in named if symbol in symbols}


def fees_of(items: Iterable[msgspec.Raw], symbols: Sequence[str]) -> dict[str, FeeRow]:
    """Pick what the account pays for these symbols."""
    return {row.symbol: row for row in (read(raw, FeeRow) for raw in items) if row.symbol in symbols}


def instrument_of(category: str, row: ListingRow, fee: FeeRow) -> Instrument:
    """Make an instrument; raises ``Unreadable`` for one that cannot be traded exactly.

    Limits are rounded inwards to the lot grid, fees upwards to whole ppm: nothing is hoped for.
    """
    sizes = row.lot_size_filter
    lot = number("lot", sizes.qty_step or sizes.base_precision)
    least = number("minOrderQty", sizes.min_order_qty or str(lot))
    most = number("maxOrderQty", sizes.max_limit_order_qty or sizes.max_order_qty)
    if lot <= 0:
        raise Unreadable(f"{row.symbol}: a lot of {lot}")
    try:
        return make_instrument(
            symbol=row.symbol,
            kind=category,
            tick=row.price_filter.tick_size,
            lot=f"{lot:f}",
            size_min=f"{max(lot, (least / lot).to_integral_value(ROUND_CEILING) * lot):f}",
            size_max=f"{most // lot * lot:f}",
            notional_min=sizes.min_notional_value or sizes.min_order_amt or "0",
            maker_fee_bps=_bps(fee.maker_fee_rate),
            taker_fee_bps=_bps(fee.taker_fee_rate),
        )
    except ImpossibleInstrument as problem:
        raise Unreadable(f"{row.symbol}: {problem}") from None


def terms_of(units: Instrument, row: ListingRow, asked_ns: int, venue_ns: int) -> events.TermsSeen:
    """Tell by which rules a symbol is traded now, in the units we count in; zeros for what these cannot write."""
    try:
        # Fees are no part of it.
        now = in_units_of(units, instrument_of(units.kind, row, FeeRow(row.symbol, "0", "0")))
    except Unreadable:
        now = None
    if now is None:
        return events.TermsSeen(row.symbol, asked_ns, 0, 0, 0, 0, 0, venue_ns)
    return events.TermsSeen(
        symbol=row.symbol,
        asked_ns=asked_ns,
        tick_times=now.tick_times,
        lot_times=now.lot_times,
        lots_min=now.lots_min,
        lots_max=now.lots_max,
        notional_min_cash=now.notional_min_cash,
        venue_ns=venue_ns,
    )


def wrongs(category: str, settle_coin: str, row: ListingRow) -> str:
    """Say why a listed symbol is not for us; empty where it is."""
    if row.status != TRADING:
        return f"{row.symbol} is not trading: {row.status[:40]}"
    if row.contract_type and not row.contract_type.startswith("Linear"):
        return f"{row.symbol} is a {row.contract_type[:40]}: its profits are not counted in its quote currency"
    coin = row.settle_coin if category == LINEAR else row.quote_coin
    if coin not in ("", settle_coin):
        return f"{row.symbol} is counted in {coin[:20]}, and this account in {settle_coin}"
    return ""


class _Named(msgspec.Struct, frozen=True):
    symbol: str


def _bps(rate: str) -> str:
    bps = number("fee rate", rate) * BPS
    return f"{bps.quantize(_PPM_IN_BPS, ROUND_CEILING):f}"
