"""Memory runs out: told, at the hard mark, in the middle of a step, and for real in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from small_world import small_world

from sim.runs.job import Job
from sim.runs.seed import run_seed
from sim.runs.summary import summarise
from sim.scenario.load import load_scenarios
from strategy import events
from strategy.core import Core
from strategy.errors import OurMistake
from strategy.footprint import bounds_of
from strategy.journal import EventRecord

TESTS = Path(__file__).resolve().parents[1]
SCENARIO = TESTS.parent / "scenarios" / "memory_pressure.yaml"
HOARDER = "planted.hosts:sheds_nothing"

# A storm in which every kind of step has something to do.
STORM = (
    "{at_s: 4, for_s: 9, kind: ack_lost, prob: 0.2}, {at_s: 6, for_s: 8, kind: ack_lost_not_applied, prob: 0.2},"
    "{at_s: 9, kind: feed_gap, lost_messages: 5}, {at_s: 5, for_s: 6, kind: disk_full},"
    "{at_s: 3, for_s: 12, kind: message_loss, links: [private], prob: 0.3, messages: [order_filled]},"
    "{at_s: 12, for_s: 1, kind: heap_budget, soft_kib: 4, hard_kib: 90000}"
)


class RunsOut:
    """Raises MemoryError at the n-th line that ``strategy`` executes, once."""

    def __init__(self, at_line: int) -> None:
        self.left = at_line

    def __enter__(self):
        sys.settrace(self._enter)
        return self

    def __exit__(self, *_):
        sys.settrace(None)

    def _enter(self, frame, what, _arg):
        return self._line if "/strategy/" in frame.f_code.co_filename else None

    def _line(self, _frame, what, _arg):
        if what == "line":
            self.left -= 1
            if self.left == 0:
                raise MemoryError
        return self._line


class Remembering(Core):
    """Keeps, for every kind of event, its state before the first step that sent something, or the last."""

    kept: dict

    def step(self, now_ns, event):
        kind, before = type(event).__name__, None
        kept, sent = self.kept.get(kind, (None, False, None))[:2] if kind in self.kept else (None, False)
        if not sent:
            before = self.snapshot()
        leaving = super().step(now_ns, event)
        if not sent and (kept is None or leaving):
            self.kept[kind] = (before, bool(leaving), (now_ns, event))
        return leaving


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    kept: dict = {}
    factory = type("Kept", (Remembering,), {"kept": kept})
    world = small_world(tmp_path_factory.mktemp("steps"), seconds=24, calm_s=16, faults=STORM, factory=factory)
    for place, word in enumerate(WORDS):
        world.kernel.at((235 + place) * 10**8, world.driver.feed, word)
    assert "" == world.run().error
    return world.knobs, kept


# What this storm does not say by itself.
WORDS = (
    events.BookHeartbeat("BTCUSDT", 2**40, 0),
    events.RegimeChanged("BTCUSDT", "post_only", 0),
    events.OperatorSaid("flatten"),
    events.StreamDown("public"),
    events.Stopping(),
)


KINDS = (
    "Woke BookSnapshot BookDelta BookHeartbeat PublicTrade OrderAccepted OrderAmended OrderCancelled OrderFilled "
    "OrderReport OpenOrdersReport FillsReport Unanswered NotSent ClockSampled MarginSeen StreamUp MemoryPressure "
    "CancelAllAnswered Started RegimeChanged OperatorSaid StreamDown Stopping"
).split()


_UNTOUCHED_LINES = 2


def lines_of(knobs, before, now_ns, event) -> int:
    """Count the lines of a step."""
    core = Core.restore(knobs, before)
    counter = RunsOut(10**9)
    with counter:
        core.step(now_ns, event)
    return 10**9 - counter.left


@pytest.mark.parametrize("kind", KINDS)
def test_wherever_a_step_runs_out_of_memory_nothing_leaves_and_the_journal_rebuilds_the_core(steps, is_deep, kind):
    knobs, kept = steps
    before, _, (now_ns, event) = kept[kind]
    lines = lines_of(knobs, before, now_ns, event)
    assert lines > 10
    whole = Core.restore(knobs, before)
    whole.step(now_ns, event)
    for at_line in range(1, lines + 1, 1 if is_deep else max(1, lines // 25)):
        core, leaving = Core.restore(knobs, before), None
        with pytest.raises(MemoryError), RunsOut(at_line):
            leaving = core.step(now_ns, event)
        assert leaving is None, "nothing leaves"
        # Poisoned, but for the few lines before anything was touched and the one that hands the answer over.
        if at_line > _UNTOUCHED_LINES and at_line != lines:
            with pytest.raises(OurMistake):
                core.step(now_ns, events.Woke())
    rebuilt = Core(knobs)
    rebuilt.resume(before, [EventRecord(now_ns, event)])
    told, after = whole.belief(), rebuilt.belief()
    for one, other in zip(told.symbols, after.symbols, strict=True):
        assert (one.position_lots, one.cash) == (other.position_lots, other.cash), kind
    alive = [order.client_id for order in told.orders if order.state not in ("CLOSED", "ABSENT")]
    sent_now = [client_id for client_id in alive if client_id not in {order.client_id for order in after.orders}]
    # What the step would have created was never sent, and is not remembered either.
    assert all(client_id not in before.decode() for client_id in sent_now)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_in_the_world_a_step_that_runs_out_in_its_middle_is_survived(tmp_path, is_deep, share):
    """The line is in the middle of the core's own code, not after it; the oracle looks at what follows."""

    class Fragile(Core):
        trips = 0

        def step(self, now_ns, event):
            if now_ns < fragile_from_ns or Fragile.trips >= 3 or not isinstance(event, kind):
                return super().step(now_ns, event)
            Fragile.trips += 1
            with RunsOut(max(1, int(120 * share))):
                return super().step(now_ns, event)

    kinds = (events.OrderFilled, events.BookDelta, events.OrderAccepted, events.FillsReport, events.Woke)
    for seed, kind in enumerate(kinds if is_deep else kinds[:3], start=1):
        Fragile.trips = 0
        world = small_world(tmp_path, seconds=58, seed=seed, calm_s=27, factory=Fragile)
        fragile_from_ns = world.start_wall_ns + 10 * 10**9
        outcome = world.run()
        assert ("", []) == (outcome.error, world.oracle.breaches), (kind, share)
        assert world.driver.boots >= 2
        assert None not in world.oracle.recoveries_ns.values()


def test_several_seeds_of_every_fault_of_memory_break_nothing(tmp_path, is_deep):
    faults = (
        "{at_s: 8, for_s: 6, kind: heap_budget, soft_kib: 40, hard_kib: 140},"
        "{at_s: 8, for_s: 5, kind: leak, kib_per_s: 40}, {at_s: 15, kind: memory_error, nth: [3, 150, 151]},"
        "{at_s: 9, for_s: 15, kind: gc_pause, every_s: 2, live_objects: 400000}, {at_s: 20, for_s: 2.7, kind: pause},"
        "{at_s: 16, for_s: 6, kind: slow_cpu, factor: 40}"
    )
    kills = 0
    for seed in range(1, 101 if is_deep else 5):
        world = small_world(tmp_path, seconds=60, seed=seed, calm_s=28, faults=faults)
        outcome = world.run()
        assert ("", []) == (outcome.error, world.oracle.breaches), seed
        assert None not in world.oracle.recoveries_ns.values(), seed
        kills += world.process.kills
    assert kills > 0


def test_the_same_pressure_gives_the_same_digest(tmp_path):
    faults = (
        "{at_s: 8, for_s: 6, kind: heap_budget, soft_kib: 20, hard_kib: 60}, {at_s: 9, kind: memory_error, nth: [3]}"
    )
    digests = [small_world(tmp_path, seconds=20, faults=faults).run().digest for _ in range(2)]
    assert digests[0] == digests[1]


def test_a_bot_that_sheds_nothing_fails_the_scenario():
    (ready,) = load_scenarios([SCENARIO])
    assert summarise(ready, SCENARIO.name, [run_seed(Job(ready, 1, core=HOARDER))], ()).failed


CHILD = """
import json, resource, sys, tempfile
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from small_world import small_world
from strategy.core import Core

class Hoarder(Core):
    def __init__(self, knobs):
        super().__init__(knobs)
        self.hoard = []
    def step(self, now_ns, event):
        self.hoard.append(bytearray(1 << 20))
        return super().step(now_ns, event)

world = small_world(Path(tempfile.mkdtemp()), seconds=24, factory=Hoarder)
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (700 << 20),) * 2)
outcome = world.run()
print(json.dumps({
    "error": outcome.error, "boots": world.driver.boots, "breaches": [one.detail for one in world.oracle.breaches],
    "fills": len(world.venue.fills),
}))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no way to tell how much a process uses here")
def test_under_a_real_limit_the_bot_is_built_anew_again_and_again_and_breaks_nothing():
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(TESTS)], capture_output=True, text=True, timeout=300, cwd=TESTS.parent
    )
    assert 0 == done.returncode, done.stderr[-2000:]
    seen = json.loads(done.stdout)
    assert ("", []) == (seen["error"], seen["breaches"])
    assert seen["boots"] >= 2
    assert seen["fills"] > 10


def test_nothing_grows_over_a_long_run(tmp_path, is_deep):
    """After the windows have filled, what the core keeps stays as large as it is: 24 hours when deep."""
    hours = 24.0 if is_deep else 0.12
    sizes: list[int] = []
    world = small_world(
        tmp_path, seconds=hours * 3600, overrides="orders.closed_kept_max: 50, orders.forget_after_s: 30"
    )

    def look():
        counted = world.core.footprint()
        assert all(count <= world_bounds[name] for name, count in counted.items()), counted
        # Ids of fills grow to their bound over hours, and are counted by it.
        sizes.append(
            len(world.core.snapshot()) - sum(map(len, world.core._state.orders.fill_ids)) - 30 * counted["fill_ids"]
        )
        world.kernel.at(world.kernel.now_ns + 20 * 10**9, look)

    world_bounds = bounds_of(world.knobs)
    world.kernel.at(120 * 10**9, look)
    assert "" == world.run().error
    early, late = sizes[: len(sizes) // 3], sizes[-(len(sizes) // 3) :]
    assert max(late) < 1.25 * max(early)
