"""What the venue demands of an order before it may rest or trade: the first rule it breaks, by code."""

from typing import Any

import msgspec

from sim.venue import codes
from sim.venue.accounts import Account
from sim.venue.orders import VenueOrder
from strategy import commands, events
from strategy.instrument import Instrument, notional_cash
from strategy.units import BUY, PPM


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the venue is set to: fees and grids are the instruments', the rest is here.

    ``leverage`` 0 is one margin for the whole account; otherwise each position has a margin of its
    own, posted when it is opened. ``band_ppm`` 0 is no price band. ``book_levels`` is how deep the
    public feed shows the book.
    """

    start_cash: int
    maintenance_ppm: int
    orders_per_s: int
    burst: int
    reads_per_s: int
    window_ns: int
    leverage: int = 0
    band_ppm: int = 0
    book_levels: int = 50


def terms_of(instrument: Instrument, asked_ns: int, venue_ns: int) -> events.TermsSeen:
    """Tell by which rules an instrument is traded now, in its own ticks and lots; least and most keep to the grid."""
    times = instrument.lot_times
    return events.TermsSeen(
        symbol=instrument.symbol,
        asked_ns=asked_ns,
        tick_times=instrument.tick_times,
        lot_times=times,
        lots_min=instrument.lots_min + -instrument.lots_min % times,
        lots_max=instrument.lots_max - instrument.lots_max % times,
        notional_min_cash=instrument.notional_min_cash,
        venue_ns=venue_ns,
    )


def why_reject(
    command: commands.CreateOrder,
    instrument: Instrument,
    rules: Rules,
    book: Any,
    held_lots: int,
) -> str:
    """Give the code of the first rule a create breaks by itself; empty when it breaks none."""
    if command.price_ticks <= 0 or not instrument.lots_min <= command.size_lots <= instrument.lots_max:
        return codes.BAD_SIZE
    value = notional_cash(instrument, command.price_ticks, command.size_lots)
    if value < instrument.notional_min_cash and not command.reduce_only:
        return codes.BAD_SIZE
    if command.reduce_only and command.size_lots > -command.side * held_lots:
        return codes.REDUCE_ONLY
    if command.post_only and book.crosses(command.side, command.price_ticks):
        return codes.WOULD_CROSS
    return _why_out_of_band(command.side, command.price_ticks, rules, book)


def why_refuse_amend(
    order: VenueOrder,
    command: commands.AmendOrder,
    instrument: Instrument,
    rules: Rules,
    book: Any,
    held_lots: int,
) -> str:
    """Give the code of the first rule an amend breaks by itself; empty when it breaks none."""
    if command.symbol != order.symbol:
        return codes.GONE
    if command.size_lots <= order.filled_lots:
        return codes.BELOW_FILLED
    if command.price_ticks <= 0 or command.size_lots > instrument.lots_max:
        return codes.BAD_SIZE
    if order.post_only and book.crosses(order.side, command.price_ticks):
        return codes.WOULD_CROSS
    if order.reduce_only and command.size_lots - order.filled_lots > -order.side * held_lots:
        return codes.REDUCE_ONLY
    return _why_out_of_band(order.side, command.price_ticks, rules, book)


def _why_out_of_band(side: int, price_ticks: int, rules: Rules, book: Any) -> str:
    """A buy far above the mid, or a sell far below it, is somebody's mistake; the other way is patience."""
    mid2 = book.mid2_ticks
    beyond2 = side * (2 * price_ticks - mid2)
    return codes.PRICE_BAND if rules.band_ppm and mid2 and beyond2 * PPM > mid2 * rules.band_ppm else ""


def lacks_margin(
    account: Account,
    mids2: dict[str, int],
    open_orders: list[VenueOrder],
    symbol: str,
    side: int,
    more_lots: int,
) -> bool:
    """Say whether ``more_lots`` on a side could grow the positions beyond what the equity can post.

    Each symbol counts at its worst: everything on one side trades and nothing on the other. What
    does not make the worst case worse is never refused, or an account in need could not help itself.
    """
    if not account.leverage:
        return False
    needed = worst = 0
    for name, one in account.holdings.items():
        reach = {BUY: one.lots, -BUY: -one.lots}
        for order in open_orders:
            if order.symbol == name and not order.reduce_only:
                reach[order.side] += order.leaves_lots
        before = max(abs(reach[BUY]), abs(reach[-BUY]))
        if name == symbol:
            reach[side] += more_lots
        after = max(abs(reach[BUY]), abs(reach[-BUY]))
        needed += account.initial_cash(name, after, mids2[name])
        worst += after - before
    return worst > 0 and needed > account.equity_cash(mids2)
