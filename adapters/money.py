"""What was earned, and by what, while it is being earned: ``edge`` fed from what the bot itself sees.

The mid of a fill is the one of the book as it was just before the venue's instant of the fill, as far as
the bot was told: of the mids it decided on, the step that heard of the fill included, the latest that is
older.

A ledger opens with the first decision that nothing forbids: by then everything that was filled before is
known. What is held then is bought at the mid of then, so that the past is neither gain nor loss.
"""

from collections import deque
from typing import Final

from strategy import events
from strategy.context import QuoteContext
from strategy.edge import EdgeLedger, Figures, Traded
from strategy.instrument import MAKER, TAKER, move_cash
from strategy.knobs import Knobs
from strategy.units import BPS, quote_from_cash

# Bounds: of mids a few seconds, of reasons and ids far more than are alive or come twice.
_MIDS_MAX: Final = 128
_CHOSEN_MAX: Final = 1024
_FILL_IDS_MAX: Final = 4096
_FUNDING_IDS_MAX: Final = 64


class Purse:
    """One symbol's ledger, and the mids of the last seconds by the venue's time."""

    def __init__(self, ledger: EdgeLedger) -> None:
        """Start closed."""
        self.ledger = ledger
        self.is_open = False
        # What fills cost against the mid their price was decided at, in quote currency.
        self.slipped = {MAKER: 0.0, TAKER: 0.0}
        self._mids: deque[tuple[int, int]] = deque(maxlen=_MIDS_MAX)

    def on_mid(self, now_ns: int, book_venue_ns: int, context: QuoteContext) -> None:
        """Take in the mid that was decided on (there is one); the first that may be quoted on opens the ledger."""
        mid2, ledger = context.mid2_ticks, self.ledger
        if not self.is_open:
            if context.blocked:
                return
            self.is_open = True
            ledger.lots, ledger.mid2_ticks = context.position_lots, mid2
            ledger.cash = -move_cash(ledger.instrument, ledger.lots, mid2)
        if not self._mids or self._mids[-1][1] != mid2:
            self._mids.append((book_venue_ns, mid2))
        ledger.on_mid(now_ns, mid2)

    def mid2_before(self, venue_ns: int) -> int:
        """Give twice the mid as it was just before an instant of the venue's."""
        for at_ns, mid2 in reversed(self._mids):
            if at_ns < venue_ns:
                return mid2
        return self._mids[0][1]


class Money:
    """All ledgers of an account, and why each live order stands where it stands."""

    def __init__(self, knobs: Knobs) -> None:
        """Start with nothing earned."""
        self.purses = {
            one.instrument.symbol: Purse(EdgeLedger(one.instrument, pending=[], slips=[], stages={}))
            for one in knobs.symbols
        }
        self._chosen: dict[str, QuoteContext] = {}
        self._fill_ids: dict[str, None] = {}
        self._heard: list[tuple[events.OrderFilled, QuoteContext | None]] = []
        self._funding_ids: deque[str] = deque(maxlen=_FUNDING_IDS_MAX * max(1, len(self.purses)))

    def choose(self, client_id: str, context: QuoteContext) -> None:
        """Note that this decision chose, or kept, the price of an order."""
        self._chosen.pop(client_id, None)  # the latest stands last, so that the oldest goes first
        self._chosen[client_id] = context
        if len(self._chosen) > _CHOSEN_MAX:
            del self._chosen[next(iter(self._chosen))]

    def hear(self, fill: events.OrderFilled) -> bool:
        """Take in a fill, to be booked once its step is over; False where it was heard before."""
        if fill.fill_id in self._fill_ids:
            return False
        self._fill_ids[fill.fill_id] = None
        if len(self._fill_ids) > _FILL_IDS_MAX:
            del self._fill_ids[next(iter(self._fill_ids))]
        purse = self.purses.get(fill.symbol)
        if purse is not None and purse.is_open:  # else it is in what the ledger opens with
            self._heard.append((fill, self._chosen.get(fill.client_id)))
        return True

    def book(self, now_ns: int) -> None:
        """Book the fills that were heard in this step."""
        for fill, chosen in self._heard:
            self._book(now_ns, self.purses[fill.symbol], fill, chosen)
        self._heard.clear()

    def _book(self, now_ns: int, purse: Purse, fill: events.OrderFilled, chosen: QuoteContext | None) -> None:
        traded = Traded(
            at_ns=now_ns,
            side=fill.side,
            price_ticks=fill.price_ticks,
            size_lots=fill.size_lots,
            liquidity=fill.liquidity,
            fee_cash=fill.fee_cash,
            mid2_ticks=purse.mid2_before(fill.venue_ns),
            decided_mid2_ticks=chosen.mid2_ticks if chosen is not None else 0,
            shares=chosen.shares if chosen is not None else (),
        )
        mid2 = purse.ledger.mid2_ticks
        purse.ledger.on_fill(traded)
        purse.ledger.on_mid(now_ns, mid2)  # the mid of now holds on
        for bps, value_cash, liquidity in purse.ledger.slips:
            purse.slipped[liquidity] += bps / BPS * quote_from_cash(value_cash)
        purse.ledger.slips.clear()  # told; a process that lives for weeks must not keep them

    def on_funding(self, event: events.FundingPaid) -> None:
        """Book a funding payment, once."""
        purse = self.purses.get(event.symbol)
        if purse is not None and event.funding_id not in self._funding_ids:
            self._funding_ids.append(event.funding_id)
            purse.ledger.on_funding(event.cash)

    def figures(self, now_ns: int) -> dict[str, Figures]:
        """Give what every symbol has earned since the process began."""
        return {symbol: purse.ledger.figures(now_ns) for symbol, purse in self.purses.items()}
