"""S4: a price that no book of late allows was made of an older one, however fresh the feed is."""

import pytest
from watching import BUY, NAME, PRICE, SELL, Scene

from sim.oracle.touches import Touches
from strategy import events

# On the stage the book is one tick wide on either side of PRICE, and inputs may be 2500 ms old.
AGE_MS = 2500


def moved(scene: Scene, bid: int, ask: int) -> None:
    """Have a whole book delivered with other best prices."""
    scene.seq += 1
    scene.step(events.BookSnapshot(NAME, scene.seq, ((bid, 5),), ((ask, 5),), 0))


@pytest.mark.parametrize(
    ("side", "price", "expected"),
    [(BUY, PRICE, []), (BUY, PRICE + 1, ["S4"]), (SELL, PRICE, []), (SELL, PRICE - 1, ["S4"])],
)
def test_s4_a_quote_stays_behind_the_other_side_of_the_book_it_was_made_of(side, price, expected):
    scene = Scene()
    scene.send(scene.create("a-1", side, price_ticks=price))
    assert expected == scene.codes


@pytest.mark.parametrize(("after_ms", "expected"), [(AGE_MS, []), (AGE_MS + 1, ["S4"])])
def test_s4_a_book_counts_until_its_successor_is_too_old(after_ms, expected):
    scene = Scene()
    scene.wait(1000)
    moved(scene, PRICE - 30, PRICE - 20)
    scene.wait(after_ms)
    scene.send(scene.create("a-1", price_ticks=PRICE))
    assert expected == scene.codes
    assert not expected or scene.oracle.breaches[0].detail == f"create a-1 at {PRICE} was made of an older book"


def test_s4_the_most_generous_book_of_late_counts():
    scene = Scene()
    for ask in (PRICE - 20, PRICE + 10, PRICE - 40, PRICE - 30):
        moved(scene, ask - 10, ask)
        scene.wait(600)
    scene.send(scene.create("a-1", price_ticks=PRICE + 9))
    assert [] == scene.codes
    scene.send(scene.create("a-2", price_ticks=PRICE + 10, slot="bid1"))
    assert ["S4"] == scene.codes


def test_s4_an_amend_to_a_price_of_an_older_book():
    scene = Scene()
    scene.placed("a-1")
    scene.send(scene.amend("a-1", PRICE + 1, 10))
    assert ["S4"] == scene.codes


def test_s4_an_order_that_only_shrinks_keeps_its_price_whatever_the_books_say():
    scene = Scene()
    scene.placed("a-1")
    moved(scene, PRICE - 30, PRICE - 20)
    scene.wait(AGE_MS + 1)
    scene.send(scene.amend("a-1", PRICE - 5, 4))
    assert [] == scene.codes


def test_s4_who_takes_to_reduce_meets_the_other_side_on_purpose():
    scene = Scene(off=("S3",))
    scene.send(scene.create("a-1", price_ticks=PRICE + 5, post_only=False, reduce_only=True, taking=True))
    assert [] == scene.codes


def test_what_is_remembered_is_bounded_by_age():
    touches = Touches(100)
    for at_ns in range(1000):
        touches.told(at_ns, 5000 - at_ns, 5001 - at_ns)
    assert 102 == max(len(line) for line in touches._lines.values())
    assert "" == Touches().why_past(0, BUY, 7), "without any book that is for others to say"
