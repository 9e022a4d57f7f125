"""Without market data but what is asked for: the cache serves, saves a round trip, and no storm breaks a promise."""

from pathlib import Path

import pytest
from small_world import small_world

from sim.plan import expand
from sim.runs.metrics import metrics_of, stats_of
from sim.scenario.load import load_scenarios
from sim.world import World
from strategy import commands
from strategy.core import Core
from strategy.units import NS_PER_S

SCENARIO = Path(__file__).resolve().parents[2] / "scenarios" / "rest_only.yaml"
# The stream is silent from 20 s on and given up some seconds later; the calm begins at 220 s.
DEAF_S = (30, 219)


def played(folder: Path, ttl_ms: int, seed: int) -> World:
    """Play the shipped scenario with another lifetime of books."""
    text = SCENARIO.read_text().replace("configs/default.yaml", str(SCENARIO.parent / "configs" / "default.yaml"))
    text = text.replace("    pacing.burst: 60\n", f"    pacing.burst: 60\n    feed.cache_ttl_ms: {ttl_ms}\n")
    path = folder / f"rest_only_{ttl_ms}.yaml"
    path.write_text(text)
    (ready,) = load_scenarios([path])
    world = World(ready, expand(ready, seed), Core)
    assert ("", []) == (world.run().error, world.oracle.breaches)
    return world


def cycles_ms(world: World) -> dict[str, float]:
    """Give how long cycles took while there was no stream."""
    begin_ns, end_ns = (world.start_wall_ns + at_s * NS_PER_S for at_s in DEAF_S)
    cycles = world.measures.loop.cycles.values()
    return stats_of([one.length_ms for one in cycles if not one.open_items and begin_ns < one.started_ns < end_ns])


def test_the_cache_serves_most_decisions_and_saves_a_good_part_of_a_round_trip(tmp_path, is_deep):
    """Both in one run: more than 70 % from the cache, and a cycle at least 20 ms faster than without one."""
    for seed in range(1, 21) if is_deep else (1,):
        kept, fetched = (played(tmp_path, ttl_ms, seed) for ttl_ms in (100, 0))
        hit_pct = metrics_of(kept)["cache_hit_pct"]["value"]
        on_ms, off_ms = cycles_ms(kept), cycles_ms(fetched)
        for name, one in (("cache on", on_ms), ("cache off", off_ms)):
            print(f"\n{name}: cycle mean {one['value']:.0f} ms, p50 {one['p50']:.0f}, p95 {one['p95']:.0f}", end="")
        print(f"; {hit_pct:.0f} % served from the cache")
        assert hit_pct > 70
        assert 0 == metrics_of(fetched)["cache_hit_pct"]["value"]
        for stat in ("value", "p50", "p95"):
            assert on_ms[stat] <= off_ms[stat] - 20


@pytest.mark.parametrize(
    "fault",
    [
        "{at_s: 5, for_s: 60, kind: message_loss, links: [rest_up, rest_down], prob: 0.3}",
        "{at_s: 5, for_s: 60, kind: latency_spike, links: [rest_down], extra_p50_ms: 150, extra_p99_ms: 900}",
        "{at_s: 20, for_s: 20, kind: message_loss, links: [rest_down], prob: 1.0}",
        "{at_s: 5, for_s: 60, kind: ack_lost, prob: 0.3}",
    ],
    ids=["loss", "slow", "no answers", "lost acknowledgements"],
)
def test_books_by_rest_in_a_storm_break_no_promise(tmp_path, fault, is_deep):
    for seed in range(1, 31) if is_deep else (1, 2):
        world = small_world(
            tmp_path,
            seconds=110,
            seed=seed,
            faults=fault,
            calm_s=70,
            market="venue.public_stream: false",
            overrides="pacing.queries_per_s: 20",
        )
        outcome = world.run()
        assert ("", []) == (outcome.error, world.oracle.breaches), f"seed {seed}"
        assert world.standing["BTCUSDT"].two_sided > 100


def test_a_bot_that_never_asks_for_a_book_shows_nothing(tmp_path):
    """What the scenario is for: without fetching, three minutes are lost."""

    class Eyeless(Core):
        def step(self, now_ns, event):
            leaving = super().step(now_ns, event)
            return tuple(one for one in leaving if not isinstance(one, commands.RequestBook))

    world = small_world(tmp_path, seconds=20, factory=Eyeless, market="venue.public_stream: false")
    world.run()
    assert 0 == world.standing["BTCUSDT"].two_sided
