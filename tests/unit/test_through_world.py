"""A world through the wire: boots, ends, faults of the host, and what those who look on are told."""

import asyncio
from itertools import pairwise
from types import SimpleNamespace

import pytest
from small_world import small_scenario
from wired import RestWorld, WiredWorld

from adapters.arm import LiveArm
from adapters.venue import VenueUnusable
from sim.kernel import Kernel
from sim.plan import expand
from sim.through.loop import VirtualLoop
from strategy import events
from strategy.core import Core
from strategy.units import NS_PER_S


class Heard:
    """Notes what the bot is told, as those who look on are."""

    def __init__(self, world) -> None:
        self.words = []
        world.driver.watchers = (*world.driver.watchers, self)

    def delivered(self, now_ns, event):
        self.words.append(event)

    def sent(self, now_ns, command):
        """Note nothing."""

    def stepped(self, now_ns, leaving, event):
        """Note nothing."""

    def of(self, kind):
        return [word for word in self.words if isinstance(word, kind)]


def wired(tmp_path, seconds=20, **kinds):
    scenario = small_scenario(tmp_path, seconds, **kinds)
    world = WiredWorld(scenario, expand(scenario, 1), Core)
    return world, Heard(world)


def ended(world):
    outcome = world.run()
    assert ("", []) == (outcome.error, world.oracle.breaches)
    return outcome


def test_a_process_looks_at_the_venue_before_its_core_hears_a_word(tmp_path):
    world, heard = wired(tmp_path)
    ended(world)
    (started,) = heard.of(events.Started)
    assert heard.words[0] is started
    assert started.anchor_wall_ns - world.start_wall_ns > 100_000_000


def test_a_fill_is_told_to_lookers_on_under_the_venues_own_name(tmp_path):
    world, heard = wired(tmp_path)
    ended(world)
    told = dict.fromkeys(fill.fill_id for fill in heard.of(events.OrderFilled))
    assert len(told) > 10
    assert list(told) == [name for name in (fill.event.fill_id for fill in world.venue.fills) if name in told]


def test_funding_is_told_under_the_venues_own_name(tmp_path):
    world, heard = wired(tmp_path)
    world.kernel.at(10 * NS_PER_S, world.venue.fund, "BTCUSDT", 100, 10 * NS_PER_S)
    ended(world)
    told = dict.fromkeys(one.funding_id for one in heard.of(events.FundingPaid))
    assert [one.funding_id for one in world.venue.funded] == [*told] != []
    # A read of past executions may tell of it once more; it counts once.
    assert world.venue.cash("BTCUSDT") == world.core.belief().symbols[0].cash


def test_a_venue_that_cannot_be_reached_is_looked_at_until_it_can(tmp_path):
    fault = "{at_s: 0, for_s: 8, kind: partition, links: [rest_up, rest_down]}"
    world, heard = wired(tmp_path, 30, faults=fault, calm_s=20)
    ended(world)
    (started,) = heard.of(events.Started)
    assert started.anchor_wall_ns - world.start_wall_ns > 8 * NS_PER_S
    assert world.venue.fills


def test_a_process_that_begins_where_one_read_a_second_is_allowed_gets_through_and_makes_no_ban(tmp_path):
    faults = (
        "{at_s: 4, kind: crash, restart_after_s: 4}, {at_s: 6, kind: rate_limit, orders_per_s: 18,"
        " burst: 10, reads_per_s: 1, cancels: free, ban_after: 3, ban_s: 32.7}"
    )
    world, heard = wired(tmp_path, 28, faults=faults, calm_s=25)
    seen_at_start = []

    def delivered(_now_ns, event):
        if isinstance(event, events.Started):
            limits = world.venue.limits
            seen_at_start.append((world.kernel.now_ns // NS_PER_S, limits.refusals, limits.bans_in_all))

    heard.delivered = delivered
    ended(world)
    assert [(0, 0, 0), (14, 1, 0)] == seen_at_start


def test_a_venue_that_is_unusable_is_looked_at_less_and_less_often():
    looked_s = []

    class Nowhere:
        def count_in(self, units):
            """Count in nothing."""

        async def look(self, symbols):
            looked_s.append(asyncio.get_running_loop().time())
            raise VenueUnusable("SQ-V030", "nobody is there")

    class Arm(LiveArm):
        def make_venue(self, seat):
            return Nowhere()

    kernel = Kernel()
    loop = VirtualLoop(kernel)
    clock = SimpleNamespace(now_ns=lambda: kernel.now_ns)
    nothing = dict.fromkeys(("journal", "watchers", "at_work_ns", "leaving", "over", "told"))
    loop.enter(lambda: Arm(SimpleNamespace(clock=clock, symbols=("BTCUSDT",), units=(), **nothing)).begin())
    kernel.run(70 * NS_PER_S)
    loop.kill()
    assert [0, 1, 3, 7, 15, 30, 45, 60] == looked_s


def test_a_venue_without_a_public_stream_is_quoted_on_by_its_books(tmp_path):
    world, heard = wired(tmp_path, market="venue.public_stream: false")
    ended(world)
    assert [events.PRIVATE] == [word.stream for word in heard.of(events.StreamUp)]
    assert len(heard.of(events.BookSnapshot)) > 50
    assert len(world.venue.fills) > 5


@pytest.mark.parametrize("world_kind", [WiredWorld, RestWorld])
@pytest.mark.parametrize("kind", ["linear", "spot"])
def test_contracts_and_spot_are_traded_by_both_roads(tmp_path, kind, world_kind):
    market = f"symbols.BTCUSDT.instrument.kind: {kind}"
    scenario = small_scenario(tmp_path, 20, profile="reference", market=market)
    world = world_kind(scenario, expand(scenario, 1), Core)
    ended(world)
    assert len(world.venue.fills) > 20


@pytest.mark.parametrize(
    "fault",
    [
        "{at_s: 5, kind: crash, restart_after_s: 2}",
        "{at_s: 5, kind: crash, restart_after_s: 2, between: journal_and_send, nth: 2}",
        "{at_s: 5, kind: crash, restart_after_s: 2, between: send_and_ack, nth: 2}",
        "{at_s: 2, kind: memory_error, nth: [400]}",
        "{at_s: 5, kind: shutdown, deadline_s: 5, restart_after_s: 2}",
    ],
)
def test_another_process_takes_over_with_the_books_of_the_one_that_ended(tmp_path, fault):
    world, heard = wired(tmp_path, 20, faults=fault, calm_s=15)
    ended(world)
    assert 2 == world.driver.boots
    first, second = heard.of(events.Started)
    assert first.session != second.session
    assert world.venue.fills[-1].true_ns > second.anchor_wall_ns - world.start_wall_ns


@pytest.mark.parametrize(
    "fault",
    [
        "{at_s: 5, for_s: 4, kind: slow_cpu, step_us: 300, factor: 10}",
        "{at_s: 5, for_s: 2, kind: pause}",
        "{at_s: 5, for_s: 4, kind: slow_fsync, commit_ms: 30}",
        "{at_s: 5, for_s: 4, kind: disk_full, error: EIO}",
        "{at_s: 5, for_s: 4, kind: heap_budget, soft_kib: 200, hard_kib: 300}",
    ],
)
def test_a_host_in_trouble_breaks_no_promise_and_is_the_same_trouble_twice(tmp_path, fault):
    digests = [ended(wired(tmp_path, 15, faults=fault, calm_s=10)[0]).digest for _ in range(2)]
    assert digests[0] == digests[1]


def test_on_a_slow_host_each_step_is_told_its_own_instant(tmp_path):
    """Sixty milliseconds a step: words that wait together are not one turn, in which the clock would stand still."""
    fault = "{at_s: 3, for_s: 3, kind: slow_cpu, step_us: 300, factor: 200}"
    world, _ = wired(tmp_path, 8, faults=fault, calm_s=7)
    told_ns = []
    world.driver.trace.heard = lambda kind, at_ns, _what: told_ns.append(at_ns) if kind == "step" else None
    ended(world)
    slow = [at_ns - world.start_wall_ns for at_ns in told_ns]
    slow = [at_ns for at_ns in slow if 4 * NS_PER_S < at_ns < 6 * NS_PER_S]
    assert len(slow) > 20
    assert min(later - sooner for sooner, later in pairwise(slow)) >= 60_000_000


def test_a_core_that_raises_ends_the_run_as_it_does_in_process(tmp_path):
    class Broken(Core):
        def step(self, now_ns, event):
            if isinstance(event, events.OrderFilled):
                raise ZeroDivisionError("a bug")
            return super().step(now_ns, event)

    scenario = small_scenario(tmp_path, 20)
    world = WiredWorld(scenario, expand(scenario, 1), Broken)
    outcome = world.run()
    assert "ZeroDivisionError: a bug" in outcome.error
    assert not world.venue.open
