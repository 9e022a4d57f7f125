"""One life of the bot: a core with all that is around it, from the journal of the one before to its end."""

import asyncio
import traceback
from collections import deque
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from adapters.accounted import FirstReads
from adapters.clock import Clock
from adapters.driver import Ending, LiveDriver
from adapters.gates import Uptime, gates_so_far
from adapters.ground import Ground
from adapters.heartbeat import BARRED, STOPPING, Told
from adapters.laps import Laps
from adapters.log import Log
from adapters.memory import Pressure
from adapters.metrics import Metrics, watch
from adapters.notes import Notes
from adapters.recorder import BackgroundRecorder
from adapters.regrid import Regrid
from adapters.session import session_of
from adapters.settings import Settings
from adapters.sweeping import sweep
from adapters.terms import Terms, config_of
from adapters.venue import Venue
from strategy import alarms
from strategy.commands import Alert
from strategy.core import Core
from strategy.events import OperatorSaid
from strategy.health import CLEAR_LATCH
from strategy.journal import EventRecord
from strategy.knobs import Knobs
from strategy.units import NS_PER_DAY, NS_PER_S

PULSE_S: Final = 0.5
REGRID_WITHIN_S: Final = 30.0
JOURNAL_FAILS: Final = "SQ-O012"
BAR_IS_DOWN: Final = "barred"
# A core that raised, or a stop that took too long: so long may the last cancel-alls take.
_SWEEP_S: Final = 15.0


class Life:
    """A core, its driver, its recorder and those who look on."""

    def __init__(
        self,
        settings: Settings,
        terms: Terms,
        ground: Ground,
        venue: Venue,
        knobs: Knobs,
        clock: Clock,
        log: Log,
        told: deque[Told],
        laps: Laps,
    ) -> None:
        """Take over from the journal; nothing runs yet. Raises ``CannotWrite``."""
        self._settings, self._terms, self._ground = settings, terms, ground
        self._venue, self.knobs, self._clock, self._log, self._told = venue, knobs, clock, log, told
        self.core = Core(knobs, stopwatch=laps)
        store = ground.store
        kept = store.kept
        now_ns = clock.now_ns()
        records = list(kept.records) if kept is not None else []
        if terms.is_clearing_latch:
            records.append(EventRecord(now_ns, OperatorSaid(CLEAR_LATCH)))
        self.core.resume(kept.snapshot if kept is not None else b"", records, store.units)
        self.session = session_of(settings.live.name, store.boots + 1, now_ns)
        config = config_of(settings, terms).model_dump_json(exclude_none=True).encode()
        store.begin_boot(self.session, now_ns, ground.place, knobs, self.core.snapshot(), config, ground.program)
        self.recorder = BackgroundRecorder(store)
        self.driver = LiveDriver(venue, self.recorder, clock)
        self.driver.barred = lambda: BAR_IS_DOWN if ground.bar.is_barred() else ""
        self.notes = Notes(log, knobs, self.core, told)
        self.first_reads = FirstReads([one.instrument.symbol for one in knobs.symbols])
        self.regrid = Regrid(lambda: self.stop(REGRID_WITHIN_S))
        self.driver.watchers = (self.notes, self.first_reads, self.regrid)
        self.driver.told = self._alerted
        self.began_ns = now_ns
        self.is_spent = False  # a budget of the day is
        self.beat_ns = 0
        self._is_stopping = False
        self._stop_by_ns = 0
        self._pressure = Pressure(settings.live.memory.soft_mark_mb)
        self._failure = ""
        self._day = -1  # the UTC day whose beginning is safe
        self._metrics: Metrics | None = None
        self._uptime = Uptime()
        self.upon_spent: Callable[[], None] = _nobody

    def watched_by(self, metrics: Metrics) -> None:
        """Have metrics count from the first word on."""
        metrics.begin(self.core)
        watch(metrics, self.driver)
        self._metrics = metrics

    async def until_end(self) -> Ending:
        """Live: start the core, connect, and go on until it is over. Raises ``VenueUnusable``."""
        self._log.tell("begins", session=self.session, place=self._ground.place, boots=self._ground.store.boots)
        self.driver.start(self.core, self.session, self.knobs.dispatch)
        pulse = asyncio.get_running_loop().create_task(self._pulse())
        try:
            await self._venue.connect(self.driver.feed)
            return await self.driver.until_end()
        finally:
            self.driver.end(Ending.FORCED)
            pulse.cancel()

    def stop(self, within_s: float) -> None:
        """Cancel everything and end once a read has shown that nothing is left, or when the time is up."""
        if not self._is_stopping:
            self._is_stopping = True
            self._stop_by_ns = self._clock.now_ns() + round(within_s * NS_PER_S)
            self.driver.stop()

    async def leave(self, ending: Ending) -> bool:
        """Close the journal; say whether nothing of ours is left at the venue, as far as a read has shown."""
        is_clean = ending is Ending.STOPPED
        if self.driver.failure is not None:
            self._log.tell("raised", trace=traceback.format_exception(self.driver.failure))
        if is_clean:
            self.recorder.rotate(self._clock.now_ns(), self.core.snapshot())
        self.recorder.close()
        if not is_clean:
            is_clean = await self._swept()
        self._log.tell("ends", session=self.session, ending=ending.value, proven=is_clean)
        return is_clean

    async def _swept(self) -> bool:
        now_ns, orders = self._clock.now_ns(), self.knobs.orders
        symbols = [one.instrument.symbol for one in self.knobs.symbols]
        return await sweep(
            self._venue,
            symbols,
            self._clock,
            within_s=_SWEEP_S,
            settle_s=(orders.send_within_ns + orders.window_ns) / NS_PER_S,
            ahead_ns=self.driver.signed_ns(now_ns) - now_ns,
        )

    # The pulse

    async def _pulse(self) -> None:
        """Twice a second: the heartbeat, and a look at what nobody else looks at."""
        try:
            while True:
                self.look()
                await asyncio.sleep(PULSE_S)
        except Exception as failure:  # noqa: BLE001 - without a pulse nobody would watch over the core
            self.driver.failure = failure
            self.driver.end(Ending.RAISED)

    def look(self) -> None:
        """Beat, and see whether memory is short, the disk fails, or a stop has taken too long."""
        now_ns = self._clock.now_ns()
        self.beat(self._state())
        word = self._pressure.look()
        if word is not None:
            self.driver.feed(word)
        if self.recorder.failure != self._failure:
            self._failure = self.recorder.failure
            words = self._failure or "the disk takes the journal again"
            self.notes.alert(now_ns, Alert(JOURNAL_FAILS, words))
        self._keep_day(now_ns)
        if self._is_stopping and now_ns >= self._stop_by_ns:
            self.driver.end(Ending.FORCED)

    def _state(self) -> str:
        """Name what keeps the core from quoting, where it is not the core; empty where nothing does."""
        if self._is_stopping:
            return STOPPING
        return BARRED if self._ground.bar.is_barred() else ""

    def _keep_day(self, now_ns: int) -> None:
        """Have where a UTC day began written down with the first decision of it: a crash renews no budget."""
        day = now_ns // NS_PER_DAY
        if day != self._day and any(self._decided_on(one.instrument.symbol) == day for one in self.knobs.symbols):
            self._day = day
            self.driver.keep_now()

    def _decided_on(self, symbol: str) -> int:
        context = self.core.last_context(symbol)
        return -1 if context is None else context.now_ns // NS_PER_DAY

    def beat(self, state: str) -> None:
        """Write the heartbeat; a disk that takes none is told of, and the guard will act."""
        silence_s = self._settings.live.watchdog.silence_s
        beat = self.notes.beat(
            state, self._terms.mode, self.session, self._settings.venue_name, self.began_ns, silence_s
        )
        self._uptime.look(beat.symbols)
        if self._metrics is not None:
            beat = replace(beat, gates=gates_so_far(self._metrics, self._uptime, self._clock.now_ns()))
        try:
            self._ground.heart.beat(beat)
        except OSError as error:
            self._log.tell("no heartbeat", error=str(error))
        else:
            self.beat_ns = self._clock.now_ns()

    def last_beat(self, state: str) -> None:
        """Beat once more, whatever the core is worth by now: nothing may keep us from leaving."""
        try:
            self.beat(state)
        except Exception as failure:  # noqa: BLE001 - a core that raised may raise when it is asked
            self._log.tell("no heartbeat", error=repr(failure))

    def _alerted(self, now_ns: int, alert: Alert) -> None:
        self.notes.alert(now_ns, alert)
        if alert.code == alarms.LATCHED and not self.is_spent:
            self.is_spent = True
            self.driver.keep_now()
            self.upon_spent()


def _nobody() -> None:
    """Tell nobody."""
