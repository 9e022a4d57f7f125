"""A bug that no single fault shows: it takes a clock that jumped far and an auction, in either order."""

from msgspec.structs import replace

from strategy import commands, events
from strategy.knobs import Knobs
from strategy.units import NS_PER_S

from .wrapped import Commands, Wrapped

_FAR_NS = 20 * NS_PER_S
_TOO_MUCH = 1_000_000


class JumpThenAuction(Wrapped):
    """Remembers that the venue's clock jumped far and that there was an auction; after both it orders far too much."""

    def __init__(self, knobs: Knobs) -> None:
        super().__init__(knobs)
        self.off_ns: int | None = None
        self.has_jumped = self.had_auction = False

    def hear(self, now_ns, event):
        match event:
            case events.ClockSampled():
                off_ns = event.venue_ns - now_ns
                self.off_ns = off_ns if self.off_ns is None else self.off_ns
                self.has_jumped |= abs(off_ns - self.off_ns) > _FAR_NS
            case events.RegimeChanged(regime="auction"):
                self.had_auction = True
            case _:
                pass
        return event

    def say(self, now_ns, leaving: Commands) -> Commands:
        if not (self.has_jumped and self.had_auction):
            return leaving
        return tuple(
            replace(one, size_lots=_TOO_MUCH) if isinstance(one, commands.CreateOrder) else one for one in leaving
        )


jump_then_auction = JumpThenAuction
