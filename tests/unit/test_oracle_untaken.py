"""L3 where nobody takes our orders: excused while they are tried, and only then."""

import pytest
from watching import NAME, ORDERS, PRICE, Scene, accepted, read, without_a_bid

from strategy import events
from strategy.units import NS_PER_MS, SELL

# When a read may prove the absence of an order, in whole seconds after its create.
PROVEN_S = 1 + (ORDERS.send_within_ns + ORDERS.window_ns + ORDERS.margin_ns) // (1000 * NS_PER_MS)


def lose(scene: Scene, client_id: str) -> None:
    """Try an order that is never answered and not found."""
    scene.send(scene.create(client_id, post_only=True, price_ticks=9990))
    scene.pass_s(PROVEN_S)
    scene.step(read(client_id, scene.now_ns, events.MISSING))
    scene.wait(200)


def after(*, many: int, requote_s: float = 20) -> Scene:
    scene = without_a_bid(requote_s=requote_s)
    for number in range(many):
        lose(scene, f"lost-{number}")
    return scene


def test_where_every_order_is_lost_nobody_can_quote():
    scene = after(many=4)
    scene.pass_s(25)
    lose(scene, "another")
    scene.pass_s(25)
    assert "L3" not in scene.codes
    assert scene.oracle.excused_ns["L3"] > 40e9


def test_who_stops_trying_is_blamed():
    scene = after(many=4)
    scene.pass_s(45 + 21)
    assert ["L3"] == scene.codes


@pytest.mark.parametrize("many", [1, 3])
def test_a_few_lost_orders_excuse_nothing(many):
    scene = after(many=many)
    scene.pass_s(21)
    assert ["L3"] == scene.codes


def refuse(scene: Scene, many: int, code: str = "price_band", **fields) -> None:
    """Have creates refused, one after the other, a second apart."""
    for number in range(many):
        create = scene.create(f"refused-{scene.now_ns}-{number}", **{"price_ticks": 9990} | fields)
        scene.send(create)
        scene.step(events.OrderRejected(create.client_id, code, 1))
        scene.pass_s(1)


def test_where_every_order_is_refused_for_a_band_nobody_can_quote():
    scene = without_a_bid(requote_s=20)
    refuse(scene, 4)
    scene.pass_s(16)
    refuse(scene, 1)
    scene.pass_s(24)
    assert "L3" not in scene.codes
    assert scene.oracle.excused_ns["L3"] > 30e9
    scene.pass_s(45)
    assert "L3" in scene.codes  # it does not try any more


@pytest.mark.parametrize(
    "refused",
    [
        {"many": 3},
        {"many": 6, "code": "off_grid"},  # a rule that is told
        {"many": 6, "price_ticks": PRICE + 2},  # a price for which one may be refused
    ],
)
def test_other_refusals_excuse_nothing(refused):
    scene = without_a_bid(requote_s=20)
    refuse(scene, **refused)
    scene.pass_s(21)
    assert "L3" in scene.codes


def test_an_order_of_that_side_that_was_taken_ends_the_band():
    scene = without_a_bid(requote_s=20)
    refuse(scene, 4)
    scene.send(scene.create("taken"))
    scene.step(accepted("taken"))
    scene.pass_s(22)
    assert "L3" in scene.codes


def test_who_is_told_to_be_slower_may_wait_a_little():
    scene = without_a_bid(requote_s=20)
    for _ in range(5):
        scene.step(events.Unanswered(events.CREATE, "x", NAME, "rate_limit"))
        scene.pass_s(12)
    assert "L3" not in scene.codes  # of twelve seconds ten were excused
    scene.pass_s(21)
    assert "L3" in scene.codes


def test_an_order_that_was_taken_shows_that_others_would_be():
    scene = after(many=4)
    scene.send(scene.create("taken"))
    scene.step(accepted("taken"))
    scene.pass_s(21)
    assert ["L3"] == scene.codes


def test_an_amend_that_is_told_to_be_slower_tries_no_missing_quote():
    scene = without_a_bid(requote_s=40)
    for _ in range(12):
        scene.pass_s(8)
        scene.step(events.Unanswered(events.AMEND, "standing", NAME, "rate_limit", scene.now_ns))
    assert "L3" in scene.codes


def cross(scene: Scene, many: int, code: str = "would_cross", **fields) -> None:
    """Have creates taken and ended again by the venue, one after the other."""
    for number in range(many):
        create = scene.create(f"taken-{scene.now_ns}-{number}", **{"price_ticks": 9990} | fields)
        scene.send(create)
        scene.step(accepted(create.client_id, price=create.price_ticks))
        scene.step(events.OrderCancelled(create.client_id, 0, code, 1))
        scene.pass_s(1)


def test_where_orders_are_cancelled_at_once_for_crossing_what_nobody_saw_nobody_can_quote():
    scene = without_a_bid(requote_s=20)
    cross(scene, 2)
    cross(scene, 1, "by_client")
    cross(scene, 2)
    scene.pass_s(25)
    assert "L3" not in scene.codes
    scene.pass_s(45)
    assert "L3" in scene.codes  # it does not try any more


def test_who_tries_other_orders_only_is_not_excused_by_what_crossed_long_ago():
    scene = without_a_bid(requote_s=20)
    cross(scene, 4)
    for number in range(8):
        scene.pass_s(9)
        scene.send(scene.create(f"ask-{number}", side=SELL))
    assert "L3" in scene.codes


@pytest.mark.parametrize(
    "ended",
    [
        {"many": 3},
        {"many": 6, "code": "by_client"},  # its own doing
        {"many": 6, "price_ticks": PRICE + 2},  # it did cross
    ],
)
def test_other_ends_excuse_nothing(ended):
    scene = without_a_bid(requote_s=20)
    cross(scene, **ended)
    scene.pass_s(21)
    assert "L3" in scene.codes


def test_orders_that_were_left_to_stand_end_it():
    scene = without_a_bid(requote_s=20)
    cross(scene, 4)
    cross(scene, 2, "by_client")
    scene.pass_s(21)
    assert "L3" in scene.codes


def test_a_strangers_order_that_crossed_says_nothing_and_raises_nothing():
    scene = without_a_bid(requote_s=20)
    for number in range(6):
        scene.step(accepted(f"another-{number}", price=9990))
        scene.step(events.OrderCancelled(f"another-{number}", 0, "would_cross", 1))
        scene.pass_s(1)
    scene.pass_s(21)
    assert "L3" in scene.codes
