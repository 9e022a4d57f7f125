"""S9 and S11: what the operator and the venue forbade does not leave."""

import pytest
from watching import NAME, PRICE, Scene

from strategy import events


@pytest.mark.parametrize("word", [events.OperatorSaid("halt"), events.Stopping()])
def test_s9_after_a_halt_nothing_that_adds_risk_leaves(word):
    scene = Scene()
    scene.placed("a-1")
    scene.step(word)
    scene.send(scene.cancel("a-1"))
    assert [] == scene.codes
    scene.send(scene.create("a-2", slot="bid1"))
    assert ["S9"] == scene.codes


def test_s9_a_resumed_bot_may_quote():
    scene = Scene()
    scene.step(events.OperatorSaid("halt"))
    scene.step(events.OperatorSaid("resume"))
    scene.send(scene.create("a-1"))
    assert [] == scene.codes


def test_s9_a_stop_is_for_good():
    scene = Scene()
    scene.step(events.Stopping())
    scene.step(events.OperatorSaid("resume"))
    scene.send(scene.create("a-1"))
    assert ["S9"] == scene.codes


def test_s9_and_s11_count_as_looked_at_only_once_there_is_something_to_disobey():
    scene = Scene()
    scene.send(scene.create("a-1"))
    scene.step(events.RegimeChanged(NAME, "open", 0))
    assert (0, 0) == (scene.oracle.checks["S9"], scene.oracle.checks["S11"])
    scene.step(events.OperatorSaid("halt"))
    scene.step(events.RegimeChanged(NAME, "cancel_only", 0))
    assert (1, 1) == (scene.oracle.checks["S9"], scene.oracle.checks["S11"])


@pytest.mark.parametrize(("regime", "codes"), [("cancel_only", ["S11"]), ("post_only", []), ("open", [])])
def test_s11_what_is_sent_is_allowed_in_the_regime_that_was_announced(regime, codes):
    scene = Scene()
    scene.step(events.RegimeChanged(NAME, regime, 0))
    scene.send(scene.create("a-1"))
    assert codes == scene.codes


def test_s11_a_taker_has_no_place_in_post_only():
    scene = Scene()
    scene.step(events.RegimeChanged(NAME, "post_only", 0))
    scene.send(scene.create("a-1", post_only=False, taking=True, reduce_only=True))
    assert ["S11"] == scene.codes


def test_s11_a_new_process_obeys_what_it_was_told_itself():
    scene = Scene()
    scene.step(events.RegimeChanged(NAME, "closed", 0))
    scene.step(events.Started("b", scene.now_ns))
    scene.step(events.BookSnapshot(NAME, 1, ((PRICE - 1, 5),), ((PRICE + 1, 5),), 0, asked_ns=scene.now_ns))
    scene.send(scene.create("b-1"))
    assert ([], 1) == (scene.codes, scene.oracle.checks["S11"])
    scene.step(events.RegimeChanged(NAME, "closed", 0))
    scene.send(scene.create("b-2", slot="bid1"))
    assert ["S11"] == scene.codes
