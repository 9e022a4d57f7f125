"""One request and its outcome, for whoever has a venue and no driver."""

import asyncio
from typing import Final

from adapters.clock import Clock
from adapters.venue import Venue
from strategy import commands, events
from strategy.batching import Group

_CLOCK_WAIT_S: Final = 1.0


async def ask(venue: Venue, one: Group, signed_venue_ns: int, within_s: float) -> tuple[events.Event, ...]:
    """Send one request and wait for its outcome; nothing where it takes too long, which is no outcome."""
    answer: asyncio.Future[tuple[events.Event, ...]] = asyncio.get_running_loop().create_future()

    def answered(said: tuple[events.Event, ...]) -> None:
        if not answer.done():
            answer.set_result(said)

    venue.send(one, signed_venue_ns, answered)
    try:
        return await asyncio.wait_for(answer, max(0.0, within_s))
    except TimeoutError:
        return ()


async def venue_ahead_ns(venue: Venue, clock: Clock) -> int:
    """Ask how far the venue's clock is ahead of ours, at least; 0 where it does not say.

    What is signed with too early a time is taken as long as its window is open; with one that is a
    second late, never.
    """
    said = await ask(venue, (commands.SampleClock(clock.now_ns()),), clock.now_ns(), _CLOCK_WAIT_S)
    heard_ns = clock.now_ns()
    for one in said:
        if isinstance(one, events.ClockSampled):
            return one.venue_ns - heard_ns
    return 0
