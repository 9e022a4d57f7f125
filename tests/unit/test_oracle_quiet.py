"""After the storm: retries die down (L5), each question with its cause."""

import pytest
from watching import NAME, PRICE, Scene, accepted, cancelled, filled

from strategy import commands, events
from strategy.units import NS_PER_S

ALERT = commands.Alert("SQ-R001", "no way to be healthy")

# L5: a calm from the start, sixty seconds to become quiet, the last twenty counted.


def calm(**fields) -> Scene:
    scene = Scene(off=("S10",), **fields)
    scene.pass_s(61)
    return scene


def ask(scene: Scene, client_id: str = "x") -> None:
    scene.send(commands.QueryOrder(client_id, NAME, scene.now_ns))


def test_l5_questions_that_do_not_end():
    scene = calm()
    for _ in range(40):
        scene.wait(500)
        ask(scene)
    assert ["L5"] == scene.codes
    # 2 x (3 slots x 20 s / 15 s) + 2 x 2 + 2 x 2 + 4
    assert "in the last 20 s of the calm, 20 are ordinary" in scene.oracle.breaches[0].detail


def test_l5_as_many_questions_as_there_are_orders_and_fills_are_ordinary():
    scene = calm()
    for k in range(40):
        scene.wait(500)
        scene.step(filled("a-1", f"f{k}", 1, k + 1)) if k % 2 else scene.send(scene.cancel("a-1"))
        ask(scene)
    assert "asks" not in "".join(breach.detail for breach in scene.oracle.breaches)


def test_l5_before_the_calm_has_lasted_nobody_must_be_quiet():
    scene = Scene(off=("S10",), calm_s=30)
    for _ in range(150):
        scene.wait(500)
        ask(scene)
    assert ([], 0) == (scene.codes, scene.oracle.checks["L5"])


def test_l5_cancels_that_do_not_end():
    scene = calm()
    for _ in range(40):
        scene.wait(500)
        scene.send(scene.cancel("x"))
    assert ["L5"] == scene.codes
    assert "6 are ordinary" in scene.oracle.breaches[0].detail


@pytest.mark.parametrize(("unsure", "most"), [(0, 12), (3, 18)])
def test_l5_cancels_of_what_may_come_to_be_there_are_ordinary(unsure, most):
    scene = calm()
    scene.pass_s(30)
    for k in range(3):
        scene.send(scene.create(f"c{k}", slot=f"bid{k}"))
        if k < unsure:
            scene.step(events.Unanswered("create", f"c{k}", NAME, "down", scene.now_ns))
    for k in range(most):
        scene.wait(500)
        scene.send(scene.cancel(f"c{k % 3}"))
    assert "L5" not in scene.codes
    scene.send(scene.cancel("c0"))
    scene.wait(1000)
    assert "L5" in scene.codes


@pytest.mark.parametrize(("late_ms", "more"), [(500, 0), (3000, 3), (9000, 15)])
def test_l5_of_what_is_answered_late_is_asked_meanwhile(late_ms, more):
    scene = calm()
    scene.pass_s(30)
    scene.send(scene.create("c"))
    scene.wait(late_ms)
    scene.step(accepted("c"))
    most = scene.oracle._quiet._ordinary_asks(scene.now_ns, 1)
    scene = calm()
    scene.pass_s(30)
    scene.send(scene.create("c"))
    scene.step(accepted("c"))
    assert more <= most - scene.oracle._quiet._ordinary_asks(scene.now_ns, 1) <= more + 2


def test_l5_what_two_processes_sent_is_judged_apart_and_the_second_has_a_calm_of_its_own():
    scene = calm()
    for k in range(6):
        scene.wait(500)
        scene.send(scene.cancel("x"))
        if k == 2:
            scene.oracle.process_died(scene.now_ns)
            scene.oracle.process_started(scene.now_ns, {})
    for _ in range(40):
        scene.wait(500)
        scene.send(scene.cancel("x"))
    assert "L5" not in scene.codes
    scene.pass_s(40)
    for _ in range(40):
        scene.wait(500)
        scene.send(scene.cancel("x"))
    assert "L5" in scene.codes


def test_l5_a_ban_that_was_told_puts_the_calm_off():
    scene = Scene(off=("S10",))
    scene.placed("a-1")
    scene.step(cancelled("a-1"))
    ask(scene, "a-1")
    scene.step(events.BudgetSeen("account", 0, scene.now_ns + 50 * NS_PER_S))
    scene.pass_s(100)
    for _ in range(18):
        scene.wait(500)
        ask(scene, "a-1")
    assert "L5" not in scene.codes, "of a hundred seconds nobody could ask for fifty"
    scene.pass_s(2)
    ask(scene, "a-1")
    assert ["L5"] == [code for code in scene.codes if code == "L5"]


def test_l5_without_the_private_stream_polling_is_ordinary():
    scene = calm()
    scene.step(events.StreamDown(events.PRIVATE))
    for _ in range(40):
        scene.wait(500)
        ask(scene)
    assert "L5" not in scene.codes


def fail(scene: Scene, request: str) -> None:
    scene.step(events.Unanswered(request, "", NAME, "server_error"))


@pytest.mark.parametrize(("others", "codes"), [(True, []), (False, ["L5"])])
def test_l5_what_comes_back_without_a_verdict_is_asked_again_where_others_are_answered(others, codes):
    scene = calm()
    for _ in range(90):
        for _ in range(2):
            ask(scene)
            fail(scene, events.QUERY)
        if others:
            scene.step(events.MarginSeen(scene.now_ns, 1, 0, 1))
        scene.pass_s(1)
    assert codes == scene.codes


@pytest.mark.parametrize(
    "event",
    [
        events.OrderAmended("x", PRICE + 1, 10, 1),
        events.CancelRefused("x", "gone", 1),
        events.AmendRefused("x", "gone", 1),
    ],
)
def test_l5_each_word_of_where_an_order_stands_may_be_asked_about(event):
    scene = calm()
    for _ in range(90):
        for _ in range(3):
            scene.step(event)
            ask(scene)
        scene.pass_s(1)
    assert [] == scene.codes


def test_l5_a_create_without_a_verdict_is_asked_about_until_it_is_proved_absent():
    scene = calm()
    for number in range(12):
        fail(scene, events.CREATE)
        for _ in range(8):
            ask(scene, f"x{number}")
        scene.pass_s(8)
    assert [] == scene.codes
    for _ in range(24):
        ask(scene, "y")
        ask(scene, "y")
        scene.pass_s(1)
    assert ["L5"] == scene.codes


@pytest.mark.parametrize(("told", "codes"), [(PRICE + 5, []), (PRICE + 1, ["L5"])])
def test_l5_an_amend_that_came_out_otherwise_is_asked_about_until_its_time_is_over(told, codes):
    scene = calm()
    for _ in range(14):
        scene.send(scene.amend("x", PRICE + 1, 10))
        for _ in range(2):
            scene.step(events.OrderAmended("x", told, 10, 1))
        for _ in range(8):
            ask(scene)
        scene.pass_s(6)
    assert codes == scene.codes[:1]


def test_l5_a_dead_order_may_be_asked_about_while_questions_fail():
    scene = calm()
    for _ in range(80):
        scene.step(cancelled("x"))
        ask(scene)
        fail(scene, events.QUERY)
        scene.pass_s(2)
    assert [] == scene.codes


@pytest.mark.parametrize("how", ["unanswered", "refused"])
def test_l5_a_cancel_that_comes_back_without_a_verdict_is_sent_again_once_a_second_and_side_at_most(how):
    scene = calm()

    def cancel_for(seconds: int, times: int) -> None:
        for _ in range(seconds):
            for _ in range(times):
                scene.send(commands.CancelOrder("x", NAME, 1))
                if how == "refused":
                    scene.step(events.CancelRefused("x", "gone", 1))
                else:
                    fail(scene, events.CANCEL)
            scene.pass_s(1)

    cancel_for(90, 2)
    assert [] == scene.codes
    cancel_for(21, 3)
    assert ["L5"] == scene.codes


def test_l5_books_are_no_retries_and_alerts_no_traffic():
    scene = calm()
    for _ in range(40):
        scene.wait(500)
        scene.send(commands.RequestBook(NAME, scene.now_ns), ALERT)
    assert [] == scene.codes


def test_l5_a_dead_order_is_asked_about_for_so_long_and_no_longer():
    scene = calm()
    scene.placed("a-1")
    scene.step(cancelled("a-1"))
    for _ in range(6):
        ask(scene, "a-1")
        scene.pass_s(10)
    assert [] == scene.codes
    scene.pass_s(1)
    ask(scene, "a-1")
    assert ["L5"] == scene.codes
    assert "its end was delivered" in scene.oracle.breaches[0].evidence


def test_l5_an_order_that_turned_out_to_live_is_not_dead():
    scene = calm()
    scene.send(scene.create("a-1"))
    scene.pass_s(5)
    scene.step(events.OrderReport("a-1", scene.now_ns - 1, events.MISSING, 0, 0, 0, 0))
    ask(scene, "a-1")
    scene.pass_s(1)
    scene.step(accepted("a-1"))
    ask(scene, "a-1")
    scene.pass_s(70)
    ask(scene, "a-1")
    assert "L5" not in scene.codes


# Excuses
