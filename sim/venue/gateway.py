"""The venue's door: requests come in from a link, reach the engine a moment later, answers go back.

A request has four cut points: queued at the sender, on the wire, applied, its answer on the wire.
The door is where the second ends and the fourth begins. A door that is not simply open turns
requests away, each in its own way, and may carry out later what it said nothing certain about.
What is ordered waits in line, symbol by symbol, when the engine is slow; questions do not.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec
from msgspec.structs import replace

from sim.kernel import Kernel
from sim.venue.engine import Venue
from sim.venue.reads import funding_beside
from sim.wire import Header, Message, Stage, kind_of
from strategy import commands, events
from strategy.requests import refusal_of, unanswered
from strategy.units import NS_PER_MS

_LOOK_AGAIN_NS: Final = 100 * NS_PER_MS
_ORDERED: Final = (commands.CreateOrder, commands.AmendOrder, commands.CancelOrder, commands.CancelAll)


class TurnedAway(msgspec.Struct, frozen=True, gc=False):
    """How a request is turned away; one that is ``applied_after_ns`` all the same is carried out then.

    With a ``code`` the answer leaves its fate open; without one there is no answer.
    """

    code: str
    applied_after_ns: int | None = None


class Doorman(Protocol):
    """An opinion about requests that arrive; None is none."""

    def at_the_door(self, message: Message, now_ns: int) -> TurnedAway | None:
        """Say whether a request is turned away."""


class Down(Protocol):
    """Where answers go."""

    def send(self, message: Message, deliver: Callable[[Message], Any]) -> None:
        """Put an answer on its way."""


class Gateway:
    """Hands requests to the engine, each a fixed time after it arrived."""

    def __init__(
        self,
        kernel: Kernel,
        venue: Venue,
        engine_ns: int,
        down: Down,
        answered: Callable[[Message], None],
        truth_changed: Callable[[], Any],
        passes: Callable[[Stage, Message], bool],
    ) -> None:
        """``down`` carries answers to ``answered``; ``truth_changed`` is told after every request.

        ``passes`` is told how far a request has come, and says whether the connection is lost there.
        """
        self._kernel = kernel
        self._venue = venue
        self._engine_ns = engine_ns
        self.down = down
        self._answered = answered
        self._truth_changed = truth_changed
        self._passes = passes
        self.doormen: list[Doorman] = []
        # Why the nth item of a batch is refused by itself; empty for almost all.
        self.item_refusal: Callable[[Message, int], str] = _no_reason
        # How many times longer the engine takes for what is ordered in a symbol, and when it is free again.
        self.slowness: dict[str, float] = {}
        self._free_ns: dict[str, int] = {}

    def arrive(self, message: Message) -> None:
        """Take a request off the wire; the engine has it a moment later."""
        now_ns = self._kernel.now_ns
        for doorman in self.doormen:
            turned = doorman.at_the_door(message, now_ns)
            if turned is not None:
                self._turn_away(message, turned, now_ns)
                return
        self._kernel.at(self._engine_at_ns(message, now_ns), self._apply, message)

    def _engine_at_ns(self, message: Message, now_ns: int) -> int:
        """Say when the engine comes to it: what is ordered in a symbol keeps its order."""
        call = message.body
        if not isinstance(call.commands[0], _ORDERED):
            return now_ns + self._engine_ns
        symbols = dict.fromkeys(getattr(command, "symbol", "") for command in call.commands)
        factor = max(self.slowness.get(symbol, 1.0) for symbol in symbols)
        at_ns = max(now_ns + round(self._engine_ns * factor), *(self._free_ns.get(symbol, 0) for symbol in symbols))
        self._free_ns |= dict.fromkeys(symbols, at_ns)
        return at_ns

    def _apply(self, message: Message) -> None:
        call, now_ns = message.body, self._kernel.now_ns
        answers: list[events.Event | None] = []
        asides: tuple[events.Event, ...] = ()
        header = None
        for number, command in enumerate(call.commands):
            code = self.item_refusal(message, number)
            if code:
                answer: events.Event | None = refusal_of(command, code, self._venue.venue_ns(now_ns))
            else:
                answer = self._venue.handle(command, now_ns, call.signed_ns, call.window_ns)
            answers.append(answer)
            if isinstance(command, commands.QueryFills) and isinstance(answer, events.FillsReport):
                lag_ns = max(0, self._venue.venue_ns(now_ns) - answer.venue_ns)
                funded = zip(self._venue.funded_ns, self._venue.funded, strict=True)
                asides += funding_beside(funded, command, now_ns - lag_ns)
            header = self._venue.limits.header(command, getattr(answer, "code", ""), now_ns)
        self._truth_changed()
        if self._passes(Stage.APPLIED, message):
            return
        self._answer(message, tuple(answers), header, asides)
        self._passes(Stage.RESPONSE_ON_THE_WIRE, message)

    def _answer(
        self,
        message: Message,
        answers: tuple[events.Event | None, ...],
        header: Header | None,
        asides: tuple[events.Event, ...] = (),
    ) -> None:
        answer = replace(message, kind=kind_of(answers[0]), body=answers, header=header, asides=asides)
        self.down.send(answer, self._answered)

    # What does not simply come in

    def _turn_away(self, message: Message, turned: TurnedAway, now_ns: int) -> None:
        if turned.applied_after_ns is not None:
            self._kernel.at(now_ns + turned.applied_after_ns, self._apply_unasked, message)
        if turned.code:
            self._answer(message, tuple(unanswered(command, turned.code) for command in message.body.commands), None)

    def _apply_unasked(self, message: Message) -> None:
        """Carry out what was turned away: nobody waits for the answer, and only the streams tell."""
        now_ns = self._kernel.now_ns
        if self._venue.is_frozen:
            self._kernel.at(now_ns + _LOOK_AGAIN_NS, self._apply_unasked, message)
            return
        for command in message.body.commands:
            # It was signed in time when it came; how long it lay is the venue's own doing.
            self._venue.handle(command, now_ns, self._venue.clock.read(now_ns))
        self._truth_changed()


def _no_reason(_message: Message, _number: int) -> str:
    return ""
