"""S6: each state the core believes an order to be in is explained by what it heard and sent."""

import pytest
from watching import NAME, PRICE, Scene, accepted, cancelled, filled, read

from strategy import commands, events

MISSING_SOON = read("a-1", 1, events.MISSING)
QUERY = commands.QueryOrder("a-1", NAME, 1)
CANCEL = commands.CancelOrder("a-1", NAME, 1)


def created(*, state: str = "CREATING") -> Scene:
    scene = Scene(believes=True)
    scene.believe("a-1", state)
    scene.send(scene.create("a-1"))
    return scene


def read_as_absent() -> Scene:
    """A create whose time was over when a read did not find it, and the core believes that."""
    scene = created()
    scene.wait(2200)
    scene.believe("a-1", "ABSENT")
    scene.step(read("a-1", scene.now_ns - 1, events.MISSING))
    return scene


def after(event: events.Event, state: str, *leaving: commands.Command, first: str = "CREATING") -> list[str]:
    scene = created(state=first)
    scene.believe("a-1", state)
    scene.step(event, *leaving)
    return scene.codes


@pytest.mark.parametrize(
    ("event", "state", "leaving"),
    [
        (accepted("a-1"), "WORKING", ()),
        (accepted("a-1"), "CANCELLING", (CANCEL,)),
        (events.OrderRejected("a-1", "regime", 1), "CLOSED", ()),
        (events.Unanswered("create", "a-1", NAME, "timeout"), "IN_DOUBT", (QUERY,)),
        (events.Woke(), "IN_DOUBT", (QUERY,)),
        (events.Woke(), "IN_DOUBT", ()),  # whoever doubts and does not ask risks nothing yet
        (events.Woke(), "CANCELLING", (commands.CancelAll(NAME),)),
        (events.NotSent("create", "a-1", NAME, "late"), "CLOSED", ()),
        (filled("a-1", "f1", 4, 4), "WORKING", ()),
        (filled("a-1", "f1", 10, 10), "CLOSED", ()),
        (events.FillsReport(NAME, 1, (filled("a-1", "f1", 10, 10),), 0), "CLOSED", ()),
        (read("a-1", 1, events.OPEN, price=PRICE, size=10), "WORKING", ()),
        (read("a-1", 1, events.DONE), "CLOSED", ()),
        (MISSING_SOON, "CREATING", ()),
    ],
)
def test_s6_what_was_heard_and_sent_explains_the_state(event, state, leaving):
    assert "S6" not in after(event, state, *leaving)


@pytest.mark.parametrize(
    ("event", "state", "leaving"),
    [
        (events.Woke(), "CLOSED", (QUERY,)),  # silence read as rejection
        (events.Unanswered("create", "a-1", NAME, "timeout"), "CLOSED", ()),
        (MISSING_SOON, "ABSENT", ()),  # the first absence believed
        (filled("a-1", "f1", 4, 4), "CLOSED", ()),  # a part taken for the whole
        (accepted("a-1"), "WORKING", (CANCEL,)),  # a cancel left and nobody waits for its answer
        (accepted("somebody"), "WORKING", ()),
        (events.NotSent("cancel", "a-1", NAME, "late"), "CLOSED", ()),
    ],
)
def test_s6_what_nothing_explains_is_illegal(event, state, leaving):
    assert "S6" in after(event, state, *leaving)


def test_s6_closed_absorbs_every_late_word():
    assert "S6" in after(accepted("a-1"), "WORKING", first="CLOSED")
    scene = created()
    for state, word in (("CLOSED", cancelled("a-1")), ("IN_DOUBT", cancelled("a-1"))):
        scene.believe("a-1", state)
        scene.step(word)
    assert ["S6"] == scene.codes


def test_s6_a_late_word_about_what_was_over_and_forgotten_is_a_strangers():
    scene = created()
    scene.believe("a-1", "CLOSED")
    scene.step(cancelled("a-1"))
    scene.forget("a-1")
    scene.step(events.MemoryPressure(1), commands.SampleClock(scene.now_ns))
    scene.believe("a-1", "IN_DOUBT")
    scene.step(accepted("a-1"), QUERY)
    assert [] == scene.codes
    scene.believe("a-1", "CLOSED")
    scene.step(read("a-1", scene.now_ns - 1, events.DONE))
    scene.forget("a-1")
    scene.send(commands.SampleClock(scene.now_ns))
    scene.believe("a-1", "IN_DOUBT")
    scene.send(commands.SampleClock(scene.now_ns))  # nobody named it
    assert ["S6"] == scene.codes


@pytest.mark.parametrize(("word", "codes"), [(cancelled("a-1"), []), (accepted("b-1"), ["S6"])])
def test_s6_what_was_over_and_out_of_sight_is_shown_again_when_a_word_ends_it_once_more(word, codes):
    scene = read_as_absent()
    scene.forget("a-1")
    scene.send(commands.SampleClock(scene.now_ns))
    scene.believe("a-1", "CLOSED")
    scene.step(word)
    assert codes == scene.codes


def test_s6_absent_does_not_absorb():
    scene = read_as_absent()
    scene.believe("a-1", "IN_DOUBT")
    scene.step(accepted("a-1"))
    assert "S6" not in scene.codes


def test_s6_the_second_copy_of_a_create_puts_what_was_absent_and_out_of_sight_in_question_again():
    scene = read_as_absent()
    scene.forget("a-1")
    scene.send(commands.SampleClock(scene.now_ns))
    scene.believe("a-1", "IN_DOUBT")
    scene.step(events.OrderRejected("a-1", "duplicate_id", 1))
    assert "S6" not in scene.codes


@pytest.mark.parametrize(("names", "codes"), [(("a-1",), []), ((), ["S6"])])
def test_s6_a_list_that_shows_what_was_absent_puts_it_in_question_again(names, codes):
    """It was forgotten as absent, listed after all and cancelled at once (a swarm's seed 120082)."""
    scene = read_as_absent()
    scene.believe("a-1", "CANCELLING")
    scene.step(events.OpenOrdersReport(NAME, scene.now_ns, names, 0), CANCEL)
    assert codes == [code for code in scene.codes if code == "S6"]


def test_s6_an_amend_leaves_a_working_order_only():
    scene = created()
    scene.believe("a-1", "AMENDING")
    scene.step(accepted("a-1"), scene.amend("a-1", PRICE, 10))
    assert "S6" not in scene.codes
    scene.send(scene.amend("a-1", PRICE, 10))
    assert "S6" in scene.codes
    assert "impossible" in scene.oracle.breaches[-1].evidence


def test_s6_filled_sizes_never_shrink():
    scene = created()
    scene.believe("a-1", "WORKING", filled_lots=4)
    scene.step(filled("a-1", "f1", 4, 4))
    scene.believe("a-1", "WORKING", filled_lots=3)
    scene.step(accepted("a-1"))
    assert "S6" in scene.codes


def test_s6_only_what_is_over_is_forgotten():
    scene = created()
    del scene.orders["a-1"]
    scene.step(accepted("a-1"))
    assert ["S6"] == scene.codes
    over = created()
    over.believe("a-1", "CLOSED")
    over.step(cancelled("a-1"))
    del over.orders["a-1"]
    over.step(cancelled("a-1"))
    assert [] == over.codes


def test_s6_no_order_comes_from_nowhere_unless_a_word_named_it():
    scene = Scene(believes=True)
    scene.believe("s", "IN_DOUBT")
    scene.step(events.OpenOrdersReport(NAME, 1, ("s",), 0))
    assert [] == scene.codes
    scene.believe("ghost", "WORKING")
    scene.step(accepted("s"))
    assert ["S6"] == scene.codes


def test_s6_a_new_process_starts_over():
    scene = created()
    scene.orders.clear()
    scene.step(events.Started("b", scene.now_ns))
    scene.send(scene.cancel("a-1"))
    assert [] == scene.codes
