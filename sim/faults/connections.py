"""Connections that break, look up and are dead, close slowly, or cannot be made."""

from typing import TYPE_CHECKING, Final

from sim.connection import HELLO, WELCOME
from sim.faults.installing import Install, during, rule
from sim.plan import PlannedFault
from sim.venue import codes
from sim.venue.engine import UNSIGNED
from sim.wire import LOST, PRIVATE, REST, STREAMS, Fate, Message, Stage
from strategy.units import NS_PER_S

if TYPE_CHECKING:
    from sim.exchange import Exchange

# Why an attempt to connect failed, as the one who made it is told.
HANDSHAKE: Final = "the TLS handshake failed"
NO_KEY: Final = "the key has expired"


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


class _Handshakes:
    """Fails some attempts to connect, each by a draw of its own, keyed by its number on its kind of connection."""

    def __init__(self, fault: PlannedFault, world: "Exchange", name: str) -> None:
        """Look at the attempts on one kind of connection."""
        self._fault, self._world, self._name = fault, world, name
        self._count = 0

    def __call__(self) -> str:
        """Say whether this attempt fails."""
        fault, world = self._fault, self._world
        self._count += 1
        if world.dice.unit("fault", fault.id, self._name, self._count) >= fault.params["prob"]:
            return ""
        world.bit(fault)
        return HANDSHAKE


def _tls_failure(fault: PlannedFault, world: "Exchange") -> None:
    """Fail attempts to connect while it lasts."""
    bars = {name: _Handshakes(fault, world, name) for name in fault.params["connections"]}

    def begin() -> None:
        for name, bar in bars.items():
            world.lines[name].barred[fault.id] = bar
            if fault.params["resets"]:
                world.lines[name].reset()

    def end() -> None:
        for name in bars:
            world.lines[name].barred.pop(fault.id, None)

    during(fault, world, begin, end, bites=False)


def _auth_expiry(fault: PlannedFault, world: "Exchange") -> None:
    """Turn whoever has to show a key away while it lasts: the private stream, and signed requests."""
    before = world.gateway.item_refusal
    # Orders over a stream are signed in for as well, where they go that way.
    signed_in = [world.lines[name] for name in ((PRIVATE, REST) if fault.params["requests"] else (PRIVATE,))]

    def refusal(message: Message, number: int) -> str:
        is_hit = fault.start_ns <= world.kernel.now_ns < fault.end_ns and fault.params["requests"]
        if is_hit and not isinstance(message.body.commands[number], UNSIGNED):
            world.bit(fault)
            return codes.KEY
        return before(message, number)

    def begin() -> None:
        for line in signed_in:
            line.keyless[fault.id] = lambda: NO_KEY
        world.lines[PRIVATE].reset()

    def end() -> None:
        for line in signed_in:
            line.keyless.pop(fault.id, None)

    world.gateway.item_refusal = refusal
    during(fault, world, begin, end)


INSTALL: Final[dict[str, Install]] = {
    "reset": _reset,
    "half_open": _half_open,
    "slow_close": _slow_close,
    "dns_outage": _dns_outage,
    "tls_failure": _tls_failure,
    "auth_expiry": _auth_expiry,
}
