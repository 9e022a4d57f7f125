"""Questions that anybody may ask: the time, what is traded and by which rules, books, tickers, trades."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from sim.serve import texts
from sim.serve.asked import Outcome, Plan, Question, Refused, looked
from sim.serve.codes import PARAMETERS, Verdict, verdict
from sim.serve.prints import Minute, Prints
from sim.serve.site import Site, coins
from sim.venue import codes, regimes
from strategy import commands, events
from strategy.instrument import SPOT, Instrument
from strategy.units import NS_PER_MS, NS_PER_S, PPM

# What the counters of books begin from: a counter of 1 would say that the service was restarted.
BOOK_SEQ: Final = 7_000_000_000
_MINUTE_MS: Final = 60_000
_PAGE: Final = (500, 1000)
_MS_MAX: Final = 2**53
_FROM_TO: Final = (("start", 0), ("end", _MS_MAX))
_SPANS_MIN: Final = {str(span): span for span in (1, 3, 5, 15, 30, 60, 120, 240, 360, 720)} | {"D": 24 * 60}
_STATUS: Final = {regimes.OPEN: "Trading", regimes.POST_ONLY: "Trading", regimes.AUCTION: "PreLaunch"}

Fields = Mapping[str, Any]


class MarketReads:
    """Answers about the market. Each method plans one path; all raise ``Refused``."""

    def __init__(self, site: Site, prints: Mapping[str, Prints]) -> None:
        """Read from a venue and from what was traded on it."""
        self._site = site
        self._prints = prints
        # Announced interruptions, oldest first, as the status page shows them.
        self.announced: list[dict[str, Any]] = []

    def time(self, _fields: Fields) -> Plan:
        """Tell the venue's clock, to the millisecond."""

        def look(_ledger: Any) -> Any:
            ns = self._site.venue_ns()
            return {"timeSecond": str(ns // NS_PER_S), "timeNano": str(ns)}

        return looked(Question(0, look=look), is_signed=False)

    def status(self, _fields: Fields) -> Plan:
        """Show announced interruptions."""
        return looked(Question(0, look=lambda _ledger: {"list": list(self.announced)}), is_signed=False)

    def instruments(self, fields: Fields) -> Plan:
        """Show what is traded, page by page on contracts."""
        category, chosen = self._chosen(fields, may_be_all=True)
        try:
            limit = max(1, texts.whole("limit", fields.get("limit") or _PAGE[0], _PAGE[1]))
        except texts.Unreadable as problem:
            raise Refused(Verdict(PARAMETERS, f"params error: {problem}")) from None
        after = str(fields.get("cursor") or "")

        def look(_ledger: Any) -> Any:
            write = self._pair if category == SPOT else self._contract
            if category == SPOT:
                return {"category": category, "list": [write(one) for one in chosen]}
            left = [one for one in sorted(chosen, key=lambda one: one.symbol) if one.symbol > after]
            cursor = left[limit - 1].symbol if len(left) > limit else ""
            rows = [write(one) for one in left[:limit]]
            return {"category": category, "list": rows, "nextPageCursor": cursor}

        return looked(Question(0, look=look), is_signed=False, category=category)

    def book(self, fields: Fields) -> Plan:
        """Show a book; its counter is that of the deepest stream."""
        category, (one, *_) = self._chosen(fields)
        usual = 1 if category == SPOT else 25
        try:
            limit = max(1, texts.whole("limit", fields.get("limit") or usual, 1000))
        except texts.Unreadable as problem:
            raise Refused(Verdict(PARAMETERS, f"params error: {problem}")) from None

        def show(answers: tuple[Any, ...]) -> Outcome:
            book = answers[0]
            if not isinstance(book, events.BookSnapshot):
                return Outcome(verdict(getattr(book, "code", ""), category))
            at_ms = book.venue_ns // NS_PER_MS
            sides = {"b": levels(one, book.bids[:limit]), "a": levels(one, book.asks[:limit])}
            counters = {"u": self._site.book_u(one.symbol, book.seq), "seq": BOOK_SEQ + book.seq}
            return Outcome(result={"s": one.symbol, **sides, "ts": at_ms, **counters, "cts": at_ms})

        asked = commands.RequestBook(one.symbol, 0)
        return Plan(commands=(asked,), show=show, category=category, is_signed=False)

    def tickers(self, fields: Fields) -> Plan:
        """Show best prices and a day's figures."""
        category, chosen = self._chosen(fields, may_be_all=True)

        def look(_ledger: Any) -> Any:
            return {"category": category, "list": [self._prints[one.symbol].ticker() for one in chosen]}

        return looked(Question(0, look=look), is_signed=False, category=category)

    def trades(self, fields: Fields) -> Plan:
        """Show the latest trades, newest first."""
        category, (one, *_) = self._chosen(fields)
        names = {
            "execId": "i",
            "symbol": "s",
            "price": "p",
            "size": "v",
            "side": "S",
            "isBlockTrade": "BT",
            "isRPITrade": "RPI",
        }

        def look(_ledger: Any) -> Any:
            rows = list(self._prints[one.symbol].rows)[::-1][:500]
            shown = [
                {new: row[old] for new, old in names.items()} | {"time": str(row["T"]), "seq": str(row["seq"])}
                for row in rows
            ]
            return {"category": category, "list": shown}

        return looked(Question(0, look=look), is_signed=False, category=category)

    def klines(self, fields: Fields) -> Plan:
        """Show spans of trading, newest first: minutes, hours, a day; no more than a day is kept."""
        category, (one, *_) = self._chosen(fields)
        span_min = _SPANS_MIN.get(str(fields.get("interval") or ""))
        if span_min is None:
            raise Refused(Verdict(PARAMETERS, "Invalid period!"))
        try:
            limit = max(1, texts.whole("limit", fields.get("limit") or 200, 1000))
            start, end = (texts.whole(name, fields.get(name) or usual, _MS_MAX) for name, usual in _FROM_TO)
        except texts.Unreadable as problem:
            raise Refused(Verdict(PARAMETERS, f"params error: {problem}")) from None

        def look(_ledger: Any) -> Any:
            spans = [span for span in self._prints[one.symbol].spans(span_min) if start <= span.start_ms <= end]
            return {
                "category": category,
                "symbol": one.symbol,
                "list": [_kline(one, span) for span in spans[::-1][:limit]],
            }

        return looked(Question(0, look=look), is_signed=False, category=category)

    def funding_history(self, fields: Fields) -> Plan:
        """Show when funding was settled and at which rate, newest first."""
        category, (one, *_) = self._chosen(fields)

        def look(_ledger: Any) -> Any:
            _, rate = self._prints[one.symbol].funding()
            settled = [paid for paid in self._site.venue.funded if paid.symbol == one.symbol][::-1][:200]
            rows = [
                {
                    "symbol": one.symbol,
                    "fundingRate": rate,
                    "fundingRateTimestamp": texts.millis(paid.venue_ns),
                }
                for paid in settled
            ]
            return {"category": category, "list": rows}

        return looked(Question(0, look=look), is_signed=False, category=category)

    def band(self, fields: Fields) -> Plan:
        """Show the prices beyond which no order is taken."""
        category, (one, *_) = self._chosen(fields)
        return looked(Question(0, look=lambda _ledger: self.band_row(one)), is_signed=False, category=category)

    def band_row(self, one: Instrument) -> dict[str, str]:
        """Write the price band of an instrument as it is now; without a band, all that can be written."""
        mid2, ppm = self._site.venue.mids2()[one.symbol], self._site.venue.rules.band_ppm
        highest = mid2 * (PPM + ppm) // (2 * PPM) if ppm else 10 * mid2
        lowest = -(-mid2 * (PPM - ppm) // (2 * PPM)) if ppm else 1
        return {
            "symbol": one.symbol,
            "buyLmt": texts.price(one, max(1, highest)),
            "sellLmt": texts.price(one, max(1, lowest)),
            "ts": str(self._site.now_ms()),
        }

    def risk_limit(self, fields: Fields) -> Plan:
        """Show the one tier of risk there is."""
        category, chosen = self._chosen(fields, may_be_all=True)
        margin = texts.rate(self._site.venue.account.maintenance_ppm)
        rows = [
            {
                "id": 1,
                "symbol": one.symbol,
                "riskLimitValue": "2000000",
                "maintenanceMargin": margin,
                "initialMargin": "0.01",
                "isLowestRisk": 1,
                "maxLeverage": "100.00",
                "mmDeduction": "",
            }
            for one in chosen
        ]
        result = {"category": category, "list": rows, "nextPageCursor": ""}
        return looked(Question(0, look=lambda _ledger: result), is_signed=False, category=category)

    def nothing(self, fields: Fields) -> Plan:
        """Show an empty list: of what is asked for this venue has none."""
        category = str(fields.get("category") or "")
        result = {"category": category, "list": [], "nextPageCursor": ""}
        return looked(Question(0, look=lambda _ledger: result), is_signed=False, category=category)

    # Rows

    def _status_of(self, one: Instrument) -> str:
        return _STATUS.get(self._site.venue.regime[one.symbol], "Closed")

    def _contract(self, one: Instrument) -> dict[str, Any]:
        base, quote = coins(one.symbol)
        every_ms, _ = self._prints[one.symbol].funding()
        ratio = texts.plain(Decimal(self._site.venue.rules.band_ppm or PPM // 10) / PPM)
        biggest = texts.size(one, one.lots_max)
        return {
            "symbol": one.symbol,
            "contractType": "LinearPerpetual",
            "status": self._status_of(one),
            "baseCoin": base,
            "quoteCoin": quote,
            "launchTime": "1585526400000",
            "deliveryTime": "0",
            "deliveryFeeRate": "",
            "priceScale": str(len(one.tick.partition(".")[2])),
            "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
            "priceFilter": {
                "minPrice": texts.tick(one),
                "maxPrice": texts.price(one, 19_999_998),
                "tickSize": texts.tick(one),
            },
            "lotSizeFilter": {
                "maxOrderQty": biggest,
                "minOrderQty": texts.size(one, one.lots_min + -one.lots_min % one.lot_times),
                "qtyStep": texts.size(one, one.lot_times),
                "postOnlyMaxOrderQty": biggest,
                "maxMktOrderQty": biggest,
                "minNotionalValue": texts.amount(one.notional_min_cash),
            },
            "unifiedMarginTrade": True,
            "fundingInterval": max(1, every_ms // _MINUTE_MS),
            "settleCoin": quote,
            "copyTrading": "none",
            "upperFundingRate": "0.005",
            "lowerFundingRate": "-0.005",
            "isPreListing": False,
            "preListingInfo": None,
            "riskParameters": {"priceLimitRatioX": ratio, "priceLimitRatioY": ratio},
            "displayName": "",
            "symbolType": "",
        }

    def _pair(self, one: Instrument) -> dict[str, Any]:
        base, quote = coins(one.symbol)
        ratio = texts.plain(Decimal(self._site.venue.rules.band_ppm or PPM // 10) / PPM)
        biggest = texts.size(one, one.lots_max)
        return {
            "symbol": one.symbol,
            "baseCoin": base,
            "quoteCoin": quote,
            "innovation": "0",
            "symbolType": "",
            "status": self._status_of(one),
            "marginTrading": "utaOnly",
            "stTag": "0",
            "lotSizeFilter": {
                "basePrecision": texts.size(one, one.lot_times),
                "quotePrecision": "0.0000001",
                "minOrderQty": texts.size(one, one.lots_min + -one.lots_min % one.lot_times),
                "maxOrderQty": biggest,
                "minOrderAmt": texts.amount(one.notional_min_cash),
                "maxOrderAmt": "4000000",
                "maxLimitOrderQty": biggest,
                "maxMarketOrderQty": biggest,
                "postOnlyMaxLimitOrderSize": biggest,
            },
            "priceFilter": {"tickSize": texts.tick(one)},
            "riskParameters": {"priceLimitRatioX": ratio, "priceLimitRatioY": ratio},
        }

    def _chosen(self, fields: Fields, *, may_be_all: bool = False) -> tuple[str, list[Instrument]]:
        """Read the category, and one symbol of it or all; raises ``Refused``."""
        category, symbol = str(fields.get("category") or "spot"), str(fields.get("symbol") or "")
        if category in ("inverse", "option") and may_be_all:
            return category, []
        if category not in ("linear", SPOT):
            raise Refused(Verdict(PARAMETERS, "params error: Category is invalid"))
        if not symbol and may_be_all:
            base = str(fields.get("baseCoin") or "")
            return category, [one for one in self._site.instruments(category) if base in ("", coins(one.symbol)[0])]
        one = self._site.instrument(category, symbol)
        if one is None:
            raise Refused(
                verdict(codes.UNKNOWN_SYMBOL, category) if symbol else Verdict(PARAMETERS, "Symbol is invalid")
            )
        return category, [one]


def levels(one: Instrument, told: Any) -> list[list[str]]:
    """Write levels of a book: price and size, 0 for one that is gone."""
    is_spot = one.kind == SPOT
    return [
        [
            texts.price(one, price),
            "0" if not lots else texts.plain(Decimal(one.lot) * lots) if is_spot else texts.size(one, lots),
        ]
        for price, lots in told
    ]


def _kline(one: Instrument, span: Minute) -> list[str]:
    """Write a span of trading."""
    prices = (span.open_ticks, span.high_ticks, span.low_ticks, span.close_ticks)
    told = [texts.price(one, ticks) for ticks in prices]
    return [str(span.start_ms), *told, texts.size(one, span.lots), texts.amount(span.cash)]
