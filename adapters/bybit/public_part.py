"""The public stream, kept: subscribed, resynchronised where its book has a hole, proven alive by topic.

A book that is asked for while the stream is up is asked for by subscribing its topic again: what REST
reads has a counter of its own, and no delta joins it. A topic that has fallen silent while the
connection lives is subscribed again, and if that does not wake it the connection is given up.
"""

import asyncio
from functools import partial
from typing import Final

import msgspec

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
_QUIET_S_MAX: Final = 10.0

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
        """``bands`` holds each symbol's price band as last told."""
        super().__init__(events.PUBLIC, feed, refused, surprised)
        self.market = market
        self.bands: dict[str, Band] = {}
        self._codec = PublicStream(market)
        self._asked: dict[int, _Asked] = {}
        self._numbers = 0
        # When each symbol's book was last heard of, on the loop's clock, and since when it is being woken.
        self._proof_s: dict[str, float] = {}
        self._woken: dict[str, bool] = {}

    def opened(self) -> None:
        """Subscribe everything."""
        self._codec = PublicStream(self.market)
        self._proof_s = dict.fromkeys(self.market.grids, asyncio.get_running_loop().time())
        self._woken = dict.fromkeys(self.market.grids, False)
        self.bands.clear()
        self.subscribe(subscribe_frames(public_topics(self.market), SUBSCRIBE))

    def heard(self, text: str) -> None:
        """Take in a frame."""
        heard = self._codec.heard(text)
        if heard.control is not None:
            self.controlled(heard.control)
        for words in heard.strange:
            self.surprised(f"{heard.topic}: {words}")
        for band in heard.bands:
            self.bands[band.symbol] = band
        for event in heard.events:
            if isinstance(event, _BOOKS):
                self._proof_s[event.symbol] = asyncio.get_running_loop().time()
                self._woken[event.symbol] = False
            if not (isinstance(event, events.BookSnapshot) and self._answer(event)):
                self.tell(event)

    def lost(self, why: str, was_up: bool) -> None:
        """End the questions that were put to this connection."""
        for number in tuple(self._asked):
            self._give_up(number, RESET)
        super().lost(why, was_up)

    def ping(self) -> str:
        """Ask for a sign of life, and look which topics have given none."""
        now_s = asyncio.get_running_loop().time()
        for symbol, proof_s in self._proof_s.items():
            if not self.connection.is_up or now_s - proof_s <= _QUIET_S_MAX:
                continue
            if self._woken[symbol]:
                self.connection.break_off(f"no word of {symbol}")
                break
            self._woken[symbol], self._proof_s[symbol] = True, now_s
            self._subscribe_again(symbol)
        return super().ping()

    # Resynchronising

    def resync(self, command: commands.RequestBook, answered: Answered) -> bool:
        """Have the stream send a symbol's book anew; False where it is not up."""
        if not self.connection.is_up or command.symbol not in self.market.grids:
            return False
        self._numbers = number = self._numbers + 1
        is_on_its_way = any(asked.command.symbol == command.symbol for asked in self._asked.values())
        timer = asyncio.get_running_loop().call_later(PATIENCE_S, partial(self._give_up, number, TIMEOUT))
        self._asked[number] = _Asked(command, answered, timer)
        if not is_on_its_way:
            self._subscribe_again(command.symbol)
        return True

    def unless_up(self, command: commands.RequestBook, answered: Answered) -> Answered:
        """Answer with a book that was read only where the stream is still down when it comes.

        It has a counter of its own: the stream's own book would seem older than it, and its deltas too.
        """

        def answer(said: tuple[events.Event, ...]) -> None:
            is_overtaken = self.connection.is_up and isinstance(said[-1], events.BookSnapshot)
            answered((*said[:-1], unanswered(command, OVERTAKEN)) if is_overtaken else said)

        return answer

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
        if why == TIMEOUT:
            self.connection.break_off(f"no book of {asked.command.symbol}")
