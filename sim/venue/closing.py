"""What happens to our position though no order of ours did it: liquidation, and trades that others decide.

Each is an execution like any other, booked from both sides, under no client id of ours: whoever reads
our fills finds it, and whoever holds a position without it is wrong.
"""

from collections.abc import Sequence
from typing import Any

from sim.venue import codes
from sim.venue.orders import CANCELLED, VenueOrder
from strategy.instrument import TAKER
from strategy.units import BUY, SELL

_ANY_PRICE_TICKS = 2**62


def check_margin(venue: Any, now_ns: int) -> None:
    """Close the positions whose equity is at or below their maintenance margin."""
    mids2 = venue.mids2()
    # A market that never had two sides has no price to judge anybody by.
    spent = venue.account.spent(mids2) if all(mids2.values()) else []
    if spent:
        liquidate(venue, None if not venue.account.leverage else spent, spent, now_ns)


def liquidate(venue: Any, swept: Sequence[str] | None, spent: Sequence[str], now_ns: int) -> None:
    """Cancel the orders of some symbols (None: of all), and close positions at any price."""
    venue.liquidations += 1
    for order in [one for one in venue.open.values() if swept is None or one.symbol in swept]:
        venue.end(order, CANCELLED, codes.BY_VENUE, now_ns)
    for symbol in spent:
        lots = venue.position_lots(symbol)
        order = _nameless(venue, symbol, SELL if lots > 0 else BUY, abs(lots))
        venue.work(order, now_ns, is_taking=True)


def force(
    venue: Any,
    symbol: str,
    side: int,
    lots: int,
    price_ticks: int,
    now_ns: int,
    liquidity: str = TAKER,
    fee_cash: int | None = None,
) -> None:
    """Have the account trade with somebody at a price that others decide, past the book."""
    order = _nameless(venue, symbol, side, lots)
    order.price_ticks = price_ticks
    venue.fill(order, price_ticks, lots, liquidity, venue.mids2()[symbol], now_ns, fee_cash)
    venue.end_unreduced(symbol, now_ns)


def _nameless(venue: Any, symbol: str, side: int, lots: int) -> VenueOrder:
    number = len(venue.orders) + 1
    limit_ticks = 1 if side == SELL else _ANY_PRICE_TICKS
    order = VenueOrder(number, "", symbol, "", side, limit_ticks, lots, post_only=False, reduce_only=False)
    venue.orders[f"the venue's own {number}"] = venue.open[""] = order
    return order
