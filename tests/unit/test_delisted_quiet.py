"""A symbol that is traded no more is asked about ever more seldom, though the venue answers all else."""

from collections import Counter

from small_world import small_world

GONE = "{at_s: 8, for_s: 100, kind: symbol_delist}"


def test_what_the_venue_says_it_does_not_know_is_no_silence_that_ends_with_the_next_answer(tmp_path):
    """Each sample of the clock was taken for the end of a silence, and all was asked anew (a swarm's seed 49, L5)."""
    world = small_world(tmp_path, seconds=46, faults=GONE, calm_s=45)
    handle, sent = world.venue.handle, Counter[str]()

    def counted(command, now_ns, *more):
        if 25e9 <= now_ns < 45e9:
            sent[type(command).__name__] += 1
        return handle(command, now_ns, *more)

    world.venue.handle = counted
    assert "" == world.run().error
    assert sent["CancelAll"] <= 6
    assert sent["QueryOpenOrders"] <= 12
    assert sent["SampleClock"], "the venue is not believed to be away"
