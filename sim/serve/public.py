"""Public streams: books, trades, tickers, price bands, announcements; one connection speaks of one category."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from sim.serve.books import BEST, DEPTHS, Shelf
from sim.serve.market_reads import BOOK_SEQ, MarketReads
from sim.serve.prints import Prints
from sim.serve.site import Site
from sim.serve.talks import Fields, StreamLine, Talk
from sim.wire import PUBLIC
from strategy import events
from strategy.instrument import SPOT
from strategy.units import NS_PER_MS

STATUS: Final = "system.status"
_SPOT_ARGS_MAX: Final = 10
_BEST_PRICES: Final = "best_prices"
_BOOK: Final = "book_delta"
_WHOLE_BOOK: Final = "book_snapshot"
_TRADE: Final = "public_trade"
_TICKER: Final = "ticker"
# Topics that are taken and of which this venue never has a word.
_QUIET: Final = ("kline", "liquidation", "allLiquidation", "adlAlert", "insurance")


class PublicTalk(Talk):
    """One public connection."""

    def __init__(self, stream: "PublicStream", category: str, *ends: Any) -> None:
        """Speak of one category."""
        super().__init__(stream.site, stream.line, stream.site.link(PUBLIC), *ends)
        self.category = category
        self.subscribed: dict[str, None] = {}
        self._stream = stream

    def take(self, frame: Fields) -> None:
        """Subscribe, unsubscribe, answer a ping."""
        op = frame.get("op")
        if op == "ping":
            pong = {"success": True, "ret_msg": "pong", "conn_id": self.conn_id, **self.echo(frame), "op": "ping"}
            self.say(pong)
        elif op in ("subscribe", "unsubscribe"):
            self._listen(frame, op)
        else:
            self.answer(frame, f"error:invalid op,op:{str(op)[:50]}")

    def echo(self, frame: Fields) -> Fields:
        """Give the request's id back; spot leaves it out where there was none."""
        if self.category == SPOT and "req_id" not in frame:
            return {}
        return super().echo(frame)

    def _listen(self, frame: Fields, op: str) -> None:
        topics = self.topics(frame)
        if topics is None or (self.category == SPOT and len(topics) > _SPOT_ARGS_MAX):
            self.answer(frame, "args size >10" if topics else "Params Error")
            return
        usual = "subscribe" if self.category == SPOT else ""
        if op == "unsubscribe":
            for topic in topics:
                self.subscribed.pop(topic, None)
            self.answer(frame, usual=usual)
            return
        problem = next((words for topic in topics if (words := self._problem(topic))), "")
        if problem:
            self.answer(frame, problem)
            return
        # Contracts send the first snapshot before they answer, spot after it.
        if self.category == SPOT:
            self.answer(frame, usual=usual)
        for topic in dict.fromkeys(topics):
            self._stream.begin(self, topic)
        if self.category != SPOT:
            self.answer(frame, usual=usual)

    def _problem(self, topic: str) -> str:
        if topic in self.subscribed:
            return f"error:already subscribed,topic:{topic}"
        name, _, rest = topic.partition(".")
        middle, _, symbol = rest.rpartition(".")
        if topic == STATUS:
            return ""
        if self.site.instrument(self.category, symbol) is None:
            return f"error:handler not found,topic:{topic[:100]}"
        if name == "orderbook":
            known = middle in [str(depth) for depth in DEPTHS[self.category]]
        elif name == "kline":
            known = bool(middle)
        else:
            known = not middle and name in ("publicTrade", "tickers", "priceLimit", *_QUIET)
        return "" if known else f"error:handler not found,topic:{topic[:100]}"


class PublicStream:
    """All public connections, and what is told on them."""

    def __init__(self, site: Site, prints: dict[str, Prints], market: MarketReads) -> None:
        """Have no listener yet."""
        self.site = site
        self.line = StreamLine()
        self._prints = prints
        self._market = market
        self._shelves: dict[str, Shelf] = {}
        self._tickers: dict[str, dict[str, Any]] = {}
        self._bands: dict[str, tuple[str, str]] = {}
        self._was_silent = False

    # Beginning to listen

    def begin(self, talk: PublicTalk, topic: str) -> None:
        """Tell a new listener how things are, and tell him what follows from then on."""
        talk.subscribed[topic] = None
        name, _, rest = topic.partition(".")
        symbol = rest.rpartition(".")[2]
        if name == "orderbook":
            self._show_book(talk, topic, symbol)
        elif name == "tickers":
            self._tell([talk], self._ticker_message(symbol), _TICKER, symbol)
        elif name == "priceLimit":
            self._tell([talk], self._band_message(symbol), _TICKER, symbol)
        elif topic == STATUS and self._market.announced:
            self._tell([talk], self._status_message(), _TICKER, "")

    def _show_book(self, talk: PublicTalk, topic: str, symbol: str) -> None:
        """Send the book as of the last number; what changed since is for everybody, and comes first."""
        site = self.site
        now_ns, venue_ns = site.now_ns(), site.venue_ns()
        # Not yet told of what is published on the way: he will have it in the snapshot.
        del talk.subscribed[topic]
        *streamed, _ = site.venue.feeds[symbol].snapshot(now_ns, venue_ns, 0)
        site.venue.say(symbol, streamed)
        talk.subscribed[topic] = None
        shelf, lingering = self._shelf(topic, symbol), site.exchange.lingering(symbol)
        self._tell_book([talk], shelf, shelf.whole(site.venue.feeds[symbol].seq, venue_ns, now_ns, lingering))

    def _shelf(self, topic: str, symbol: str) -> Shelf:
        if topic not in self._shelves:
            venue = self.site.venue
            depth = int(topic.split(".")[1])
            shown = venue.rules.book_levels
            last_u = self.site.book_u(symbol, venue.feeds[symbol].seq)
            self._shelves[topic] = Shelf(venue.instruments[symbol], depth, shown, venue.feeds[symbol], last_u)
        return self._shelves[topic]

    def tell_books(self, symbols: Sequence[str]) -> None:
        """Tell everybody who listens the whole books once more; what changed until now comes first."""
        site, venue = self.site, self.site.venue
        if venue.is_silent:
            return
        now_ns, venue_ns = site.now_ns(), site.venue_ns()
        for symbol in symbols:
            *streamed, _ = venue.feeds[symbol].snapshot(now_ns, venue_ns, 0)
            venue.say(symbol, streamed)
        self._tell_wholly(symbols)

    def restart_books(self, symbols: Sequence[str], *, is_told: bool) -> None:
        """Begin books anew, with the counter 1; the message that has it may be told, or not."""
        venue = self.site.venue
        for symbol in symbols:
            venue.say(symbol, venue.feeds[symbol].publish(self.site.now_ns(), self.site.venue_ns()))
        self.site.restart_books(symbols)
        for shelf in self._shelves.values():
            if shelf.instrument.symbol in symbols:
                shelf.restart()
                shelf.whole(self.site.venue.feeds[shelf.instrument.symbol].seq, 0, self.site.now_ns())
        if is_told:
            self._tell_wholly(symbols)

    def _tell_wholly(self, symbols: Sequence[str]) -> None:
        now_ns, venue_ns = self.site.now_ns(), self.site.venue_ns()
        for topic, shelf in self._shelves.items():
            symbol = shelf.instrument.symbol
            if symbol in symbols:
                message = shelf.whole(self.site.venue.feeds[symbol].seq, venue_ns, now_ns)
                self._tell_book(self._listeners(topic, symbol), shelf, message)

    # What the venue says

    def tell(self, symbol: str, told: Sequence[events.Event]) -> None:
        """Hear the venue speak of a symbol, and pass it on topic by topic."""
        self._hear_again()
        trades = [event for event in told if isinstance(event, events.PublicTrade)]
        if trades:
            self._tell_trades(symbol, trades)
        for event in told:
            if isinstance(event, events.BookDelta):
                self._tell_delta(symbol, event)
            elif isinstance(event, events.RegimePlanned):
                self._announce(event)

    def _tell_trades(self, symbol: str, trades: Sequence[events.PublicTrade]) -> None:
        seq = BOOK_SEQ + self.site.venue.feeds[symbol].seq
        rows = [self._prints[symbol].add(trade, seq) for trade in trades]
        topic = f"publicTrade.{symbol}"
        message = {"topic": topic, "type": "snapshot", "ts": self.site.now_ms(), "data": rows}
        self._tell(self._listeners(topic, symbol), message, _TRADE, symbol)

    def _tell_delta(self, symbol: str, delta: events.BookDelta) -> None:
        now_ns = self.site.now_ns()
        for topic, shelf in tuple(self._shelves.items()):
            if shelf.instrument.symbol != symbol:
                continue
            listeners = self._listeners(topic, symbol)
            if not listeners:
                del self._shelves[topic]
                continue
            message = shelf.news(delta.bids, delta.asks, delta.seq, delta.venue_ns, now_ns)
            if message is not None:
                self._tell_book(listeners, shelf, message)

    def _tell_book(self, talks: Iterable[PublicTalk], shelf: Shelf, message: dict[str, Any]) -> None:
        kind = _BEST_PRICES if shelf.depth == BEST else _WHOLE_BOOK if message["type"] == "snapshot" else _BOOK
        self._tell(talks, message, kind, shelf.instrument.symbol)

    def _announce(self, event: events.RegimePlanned) -> None:
        """Put an announced regime on the status page."""
        row = {
            "id": f"{event.symbol}-{event.regime}-{event.at_venue_ns // NS_PER_MS}",
            "title": f"{event.symbol}: {event.regime}",
            "state": "scheduled",
            "begin": str(event.at_venue_ns // NS_PER_MS),
            "end": str(event.at_venue_ns // NS_PER_MS),
            "href": "",
            "serviceTypes": [2, 3, 4, 5],
            "product": [1, 2],
            "uidSuffix": [],
            "maintainType": 1,
            "env": 1,
        }
        self._market.announced.append(row)
        del self._market.announced[:-100]
        for talk in self._listeners(STATUS, ""):
            self._tell([talk], self._status_message(), _TICKER, "")

    # What goes on by itself

    def tick(self) -> None:
        """Tell tickers, bands and quiet best prices, and see the service come back after a silence."""
        if self.site.venue.is_silent:
            self._was_silent = True
            return
        self._hear_again()
        now_ns, venue_ns = self.site.now_ns(), self.site.venue_ns()
        for topic, shelf in tuple(self._shelves.items()):
            repeated = shelf.repeated(venue_ns, now_ns)
            if repeated is not None:
                self._tell_book(self._listeners(topic, shelf.instrument.symbol), shelf, repeated)
        for symbol in self._prints:
            self._tick_ticker(symbol)
            self._tick_band(symbol)

    def _hear_again(self) -> None:
        """Begin every book anew after a silence, as a service does that was restarted: with the counter 1."""
        if not self._was_silent:
            return
        self._was_silent = False
        site, venue = self.site, self.site.venue
        now_ns, venue_ns = site.now_ns(), site.venue_ns()
        for symbol, feed in venue.feeds.items():
            # What changed meanwhile is in the snapshot; trades are news.
            streamed = feed.snapshot(now_ns, venue_ns, 0)
            self.tell(symbol, [event for event in streamed if isinstance(event, events.PublicTrade)])
        site.slips.forget_closed()
        self.restart_books(tuple(venue.feeds), is_told=True)

    def _tick_ticker(self, symbol: str) -> None:
        topic = f"tickers.{symbol}"
        listeners = self._listeners(topic, symbol)
        if not listeners:
            return
        before, now = self._tickers.get(symbol, {}), self._prints[symbol].ticker()
        changed = {name: value for name, value in now.items() if before.get(name) != value}
        if not changed:
            return
        if self._prints[symbol].instrument.kind == SPOT:
            self._tell(listeners, self._ticker_message(symbol), _TICKER, symbol)
            return
        self._tickers[symbol] = now
        data = {"symbol": symbol, **changed}
        message = {"topic": topic, "type": "delta", "data": data, "cs": self._cs(symbol), "ts": self.site.now_ms()}
        self._tell(listeners, message, _TICKER, symbol)

    def _tick_band(self, symbol: str) -> None:
        listeners = self._listeners(f"priceLimit.{symbol}", symbol)
        row = self._market.band_row(self._prints[symbol].instrument) if listeners else None
        if row is not None and self._bands.get(symbol) != (row["buyLmt"], row["sellLmt"]):
            self._tell(listeners, self._band_message(symbol), _TICKER, symbol)

    # Messages

    def _ticker_message(self, symbol: str) -> dict[str, Any]:
        topic, now = f"tickers.{symbol}", self._prints[symbol].ticker()
        self._tickers[symbol] = now
        stamps = {"cs": self._cs(symbol), "ts": self.site.now_ms()}
        if self._prints[symbol].instrument.kind == SPOT:
            return {"topic": topic, "ts": stamps["ts"], "type": "snapshot", "cs": stamps["cs"], "data": now}
        return {"topic": topic, "type": "snapshot", "data": now, **stamps}

    def _band_message(self, symbol: str) -> dict[str, Any]:
        row = self._market.band_row(self._prints[symbol].instrument)
        self._bands[symbol] = row["buyLmt"], row["sellLmt"]
        data = {"symbol": symbol, "buyLmt": row["buyLmt"], "sellLmt": row["sellLmt"]}
        return {"topic": f"priceLimit.{symbol}", "ts": int(row["ts"]), "type": "snapshot", "data": data}

    def _status_message(self) -> dict[str, Any]:
        return {"topic": STATUS, "ts": self.site.now_ms(), "data": list(self._market.announced)}

    def _cs(self, symbol: str) -> int:
        return BOOK_SEQ + self.site.venue.feeds[symbol].seq

    def _listeners(self, topic: str, symbol: str) -> list[PublicTalk]:
        kind = self.site.venue.instruments[symbol].kind if symbol else ""
        return [
            talk
            for talk in self.line.talks.values()
            if isinstance(talk, PublicTalk) and topic in talk.subscribed and kind in ("", talk.category)
        ]

    def _tell(self, talks: Iterable[PublicTalk], message: dict[str, Any], kind: str, symbol: str) -> None:
        text = msgspec.json.encode(message).decode()
        for talk in talks:
            talk.tell([text], kind, symbol)
