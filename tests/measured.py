"""A small simulated world that is watched as a live bot is: the same stopwatch, the same counts."""

from itertools import chain
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from small_world import small_world

from adapters.exposition import families
from adapters.families import process_families
from adapters.laps import Laps
from adapters.metrics import BUCKETS, OUTSIDE, Metrics
from adapters.scrape import render
from sim.world import World
from strategy import events
from strategy.core import Core
from strategy.units import NS_PER_S

Page = dict[str, dict[tuple[tuple[str, str], ...], float]]


def measured_world(folder: Path, seconds: float = 20, clock_ns: Any = None, **kinds: Any) -> tuple[World, Metrics]:
    """Build a world and the metrics that watch it; ``clock_ns`` is the stopwatch's, still by default."""
    laps = Laps(clock_ns or (lambda: 0))
    outside = kinds.pop("outside", {})
    world = small_world(folder, seconds, factory=lambda knobs: Core(knobs, stopwatch=laps), **kinds)
    metrics = Metrics(world.knobs, laps, lambda: world.driver.arrived_ns, outside)
    world.driver.watchers = (*world.driver.watchers, metrics)
    heard_before = world.driver.calls.leaving

    def left(now_ns: int, command: Any) -> None:
        heard_before(now_ns, command)
        metrics.left(now_ns, command)

    world.driver.calls.leaving = left
    start = world.driver.start

    def started(core: Any) -> None:
        metrics.begin(core)
        start(core)

    world.driver.start = started
    return world, metrics


def page_of(metrics: Metrics, now_ns: int) -> Page:
    """Scrape, and read the page as Prometheus would: samples by name and labels."""
    page: Page = {}
    for family in text_string_to_metric_families(render(families(metrics, now_ns)).decode()):
        for sample in family.samples:
            page.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return page


def of(page: Page, name: str, **labels: str) -> float:
    """Find the one sample with exactly these labels."""
    return page[name][tuple(sorted(labels.items()))]


def storm_page(folder: Path) -> bytes:
    """Give the page of a bot in a partition, with everything on it that can be there."""
    world, metrics = measured_world(
        folder,
        40,
        faults="{kind: partition, id: cut, at_s: 20, for_s: 12, links: [rest_up, rest_down, public, private]}",
        outside=dict.fromkeys(OUTSIDE, lambda: 1.0),
    )
    pages: list[bytes] = []

    def look() -> None:
        now_ns = world.host.now_ns()
        for bucket in BUCKETS:
            metrics.delivered(now_ns, events.BudgetSeen(bucket, 1, 0))
        pages.append(render(chain(families(metrics, now_ns), process_families())))

    world.kernel.at(31 * NS_PER_S, look)
    assert "" == world.run().error
    return pages[0]
