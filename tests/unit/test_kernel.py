"""Control events in order of time, the market in between, and no seam where a run is cut."""

import pytest

from sim.kernel import Kernel


class Ticking:
    """A market with an event every ``every`` ns; it stops early after those in ``touching``."""

    def __init__(self, kernel: Kernel, every: int, touching: dict[int, int]) -> None:
        self.kernel, self.every, self.touching = kernel, every, touching
        self.next, self.log = every, []

    def advance(self, until_ns: int) -> int:
        while self.next <= until_ns:
            now_ns, self.next = self.next, self.next + self.every
            self.log.append(("market", now_ns))
            if now_ns in self.touching:
                self.kernel.reach(now_ns)
                self.kernel.at(
                    now_ns + self.touching[now_ns], self.log.append, ("fill", now_ns + self.touching[now_ns])
                )
                return now_ns
        return until_ns


def test_events_run_in_order_of_time_and_of_scheduling_at_one_instant():
    kernel, seen = Kernel(), []
    for name, at_ns in (("b", 5), ("c", 5), ("a", 1), ("d", 9)):
        kernel.at(at_ns, seen.append, name)
    kernel.run(8)
    assert (["a", "b", "c"], 8, 3) == (seen, kernel.now_ns, kernel.events)
    kernel.run(9)
    assert ["a", "b", "c", "d"] == seen


def test_an_event_cannot_be_put_into_the_past():
    kernel = Kernel()
    kernel.run(10)
    with pytest.raises(ValueError, match="it is 10"):
        kernel.at(9, print)


def test_the_market_stands_at_the_instant_of_every_control_event():
    kernel = Kernel()
    market = Ticking(kernel, 10, {})
    kernel.market = market
    kernel.at(25, market.log.append, ("control", 25))
    kernel.at(30, market.log.append, ("control", 30))
    kernel.run(40)
    expected = [("market", 10), ("market", 20), ("control", 25), ("market", 30), ("control", 30), ("market", 40)]
    assert expected == market.log


def test_a_fill_inside_the_loop_is_handled_before_the_market_moves_past_it():
    kernel = Kernel()
    market = Ticking(kernel, 10, {20: 15})
    kernel.market = market
    kernel.at(100, market.log.append, ("control", 100))
    kernel.run(60)
    expected = [
        ("market", 10),
        ("market", 20),
        ("market", 30),
        ("fill", 35),
        ("market", 40),
        ("market", 50),
        ("market", 60),
    ]
    assert expected == market.log


@pytest.mark.parametrize("cuts", [(), (20,), (35,), (7, 20, 21, 34, 36, 59), tuple(range(1, 60))])
def test_cutting_a_run_changes_nothing(cuts):
    kernel = Kernel()
    market = Ticking(kernel, 10, {20: 15, 40: 0, 50: 10})
    kernel.market = market
    kernel.at(35, market.log.append, ("control", 35))
    for cut in (*cuts, 60):
        kernel.run(cut)
    whole = Kernel()
    reference = Ticking(whole, 10, {20: 15, 40: 0, 50: 10})
    whole.market = reference
    whole.at(35, reference.log.append, ("control", 35))
    whole.run(60)
    assert reference.log == market.log


def test_a_tie_break_orders_lanes_of_one_instant_and_nothing_within_a_lane():
    turns = {"late": 1, "early": -1, "same": 0}
    kernel, seen = Kernel(tie=lambda lane, time_ns: turns[lane] if time_ns == 5 else 0), []
    kernel.at(5, seen.append, "timer")
    for lane, name in (("late", "a"), ("late", "b"), ("same", "c"), ("early", "d"), ("early", "e")):
        kernel.at_on(lane, 5, seen.append, name)
        kernel.at_on(lane, 6, seen.append, name.upper())
    kernel.run(6)
    assert ["d", "e", "timer", "c", "a", "b", *"ABCDE"] == seen


def test_without_a_tie_break_everything_of_an_instant_keeps_its_order():
    kernel, seen = Kernel(), []
    kernel.at_on("late", 5, seen.append, "a")
    kernel.at(5, seen.append, "b")
    kernel.run(5)
    assert ["a", "b"] == seen
    with pytest.raises(ValueError, match="cannot put"):
        kernel.at_on("late", 4, seen.append, "c")


def test_what_goes_first_goes_before_everything_else_of_its_instant():
    kernel, seen = Kernel(), []
    kernel.at(5, seen.append, "control")
    kernel.at_first(5, 1, seen.append, "second market")
    kernel.at_first(5, 0, seen.append, "first market")
    kernel.run(5)
    assert ["first market", "second market", "control"] == seen


def test_time_stays_whole_at_todays_epoch():
    kernel, seen = Kernel(), []
    at_ns = 1_767_571_200_000_000_001
    kernel.at(at_ns, lambda: seen.append(kernel.now_ns))
    kernel.run(at_ns + 1)
    assert [at_ns] == seen
    assert isinstance(seen[0], int)
