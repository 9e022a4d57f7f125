"""A venue for one errand of a verb: connections of its own, closed at the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from adapters import venues
from adapters.asking import ask, venue_ahead_ns
from adapters.clock import Clock, HostClock
from adapters.keys import Keys
from adapters.settings import Settings
from adapters.sweeping import sweep
from adapters.venue import Venue
from strategy import commands, events
from strategy.units import NS_PER_MS, NS_PER_S

_WAIT_S: Final = 10.0


class Visit:
    """A venue that is asked one thing after the other; nobody decides here what."""

    def __init__(self, settings: Settings, venue: Venue, clock: Clock, told: list[commands.Alert]) -> None:
        """Nothing is asked yet; until ``learn_time`` the venue is taken to have our time.

        ``told`` is what the venue has a person know: that it refuses a key, above all.
        """
        self.settings, self.venue, self.clock = settings, venue, clock
        self.ahead_ns = 0
        self.told = told
        orders = settings.config.orders
        # After so long nothing that left before can still arrive, and no read shows an older book.
        self.settle_s = (orders.window_ms + orders.read_lag_ms_max) * NS_PER_MS / NS_PER_S

    @property
    def symbols(self) -> list[str]:
        """What the config quotes."""
        return self.settings.live.symbols

    async def learn_time(self) -> None:
        """Ask the venue's clock, for the signatures that follow."""
        self.ahead_ns = await venue_ahead_ns(self.venue, self.clock)

    async def ask(self, command: commands.Command) -> events.Event | None:
        """Send one request; give the word about it, None where there was none in time."""
        said = await ask(self.venue, (command,), self.clock.now_ns() + self.ahead_ns, _WAIT_S)
        return said[-1] if said else None

    async def sweep(self, within_s: float) -> bool:
        """Cancel all until reads show none that could still come; False where the time is up."""
        return await sweep(
            self.venue,
            self.symbols,
            self.clock,
            within_s=within_s,
            settle_s=min(self.settle_s, within_s / 2),
            ahead_ns=self.ahead_ns,
        )


@asynccontextmanager
async def visiting(settings: Settings, keys: Keys) -> AsyncIterator[Visit]:
    """Go to the venue that the settings name; raises ``VenueUnusable``."""
    clock = HostClock()
    told: list[commands.Alert] = []
    venue = venues.make_venue(settings, keys, clock, told.append)
    try:
        yield Visit(settings, venue, clock, told)
    finally:
        await venue.close()
