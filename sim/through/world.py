"""A world whose bot is an arm's: the venue's wire at the other end of the links, the arm's process on the host.

Everything else is the world as it is: the same venue, market, weather, faults, oracle and measures. What
the bot says and hears goes as bytes and frames over the network in memory, and the faults of the links
act on those.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sim.plan import Plan
from sim.scenario.load import Ready
from sim.serve.signing import key_of
from sim.serve.wire import ServedWire
from sim.through.driver import ThroughDriver
from sim.through.names import Names
from sim.through.seat import Access, Arm
from sim.wire import PUBLIC, Message, Stage
from sim.world import CoreFactory, Outcome, World
from strategy import commands, events
from strategy.batching import Group

_HOST: Final = "venue.invalid"
_NOT_OFFERED: Final = "not offered"


class ThroughWorld(World):
    """Assembled from a scenario, a plan, a core and an arm."""

    def __init__(
        self, scenario: Ready, plan: Plan, factory: CoreFactory, pits: Callable[..., Any] | None = None, *, arm: Arm
    ) -> None:
        """Build everything; nothing moves yet."""
        self._arm = arm
        super().__init__(scenario, plan, factory, pits)

    def open_bot(self) -> None:
        """Put the venue's wire behind the links, and on the host a driver that the arm makes."""
        key = key_of(self.plan.seed)
        self.wire = ServedWire(self, key)
        self.rest, self.lines = self.wire.rest, self.wire.lines
        if not self.scenario.profile.venue.public_stream:
            self.lines[PUBLIC].barred[_NOT_OFFERED] = None
        kind = self.scenario.instruments[0].kind
        access = Access(f"http://{_HOST}", f"ws://{_HOST}", key.name, key.secret, kind)
        self.through = ThroughDriver(
            self.kernel,
            self.host,
            self.trace,
            self._arm,
            self.wire,
            access,
            self.knobs,
            Names(self.wire.site.slips).told,
        )
        self.driver = self.through

    def end(self) -> Outcome:
        """Say how it ended, and leave no task of the bot behind."""
        try:
            return super().end()
        finally:
            self.through.let_go()

    def watch_requests(
        self, leaving: Callable[[int, commands.Command], None], over: Callable[[Group, int, int], None]
    ) -> None:
        """Have somebody told of each command as it goes out, and of each request that is over."""
        self.through.leaving, self.through.over = leaving, over

    def connect_requests(self) -> None:
        """Leave it to the process: it connects as it asks."""

    def connect_streams(self) -> None:
        """Leave it to the process."""

    def hang_up(self) -> None:
        """Leave it to the process's death, which ends its network."""

    def heard_ns(self) -> int:
        """Say when an answer to a request was last heard, true time."""
        return self.wire.heard_ns()

    def truth_changed(self) -> None:
        """Hear that the venue did something with an order of ours."""
        self.wire.truth_changed()
        super().truth_changed()

    def _schedule(self) -> None:
        super()._schedule()
        self.wire.begin()

    def _finish(self) -> None:
        self.through.check()
        super()._finish()

    def tell_books(self, symbols: Sequence[str]) -> None:
        """Leave it to the wire."""
        self.wire.tell_books(symbols)

    def restart_books(self, symbols: Sequence[str], *, is_told: bool) -> None:
        """Leave it to the wire."""
        self.wire.restart_books(symbols, is_told=is_told)

    def _say_privately(self, event: Any) -> None:
        self.wire.say_privately(event)
        self.truth_changed()

    def _say_publicly(self, symbol: str, told: Sequence[events.Event]) -> None:
        self.wire.say_publicly(symbol, told)

    def _answered(self, message: Message) -> None:
        self.wire.answered(message)

    def _passes(self, stage: Stage, message: Message) -> bool:
        return self.wire.passes(stage, message)
