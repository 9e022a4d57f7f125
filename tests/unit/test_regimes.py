"""Regimes as the core meets them: announced ahead, begun late, or found out by a refusal."""

import pytest

from strategy import regimes
from strategy.events import RegimePlanned
from strategy.knobs import RegimeKnobs
from strategy.regimes import AHEAD, REFUSED, Regimes
from strategy.units import NS_PER_S

S = NS_PER_S
KNOBS = RegimeKnobs(lead_ns=3 * S, grace_ns=30 * S, refused_pause_ns=5 * S)


def announced(*steps: tuple[str, int], ahead_ns: int = 0) -> Regimes:
    """Take in a plan at 0: regimes and the seconds of the venue's clock at which they begin."""
    state = Regimes()
    for regime, at_s in steps:
        state.planned(0, RegimePlanned("X", regime, at_s * S, 0), ahead_ns, KNOBS)
    return state


@pytest.mark.parametrize(("at_s", "why"), [(0, ""), (16, ""), (17, AHEAD), (30, AHEAD), (59, AHEAD), (60, "")])
def test_a_closure_is_left_before_it_begins_and_waited_for_a_while(at_s, why):
    state = announced(("halted", 20), ("open", 30))
    assert why == state.why_not("X", at_s * S, KNOBS)
    assert "" == state.why_not("Y", at_s * S, KNOBS)


def test_a_clock_that_is_ahead_is_left_earlier():
    state = announced(("halted", 20), ("open", 30), ahead_ns=2 * S)
    assert (AHEAD, "") == (state.why_not("X", 15 * S, KNOBS), state.why_not("X", 15 * S - 1, KNOBS))


def test_a_phase_for_makers_is_no_reason_to_leave():
    state = announced(("post_only", 20), ("halted", 30), ("open", 40))
    assert "" == state.why_not("X", 21 * S, KNOBS)
    assert AHEAD == state.why_not("X", 27 * S, KNOBS)
    assert "" == announced(("post_only", 20), ("open", 30)).why_not("X", 25 * S, KNOBS)


def test_a_closure_that_is_over_is_forgotten_and_the_next_one_is_not():
    state = announced(("halted", 20), ("open", 30), ("halted", 100), ("open", 110))
    for at_s, regime in ((22, "halted"), (32, "open")):
        state.changed(at_s * S, "X", regime, KNOBS)
    assert "" == state.why_not("X", 33 * S, KNOBS)
    assert AHEAD == state.why_not("X", 97 * S, KNOBS)


def test_time_alone_is_told_when_it_changes_an_answer_and_only_then():
    state = announced(("halted", 20), ("open", 30))
    assert 17 * S == state.due_ns
    assert (False, True, False) == (state.turn(17 * S - 1, KNOBS), state.turn(17 * S, KNOBS), state.turn(18 * S, KNOBS))
    assert 60 * S == state.due_ns
    assert state.turn(60 * S, KNOBS)
    assert ({}, None) == (state.plans, state.due_ns)


def test_a_refusal_is_believed_for_a_pause_and_a_word_ends_it():
    state = Regimes()
    state.met(10 * S, "X", "cancel_only", KNOBS)
    assert (REFUSED, "") == (state.why_not("X", 14 * S, KNOBS), state.why_not("X", 15 * S, KNOBS))
    state.changed(11 * S, "X", "open", KNOBS)
    assert "" == state.why_not("X", 12 * S, KNOBS)


@pytest.mark.parametrize(("regime", "told", "pause_s"), [("halted", "", 5), ("cancel_only", "", 0), ("", "closed", 5), ("", "cancel_only", 0), (regimes.GONE, "", 15)])  # fmt: skip
def test_where_cancels_are_refused_they_are_seldom_whoever_told_of_it(regime, told, pause_s):
    state = Regimes()
    if regime:
        state.met(0, "X", regime, KNOBS)
    assert pause_s * S == state.cancel_pause_ns("X", 1 * S, told, KNOBS)
    assert (5 * S if told == "closed" else 0) == state.cancel_pause_ns("X", 15 * S, told, KNOBS)


def test_the_regimes_named_here_are_the_venues():
    from sim.venue import regimes as venues

    assert set(regimes.REFUSING) == set(venues.REGIMES) - {regimes.OPEN}
    assert set(regimes.NO_CANCELS) == {name for name in venues.REGIMES if venues.refuses(name, _cancel())}
    assert set(regimes.QUOTABLE) == {name for name in venues.REGIMES if not venues.refuses(name, _quote())}


def _cancel():
    from strategy import commands

    return commands.CancelOrder("a", "X", 0)


def _quote():
    from strategy import commands

    return commands.CreateOrder("a", "X", "bid0", 1, 1, 1, True, False, False, 0, 0)
