"""Requests over REST: each a task of its own, signed as it leaves, given up in time, never sent twice.

What is known of a request decides how it ends. Before its first byte left it is ``NotSent``; from then
on only a verdict of the venue ends it otherwise than as ``Unanswered``.

A venue that shuts our address out does so for ten minutes, and longer where it is knocked at meanwhile:
nothing is asked until they are over. Where orders have a road of their own, the core is told just that,
since cancels can still leave.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import msgspec
from msgspec.structs import replace

from adapters.bybit.answers import Reply, outcome_of
from adapters.bybit.market import Market
from adapters.bybit.memory import Memory
from adapters.bybit.reads import FIRST
from adapters.bybit.requests import CANCEL_ALL, GET, Call, call_of
from adapters.bybit.signing import WINDOW_MS, Signer
from adapters.clock import Clock
from adapters.transport import RESET, TIMEOUT, Http, NeverLeft, NoAnswer
from adapters.venue import Answered
from strategy import events
from strategy.batching import Group
from strategy.line import LATE, is_quote
from strategy.pacing import ACCOUNT, BANNED, SHUT_OUT
from strategy.requests import not_sent, unanswered
from strategy.units import NS_PER_MS

PATIENCE_S: Final = 5.0
# A read of many pages: longer, but not for ever.
_PAGES_S_MAX: Final = 30.0
_EXPECTED: Final = (NeverLeft, NoAnswer, TimeoutError, asyncio.CancelledError)


class Rest:
    """One account's REST calls, signed with an estimate of the venue's time."""

    def __init__(self, http: Http, signer: Signer, clock: Clock, window_ms: int = WINDOW_MS) -> None:
        """``window_ms`` is how long after its stamp a call may still be carried out."""
        self._http = http
        self._signer = signer
        self._clock = clock
        self._window_ms = window_ms
        # How far the venue's clock is ahead of ours, at least, by the latest estimate there is.
        self.ahead_ns = 0
        # Until when our address is shut out, and whether orders get there by another road meanwhile.
        self.shut_ns = 0
        self.has_other_road: Callable[[], bool] = bool

    def venue_ns(self) -> int:
        """Estimate the venue's time."""
        return self._clock.now_ns() + self.ahead_ns

    async def fetch(self, call: Call, leaving: "Leaving | None" = None) -> Reply:
        """Make one call; raises ``NeverLeft`` or ``NoAnswer``. ``leaving`` is told as its first byte leaves."""
        if self._is_shut_for(call):
            raise NeverLeft(SHUT_OUT)
        headers: dict[str, str] = {}
        if call.is_signed:
            headers = self._signer.headers(call.payload, self.venue_ns() // NS_PER_MS, self._window_ms)
        if call.method != GET:
            headers["Content-Type"] = "application/json"
        try:
            async with asyncio.timeout(PATIENCE_S):
                reply = await self._http.call(call.method, call.target, headers, call.body, leaving)
        except TimeoutError:
            # The transport has waits of its own; this ends what trickles.
            if leaving is not None and not leaving.has_left:
                raise NeverLeft("no connection in time") from None
            raise NoAnswer(TIMEOUT, "no whole answer in time") from None
        return Reply(reply.status, reply.headers.get("content-type", ""), reply.headers, reply.body)

    def _is_shut_for(self, call: Call) -> bool:
        """Say whether a call has to wait; the last resort does not, where it has no other road."""
        is_last_resort = call.path == CANCEL_ALL and not self.has_other_road()
        return self._clock.now_ns() < self.shut_ns and not is_last_resort

    async def close(self) -> None:
        """Leave every connection."""
        await self._http.close()


class Leaving:
    """Called just before a request leaves: keeps back what must not leave any more, and notes that it left."""

    def __init__(self, one: Group, clock: Clock, memory: Memory) -> None:
        """Watch over one request."""
        self._one, self._clock, self._memory = one, clock, memory
        self.has_left = False
        self.is_late = False

    def __call__(self) -> None:
        """Raise ``NeverLeft`` for a quote whose time has passed meanwhile."""
        if self.has_left:
            return  # a later page of the same read
        now_ns = self._clock.now_ns()
        self.is_late = any(is_quote(command) and now_ns > command.send_by_ns for command in self._one)
        if self.is_late:
            raise NeverLeft(LATE)
        self.has_left = True
        self._memory.leaving(self._one)

    def ended(self, why: BaseException) -> tuple[events.Event, ...]:
        """Say what is known of a request that ended without an answer."""
        if not self.has_left:
            reason = LATE if self.is_late else SHUT_OUT if str(why) == SHUT_OUT else events.NO_CONNECTION
            return tuple(not_sent(command, reason) for command in self._one)
        code = why.code if isinstance(why, NoAnswer) else TIMEOUT if isinstance(why, TimeoutError) else RESET
        return tuple(unanswered(command, code) for command in self._one)


class _UnderWay(msgspec.Struct):
    """A request that is not over."""

    one: Group
    leaving: Leaving
    answered: Answered
    task: "asyncio.Task[Sequence[events.Event]]"


class RestRoad:
    """Carries the core's requests over REST."""

    def __init__(self, rest: Rest, market: Market, memory: Memory, clock: Clock, *, is_only_road: bool) -> None:
        """``stopped`` is told in words where a person has to help."""
        self.market = market
        self._is_only_road = is_only_road
        self.stopped: Callable[[str], None] = _nobody
        self._rest, self._memory, self._clock = rest, memory, clock
        self._under_way: dict[int, _UnderWay] = {}
        self._numbers = 0

    def __len__(self) -> int:
        return len(self._under_way)

    def send(self, one: Group, answered: Answered) -> None:
        """Put one request on the wire; ``answered`` is called exactly once."""
        self._numbers = number = self._numbers + 1
        leaving = Leaving(one, self._clock, self._memory)
        task = asyncio.get_running_loop().create_task(self._asked(one, leaving))
        self._under_way[number] = _UnderWay(one, leaving, answered, task)
        task.add_done_callback(partial(self._over, number))

    async def end(self) -> None:
        """End every request under way as it stands."""
        ending = [one.task for one in self._under_way.values()]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def _asked(self, one: Group, leaving: Leaving) -> Sequence[events.Event]:
        """Ask, page by page; what was said besides comes first. Whatever goes wrong is raised."""
        call, pages = call_of(self.market, one, self._rest.venue_ns()), FIRST
        aside: tuple[events.Event, ...] = ()
        async with asyncio.timeout(_PAGES_S_MAX):
            while True:
                reply = await self._rest.fetch(call, leaving)
                outcome = outcome_of(self.market, self._memory, one, call, reply, self._clock.now_ns(), pages)
                aside += outcome.aside
                self._mark_ban(outcome.aside)
                if outcome.stop:
                    self.stopped(outcome.stop)
                if outcome.more is None:
                    said = aside + outcome.events
                    return said if self._is_only_road else tuple(_of_this_road(event) for event in said)
                call, pages = outcome.more, outcome.pages

    def _mark_ban(self, aside: Sequence[events.Event]) -> None:
        for event in aside:
            if isinstance(event, events.BudgetSeen) and event.bucket == ACCOUNT and not event.remaining:
                self._rest.shut_ns = max(self._rest.shut_ns, event.resets_ns)

    def _over(self, number: int, task: "asyncio.Task[Sequence[events.Event]]") -> None:
        """Say what became of a request, whatever did."""
        over = self._under_way.pop(number)
        mistake = asyncio.CancelledError() if task.cancelled() else task.exception()
        if mistake is None:
            over.answered(tuple(task.result()))
            return
        over.answered(over.leaving.ended(mistake))
        if not isinstance(mistake, _EXPECTED):
            told = {"message": "a request was not carried out", "exception": mistake}
            task.get_loop().call_exception_handler(told)


def _of_this_road(event: events.Event) -> events.Event:
    """Say of a ban that it is one of questions only."""
    if isinstance(event, events.BudgetSeen) and event.bucket == ACCOUNT:
        return replace(event, bucket=SHUT_OUT)
    if isinstance(event, events.Unanswered) and event.code == BANNED:
        return replace(event, code=SHUT_OUT)
    return event


def _nobody(_words: str) -> None:
    """Tell nobody."""
