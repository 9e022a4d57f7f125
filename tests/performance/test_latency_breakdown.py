"""Where a cycle's time goes, measured: computing by this machine's clock, the wait for the venue in simulated time.

Run with ``-s`` to see the table. Asserted are shares and sums, never seconds: the parts of a step
explain the step, and the wait explains the cycle.
"""

import os
import sys
import time
from pathlib import Path

import msgspec
import pytest

from sim.plan import expand
from sim.scenario.load import load_scenarios
from sim.world import World
from strategy import commands, events
from strategy.breakdown import COMPONENT_OF, COMPONENTS, DECODE, JOURNAL, REST, Breakdown
from strategy.core import Core
from strategy.journal import IntentRecord, line_of
from strategy.units import NS_PER_MS

SCENARIO = Path(__file__).resolve().parents[2] / "scenarios" / "batch_latency.yaml"
# The parts of a step must add up to so much of what the step took as a whole.
EXPLAINED_MIN = 0.9


class Measured(Core):
    """A core on a driver that decodes bytes, journals what leaves, and looks at the clock in between."""

    def __init__(self, knobs, journal) -> None:
        self.spans: dict[str, int] = {}
        self.cycles: dict[int, tuple[dict[str, int], int]] = {}  # by cycle: its parts, and the whole
        self._journal, self._at_ns = journal, 0
        self._encode, self._decode = msgspec.json.Encoder(), msgspec.json.Decoder(events.Event)
        super().__init__(knobs, stopwatch=lambda name: self._lap(COMPONENT_OF[name] or DECODE))

    def step(self, now_ns, event):
        data = self._encode.encode(event)  # what a live driver would find on its socket
        self.spans, began_ns = {}, time.perf_counter_ns()
        self._at_ns = began_ns
        event = self._decode.decode(data)
        leaving = super().step(now_ns, event)
        self._write([one for one in leaving if isinstance(one, commands.CreateOrder | commands.AmendOrder)], now_ns)
        self._lap(JOURNAL)
        whole_ns = time.perf_counter_ns() - began_ns
        cycle_id = next((one.cycle_id for one in leaving if getattr(one, "cycle_id", 0)), 0)
        if cycle_id:
            self.cycles[cycle_id] = self.spans, whole_ns
        return leaving

    def _write(self, intents, now_ns) -> None:
        for one in intents:
            self._journal.write(line_of(IntentRecord(now_ns, one)))
        if intents:
            self._journal.flush()
            os.fsync(self._journal.fileno())

    def _lap(self, component: str) -> None:
        now_ns = time.perf_counter_ns()
        self.spans[component] = self.spans.get(component, 0) + now_ns - self._at_ns
        self._at_ns = now_ns


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    if sys.gettrace() is not None:
        pytest.skip("a tracer slows what it watches, so a share says nothing")
    (ready,) = load_scenarios([SCENARIO])
    with (tmp_path_factory.mktemp("journal") / "journal").open("wb") as journal:
        world = World(ready, expand(ready, 1), lambda knobs: Measured(knobs, journal))
        assert "" == world.run().error
    breakdown, wholes_ms = Breakdown(), []
    for cycle_id, (spans, whole_ns) in world.core.cycles.items():
        cycle = world.measures.loop.cycles[cycle_id]
        if cycle.open_items or not cycle.calls:
            continue
        breakdown.add({**spans, REST: int(cycle.length_ms * NS_PER_MS)})
        wholes_ms.append(whole_ns / NS_PER_MS + cycle.length_ms)
    print("\n| component | mean ms | share |\n|---|---|---|")
    for name, histogram in breakdown.histograms.items():
        print(f"| {name} | {histogram.mean_ms:.4f} | {100 * histogram.mean_ms / breakdown.sum_ms():.2f} % |")
    print(f"| all | {breakdown.sum_ms():.3f} | of a cycle of {sum(wholes_ms) / len(wholes_ms):.3f} ms |")
    return world, breakdown, wholes_ms


def test_every_component_was_measured_on_every_cycle(measured):
    _, breakdown, wholes_ms = measured
    assert len(wholes_ms) > 1000
    assert {name: len(wholes_ms) for name in COMPONENTS} == {
        name: one.count for name, one in breakdown.histograms.items()
    }
    assert all(one.sum_ns > 0 and sum(one.counts) == one.count for one in breakdown.histograms.values())


def test_the_components_explain_the_cycle(measured):
    """Together they are the cycle, to one part in a hundred; without the wait, still nine tenths of the computing."""
    world, breakdown, wholes_ms = measured
    assert sum(wholes_ms) / len(wholes_ms) == pytest.approx(breakdown.sum_ms(), rel=0.01)
    parts_ns = sum(sum(spans.values()) for spans, _ in world.core.cycles.values())
    whole_ns = sum(whole_ns for _, whole_ns in world.core.cycles.values())
    assert EXPLAINED_MIN * whole_ns <= parts_ns <= whole_ns


def test_the_wait_for_the_venue_is_nearly_all_of_it(measured):
    """What can be won by faster code is a small part: the loop is at its physical limit. Disks differ, so apart."""
    _, breakdown, _ = measured
    rest_ms, journal_ms = (breakdown.histograms[name].mean_ms for name in (REST, JOURNAL))
    assert rest_ms > 0.95 * (breakdown.sum_ms() - journal_ms)


def test_a_stopwatch_decides_nothing(tmp_path):
    (ready,) = load_scenarios([SCENARIO])
    laps: list[str] = []
    digests = []
    for factory in (Core, lambda knobs: Core(knobs, stopwatch=laps.append)):
        plan = msgspec.structs.replace(expand(ready, 1), duration_ns=5 * 10**9)
        digests.append(World(ready, plan, factory).run().digest)
    assert digests[0] == digests[1]
    assert set(laps) == set(COMPONENT_OF) - {"symmetric", "closed_form"}
