"""What happens to our own host: its process, its processor, its memory, its disk."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal, get_args

from pydantic import Field, Strict

from sim.scenario.faults.base import EveryS, Fault, Lasting
from sim.scenario.faults.ranges import Choice, Draw, LogUniform, Maybe, Several, TimesField, Uniform, Where
from strategy.file_model import CONTRADICTION, AboveZero, Complaint, CountAboveZero, relation

Journal = Literal["whole", "torn", "old", "lost", "flipped", "foreign"]


# No process starts sooner than this after another one has ended.
UntilRestart = Annotated[float, Field(ge=0.01, le=1e9)]


class Crash(Fault):
    """The bot's process dies with all it knows; what is on the wire goes on; later another one starts."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "restart_after_s": LogUniform(0.05, 60),
        "between": Maybe(0.6, Choice(("journal_and_send", "send_and_ack"))),
        "nth": Where(("between",), LogUniform(1, 30, whole=True)),
        "journal": Choice(get_args(Journal)),
        "old_s": Where(("journal",), LogUniform(0.5, 300), among=("old",)),
    }

    kind: Literal["crash"]
    """`crash`: the process dies and is started again."""
    restart_after_s: UntilRestart
    """How long until the next process starts, in seconds."""
    between: Literal["journal_and_send", "send_and_ack"] | None = None
    """Where in a create it dies: once the journal holds it, or once it has left; without it, at `at_s`."""
    nth: CountAboveZero = 1
    """Which create from `at_s` on it dies in, counted from 1; only with `between`."""
    journal: Journal = "whole"
    """What is left of it: `whole` (the machine lived), `torn` (what was committed), `old` (a copy), `lost`,
    `flipped` (one bit of it turned over), `foreign` (another instance's file stands there)."""
    old_s: AboveZero | None = None
    """How old the copy is at least, in seconds; only with `journal: old`, and needed there."""

    @relation("journal", "old_s")
    def _age_of_a_copy(self) -> Iterator[Complaint]:
        if (self.journal == "old") != (self.old_s is not None):
            yield Complaint(CONTRADICTION, ("old_s",), "'old_s' belongs to 'journal: old', and is needed there")

    @relation("between", "nth")
    def _nth_of_what(self) -> Iterator[Complaint]:
        if self.between is None and self.nth != 1:
            yield Complaint(CONTRADICTION, ("nth",), "'nth' counts creates: say 'between' which points it dies")


class Shutdown(Fault):
    """The bot is told to stop: it cancels, reads that nothing is left, and its process ends."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "interrupted_after_s": Maybe(0.5, LogUniform(0.01, 10)),
        "restart_after_s": LogUniform(0.05, 60),
    }

    kind: Literal["shutdown"]
    """`shutdown`: a graceful end."""
    deadline_s: AboveZero = 15
    """When the process is ended though it is not done, in seconds after it was told."""
    interrupted_after_s: AboveZero | None = None
    """When the process is killed in the middle of it, in seconds after it was told; without it, never."""
    restart_after_s: UntilRestart | None = None
    """How long after its end the next process starts, in seconds; without it, none does."""

    @relation("deadline_s", "interrupted_after_s")
    def _killed_before_it_is_ended(self) -> Iterator[Complaint]:
        if self.interrupted_after_s is not None and self.interrupted_after_s >= self.deadline_s:
            words = f"ended at its deadline_s ({self.deadline_s:g}) it cannot be interrupted later"
            yield Complaint(CONTRADICTION, ("interrupted_after_s",), words)


class Pause(Lasting):
    """The process stands still: a stolen processor, a long collection. Input piles up, timers are late."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(0.05, 30),
        "every_s": Maybe(0.4, LogUniform(1, 10)),
        "each_ms": Where(("every_s",), LogUniform(5, 900)),
    }

    kind: Literal["pause"]
    """`pause`: the process stands still, then takes everything in at once."""
    every_s: EveryS | None = None
    """How often it stands still anew while the fault lasts, in seconds; without it, once and for all of it."""
    each_ms: AboveZero | None = None
    """How long it stands still each time, in milliseconds; belongs to `every_s`."""

    @relation("every_s", "each_ms")
    def _both_or_none(self) -> Iterator[Complaint]:
        if (self.every_s is None) != (self.each_ms is None):
            yield Complaint(CONTRADICTION, ("each_ms",), "'every_s' and 'each_ms' belong together")


class SlowCpu(Lasting):
    """Every step takes time, and what it asks for leaves when it is over."""

    ALONE_BY = ""
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "factor": LogUniform(2, 1000),
    }

    kind: Literal["slow_cpu"]
    """`slow_cpu`: computing takes time."""
    step_us: AboveZero = 150
    """What a step takes on a healthy processor, in microseconds."""
    factor: Annotated[float, Field(gt=1, le=10_000)]
    """How many times slower this one is."""


class GcPause(Lasting):
    """The collector stops the process now and then, for longer the more objects live."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 240),
        "every_s": LogUniform(0.5, 30),
        "live_objects": LogUniform(50_000, 500_000, whole=True),
    }

    kind: Literal["gc_pause"]
    """`gc_pause`: full collections: 12 ms at 50 thousand objects, 81 at 200, 210 at 500."""
    every_s: EveryS
    """How often a full collection comes, in seconds."""
    live_objects: CountAboveZero | None = None
    """How many objects live; without it, as many as the bot's own footprint makes."""


class HeapBudget(Lasting):
    """The process may take only so much memory above what an empty one takes."""

    ALONE_BY = ""
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(10, 240),
        "soft_kib": LogUniform(64, 2000, whole=True),
        "hard_kib": TimesField("soft_kib", Uniform(1.2, 5), whole=True),
        "restart_after_s": LogUniform(0.5, 30),
    }

    kind: Literal["heap_budget"]
    """`heap_budget`: marks at which the bot is told, and one at which it is killed."""
    soft_kib: CountAboveZero
    """From here on it is told that memory is short, in KiB."""
    hard_kib: CountAboveZero
    """Here it is killed, in KiB; halfway between the two it is told that memory is tight."""
    restart_after_s: UntilRestart = 2
    """How long after a kill the next process starts, in seconds."""

    @relation("soft_kib", "hard_kib")
    def _soft_first(self) -> Iterator[Complaint]:
        if self.soft_kib >= self.hard_kib:
            yield Complaint(CONTRADICTION, ("soft_kib",), "soft_kib must be below hard_kib")


class Leak(Lasting):
    """The process loses memory that it cannot account for, until it ends."""

    NEEDS = "heap_budget"
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 240),
        "kib_per_s": LogUniform(0.5, 64),
    }

    kind: Literal["leak"]
    """`leak`: memory goes and does not come back; it bites where there is a `heap_budget`."""
    kib_per_s: AboveZero
    """How fast, in KiB a second."""


class AllocSpike(Lasting):
    """Something in the process takes much memory at once, and gives it back."""

    NEEDS = "heap_budget"
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(0.5, 60),
        "kib": LogUniform(50, 4000, whole=True),
    }

    kind: Literal["alloc_spike"]
    """`alloc_spike`: memory is taken and given back; it bites where there is a `heap_budget`."""
    kib: CountAboveZero
    """How much, in KiB."""


class MemoryErrors(Fault):
    """Steps of the bot run out of memory in the middle: nothing of them is sent, the bot is built anew."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "nth": Several(LogUniform(1, 3000, whole=True), most=4),
    }

    kind: Literal["memory_error"]
    """`memory_error`: a step raises."""
    nth: Annotated[tuple[CountAboveZero, ...], Strict(False), Field(min_length=1)]
    """Which steps from `at_s` on, counted from 1 over all processes."""


class SlowFsync(Lasting):
    """A commit of the journal takes long: what waits for it leaves late, or not at all."""

    ALONE_BY = ""
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "commit_ms": LogUniform(10, 2000),
    }

    kind: Literal["slow_fsync"]
    """`slow_fsync`: the disk is slow."""
    commit_ms: AboveZero
    """How long a commit takes, in milliseconds."""


class DiskFull(Lasting):
    """Nothing can be written: what must be written first does not leave, cancels still do."""

    ALONE_BY = ""
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(0.5, 90),
        "error": Choice(("ENOSPC", "EIO")),
    }

    kind: Literal["disk_full"]
    """`disk_full`: the journal refuses."""
    error: Literal["ENOSPC", "EIO"] = "ENOSPC"
    """What the disk says: no space left, or an input/output error."""


class WriteLost(Lasting):
    """The disk says that a commit came through, and holds nothing of it until an honest one takes it along.

    It shows when the machine goes down: a `crash` with `journal: torn` finds what there was when it began.
    """

    ALONE_BY = ""
    NEEDS = "crash"
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
    }

    kind: Literal["write_lost"]
    """`write_lost`: commits are lost before they are safe; it bites at a `crash` with `journal: torn`."""


MODELS: Final[tuple[type[Fault], ...]] = (
    Crash,
    Shutdown,
    Pause,
    SlowCpu,
    GcPause,
    HeapBudget,
    Leak,
    AllocSpike,
    MemoryErrors,
    SlowFsync,
    DiskFull,
    WriteLost,
)
EXAMPLES: Final = {
    "crash": "{at_s: 10, kind: crash, between: journal_and_send, nth: 3, restart_after_s: 5, journal: torn}",
    "shutdown": "{at_s: 10, kind: shutdown, interrupted_after_s: 0.1, restart_after_s: 3}",
    "pause": "{at_s: 10, for_s: 3, kind: pause}",
    "slow_cpu": "{at_s: 10, for_s: 20, kind: slow_cpu, factor: 60}",
    "gc_pause": "{at_s: 10, for_s: 20, kind: gc_pause, every_s: 2, live_objects: 200000}",
    "heap_budget": "{at_s: 10, kind: heap_budget, soft_kib: 300, hard_kib: 900}",
    "leak": "{at_s: 10, for_s: 20, kind: leak, kib_per_s: 8}",
    "alloc_spike": "{at_s: 10, for_s: 5, kind: alloc_spike, kib: 500}",
    "memory_error": "{at_s: 10, kind: memory_error, nth: [1, 400]}",
    "slow_fsync": "{at_s: 10, for_s: 20, kind: slow_fsync, commit_ms: 120}",
    "disk_full": "{at_s: 10, for_s: 20, kind: disk_full, error: ENOSPC}",
    "write_lost": "{at_s: 10, for_s: 20, kind: write_lost}",
}
