"""The speed of the quote loop in simulated time: three ways to send what one step asks for.

Run with ``-s`` to see the table that docs/performance.md keeps. Nothing here is a benchmark of this
machine: latencies are the reference's, and the same seed gives the same figures everywhere.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist

import pytest

from sim.plan import expand
from sim.runs.metrics import metrics_of, stats_of
from sim.scenario.load import load_scenarios
from sim.world import World
from strategy import events
from strategy.core import Core
from strategy.cycles import Cycle
from strategy.units import NS_PER_MS

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
MEDIAN_MS, SIGMA = 66.0, 0.3
SYMBOLS = 4
# Computing time is charged: what a step of four symbols takes and more, and a commit of the journal.
STEP_NS = NS_PER_MS // 2
COMMIT_NS = 2 * NS_PER_MS
DEFAULT_TIER = "default"
# What the guard thinks of a slow loop is measured apart: a loop that waits for its own line looks
# like a slow venue, and the guard would halt it before there is anything to measure.
PATIENT = {
    "guard.round_trip_ms.soft_enter": 2000,
    "guard.round_trip_ms.soft_exit": 1900,
    "guard.round_trip_ms.hard_enter": 3000,
    "guard.round_trip_ms.hard_exit": 2900,
}
# The fourth request of a cycle leaves after three round trips: a quote must be allowed to be that old.
IN_LINE = {"orders.send_within_ms": 500}


class Loop:
    """What one world says of its loop."""

    def __init__(self, name: str, world: World, refused: int) -> None:
        self.name = name
        self.metrics = metrics_of(world)
        self.cycles = [cycle for cycle in world.measures.loop.cycles.values() if not cycle.open_items and cycle.calls]
        self.refused = refused

    def of_calls(self, calls: int) -> list[float]:
        """Give the cycles of so many requests that found nobody before them in line."""
        return [
            cycle.length_ms
            for cycle in self.cycles
            if cycle.calls == calls and cycle.left_ns - cycle.started_ns < 2 * (STEP_NS + COMMIT_NS)
        ]

    def of_many_orders(self) -> list[float]:
        return [cycle.length_ms for cycle in self.cycles if cycle.items >= SYMBOLS]

    @property
    def quotes_per_s(self) -> float:
        return self.metrics["quotes_per_s"]["value"]

    def row(self) -> str:
        all_ms, many = stats_of([cycle.length_ms for cycle in self.cycles]), stats_of(self.of_many_orders() or [0.0])
        calls = sum(cycle.calls for cycle in self.cycles) / sum(cycle.items for cycle in self.cycles)
        figures = (all_ms["p50"], all_ms["p95"], all_ms["p99"], many["p50"], many["p95"], self.quotes_per_s)
        return f"| {self.name} | " + " | ".join(f"{one:.0f}" for one in figures) + f" | {calls:.2f} |"


class Refusals:
    """Counts what the venue's rate limit refused."""

    count = 0

    def delivered(self, now_ns, event) -> None:
        self.count += isinstance(event, events.Unanswered) and event.code == "rate_limit"

    def sent(self, now_ns, command) -> None:
        pass

    def stepped(self, now_ns, leaving, event) -> None:
        pass


HEAD = """\
| loop | cycle p50 ms | p95 | p99 | four orders and more: p50 | p95 | quotes/s | requests per order |
|---|---|---|---|---|---|---|---|"""


def played(
    folder: Path, name: str, dispatch: str, overrides: dict[str, float], tier: str = "", seconds: int = 60
) -> Loop:
    """Run the scenario, changed."""
    text = (SCENARIOS / "batch_latency.yaml").read_text()
    text = text.replace("duration_s: 60", f"duration_s: {seconds}")
    text = text.replace("configs/default.yaml", str(SCENARIOS / "configs" / "default.yaml"))
    changes = "".join(f"    {key}: {value}\n" for key, value in overrides.items())
    text = text.replace("    loop.dispatch: batched\n", f"    loop.dispatch: {dispatch}\n{changes}")
    if tier:
        text = text.replace("tier: vip3", f"tier: {tier}")
        text = text.replace("pacing.orders_per_s: 60", "pacing.orders_per_s: 10")
        text = text.replace("pacing.burst: 60", "pacing.burst: 20")
    path = folder / "batch_latency.yaml"
    path.write_text(text)
    (ready,) = load_scenarios([path])
    world = World(ready, expand(ready, 1), Core)
    world.host.service_ns, world.host.disk.commit_ns = STEP_NS, COMMIT_NS
    refusals = Refusals()
    world.driver.watchers = (*world.driver.watchers, refusals)
    outcome = world.run()
    assert (outcome.error, world.oracle.breaches) == ("", [])
    return Loop(name, world, refusals.count)


@pytest.fixture(scope="module")
def loops(tmp_path_factory) -> dict[str, Loop]:
    folder = tmp_path_factory.mktemp("loops")
    made = {
        "sequential": played(folder, "sequential", "sequential", {**PATIENT, **IN_LINE}, seconds=240),
        "concurrent": played(folder, "concurrent", "concurrent", PATIENT),
        "batched": played(folder, "batched", "batched", PATIENT),
        "default tier": played(folder, "batched, default tier", "batched", PATIENT, DEFAULT_TIER),
        "guarded": played(folder, "sequential, the guard as it is", "sequential", IN_LINE, seconds=240),
    }
    print("\n" + "\n".join([HEAD, *(one.row() for one in made.values())]))
    four = made["sequential"].of_calls(SYMBOLS)
    print(f"sequential, four requests, nobody before them: p50 {stats_of(four)['p50']:.0f} ms, p95 {p95(four):.0f}")
    print(f"the arithmetic expects: one request p95 {slowest_ms(1, 0.95):.0f} ms, p99 {slowest_ms(1, 0.99):.0f}")
    print(f"  the slower of two requests at once p95 {slowest_ms(2, 0.95):.0f} ms, of eight {slowest_ms(8, 0.95):.0f}")
    print(f"  four requests one after the other p50 {in_a_row_ms(0.5):.0f} ms, p95 {in_a_row_ms(0.95):.0f}")
    return made


def slowest_ms(calls: int, share: float) -> float:
    """Give the quantile of the slowest of so many independent round trips."""
    return MEDIAN_MS * 2.718281828459045 ** (SIGMA * NormalDist().inv_cdf(share ** (1 / calls)))


def in_a_row_ms(share: float, draws: int = 40_000) -> float:
    """Give the quantile of four round trips one after the other: no formula, so drawn."""
    dice = random.Random(1)
    sums = sorted(
        sum(MEDIAN_MS * 2.718281828459045 ** (SIGMA * dice.gauss(0, 1)) for _ in range(SYMBOLS)) for _ in range(draws)
    )
    return sums[int(share * draws)]


def p95(samples: Sequence[float]) -> float:
    return stats_of(samples)["p95"]


def slowest_call_ms(cycle: Cycle) -> float:
    return cycle.slowest_ns / NS_PER_MS


def test_one_symbol_after_the_other_takes_what_four_round_trips_take(loops):
    """It follows from the latencies: near 350 ms."""
    four = loops["sequential"].of_calls(SYMBOLS)
    assert len(four) > 50, "too few cycles of four requests to speak of a percentile"
    expected = in_a_row_ms(0.95)
    assert 330 < expected < 370
    assert abs(p95(four) - expected) < 0.1 * expected


def test_a_batched_loop_needs_one_round_trip(loops):
    cycle_ms = loops["batched"].metrics["cycle_ms"]
    assert (cycle_ms["p95"] < 150, cycle_ms["p99"] < 200) == (True, True)


def test_it_quotes_forty_times_a_second_at_the_named_tier_and_the_venue_refuses_nothing(loops):
    assert loops["batched"].quotes_per_s >= 40
    assert 0 == loops["batched"].refused


def test_the_default_tier_is_the_limit_there_not_the_loop(loops):
    """Ten orders a second, less what cancels take: no more, and not much less."""
    slow = loops["default tier"]
    assert 5 < slow.quotes_per_s <= 10.5
    assert (slow.metrics["cycle_ms"]["p95"] < 150, slow.refused) == (True, 0)


def test_the_batch_halves_the_time_of_many_orders(loops):
    one_by_one, batched = (loops[name].of_many_orders() for name in ("sequential", "batched"))
    assert min(len(one_by_one), len(batched)) > 30
    for stat in ("p50", "p95"):
        assert stats_of(batched)[stat] <= 0.5 * stats_of(one_by_one)[stat]


@pytest.mark.parametrize("name", ["concurrent", "batched"])
def test_the_loop_adds_next_to_nothing_to_the_slowest_of_its_own_requests(loops, name):
    """The physical limit, computing time charged: 1.1 times the p95 of the maximum over a cycle's calls."""
    cycles = loops[name].cycles
    limit = p95([slowest_call_ms(cycle) for cycle in cycles])
    assert p95([cycle.length_ms for cycle in cycles]) <= 1.1 * limit


def test_what_is_said_of_requests_is_what_the_reference_says(loops):
    """The world really has the latency all figures are in: 66 ms, p95 108."""
    single = [slowest_call_ms(cycle) for cycle in loops["batched"].cycles if cycle.calls == 1]
    assert abs(stats_of(single)["p50"] - MEDIAN_MS) < 3
    assert abs(p95(single) - slowest_ms(1, 0.95)) < 5


def test_a_guard_that_takes_the_line_for_a_slow_venue_stops_a_sequential_loop(loops):
    """In the same four minutes: its p95 is near the mark, and a window passes it now and then."""
    guarded, patient = loops["guarded"], loops["sequential"]
    assert guarded.metrics["halts"]["value"] > patient.metrics["halts"]["value"]
    assert guarded.quotes_per_s < patient.quotes_per_s
