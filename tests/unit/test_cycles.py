"""A cycle ends with the last known outcome of its commands; a quote is one acknowledged create or amend."""

from small_world import small_world

from strategy import commands, events
from strategy.cycles import Cycles
from strategy.units import NS_PER_MS

MS = NS_PER_MS


def amend(number: int, cycle_id: int = 1) -> commands.AmendOrder:
    return commands.AmendOrder(f"s-{number}", "A", 1, 1, 0, cycle_id)


def amended(number: int) -> events.OrderAmended:
    return events.OrderAmended(f"s-{number}", 1, 1, 0)


def begun(*numbers: int) -> Cycles:
    """Begin a cycle at 10 ms whose trigger came at 4 ms."""
    loop = Cycles()
    for number in numbers:
        loop.asked(10 * MS, 4 * MS, amend(number))
    return loop


def test_it_runs_from_the_trigger_to_the_last_outcome():
    loop = begun(1, 2)
    loop.heard(50 * MS, amended(1))
    assert [] == loop.lengths_ms()
    loop.heard(70 * MS, amended(2))
    assert ([66.0], 2, [40.0, 60.0]) == (loop.lengths_ms(), loop.quotes, loop.round_trips_ms)


def test_the_same_word_twice_is_one_outcome_and_one_quote():
    loop = begun(1, 2)
    for at_ms in (40, 50):
        loop.heard(at_ms * MS, amended(1))
    assert ([], 1) == (loop.lengths_ms(), loop.quotes)


def test_a_refusal_is_an_outcome_and_no_quote():
    loop = begun(1)
    loop.heard(50 * MS, events.AmendRefused("s-1", "gone", 0))
    assert ([46.0], 0) == (loop.lengths_ms(), loop.quotes)


def test_what_never_left_is_an_outcome_and_its_late_echo_no_quote():
    loop = begun(1)
    loop.heard(50 * MS, events.NotSent("amend", "s-1", "A", "send_by passed"))
    loop.heard(60 * MS, amended(1))
    assert ([46.0], 0) == (loop.lengths_ms(), loop.quotes)


def test_a_doubt_is_an_outcome_and_a_late_acknowledgement_still_a_quote():
    for doubt in (commands.QueryOrder("s-1", "A", 0), events.Unanswered("amend", "s-1", "A", "timeout")):
        loop = begun(1)
        if isinstance(doubt, commands.QueryOrder):
            loop.asked(604 * MS, 604 * MS, doubt)
        else:
            loop.heard(604 * MS, doubt)
        assert ([600.0], []) == (loop.lengths_ms(), loop.without_outcome())
        loop.heard(900 * MS, amended(1))
        assert ([600.0], 1) == (loop.lengths_ms(), loop.quotes)


def test_an_order_that_is_gone_leaves_nothing_open():
    loop = begun(1)
    assert ["s-1"] == loop.without_outcome()
    loop.heard(50 * MS, events.OrderCancelled("s-1", 0, "by_venue", 0))
    assert ([46.0], []) == (loop.lengths_ms(), loop.without_outcome())


def test_the_calls_of_a_cycle_are_known_by_its_number():
    loop = begun(1, 2)
    loop.called((amend(1),), 10 * MS, 70 * MS)
    loop.called((amend(2),), 10 * MS, 50 * MS)
    loop.called((commands.QueryOrder("s-1", "A", 0),), 10 * MS, 90 * MS)
    assert (2, 60 * MS) == (loop.cycles[1].calls, loop.cycles[1].slowest_ns)


def test_symbols_share_a_schedule_and_so_their_cycles(tmp_path):
    """Several symbols decided in one step: one cycle, in one request of each kind."""
    world = small_world(tmp_path, seconds=20, symbols="[BTCUSDT, ETHUSDT]", overrides="pacing.orders_per_s: 50")
    shared = []
    sent = world.measures.sent

    def note(now_ns, command):
        sent(now_ns, command)
        if getattr(command, "cycle_id", 0):
            shared.append((command.cycle_id, command.symbol))

    world.measures.sent = note
    assert world.run().error == ""
    symbols: dict[int, dict[str, None]] = {}
    for cycle_id, symbol in shared:
        symbols.setdefault(cycle_id, {})[symbol] = None
    assert sum(len(one) == 2 for one in symbols.values()) > 10
    assert all(cycle.items >= cycle.calls for cycle in world.measures.loop.cycles.values())


def test_a_cycle_begins_when_its_trigger_came_to_the_host_not_when_it_was_taken_in(tmp_path):
    world = small_world(tmp_path, seconds=6)
    take = world.driver._take
    world.driver._take = lambda came: (take(came), 5 * MS)[1]
    assert world.run().error == ""
    cycles = world.measures.loop.cycles.values()
    waited = [cycle for cycle in cycles if cycle.calls and cycle.length_ms * MS > cycle.slowest_ns + 4 * MS]
    assert waited
