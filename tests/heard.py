"""A world of a few seconds with somebody who writes down all that the bot hears and sends."""

from small_world import small_world


class Heard:
    """Notes what reaches the bot, and what it sends: (ns since the start, which way, what)."""

    def __init__(self, world) -> None:
        self.world, self.log = world, []
        world.driver.watchers = (*world.driver.watchers, self)

    def delivered(self, now_ns, event):
        self.log.append((now_ns - self.world.start_wall_ns, "heard", event))

    def sent(self, now_ns, command):
        self.log.append((now_ns - self.world.start_wall_ns, "sent", command))

    def stepped(self, now_ns, leaving, event):
        pass

    def all(self, kind, from_s: float = 0, to_s: float = 1e9) -> list:
        """List what was of a kind, in a span of seconds."""
        return [what for at_ns, _, what in self.log if isinstance(what, kind) and from_s <= at_ns / 1e9 < to_s]

    def count(self, kind) -> int:
        return len(self.all(kind))


def played(tmp_path, faults: str = "", seconds: float = 20, **kinds):
    """Play a small world to its end; give it, what was heard, and how it ended."""
    world = small_world(tmp_path, seconds=seconds, faults=faults, **kinds)
    heard = Heard(world)
    outcome = world.run()
    assert outcome.error == ""
    return world, heard, outcome
