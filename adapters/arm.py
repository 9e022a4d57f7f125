"""The live bot as one process of a simulated world: the same venue, the same driver, on what a seat gives.

``sim run --through live`` finds this by its entry point and gives it a clock, a disk, a transport for
httpx and a way to dial streams; the loop that runs is the world's. What ``live run`` has beyond that
(files, signals, metrics) a world has not.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from adapters.bybit.signing import Signer
from adapters.bybit.venue import STREAM, Account, BybitVenue
from adapters.clock import Clock
from adapters.driver import Ending, LiveDriver
from adapters.journal import Journal
from adapters.parties import AnyCore, Watcher
from adapters.transport import Http
from adapters.venue import Socket, SocketClosed, Venue, VenueUnusable
from adapters.venues import settle_coin_of
from strategy import commands, events
from strategy.batching import Group
from strategy.instrument import Instrument

# Where the venue is unusable it is looked at again after so long, and longer each time: as `live run` does.
_LOOK_AGAIN_S: Final = 1.0
_LOOK_AGAIN_S_MAX: Final = 15.0


class Seat(Protocol):
    """What a world gives to one process."""

    core: AnyCore
    session: str
    dispatch: str
    window_ms: int
    symbols: tuple[str, ...]
    units: tuple[Instrument, ...]
    clock: Clock
    at_work_ns: Callable[[], int]
    journal: Journal
    access: Any
    transport: Any
    dial: Callable[[str], Awaitable[Any]]
    stream_closed: type[Exception]
    watchers: tuple[Watcher, ...]
    leaving: Callable[[int, commands.Command], None]
    over: Callable[[Group, int, int], None]
    told: Callable[[int, commands.Alert], None]
    ended: Callable[[BaseException | None], None]


class LiveArm:
    """One process: looks at the venue, starts the core, is connected until the core is done."""

    # By which road orders go in.
    entry = STREAM

    def __init__(self, seat: Seat) -> None:
        """Needs a running loop; nothing happens before ``begin``."""
        self._seat = seat
        self._venue = self.make_venue(seat)
        self._driver = driver = LiveDriver(self._venue, seat.journal, seat.clock)
        driver.watchers, driver.at_work_ns = seat.watchers, seat.at_work_ns
        driver.leaving, driver.over, driver.told = seat.leaving, seat.over, seat.told
        self._life: asyncio.Task[None] | None = None
        self._is_stopping = False

    def make_venue(self, seat: Seat) -> Venue:
        """Make the venue's adapter, not connected yet."""
        access = seat.access
        account = Account(
            name="simulated",
            streams_url=access.stream_url,
            category=access.category,
            settle_coin=settle_coin_of(seat.symbols[0]),
            session=seat.session,
            entry=self.entry,
            window_ms=seat.window_ms,
        )
        http = Http(access.http_url, transport=seat.transport)
        return BybitVenue(account, Signer(access.key, access.secret), http, _dial_of(seat), seat.clock, self._tell)

    def _tell(self, alert: commands.Alert) -> None:
        self._seat.told(self._seat.clock.now_ns(), alert)

    def begin(self) -> None:
        """Live: look, start, connect, and end when the core is done."""
        self._life = asyncio.get_running_loop().create_task(self._live())

    async def _live(self) -> None:
        seat, driver = self._seat, self._driver
        self._venue.count_in(seat.units)
        await self._look()
        driver.start(seat.core, seat.session, seat.dispatch)
        if self._is_stopping:
            driver.stop()
        await self._venue.connect(driver.feed)
        ending = await driver.until_end()
        if ending is not Ending.RAISED:
            await self._venue.close()
        seat.ended(driver.failure)

    async def _look(self) -> None:
        """Read what a bot must know of the venue; where it cannot be read, again and again."""
        pause_s = _LOOK_AGAIN_S
        while True:
            try:
                await self._venue.look(self._seat.symbols)
            except VenueUnusable:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LOOK_AGAIN_S_MAX)
            else:
                return

    def feed(self, event: events.Event) -> None:
        """Have an event taken in, in its turn."""
        self._driver.feed(event)

    def stop(self) -> None:
        """Have everything taken off, and end once that is proven."""
        self._is_stopping = True
        self._driver.stop()

    def cancel_all(self) -> None:
        """Take every order of ours off the book without asking the core."""
        self._driver.cancel_all()

    def arrived_ns(self) -> int:
        """Say when the event that is being taken in came."""
        return self._driver.arrived_ns

    def waiting(self) -> int:
        """Count what waits to be taken in."""
        return len(self._driver.inbox)

    def under_way(self) -> int:
        """Count the requests without an outcome."""
        return self._driver.under_way()


class _Socket:
    """A stream of the world, as a venue's adapter has its sockets."""

    def __init__(self, stream: Any, closed: type[Exception]) -> None:
        """``closed`` is what the stream raises once it is over."""
        self._stream, self._closed = stream, closed

    async def send(self, text: str) -> None:
        """Send one frame; raises ``SocketClosed``."""
        try:
            await self._stream.send(text)
        except self._closed as over:
            raise _told(over) from None

    async def receive(self) -> str:
        """Wait for the next frame; raises ``SocketClosed``."""
        try:
            return str(await self._stream.receive())
        except self._closed as over:
            raise _told(over) from None

    async def close(self) -> None:
        """Close it; never raises."""
        await self._stream.close()


def _told(over: Any) -> SocketClosed:
    return SocketClosed(over.code, over.reason)


def _dial_of(seat: Seat) -> Callable[[str], Awaitable[Socket]]:
    """Give the way to open streams in a seat's world."""

    async def dial(url: str) -> Socket:
        return _Socket(await seat.dial(url), seat.stream_closed)

    return dial
