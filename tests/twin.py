"""The live driver in the simulated driver's place: same links, same requests, no codec and no wire between."""

from adapters.arm import LiveArm
from adapters.venue import Seen
from sim.calls import Calls
from sim.connection import Connection
from sim.lines import OneLine, RequestLine
from sim.streams import Streams
from sim.through.driver import ThroughDriver
from sim.through.seat import Access
from sim.wire import PRIVATE, REST, REST_DOWN, REST_UP, STREAMS
from sim.world import World
from strategy import events
from strategy.requests import not_sent


class AskedCalls(Calls):
    """Requests of which each is answered for as one: its words are gathered until it is over."""

    def __init__(self, *args) -> None:
        super().__init__(*args)
        self.said, self.asked, self.enter = [], {}, None
        self._late, self._feed = self._feed, self.said.append

    def ask(self, one, signed_ns, answered):
        self.signed_ns = lambda _now_ns: signed_ns
        number = self._leave(one)
        if number and number in self._waiting:
            self.asked[number] = answered
        else:
            self._kernel.at(self._kernel.now_ns, self.enter, answered, self._taken())

    def turn_away(self, number, one):
        self.said += [not_sent(command, events.NO_CONNECTION) for command in one]

    def _ended(self, number, waiting):
        said = self._taken()
        if waiting is None:
            for event in said:
                self._late(event)
        elif number in self.asked:
            self.enter(self.asked.pop(number), said)
        else:  # cut right as it left: it is answered for as it is asked
            self.said += said

    def _taken(self):
        said = tuple(self.said)
        self.said.clear()
        return said

    def forget(self):
        super().forget()
        self.asked.clear()


class DirectVenue:
    """Commands straight onto the links of a world, words straight off them."""

    name = "direct"

    def __init__(self, world) -> None:
        self._world, self.capability = world, world.knobs.capability

    def count_in(self, units):
        """Count in its own."""

    async def look(self, symbols):
        return Seen(tuple(self._world.scenario.instruments), 0)

    async def connect(self, feed):
        """Leave it to the world's streams."""

    async def close(self):
        """Leave it to the world."""

    def send(self, one, signed_venue_ns, answered):
        self._world.calls.ask(one, signed_venue_ns, answered)


class TwinWorld(World):
    """A world whose core is driven by the live driver."""

    def open_bot(self):
        world = self

        class TwinArm(LiveArm):
            def make_venue(self, seat):
                return DirectVenue(world)

        knobs = self.knobs
        access = Access("", "", "", "", "linear")
        driver = ThroughDriver(self.kernel, self.host, self.trace, TwinArm, None, access, knobs)
        self.driver = driver
        connection = Connection(REST, self.kernel, self.dice, self.links[REST_DOWN])
        connection.assume()
        self.calls = AskedCalls(
            self.kernel,
            self.host,
            self.links[REST_UP],
            self.gateway.arrive,
            driver.feed,
            connection,
            knobs.capability,
            knobs.dispatch,
        )
        self.calls.enter = lambda *call: driver.loop.enter(*call)
        offered = STREAMS if self.scenario.profile.venue.public_stream else (PRIVATE,)
        self.streams = Streams(self.kernel, self.dice, self.links, driver.feed, self.told_first, offered)
        self.rest = self.calls
        self.lines = {REST: RequestLine(self.calls.connection)}
        for name, one in self.streams.connections.items():
            self.lines[name] = OneLine(one, lambda epoch=None, name=name: self.streams.reset(name, epoch))

    def watch_requests(self, leaving, over):
        self.driver.leaving, self.driver.over = leaving, over

    def hang_up(self):
        super().hang_up()
        self.calls.forget()
