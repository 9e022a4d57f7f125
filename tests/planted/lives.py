"""L7: a process that takes over and does nothing of what it is there for."""

from strategy.knobs import Knobs

from .wrapped import Commands, Wrapped


class NeverReady(Wrapped):
    """Takes over what another process left, and then only listens."""

    def __init__(self, knobs: Knobs) -> None:
        super().__init__(knobs)
        self.took_over = False

    def resume(self, snapshot, records) -> None:
        self.took_over = True
        self.core.resume(snapshot, records)

    def say(self, now_ns, leaving: Commands) -> Commands:
        return () if self.took_over else leaving


never_ready = NeverReady
