"""Books freeze on a stream that answers pings: they are fetched; where there is none by any road, nothing is quoted."""

from functools import cache
from pathlib import Path

from sim.plan import expand
from sim.scenario.load import load_scenarios
from sim.world import World
from strategy import commands
from strategy.core import Core
from strategy.units import NS_PER_S

PATH = Path(__file__).resolve().parents[2] / "scenarios" / "frozen_feed.yaml"
DARK, FROZEN = "BTCUSDT", "ETHUSDT"  # for good


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
        self.start_ns, self.sent_s = world.start_wall_ns, {DARK: [], FROZEN: []}
        world.driver.watchers = (*world.driver.watchers, self)

    def delivered(self, now_ns, event):
        pass

    def sent(self, now_ns, command):
        if isinstance(command, commands.CreateOrder | commands.AmendOrder):
            self.sent_s[command.symbol].append((now_ns - self.start_ns) / NS_PER_S)

    def stepped(self, now_ns, leaving, event):
        pass


def test_no_promise_is_broken_and_a_symbol_without_any_book_leaves_no_order_behind(is_deep):
    for seed in range(1, (100 if is_deep else 2) + 1):
        world, outcome = played(seed)
        assert ("", []) == (outcome.error, world.oracle.breaches), f"seed {seed}"
        assert {FROZEN} == {order.symbol for order in world.venue.open_orders()}, f"seed {seed}"
        belief = {one.symbol: one for one in world.core.belief().symbols}
        for symbol in (DARK, FROZEN):
            assert world.venue.position_lots(symbol) == belief[symbol].position_lots, f"seed {seed}"


def test_a_frozen_book_is_not_quoted_on_until_it_is_fetched_and_the_other_symbol_goes_on():
    world = World(scenario(), expand(scenario(), 1), Core)
    quotes, asked = Quotes(world), Asked(world)
    assert "" == world.run().error
    age_s, frozen_s = 2.6, 5.0  # what may be quoted on, and a message under way; what is no stream any more

    def between(symbol, from_s, until_s):
        return [at_s for at_s in quotes.sent_s[symbol] if from_s <= at_s < until_s]

    for symbol, from_s, until_s in ((DARK, 30, 50), (DARK, 75, 90), (FROZEN, 75, 90), (FROZEN, 150, 240)):
        assert not between(symbol, from_s + age_s, from_s + frozen_s)
        assert between(symbol, from_s + frozen_s, until_s)
    assert len(between(FROZEN, 30 + age_s, 50)) > 20
    assert len(between(FROZEN, 200, 240)) > 20, "on fetched books alone"
    assert not between(DARK, 155 + age_s, 240)
    assert not asked.between(FROZEN, 10, 60), "nobody fetches what the stream tells"
    assert len(asked.between(FROZEN, 200, 240)) > 40
    assert "SQ-V005" in asked.alerts


class Asked:
    """Notes when a book was asked for, by symbol, in seconds from the start; and the codes of alerts."""

    def __init__(self, world) -> None:
        self.start_ns, self.books, self.alerts = world.start_wall_ns, [], []
        world.driver.watchers = (*world.driver.watchers, self)

    def delivered(self, now_ns, event):
        pass

    def sent(self, now_ns, command):
        if isinstance(command, commands.RequestBook):
            self.books.append((command.symbol, (now_ns - self.start_ns) / NS_PER_S))

    def stepped(self, now_ns, leaving, event):
        self.alerts += [one.code for one in leaving if isinstance(one, commands.Alert)]

    def between(self, symbol, from_s, until_s):
        return [at_s for name, at_s in self.books if name == symbol and from_s <= at_s < until_s]


def test_its_stream_is_up_all_the_while_but_for_the_reset():
    world, _ = played(1)
    epochs = {name: one.epoch for name, one in world.streams.connections.items()}
    assert {"public": 3, "private": 1} == epochs


def test_it_is_the_same_twice():
    assert played(2)[1].digest == played(2)[1].digest
