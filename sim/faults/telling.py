"""Words about our orders that the private stream tells twice, late, or never."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from sim.dice import Dice
from sim.faults.installing import is_on, ns_of
from sim.plan import PlannedFault
from sim.wire import LOST, PRIVATE, REST_DOWN, REST_UP, Fate, Message
from strategy import commands, events
from strategy.units import NS_PER_MS

if TYPE_CHECKING:
    from sim.exchange import Exchange

_DROPPED: Final = "fill_dropped"
_LOOK_NS: Final = 100 * NS_PER_MS

Say = Callable[[events.Event], None]


class ToldOfFills:
    """Chooses fills by a draw keyed by the fill's own id."""

    def __init__(self, fault: PlannedFault, dice: Dice) -> None:
        """Take a planned fault: ``fill_dropped``, or else ``fill_duplicate``."""
        self._fault = fault
        self._dice = dice
        self._fate = LOST if fault.kind == _DROPPED else Fate(again_ns=ns_of(fault.params["after_s"]))

    def fate(self, link: str, message: Message, now_ns: int) -> Fate | None:
        """Say what becomes of a word about a fill."""
        fault = self._fault
        if link != PRIVATE or message.kind != "order_filled" or not is_on(fault, now_ns):
            return None
        drawn = self._dice.unit("fault", fault.id, message.body.fill_id)
        return self._fate if drawn < fault.params["prob"] else None


class Twice:
    """Says chosen fills a second time: as another message, that may name no order, now or at a new connection."""

    def __init__(self, fault: PlannedFault, world: "Exchange", say: Say) -> None:
        """``say`` is where words go."""
        self._fault, self._world, self._say = fault, world, say
        self._kept: list[events.OrderFilled] = []
        self._seen: dict[int, None] = {}

    def say(self, event: events.Event) -> None:
        """Say something; of a fill that is chosen, keep or plan the second copy."""
        params, kernel = self._fault.params, self._world.kernel
        if not isinstance(event, events.OrderFilled) or not self._hits(event, kernel.now_ns):
            self._say(event)
            return
        bare = replace(event, client_id="")
        first, second = (bare if params["nameless"] == which else event for which in ("first", "second"))
        self._say(first)
        if params["again"] == "later":
            self._world.bit(self._fault)
            kernel.at(kernel.now_ns + ns_of(params["after_s"]), self._say, second)
        else:
            self._kept.append(second)

    def watch(self) -> None:
        """Look now and then whether somebody has connected anew, and tell him what he has heard before."""
        kernel, alive = self._world.kernel, self._world.lines[PRIVATE].alive()
        is_new = any(number not in self._seen for number in alive)
        if is_new and self._seen:
            for event in self._kept:
                self._world.bit(self._fault)
                self._say(event)
        self._seen.update(dict.fromkeys(alive))
        if is_on(self._fault, kernel.now_ns + _LOOK_NS):
            kernel.at(kernel.now_ns + _LOOK_NS, self.watch)

    def _hits(self, fill: events.OrderFilled, now_ns: int) -> bool:
        if not fill.client_id or not is_on(self._fault, now_ns):
            return False
        return bool(self._world.dice.unit("fault", self._fault.id, fill.fill_id) < self._fault.params["prob"])


class FillFirst:
    """Chooses creates as they leave, and holds back both words of their acceptance."""

    def __init__(self, fault: PlannedFault, world: "Exchange") -> None:
        """Take a planned fault."""
        self._fault, self._world = fault, world
        self._late_ns = ns_of(fault.params["ack_after_s"])
        self._numbers: dict[int, None] = {}
        self.chosen: dict[str, None] = {}

    def fate(self, link: str, message: Message, now_ns: int) -> Fate | None:
        """Choose a request, or hold its answer back; the request itself goes as it goes."""
        if link == REST_UP and message.kind == events.CREATE and is_on(self._fault, now_ns):
            for command in message.body.commands:
                if isinstance(command, commands.CreateOrder) and self._hits(command):
                    self.chosen[command.client_id] = self._numbers[message.number] = None
        elif link == REST_DOWN and message.number in self._numbers:
            return Fate(extra_ns=self._late_ns)
        return None

    def say(self, say: Say, event: events.Event) -> None:
        """Say something on the private stream; of an acceptance that is held back, say it later."""
        if isinstance(event, events.OrderAccepted) and event.client_id in self.chosen:
            kernel = self._world.kernel
            kernel.at(kernel.now_ns + self._late_ns, say, event)
        else:
            say(event)

    def _hits(self, command: commands.CreateOrder) -> bool:
        return bool(self._world.dice.unit("fault", self._fault.id, command.client_id) < self._fault.params["prob"])
