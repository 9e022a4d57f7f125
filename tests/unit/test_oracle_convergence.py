"""L1: in the calm belief is truth within its bound; what nobody can know yet, and who may not ask."""

import pytest
from watching import NAME, PRICE, Scene, TrueFill, cancelled, cash_of, filled, quoting

from sim.oracle.outside import Outside
from strategy import events
from strategy.units import NS_PER_S


def apart(change) -> list[str]:
    scene = quoting(converge_s=10)
    change(scene)
    scene.pass_s(10)
    assert [] == scene.codes
    scene.pass_s(2)
    return scene.codes


@pytest.mark.parametrize(
    "change",
    [
        lambda scene: setattr(scene.venue, "lots", 1),
        lambda scene: setattr(scene.venue, "money", 1),
        lambda scene: scene.venue.open.pop("b"),
        lambda scene: scene.venue.rest("unknown", slot="bid1"),
        lambda scene: scene.believe("b", "CLOSED"),
        lambda scene: scene.venue.rest("b", price=PRICE - 1),
        lambda scene: scene.venue.rest("b", size_lots=9),
    ],
)
def test_l1_belief_is_truth_within_the_bound(change):
    assert "L1" in apart(change)


def test_l1_words_under_way_part_belief_and_truth_for_a_moment():
    scene = quoting(converge_s=10)
    for k in range(10):
        scene.venue.rest("b", price=PRICE - 1 - k)
        scene.pass_s(8)
        scene.venue.rest("b")
        scene.pass_s(1)
    assert [] == scene.codes


def traded_unseen() -> Scene:
    """A part of a resting order has traded, no list shows the fill yet, and nobody was told of it."""
    scene, fill = quoting(converge_s=10), filled("b", "f1", 4, 4)
    scene.venue.open["b"].filled_lots = scene.venue.lots = fill.size_lots
    scene.venue.money = cash_of(fill)
    scene.venue.fills.append(TrueFill(fill))
    scene.venue.unlisted[fill.fill_id] = 1
    return scene


def test_l1_a_fill_that_is_shown_nowhere_yet_cannot_be_believed_in():
    scene = traded_unseen()
    scene.pass_s(30)
    assert [] == scene.codes
    assert 30 == round(scene.oracle.excused_ns["L1"] / NS_PER_S)
    scene.venue.unlisted.clear()
    scene.pass_s(10)
    assert [] == scene.codes
    scene.pass_s(2)
    assert ["L1"] == scene.codes, "listed, it can be read"


def traded_untold(scene: Scene, number: int) -> None:
    """One lot of a resting order has traded, a list shows it, and nobody was told of it."""
    fill = filled("b", f"f{number}", 1, number)
    scene.venue.open["b"].filled_lots = scene.venue.lots = number
    scene.venue.money += cash_of(fill)
    scene.venue.fills.append(TrueFill(fill))
    scene.oracle.truth_changed(scene.now_ns)


def test_l1_a_fill_that_nobody_was_told_of_is_found_within_the_bound():
    scene = quoting(converge_s=10)
    traded_untold(scene, 1)
    scene.pass_s(10)
    assert [] == scene.codes
    scene.pass_s(3)
    assert ["L1"] == scene.codes


def test_l1_one_fill_that_was_lost_is_not_the_other():
    """A stream loses most fills, lists lag: each is found after six seconds, and by then the next is lost."""
    scene = quoting(converge_s=10)
    traded_untold(scene, 1)
    for number in range(2, 9):
        scene.pass_s(5)
        traded_untold(scene, number)
        scene.pass_s(1)
        found = scene.venue.fills[-2].event
        scene.lots, scene.cash = scene.lots + 1, scene.cash + cash_of(found)
        scene.believe("b", "WORKING", filled_lots=number - 1)
        scene.step(found)
    assert [] == scene.codes
    scene.pass_s(12)
    assert ["L1"] == scene.codes, "the last is never found"


def test_l1_beside_fills_that_nobody_was_told_of_all_else_is_to_be_true():
    scene = quoting(converge_s=10)
    scene.lots = 1
    for number in range(1, 4):
        traded_untold(scene, number)
        scene.pass_s(4)
    assert ["L1"] == scene.codes


@pytest.mark.parametrize(
    "change",
    [
        lambda scene: setattr(scene, "lots", 1),
        lambda scene: setattr(scene, "cash", 1),
        lambda scene: setattr(scene.venue, "lots", 3),
        lambda scene: scene.believe("a", "CLOSED"),
        lambda scene: setattr(scene.venue.open["b"], "filled_lots", 5),
        lambda scene: scene.step(scene.venue.fills[0].event),
    ],
)
def test_l1_beside_a_fill_that_is_shown_nowhere_yet_all_else_is_to_be_true(change):
    scene = traded_unseen()
    change(scene)
    scene.pass_s(12)
    assert "L1" in scene.codes


def risen(scene: Scene, client_id: str) -> None:
    """An order lives whose end was told, as by a venue that took the same create twice."""
    scene.placed(client_id, slot="bid1")
    scene.step(cancelled(client_id))
    scene.believe(client_id, "CLOSED")
    scene.venue.rest(client_id, slot="bid1")


def test_l1_orders_that_live_again_one_after_the_other_have_each_a_clock_of_its_own():
    scene = quoting(converge_s=10)
    for k in range(6):
        risen(scene, f"x{k}")
        scene.pass_s(3)
        if k:
            del scene.venue.open[f"x{k - 1}"]
        scene.pass_s(3)
    assert [] == scene.codes
    scene.pass_s(6)
    assert ["L1"] == scene.codes, "the last one stays"
    assert "x5 is live and the core does not know" in scene.oracle.breaches[0].detail


def test_l1_beside_an_order_that_lives_again_all_else_is_to_be_true():
    scene = quoting(converge_s=10)
    scene.venue.lots = 1
    for k in range(3):
        risen(scene, f"x{k}")
        scene.pass_s(4)
        del scene.venue.open[f"x{k}"]
    assert ["L1"] == scene.codes


def test_l1_of_orders_whose_end_nobody_told_one_after_the_other_is_as_bad_as_one():
    scene = quoting(converge_s=10)
    for k in range(3):
        scene.venue.rest(f"x{k}", slot="bid1")
        scene.pass_s(4)
        scene.venue.open.pop(f"x{k - 1}", None)
    assert ["L1"] == scene.codes


@pytest.mark.parametrize(("is_end_told", "excused_s"), [(True, 300), (False, 180)])
def test_l1_a_ban_lasts_until_what_is_told_to_be_empty_beside_it_comes_back(is_end_told, excused_s):
    scene = quoting(converge_s=10)
    scene.venue.lots = 1
    if is_end_told:
        scene.step(events.BudgetSeen("orders", 0, scene.now_ns + 300 * NS_PER_S))
    scene.step(events.Unanswered("query", "", NAME, "banned", scene.now_ns))
    scene.pass_s(excused_s + 9)
    assert [] == scene.codes
    scene.pass_s(3)
    assert "L1" in scene.codes


@pytest.mark.parametrize(("asked_since", "excused_s"), [(True, 280), (False, 180)])
def test_l1_a_ban_that_is_told_of_what_was_asked_since_begins_anew(asked_since, excused_s):
    scene = quoting(converge_s=10)
    scene.venue.lots = 1
    first_ns = scene.now_ns
    scene.step(events.Unanswered("query", "", NAME, "banned", first_ns - 1))
    scene.pass_s(100)
    scene.step(events.Unanswered("query", "", NAME, "banned", scene.now_ns - 1 if asked_since else first_ns - 1))
    scene.pass_s(excused_s - 100 + 9)
    assert [] == scene.codes
    scene.pass_s(3)
    assert "L1" in scene.codes


def test_l1_while_a_venue_is_away_in_the_calm_nobody_can_read():
    cut = ["away"]
    scene = quoting(converge_s=10, outside=Outside(why_cut=lambda _links: cut[0]))
    scene.venue.lots = 1
    scene.pass_s(40)
    assert [] == scene.codes
    cut[0] = ""
    scene.pass_s(9)
    assert [] == scene.codes
    scene.pass_s(3)
    assert ["L1"] == scene.codes


def test_l1_a_ban_whose_end_is_told_is_over_then_whatever_the_same_answer_says_besides():
    scene = quoting(converge_s=10)
    scene.venue.lots = 1
    scene.step(events.BudgetSeen("account", 0, scene.now_ns + 7 * NS_PER_S))
    scene.step(events.Unanswered("query", "", NAME, "banned", scene.now_ns - 1))
    scene.pass_s(16)
    assert [] == scene.codes
    scene.pass_s(3)
    assert "L1" in scene.codes


@pytest.mark.parametrize("bucket", ["queries", "orders"])
def test_l1_what_was_told_to_be_empty_before_is_no_end_of_a_ban(bucket):
    scene = quoting(converge_s=10)
    scene.venue.lots = 1
    scene.step(events.BudgetSeen(bucket, 0, scene.now_ns + 300 * NS_PER_S))
    scene.wait(10)
    scene.step(events.Unanswered("query", "", NAME, "banned", scene.now_ns - 1))
    scene.pass_s(180 + 12)
    assert "L1" in scene.codes


def test_l1_an_order_that_lives_again_and_was_found_is_the_bots_own():
    scene = quoting(converge_s=10)
    risen(scene, "x0")
    scene.pass_s(8)
    scene.believe("x0", "CANCELLING")
    scene.pass_s(8)
    risen(scene, "x1")
    scene.pass_s(8)
    assert [] == scene.codes, "the older one is known"
    scene.pass_s(4)
    assert ["L1"] == scene.codes


def test_l1_a_new_process_has_the_whole_bound_for_an_order_that_lives_again():
    scene = quoting(converge_s=10)
    risen(scene, "x")
    scene.pass_s(8)
    scene.oracle.process_died(scene.now_ns)
    scene.oracle.process_started(scene.now_ns, {})
    scene.pass_s(9)
    assert [] == scene.codes
    scene.pass_s(3)
    assert ["L1"] == scene.codes
