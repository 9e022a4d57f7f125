"""The life of the bot's process: it starts, dies as it stands, and starts again from what the disk kept.

A process that starts anchors its clock at the host's wall clock, gets a session name that was never
used, takes over what the journal kept if its core can (``resume``), and connects anew. What an
earlier process had put on the wire goes on; nobody hears the answer.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from sim.host.disk import Kept
from strategy.units import NS_PER_MS

if TYPE_CHECKING:
    from sim.world import World

# How long it takes to build the bot anew after a step that raised.
_REBUILD_NS: Final = 500 * NS_PER_MS
_SESSION_MAX: Final = 24
# Name and seed together: a client id has 36 characters, of which five are for the numbers of its orders.
_WITH_SEED_MAX: Final = 30
_RESTARTED_MAX: Final = 20


class Process:
    """Starts and ends the processes of one world, one at a time."""

    def __init__(self, world: "World") -> None:
        """Nothing runs yet."""
        self._world = world
        world.driver.ran_out = self.ran_out_of_memory
        self.kills = 0  # by the hard mark of its memory
        self.restarts_ns: list[int] = []  # when a process took over from one that had died, true time
        self.upon_start: list[Callable[[], None]] = []  # what the next process is told first, once

    def start(self, core: Any, kept: Kept | None = None) -> None:
        """Begin a process with this core; ``kept`` is what an earlier one left."""
        world = self._world
        world.host.begin()
        resume = getattr(core, "resume", None)
        if kept is not None and resume is not None:
            if kept.owner:
                kept = Kept()  # another instance's: put aside, and begun with nothing
            resume(kept.snapshot, kept.read.records)
        world.core = core
        world.host.heap.begin(getattr(core, "footprint", None))
        world.driver.start(core)
        if kept is not None:
            self.restarts_ns.append(world.kernel.now_ns)
            world.connect_requests()
            world.driver.begun = self._begun_again
        world.trace.record("boot", world.kernel.now_ns, world.driver.boots)
        world.driver.begin(self._session())
        if world.driver.is_alive:  # it may have died over its first word
            world.connect_streams()
        waiting, self.upon_start = self.upon_start, []
        for tell in waiting:
            tell()

    def _begun_again(self) -> None:
        """See that a process which took over begins its work: from now on it can be asked for something."""
        world = self._world
        world.oracle.slept(world.host.steady_ns())
        world.oracle.process_started(world.host.steady_ns(), world.host.disk.safe_ids)

    def crash(self, restart_after_ns: int, kept: Callable[[], Kept]) -> None:
        """End the process as it stands, and begin another one later from what the disk keeps.

        ``kept`` is asked at once: it says what of the journal outlives this instant.
        """
        world = self._world
        if not world.driver.is_alive:
            return
        world.trace.record("crash", world.kernel.now_ns, world.driver.boots)
        world.driver.die()
        world.hang_up()
        world.kernel.at(world.kernel.now_ns + restart_after_ns, self._again, kept())

    def end(self) -> None:
        """End the process for good: nobody starts another."""
        world = self._world
        if world.driver.is_alive:
            world.trace.record("end of process", world.kernel.now_ns, world.driver.boots)
            world.driver.die()
            world.hang_up()

    def ran_out_of_memory(self) -> None:
        """A step raised: nothing of it is sent. The driver cancels everything, and the bot is built anew."""
        world = self._world
        world.driver.cancel_all()
        self.crash(_REBUILD_NS, world.host.disk.whole)

    def _again(self, kept: Kept) -> None:
        world = self._world
        if not world.driver.is_alive:
            self.start(world.factory(world.knobs), kept)

    def _session(self) -> str:
        """Name the session of this boot; two never share one, nor can their client ids meet."""
        name = re.sub(r"[^A-Za-z0-9_-]", "-", self._world.scenario.name)
        seed, boot = self._world.plan.seed, self._world.driver.boots
        tail, name_max = (f"-{seed}", _SESSION_MAX) if boot == 1 else (f"-{seed}_{boot}", _RESTARTED_MAX)
        return name[: min(name_max, _WITH_SEED_MAX - len(tail))] + tail
