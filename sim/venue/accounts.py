"""Who owns what, exactly: our account, everybody else as one, the venue's fees, the funding pool.

Cash and positions of all of them sum to zero, always. Each side of a trade is booked from that
side's own point of view, so that a wrong sign on one of them shows.

Margin is posted, not paid: it moves no cash, and says only when the venue closes a position. With
``leverage`` 0 the whole account answers for every position; otherwise each position answers with
the margin it was opened with and with what it has gained since, and with nothing else.
"""

import msgspec

from strategy.instrument import Instrument, fee_cash, move_cash, notional_cash
from strategy.units import BUY, PPM


class Holding(msgspec.Struct):
    """One symbol of our account, and the mirror of it.

    ``entry_cash`` is what the open lots were bought (above zero) or sold (below) for, and
    ``margin_cash`` what was posted for them; both shrink in proportion when the position does,
    rounded to whole cash, and are zero when it is flat.
    """

    instrument: Instrument
    lots: int = 0
    cash: int = 0
    fees_cash: int = 0
    funding_cash: int = 0
    others_lots: int = 0
    others_cash: int = 0
    venue_cash: int = 0
    pool_cash: int = 0
    entry_cash: int = 0
    margin_cash: int = 0

    def worth_cash(self, mid2_ticks: int) -> int:
        """Value the position at twice the mid, sign kept."""
        return move_cash(self.instrument, self.lots, mid2_ticks)

    def balance_cash(self, mid2_ticks: int) -> int:
        """Give what the position answers with when it answers alone."""
        return self.margin_cash + self.worth_cash(mid2_ticks) - self.entry_cash


class Account(msgspec.Struct):
    """Our account over all symbols. ``start_cash`` is its deposit, ``maintenance_ppm`` of notional."""

    holdings: dict[str, Holding]
    start_cash: int
    maintenance_ppm: int
    leverage: int = 0

    def trade(self, symbol: str, side: int, price_ticks: int, lots: int, liquidity: str, fee: int | None = None) -> int:
        """Book a fill of ours from both sides; give its fee as income: the instrument's, unless another is said."""
        one = self.holdings[symbol]
        if fee is None:
            fee = fee_cash(one.instrument, price_ticks, lots, liquidity)
        value = notional_cash(one.instrument, price_ticks, lots)
        self._post(one, side, price_ticks, lots)
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

    def _post(self, one: Holding, side: int, price_ticks: int, lots: int) -> None:
        """Release the margin of what a fill closes, then post the margin of what it opens."""
        held = abs(one.lots)
        closed = min(held, lots) if one.lots * side < 0 else 0
        if closed:
            one.entry_cash -= one.entry_cash * closed // held
            one.margin_cash -= one.margin_cash * closed // held
        opened = notional_cash(one.instrument, price_ticks, lots - closed)
        one.entry_cash += side * opened
        if self.leverage:
            one.margin_cash += opened // self.leverage

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
        return self.start_cash + sum(one.cash + one.worth_cash(mids2[symbol]) for symbol, one in self.holdings.items())

    def initial_cash(self, symbol: str, lots: int, mid2_ticks: int) -> int:
        """Give the margin that a position of so many lots must be opened with; needs a leverage."""
        return move_cash(self.holdings[symbol].instrument, lots, mid2_ticks) // self.leverage

    def maintenance_cash(self, mids2: dict[str, int]) -> int:
        """Give the equity below which the venue closes the positions, all of them together."""
        worth = sum(abs(one.worth_cash(mids2[symbol])) for symbol, one in self.holdings.items())
        return worth * self.maintenance_ppm // PPM

    def _maintenance_of(self, one: Holding, mid2_ticks: int) -> int:
        return abs(one.worth_cash(mid2_ticks)) * self.maintenance_ppm // PPM

    def margin_cash(self, mids2: dict[str, int]) -> tuple[int, int]:
        """Give equity and maintenance as a read tells them: of the account, or of its weakest position.

        Where positions answer alone, the account is as near to a liquidation as its weakest one.
        """
        whole = self.equity_cash(mids2), self.maintenance_cash(mids2)
        if not self.leverage:
            return whole
        alone = [
            (one.balance_cash(mids2[symbol]), self._maintenance_of(one, mids2[symbol]))
            for symbol, one in self.holdings.items()
            if one.lots
        ]
        return min(alone, key=lambda pair: pair[0] * PPM // max(1, pair[1]), default=(whole[0], 0))

    def spent(self, mids2: dict[str, int]) -> list[str]:
        """Name the symbols whose positions the venue now closes: equity at or below maintenance."""
        held = [symbol for symbol, one in self.holdings.items() if one.lots]
        if not held:
            return []
        if not self.leverage:
            return held if self.equity_cash(mids2) <= self.maintenance_cash(mids2) else []
        alone = {symbol: self.holdings[symbol] for symbol in held}
        return [
            symbol
            for symbol, one in alone.items()
            if one.balance_cash(mids2[symbol]) <= self._maintenance_of(one, mids2[symbol])
        ]
