"""A live bot shows what scenarios have gates on, by their names and definitions."""

import pytest
from measured import measured_world
from quoting import KNOBS

from adapters.gates import Uptime, gates_so_far, p95_ms
from adapters.heartbeat import Beat, Heart, SymbolState, last_beat
from adapters.laps import Laps
from adapters.metrics import Metrics
from sim.runs.metrics import metrics_of
from sim.scenario.metrics import METRICS
from strategy.breakdown import Histogram
from strategy.units import NS_PER_MS

BOTH, ONE = SymbolState(symbol="A", bid="1", ask="2"), SymbolState(symbol="B", bid="1")


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    world, metrics = measured_world(tmp_path_factory.mktemp("calm"), 30)
    assert "" == world.run().error
    return world, gates_so_far(metrics, Uptime(), world.host.now_ns())


def test_they_are_the_run_s_own_figures(calm):
    world, so_far = calm
    run = metrics_of(world)
    assert so_far["fills"] == run["fills"]["value"] > 10
    for name in ("net_bps", "net_ex_fees_bps", "capture_bps", "slippage_bps"):
        assert run[name]["value"] == pytest.approx(so_far[name], abs=0.5), name
    assert run["taker_share_pct"]["value"] == pytest.approx(so_far["taker_share_pct"], abs=0.01)


def test_their_names_are_those_of_gates(calm):
    _, so_far = calm
    assert {name.removesuffix("_p95") for name in so_far} <= set(METRICS)


def test_the_95th_percentile_is_the_end_of_its_bucket():
    histogram = Histogram()
    for ms, count in ((3, 94), (60, 5), (9000, 1)):
        for _ in range(count):
            histogram.add(ms * NS_PER_MS)
    assert 75.0 == p95_ms(histogram)
    for _ in range(100):
        histogram.add(9000 * NS_PER_MS)
    assert float("inf") == p95_ms(histogram)


def test_a_heartbeat_can_be_read_whatever_they_are(tmp_path):
    metrics = Metrics(KNOBS, Laps(lambda: 0), lambda: 0)
    metrics.cycle_ms.add(9000 * NS_PER_MS)
    gates = gates_so_far(metrics, Uptime(), 1)
    assert "cycle_ms_p95" not in gates
    heart = Heart(tmp_path)
    heart.beat(Beat(state="quoting", mode="real", session="s", venue="v", gates=gates))
    heart.close()
    assert gates == last_beat(tmp_path).gates


def test_up_is_when_both_quotes_of_every_symbol_rest():
    uptime = Uptime()
    assert 0.0 == uptime.pct
    for look in ((BOTH,), (BOTH, ONE), (BOTH, BOTH), (ONE,)):
        uptime.look(look)
    assert 50.0 == uptime.pct
