"""A road of somebody else's to the venue: his own links, and a door that only he stands at.

Who trades on our account beside us, or takes our orders off by another connection, has no part in our
network: the faults of our links are not his, and his messages move none of their draws. What the venue
itself does at its door is for everybody.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sim.exchange import delay_of
from sim.venue.gateway import Gateway
from sim.wire import PRIVATE, PUBLIC, REST_DOWN, REST_UP, STREAMS, Link, Message, Stage
from strategy.units import NS_PER_MS

if TYPE_CHECKING:
    from sim.world import World

_LINKS: Final = (REST_UP, REST_DOWN, PUBLIC, PRIVATE)


class OwnRoad:
    """Links of the scenario's kind under names of their own, and a gateway to the same venue."""

    def __init__(
        self,
        world: "World",
        name: str,
        answered: Callable[[Message], None],
        passes: Callable[[Stage, Message], bool] = lambda _stage, _message: False,
    ) -> None:
        """``answered`` hears what comes back; ``passes`` is told how far a request has come."""
        profile, door = world.scenario.profile, world.gateway
        self.links = {
            one: Link(
                f"{name}.{one}",
                world.kernel,
                world.dice,
                delay_of(getattr(profile.links, one)),
                [],
                is_stream=one in STREAMS,
            )
            for one in _LINKS
        }
        engine_ns = round(profile.venue.engine_ms * NS_PER_MS)
        down = self.links[REST_DOWN]
        self.gateway = Gateway(world.kernel, world.venue, engine_ns, down, answered, world.truth_changed, passes)
        self.gateway.doormen = door.doormen
        self.gateway.slowness = door.slowness
        self.gateway.item_refusal = lambda message, number: door.item_refusal(message, number)

    def send(self, message: Message) -> None:
        """Put a request on the way up."""
        self.links[REST_UP].send(message, self.gateway.arrive)
