"""The questions of a look, asked at the pace that the venue allows.

Usually all leave at once. Where an answer says that fewer may be asked than are to come, or one is
refused for the rate, they leave one at a time: when the venue says that one more may, else after a
pause that grows with each refusal and shrinks with each answer. To ask on without one only makes a ban
of it.

While our address is shut out nothing leaves at all, and nobody waits here for the end of that: it may
be ten minutes and more. Who looks has to come back.
"""

import asyncio
from typing import Final

import msgspec

from adapters.bybit.answers import BAN_NS, budget_of
from adapters.bybit.errors import meaning_of, meaning_of_status
from adapters.bybit.market import Unreadable
from adapters.bybit.requests import Call
from adapters.bybit.rest import Rest
from adapters.bybit.rows import Answer, read
from adapters.bybit.words import Meaning, Verdict
from adapters.clock import Clock
from adapters.transport import NeverLeft, NoAnswer
from adapters.venue import VenueUnusable
from strategy.pacing import BANNED, RATE_LIMIT
from strategy.units import NS_PER_MS, NS_PER_S

UNREACHABLE: Final = "SQ-V030"
KEY_REFUSED: Final = "SQ-V040"

# So many refusals for the rate, each answer between them making up for one, and a look is given up: where
# they come one after the other, after half a minute of pauses.
_REFUSED_MAX: Final = 7
_PAUSE_NS: Final = NS_PER_S
_PAUSE_NS_MAX: Final = 8 * NS_PER_S


class _TooFast(VenueUnusable):
    """A question was refused for the rate."""


class Questions:
    """Asks the venue. One object is one look's, or one round's."""

    def __init__(self, rest: Rest, clock: Clock) -> None:
        """Ask each question once, until somebody has patience."""
        self._rest, self._clock = rest, clock
        # Whether what is refused for the rate is asked again, and a ban keeps whoever asks next from asking.
        self.is_patient = False
        self.is_slow = False  # whether they leave one at a time
        self.was_refused = False  # for the rate, whatever was answered since
        # For the rate; those that had left together are one, and each answer since makes up for one.
        self._refusals = 0
        self._turn = asyncio.Lock()
        self._refused_ns = self._next_ns = 0
        self._left: int | None = None

    def to_come(self, count: int) -> None:
        """Hear how many questions come now: one at a time where the venue has said that fewer are left."""
        if self._left is not None and self._left < count:
            self.is_slow = True

    async def ask(self, call: Call) -> tuple[msgspec.Raw, int]:
        """Give the result and the venue's time in ns; raises ``VenueUnusable``."""
        while True:
            try:
                if not (self.is_slow and self.is_patient):
                    return await self._once(call)
                async with self._turn:
                    await asyncio.sleep(max(0, self._next_ns - self._clock.now_ns()) / NS_PER_S)
                    return await self._once(call)
            except _TooFast:
                if not self.is_patient or self._refusals >= _REFUSED_MAX:
                    raise

    async def _once(self, call: Call) -> tuple[msgspec.Raw, int]:
        self._refuse_while_shut(call)
        asked_ns = self._clock.now_ns()
        try:
            reply = await self._rest.fetch(call)
        except (NeverLeft, NoAnswer) as silence:
            raise VenueUnusable(UNREACHABLE, f"no answer to {call.path}: {silence}") from None
        meaning = meaning_of_status(reply.status)
        answer = Answer(0)
        if meaning is None:
            try:
                answer = read(reply.body, Answer)
            except Unreadable:
                words = f"{call.path} was answered with something else ({reply.content_type[:40]})"
                raise VenueUnusable(UNREACHABLE, words) from None
            meaning = meaning_of(answer.ret_code)
        venue_ns = answer.time * NS_PER_MS
        budget = budget_of(
            {name.lower(): value for name, value in reply.headers.items()}, venue_ns, self._clock.now_ns()
        )
        self._note(meaning, budget, asked_ns)
        if meaning.verdict is Verdict.SUCCESS:
            return answer.result, venue_ns
        is_worth_another = meaning.word == RATE_LIMIT and self._clock.now_ns() >= self._rest.shut_ns
        kind = _TooFast if is_worth_another else VenueUnusable
        code = KEY_REFUSED if meaning.verdict is Verdict.STOP else UNREACHABLE
        raise kind(code, f"{call.path}: {meaning.text} ({answer.ret_code or reply.status})")

    def _refuse_while_shut(self, call: Call) -> None:
        left_ns = self._rest.shut_ns - self._clock.now_ns()
        if left_ns > 0:
            words = f"{call.path} is not asked: the venue answers no more for another {left_ns / NS_PER_S:.0f} s"
            raise VenueUnusable(UNREACHABLE, words)

    def _note(self, meaning: Meaning, budget: tuple[int, int] | None, asked_ns: int) -> None:
        """Take what an answer says of the pace: when the next may leave, or that none may for long."""
        now_ns = self._clock.now_ns()
        self._left, resets_ns = budget or (None, 0)
        is_refused = meaning.word == RATE_LIMIT
        if is_refused:
            self._left, self.is_slow, self.was_refused = 0, True, True
        if meaning.word == BANNED:
            self._left, resets_ns = 0, now_ns + BAN_NS
        if self.is_patient and not self._left and resets_ns - now_ns > _PAUSE_NS_MAX:
            # A ban, or as good as one: that of this answer, or the one that this refusal has made.
            self._rest.shut_ns = max(self._rest.shut_ns, resets_ns)
            return
        if asked_ns <= self._refused_ns:
            return  # it had left before the last one was refused, and tells nothing new
        if is_refused:
            self._refusals += 1
            self._refused_ns = now_ns
        elif meaning.verdict is Verdict.SUCCESS:
            self._refusals = max(0, self._refusals - 1)
        pause_ns = 0 if self._left else min(_PAUSE_NS << max(0, self._refusals - 1), _PAUSE_NS_MAX)
        named_ns = resets_ns if not self._left else 0
        self._next_ns = max(now_ns + pause_ns, named_ns)
