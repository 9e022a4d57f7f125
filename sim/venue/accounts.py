"""Who owns what, exactly: our account, everybody else as one, the venue's fees, the funding pool.

Cash and positions of all of them sum to zero, always. Each side of a trade is booked from that
side's own point of view, so that a wrong sign on one of them shows.
"""

import msgspec

from strategy.instrument import Instrument, fee_cash, move_cash, notional_cash
from strategy.units import BUY, PPM


class Holding(msgspec.Struct):
    """One symbol of our account, and the mirror of it."""

    instrument: Instrument
    lots: int = 0
    cash: int = 0
    fees_cash: int = 0
    funding_cash: int = 0
    others_lots: int = 0
    others_cash: int = 0
    venue_cash: int = 0
    pool_cash: int = 0


class Account(msgspec.Struct):
    """Our account over all symbols. ``start_cash`` is its deposit, ``maintenance_ppm`` of notional."""

    holdings: dict[str, Holding]
    start_cash: int
    maintenance_ppm: int

    def trade(self, symbol: str, side: int, price_ticks: int, lots: int, liquidity: str) -> int:
        """Book a fill of ours from both sides; give its fee as income."""
        one = self.holdings[symbol]
        fee = fee_cash(one.instrument, price_ticks, lots, liquidity)
        value = notional_cash(one.instrument, price_ticks, lots)
        if side == BUY:
            one.lots, one.cash = one.lots + lots, one.cash - value
            one.others_lots, one.others_cash = one.others_lots - lots, one.others_cash + value
        else:
            one.lots, one.cash = one.lots - lots, one.cash + value
            one.others_lots, one.others_cash = one.others_lots + lots, one.others_cash - value
        one.cash += fee
        one.fees_cash += fee
        one.venue_cash -= fee
        return fee

    def fund(self, symbol: str, rate_ppm: int, mid2_ticks: int) -> int:
        """Settle funding: longs pay a positive rate. Give what we received."""
        one = self.holdings[symbol]
        paid = one.lots * mid2_ticks * rate_ppm * (one.instrument.cash_per_ticklot // (2 * PPM))
        one.cash -= paid
        one.funding_cash -= paid
        one.pool_cash += paid
        return -paid

    def zero_sum_cash(self) -> int:
        """Sum all cash of everybody, and all positions: exactly 0, or money was made from nothing."""
        cash = sum(one.cash + one.others_cash + one.venue_cash + one.pool_cash for one in self.holdings.values())
        return cash + sum(abs(one.lots + one.others_lots) for one in self.holdings.values())

    def equity_cash(self, mids2: dict[str, int]) -> int:
        """Give what the account is worth with every position at twice the given mid."""
        return self.start_cash + sum(
            one.cash + move_cash(one.instrument, one.lots, mids2[symbol]) for symbol, one in self.holdings.items()
        )

    def maintenance_cash(self, mids2: dict[str, int]) -> int:
        """Give the equity below which the venue closes the positions."""
        worth = sum(move_cash(one.instrument, abs(one.lots), mids2[symbol]) for symbol, one in self.holdings.items())
        return worth * self.maintenance_ppm // PPM
