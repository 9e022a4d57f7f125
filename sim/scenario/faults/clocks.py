"""What happens to clocks: our host's wall and monotonic clock, and the venue's wall clock.

The venue judges signed requests by its own wall clock. The bot reads its wall clock only when a
process starts, so `bot_wall` bites at second 0 and at every restart.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal, get_args

from pydantic import Field

from sim.scenario.faults.base import Fault, Lasting
from sim.scenario.faults.ranges import Choice, Draw, LogUniform, Signed, Uniform
from strategy.file_model import CONTRADICTION, AboveZero, Complaint, relation

WallClock = Literal["bot_wall", "venue_wall"]
AnyClock = Literal["bot_wall", "bot_mono", "venue_wall"]
Ms = Annotated[float, Field(ge=-300_000, le=300_000)]
Ppm = Annotated[float, Field(ge=-1000, le=1000)]


class _Shifted(Fault):
    @relation()
    def _bites(self) -> Iterator[Complaint]:
        for name in ("offset_ms", "by_ms", "ppm"):
            if getattr(self, name, 1) == 0:
                yield Complaint(CONTRADICTION, (name,), f"{name} of 0 changes nothing")


class ClockOffset(_Shifted, Lasting):
    """A wall clock is wrong by a fixed time, then right again."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 240),
        "clock": Choice(get_args(WallClock)),
        "offset_ms": Signed(LogUniform(1, 5000)),
    }

    kind: Literal["clock_offset"]
    """`clock_offset`: a wall clock is wrong."""
    clock: WallClock
    """Whose clock: `bot_wall` (read only when a process starts: at second 0, at a restart) or `venue_wall`."""
    offset_ms: Ms
    """By how much it is ahead (negative: behind), in milliseconds."""


class ClockDrift(_Shifted, Lasting):
    """A clock runs fast or slow; what it gained stays when the drift ends, until somebody sets it."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(10, 300),
        "clock": Choice(get_args(AnyClock)),
        "ppm": Signed(LogUniform(1, 200)),
    }

    kind: Literal["clock_drift"]
    """`clock_drift`: a clock runs fast or slow."""
    clock: AnyClock
    """Whose clock: `bot_wall`, `bot_mono` (the one the bot lives by) or `venue_wall`."""
    ppm: Ppm
    """How fast it gains (negative: loses), in microseconds a second."""


class ClockStep(_Shifted):
    """A wall clock is set forward or back, and stays there."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "clock": Choice(get_args(WallClock)),
        "by_ms": Signed(LogUniform(1, 288_000)),
    }

    kind: Literal["clock_step"]
    """`clock_step`: a wall clock jumps."""
    clock: WallClock
    """Whose clock: `bot_wall` or `venue_wall`."""
    by_ms: Ms
    """How far it jumps forward (negative: back), in milliseconds."""


class ClockFreeze(Lasting):
    """A wall clock shows the same instant all the while, then the right one."""

    ALONE_BY = "clock"
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(0.5, 60),
        "clock": Choice(get_args(WallClock)),
    }

    kind: Literal["clock_freeze"]
    """`clock_freeze`: a wall clock stands still."""
    clock: WallClock
    """Whose clock: `bot_wall` or `venue_wall`."""


class NtpLoss(_Shifted, Lasting):
    """A wall clock nobody disciplines drifts away; afterwards it is slewed back, slowly, without a jump."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(10, 300),
        "clock": Choice(get_args(WallClock)),
        "ppm": Signed(LogUniform(1, 200)),
        "slew_ppm": Uniform(100, 1000),
    }

    kind: Literal["ntp_loss"]
    """`ntp_loss`: a wall clock drifts, then is slewed back."""
    clock: WallClock
    """Whose clock: `bot_wall` or `venue_wall`."""
    ppm: Ppm
    """How fast it gains (negative: loses) meanwhile, in microseconds a second."""
    slew_ppm: AboveZero = 500
    """How fast it is brought back afterwards, in microseconds a second."""


MODELS: Final = (ClockOffset, ClockDrift, ClockStep, ClockFreeze, NtpLoss)
EXAMPLES: Final = {
    "clock_offset": "{at_s: 0, for_s: 30, kind: clock_offset, clock: bot_wall, offset_ms: 2500}",
    "clock_drift": "{at_s: 10, for_s: 20, kind: clock_drift, clock: bot_mono, ppm: 200}",
    "clock_step": "{at_s: 10, kind: clock_step, clock: venue_wall, by_ms: -3000}",
    "clock_freeze": "{at_s: 10, for_s: 20, kind: clock_freeze, clock: venue_wall}",
    "ntp_loss": "{at_s: 10, for_s: 20, kind: ntp_loss, clock: venue_wall, ppm: -200}",
}
