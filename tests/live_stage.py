"""A bot on paper, on a small market: what the tests of a whole live process share."""

import asyncio
import json
from pathlib import Path

from live_files import QUICK, STRATEGY, write_live
from small_market import SmallMarket

from adapters.bot import Bot
from adapters.clock import HostClock
from adapters.ground import taken
from adapters.journal_store import Store
from adapters.log import Log
from adapters.paper import PaperVenue
from adapters.settings import load
from adapters.terms import PAPER, Terms, journal_of


class Stage:
    """A bot on paper, on a small market, in a folder of its own."""

    def __init__(self, folder: Path, **terms) -> None:
        path = write_live(folder)
        (folder / "strategy.yaml").write_text(STRATEGY + QUICK)
        self.settings = load(path)
        mode = terms.pop("mode", PAPER)
        wanted = {"journal": journal_of(self.settings, mode), "metrics_port": 0} | terms
        self.terms = Terms(mode=mode, **wanted)
        self.clock = HostClock()
        self.venues = []
        self.market = {}

    def open_venue(self, told):
        venue = PaperVenue(SmallMarket(**self.market), self.clock, lambda: 2_000_000)
        self.venues.append(venue)
        return venue

    def run(self, while_it_runs=None, within_s=30):
        """Run it to its end; ``while_it_runs`` is told of the bot from the beginning."""

        async def story(ground, log):
            self.bot = Bot(self.settings, self.terms, ground, self.open_venue, self.clock, log)
            beside = while_it_runs and asyncio.get_running_loop().create_task(self._aside(while_it_runs))
            try:
                await self.bot.run()
            finally:
                if beside:
                    await beside

        log = Log(self.settings.log, self.clock.now_ns)
        try:
            with taken(self.settings, self.terms, self.clock) as ground:
                asyncio.run(asyncio.wait_for(story(ground, log), within_s))
        finally:
            log.close()

    async def _aside(self, while_it_runs):
        try:
            await while_it_runs(self.bot)
        except BaseException:
            self.bot.stop()
            self.bot.stop()
            raise

    def is_quoting(self):
        return self.venues and self.venues[-1]._desks and self.desk.open_ids()

    def market_mid(self):
        return self.desk.book.mid2_ticks // 2

    @property
    def desk(self):
        (desk,) = self.venues[-1]._desks.values()
        return desk

    @property
    def log(self):
        return [json.loads(line) for line in self.settings.log.read_text().splitlines()]

    def told(self, what):
        return [line for line in self.log if line["event"] == what]

    def kept(self):
        store = Store(self.terms.journal)
        store.close()
        return store.kept


async def until(is_so, within_s=10.0):
    for _ in range(int(within_s / 0.02)):
        if is_so():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to that")
