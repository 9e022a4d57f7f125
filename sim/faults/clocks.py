"""Clocks that are wrong, drift, jump or stand still. The world's own time is never touched."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sim.clocks import Clock
from sim.faults.installing import Install
from sim.plan import PlannedFault
from strategy.units import NS_PER_MS, PPM

if TYPE_CHECKING:
    from sim.world import World

VENUE_WALL: Final = "venue_wall"
_PPB_PER_PPM: Final = 1000
_STOPPED_PPB: Final = -(10**9)


def _clock(fault: PlannedFault, world: "World") -> Clock:
    if fault.params["clock"] == VENUE_WALL:
        return world.venue.clock
    return world.host.wall if fault.params["clock"] == "bot_wall" else world.host.mono


def _during(fault: PlannedFault, world: "World", begin: Callable[[], None], end: Callable[[], None] | None) -> None:
    """Like ``during``, but a process that starts at the same instant already sees the fault."""
    world.kernel.at(fault.start_ns, world.bit, fault)
    if fault.start_ns == 0:
        begin()
    else:
        world.kernel.at(fault.start_ns, begin)
    if end is not None and fault.end_ns < world.plan.duration_ns:
        world.kernel.at(fault.end_ns, end)


def _offset(fault: PlannedFault, world: "World") -> None:
    clock, by_ns = _clock(fault, world), round(fault.params["offset_ms"] * NS_PER_MS)
    kernel = world.kernel

    def shift(span_ns: int) -> None:
        _note_back(fault, world, span_ns)
        clock.step(kernel.now_ns, span_ns)

    _during(fault, world, lambda: shift(by_ns), lambda: shift(-by_ns))


def _step(fault: PlannedFault, world: "World") -> None:
    clock, by_ns = _clock(fault, world), round(fault.params["by_ms"] * NS_PER_MS)

    def shift() -> None:
        _note_back(fault, world, by_ns)
        clock.step(world.kernel.now_ns, by_ns)

    _during(fault, world, shift, None)


def _note_back(fault: PlannedFault, world: "World", by_ns: int) -> None:
    """See a wall clock of ours go back while the bot has an alarm set."""
    if (
        by_ns < 0
        and fault.params["clock"] != VENUE_WALL
        and world.driver.is_alive
        and world.core.wake_at_ns is not None
    ):
        world.noted("clock_stepped_back_with_timers")


def _drift(fault: PlannedFault, world: "World") -> None:
    clock, ppb = _clock(fault, world), round(fault.params["ppm"] * _PPB_PER_PPM)
    kernel = world.kernel
    _during(fault, world, lambda: clock.bend(kernel.now_ns, ppb), lambda: clock.bend(kernel.now_ns, -ppb))


def _freeze(fault: PlannedFault, world: "World") -> None:
    clock, kernel = _clock(fault, world), world.kernel

    def thaw() -> None:
        clock.bend(kernel.now_ns, -_STOPPED_PPB)
        clock.step(kernel.now_ns, kernel.now_ns - fault.start_ns)

    _during(fault, world, lambda: clock.bend(kernel.now_ns, _STOPPED_PPB), thaw)


def _ntp_loss(fault: PlannedFault, world: "World") -> None:
    """Drift, and then slew back over as long as it takes."""
    clock, kernel = _clock(fault, world), world.kernel
    ppm, slew_ppm = fault.params["ppm"], fault.params["slew_ppm"]
    back_ppb = round((-slew_ppm if ppm > 0 else slew_ppm) * _PPB_PER_PPM)

    def slew() -> None:
        gained_ns = (fault.end_ns - fault.start_ns) * abs(ppm) / PPM
        clock.bend(kernel.now_ns, back_ppb - round(ppm * _PPB_PER_PPM))
        kernel.at(kernel.now_ns + round(gained_ns * PPM / slew_ppm), lambda: clock.bend(kernel.now_ns, -back_ppb))

    _during(fault, world, lambda: clock.bend(kernel.now_ns, round(ppm * _PPB_PER_PPM)), slew)


INSTALL: Final[dict[str, Install]] = {
    "clock_offset": _offset,
    "clock_drift": _drift,
    "clock_step": _step,
    "clock_freeze": _freeze,
    "ntp_loss": _ntp_loss,
}
