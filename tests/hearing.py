"""What reached a bot and what it sent, with the time since the start of the run."""


class Heard:
    """Notes what reaches the bot, and what it sends."""

    def __init__(self, world) -> None:
        self.world, self.log = world, []
        world.driver.watchers = (*world.driver.watchers, self)

    def delivered(self, now_ns, event):
        self.log.append((now_ns - self.world.start_wall_ns, "heard", event))

    def sent(self, now_ns, command):
        self.log.append((now_ns - self.world.start_wall_ns, "sent", command))

    def stepped(self, now_ns, leaving, event):
        pass

    def count(self, kind) -> int:
        return sum(isinstance(what, kind) for _, _, what in self.log)
