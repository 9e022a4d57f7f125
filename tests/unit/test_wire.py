"""Links: keyed weather, streams in order, the first rule with an opinion."""

import pytest

from sim.dice import Dice
from sim.kernel import Kernel
from sim.wire import LOST, PRIVATE, REST_UP, Delay, Fate, Link, Message

MS = 1_000_000


class Says:
    def __init__(self, fate, when=lambda message: True):
        self.fate_said, self.when, self.asked = fate, when, 0

    def fate(self, link, message, now_ns):
        self.asked += 1
        return self.fate_said if self.when(message) else None


def message(number: int = 0) -> Message:
    return Message("create", "X", f"s-{number}", None, number)


def deliveries(link_name, rules=(), count=200, spacing_ns=MS, seed=1, sigma=0.5):
    kernel, arrived = Kernel(), []
    link = Link(link_name, kernel, Dice(seed), Delay(20 * MS, sigma), list(rules))
    for number in range(count):
        kernel.at(
            number * spacing_ns, link.send, message(number), lambda one: arrived.append((one.number, kernel.now_ns))
        )
    kernel.run(10**12)
    return arrived, link


def test_every_message_arrives_later_than_it_was_sent_with_the_median_asked_for():
    arrived, link = deliveries(REST_UP, count=2000)
    delays = sorted(at_ns - number * MS for number, at_ns in arrived)
    assert (2000, 0) == (link.sent, link.lost)
    assert delays[0] > 0
    assert 18 * MS < delays[1000] < 22 * MS


def test_a_stream_stays_in_order_and_requests_do_not():
    streamed, _ = deliveries(PRIVATE)
    asked, _ = deliveries(REST_UP)
    assert [number for number, _ in streamed] == sorted(number for number, _ in streamed)
    assert [number for number, _ in asked] != sorted(number for number, _ in asked)


def test_losing_one_message_moves_nobody_elses_delivery():
    whole, _ = deliveries(REST_UP)
    without, link = deliveries(REST_UP, [Says(LOST, lambda one: one.number == 77)])
    assert [one for one in whole if one[0] != 77] == without
    assert 1 == link.lost


def test_one_more_message_changes_the_weather_of_its_own_cell_only():
    whole = dict(deliveries(REST_UP, count=1000)[0])
    kernel, arrived = Kernel(), {}
    link = Link(REST_UP, kernel, Dice(1), Delay(20 * MS, 0.5), [])
    for number in range(1000):
        kernel.at(number * MS, link.send, message(number), lambda one: arrived.setdefault(one.number, kernel.now_ns))
    kernel.at(500 * MS, link.send, message(5000), lambda one: None)
    kernel.run(10**12)
    moved = [number for number in range(1000) if whole[number] != arrived[number]]
    assert moved
    assert 500 <= min(moved) <= max(moved) < 600


@pytest.mark.parametrize(
    ("fate", "count", "shift_ns"),
    [(Fate(extra_ns=5 * MS), 1, 5 * MS), (LOST, 0, 0), (Fate(again_ns=7 * MS), 2, 0), (Fate(), 1, 0)],
)
def test_a_rule_delays_loses_or_doubles(fate, count, shift_ns):
    plain, _ = deliveries(REST_UP, count=1)
    arrived, _ = deliveries(REST_UP, [Says(fate)], count=1)
    assert count == len(arrived)
    assert not arrived or plain[0][1] + shift_ns == arrived[0][1]


def test_every_rule_is_asked_about_every_message_and_what_they_say_adds_up():
    silent, late, later = Says(None), Says(Fate(extra_ns=2 * MS)), Says(Fate(extra_ns=3 * MS))
    plain, _ = deliveries(REST_UP, count=1)
    arrived, _ = deliveries(REST_UP, [silent, late, later], count=1)
    assert plain[0][1] + 5 * MS == arrived[0][1]
    lost, after = Says(LOST), Says(Fate(extra_ns=MS))
    assert [] == deliveries(REST_UP, [lost, after], count=1)[0]
    assert (1, 1, 1) == (silent.asked, late.asked, after.asked)


def test_a_new_connection_on_a_stream_waits_for_nothing_of_the_old_one():
    kernel, arrived = Kernel(), []
    late = Says(Fate(extra_ns=10**9), lambda one: one.number == 0)
    link = Link(PRIVATE, kernel, Dice(1), Delay(20 * MS, 0.0), [late])
    kernel.at(0, link.send, message(0), lambda one: arrived.append((one.number, kernel.now_ns)))
    kernel.at(MS, link.restart)
    kernel.at(2 * MS, link.send, message(1), lambda one: arrived.append((one.number, kernel.now_ns)))
    kernel.run(10**10)
    assert [(1, 22 * MS), (0, 1020 * MS)] == arrived
