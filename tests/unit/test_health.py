"""The facts that must hold before a symbol is quoted, and the first reason when one does not."""

import pytest

from strategy import events, health
from strategy.health import Health
from strategy.units import NS_PER_S

LASTS_NS = 5 * NS_PER_S


def absorb(state: Health, event, at_s: float = 0.0) -> None:
    state.absorb(round(at_s * NS_PER_S), event, LASTS_NS)


def healthy() -> Health:
    state = Health()
    absorb(state, events.Started(session="s", anchor_wall_ns=0))
    absorb(state, events.StreamUp(stream=events.PUBLIC))
    absorb(state, events.StreamUp(stream=events.PRIVATE))
    return state


def test_a_healthy_bot_may_quote():
    assert "" == healthy().why_not("X")


def test_nothing_is_quoted_before_the_start():
    assert health.NOT_STARTED == Health().why_not("X")


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (events.Stopping(), health.STOPPING),
        (events.OperatorSaid(word="halt"), health.OPERATOR_HALT),
        (events.StreamDown(stream=events.PRIVATE), health.PRIVATE_DOWN),
        (events.StreamDown(stream=events.PUBLIC), ""),  # books come by REST then
        (events.RegimeChanged(symbol="X", regime="cancel_only", venue_ns=0), health.REGIME),
        (events.RegimeChanged(symbol="X", regime="post_only", venue_ns=0), ""),
        (events.RegimeChanged(symbol="Y", regime="halted", venue_ns=0), ""),
        (events.StreamDown(stream="weather"), ""),
        (events.Woke(), ""),
    ],
)
def test_each_fact_alone_gives_its_reason(event, why):
    state = healthy()
    absorb(state, event)
    assert why == state.why_not("X")


def test_resume_ends_a_halt_and_a_flatten():
    state = healthy()
    absorb(state, events.OperatorSaid(word="halt"))
    absorb(state, events.OperatorSaid(word="flatten"))
    assert (True, True) == (state.halted, state.flattening)
    absorb(state, events.OperatorSaid(word="resume"))
    assert (False, False) == (state.halted, state.flattening)


def test_an_unread_symbol_waits_for_its_open_orders():
    state = healthy()
    state.unread.append("X")
    assert (health.UNREAD, "") == (state.why_not("X"), state.why_not("Y"))


def test_memory_pressure_is_remembered():
    state = healthy()
    absorb(state, events.MemoryPressure(level=1))
    assert 1 == state.memory_level
