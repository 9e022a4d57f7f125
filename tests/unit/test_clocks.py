"""A host's clock: whole nanoseconds, drift bends it, a step moves it."""

import pytest

from sim.clocks import Clock


def test_a_good_clock_shows_its_offset_plus_true_time():
    assert 1_000_007 == Clock(1_000_000).read(7)


@pytest.mark.parametrize("drift_ppb", [0, 200_000, -200_000, 1])
@pytest.mark.parametrize("true_ns", [0, 1, 999, 10**9, 10**15 + 7])
def test_the_first_true_instant_of_a_reading_is_found_again(drift_ppb, true_ns):
    clock = Clock(5_000, drift_ppb)
    found = clock.true_of(clock.read(true_ns))
    assert clock.read(found) >= clock.read(true_ns)
    assert found <= true_ns or clock.read(found - 1) < clock.read(true_ns)


def test_drift_bends_the_clock_from_now_on():
    clock = Clock()
    clock.drift(10**9, 200_000)
    assert (10**9, 2 * 10**9 + 200_000) == (clock.read(10**9), clock.read(2 * 10**9))


def test_a_step_moves_the_clock_once():
    clock = Clock(0)
    clock.step(100, -30)
    assert (70, 170) == (clock.read(100), clock.read(200))
