"""A run of a small world, and what the bot was told and asked in it, in seconds from the start."""

from typing import Any

from small_world import small_world

from strategy.units import NS_PER_S


class Seen:
    """Notes what is told to the core and what it asks."""

    def __init__(self, world) -> None:
        self.world, self.log = world, []
        world.driver.watchers = (*world.driver.watchers, self)

    def delivered(self, now_ns, event):
        self.log.append(((now_ns - self.world.start_wall_ns) / NS_PER_S, event))

    def sent(self, now_ns, command):
        self.log.append(((now_ns - self.world.start_wall_ns) / NS_PER_S, command))

    def stepped(self, now_ns, leaving, event):
        pass

    def of(self, kind: Any, from_s: float = 0.0, until_s: float = 1e9) -> list[Any]:
        """List what was of a kind, told or asked, between two instants."""
        return [what for at_s, what in self.log if isinstance(what, kind) and from_s <= at_s < until_s]


def played(tmp_path, faults, seconds=20, calm_s=15, **kinds):
    world = small_world(tmp_path, seconds=seconds, faults=faults, calm_s=calm_s, **kinds)
    seen = Seen(world)
    assert "" == world.run().error
    assert [] == world.oracle.breaches
    return world, seen
