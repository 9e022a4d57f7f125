"""The network storm, three packets in ten lost and worse: no promise broken, calm reached, every fault felt."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace
from small_world import small_scenario

from sim.faults.packets import PacketLoss
from sim.plan import expand
from sim.scenario.load import load_scenarios
from sim.wire import PRIVATE, PUBLIC, REST_DOWN, REST_UP
from sim.world import World
from strategy import events
from strategy.core import Core
from strategy.units import NS_PER_S

PATH = Path(__file__).resolve().parents[2] / "scenarios" / "network_partition.yaml"
LINKS = (REST_UP, REST_DOWN, PUBLIC, PRIVATE)


class Told:
    """Counts what the bot was told, by kind and by why."""

    def __init__(self, world) -> None:
        self.counts = Counter()
        world.driver.watchers = (*world.driver.watchers, self)

    def delivered(self, now_ns, event):
        why = getattr(event, "reason", "") or getattr(event, "code", "") or getattr(event, "stream", "")
        self.counts[type(event).__name__, why] += 1

    def sent(self, now_ns, command):
        pass

    def stepped(self, now_ns, leaving, event):
        pass


@cache
def scenario():
    (ready,) = load_scenarios([PATH])
    return ready


def played(seed, without=(), only=(), until_s=None):
    plan = expand(scenario(), seed, until_s)
    faults = tuple(one for one in plan.faults if one.id not in without and (not only or one.id in only))
    world = World(scenario(), replace(plan, faults=faults), Core)
    told = Told(world)
    return world, told.counts, world.run()


def seeds_of(is_deep, quick=2):
    return range(1, (100 if is_deep else quick) + 1)


def test_no_promise_is_broken_and_calm_is_reached(is_deep):
    bounds = scenario().invariants.bounds
    most_s = {"L1": bounds.converge_s, "L2": bounds.doubt_s, "L3": bounds.requote_s}
    for seed in seeds_of(is_deep):
        world, told, outcome = played(seed)
        assert ("", []) == (outcome.error, world.oracle.breaches), f"seed {seed}"
        for code, bound_s in most_s.items():
            recovered_ns = world.oracle.recoveries_ns[code]
            assert recovered_ns is not None, f"seed {seed}: {code} never held"
            assert recovered_ns <= bound_s * NS_PER_S, f"seed {seed}: {code}"
        # Every way in which a request can end without a verdict, and every stream lost and found.
        assert all(world.links[link].lost for link in LINKS), f"seed {seed}"
        assert all(told["Unanswered", code] for code in ("timeout", "reset")), f"seed {seed}"
        assert told["NotSent", events.NO_CONNECTION], f"seed {seed}"
        for stream in (PUBLIC, PRIVATE):
            assert told["StreamUp", stream] > told["StreamDown", stream] - 1 > 4, f"seed {seed}"
        assert told["OrderRejected", events.DUPLICATE_ID], f"seed {seed}: no create came twice"


def test_three_packets_in_ten_are_lost_and_tcp_makes_them_late(monkeypatch):
    """About three in ten are late by a timeout, about one in ten by two: nothing else is done to them."""
    late_ms: dict[str, list[int]] = {link: [] for link in LINKS}
    judge = PacketLoss.fate

    def noted(self, link, message, now_ns):
        fate = judge(self, link, message, now_ns)
        if self._fault.start_ns <= now_ns < self._fault.end_ns:
            late_ms[link].append(0 if fate is None else fate.extra_ns // 1_000_000)
        return fate

    monkeypatch.setattr(PacketLoss, "fate", noted)
    for seed in range(1, 7):
        played(seed, only=("packets",), until_s=51)
    for link in LINKS:
        share = sum(ms > 0 for ms in late_ms[link]) / len(late_ms[link])
        assert len(late_ms[link]) > 100
        assert share == pytest.approx(0.3, abs=0.1), link
        assert {0, 200, 600} <= set(late_ms[link]) <= {0, 200, 600, 1400, 3000, 6200}


@pytest.mark.parametrize(
    "fault",
    [
        "{at_s: 20, kind: partition, links: [rest_up, rest_down, public, private]}",
        "{at_s: 20, kind: partition, links: [private]}",
        "{at_s: 20, kind: dns_outage, connections: [rest, public, private]}",
    ],
)
def test_streams_that_never_come_back_leave_no_order_behind(tmp_path, fault, is_deep):
    """Only the path of requests heals: what stands is cancelled by it, and what traded is read by it."""
    ready = small_scenario(tmp_path, 75, faults=fault, calm_s=35)
    run = ready.run.model_copy(update={"calm": ready.run.calm.model_copy(update={"mode": "core_heal"})})
    ready = ready.model_copy(update={"run": run})
    for seed in seeds_of(is_deep, 3):
        world = World(ready, expand(ready, seed), Core)
        outcome = world.run()
        assert ("", []) == (outcome.error, world.oracle.breaches), f"seed {seed}"
        assert [] == list(world.venue.open_orders()), f"seed {seed}"
        (belief,) = world.core.belief().symbols
        assert world.venue.position_lots("BTCUSDT") == belief.position_lots, f"seed {seed}"


def test_a_storm_is_the_same_twice(is_deep):
    for seed in seeds_of(is_deep, 1)[:5]:
        (_, told, first), (_, again, second) = played(seed), played(seed)
        assert (first.digest, told) == (second.digest, again)


def test_every_fault_of_the_storm_is_felt(is_deep):
    """Taken out, each leaves another run behind, and the same one until it begins."""
    faults = expand(scenario(), 1).faults
    if not is_deep:
        faults = tuple(one for one in faults if one.id in ("messages", "cut_applied", "half"))
    _, _, whole = played(1)
    for fault in faults:
        _, _, without = played(1, without=(fault.id,))
        assert whole.digest != without.digest, fault.id
