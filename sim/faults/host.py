"""What happens to our own host."""

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from sim.driver import SNAPSHOT_EVERY_NS
from sim.faults import people
from sim.faults.installing import Install, during
from sim.faults.people import at_point
from sim.host.disk import Kept
from sim.host.heap import HARD, KIB, Budget
from sim.plan import PlannedFault
from strategy import events
from strategy.units import BUY, NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from sim.world import World

# How often somebody looks whether the bot is done, and how much memory it takes.
_LOOK_NS: Final = 100 * NS_PER_MS
NS_PER_US: Final = 1000

# Live objects, and the milliseconds of a full collection.
_COLLECTIONS: Final = ((50_000, 12), (200_000, 81), (500_000, 210))
_BASE_OBJECTS: Final = 60_000
_OBJECTS_A_RECORD: Final = 12


def _crash(fault: PlannedFault, world: "World") -> None:
    """End the process at an instant, or in the middle of the n-th create from then on."""
    restart_ns, kept = round(fault.params["restart_after_s"] * NS_PER_S), _kept(fault, world)
    at_point(fault, world, lambda: world.process.crash(restart_ns, kept))


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
        case "flipped":
            return lambda: disk.flipped(world.dice.unit("fault", fault.id, world.driver.boots))
        case "foreign":
            return lambda: disk.foreign("another", _of_another(world))
        case _:
            return disk.whole


def _of_another(world: "World") -> bytes:
    """Write the snapshot of another instance: the same program, another session, a position of its own."""
    now_ns, knobs = world.host.now_ns(), world.knobs
    other: Any = world.factory(knobs)
    if not hasattr(other, "snapshot"):
        return b""
    other.step(now_ns, events.Started("another-1", now_ns))
    for one in knobs.symbols:
        name, ticks, venue_ns = one.instrument.symbol, world.venue.pits[one.instrument.symbol].book.best_bid_ticks, 1
        fill = (f"{name}-another", ticks, one.quote_lots, one.quote_lots, "maker", 0, venue_ns)
        other.step(now_ns, events.OrderFilled("another-1-1", name, BUY, *fill))
    snapshot: bytes = other.snapshot()
    return snapshot


def _shutdown(fault: PlannedFault, world: "World") -> None:
    """Tell the bot to stop, and end its process when it is done, at the deadline, or in the middle.

    Who asked for it wants it stopped whatever happens: where no process lives, or one dies over it of
    something else, the next one is told as it starts.
    """
    params, kernel = fault.params, world.kernel
    boot = deadline_ns = 0
    is_over = False

    def tell() -> None:
        nonlocal boot, deadline_ns
        if not world.driver.is_alive:
            world.process.upon_start.append(tell)
            return
        boot, deadline_ns = world.driver.boots, kernel.now_ns + round(params["deadline_s"] * NS_PER_S)
        world.bit(fault)
        world.driver.feed(events.Stopping())
        look()
        if params["interrupted_after_s"] is not None:
            kernel.at(kernel.now_ns + round(params["interrupted_after_s"] * NS_PER_S), end)

    def look() -> None:
        if is_over:
            return
        if boot != world.driver.boots or not world.driver.is_alive:
            tell()
        elif getattr(world.driver.core, "is_done", False) or kernel.now_ns >= deadline_ns:
            end()
        else:
            kernel.at(min(kernel.now_ns + _LOOK_NS, deadline_ns), look)

    def end() -> None:
        nonlocal is_over
        if is_over or boot != world.driver.boots or not world.driver.is_alive:
            return
        is_over = True
        if params["restart_after_s"] is None:
            world.process.end()
        else:
            world.process.crash(round(params["restart_after_s"] * NS_PER_S), world.host.disk.whole)

    kernel.at(fault.start_ns, tell)


def _pause(fault: PlannedFault, world: "World") -> None:
    """Have the processor do nothing, once for all of the fault or again and again."""
    every_s, each_ms = fault.params["every_s"], fault.params["each_ms"]
    if every_s is None:
        during(fault, world, lambda: _stand_still(world, fault.end_ns - fault.start_ns), None)
    else:
        each_ns = round(each_ms * NS_PER_MS)
        _repeat(fault, world, round(every_s * NS_PER_S), lambda: _stand_still(world, each_ns))


def _gc_pause(fault: PlannedFault, world: "World") -> None:
    """Stop for a full collection, as long as the live objects make it."""

    def collect() -> None:
        objects = fault.params["live_objects"] or _objects_of(world)
        _stand_still(world, collection_ns(objects))

    _repeat(fault, world, round(fault.params["every_s"] * NS_PER_S), collect)


def collection_ns(objects: int) -> int:
    """Give how long a full collection takes: measured for CPython 3.11, straight lines between."""
    for (low, low_ms), (high, high_ms) in pairwise(_COLLECTIONS):
        if objects <= high or (high, high_ms) == _COLLECTIONS[-1]:
            return max(0, (low_ms * (high - objects) + high_ms * (objects - low)) * NS_PER_MS // (high - low))
    raise AssertionError("there are at least two points")


def _objects_of(world: "World") -> int:
    return _BASE_OBJECTS + _OBJECTS_A_RECORD * sum(world.host.heap.footprint().values())


def _always() -> bool:
    return True


def _repeat(
    fault: PlannedFault,
    world: "World",
    every_ns: int,
    strike: Callable[[], None],
    is_felt: Callable[[], bool] = _always,
) -> None:
    def again() -> None:
        if world.kernel.now_ns < fault.end_ns:
            if is_felt():
                world.bit(fault)
            strike()
            world.kernel.at(world.kernel.now_ns + every_ns, again)

    world.kernel.at(fault.start_ns, again)


def _stand_still(world: "World", for_ns: int) -> None:
    until_ns = world.kernel.now_ns + for_ns

    def tell() -> None:
        world.oracle.slept(world.host.awake_ns())

    # Nobody is blamed for his sleep: not while it lasts, nor in what waits for the processor until it is over.
    world.kernel.at(until_ns, tell)
    world.host.sleep(until_ns)
    tell()


def _slow_cpu(fault: PlannedFault, world: "World") -> None:
    host, step_ns = world.host, round(fault.params["step_us"] * fault.params["factor"] * NS_PER_US)
    during(fault, world, lambda: setattr(host, "service_ns", step_ns), lambda: setattr(host, "service_ns", 0))


def _heap_budget(fault: PlannedFault, world: "World") -> None:
    """Set marks, and look ten times a second: tell the core, or kill its process."""
    params, heap, kernel = fault.params, world.host.heap, world.kernel
    soft, hard = params["soft_kib"] * KIB, params["hard_kib"] * KIB
    told_ns = 0

    def begin() -> None:
        heap.budget, heap.kill = Budget(soft, (soft + hard) // 2, hard), kill
        look()

    def kill() -> None:
        if world.driver.is_alive:
            world.bit(fault)
            world.process.kills += 1
            world.noted("hard_heap_mark")
            world.process.crash(round(params["restart_after_s"] * NS_PER_S), world.host.disk.whole)

    def look() -> None:
        nonlocal told_ns
        if heap.budget is None:
            return
        before, level = heap.level, heap.look()
        if level == HARD:
            kill()
        elif level != before or (level and kernel.now_ns - told_ns >= NS_PER_S):
            # Told again while it lasts: what has come since is shed as well.
            told_ns = kernel.now_ns
            world.bit(fault)
            _press(world, level)
        kernel.at(kernel.now_ns + _LOOK_NS, look)

    def end() -> None:
        heap.budget = None
        if heap.level:
            heap.look()
            world.driver.feed(events.MemoryPressure(0))

    during(fault, world, begin, end, bites=False)


def _press(world: "World", level: int) -> None:
    """Tell the process that memory is short, and see whether it lets go of anything."""
    kept = sum(world.host.heap.footprint().values())
    world.driver.feed(events.MemoryPressure(level))
    if level and sum(world.host.heap.footprint().values()) < kept:
        world.noted("queue_shed")


def _leak(fault: PlannedFault, world: "World") -> None:
    """Take a little more every time; a process that starts has lost nothing yet."""
    each = round(fault.params["kib_per_s"] * KIB * _LOOK_NS / NS_PER_S)

    def take() -> None:
        world.host.heap.unaccounted_bytes += each

    _repeat(fault, world, _LOOK_NS, take, lambda: world.host.heap.budget is not None)


def _alloc_spike(fault: PlannedFault, world: "World") -> None:
    """Take at once, and give back to the process that is still the same."""
    heap, taken, boot = world.host.heap, fault.params["kib"] * KIB, 0

    def take() -> None:
        nonlocal boot
        boot = world.driver.boots
        heap.unaccounted_bytes += taken

    def give_back() -> None:
        if heap.budget is not None:
            world.bit(fault)
        if boot == world.driver.boots:
            heap.unaccounted_bytes -= taken

    during(fault, world, take, give_back, bites=False)


def _memory_error(fault: PlannedFault, world: "World") -> None:
    """Have the n-th step raise once its state has moved: the worst moment for it."""
    nth, count, before = tuple(fault.params["nth"]), 0, world.driver.trip

    def trip(event: events.Event) -> None:
        nonlocal count
        before(event)
        if fault.start_ns <= world.kernel.now_ns < fault.end_ns:
            count += 1
            if count in nth:
                world.bit(fault)
                raise MemoryError

    world.driver.trip = trip


def _write_lost(fault: PlannedFault, world: "World") -> None:
    disk = world.host.disk

    def begin() -> None:
        disk.is_lying, disk.found_out = True, lambda: world.bit(fault)

    during(fault, world, begin, lambda: setattr(disk, "is_lying", False), bites=False)


def _slow_fsync(fault: PlannedFault, world: "World") -> None:
    disk, commit_ns = world.host.disk, round(fault.params["commit_ms"] * NS_PER_MS)
    during(fault, world, lambda: setattr(disk, "commit_ns", commit_ns), lambda: setattr(disk, "commit_ns", 0))


def _disk_full(fault: PlannedFault, world: "World") -> None:
    disk, error = world.host.disk, fault.params["error"]
    during(fault, world, lambda: setattr(disk, "failure", error), lambda: setattr(disk, "failure", ""))


INSTALL: Final[dict[str, Install]] = {
    "crash": _crash,
    "shutdown": _shutdown,
    "pause": _pause,
    "slow_cpu": _slow_cpu,
    "gc_pause": _gc_pause,
    "heap_budget": _heap_budget,
    "leak": _leak,
    "alloc_spike": _alloc_spike,
    "memory_error": _memory_error,
    "slow_fsync": _slow_fsync,
    "disk_full": _disk_full,
    "write_lost": _write_lost,
    **people.INSTALL,
}
