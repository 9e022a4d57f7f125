"""S7: a client id used twice."""

from strategy import events
from strategy.units import NS_PER_S

from .wrapped import Wrapped

_AFTER_NS = 15 * NS_PER_S


class ReusesSession(Wrapped):
    """Starts over in the middle, under the session it had: its numbers begin at one again."""

    def __init__(self, knobs) -> None:
        super().__init__(knobs)
        self.started: events.Started | None = None
        self.began_ns = 0

    def step(self, now_ns, event):
        if isinstance(event, events.Started):
            self.started, self.began_ns = event, now_ns
        leaving = ()
        if self.started is not None and now_ns - self.began_ns > _AFTER_NS:
            leaving, self.started = self.core.step(now_ns, self.started), None
        return leaving + super().step(now_ns, event)


reuses_session = ReusesSession
