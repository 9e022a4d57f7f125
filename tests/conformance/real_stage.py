"""The stage in real time: the same venue behind real sockets on loopback, the bot's driver beside it."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

from conformance.stage import Stage, still
from small_world import small_scenario

from adapters.bybit.signing import Signer
from adapters.bybit.venue import Account, BybitVenue
from adapters.clock import HostClock
from adapters.driver import Ending, LiveDriver
from adapters.journal import NoJournal
from adapters.sockets import dialler
from adapters.transport import Http
from sim.plan import expand
from sim.serve.server import Server
from sim.serve.wire import Served
from strategy import events

_PATIENCE_S = 10.0
# Real sockets take real time: what happens "now" is given this long.
_NOW_S = 0.02


class RealStage(Stage):
    """One served venue and one driver on one loop; to be closed."""

    def __init__(self, folder: Any) -> None:
        """Begin, and play until the streams are up."""
        self.puppets = []
        self._loop = asyncio.new_event_loop()
        scenario = small_scenario(folder, 600)
        served = Served(scenario, expand(scenario, 1), time.time_ns(), still)
        self._server, self._clock = Server(served, 1.0), HostClock()
        self._loop.run_until_complete(self._open(served))
        self.world = SimpleNamespace(
            kernel=served.kernel,
            venue=served.venue,
            driver=self._driver,
            host=SimpleNamespace(now_ns=self._clock.now_ns),
            scenario=scenario,
        )
        self._wait_for_streams()
        self.hear()

    async def _open(self, served: Served) -> None:
        at = await self._server.listen("127.0.0.1", 0, 0)
        self._pump = asyncio.get_running_loop().create_task(self._server.run())
        account = Account("served", at.ws, "linear", "USDT", "s")
        signer = Signer(at.key, at.secret)
        self._bybit = BybitVenue(account, signer, Http(at.http), dialler(), self._clock, lambda _alert: None)
        seen = await self._bybit.look(["BTCUSDT"])
        self._driver = LiveDriver(self._bybit, NoJournal(), self._clock)
        puppet = self._puppet(None)
        ahead_ns = seen.venue_ns - self._clock.now_ns()
        puppet.estimate = lambda now_ns: now_ns + ahead_ns
        self._driver.start(puppet, "s", "batched")
        await self._bybit.connect(self._driver.feed)

    def _wait_for_streams(self) -> None:
        until_s = self._loop.time() + _PATIENCE_S
        wanted = {events.PUBLIC, events.PRIVATE}
        while wanted - {one.stream for one in self.puppet.heard if isinstance(one, events.StreamUp)}:
            assert self._loop.time() < until_s, "the streams never came up"
            self.wait(_NOW_S)
        self.wait(0.3)  # and the one for orders

    def wait(self, seconds: float) -> None:
        """Let real time pass."""
        self._loop.run_until_complete(asyncio.sleep(max(seconds, _NOW_S)))

    def close(self) -> None:
        """Leave nothing behind."""
        self._loop.run_until_complete(self._close())
        self._loop.close()

    async def _close(self) -> None:
        self._driver.end(Ending.FORCED)
        await self._bybit.close()
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)
        await self._server.close()
        await asyncio.sleep(_NOW_S)
