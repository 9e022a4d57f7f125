"""What the oracle knows of the venue's clock: how late a word is for sure, and when nobody can say."""

from watching import NAME, PRICE, Scene

from sim.oracle.venue_time import DRIFT, VenueTime
from strategy import events
from strategy.units import NS_PER_MS, NS_PER_S

START_NS = 1_000 * NS_PER_S
MS = NS_PER_MS


def sample(clock: VenueTime, at_ms: int, ahead_ms: int = 0, took_ms: int = 60) -> None:
    """Have a sample come in: the venue's clock is so far ahead, and its answer was written half way."""
    now_ns = START_NS + at_ms * MS
    venue_ns = now_ns + (ahead_ms - took_ms // 2) * MS
    clock.sampled(now_ns, events.ClockSampled(now_ns - took_ms * MS, venue_ns))


def late_ms(clock: VenueTime, at_ms: int, stamp_ms: int) -> float:
    return clock.late_ns(START_NS + at_ms * MS, START_NS + stamp_ms * MS) / MS


def test_before_any_sample_and_without_a_stamp_no_word_is_late():
    clock = VenueTime()
    assert 0 == late_ms(clock, 5000, 0)
    sample(clock, 0)
    assert 0 == clock.late_ns(START_NS, 0)


def test_a_sample_that_took_long_still_tells_that_a_word_is_old():
    clock = VenueTime()
    sample(clock, 0, took_ms=2000)
    assert 9000 == late_ms(clock, 0, -10_000)
    assert 0 == late_ms(clock, 0, -900), "it may be of now"


def test_samples_that_agree_narrow_it_together_and_clocks_part_with_time():
    clock = VenueTime()
    sample(clock, 0, took_ms=60)
    sample(clock, 0, took_ms=400)
    assert 4970 == late_ms(clock, 0, -5000)
    assert 4970 - 1000 / DRIFT == late_ms(clock, 1000, -4000)


def test_one_at_odds_leaves_one_unsure_until_the_next_agrees():
    clock = VenueTime()
    sample(clock, 0)
    sample(clock, 100, ahead_ms=5000)
    assert 0 == late_ms(clock, 100, -9000)
    sample(clock, 200, ahead_ms=5000)
    assert 9000 + 200 + 5000 - 31 < late_ms(clock, 200, -9000) < 9000 + 200 + 5000


def test_a_refused_stamp_leaves_one_unsure_until_a_sample_asked_after_it():
    clock = VenueTime()
    sample(clock, 0)
    clock.refused(START_NS + 100 * MS)
    sample(clock, 120)
    assert 0 == late_ms(clock, 120, -5000), "asked before"
    sample(clock, 200)
    assert 5000 < late_ms(clock, 200, -5000)


def test_s4_a_stream_that_is_counted_anew_behind_a_clogged_line_is_known_by_its_stamps():
    """What joined the old count was told a minute ago, however the bot's clock was sampled."""
    scene = Scene()
    now_ns = scene.now_ns
    scene.step(events.ClockSampled(now_ns - 1000 * MS, now_ns - 500 * MS))
    scene.wait(60_000, alive=False)
    scene.step(events.BookDelta(NAME, 1, 90, (), (), now_ns + 10 * MS))
    scene.step(events.BookDelta(NAME, 1, 2, (), (), now_ns + 60 * MS))
    asked_ns, now_ns = scene.now_ns, scene.now_ns
    scene.step(events.BookSnapshot(NAME, 7, ((PRICE - 1, 9),), ((PRICE + 1, 9),), now_ns, asked_ns))
    for seq in range(7, 40):
        scene.wait(100, alive=False)
        scene.step(events.BookDelta(NAME, seq, seq + 1, (), (), scene.now_ns))
    scene.send(scene.create("a-1"))
    assert [] == scene.codes
