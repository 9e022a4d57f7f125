"""More than a thousand orders at once, in calm and in a storm: promises hold, cancels leave, nothing grows.

Time is simulated, so what is asserted is exact; how long it takes is not.
"""

from typing import Any

import pytest
from crowd import ORDERS_PER_S, crowd

from sim.world import World
from strategy import commands, events
from strategy.units import NS_PER_MS, NS_PER_S

SYMBOLS = 560
HALTED_S = 2.9
_LOOK_NS = 100 * NS_PER_MS

# Each storm is two seconds long, from a time at which all quotes stand.
STORMS = {
    "lost acknowledgements": "{at_s: 3.5, for_s: 2, kind: ack_lost, prob: 0.1}",
    "message loss": "{at_s: 3.5, for_s: 2, kind: message_loss, links: [rest_up, rest_down, private], prob: 0.3}",
    "feed gap": "{at_s: 3.5, kind: feed_gap, lost_messages: 2}",
    "latency": "{at_s: 3.5, for_s: 2, kind: latency_spike, links: [rest_up, rest_down], extra_p50_ms: 100, extra_p99_ms: 800}",
}


class Crowded:
    """Looks on: how many orders stand at once, how fast cancels leave, how much the ledger holds."""

    def __init__(self, world: World) -> None:
        self.world, self.peak, self.refused_cancels, self.cancels = world, 0, 0, 0
        world.driver.watchers = (*world.driver.watchers, self)
        world.kernel.at(0, self.look)

    def look(self) -> None:
        self.peak = max(self.peak, len(self.world.venue.open))
        self.world.kernel.at(self.world.kernel.now_ns + _LOOK_NS, self.look)

    def delivered(self, now_ns: int, event: events.Event) -> None:
        is_refused = isinstance(event, events.NotSent) and event.request in (events.CANCEL, events.CANCEL_ALL)
        self.refused_cancels += is_refused

    def sent(self, now_ns: int, command: commands.Command) -> None:
        self.cancels += isinstance(command, commands.CancelOrder | commands.CancelAll)

    def stepped(self, now_ns: int, leaving: tuple[commands.Command, ...], event: events.Event) -> None:
        pass


def played(tmp_path, seconds: float, **kinds: Any) -> Crowded:
    seen = Crowded(crowd(tmp_path, SYMBOLS, seconds, **kinds))
    outcome = seen.world.run()
    assert ("", []) == (outcome.error, seen.world.oracle.breaches)
    return seen


def held(world: World) -> int:
    """Count the records of orders that the core remembers."""
    orders = world.core._state.orders
    return len(orders.live) + len(orders.ended)


@pytest.mark.parametrize("storm", STORMS)
def test_the_crowd_survives_a_storm_and_stands_again(tmp_path, is_deep, storm):
    if not is_deep:
        pytest.skip("a storm over a thousand orders takes minutes: --chaos")
    seen = played(tmp_path, 9, faults=STORMS[storm], calm_s=5.5)
    assert seen.peak > 1000
    assert seen.cancels > 0
    assert 0 == seen.refused_cancels
    assert held(seen.world) <= 3 * SYMBOLS + seen.world.knobs.orders.closed_kept_max


def test_a_thousand_orders_stand_and_all_are_gone_soon_after_a_halt(tmp_path):
    """A person says halt: a thousand orders are off the book within a second or so, none waits for a create."""
    seen = Crowded(crowd(tmp_path, SYMBOLS, HALTED_S + 1.2))
    world = seen.world
    world.kernel.at(round(HALTED_S * NS_PER_S), world.driver.feed, events.OperatorSaid("halt"))
    outcome = world.run()
    assert ("", []) == (outcome.error, world.oracle.breaches)
    assert 1000 < seen.peak < ORDERS_PER_S, "the tier is not what holds it back"
    assert [] == list(world.venue.open_orders())
    assert held(world) <= 2 * SYMBOLS + world.knobs.orders.closed_kept_max
