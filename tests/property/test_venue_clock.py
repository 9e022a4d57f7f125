"""The venue's clock under steps, freezes and slow ways: the bounds hold, and say when they do not."""

from hypothesis import given
from hypothesis import strategies as st

from strategy.clock import RESAMPLE_NS, VenueClock
from strategy.events import ClockSampled
from strategy.units import NS_PER_MS, NS_PER_S

MS = NS_PER_MS
HARD_MS = 500
WINDOW_NS, AHEAD_NS = 1000 * MS, 1000 * MS  # what a venue accepts: not older, not further ahead

DELAY = st.integers(1, 300)
STEP_MS = st.one_of(st.integers(-20_000, 20_000), st.sampled_from([-5000, 5000, -1, 1]))


class Way:
    """A venue whose clock is off by so much, reached over a way that takes so long each way."""

    def __init__(self, offset_ms: int) -> None:
        self.clock, self.now_ns, self.offset_ns = VenueClock(), 10 * NS_PER_S, offset_ms * MS
        self.frozen_ns: int | None = None

    def venue_ns(self, at_ns: int) -> int:
        return at_ns + self.offset_ns if self.frozen_ns is None else self.frozen_ns

    def sample(self, up_ms: int, down_ms: int) -> None:
        asked_ns = self.now_ns
        told_ns = self.venue_ns(asked_ns + up_ms * MS) // MS * MS
        self.now_ns = asked_ns + (up_ms + down_ms) * MS
        self.clock.absorb(self.now_ns, ClockSampled(asked_ns, told_ns))

    def ahead_ns(self) -> int:
        """By how much a stamp made now is ahead of the venue."""
        return self.clock.venue_ns(self.now_ns) - self.venue_ns(self.now_ns)


@given(st.integers(-5000, 5000), st.lists(st.tuples(DELAY, DELAY, st.integers(0, 20)), min_size=1, max_size=20))
def test_a_steady_clock_is_never_stamped_ahead_and_never_contradicts(offset_ms, story):
    way = Way(offset_ms)
    for up_ms, down_ms, wait_s in story:
        way.now_ns += wait_s * NS_PER_S
        way.sample(up_ms, down_ms)
        assert way.ahead_ns() <= 0
        assert -way.ahead_ns() <= 2 * way.clock.uncertainty_ms(way.now_ns) * MS
    assert (0, 0) == (way.clock.steps, way.clock.gap_ns)


@given(DELAY, DELAY, STEP_MS, DELAY, DELAY)
def test_after_a_step_either_way_one_sample_is_enough_to_stamp_and_a_second_to_be_sure(up, down, step_ms, up2, down2):
    way = Way(0)
    way.sample(up, down)
    way.offset_ns += step_ms * MS
    way.now_ns += NS_PER_S
    way.clock.refused(way.now_ns, way.now_ns - 1)
    assert way.clock.is_doubted(way.now_ns)
    way.sample(up2, down2)
    assert not way.clock.is_doubted(way.now_ns)
    # One sample cannot show a step smaller than the way is long: then the error is within the bounds' own width.
    width_ns = (up + down + up2 + down2 + 2) * MS
    assert -WINDOW_NS < way.ahead_ns() <= max(0, width_ns)
    way.now_ns += RESAMPLE_NS
    way.sample(up2, down2)
    assert way.clock.uncertainty_ms(way.now_ns) <= up + down + up2 + down2 + 2
    assert 0 == way.clock.gap_ns


@given(DELAY, DELAY, st.integers(11, 60))
def test_a_clock_that_stands_still_is_not_trusted_until_it_runs_again(up, down, frozen_s):
    way = Way(0)
    way.sample(up, down)
    way.frozen_ns = way.venue_ns(way.now_ns)
    way.now_ns += 10 * NS_PER_S
    way.sample(up, down)
    end_ns = way.now_ns + (frozen_s - 10) * NS_PER_S
    while way.now_ns < end_ns:
        assert way.clock.uncertainty_ms(way.now_ns) > HARD_MS
        way.now_ns += max(RESAMPLE_NS, (up + down + 2) * MS)
        way.sample(up, down)
    way.offset_ns, way.frozen_ns = way.frozen_ns - way.now_ns, None
    for _ in range(2):
        way.now_ns += RESAMPLE_NS
        way.sample(up, down)
    assert way.clock.uncertainty_ms(way.now_ns) < HARD_MS
    assert way.ahead_ns() <= 0


def test_a_sample_asked_before_the_refusal_does_not_end_the_doubt():
    way = Way(0)
    way.sample(5, 5)
    asked_ns = way.now_ns
    way.now_ns += 10 * MS
    assert way.clock.refused(way.now_ns, way.now_ns - 5 * MS)
    way.clock.absorb(way.now_ns + 5 * MS, ClockSampled(asked_ns, asked_ns))
    assert way.clock.is_doubted(way.now_ns + 5 * MS)
    assert way.clock.uncertainty_ms(way.now_ns + 2 * NS_PER_S) == float("inf")


def test_a_stamp_from_before_the_last_sample_says_nothing_of_it():
    way = Way(0)
    way.sample(5, 5)
    assert not way.clock.refused(way.now_ns + MS, way.now_ns - MS)


def test_stamps_refused_again_and_again_make_the_pause_grow_and_one_that_is_taken_ends_it():
    way, held = Way(0), []
    way.sample(5, 5)
    for _ in range(12):
        way.now_ns = max(way.now_ns + 20 * MS, way.clock.held_ns)
        way.clock.refused(way.now_ns, way.now_ns - MS)
        held.append(max(0, way.clock.held_ns - way.now_ns))
        way.sample(5, 5)
    assert [0, 250, 500, 1000] == [one // MS for one in held[:4]]
    assert 30_000 == held[-1] // MS
    way.clock.taken()
    way.now_ns = way.clock.held_ns + MS
    way.clock.refused(way.now_ns, way.now_ns - 1)
    way.sample(5, 5)
    assert not way.clock.is_doubted(way.now_ns)
