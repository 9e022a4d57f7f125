"""The venue's door: requests come in from a link, reach the engine a moment later, answers go back.

A request has four cut points: queued at the sender, on the wire, applied, its answer on the wire.
The door is where the second ends and the fourth begins.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from sim.kernel import Kernel
from sim.venue.engine import Venue
from sim.wire import Link, Message, Stage, kind_of


class Gateway:
    """Hands requests to the engine, each a fixed time after it arrived."""

    def __init__(
        self,
        kernel: Kernel,
        venue: Venue,
        engine_ns: int,
        down: Link,
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
        self._down = down
        self._answered = answered
        self._truth_changed = truth_changed
        self._passes = passes

    def arrive(self, message: Message) -> None:
        """Take a request off the wire; the engine has it a moment later."""
        self._kernel.at(self._kernel.now_ns + self._engine_ns, self._apply, message)

    def _apply(self, message: Message) -> None:
        call, now_ns = message.body, self._kernel.now_ns
        answers = tuple(self._venue.handle(command, now_ns, call.signed_ns) for command in call.commands)
        self._truth_changed()
        if self._passes(Stage.APPLIED, message):
            return
        self._down.send(replace(message, kind=kind_of(answers[0]), body=answers), self._answered)
        self._passes(Stage.RESPONSE_ON_THE_WIRE, message)
