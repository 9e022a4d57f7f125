"""What people do beside the bot: kill it and clear its orders away, or start it twice."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from sim.calls import Call, Calls
from sim.connection import Connection
from sim.driver import SimDriver
from sim.faults.installing import Install, during
from sim.host.host import Host
from sim.host.road import OwnRoad
from sim.plan import PlannedFault
from sim.streams import Streams
from sim.trace import Trace
from sim.wire import PRIVATE, PUBLIC, REST, REST_DOWN, REST_UP, STREAMS, Message
from strategy import commands, events
from strategy.requests import request_of
from strategy.units import NS_PER_S

if TYPE_CHECKING:
    from sim.world import World

# How often who killed it cancels and reads again, and when he gives up.
_AGAIN_NS: Final = NS_PER_S
_GIVE_UP_NS: Final = 60 * NS_PER_S


def at_point(fault: PlannedFault, world: "World", strike: Callable[[], None]) -> None:
    """Have something happen at the start of a fault, or in the middle of the n-th create from then on."""
    params = fault.params
    if params["between"] is None:
        world.kernel.at(fault.start_ns, world.bit, fault)
        world.kernel.at(fault.start_ns, strike)
        return
    count = 0

    def cut(point: str, command: commands.Command) -> None:
        nonlocal count
        is_counted = point == params["between"] and isinstance(command, commands.CreateOrder)
        if is_counted and fault.start_ns <= world.kernel.now_ns < fault.end_ns:
            count += 1
            if count == params["nth"]:
                world.bit(fault)
                world.noted(f"crash_between_{point}")
                strike()

    world.driver.cuts.append(cut)


class Clearing:
    """Cancels everything by a connection of its own, until reads that were asked late enough show nothing.

    A create of the process that was killed may still be on its way: no read proves anything before its
    validity is over. It stops where the next process begins.
    """

    def __init__(self, fault: PlannedFault, world: "World") -> None:
        """Have nothing to do yet."""
        self._world = world
        self._road = OwnRoad(world, f"kill.{fault.id}", self._hear)
        self._numbers = self._begun_ns = self._boots = 0
        self._unclear: dict[str, None] = {}

    def begin(self) -> None:
        """Begin, as soon as the process is gone."""
        world = self._world
        self._begun_ns, self._boots = world.kernel.now_ns, world.driver.boots
        self._unclear = dict.fromkeys(world.scenario.market.traded)
        self._again()

    def _again(self) -> None:
        world, now_ns = self._world, self._world.kernel.now_ns
        is_over = world.driver.boots != self._boots or now_ns - self._begun_ns > _GIVE_UP_NS
        if is_over or not self._unclear:
            return
        self._ask(commands.CancelAll(""))
        for symbol in self._unclear:
            self._ask(commands.QueryOpenOrders(symbol, now_ns))
        world.kernel.at(now_ns + _AGAIN_NS, self._again)

    def _ask(self, command: commands.Command) -> None:
        self._numbers += 1
        signed_ns = self._world.venue.clock.read(self._world.kernel.now_ns)
        call = Call((command,), signed_ns)
        self._road.send(Message(request_of(command), getattr(command, "symbol", ""), "", call, self._numbers))

    def _hear(self, message: Message) -> None:
        orders = self._world.knobs.orders
        late_ns = self._begun_ns + orders.send_within_ns + orders.window_ns
        for answer in message.body:
            if isinstance(answer, events.OpenOrdersReport) and not answer.client_ids and answer.asked_ns > late_ns:
                self._unclear.pop(answer.symbol, None)


def _operator_kill(fault: PlannedFault, world: "World") -> None:
    """End the process as it stands, and clear its orders away."""
    clearing, restart_s = Clearing(fault, world), fault.params["restart_after_s"]

    def strike() -> None:
        if not world.driver.is_alive:
            return
        if restart_s is None:
            world.process.end()
        else:
            world.process.crash(round(restart_s * NS_PER_S), world.host.disk.whole)
        clearing.begin()

    at_point(fault, world, strike)


class Another:
    """A second process of the bot, on a host and a network of its own, with a journal that is empty."""

    def __init__(self, fault: PlannedFault, world: "World") -> None:
        """Build it; it begins with the fault."""
        self._world, kernel, dice = world, world.kernel, world.dice
        self.host = Host(kernel, world.start_wall_ns)
        self.driver = SimDriver(kernel, self.host, Trace())
        self.driver.ran_out = self.end
        self._session = f"another-{fault.id[:12]}".replace(".", "-")
        road = OwnRoad(world, f"another.{fault.id}", self._answered, self._passes)
        connection = Connection(REST, kernel, dice, road.links[REST_DOWN])
        up, knobs = road.links[REST_UP], world.knobs
        self.calls = self.driver.calls = Calls(
            kernel, self.host, up, road.gateway.arrive, self.driver.feed, connection, knobs.capability, knobs.dispatch
        )
        offered = STREAMS if world.scenario.profile.venue.public_stream else (PRIVATE,)
        self.streams = Streams(kernel, dice, road.links, self.driver.feed, world.told_first, offered)
        self._listen()

    def begin(self) -> None:
        """Start it as if there were no other."""
        world = self._world
        self.host.begin()
        self.calls.connection.assume()
        self.driver.start(world.factory(world.knobs))
        self.driver.begin(self._session)
        self.streams.connect()
        world.noted("two_instances_alive")

    def end(self) -> None:
        """End it as it stands: its orders are still there."""
        if self.driver.is_alive:
            self.driver.die()
            self.calls.connection.shut()
            self.streams.drop()

    def _listen(self) -> None:
        """Have the venue speak to it as well."""
        venue, streams = self._world.venue, self.streams
        privately, publicly = venue.private, venue.public

        def say_privately(event: events.Event) -> None:
            privately(event)
            streams.tell(PRIVATE, event)

        def say_publicly(symbol: str, told: Any) -> None:
            publicly(symbol, told)
            for event in told:
                streams.tell(PUBLIC, event)

        venue.private, venue.public = say_privately, say_publicly

    def _answered(self, message: Message) -> None:
        self.calls.answered(message)

    def _passes(self, stage: Any, message: Message) -> bool:
        return self.calls.passes(stage, message)


def _two_instances(fault: PlannedFault, world: "World") -> None:
    another = Another(fault, world)
    during(fault, world, another.begin, another.end)


INSTALL: Final[dict[str, Install]] = {"operator_kill": _operator_kill, "two_instances": _two_instances}
