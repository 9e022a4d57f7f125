"""What happens to our own host."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sim.driver import SNAPSHOT_EVERY_NS
from sim.faults.installing import Install
from sim.host.disk import Kept
from sim.plan import PlannedFault
from strategy import commands
from strategy.units import NS_PER_S

if TYPE_CHECKING:
    from sim.world import World


def _crash(fault: PlannedFault, world: "World") -> None:
    """End the process at an instant, or in the middle of the n-th create from then on."""
    params = fault.params
    restart_ns = round(params["restart_after_s"] * NS_PER_S)
    kept = _kept(fault, world)
    if params["between"] is None:
        world.kernel.at(fault.start_ns, world.process.crash, restart_ns, kept)
        return
    count = 0

    def cut(point: str, command: commands.Command) -> None:
        nonlocal count
        is_counted = point == params["between"] and isinstance(command, commands.CreateOrder)
        if is_counted and fault.start_ns <= world.kernel.now_ns < fault.end_ns:
            count += 1
            if count == params["nth"]:
                world.process.crash(restart_ns, kept)

    world.driver.cuts.append(cut)


def _kept(fault: PlannedFault, world: "World") -> Callable[[], Kept]:
    """Say what of the journal outlives the crash."""
    disk, params = world.host.disk, fault.params
    match params["journal"]:
        case "torn":
            return lambda: disk.torn(world.dice.unit("fault", fault.id, world.driver.boots))
        case "old":
            old_ns = round(params["old_s"] * NS_PER_S)
            disk.keep_copies(old_ns // SNAPSHOT_EVERY_NS + 2)
            return lambda: disk.old(world.kernel.now_ns - old_ns)
        case "lost":
            return disk.lost
        case _:
            return disk.whole


INSTALL: Final[dict[str, Install]] = {"crash": _crash}
