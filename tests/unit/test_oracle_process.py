"""What goes out, in which time, from how large a process: S9 for the process, S12, S13, S14, L7, L8."""

import pytest
from watching import NAME, NOW_NS, PRICE, SELL, Scene

from sim.host.disk import Disk
from sim.kernel import Kernel
from sim.oracle.outside import Outside
from strategy import commands, events
from strategy.journal import IntentRecord
from strategy.units import NS_PER_MS, NS_PER_S

# S9


def test_s9_nothing_goes_out_of_a_dead_process():
    scene = Scene()
    scene.oracle.process_died(scene.now_ns)
    assert 1 == scene.oracle.checks["S9"]
    scene.oracle.leaving(scene.now_ns, scene.cancel("a-1"))
    assert ["S9"] == scene.codes


def test_s9_another_process_may_speak():
    scene = Scene()
    scene.oracle.process_died(scene.now_ns)
    scene.oracle.process_started(scene.now_ns, {})
    scene.oracle.leaving(scene.now_ns, scene.create("a-1"))
    assert [] == scene.codes


def test_s9_after_a_step_that_raised_only_cancels_go_out():
    scene = Scene()
    scene.oracle.step_raised(scene.now_ns)
    scene.oracle.leaving(scene.now_ns, scene.cancel("a-1"))
    scene.oracle.leaving(scene.now_ns, commands.CancelAll(""))
    assert [] == scene.codes
    scene.oracle.leaving(scene.now_ns, commands.QueryMargin(scene.now_ns))
    assert ["S9"] == scene.codes


# S12


def test_s12_what_is_past_its_bound_is_named():
    sizes = [("inbox", 5, 5), ("fill_ids", 1, 4096)]
    scene = Scene(outside=Outside(sizes=lambda: sizes))
    scene.pass_s(3)
    assert ([], 8) == (scene.codes, scene.oracle.checks["S12"])
    sizes[0] = ("inbox", 6, 5)
    scene.pass_s(1)
    assert [("S12", "inbox holds 6")] == [(one.code, one.detail) for one in scene.oracle.breaches]


def test_s12_is_looked_at_once_more_at_the_end():
    scene = Scene(outside=Outside(sizes=lambda: [("inbox", 2, 1)]))
    scene.end()
    assert ["S12"] == scene.codes


def test_s12_a_process_past_its_hard_mark_is_ended_at_its_hosts_next_look():
    full = [("heap bytes", 2, 1)]
    scene = Scene(outside=Outside(sizes=lambda: full))
    full[0] = ("heap bytes", 1, 1)
    scene.pass_s(1)
    full[0] = ("heap bytes", 2, 1)
    scene.pass_s(1)
    assert [] == scene.codes
    scene.pass_s(1)
    assert ["S12"] == scene.codes


# S13


def journalled() -> tuple[Scene, Disk]:
    disk = Disk(Kernel(), commit_ns=NS_PER_MS)
    return Scene(outside=Outside(is_safe=disk.is_safe)), disk


@pytest.mark.parametrize("adding", [lambda scene: scene.create("a-1"), lambda scene: scene.amend("a-1", PRICE, 5)])
def test_s13_what_is_on_the_wire_is_on_the_disk(adding):
    scene, disk = journalled()
    command = adding(scene)
    disk.append(IntentRecord(scene.now_ns, command))
    disk.commit(lambda: None)
    disk._kernel.run(NS_PER_MS)
    scene.oracle.leaving(scene.now_ns, command)
    assert ([], 1) == (scene.codes, scene.oracle.checks["S13"])


@pytest.mark.parametrize("adding", [lambda scene: scene.create("a-1"), lambda scene: scene.amend("a-1", PRICE, 5)])
def test_s13_what_is_written_and_not_committed_is_not_safe(adding):
    scene, disk = journalled()
    command = adding(scene)
    disk.append(IntentRecord(scene.now_ns, command))
    disk.commit(lambda: None)
    scene.oracle.leaving(scene.now_ns, command)
    assert ["S13"] == scene.codes


def test_s13_another_amend_of_the_same_order_proves_nothing():
    scene, disk = journalled()
    disk.append(IntentRecord(scene.now_ns, scene.amend("a-1", PRICE, 4)))
    disk.commit(lambda: None)
    disk._kernel.run(NS_PER_MS)
    scene.oracle.leaving(scene.now_ns, scene.amend("a-1", PRICE, 5))
    assert ["S13"] == scene.codes


def test_s13_cancels_never_wait_for_the_journal():
    scene, _ = journalled()
    scene.oracle.leaving(scene.now_ns, scene.cancel("a-1"))
    assert ([], 0) == (scene.codes, scene.oracle.checks["S13"])


# S14


class Timed(Scene):
    """A stage with a time of its own beside the bot's."""

    def __init__(self) -> None:
        self.true_ns = 0
        super().__init__(outside=Outside(true_ns=lambda: self.true_ns))

    def both(self, true_ms: float, told_ms: float) -> None:
        self.true_ns += round(true_ms * NS_PER_MS)
        self.now_ns += round(told_ms * NS_PER_MS)
        self.send()


@pytest.mark.parametrize(("true_ms", "told_ms"), [(0, 0), (1000, 1000), (1000, 1001.4), (1e6, 999_501)])
def test_s14_a_clock_may_drift(true_ms, told_ms):
    scene = Timed()
    scene.both(true_ms, told_ms)
    assert ([], 1) == (scene.codes, scene.oracle.checks["S14"])


@pytest.mark.parametrize(("true_ms", "told_ms"), [(10, -1), (1, -0.000001), (1000, 1002), (1000, 997), (10, 5010)])
def test_s14_a_clock_that_steps_is_not_the_monotonic_one(true_ms, told_ms):
    scene = Timed()
    scene.both(true_ms, told_ms)
    assert ["S14"] == scene.codes


def test_s14_a_new_process_may_start_from_another_instant():
    scene = Timed()
    scene.oracle.process_died(scene.now_ns)
    scene.oracle.process_started(scene.now_ns, {})
    scene.both(10, -5000)
    assert [] == scene.codes


@pytest.mark.parametrize(
    "command",
    [
        commands.QueryMargin(NOW_NS - 288 * NS_PER_S),
        commands.RequestBook(NAME, NOW_NS + 2 * NS_PER_MS),
        commands.AmendOrder("a-1", NAME, PRICE, 5, NOW_NS + NS_PER_S, 1),
        commands.AmendOrder("a-1", NAME, PRICE, 5, NOW_NS - 2 * NS_PER_MS, 1),
    ],
)
def test_s14_what_is_sent_bears_the_time_of_its_step(command):
    scene = Timed()
    scene.send(command)
    assert ["S14"] == scene.codes


def test_s14_without_a_time_of_its_own_a_stage_judges_none():
    scene = Scene()
    scene.pass_s(3)
    assert 0 == scene.oracle.checks["S14"]


# L7: the calm of the stage is out of reach, so that nothing else is judged.


def restarted(**outside) -> Scene:
    scene = Scene(believes=True, calm_s=1000, outside=Outside(**outside))
    scene.oracle.process_died(scene.now_ns)
    scene.pass_s(1)
    scene.oracle.process_started(scene.now_ns, {})
    scene.step(events.Started("b", scene.now_ns))
    scene.step(events.BookSnapshot(NAME, 1, ((PRICE - 1, 5),), ((PRICE + 1, 5),), 0))
    scene.step(events.StreamUp(events.PRIVATE))
    return scene


def quoting(scene: Scene) -> None:
    scene.venue.rest("b-1")
    scene.venue.rest("b-2", "ask0", SELL, price=PRICE + 5)
    for client_id in ("b-1", "b-2"):
        scene.believe(client_id, "WORKING")
    scene.venue.open["b-2"].price_ticks = PRICE


def test_l7_a_restart_that_quotes_and_knows_the_truth_is_ready():
    scene = restarted()
    scene.pass_s(20)
    assert 0 == scene.oracle.checks["L7"]
    quoting(scene)
    scene.pass_s(20)
    scene.oracle.findings.finish(scene.now_ns)
    assert ([], 1) == (scene.codes, scene.oracle.checks["L7"])


def test_l7_a_restart_that_is_neither_ready_nor_closed():
    scene = restarted()
    scene.pass_s(32)
    assert ["L7"] == scene.codes
    assert "no quotes" in scene.oracle.breaches[0].detail


def test_l7_a_ban_that_was_told_is_no_time_to_become_ready():
    scene = restarted()
    scene.venue.lots = 3
    scene.step(events.BudgetSeen("account", 0, scene.now_ns + 40 * NS_PER_S))
    scene.pass_s(68)
    assert [] == scene.codes
    scene.pass_s(4)
    assert "L7" in scene.codes


def test_l7_a_restart_that_does_not_know_the_truth_is_not_ready():
    scene = restarted()
    quoting(scene)
    scene.venue.lots = 3
    scene.pass_s(32)
    assert "L7" in scene.codes


def test_l7_closed_is_nothing_resting_and_somebody_told():
    scene = restarted()
    scene.send(commands.Alert("SQ-R001", "closed"))
    scene.pass_s(40)
    scene.oracle.findings.finish(scene.now_ns)
    assert ([], 1) == (scene.codes, scene.oracle.checks["L7"])
    other = restarted()
    other.venue.rest("a-1")
    other.send(commands.Alert("SQ-R001", "closed"))
    other.pass_s(40)
    assert ["L7"] == other.codes


def test_l7_another_fault_at_work_is_an_excuse():
    scene = restarted(why_stormy=lambda: "cut")
    scene.pass_s(60)
    assert [] == scene.codes
    assert 59 <= scene.oracle.excused_ns["L7"] / NS_PER_S <= 61


# L8


def stopping(**outside) -> Scene:
    scene = Scene(believes=True, calm_s=1000, outside=Outside(**outside))
    scene.venue.rest("a-1")
    scene.step(events.Stopping())
    return scene


def test_l8_a_shutdown_that_does_not_end():
    scene = stopping()
    scene.pass_s(15)
    assert [] == scene.codes
    scene.pass_s(2)
    assert ["L8"] == scene.codes


def test_l8_the_end_of_the_process_with_nothing_left_is_the_end():
    scene = stopping()
    scene.pass_s(5)
    scene.venue.open.clear()
    scene.oracle.process_died(scene.now_ns)
    scene.now_ns += 20 * NS_PER_S
    scene.end()
    assert ([], 1) == (scene.codes, scene.oracle.checks["L8"])


def test_l8_a_run_that_ends_sooner_than_the_bound_has_not_judged_it():
    scene = stopping()
    scene.pass_s(5)
    scene.venue.open.clear()
    scene.oracle.process_died(scene.now_ns)
    scene.now_ns += 9 * NS_PER_S
    scene.end()
    assert (0, 14) == (scene.oracle.checks["L8"], scene.oracle.findings.asked_ns["L8"] / NS_PER_S)


def test_l8_a_process_that_leaves_orders_behind_has_not_shut_down():
    scene = stopping()
    scene.pass_s(5)
    scene.oracle.process_died(scene.now_ns)
    scene.oracle._read_belief = lambda: None  # nobody is left to say
    scene.now_ns += 20 * NS_PER_S
    scene.end()
    assert ["L8"] == scene.codes


def test_l8_where_nothing_gets_through_nobody_can_be_sure():
    scene = stopping(why_cut=lambda _links: "cut")
    scene.pass_s(40)
    assert [] == scene.codes
    assert scene.oracle.excused_ns["L8"] > 30 * NS_PER_S


def test_l8_while_a_ban_lasts_that_was_told_nobody_may_ask_for_a_cancel():
    scene = stopping()
    scene.step(events.BudgetSeen("account", 0, scene.now_ns + 30 * NS_PER_S))
    scene.pass_s(44)
    assert [] == scene.codes
    scene.pass_s(2)
    assert ["L8"] == scene.codes, "it is over by then"


def ended_beside_another() -> Scene:
    """Stop a process in time, with all of its own gone; the other one that runs quotes on."""
    scene = stopping()
    scene.pass_s(5)
    scene.venue.open.clear()
    scene.venue.rest("b-7")
    scene.oracle._read_belief = lambda: None  # nobody is left to say
    return scene


def test_l8_what_another_process_puts_there_since_and_nobody_told_of_is_its_own():
    scene = ended_beside_another()
    scene.oracle.process_died(scene.now_ns)
    scene.venue.rest("b-8")  # nobody cancels what comes after his end
    scene.now_ns += 20 * NS_PER_S
    scene.end()
    assert ([], 1) == (scene.codes, scene.oracle.checks["L8"])


def test_l8_what_another_process_put_there_is_taken_off_once_it_is_told():
    scene = ended_beside_another()
    scene.step(events.OpenOrdersReport(NAME, scene.now_ns, ("b-7",), 0))
    scene.oracle.process_died(scene.now_ns)
    scene.venue.rest("b-8")
    scene.now_ns += 20 * NS_PER_S
    scene.end()
    assert ["L8"] == scene.codes
    assert "1 orders still rest" in scene.oracle.breaches[0].detail
