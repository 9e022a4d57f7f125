"""Books freeze on a stream that answers pings: nothing is quoted on them, and the other symbol goes on."""

from functools import cache
from pathlib import Path

from sim.plan import expand
from sim.scenario.load import load_scenarios
from sim.world import World
from strategy import commands
from strategy.core import Core
from strategy.units import NS_PER_S

PATH = Path(__file__).resolve().parents[2] / "scenarios" / "frozen_feed.yaml"
THAWED, FROZEN = "BTCUSDT", "ETHUSDT"


@cache
def scenario():
    (ready,) = load_scenarios([PATH])
    return ready


def played(seed):
    world = World(scenario(), expand(scenario(), seed), Core)
    return world, world.run()


class Quotes:
    """Notes when a create or an amend left, by symbol, in seconds from the start."""

    def __init__(self, world) -> None:
        self.start_ns, self.sent_s = world.start_wall_ns, {THAWED: [], FROZEN: []}
        world.driver.watchers = (*world.driver.watchers, self)

    def delivered(self, now_ns, event):
        pass

    def sent(self, now_ns, command):
        if isinstance(command, commands.CreateOrder | commands.AmendOrder):
            self.sent_s[command.symbol].append((now_ns - self.start_ns) / NS_PER_S)

    def stepped(self, now_ns, leaving, event):
        pass


def test_no_promise_is_broken_and_a_book_that_never_thaws_leaves_no_order_behind(is_deep):
    for seed in range(1, (100 if is_deep else 2) + 1):
        world, outcome = played(seed)
        assert ("", []) == (outcome.error, world.oracle.breaches), f"seed {seed}"
        left = {order.symbol for order in world.venue.open_orders()}
        assert left <= {THAWED}, f"seed {seed}"
        belief = {one.symbol: one for one in world.core.belief().symbols}
        for symbol in (THAWED, FROZEN):
            assert world.venue.position_lots(symbol) == belief[symbol].position_lots, f"seed {seed}"


def test_a_frozen_book_is_not_quoted_on_and_the_other_symbol_is():
    world = World(scenario(), expand(scenario(), 1), Core)
    quotes = Quotes(world)
    assert "" == world.run().error
    age_s = 2.6  # the greatest age of a book that may be quoted on, and a message under way

    def between(symbol, from_s, until_s):
        return [at_s for at_s in quotes.sent_s[symbol] if from_s <= at_s < until_s]

    assert not between(THAWED, 30 + age_s, 50)
    assert len(between(FROZEN, 30 + age_s, 50)) > 20
    assert not between(THAWED, 75 + age_s, 90)
    assert not between(FROZEN, 75 + age_s, 90)
    assert not between(FROZEN, 150 + age_s, 240)
    assert len(between(THAWED, 200, 240)) > 20
    assert between(THAWED, 50, 70)
    assert between(FROZEN, 90, 105)


def test_its_stream_is_up_all_the_while_but_for_the_reset():
    world, _ = played(1)
    epochs = {name: one.epoch for name, one in world.streams.connections.items()}
    assert {"public": 3, "private": 1} == epochs


def test_it_is_the_same_twice():
    assert played(2)[1].digest == played(2)[1].digest
