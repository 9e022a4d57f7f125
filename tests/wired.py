"""Worlds whose bot is the real adapter, for tests that make a world by its class."""

from adapters.arm import LiveArm
from adapters.bybit.venue import REST
from sim.through.world import ThroughWorld


class RestArm(LiveArm):
    """The adapter with its slow road alone: orders go in over REST."""

    entry = REST


class WiredWorld(ThroughWorld):
    """A world like any other, through the wire."""

    arm = LiveArm

    def __init__(self, scenario, plan, factory, pits=None) -> None:
        super().__init__(scenario, plan, factory, pits, arm=self.arm)


class RestWorld(WiredWorld):
    """A world whose orders go in over REST."""

    arm = RestArm
