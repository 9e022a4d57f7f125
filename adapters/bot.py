"""The bot as a process: lives follow one another until one ends as it was meant to.

A core that raised is over: everything is cancelled, and the next one begins from the journal, as after
a crash. One that raises again and again is not begun anew.
"""

import asyncio
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from prometheus_client.metrics_core import Metric

from adapters import lockfile
from adapters.accounted import unaccounted
from adapters.clock import Clock
from adapters.driver import Ending
from adapters.endings import Ended
from adapters.exposition import families
from adapters.families import process_families
from adapters.ground import Ground
from adapters.health import GUARD
from adapters.heartbeat import STOPPED, STOPPING
from adapters.journal_store import CannotWrite
from adapters.laps import Laps
from adapters.life import Life
from adapters.log import Log
from adapters.metrics import Metrics
from adapters.notes import new_told, write_alert
from adapters.scrape import LOOPBACK, Scrapes
from adapters.settings import Settings
from adapters.terms import REAL, Terms, config_of
from adapters.venue import Seen, Venue, VenueUnusable
from strategy.commands import Alert
from strategy.config_knobs import knobs as make_knobs
from strategy.config_knobs import misfits
from strategy.errors import OperatorError
from strategy.exit_codes import ExitCode
from strategy.knobs import Knobs
from strategy.units import NS_PER_S

STOP_WITHIN_S: Final = 30.0
_LOOK_WITHIN_S: Final = 60.0
_PAUSE_S: Final = 1.0
_PAUSE_S_MAX: Final = 15.0
_AWAY_NS: Final = 300 * NS_PER_S
_RAISED_MAX: Final = 3
_RAISED_WITHIN_NS: Final = 600 * NS_PER_S

SILENT: Final = "SQ-V030"
UNFIT: Final = "SQ-V041"
RAISED: Final = "SQ-S001"
NOT_PROVEN: Final = "SQ-O013"
DIFFERS: Final = "SQ-O035"
SPENT: Final = "SQ-R033"
NO_PORT: Final = "SQ-O033"


class Bot:
    """Quotes from ``run`` until it is stopped. All on the running loop's thread."""

    def __init__(
        self,
        settings: Settings,
        terms: Terms,
        ground: Ground,
        open_venue: Callable[[Callable[[Alert], None]], Venue],
        clock: Clock,
        log: Log,
    ) -> None:
        """``open_venue`` makes a venue that is not connected yet, one for each life.

        It is given whom to tell of what a person should know.
        """
        self._settings, self._terms, self._ground = settings, terms, ground
        self._open_venue, self._clock, self._log = open_venue, clock, log
        self._told = new_told()
        self._laps = Laps(clock.now_ns)
        self._raised_ns: list[int] = []
        self._life: Life | None = None
        self._metrics: Metrics | None = None
        self._is_stopping = False
        self._is_spent = False
        self._unaccounted = ""  # what is held at the venue that no fill accounts for
        self.port = 0  # where metrics are served, 0 for nowhere

    async def run(self) -> None:
        """Quote until a stop, the end of the time, or a limit; raises ``Ended`` where it was not as asked."""
        scrapes = await self._serve()
        timer = None
        if self._terms.duration_s is not None:
            timer = asyncio.get_running_loop().call_later(self._terms.duration_s, self.stop)
        try:
            while not self._is_stopping and await self._live():
                pass
        finally:
            if timer is not None:
                timer.cancel()
            await scrapes.close()
        if self._unaccounted:
            raise Ended(DIFFERS, self._unaccounted, ExitCode.PREFLIGHT)
        if self._is_spent:
            raise Ended(SPENT, "a budget of the UTC day is spent; every order is off", ExitCode.LIMIT_STOPPED)

    def stop(self) -> None:
        """Cancel everything, prove it by a read, end; asked again, end as it stands but for a last sweep."""
        if self._is_stopping and self._life is not None:
            self._life.driver.end(Ending.FORCED)
        self._is_stopping = True
        if self._life is not None:
            self._life.stop(STOP_WITHIN_S)

    async def _live(self) -> bool:
        """Live one life; True where another should follow it."""
        venue = self._opened()
        try:
            knobs = await self._looked(venue)
            if self._is_stopping:
                return False
            life = self._begun(venue, knobs)
            self._life = life
            life.upon_spent = self._spent
            life.watched_by(self._counted(life))
            ending = Ending.FORCED
            proof = asyncio.get_running_loop().create_task(self._account_for(life))
            try:
                ending = await life.until_end()
            finally:
                proof.cancel()
                life.last_beat(STOPPING)
                is_proven = await life.leave(ending)
                self._life = None
            return self._goes_on(life, ending, is_proven)
        finally:
            await venue.close()

    def _opened(self) -> Venue:
        """Make a venue that counts in what the journal counts in."""
        venue = self._open_venue(self._alerted)
        if self._ground.store.units:
            venue.count_in(self._ground.store.units)
        return venue

    def _begun(self, venue: Venue, knobs: Knobs) -> Life:
        """Begin a life on the journal; one that cannot be written starts nothing."""
        settings, terms, ground = self._settings, self._terms, self._ground
        try:
            return Life(settings, terms, ground, venue, knobs, self._clock, self._log, self._told, self._laps)
        except CannotWrite as error:
            raise Ended(error.code, str(error), ExitCode.PREFLIGHT) from None

    async def _account_for(self, life: Life) -> None:
        """Look once whether what is held is what the fills account for; leave where it is not."""
        if self._terms.mode != REAL:
            return
        await life.first_reads.are_done.wait()
        self._unaccounted = await unaccounted(life.knobs, life.core.belief, self._look_again)
        if self._unaccounted:
            self._log.tell("unaccounted", words=self._unaccounted)
            self.stop()

    async def _look_again(self) -> Seen:
        """Look by a connection of its own: the bot's is busy quoting."""
        venue = self._open_venue(self._alerted)
        if self._life is not None:
            venue.count_in([one.instrument for one in self._life.knobs.symbols])
        try:
            return await self._look_within(venue)
        finally:
            await venue.close()

    async def _look_within(self, venue: Venue) -> Seen:
        try:
            return await asyncio.wait_for(venue.look(self._settings.live.symbols), _LOOK_WITHIN_S)
        except TimeoutError:
            raise VenueUnusable(SILENT, f"no answer within {_LOOK_WITHIN_S:.0f} s") from None

    def _goes_on(self, life: Life, ending: Ending, is_proven: bool) -> bool:
        """Judge how a life ended; True where another should follow it."""
        if ending is Ending.RAISED:
            now_ns = self._clock.now_ns()
            self._raised_ns = [at_ns for at_ns in self._raised_ns if now_ns - at_ns < _RAISED_WITHIN_NS]
            self._raised_ns.append(now_ns)
            if len(self._raised_ns) >= _RAISED_MAX or self._is_stopping:
                words = f"the core raised {len(self._raised_ns)} times: {life.driver.failure!r}"
                raise Ended(RAISED, words, ExitCode.INTERNAL)
            self._ground.open_again()
            return True
        if not is_proven:
            words = "no read has shown that nothing of ours is left at the venue"
            raise Ended(NOT_PROVEN, words, ExitCode.PREFLIGHT)
        if life.regrid.is_needed and not self._is_stopping:
            self._log.tell("counts anew", words="a grid that its units cannot write")
            self._ground.open_again()
            return True
        life.last_beat(STOPPED)
        return False

    async def _looked(self, venue: Venue) -> Knobs:
        """Ask the venue what it is, and fit the config to it; raises ``VenueUnusable`` or ``OperatorError``."""
        symbols = self._settings.live.symbols
        seen = await self._answer_of(venue)
        for warning in seen.warnings:
            self._log.tell("warning", words=warning)
        known = {one.symbol: one for one in seen.instruments}
        lacking = [symbol for symbol in symbols if symbol not in known]
        if lacking:
            raise VenueUnusable(UNFIT, f"the venue has no {', '.join(lacking)}")
        instruments = [known[symbol] for symbol in symbols]
        reading = self._settings.config_reading
        problems = [reading.problem(each) for each in misfits(self._settings.config, instruments)]
        if problems:
            raise OperatorError(problems)
        return make_knobs(config_of(self._settings, self._terms), instruments, venue.capability)

    async def _answer_of(self, venue: Venue) -> Seen:
        """Look until somebody answers, where a bot has run before; a first start ends at once: is the address right?

        Where an earlier process may have left orders there is no end to it: who else would take them off? After
        one that left none, what is mended in minutes needs no person.
        """
        pause_s, kept = _PAUSE_S, self._ground.store.kept
        until_ns = self._clock.now_ns() + (_AWAY_NS if kept is not None else 0)
        while True:
            try:
                return await self._look_within(venue)
            except VenueUnusable as error:
                is_over = self._clock.now_ns() >= until_ns and not (kept is not None and kept.records)
                if is_over or error.code != SILENT or self._is_stopping:
                    raise
                self._log.tell("looks again", words=str(error), pause_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _PAUSE_S_MAX)

    def _alerted(self, alert: Alert) -> None:
        """Hear of something that a person should know from the venue's own connections."""
        write_alert(self._log, self._told, self._clock.now_ns(), alert)

    def _spent(self) -> None:
        self._is_spent = True
        self.stop()

    # Metrics

    async def _serve(self) -> Scrapes:
        """Open the page of figures; nothing is on it before the first life begins."""

        scrapes = Scrapes(self._collect)
        if self._terms.metrics_port:
            try:
                await scrapes.open(LOOPBACK, self._terms.metrics_port)
            except OSError as error:
                words = f"port {self._terms.metrics_port}: {error.strerror}"
                raise Ended(NO_PORT, words, ExitCode.PREFLIGHT) from None
            self.port = scrapes.port
        return scrapes

    def _collect(self) -> Iterator[Metric]:
        ours = families(self._metrics, self._clock.now_ns()) if self._metrics is not None else ()
        return chain(ours, process_families())

    def _counted(self, life: Life) -> Metrics:
        """Give the counts of this process, for a new life: what was counted before stays."""
        if self._metrics is None or self._metrics.knobs != life.knobs:
            outside = {
                "kill_bar_present": lambda: float(self._ground.bar.is_barred()),
                "restarts": lambda: float(self._ground.store.boots - 1),
                "journal_bytes": lambda: float(self._ground.store.path.stat().st_size),
                "heartbeat_timestamp_seconds": lambda: self._of_life(lambda one: one.beat_ns / NS_PER_S),
                "journal_ok": lambda: self._of_life(lambda one: not one.recorder.has_hole),
                "journal_lag_records": lambda: self._of_life(lambda one: one.recorder.lag),
                "inbox_events": lambda: self._of_life(lambda one: len(one.driver.inbox)),
                "requests_under_way": lambda: self._of_life(lambda one: one.driver.under_way()),
            }
            if self._terms.mode == REAL:
                guard = self._settings.state_dir / GUARD
                outside["guard_watching"] = lambda: float(lockfile.holder(guard) is not None)
            self._metrics = Metrics(life.knobs, self._laps, self._arrived_ns, outside)
        return self._metrics

    def _of_life(self, of: Callable[[Life], float]) -> float:
        return float(of(self._life)) if self._life is not None else 0.0

    def _arrived_ns(self) -> int:
        return self._life.driver.arrived_ns if self._life is not None else 0
