"""Orders that are lost one after the other: one is tried at a time, ever more seldom, until one works."""

from ledger import THROUGH_MS
from small_world import small_scenario

from sim.plan import expand
from sim.world import World
from strategy import commands, events
from strategy.core import Core
from strategy.losing import LOST_MIN, Losing
from strategy.units import NS_PER_S


def lost(**of: int) -> Losing:
    losing = Losing()
    for symbol, many in of.items():
        for _ in range(many):
            losing.has_lost(symbol)
    return losing


def test_a_few_lost_orders_are_bad_luck():
    losing = lost(A=LOST_MIN - 1)
    losing.tries(0, "A")
    assert ({}, False) == (losing.try_ns, losing.is_on("A"))


def test_pauses_between_tries_grow_up_to_a_bound_and_end_with_an_order_that_works():
    losing, pauses = lost(A=LOST_MIN), []
    for _ in range(6):
        losing.tries(0, "A")
        pauses.append(losing.try_ns["A"] // NS_PER_S)
        losing.has_lost("A")
    assert [2, 4, 8, 16, 24, 24] == pauses
    losing.works()
    assert ({}, {}) == (losing.lost, losing.try_ns)


def test_symbols_try_in_turns():
    losing, order, now_ns = lost(A=9, B=9, C=9), "", 0
    for _ in range(9):
        symbol = min("ABC", key=lambda one: (losing.try_ns.get(one, 0), one))
        now_ns = max(now_ns, losing.try_ns.get(symbol, 0))
        losing.tries(now_ns, symbol)
        order += symbol
    assert ("ABC" * 3, 8 * 24 * NS_PER_S) == (order, now_ns)


def lose(book) -> str:
    client_id = book.create()
    sent_ms = book.now
    book.now = sent_ms + THROUGH_MS + 100
    book.bury(client_id, sent_ms + THROUGH_MS + 1)
    return client_id


def test_a_lost_order_among_many_is_asked_about_no_oftener_than_its_absence_takes(book):
    for _ in range(LOST_MIN):
        lose(book)
    client_id = book.create()
    sent_ms = book.now
    book.at(sent_ms + 600)
    book.report(client_id, events.MISSING, sent_ms + 600)
    asked = [
        now_ms for now_ms in range(sent_ms + 700, sent_ms + THROUGH_MS + 1, 100) if _asks(book.at(now_ms), client_id)
    ]
    assert [] == asked, "before then nothing is proved"
    assert _asks(book.at(sent_ms + THROUGH_MS + 1), client_id)


def _asks(leaving: list[commands.Command], client_id: str) -> bool:
    return any(isinstance(one, commands.QueryOrder) and one.client_id == client_id for one in leaving)


def test_where_every_order_is_lost_the_traffic_dies_down(tmp_path):
    """Each was replaced at once, and asked about with the whole budget for questions (a swarm's seed 10083, L5)."""
    slow = "{at_s: 5, kind: gray_engine, factor: 680}, {at_s: 6, kind: gray_engine, factor: 67}"
    scenario = small_scenario(tmp_path, seconds=110, faults=slow, calm_s=10, symbols="[BTCUSDT, ETHUSDT]")
    calm = scenario.run.calm.model_copy(update={"mode": "core_heal"})
    scenario = scenario.model_copy(update={"run": scenario.run.model_copy(update={"calm": calm})})
    world = World(scenario, expand(scenario, 1), Core)
    assert "" == world.run().error
    assert [] == world.oracle.breaches
    assert world.oracle.excused_ns["L3"] > 60e9
