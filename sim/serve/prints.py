"""What was traded in public: the latest prints, and the figures of a ticker that follow from them."""

from collections import deque
from decimal import Decimal
from typing import Any, Final

import msgspec

from sim.serve import texts
from sim.serve.site import Site
from strategy.events import PublicTrade
from strategy.instrument import SPOT, Instrument, notional_cash
from strategy.units import BUY, NS_PER_MS

_KEPT: Final = 1000
_MINUTE_MS: Final = 60_000
_MINUTES_KEPT: Final = 24 * 60
_SPOT_IDS: Final = 2_290_000_000_000_000_000


class Minute(msgspec.Struct):
    """One minute of trading, by the venue's clock."""

    start_ms: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    close_ticks: int
    lots: int = 0
    cash: int = 0


class Prints:
    """The trades of one symbol."""

    def __init__(self, site: Site, instrument: Instrument) -> None:
        """Begin without a trade."""
        self._site = site
        self.instrument = instrument
        self.rows: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self.minutes: deque[Minute] = deque(maxlen=_MINUTES_KEPT)
        self._count = 0
        self.last_ticks = 0

    def add(self, trade: PublicTrade, seq: int) -> dict[str, Any]:
        """Take a trade; give it as the stream tells it."""
        one, self._count = self.instrument, self._count + 1
        row = {
            "T": trade.venue_ns // NS_PER_MS,
            "s": trade.symbol,
            "S": "Buy" if trade.side == BUY else "Sell",
            "v": texts.plain(Decimal(one.lot) * trade.size_lots)
            if one.kind == SPOT
            else texts.size(one, trade.size_lots),
            "p": texts.price(one, trade.price_ticks),
            "i": self._trade_id(),
            "BT": False,
            "RPI": False,
            "seq": seq,
        }
        if one.kind != SPOT:
            row["L"] = "PlusTick" if trade.price_ticks > self.last_ticks else "ZeroMinusTick"
        self.last_ticks = trade.price_ticks
        self.rows.append(row)
        self._count_in(trade)
        return row

    def _trade_id(self) -> str:
        if self.instrument.kind == SPOT:
            return str(_SPOT_IDS + self._count)
        return self._site.slips.unique("trade", f"{self.instrument.symbol} {self._count}")

    def _count_in(self, trade: PublicTrade) -> None:
        start_ms = trade.venue_ns // NS_PER_MS // _MINUTE_MS * _MINUTE_MS
        price = trade.price_ticks
        if not self.minutes or self.minutes[-1].start_ms != start_ms:
            self.minutes.append(Minute(start_ms, price, price, price, price))
        minute = self.minutes[-1]
        minute.high_ticks, minute.low_ticks = max(minute.high_ticks, price), min(minute.low_ticks, price)
        minute.close_ticks = price
        minute.lots += trade.size_lots
        minute.cash += notional_cash(self.instrument, price, trade.size_lots)

    def spans(self, minutes: int) -> list[Minute]:
        """Put minutes together to longer spans, oldest first."""
        spans: list[Minute] = []
        for minute in self.minutes:
            start_ms = minute.start_ms // (minutes * _MINUTE_MS) * minutes * _MINUTE_MS
            if not spans or spans[-1].start_ms != start_ms:
                spans.append(Minute(start_ms, minute.open_ticks, minute.high_ticks, minute.low_ticks, 0))
            span = spans[-1]
            span.high_ticks, span.low_ticks = (
                max(span.high_ticks, minute.high_ticks),
                min(span.low_ticks, minute.low_ticks),
            )
            span.close_ticks = minute.close_ticks
            span.lots += minute.lots
            span.cash += minute.cash
        return spans

    def ticker(self) -> dict[str, Any]:
        """Write the ticker, as a read shows it."""
        one, venue = self.instrument, self._site.venue
        bids, asks = venue.pits[one.symbol].levels(1)
        mid2 = venue.mids2()[one.symbol]
        last = self.last_ticks or mid2 // 2
        opened = self.minutes[0].open_ticks if self.minutes else last
        turnover = sum(minute.cash for minute in self.minutes)
        ticker = {
            "symbol": one.symbol,
            "lastPrice": texts.price(one, last),
            "prevPrice24h": texts.price(one, opened),
            "price24hPcnt": f"{(last - opened) / max(1, opened):.6f}",
            "highPrice24h": texts.price(one, max((minute.high_ticks for minute in self.minutes), default=last)),
            "lowPrice24h": texts.price(one, min((minute.low_ticks for minute in self.minutes), default=last)),
            "turnover24h": texts.amount(turnover),
            "volume24h": texts.size(one, sum(minute.lots for minute in self.minutes)),
            "bid1Price": texts.price(one, bids[0][0]) if bids else "",
            "bid1Size": texts.size(one, bids[0][1]) if bids else "",
            "ask1Price": texts.price(one, asks[0][0]) if asks else "",
            "ask1Size": texts.size(one, asks[0][1]) if asks else "",
        }
        return ticker | ({"usdIndexPrice": ""} if one.kind == SPOT else self._contract(mid2, opened))

    def _contract(self, mid2: int, opened: int) -> dict[str, Any]:
        one = self.instrument
        mark = texts.half_price(one, mid2)
        every_ms, rate = self.funding()
        now_ms = self._site.now_ms()
        return {
            "markPrice": mark,
            "indexPrice": mark,
            "prevPrice1h": texts.price(one, opened),
            "openInterest": texts.size(one, 0),
            "openInterestValue": "0",
            "fundingRate": rate,
            "nextFundingTime": str((now_ms // every_ms + 1) * every_ms),
            "fundingIntervalHour": str(max(1, every_ms // 3_600_000)),
            "fundingCap": "0.005",
            "predictedDeliveryPrice": "",
            "basisRate": "",
            "basis": "",
            "deliveryFeeRate": "",
            "deliveryTime": "0",
            "preOpenPrice": "",
            "preQty": "",
            "curPreListingPhase": "",
            "tickDirection": "ZeroPlusTick",
        }

    def funding(self) -> tuple[int, str]:
        """Give how often funding is settled, in ms, and the rate as text."""
        funding = self._site.exchange.scenario.profile.venue.funding
        if funding is None:
            return 8 * 3_600_000, "0"
        return max(1, round(funding.every_s * 1000)), f"{funding.rate_bps / 10_000:.8f}"
