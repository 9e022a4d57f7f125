"""Order entry over the trade stream, the fast road: a frame out, an answer back, told apart by its id.

A request that the connection was lost under, or that nobody answered in time, is in doubt. An answer
that comes after that is still a word of the venue: a verdict in it is told, silence is not told twice.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from adapters.bybit import trade
from adapters.bybit.answers import outcome_of_frame
from adapters.bybit.control import AUTH, ping_frame
from adapters.bybit.market import Market
from adapters.bybit.memory import Memory
from adapters.bybit.private_part import SIGN_IN_MS
from adapters.bybit.requests import can_stream, frame_of
from adapters.bybit.rest import PATIENCE_S
from adapters.bybit.rows import TradeAnswer
from adapters.bybit.signing import WINDOW_MS, Signer
from adapters.bybit.stream_part import Told
from adapters.clock import Clock
from adapters.connection import Connection
from adapters.transport import RESET, TIMEOUT
from adapters.venue import Answered, Feed
from strategy import events
from strategy.batching import Group
from strategy.errors import OurMistake
from strategy.requests import unanswered
from strategy.units import NS_PER_MS

_OVERDUE_MAX: Final = 256
_RESTARTING: Final = 10019


class _UnderWay(msgspec.Struct):
    """A request without an answer; ``heard`` counts the frames that had come before it left."""

    one: Group
    answered: Answered
    timer: asyncio.TimerHandle
    heard: int


class TradeRoad:
    """What is said and heard on the trade connection; ``connection`` is set by whoever makes it."""

    def __init__(
        self,
        market: Market,
        memory: Memory,
        signer: Signer,
        clock: Clock,
        venue_ns: Callable[[], int],
        feed: Feed,
        refused: Told,
        window_ms: int = WINDOW_MS,
    ) -> None:
        """``venue_ns`` estimates the venue's time; ``stopped`` is told in words where a person has to help."""
        self.connection: Connection
        self.market = market
        self.stopped: Told = refused
        self.surprised: Told = refused
        self._memory, self._signer, self._clock, self._venue_ns = memory, signer, clock, venue_ns
        self._feed, self._refused, self._window_ms = feed, refused, window_ms
        self._under_way: dict[str, _UnderWay] = {}
        self._overdue: dict[str, Group] = {}
        self._numbers = 0
        self._heard = 0

    def __len__(self) -> int:
        return len(self._under_way)

    def send(self, one: Group, stamp_ns: int, answered: Answered) -> bool:
        """Put one request on the wire; False where it cannot go this way, and nothing left.

        ``answered`` is called exactly once.
        """
        if not self.connection.is_up or not can_stream(one):
            return False
        self._numbers += 1
        req_id = f"q{self._numbers}"
        try:
            frame = frame_of(self.market, one, req_id, stamp_ns // NS_PER_MS, self._window_ms)
        except (OurMistake, KeyError):
            return False  # the other road cannot say it either, and tells who sees to mistakes
        if not self.connection.say(frame):
            return False
        self._memory.leaving(one)
        timer = asyncio.get_running_loop().call_later(PATIENCE_S, partial(self._give_up, req_id))
        self._under_way[req_id] = _UnderWay(one, answered, timer, self._heard)
        return True

    # The part of the connection

    def opened(self) -> None:
        """Sign in."""
        self.connection.say(self._signer.auth_frame(self._venue_ns() // NS_PER_MS + SIGN_IN_MS))

    def ping(self) -> str:
        """Ask for a sign of life."""
        return ping_frame()

    def heard(self, text: str) -> None:
        """Take in a frame."""
        self._heard += 1
        heard = trade.heard(text)
        if heard.strange:
            self.surprised(f"the trade stream: {heard.strange}")
        elif heard.answer is not None:
            self._take(heard.req_id, heard.answer)
        elif heard.control is not None and heard.control.kind == AUTH:
            if heard.control.ok:
                self.connection.welcomed()
                return
            self._refused(f"the trade stream: {AUTH}: {heard.control.words or heard.control.code}")
            self.connection.break_off("sign-in refused")

    def lost(self, why: str, was_up: bool) -> None:
        """End what was under way without a verdict."""
        self._overdue.clear()
        for req_id in tuple(self._under_way):
            self._end(req_id, RESET)

    # Answers

    def _take(self, req_id: str, answer: TradeAnswer) -> None:
        over = self._under_way.pop(req_id, None)
        one = over.one if over is not None else self._overdue.pop(req_id, None)
        if one is None:
            self.surprised(f"the trade stream: an answer to no request of ours: {answer.ret_code}")
            return
        outcome = outcome_of_frame(self.market, self._memory, one, answer, self._clock.now_ns())
        if outcome.stop:
            self.stopped(outcome.stop)
        if over is not None:
            over.timer.cancel()
            over.answered(outcome.aside + outcome.events)
        else:
            for event in (*outcome.aside, *outcome.events):
                if not isinstance(event, events.Unanswered):
                    self._feed(event)
        if answer.ret_code == _RESTARTING:
            self.connection.break_off("the trade service is restarting")

    def _give_up(self, req_id: str) -> None:
        """End a request that nobody answered; a connection that said nothing at all meanwhile is dead."""
        heard, one = self._under_way[req_id].heard, self._under_way[req_id].one
        self._end(req_id, TIMEOUT)
        self._overdue[req_id] = one
        while len(self._overdue) > _OVERDUE_MAX:
            del self._overdue[next(iter(self._overdue))]
        if heard == self._heard:
            self.connection.break_off("silence")

    def _end(self, req_id: str, code: str) -> None:
        over = self._under_way.pop(req_id)
        over.timer.cancel()
        over.answered(tuple(unanswered(command, code) for command in over.one))
