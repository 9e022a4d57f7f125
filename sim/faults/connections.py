"""Connections that break, look up and are dead, close slowly, or cannot be made."""

from typing import TYPE_CHECKING, Final

from sim.connection import HELLO, WELCOME
from sim.faults.installing import Install, during, rule
from sim.plan import PlannedFault
from sim.wire import LOST, REST, STREAMS, Fate, Message, Stage
from strategy.units import NS_PER_S

if TYPE_CHECKING:
    from sim.exchange import Exchange


class Reset:
    """Breaks the connection of requests as the next of its kind comes to the stage; streams at once."""

    def __init__(self, fault: PlannedFault, world: "Exchange") -> None:
        """Take a planned fault."""
        self._fault = fault
        self._world = world
        self._stage = Stage(fault.params["cut"])
        self._is_armed = False

    def strike(self) -> None:
        """Reset streams, lie in wait for a request, and come again if it is to happen again."""
        params, world = self._fault.params, self._world
        for name in params["connections"]:
            if name == REST:
                self._is_armed = True
            else:
                world.lines[name].reset()
                world.bit(self._fault)
        if params["every_s"] is not None:
            next_ns = world.kernel.now_ns + round(params["every_s"] * NS_PER_S)
            if next_ns < min(self._fault.end_ns, world.plan.duration_ns):
                world.kernel.at(next_ns, self.strike)

    def cuts(self, stage: Stage, message: Message) -> bool:
        """Say whether the connection breaks as this request comes to this stage."""
        is_hit = (
            self._is_armed
            and stage is self._stage
            and message.kind in self._fault.params["requests"]
            and self._world.kernel.now_ns < self._fault.end_ns
        )
        if is_hit:
            self._is_armed = False
            self._world.bit(self._fault)
        return is_hit


def _reset(fault: PlannedFault, world: "Exchange") -> None:
    reset = Reset(fault, world)
    world.rest.cutters.append(reset.cuts)
    during(fault, world, reset.strike, None, bites=False)


class Dead:
    """Loses what is sent on the connections there were when it began, and on no other."""

    def __init__(self, fault: PlannedFault, world: "Exchange") -> None:
        """Take a planned fault."""
        self._names = tuple(fault.params["connections"])
        self._world = world
        self.epochs: dict[str, tuple[int, ...]] = {}

    def begin(self) -> None:
        """Note which connections there are."""
        self.epochs = {name: epochs for name in self._names if (epochs := self._world.lines[name].alive())}

    def fate(self, link: str, message: Message, _now_ns: int) -> Fate | None:
        """Lose what belongs to one of them."""
        if not self.epochs or message.kind in (HELLO, WELCOME):
            return None
        name = link if link in STREAMS else REST
        return LOST if self._world.lines[name].carrier(message) in self.epochs.get(name, ()) else None

    def close(self) -> None:
        """Have those that are still there break, for everybody to see."""
        for name, epochs in self.epochs.items():
            for epoch in epochs:
                self._world.lines[name].reset(epoch)


def _half_open(fault: PlannedFault, world: "Exchange") -> None:
    dead = Dead(fault, world)
    rule(fault, world, dead)
    during(fault, world, dead.begin, None, bites=False)


def _slow_close(fault: PlannedFault, world: "Exchange") -> None:
    dead = Dead(fault, world)
    rule(fault, world, dead)
    during(fault, world, dead.begin, None, bites=False)
    world.kernel.at(fault.start_ns + round(fault.params["close_s"] * NS_PER_S), dead.close)


def _dns_outage(fault: PlannedFault, world: "Exchange") -> None:
    """Bar new connections while it lasts."""

    def begin() -> None:
        for name in fault.params["connections"]:
            world.lines[name].barred[fault.id] = None
            if fault.params["resets"]:
                world.lines[name].reset()

    def end() -> None:
        for name in fault.params["connections"]:
            world.lines[name].barred.pop(fault.id, None)

    during(fault, world, begin, end)


INSTALL: Final[dict[str, Install]] = {
    "reset": _reset,
    "half_open": _half_open,
    "slow_close": _slow_close,
    "dns_outage": _dns_outage,
}
