"""The public stream, kept: subscribed, resynchronised where its book has a hole, proven alive by topic.

A book that is asked for while the stream is up is asked for by subscribing its topic again: what REST
reads has a counter of its own, and no delta joins it. A topic that has fallen silent while the
connection lives is subscribed again, and if that does not wake it the connection is given up; once
that has not helped either, the other symbols are left their stream. Books of a symbol of which the
stream says nothing are read, and its first word has the stream's own book sent anew.
"""

import asyncio
from functools import partial
from typing import Final

import msgspec
from msgspec.structs import replace

from adapters.bybit.control import SUBSCRIBE, book_topic, public_topics, subscribe_frames, unsubscribe_frames
from adapters.bybit.heard import Band
from adapters.bybit.market import Market
from adapters.bybit.public import PublicStream
from adapters.bybit.rest import PATIENCE_S
from adapters.bybit.stream_part import StreamPart, Told
from adapters.transport import RESET, TIMEOUT
from adapters.venue import Answered, Feed
from strategy import commands, events
from strategy.requests import unanswered

# Best prices are repeated every three seconds, whatever the market does.
_SILENT_S_MIN: Final = 4.0
_QUIET_S_MAX: Final = 10.0
# A band that was not told for so long may have moved unheard.
_BAND_S_MAX: Final = 30.0

# Why a book that was read is not used: the stream has come up meanwhile.
OVERTAKEN: Final = "overtaken"

_BOOKS: Final = (events.BookSnapshot, events.BookDelta, events.BookHeartbeat)


class _Asked(msgspec.Struct):
    """A book that was asked for."""

    command: commands.RequestBook
    answered: Answered
    timer: asyncio.TimerHandle


class PublicPart(StreamPart):
    """What is said and heard on the public connection."""

    def __init__(self, market: Market, feed: Feed, refused: Told, surprised: Told) -> None:
        """Nothing is dialled yet."""
        super().__init__(events.PUBLIC, feed, refused, surprised)
        self.market = market
        # Each symbol's price band as last told, and when that was, on the loop's clock.
        self._bands: dict[str, tuple[float, Band]] = {}
        self._codec = PublicStream(market)
        self._asked: dict[int, _Asked] = {}
        self._numbers = 0
        # When each symbol's book was last heard of, on the loop's clock, and when it was last woken since.
        self._proof_s: dict[str, float] = {}
        self._woken: dict[str, float] = {}
        # Symbols for which a connection was given up and that have not spoken since.
        self._mute: dict[str, None] = {}
        # Symbols whose book was read while their stream was silent.
        self._read: dict[str, None] = {}
        # The stream's own counter of each symbol, as last told.
        self._seqs: dict[str, int] = {}

    def opened(self) -> None:
        """Subscribe everything."""
        self._codec = PublicStream(self.market)
        self._proof_s = dict.fromkeys(self.market.grids, asyncio.get_running_loop().time())
        self._woken.clear()
        self._seqs.clear()
        self._bands.clear()
        self.subscribe(subscribe_frames(public_topics(self.market), SUBSCRIBE))

    def heard(self, text: str) -> None:
        """Take in a frame."""
        heard = self._codec.heard(text)
        self.heard_aside(heard)
        for band in heard.bands:
            self._bands[band.symbol] = (asyncio.get_running_loop().time(), band)
        for event in heard.events:
            if isinstance(event, _BOOKS):
                self._seqs[event.symbol] = event.seq
                self._proven(event.symbol)
            if not (isinstance(event, events.BookSnapshot) and self._answer(event)):
                self.tell(event)

    def bands(self) -> dict[str, Band]:
        """Give the price bands that were told lately: an old one would keep good orders back."""
        now_s = asyncio.get_running_loop().time()
        return {symbol: band for symbol, (told_s, band) in self._bands.items() if now_s - told_s <= _BAND_S_MAX}

    def _proven(self, symbol: str) -> None:
        """Note a word of a symbol; after a silence in which its book was read, the stream's own is wanted."""
        self._proof_s[symbol] = asyncio.get_running_loop().time()
        self._woken.pop(symbol, None)
        self._mute.pop(symbol, None)
        if symbol in self._read:
            del self._read[symbol]
            self._subscribe_again(symbol)

    def _is_silent(self, symbol: str) -> bool:
        return symbol in self._mute or asyncio.get_running_loop().time() - self._proof_s[symbol] > _SILENT_S_MIN

    def lost(self, why: str, was_up: bool) -> None:
        """End the questions that were put to this connection."""
        for number in tuple(self._asked):
            self._give_up(number, RESET)
        super().lost(why, was_up)

    def ping(self) -> str:
        """Ask for a sign of life, and look which topics have given none."""
        if self.connection.is_up:
            self._wake(asyncio.get_running_loop().time())
        return super().ping()

    def _wake(self, now_s: float) -> None:
        """Subscribe again what has fallen silent; give the connection up over it once, if that does not help."""
        for symbol, proof_s in self._proof_s.items():
            woken_s = self._woken.get(symbol, proof_s)
            if now_s - woken_s <= _QUIET_S_MAX:
                continue
            if symbol in self._woken and symbol not in self._mute:
                self._give_up_over(symbol, "no word")
                return
            self._woken[symbol] = now_s
            self._subscribe_again(symbol)

    # Resynchronising

    def resync(self, command: commands.RequestBook, answered: Answered) -> bool:
        """Have the stream send a symbol's book anew; False where it is not up, or says nothing of the symbol."""
        if not self._speaks_of(command.symbol):
            return False
        self._numbers = number = self._numbers + 1
        is_on_its_way = any(asked.command.symbol == command.symbol for asked in self._asked.values())
        timer = asyncio.get_running_loop().call_later(PATIENCE_S, partial(self._give_up, number, TIMEOUT))
        self._asked[number] = _Asked(command, answered, timer)
        if not is_on_its_way:
            self._subscribe_again(command.symbol)
        return True

    def unless_up(self, command: commands.RequestBook, answered: Answered) -> Answered:
        """Answer with a book that was read only where the stream is still down, or silent, when it comes.

        It has a counter of its own: the stream's own book would seem older than it, and its deltas too. So
        with the stream up but silent it is given as standing where the stream stood.
        """

        def answer(said: tuple[events.Event, ...]) -> None:
            book = said[-1]
            if self.connection.is_up and isinstance(book, events.BookSnapshot):
                said = (*said[:-1], unanswered(command, OVERTAKEN))
                if not self._speaks_of(command.symbol):
                    self._read[command.symbol] = None
                    said = (*said[:-1], replace(book, seq=self._seqs.get(command.symbol, 0)))
            answered(said)

        return answer

    def _speaks_of(self, symbol: str) -> bool:
        return self.connection.is_up and symbol in self.market.grids and not self._is_silent(symbol)

    def _subscribe_again(self, symbol: str) -> None:
        self._codec.forget(symbol)
        topic = (book_topic(self.market, symbol),)
        self.say([*unsubscribe_frames(topic), *subscribe_frames(topic)])

    def _answer(self, book: events.BookSnapshot) -> bool:
        """Give a book to all who asked for it; False where nobody did."""
        waiting = [number for number, asked in self._asked.items() if asked.command.symbol == book.symbol]
        for number in waiting:
            asked = self._asked.pop(number)
            asked.timer.cancel()
            asked.answered((book,))
        return bool(waiting)

    def _give_up(self, number: int, why: str) -> None:
        asked = self._asked.pop(number)
        asked.timer.cancel()
        asked.answered((unanswered(asked.command, why),))
        if why == TIMEOUT and asked.command.symbol not in self._mute:
            self._give_up_over(asked.command.symbol, "no book")

    def _give_up_over(self, symbol: str, what: str) -> None:
        self._mute[symbol] = None
        self.connection.break_off(f"{what} of {symbol}")
