"""A core that comes back after the storm, then stops for good: too late in the run for the bound of L3."""

from msgspec.structs import replace

from strategy import commands, events
from strategy.belief import Belief
from strategy.units import NS_PER_S

from .wrapped import Commands, Wrapped

# Both storms begin at 2026-01-05 15:30 UTC; a process may be the tenth of its run, so it goes by the day's time.
_QUITS_NS = (1_767_627_000 + 272) * NS_PER_S


class Quits(Wrapped):
    """Halts itself two seconds into the calm of a storm of 270 s, and calls it its guard's word."""

    def __init__(self, knobs) -> None:
        super().__init__(knobs)
        self.has_quit = False

    def step(self, now_ns: int, event: events.Event) -> Commands:
        leaving = super().step(now_ns, event)
        if not self.has_quit and now_ns >= _QUITS_NS:
            self.has_quit = True
            leaving += self.core.step(now_ns, events.OperatorSaid("halt"))
        return leaving

    def say(self, now_ns: int, leaving: Commands) -> Commands:
        return tuple(one for one in leaving if not (self.has_quit and isinstance(one, commands.CreateOrder)))

    def belief(self) -> Belief:
        said = self.core.belief()
        if not self.has_quit:
            return said
        return replace(said, symbols=tuple(replace(one, guard_action="halt") for one in said.symbols))


quits = Quits
