"""Whatever the fault: without it others propose the same, and until it begins the trace is the same.

Every kind by its own example, in a small world beside the same world without it. Quick runs take every
fifth kind, each time the same; ``--chaos`` takes all.
"""

import re

import pytest
from small_world import small_scenario

from sim.plan import expand, without
from sim.runs.seed import flow_of
from sim.scenario.faults import EXAMPLES, KINDS
from sim.world import World
from strategy.core import Core
from strategy.units import NS_PER_S

START_S = 3
SECONDS = 8
_EVERY = 5


def example_of(kind):
    """Give the kind's own example, called x, beginning when a few quotes stand."""
    text = re.sub(r"\bid: *[^,}]+, *", "", EXAMPLES[kind])
    return re.sub(r"at_s: *[\d.]+", f"id: x, at_s: {START_S}", text)


def both(tmp_path, kind):
    scenario = small_scenario(
        tmp_path, SECONDS, faults=example_of(kind), calm_s=SECONDS - 0.5, symbols="[BTCUSDT, ETHUSDT]"
    )
    planned = expand(scenario, 1)
    worlds = World(scenario, planned, Core), World(scenario, without(planned, ("x",)), Core)
    for world in worlds:
        world.begin()
    return worlds


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_it_changes_neither_the_past_nor_the_flow_of_others(tmp_path, kind, is_deep):
    if not is_deep and sorted(KINDS).index(kind) % _EVERY:
        pytest.skip("every kind with --chaos")
    worlds = both(tmp_path, kind)
    for world in worlds:
        world.advance(START_S * NS_PER_S - 1)
    with_it, without_it = worlds
    assert with_it.trace.records > 50
    assert with_it.trace.digest() == without_it.trace.digest()
    for world in worlds:
        world.advance(SECONDS * NS_PER_S)
    until_ns = [world.kernel.now_ns for world in worlds]
    assert [SECONDS * NS_PER_S] * 2 == until_ns, "both ran to their end"
    assert flow_of(with_it) == flow_of(without_it)
