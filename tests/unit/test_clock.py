"""The venue's clock is known between two bounds, and we sign with the lower one."""

from strategy.clock import VenueClock
from strategy.events import ClockSampled
from strategy.units import NS_PER_MS, NS_PER_S

MS = NS_PER_MS


def test_before_any_sample_the_clock_is_ours_and_wholly_uncertain():
    clock = VenueClock()
    assert 5 == clock.venue_ns(5)
    assert float("inf") == clock.uncertainty_ms(5)


def test_a_sample_brackets_the_venue_between_answer_and_round_trip():
    clock = VenueClock()
    clock.absorb(100 * MS, ClockSampled(asked_ns=40 * MS, venue_ns=1_000 * MS))
    assert 1_000 * MS == clock.venue_ns(100 * MS)
    assert (60 + 1) / 2 == clock.uncertainty_ms(100 * MS)


def test_the_signed_time_is_never_ahead_of_the_venue():
    # True offset +700 ms; 10 ms up, 50 ms down: a midpoint estimate would be 20 ms off.
    clock = VenueClock()
    clock.absorb(60 * MS, ClockSampled(asked_ns=0, venue_ns=710 * MS))
    assert clock.venue_ns(60 * MS) <= 760 * MS


def test_a_better_sample_narrows_and_a_worse_one_does_not_widen():
    clock = VenueClock()
    clock.absorb(100 * MS, ClockSampled(asked_ns=0, venue_ns=1_050 * MS))
    wide = clock.uncertainty_ms(100 * MS)
    clock.absorb(200 * MS, ClockSampled(asked_ns=196 * MS, venue_ns=1_198 * MS))
    narrow = clock.uncertainty_ms(200 * MS)
    clock.absorb(400 * MS, ClockSampled(asked_ns=300 * MS, venue_ns=1_350 * MS))
    assert (True, True) == (narrow < wide / 5, clock.uncertainty_ms(400 * MS) < narrow + 0.1)
    assert 0 == clock.steps


def test_drift_widens_with_age():
    clock = VenueClock()
    clock.absorb(0, ClockSampled(asked_ns=0, venue_ns=0))
    assert 0.5 + 0.2 * 10 == clock.uncertainty_ms(10 * NS_PER_S)
    assert 10 * NS_PER_S - 2 * MS == clock.venue_ns(10 * NS_PER_S)


def test_a_step_of_the_venue_clock_replaces_the_bounds_and_is_counted():
    clock = VenueClock()
    clock.absorb(10 * MS, ClockSampled(asked_ns=0, venue_ns=10 * MS))
    clock.absorb(20 * MS, ClockSampled(asked_ns=15 * MS, venue_ns=5_000 * MS))
    assert (1, 5_000 * MS) == (clock.steps, clock.venue_ns(20 * MS))
    clock.absorb(30 * MS, ClockSampled(asked_ns=25 * MS, venue_ns=28 * MS))
    assert (2, 28 * MS) == (clock.steps, clock.venue_ns(30 * MS))


def test_an_answer_from_before_its_question_is_ignored():
    clock = VenueClock()
    clock.absorb(10 * MS, ClockSampled(asked_ns=20 * MS, venue_ns=10 * MS))
    assert 0 == clock.samples


def test_a_word_is_late_by_what_the_clock_has_certainly_passed():
    clock = VenueClock()
    assert 0 == clock.late_ns(100 * MS, 1), "nothing is known of the clock"
    clock.absorb(100 * MS, ClockSampled(asked_ns=40 * MS, venue_ns=1_000 * MS))
    assert [0, 0, 300 * MS] == [clock.late_ns(100 * MS, stamp_ms * MS) for stamp_ms in (0, 1_030, 700)]


def test_by_a_clock_in_doubt_nothing_is_late():
    contradicted, refused = VenueClock(), VenueClock()
    for clock in (contradicted, refused):
        clock.absorb(100 * MS, ClockSampled(asked_ns=99 * MS, venue_ns=1_000 * MS))
    contradicted.absorb(200 * MS, ClockSampled(asked_ns=199 * MS, venue_ns=9_000 * MS))
    refused.refused(200 * MS, 150 * MS)
    assert [0, 0] == [clock.late_ns(200 * MS, 1 * MS) for clock in (contradicted, refused)]
    contradicted.absorb(300 * MS, ClockSampled(asked_ns=299 * MS, venue_ns=9_100 * MS))
    assert contradicted.late_ns(300 * MS, 100 * MS) > 8_000 * MS
