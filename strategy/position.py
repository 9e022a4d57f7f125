"""What we hold of one symbol and what it earned, exactly.

The identity, on every run and to the last unit: PnL against the mid = sum of captures + fees +
funding + sum of position times mid changes. ``cash`` already holds everything but the position.
"""

import msgspec

from strategy.events import FundingPaid, OrderFilled
from strategy.instrument import TAKER, Instrument, capture_cash, fee_cash, move_cash, notional_cash
from strategy.units import BPS


class Position(msgspec.Struct):
    """Lots (signed) and cash since the start; fees and funding are income when positive.

    ``captured_cash`` and ``moved_cash`` are the two other terms of the identity: what fills gained
    against the mid of their moment, and what the position earned as that mid moved.
    """

    symbol: str
    lots: int = 0
    cash: int = 0
    fees_cash: int = 0
    funding_cash: int = 0
    maker_cash: int = 0
    taker_cash: int = 0
    mid2_ticks: int = 0
    captured_cash: int = 0
    moved_cash: int = 0
    funding_ids: list[str] = []

    def fill(self, instrument: Instrument, fill: OrderFilled, mid2_ticks: int) -> None:
        """Book a fill, once: the caller has seen to that. ``mid2_ticks`` is the mid of its moment."""
        self.mark(instrument, mid2_ticks)
        value = notional_cash(instrument, fill.price_ticks, fill.size_lots)
        self.captured_cash += capture_cash(instrument, fill.side, mid2_ticks, fill.price_ticks, fill.size_lots)
        self.lots += fill.side * fill.size_lots
        self.cash += fill.fee_cash - fill.side * value
        self.fees_cash += fill.fee_cash
        if fill.liquidity == TAKER:
            self.taker_cash += value
        else:
            self.maker_cash += value

    def mark(self, instrument: Instrument, mid2_ticks: int) -> None:
        """Move the mark to another mid."""
        self.moved_cash += move_cash(instrument, self.lots, mid2_ticks - self.mid2_ticks)
        self.mid2_ticks = mid2_ticks

    def fund(self, event: FundingPaid) -> bool:
        """Book a funding payment once; False when it was booked before."""
        if event.funding_id in self.funding_ids:
            return False
        self.funding_ids = [*self.funding_ids[-FUNDING_IDS_KEPT:], event.funding_id]
        self.cash += event.cash
        self.funding_cash += event.cash
        return True

    def value_cash(self, instrument: Instrument, mid2_ticks: int) -> int:
        """Give PnL with the position valued at twice a price in ticks; exact."""
        return self.cash + move_cash(instrument, self.lots, mid2_ticks)


def is_odd_fee(instrument: Instrument, fill: OrderFilled) -> bool:
    """Say whether a fill was charged another fee than the instrument's.

    A twentieth of a bps and of the fee may be a venue's rounding.
    """
    expected = fee_cash(instrument, fill.price_ticks, fill.size_lots, fill.liquidity)
    value = notional_cash(instrument, fill.price_ticks, fill.size_lots)
    return abs(fill.fee_cash - expected) > _ROUNDING * abs(expected) + _ROUNDING * value / BPS


# Funding comes every few hours; this many ids reach back further than any replay of a stream.
FUNDING_IDS_KEPT = 64
_ROUNDING = 0.05
